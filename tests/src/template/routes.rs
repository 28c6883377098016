//! The routes of the HTTP API.

use std::collections::BTreeSet;

use super::Subject;
use crate::cloudformation::{Template, template_text};

/// Method and path of every route, such as `("GET", "/v1/products/{id}")`, without the one for all others.
fn routes(template: &Template) -> BTreeSet<(String, String)> {
    let keys = template.of_type("AWS::ApiGatewayV2::Route").filter_map(|route| route.text("/RouteKey"));
    let pair = |key: &str| key.split_once(' ').map(|(method, path)| (method.to_owned(), path.to_owned()));
    keys.filter_map(pair).collect()
}

/// Every route reaches the API function, and so does what no route names, so that it is answered in our error shape.
pub(super) fn wired(subject: &Subject) -> Vec<String> {
    let template = &subject.template;
    let mut found = Vec::new();
    let all: Vec<_> = template.of_type("AWS::ApiGatewayV2::Route").collect();
    for route in &all {
        if route.property("/Target").and_then(template_text) != Some("integrations/${HttpApiIntegration}") {
            found.push(format!("{} does not reach the API function", route.id));
        }
        let key = route.text("/RouteKey").unwrap_or_default();
        if key != "$default" && !key.split_once(' ').is_some_and(|(_, path)| path.starts_with("/v1/")) {
            found.push(format!("{} is not below /v1", route.id));
        }
    }
    if !all.iter().any(|route| route.text("/RouteKey") == Some("$default")) {
        found.push("nothing answers unknown paths".to_owned());
    }
    let there = routes(template);
    let route = |(method, path): &(String, String)| format!("{method} {path}");
    found.extend(subject.routes.difference(&there).map(|missing| format!("the gateway has no {}", route(missing))));
    found.extend(there.difference(&subject.routes).map(|lost| format!("the function has no {}", route(lost))));
    if there.len() + 1 != all.len() {
        found.push("a route is there twice".to_owned());
    }
    found
}
