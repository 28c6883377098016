//! What the API promises, as an OpenAPI 3.1 document: made of the table of routes, of what each route says of itself
//! beside its handler, and of the schemas of the very types that are read and written. It can't know of a route that is
//! not there, nor miss one.

mod contract;
pub(crate) mod examples;
mod headers;
mod operation;
mod refusals;
mod schemas;
mod security;
mod values;

use aide::openapi::{
    Components, Info, License, OpenApi, PathItem, Paths, ReferenceOr, SchemaObject, Server, Tag as DescribedTag,
};
use indexmap::IndexMap;
use serde_json::Value;

pub(crate) use contract::{Contract, Tag};
pub(crate) use headers::Header;
pub(crate) use values::{Amount, AttributeIs, ChannelTypeName, InCategory, Order, Rule, Search, Several, Switch};

use refusals::Refusals;
use schemas::Schemas;

use crate::identity::AuthMode;
use crate::routes::ROUTES;

/// The version of the contract. Its first number moves with a change that breaks clients, its second with what is new.
pub const VERSION: &str = "1.0.0";

const DESCRIPTION: &str = "\
Tola keeps products and brings them to sales channels. Whatever takes longer than a request is an *operation*: the answer \
names it, and `GET /v1/operations/{id}` tells how far it is and what to do next.

- **Repeating a request** is safe. A `POST` with an `Idempotency-Key` is done once, and its answer is given again; so is a \
`PATCH` of an inventory, which needs one where it adjusts.
- **Editing** names what it was made on: `If-Match` with the `ETag` that was read.
- **Lists** come in pages. `next_cursor` continues one, with the same filters.
- **Errors** have one shape, and a `code` that does not change. `details` point at the values at fault: into the body, or to \
`/query/<name>`, `/path/<name>` or `/headers/<name>`. A path that no route has is 404 `ROUTE_NOT_FOUND`; a method that it \
has not is 405 `METHOD_NOT_ALLOWED`, with `Allow`.
- **Money** is whole minor units with a currency: `{\"amount\": 1999, \"currency\": \"USD\"}` is 19.99 dollars.
- Fields and enum values may be added; clients pass over what they don't know.";

/// The document, for an API that learns in this way who calls.
///
/// # Errors
/// Never, as long as the types of the document can be written as JSON.
pub fn document(auth: AuthMode) -> serde_json::Result<Value> {
    let (mut schemas, mut refusals) = (Schemas::new(), Refusals::default());
    let mut paths: IndexMap<String, PathItem> = IndexMap::new();
    for route in ROUTES {
        let operation = operation::described(route, (route.contract)(), auth, &mut schemas, &mut refusals);
        let item = paths.entry(route.path.to_owned()).or_default();
        let place = match route.method {
            "PUT" => &mut item.put,
            "POST" => &mut item.post,
            "PATCH" => &mut item.patch,
            "DELETE" => &mut item.delete,
            _ => &mut item.get,
        };
        *place = Some(operation);
    }
    let (schemas, renaming) = schemas.finish();
    let object = |schema| SchemaObject { json_schema: schema, external_docs: None, example: None };
    let document = OpenApi {
        openapi: "3.1.0".into(),
        info: Info {
            title: "Tola".to_owned(),
            summary: Some("A product orchestrator: from one catalog to every sales channel.".to_owned()),
            description: Some(DESCRIPTION.to_owned()),
            version: VERSION.to_owned(),
            license: Some(License {
                name: "Apache-2.0".to_owned(),
                identifier: Some("Apache-2.0".to_owned()),
                ..License::default()
            }),
            ..Info::default()
        },
        // Seen from where the document lies: a stage or a proxy may put something before `/v1`.
        servers: vec![Server { url: "..".to_owned(), ..Server::default() }],
        paths: Some(Paths {
            paths: paths.into_iter().map(|(path, item)| (path, ReferenceOr::Item(item))).collect(),
            ..Paths::default()
        }),
        components: Some(Components {
            security_schemes: security::schemes(auth),
            responses: refusals.finish(),
            headers: Header::ALL.iter().map(|header| (header.name().to_owned(), header.described())).collect(),
            schemas: schemas.into_iter().map(|(name, schema)| (name, object(schema))).collect(),
            ..Components::default()
        }),
        tags: Tag::ALL
            .iter()
            .map(|tag| DescribedTag {
                name: tag.name().to_owned(),
                description: Some(tag.description().to_owned()),
                ..DescribedTag::default()
            })
            .collect(),
        ..OpenApi::default()
    };
    let mut document = serde_json::to_value(document)?;
    renaming.apply(&mut document);
    Ok(document)
}
