//! The ways in which a request is refused: those that a route names, those that follow from what it takes and who may
//! call it, and those of the gateway before it.

use std::collections::BTreeMap;

use aide::openapi::{Example, MediaType, ReferenceOr, Response, SchemaObject};
use axum::http::{Method, StatusCode};
use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, json_schema};
use serde::Serialize;
use serde_json::{Value, json};
use tola_catalog::{Code, code};

use super::contract::{Contract, Takes};
use super::examples::REQUEST_ID;
use super::headers::Header;
use super::schemas::Schemas;
use crate::error::ErrorBody;
use crate::identity::Policy;
use crate::routes::Route;

/// What API Gateway says by itself: its HTTP APIs have no way to change the form.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct GatewayRefusal {
    /// `Unauthorized`, `Forbidden`, `Too Many Requests` …
    message: String,
}

/// Statuses with which the gateway answers before, or instead of, the function.
const OF_THE_GATEWAY: [StatusCode; 6] = [
    StatusCode::UNAUTHORIZED,
    StatusCode::FORBIDDEN,
    StatusCode::PAYLOAD_TOO_LARGE,
    StatusCode::TOO_MANY_REQUESTS,
    StatusCode::INTERNAL_SERVER_ERROR,
    StatusCode::SERVICE_UNAVAILABLE,
];

/// Every way in which a route refuses, by status.
pub(super) fn of(route: &Route, contract: &Contract) -> BTreeMap<StatusCode, Vec<Code>> {
    let mut all = contract.refusals.clone();
    all.push((StatusCode::BAD_REQUEST, code::INVALID_PARAMETER));
    all.push((StatusCode::INTERNAL_SERVER_ERROR, code::INTERNAL));
    all.push((StatusCode::SERVICE_UNAVAILABLE, code::UNAVAILABLE));
    if route.policy != Policy::Public {
        all.push((StatusCode::UNAUTHORIZED, code::UNAUTHENTICATED));
        all.push((StatusCode::FORBIDDEN, code::FORBIDDEN));
    }
    if route.policy == Policy::Write {
        all.push((StatusCode::TOO_MANY_REQUESTS, code::TOO_MANY_WRITES));
        all.push((StatusCode::SERVICE_UNAVAILABLE, code::TOO_MANY_PENDING_EVENTS));
        if route.keyed {
            all.push((StatusCode::CONFLICT, code::IDEMPOTENCY_KEY_IN_FLIGHT));
            all.push((StatusCode::UNPROCESSABLE_ENTITY, code::IDEMPOTENCY_KEY_REUSED));
        }
    }
    if matches!(contract.takes, Takes::Nothing) && route.method == Method::POST {
        // The layer that keeps answers reads the body, whatever the route does with it.
        all.push((StatusCode::PAYLOAD_TOO_LARGE, code::PAYLOAD_TOO_LARGE));
    }
    let mut by_status: BTreeMap<StatusCode, Vec<Code>> = BTreeMap::new();
    for (status, code) in all {
        let codes = by_status.entry(status).or_default();
        if !codes.contains(&code) {
            codes.push(code);
        }
    }
    by_status.values_mut().for_each(|codes| codes.sort_by_key(|code| code.name));
    by_status
}

/// The refusals of all routes, each once.
#[derive(Default)]
pub(super) struct Refusals {
    described: BTreeMap<String, Response>,
}

impl Refusals {
    /// A refusal with one of these codes, as a reference to where it is described.
    pub(super) fn reference(
        &mut self,
        status: StatusCode,
        codes: &[Code],
        schemas: &mut Schemas,
    ) -> ReferenceOr<Response> {
        let name = std::iter::once(status.as_str()).chain(codes.iter().map(|code| code.name)).collect::<Vec<_>>();
        let name = name.join("-");
        let reference = format!("#/components/responses/{name}");
        self.described.entry(name).or_insert_with(|| described(status, codes, schemas));
        ReferenceOr::ref_(&reference)
    }

    pub(super) fn finish(self) -> IndexMap<String, ReferenceOr<Response>> {
        self.described.into_iter().map(|(name, response)| (name, ReferenceOr::Item(response))).collect()
    }
}

fn described(status: StatusCode, codes: &[Code], schemas: &mut Schemas) -> Response {
    let line = |code: &Code| format!("- `{}`: {} {}", code.name, code.cause, code.remedy);
    let mut description = codes.iter().map(line).collect::<Vec<_>>().join("\n");
    let mut headers = Header::ALWAYS.to_vec();
    if [StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE].contains(&status)
        || codes.contains(&code::IDEMPOTENCY_KEY_IN_FLIGHT)
    {
        headers.push(Header::RetryAfter);
    }
    headers.extend([Header::RateLimit, Header::RateLimitPolicy]);
    // What a repeated request may well not get is not kept for it.
    if status.is_client_error() && ![StatusCode::UNAUTHORIZED, StatusCode::TOO_MANY_REQUESTS].contains(&status) {
        headers.push(Header::IdempotencyReplayed);
    }
    if OF_THE_GATEWAY.contains(&status) {
        description.push_str("\n\nThe gateway says it in its own form, and without these headers.");
    }
    let example = |code: &Code| {
        let value = json!({ "error": {
            "code": code.name, "message": code.cause, "request_id": REQUEST_ID, "details": [],
        }});
        let example = Example { summary: None, description: None, value: Some(value), ..Example::default() };
        (code.name.to_owned(), ReferenceOr::Item(example))
    };
    let media_type = MediaType {
        schema: Some(SchemaObject { json_schema: schema(status, codes, schemas), external_docs: None, example: None }),
        examples: codes.iter().map(example).collect(),
        ..MediaType::default()
    };
    Response {
        description,
        headers: headers.into_iter().map(Header::reference).collect(),
        content: IndexMap::from([("application/json".to_owned(), media_type)]),
        ..Response::default()
    }
}

/// The shape of all errors, with these codes alone.
fn schema(status: StatusCode, codes: &[Code], schemas: &mut Schemas) -> Schema {
    let mut error: Value = schemas.written::<ErrorBody>().to_value();
    let names: Vec<&str> = codes.iter().map(|code| code.name).collect();
    error["properties"] = json!({ "error": { "properties": { "code": { "enum": names } } } });
    if OF_THE_GATEWAY.contains(&status) {
        let gateway = schemas.written::<GatewayRefusal>();
        return json_schema!({ "anyOf": [error, gateway] });
    }
    Schema::try_from(error).unwrap_or_default()
}
