//! Which route of the gateway a request takes: those of the API's contract, which the template has too, as a test sees to.

use std::collections::BTreeMap;

use anyhow::Context as _;
use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::lambda::http_api::DEFAULT_ROUTE;

/// The routes.
pub(super) struct Routes(Vec<Route>);

struct Route {
    method: String,
    pattern: String,
    verifies: bool,
}

/// The route that a request takes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Taken {
    /// Such as `GET /v1/products/{id}`.
    pub(super) key: String,
    /// Whether it asks for a token.
    pub(super) verifies: bool,
    /// The values of its parameters.
    pub(super) parameters: BTreeMap<String, String>,
}

impl Routes {
    /// The routes of a contract.
    pub(super) fn read(contract: &str) -> anyhow::Result<Self> {
        let contract: Value = serde_json::from_str(contract).context("the contract is not JSON")?;
        let paths = contract.get("paths").and_then(Value::as_object).context("the contract has no paths")?;
        let routes = paths.iter().flat_map(|(pattern, methods)| {
            methods.as_object().into_iter().flatten().map(|(method, operation)| Route {
                method: method.to_uppercase(),
                pattern: pattern.clone(),
                verifies: operation.get("security").and_then(Value::as_array).is_some_and(|all| !all.is_empty()),
            })
        });
        Ok(Self(routes.collect()))
    }

    /// The route of a request, whose path is as it was sent. What no route names goes the way of the rest, which asks for
    /// a token as in the template.
    pub(super) fn take(&self, method: &str, path: &str) -> Taken {
        let candidates = self.0.iter().filter(|route| route.method == method);
        let mut found: Vec<_> =
            candidates.filter_map(|route| Some((route, parameters(&route.pattern, path)?))).collect();
        // The one with the most words of its own.
        found.sort_by_key(|(_, parameters)| parameters.len());
        match found.into_iter().next() {
            Some((route, parameters)) => {
                Taken { key: format!("{method} {}", route.pattern), verifies: route.verifies, parameters }
            }
            None => Taken { key: DEFAULT_ROUTE.to_owned(), verifies: true, parameters: BTreeMap::new() },
        }
    }
}

fn parameters(pattern: &str, path: &str) -> Option<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    let (mut wanted, mut sent) = (pattern.split('/'), path.split('/'));
    loop {
        match (wanted.next(), sent.next()) {
            (None, None) => return Some(found),
            (Some(wanted), Some(sent)) => match wanted.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
                Some(_) if sent.is_empty() => return None,
                Some(name) => drop(found.insert(name.to_owned(), decoded(sent))),
                None if wanted != sent => return None,
                None => {}
            },
            _ => return None,
        }
    }
}

/// Decodes as the gateway does: all but `%25`.
pub(super) fn decoded(text: &str) -> String {
    let parts: Vec<_> = text.split("%25").map(|part| percent_decode_str(part).decode_utf8_lossy()).collect();
    parts.join("%25")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routes() -> Routes {
        let contract = r#"{"paths":{
            "/v1/products/{id}":{"get":{"security":[{"accessToken":[]}]}},
            "/v1/products/by-sku/{sku}":{"get":{"security":[{"accessToken":[]}]}},
            "/v1/{any}/by-sku/{sku}":{"get":{}},
            "/v1/health":{"get":{}}}}"#;
        Routes::read(contract).unwrap()
    }

    #[test]
    fn the_route_with_the_most_words_of_its_own_is_taken() {
        let taken = routes().take("GET", "/v1/products/by-sku/A%2F1%25");

        assert_eq!(taken.key, "GET /v1/products/by-sku/{sku}");
        assert_eq!(taken.parameters, BTreeMap::from([("sku".to_owned(), "A/1%25".to_owned())]));
        assert!(taken.verifies);
        assert!(!routes().take("GET", "/v1/health").verifies);
    }

    #[test]
    fn what_no_route_names_goes_the_way_of_the_rest() {
        for (method, path) in
            [("POST", "/v1/health"), ("GET", "/v1/products/"), ("GET", "/v1/products/a/b"), ("GET", "/")]
        {
            let taken = routes().take(method, path);
            assert_eq!((taken.key.as_str(), taken.verifies), (DEFAULT_ROUTE, true), "{method} {path}");
        }
    }
}
