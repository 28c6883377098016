//! The contract: as a document, and as a page on which people read it and try it out.
//!
//! The page is Swagger UI, whose files are part of this function: it loads nothing from anywhere else, and may not.

use std::sync::OnceLock;

use axum::Extension;
use axum::body::Bytes;
use axum::http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::error::ApiError;
use crate::identity::AuthMode;
use crate::openapi::{Contract, Tag, document};
use crate::params::InPath;

/// What the page may do: show what comes from here, and call the API.
const MAY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

const MINUTES: HeaderValue = HeaderValue::from_static("public, max-age=300");
const A_DAY: HeaderValue = HeaderValue::from_static("public, max-age=86400");

const PAGE: &str = "\
<!doctype html>
<html lang=\"en\">
<head>
<meta charset=\"utf-8\">
<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">
<title>Tola API</title>
<link rel=\"icon\" href=\"data:,\">
<link rel=\"stylesheet\" href=\"docs/swagger-ui.css\">
</head>
<body>
<div id=\"swagger-ui\"></div>
<noscript>This page needs JavaScript; the document itself is <a href=\"openapi.json\">openapi.json</a>.</noscript>
<script src=\"docs/swagger-ui-bundle.js\"></script>
<script src=\"docs/start.js\"></script>
</body>
</html>
";

const START: &str = "\
SwaggerUIBundle({
  url: \"openapi.json\",
  dom_id: \"#swagger-ui\",
  deepLinking: true,
  displayRequestDuration: true,
  docExpansion: \"list\",
  defaultModelsExpandDepth: 0,
  filter: true,
  // Nobody else is asked what they think of the document.
  validatorUrl: null,
});
";

/// A file that the page loads.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
pub(super) enum Asset {
    #[serde(rename = "swagger-ui.css")]
    Style,
    #[serde(rename = "swagger-ui-bundle.js")]
    Bundle,
    #[serde(rename = "start.js")]
    Start,
}

impl TryFrom<String> for Asset {
    type Error = serde_json::Error;

    fn try_from(name: String) -> Result<Self, serde_json::Error> {
        serde_json::from_value(name.into())
    }
}

pub(super) fn document_contract() -> Contract {
    Contract::new(Tag::Service, "readContract", "Reads this document")
        .answers_with::<serde_json::Map<String, serde_json::Value>>("application/json", "The OpenAPI document.")
}

pub(super) fn page_contract() -> Contract {
    Contract::new(Tag::Service, "readDocs", "Shows this document as a page")
        .answers_with::<String>("text/html; charset=utf-8", "The page.")
}

pub(super) fn asset_contract() -> Contract {
    Contract::new(Tag::Service, "readDocsAsset", "Reads a file that the page loads")
        .path::<Asset>("file", "The file.", "start.js")
        .answers_with::<String>("text/css; charset=utf-8", "A style sheet.")
        .or_with::<String>("text/javascript; charset=utf-8")
}

/// `GET /v1/openapi.json`
pub(super) async fn read(Extension(auth): Extension<AuthMode>) -> Result<Response, ApiError> {
    static TEXTS: [OnceLock<Bytes>; 2] = [const { OnceLock::new() }; 2];
    let text = &TEXTS[usize::from(auth == AuthMode::Header)];
    if text.get().is_none() {
        let written = document(auth).and_then(|document| serde_json::to_vec(&document)).map_err(ApiError::internal)?;
        // Whoever was quicker wrote the same.
        let _ = text.set(written.into());
    }
    let headers = [(CONTENT_TYPE, HeaderValue::from_static("application/json")), (CACHE_CONTROL, MINUTES)];
    Ok((headers, text.get().cloned().unwrap_or_default()).into_response())
}

/// `GET /v1/docs`
pub(super) async fn page() -> Response {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (CACHE_CONTROL, MINUTES),
        (CONTENT_SECURITY_POLICY, MAY),
    ];
    (headers, PAGE).into_response()
}

/// `GET /v1/docs/{file}`
pub(super) async fn asset(InPath(asset): InPath<Asset>) -> Response {
    let script = HeaderValue::from_static("text/javascript; charset=utf-8");
    let style = HeaderValue::from_static("text/css; charset=utf-8");
    let compressed = |content_type, bytes: &'static [u8]| {
        let encoding = (CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        (StatusCode::OK, [(CONTENT_TYPE, content_type), (CACHE_CONTROL, A_DAY), encoding], bytes).into_response()
    };
    match asset {
        Asset::Start => ([(CONTENT_TYPE, script), (CACHE_CONTROL, MINUTES)], START).into_response(),
        Asset::Style => compressed(style, include_bytes!(concat!(env!("OUT_DIR"), "/swagger-ui.css.gz"))),
        Asset::Bundle => compressed(script, include_bytes!(concat!(env!("OUT_DIR"), "/swagger-ui-bundle.js.gz"))),
    }
}
