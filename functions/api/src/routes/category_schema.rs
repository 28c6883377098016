//! What a category asks of the attributes of its products: reading it, changing it, and having products judged by it.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;
use tola_catalog::category::schema::{MAX_ALL_ATTRIBUTES, MAX_ALL_CHOICES};
use tola_catalog::image::Changed;
use tola_catalog::product::MAX_ATTRIBUTES;
use tola_catalog::text::AttributeKey;
use tola_catalog::{AttributeRule, CategoryKey, CategoryTree, Operation, code};
use tola_step::now;
use tola_store::Outcome;

use crate::app::App;
use crate::body::JsonBody;
use crate::error::ApiError;
use crate::idempotency::Ids;
use crate::identity::Caller;
use crate::json::Json;
use crate::openapi::{Contract, Tag, examples};
use crate::params::InPath;
use crate::views::CategorySchema;

/// What a category is to ask of the attributes of its products, all of it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "what a category asks of attributes")]
#[schemars(rename = "CategorySchemaDraft")]
pub(super) struct SchemaBody {
    /// What it asks itself, by the attributes' keys. Of an attribute of which a category above it asks something, it
    /// holds what is asked here.
    #[schemars(extend("maxProperties" = MAX_ATTRIBUTES))]
    attributes: BTreeMap<AttributeKey, AttributeRule>,
}

pub(super) fn contract() -> Contract {
    Contract::new(Tag::Categories, "readCategorySchema", "Reads what a category asks of attributes")
        .path::<CategoryKey>("id", "The category.", examples::CATEGORY)
        .answers::<CategorySchema<'_>>(StatusCode::OK, "What is asked in it.", examples::category_schema())
}

pub(super) fn put_contract() -> Contract {
    let says = format!(
        "It asks what the body says afterwards, of its products and of those of all that is part of it. They can be written \
         without that, and not be offered: what is missing is in their `completeness`. Those that are there are judged anew \
         by the operation that the answer names. A product has at most {MAX_ATTRIBUTES} attributes, and all categories \
         together ask for at most {MAX_ALL_ATTRIBUTES}, with at most {MAX_ALL_CHOICES} choices."
    );
    Contract::new(Tag::Categories, "putCategorySchema", "Says what a category asks of attributes")
        .saying(&says)
        .path::<CategoryKey>("id", "The category.", examples::CATEGORY)
        .takes::<SchemaBody>(examples::category_schema_drafts())
        .answers::<CategorySchema<'_>>(StatusCode::OK, "What is asked in it now.", examples::category_schema())
        .refuses(StatusCode::CONFLICT, &[code::ACTION_NOT_POSSIBLE])
}

/// `GET /v1/categories/{id}/schema`
pub(super) async fn read(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<CategoryKey>,
) -> Result<Json<serde_json::Value>, ApiError> {
    shown(&app.store.categories(caller.scope()).get().await?, &id, None)
}

/// `PUT /v1/categories/{id}/schema`
pub(super) async fn put(
    State(app): State<App>,
    caller: Caller,
    ids: Ids,
    InPath(id): InPath<CategoryKey>,
    JsonBody(body): JsonBody<SchemaBody>,
) -> Result<Json<serde_json::Value>, ApiError> {
    let ask = |tree: &mut CategoryTree| Ok(tree.ask_of(&id, &body.attributes, now())?);
    let revised = revise(&app, &caller, ids, &id, ask).await?;
    shown(&revised.tree, &id, revised.review.as_ref())
}

fn shown(
    tree: &CategoryTree,
    id: &CategoryKey,
    review: Option<&Operation>,
) -> Result<Json<serde_json::Value>, ApiError> {
    let schema = CategorySchema::of(tree, id, review).ok_or_else(ApiError::not_found)?;
    Ok(Json(serde_json::to_value(schema).map_err(|error| ApiError::internal(error.to_string()))?))
}

/// Categories as a change has left them, and the operation that judges products by them, if that is called for.
pub(super) struct Revised {
    pub(super) tree: CategoryTree,
    pub(super) review: Option<Operation>,
}

/// Changes a category, and has its products judged by what is asked of them then.
pub(super) async fn revise(
    app: &App,
    caller: &Caller,
    ids: Ids,
    id: &CategoryKey,
    decide: impl FnMut(&mut CategoryTree) -> Result<Changed, ApiError>,
) -> Result<Revised, ApiError> {
    let scope = caller.scope();
    let review = Operation::reviewing(id.clone(), ids.operation(), caller.merchant_id(), &caller.origin(now()));
    // As it was written, whatever others have made of it since.
    let tree = match app.store.categories(scope).change(&review, decide).await? {
        Outcome::Moved(tree) if tree.asks_anew() => tree,
        Outcome::Moved(tree) | Outcome::AlreadyThere(tree) => return Ok(Revised { tree, review: None }),
        Outcome::Absent => return Err(ApiError::not_found()),
    };
    let operations = app.store.operations(scope);
    // Whatever gets in from now on is judged by the categories as they are now.
    if app.store.products(scope).counted_in(tree.subtree(id).into_iter()).await?.is_empty() {
        operations.take_back(review.id).await?;
        return Ok(Revised { tree, review: None });
    }
    app.begin(scope, &review).await;
    let begun = operations.get(review.id).await?.unwrap_or(review);
    Ok(Revised { tree, review: Some(begun) })
}
