//! The contract as a document, and its page.

use std::collections::{BTreeMap, BTreeSet};

use api::openapi::document;
use api::{AuthMode, Policy, ROUTES};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

use super::contract::{DOCUMENT, escaped, fits, resolved};
use super::support::World;

/// Method, path and operation of each route that the document has.
fn operations() -> Vec<(String, &'static str, &'static Value)> {
    let paths = DOCUMENT["paths"].as_object().unwrap().iter();
    let of_path = |(path, item): (&'static String, &'static Value)| {
        let methods = item.as_object().unwrap().iter();
        methods.map(move |(method, operation)| (method.to_uppercase(), path.as_str(), operation))
    };
    paths.flat_map(of_path).collect()
}

#[test]
fn the_document_has_every_route_and_no_other() {
    let documented: BTreeSet<_> = operations().into_iter().map(|(method, path, _)| (method, path.to_owned())).collect();

    let routes = ROUTES.iter().map(|route| (route.method.to_owned(), route.path.to_owned()));
    assert_eq!(documented, routes.collect());
}

#[test]
fn every_operation_says_what_it_is_and_who_may() {
    let mut ids = BTreeSet::new();
    for (method, path, operation) in operations() {
        let policy = ROUTES.iter().find(|route| route.method == method && route.path == path).unwrap().policy;
        let scopes = &operation["security"][0]["accessToken"][0];
        let expected = match policy {
            Policy::Public => Value::Null,
            Policy::Read => "tola/read".into(),
            Policy::Write => "tola/write".into(),
        };

        assert_eq!(*scopes, expected, "{method} {path}");
        assert!(!operation["summary"].as_str().unwrap().ends_with('.'), "{method} {path}");
        assert!(ids.insert(operation["operationId"].as_str().unwrap()), "{method} {path}");
        let success = |(status, _): (&String, &Value)| status.starts_with('2');
        assert!(operation["responses"].as_object().unwrap().iter().any(success), "{method} {path}");
    }
}

#[tokio::test]
async fn the_parameters_are_those_that_the_routes_read() {
    let ana = World::new().await.merchant();
    for (method, path, operation) in operations() {
        let parameters = operation["parameters"].as_array().unwrap();
        let of_kind = |kind: &str| {
            let names =
                parameters.iter().filter(|parameter| parameter["in"] == kind).map(|p| p["name"].as_str().unwrap());
            names.collect::<BTreeSet<_>>()
        };
        let in_path = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
        assert_eq!(of_kind("path"), in_path, "{method} {path}");

        // The layer that reads parameters names them all when it refuses one.
        let answer = ana.ask(&method, &format!("{}?nonsense=1", path.replace(['{', '}'], ""))).send().await;
        let (_, known) = answer.text("/error/message").split_once("takes ").unwrap();
        let known = known.split(", ").filter(|name| *name != "no parameters").collect();
        assert_eq!(of_kind("query"), known, "{method} {path}");
    }
}

#[test]
fn every_example_fits_its_schema() {
    let mut examples = 0;
    let mut check = |pointer: &str, media_type: &Value| {
        let named = media_type["examples"].as_object().into_iter().flatten().map(|(_, example)| &example["value"]);
        for example in media_type.get("example").into_iter().chain(named) {
            assert!(!example.is_null(), "{pointer} has an empty example");
            fits(&format!("{pointer}/schema"), example).unwrap_or_else(|why| panic!("{pointer}: {why}\n{example:#}"));
            examples += 1;
        }
    };
    for (method, path, operation) in operations() {
        let base = format!("/paths/{}/{}", escaped(path), method.to_lowercase());
        for (position, parameter) in operation["parameters"].as_array().unwrap().iter().enumerate() {
            check(&format!("{base}/parameters/{position}"), parameter);
        }
        for (name, media_type) in operation["requestBody"]["content"].as_object().into_iter().flatten() {
            check(&format!("{base}/requestBody/content/{}", escaped(name)), media_type);
        }
        for (status, response) in operation["responses"].as_object().unwrap() {
            let (pointer, response) = resolved(format!("{base}/responses/{status}"), response);
            for (name, media_type) in response["content"].as_object().into_iter().flatten() {
                check(&format!("{pointer}/content/{}", escaped(name)), media_type);
            }
        }
    }
    assert!(examples > 200, "{examples}");
}

