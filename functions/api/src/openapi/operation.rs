//! One route, as the document describes it.

use aide::openapi::{
    Example, HeaderStyle, MediaType, Operation, Parameter as Described, ParameterData, ParameterSchemaOrContent,
    PathStyle, QueryStyle, ReferenceOr, RequestBody, Response, Responses, SchemaObject, StatusCode as Status,
};
use indexmap::IndexMap;
use schemars::{Schema, json_schema};
use serde_json::{Value, json};
use tola_catalog::MerchantId;

use super::contract::{Answer, Contract, IfMatch, Parameter, Takes};
use super::headers::Header;
use super::refusals::{self, Refusals};
use super::schemas::Schemas;
use super::security;
use crate::idempotency::MAX_KEY;
use crate::identity::{AuthMode, Policy};
use crate::routes::Route;

pub(super) fn described(
    route: &Route,
    contract: Contract,
    auth: AuthMode,
    schemas: &mut Schemas,
    refusals: &mut Refusals,
) -> Operation {
    let mut responses: IndexMap<Status, ReferenceOr<Response>> = IndexMap::new();
    for answer in &contract.answers {
        responses.insert(Status::Code(answer.status.as_u16()), ReferenceOr::Item(answered(route, answer, schemas)));
    }
    for (status, codes) in refusals::of(route, &contract) {
        let refusal = refusals.reference(status, &codes, schemas);
        // An answer may have the status of a refusal: a failing health check is both.
        responses.entry(Status::Code(status.as_u16())).or_insert(refusal);
    }
    Operation {
        tags: vec![contract.tag.name().to_owned()],
        summary: Some(contract.summary.to_owned()),
        description: Some(contract.description.clone()).filter(|text| !text.is_empty()),
        operation_id: Some(contract.id.to_owned()),
        parameters: parameters(route, &contract, auth, schemas),
        request_body: body(contract.takes, schemas).map(ReferenceOr::Item),
        responses: Some(Responses { responses, ..Responses::default() }),
        security: security::required(route.policy, auth),
        ..Operation::default()
    }
}

fn answered(route: &Route, answer: &Answer, schemas: &mut Schemas) -> Response {
    let mut headers = Header::ALWAYS.to_vec();
    headers.extend_from_slice(&answer.headers);
    if route.policy == Policy::Write {
        headers.extend([Header::RateLimit, Header::RateLimitPolicy]);
        if route.keyed {
            headers.push(Header::IdempotencyReplayed);
        }
    }
    let content: IndexMap<_, _> = answer
        .content
        .iter()
        .map(|content| {
            let media_type = MediaType {
                schema: Some(object((content.schema)(schemas))),
                example: content.example.clone(),
                ..MediaType::default()
            };
            (content.media_type.to_owned(), media_type)
        })
        .collect();
    Response {
        description: answer.description.to_owned(),
        headers: headers.into_iter().map(Header::reference).collect(),
        content,
        ..Response::default()
    }
}

fn body(takes: Takes, schemas: &mut Schemas) -> Option<RequestBody> {
    let (schema, required, media_types, examples): (_, _, &[&str], _) = match takes {
        Takes::Nothing => return None,
        Takes::EmptyObject => {
            let schema = json_schema!({ "type": "object", "additionalProperties": false });
            (schema, false, &["application/json"], Vec::new())
        }
        Takes::Value { schema, optional, merge_patch: true, examples } => {
            (schema(schemas), !optional, &["application/merge-patch+json", "application/json"], examples)
        }
        Takes::Value { schema, optional, merge_patch: false, examples } => {
            (schema(schemas), !optional, &["application/json"], examples)
        }
    };
    let examples: IndexMap<String, ReferenceOr<Example>> = examples
        .into_iter()
        .map(|(summary, value)| {
            let example = Example { summary: Some(summary.to_owned()), value: Some(value), ..Example::default() };
            (summary.to_lowercase().replace(' ', "-"), ReferenceOr::Item(example))
        })
        .collect();
    let media_type = MediaType { schema: Some(object(schema)), examples, ..MediaType::default() };
    let content = media_types.iter().map(|name| ((*name).to_owned(), media_type.clone())).collect();
    Some(RequestBody { content, required, ..RequestBody::default() })
}

