//! Editing a product: a JSON merge of what is sent into what is there.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use tola_catalog::operation::Subject;
use tola_catalog::product::{AttributeValue, Edit, ImageReference, MAX_IMAGES, MAX_TAGS};
use tola_catalog::status::permit;
use tola_catalog::text::{AttributeKey, Brand, CategoryId, Description, Name, Sku, Slug, Tag};
use tola_catalog::{Money, OperationId, Origin, Product, ProductId, Request, code};
use tola_contracts::message::AggregateRef;
use tola_step::now;
use tola_store::{Outcome, TenantScope};

use super::create_product::{ImageBody, refuse_unknown};
use super::filing::in_its_category;
use super::images::rescue;
use super::operations::of_subject;
use super::products::tagged;
use crate::app::App;
use crate::body::{JsonBody, lasting, removable};
use crate::error::ApiError;
use crate::etag::IfMatch;
use crate::idempotency::Ids;
use crate::identity::Caller;
use crate::json::Json;
use crate::openapi::{Contract, Header, Tag as About, examples};
use crate::params::InPath;
use crate::signing::Links;
use crate::views::{OperationView, ProductView};

/// What is to change: what is left out stays, and `null` removes what can be removed.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "an object with the values to change")]
#[schemars(rename = "ProductEdit")]
pub(super) struct EditBody {
    /// The merchant's own number for it.
    #[serde(default, deserialize_with = "removable")]
    sku: Option<Option<Sku>>,
    /// Its name in URLs.
    #[serde(default, deserialize_with = "lasting")]
    #[schemars(with = "Slug")]
    slug: Option<Slug>,
    /// What it is called.
    #[serde(default, deserialize_with = "lasting")]
    #[schemars(with = "Name")]
    name: Option<Name>,
    /// What it is.
    #[serde(default, deserialize_with = "removable")]
    description: Option<Option<Description>>,
    /// What it costs.
    #[serde(default, deserialize_with = "removable")]
    price: Option<Option<Money>>,
    /// The merchant's category.
    #[serde(default, deserialize_with = "removable")]
    category_id: Option<Option<CategoryId>>,
    /// Its brand.
    #[serde(default, deserialize_with = "removable")]
    brand: Option<Option<Brand>>,
    /// Properties to set, or to remove by `null`; the others stay. `null` removes all of them.
    #[serde(default, deserialize_with = "removable")]
    attributes: Option<Option<BTreeMap<AttributeKey, Option<AttributeValue>>>>,
    /// All of its tags, each once.
    #[serde(default, deserialize_with = "removable")]
    #[schemars(extend("maxItems" = MAX_TAGS))]
    tags: Option<Option<Vec<Tag>>>,
    /// All of its images, each once, the main one first.
    #[serde(default, deserialize_with = "removable")]
    #[schemars(extend("maxItems" = MAX_IMAGES))]
    images: Option<Option<Vec<ImageBody>>>,
}

/// An edit, but for what depends on the product that it meets.
struct Wanted {
    edit: Edit,
    without_attributes: bool,
}

impl From<EditBody> for Wanted {
    fn from(body: EditBody) -> Self {
        let references =
            |images: Option<Vec<ImageBody>>| images.unwrap_or_default().into_iter().map(Into::into).collect();
        let without_attributes = body.attributes == Some(None);
        let edit = Edit {
            sku: body.sku,
            slug: body.slug,
            name: body.name,
            description: body.description,
            price: body.price,
            category_id: body.category_id,
            brand: body.brand,
            attributes: body.attributes.flatten().unwrap_or_default(),
            tags: body.tags.map(Option::unwrap_or_default),
            images: body.images.map(references),
        };
        Self { edit, without_attributes }
    }
}

impl Wanted {
    fn for_product(&self, product: &Product) -> Edit {
        let mut edit = self.edit.clone();
        if self.without_attributes {
            edit.attributes = product.canonical.attributes.keys().map(|key| (key.clone(), None)).collect();
        }
        edit
    }

    fn images(&self) -> &[ImageReference] {
        self.edit.images.as_deref().unwrap_or_default()
    }
}