#[test]
fn every_answer_in_json_has_an_example() {
    for (method, path, operation) in operations().into_iter().filter(|(_, path, _)| *path != "/v1/openapi.json") {
        for (status, response) in operation["responses"].as_object().unwrap() {
            let (_, response) = resolved(String::new(), response);
            if let Some(json) = response["content"].get("application/json") {
                let has = json.get("example").or(json.get("examples")).is_some();
                assert!(has, "{method} {path}, {status}");
            }
        }
    }
}

/// Schemas are described by the comments of our types, which may speak of code.
#[test]
fn nothing_in_the_document_speaks_of_our_code() {
    fn descriptions(value: &Value, found: &mut Vec<String>) {
        let text = value.get("description").and_then(Value::as_str);
        found.extend(text.filter(|text| text.contains("::") || text.contains("MAX_")).map(ToOwned::to_owned));
        let below =
            value.as_object().map(|object| object.values().collect()).or(value.as_array().map(|a| a.iter().collect()));
        below.into_iter().flat_map(|below: Vec<_>| below).for_each(|value| descriptions(value, found));
    }
    let mut found = Vec::new();

    descriptions(&DOCUMENT, &mut found);

    assert_eq!(found, [""; 0]);
}

#[test]
fn the_document_in_the_repository_is_this_one() {
    let kept = concat!(env!("CARGO_MANIFEST_DIR"), "/../../openapi.json");
    let kept: Value = serde_json::from_slice(&std::fs::read(kept).unwrap()).unwrap();

    // Not assert_eq!: nobody reads two documents side by side.
    assert!(kept == *DOCUMENT, "the code says something else than openapi.json: see `cargo xtask openapi`");
}

#[test]
fn in_development_the_headers_are_the_credentials() {
    let development = document(AuthMode::Header).unwrap();

    let schemes = development["components"]["securitySchemes"].as_object().unwrap();
    let headers: BTreeMap<_, _> = schemes.iter().map(|(name, scheme)| (name.as_str(), &scheme["name"])).collect();
    assert_eq!(headers, BTreeMap::from([("merchant", &"X-Merchant-Id".into()), ("role", &"X-Role".into())]));
}

async fn get(world: &World, path: &str) -> axum::http::Response<axum::body::Bytes> {
    let request = Request::get(path).body(Body::empty()).unwrap();
    let (parts, body) = world.router.clone().oneshot(request).await.unwrap().into_parts();
    axum::http::Response::from_parts(parts, body.collect().await.unwrap().to_bytes())
}

#[tokio::test]
async fn the_document_is_served() {
    let world = World::new().await;

    let answer = get(&world, "/v1/openapi.json").await;

    let served: Value = serde_json::from_slice(answer.body()).unwrap();
    assert_eq!((answer.status(), served), (StatusCode::OK, document(AuthMode::Header).unwrap()));
    assert_eq!(answer.headers()["content-type"], "application/json");
}

#[tokio::test]
async fn the_page_loads_nothing_from_elsewhere() {
    let world = World::new().await;
    let page = get(&world, "/v1/docs").await;
    assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    let policy = page.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{policy}");

    let html = std::str::from_utf8(page.body()).unwrap();
    let links = html.split(['"']).filter(|text| text.starts_with("docs/"));
    for link in links {
        let file = get(&world, &format!("/v1/{link}")).await;
        assert_eq!(file.status(), StatusCode::OK, "{link}");
        assert!(file.body().len() > 100, "{link}");
    }
    assert!(!html.contains("http"), "{html}");
    assert_eq!(get(&world, "/v1/docs/swagger-ui.map").await.status(), StatusCode::NOT_FOUND);
}