fn parameters(
    route: &Route,
    contract: &Contract,
    auth: AuthMode,
    schemas: &mut Schemas,
) -> Vec<ReferenceOr<Described>> {
    let mut all = Vec::new();
    for parameter in &contract.path {
        let parameter_data = data(parameter, true, schemas);
        all.push(Described::Path { parameter_data, style: PathStyle::Simple });
    }
    for parameter in &contract.query {
        let parameter_data = data(parameter, false, schemas);
        let (style, allow_reserved, allow_empty_value) = (QueryStyle::Form, false, None);
        all.push(Described::Query { parameter_data, allow_reserved, style, allow_empty_value });
    }
    all.extend(headers(route, contract, auth, schemas));
    all.into_iter().map(ReferenceOr::Item).collect()
}

/// The headers that a request may carry.
fn headers(route: &Route, contract: &Contract, auth: AuthMode, schemas: &mut Schemas) -> Vec<Described> {
    let mut all = Vec::new();
    if let Some(if_match) = contract.if_match {
        let description = match if_match {
            IfMatch::Always => "The `ETag` that was read, or `*` to write over whatever is there.",
            IfMatch::UnlessBegun => {
                "The `ETag` that was read, or `*`. Once the deletion has begun it is asked for again without."
            }
            IfMatch::AtWill => "The `ETag` that was read, or `*` for whatever is there: something has to be.",
            IfMatch::Unchanged => "The `ETag` that was read: then nothing is changed if anything was written since.",
        };
        let schema = json_schema!({ "type": "string", "pattern": IF_MATCH });
        let example = (![IfMatch::AtWill, IfMatch::Unchanged].contains(&if_match)).then(|| json!("\"3.17\""));
        all.push(header("If-Match", description, if_match == IfMatch::Always, schema, example));
        if if_match == IfMatch::AtWill {
            let schema = json_schema!({ "type": "string", "const": "*" });
            all.push(header("If-None-Match", "Nothing may be there yet.", false, schema, None));
        }
    }
    if contract.if_none_match {
        let description = "The `ETag` of what the client has: if it is still the same, the answer is 304 and empty.";
        let schema = json_schema!({ "type": "string" });
        all.push(header("If-None-Match", description, false, schema, None));
    }
    if route.policy == Policy::Write && route.keyed {
        let description = "Makes it safe to repeat the request: what has the same key is done once, and answered alike \
                           for a day.";
        let schema = json_schema!({ "type": "string", "pattern": PRINTABLE, "minLength": 1, "maxLength": MAX_KEY });
        all.push(header("Idempotency-Key", description, false, schema, None));
    }
    // In development it is a credential.
    if route.policy != Policy::Public && auth == AuthMode::Cognito {
        let description = "The merchant that an admin acts for. Anybody else may send their own merchant alone.";
        all.push(header("X-Merchant-Id", description, false, schemas.read::<MerchantId>(), None));
    }
    let description =
        "What the request, its operations and its events are to have in common; made up if it is not there.";
    // Without bounds: a text that can't be taken over is no error.
    let schema = json_schema!({ "type": "string" });
    all.push(header("X-Correlation-Id", description, false, schema, None));
    all
}

/// One or several ETags, or a star.
const IF_MATCH: &str = r#"^(\*|"[0-9]{1,18}(\.[0-9]{1,18})?"( ?, ?"[0-9]{1,18}(\.[0-9]{1,18})?")*)$"#;
const PRINTABLE: &str = "^[!-~]([ -~]*[!-~])?$";

/// What may be left out has no example: the page would send it along with whatever is tried out.
fn header(name: &str, description: &str, required: bool, schema: Schema, example: Option<Value>) -> Described {
    let parameter_data = ParameterData {
        name: name.to_owned(),
        description: Some(description.to_owned()),
        required,
        deprecated: None,
        format: ParameterSchemaOrContent::Schema(object(schema)),
        example,
        examples: IndexMap::new(),
        explode: None,
        extensions: IndexMap::new(),
    };
    Described::Header { parameter_data, style: HeaderStyle::Simple }
}

fn data(parameter: &Parameter, required: bool, schemas: &mut Schemas) -> ParameterData {
    ParameterData {
        name: parameter.name.to_owned(),
        description: Some(parameter.description.to_owned()),
        required,
        deprecated: None,
        format: ParameterSchemaOrContent::Schema(object((parameter.schema)(schemas))),
        example: parameter.example.clone(),
        examples: IndexMap::new(),
        explode: None,
        extensions: IndexMap::new(),
    }
}

fn object(schema: Schema) -> SchemaObject {
    SchemaObject { json_schema: schema, external_docs: None, example: None }
}