pub(super) fn contract() -> Contract {
    let bodies = vec![
        ("Another price", json!({ "price": { "amount": 11_900, "currency": "EUR" } })),
        ("An attribute removed and one set", json!({ "attributes": { "stackable": null, "colour": "natural" } })),
    ];
    Contract::new(About::Products, "editProduct", "Edits a product")
        .saying(
            "What is sent is merged into what is there (RFC 7396): what is left out stays, and `null` removes. Channels \
             that have the product follow by themselves, if the edit is one that they show.",
        )
        .path::<ProductId>("id", "The product.", examples::PRODUCT)
        .edits()
        .merges::<EditBody>(bodies)
        .answers::<ProductView<'_>>(
            StatusCode::OK,
            "The product as it is now; with the operation that the edit has begun, if it has begun one.",
            examples::product_with_operation(),
        )
        .with(&[Header::ETag])
        .refuses(StatusCode::CONFLICT, &[code::SKU_TAKEN, code::SLUG_TAKEN, code::ACTION_NOT_POSSIBLE])
        .refuses(StatusCode::UNPROCESSABLE_ENTITY, &[code::UNKNOWN_IMAGE])
}

/// `PATCH /v1/products/{id}`
pub(super) async fn edit(
    State(app): State<App>,
    caller: Caller,
    ids: Ids,
    InPath(id): InPath<ProductId>,
    headers: HeaderMap,
    JsonBody(body): JsonBody<EditBody>,
) -> Result<Response, ApiError> {
    let (scope, origin, wanted) = (caller.scope(), caller.origin(now()), Wanted::from(body));
    let products = app.store.products(scope);
    // First whether it is there at all: a foreign id is 404, whatever else is wrong with the request.
    let found = products.get(id).await?.ok_or_else(ApiError::not_found)?;
    permit(found.status, found.deleting.is_some(), Request::Edit)?;
    let if_match = IfMatch::read(&headers)?;
    // Too many are refused by the catalog, and need not be looked for.
    if wanted.images().len() <= MAX_IMAGES {
        refuse_unknown(&app, scope, wanted.images()).await?;
    }

    let mut known = Vec::new();
    let outcome = in_its_category(&app, scope, &found, wanted.edit.category_id.is_some(), |product, categories| {
        permit(product.status, product.deleting.is_some(), Request::Edit)?;
        if_match.permit(product)?;
        known = product.intents.iter().map(|intent| intent.operation_id).collect();
        Ok::<_, ApiError>(product.edit_in(categories, wanted.for_product(product), ids.operation(), &origin)?)
    });
    let moved = match outcome.await? {
        Outcome::Moved(product) => product,
        Outcome::AlreadyThere(product) => return answer(&app, &product, None).await,
        Outcome::Absent => return Err(ApiError::not_found()),
    };
    followed(&app, scope, &moved, &known, &origin).await
}

/// Begins what an edit has asked for that was just written: new images are looked at, and channels that have the product
/// follow. Operations of which the product `known` are somebody else's to begin. Answers with the product.
pub(super) async fn followed(
    app: &App,
    scope: TenantScope,
    product: &Product,
    known: &[OperationId],
    origin: &Origin,
) -> Result<Response, ApiError> {
    rescue(app, scope, &product.image_ids(), origin).await;
    let begun: Vec<_> =
        product.intents.iter().filter(|intent| !known.contains(&intent.operation_id)).cloned().collect();
    let Some(first) = begun.first().map(|intent| intent.operation_id) else {
        app.drain(AggregateRef::Product(product.id)).await;
        return answer(app, product, None).await;
    };
    let subject = Subject::Product(product.id);
    app.launch_all(scope, subject, &begun).await;
    let operation = of_subject(app, scope, subject, &begun, first).await;
    answer(app, product, operation.as_ref().map(OperationView::whole)).await
}

pub(super) async fn answer(
    app: &App,
    product: &Product,
    operation: Option<OperationView<'_>>,
) -> Result<Response, ApiError> {
    let signer = app.signing.signer(now()).await?;
    let view = ProductView::new(product, Links::Signed(&signer)).with(operation);
    Ok(tagged(product, Json(view).into_response()))
}
