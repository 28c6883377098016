//! The path of a request, as its client sent it.
//!
//! API Gateway decodes a path before it hands it over (all but `%25`), so that what was one segment may look like several,
//! or like the beginning of a query: no product with the SKU `A/1` would ever be found. What it says besides of the route
//! and its parameters tells what was meant.

use lambda_http::http::Uri;
use lambda_http::request::RequestContext;
use lambda_http::{Request, RequestExt as _};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What RFC 3986 leaves as it is in every part of a URI.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Gives a request the path back that it had. One that no route of the gateway names stays as it is.
pub fn restore(mut request: Request) -> Request {
    if let Some(uri) = sent(&request) {
        *request.uri_mut() = uri;
    }
    request
}

fn sent(request: &Request) -> Option<Uri> {
    let Some(RequestContext::ApiGatewayV2(context)) = request.request_context_ref() else { return None };
    let (_, pattern) = context.route_key.as_deref()?.split_once(' ')?;
    let parameters = request.path_parameters_ref()?;
    let segment = |segment: &str| match segment.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
        Some(name) => parameters.first(name).map(encoded),
        None => Some(segment.to_owned()),
    };
    let mut path = pattern.split('/').map(segment).collect::<Option<Vec<_>>>()?.join("/");
    // Of a path that looks like a query, some has become part of the query.
    let looks_like_a_query = request.raw_http_path().contains(['?', '#']);
    let query = if looks_like_a_query {
        request.query_string_parameters_ref().map(|parameters| {
            let pairs = parameters.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
            pairs.collect::<Vec<_>>().join("&")
        })
    } else {
        request.uri().query().map(str::to_owned)
    };
    if let Some(query) = query.filter(|query| !query.is_empty()) {
        path = format!("{path}?{query}");
    }
    path.parse().ok()
}

/// Encodes a value, but not what the gateway has left encoded.
fn encoded(value: &str) -> String {
    let parts: Vec<_> = value.split("%25").map(|part| utf8_percent_encode(part, UNRESERVED).to_string()).collect();
    parts.join("%25")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn restored(route: &str, path: &str, query: &str, parameters: &Value) -> String {
        let event = json!({
            "version": "2.0", "routeKey": route, "rawPath": path, "rawQueryString": query,
            "headers": { "host": "api.example.com" }, "pathParameters": parameters,
            "requestContext": {
                "http": { "method": "GET", "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "t" },
                "routeKey": route, "stage": "$default", "timeEpoch": 0,
            },
            "isBase64Encoded": false,
        });
        let request = restore(lambda_http::request::from_str(&event.to_string()).unwrap());
        request.uri().path_and_query().unwrap().to_string()
    }

    #[test]
    fn what_was_one_segment_is_one_again() {
        let by_sku = |sku: &str, query: &str| {
            let path = format!("/v1/products/by-sku/{sku}");
            let uri = restored("GET /v1/products/by-sku/{sku}", &path, query, &json!({ "sku": sku }));
            uri.strip_prefix("/v1/products/by-sku/").unwrap().to_owned()
        };

        for (sku, expected) in [
            ("LAMP-1", "LAMP-1"),
            ("A/1", "A%2F1"),
            ("A\\1", "A%5C1"),
            ("A?b=1", "A%3Fb%3D1"),
            ("A#1", "A%231"),
            ("..", ".."),
            ("100%25", "100%25"),
        ] {
            assert_eq!(by_sku(sku, ""), expected);
            assert_eq!(by_sku(sku, "x=a%20b"), format!("{expected}?x=a%20b"), "{sku}");
        }
    }

    #[test]
    fn what_no_route_names_stays_as_it_is() {
        assert_eq!(restored("$default", "/v1/nothing", "a=1", &Value::Null), "/v1/nothing?a=1");
        assert_eq!(restored("GET /v1/products", "/v1/products", "limit=1", &Value::Null), "/v1/products?limit=1");
    }
}
