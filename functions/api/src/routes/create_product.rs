//! Registering a product: one write with its event and intent, then the register workflow.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use tola_catalog::operation::Subject;
use tola_catalog::product::{
    AttributeValue, Canonical, ImageReference, MAX_ATTRIBUTES, MAX_IMAGES, MAX_TAGS, NewProduct,
};
use tola_catalog::text::{AltText, AttributeKey, Brand, CategoryId, Description, Name, Sku, Slug, Tag};
use tola_catalog::{Image, ImageId, Money, Operation, Origin, Product, code};
use tola_step::now;
use tola_store::{Duplicate, Error as StoreError, TenantScope};

use super::images::rescue;
use super::located;
use super::operations::of_subject;
use super::products::tagged;
use crate::app::App;
use crate::body::JsonBody;
use crate::error::ApiError;
use crate::idempotency::Ids;
use crate::identity::Caller;
use crate::json::Json;
use crate::openapi::{Contract, Header, Tag as About, examples};
use crate::signing::Links;
use crate::views::{OperationView, ProductView};

/// What a merchant registers.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a product")]
#[schemars(rename = "NewProduct")]
pub(super) struct NewProductBody {
    /// The merchant's own number for it.
    #[serde(default)]
    pub(super) sku: Option<Sku>,
    /// Its name in URLs; made of the name if it is left out.
    #[serde(default)]
    slug: Option<Slug>,
    /// What it is called.
    name: Name,
    /// What it is.
    #[serde(default)]
    description: Option<Description>,
    /// What it costs.
    #[serde(default)]
    price: Option<Money>,
    /// The merchant's category.
    #[serde(default)]
    category_id: Option<CategoryId>,
    /// Its brand.
    #[serde(default)]
    brand: Option<Brand>,
    /// Its properties.
    #[serde(default)]
    #[schemars(extend("maxProperties" = MAX_ATTRIBUTES))]
    attributes: BTreeMap<AttributeKey, AttributeValue>,
    /// Its tags, each once.
    #[serde(default)]
    #[schemars(extend("maxItems" = MAX_TAGS))]
    tags: Vec<Tag>,
    /// Its images, each once, the main one first.
    #[serde(default)]
    #[schemars(extend("maxItems" = MAX_IMAGES))]
    images: Vec<ImageBody>,
}

/// An image of a product.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a reference to an image")]
#[schemars(rename = "ImageReference")]
pub(super) struct ImageBody {
    /// The image, promised by `POST /v1/images`.
    image_id: ImageId,
    /// What it shows, for those who can't see it.
    #[serde(default)]
    alt: Option<AltText>,
}

impl From<ImageBody> for ImageReference {
    fn from(body: ImageBody) -> Self {
        Self { image_id: body.image_id, alt: body.alt }
    }
}

impl From<NewProductBody> for NewProduct {
    fn from(body: NewProductBody) -> Self {
        let canonical = Canonical {
            name: body.name,
            description: body.description,
            price: body.price,
            category_id: body.category_id,
            attributes: body.attributes,
            tags: body.tags,
            brand: body.brand,
        };
        let images = body.images.into_iter().map(Into::into).collect();
        Self { sku: body.sku, slug: body.slug, canonical, images }
    }
}

/// What may be said of a product: much, and little.
pub(super) fn bodies() -> Vec<(&'static str, Value)> {
    let chair = json!({
        "sku": "CHAIR-OAK-1",
        "name": "Oak chair",
        "description": "A chair of solid oak, oiled by hand.",
        "price": { "amount": 12_900, "currency": "EUR" },
        "brand": "Holzweg",
        "attributes": { "material": "oak", "seat_height_cm": 45, "stackable": true },
        "tags": ["furniture"],
        "images": [{ "image_id": examples::IMAGE, "alt": "An oak chair, seen from the side" }],
    });
    vec![("With all that a channel may ask for", chair), ("The least", json!({ "name": "Oak chair" }))]
}

pub(super) fn contract() -> Contract {
    Contract::new(About::Products, "registerProduct", "Registers a product")
        .saying("It is DRAFT until its images were looked at and nothing is missing; then it becomes READY by itself.")
        .takes::<NewProductBody>(bodies())
        .answers::<ProductView<'_>>(
            StatusCode::CREATED,
            "It is registered, and what is left to do has begun.",
            examples::product_with_operation(),
        )
        .with(&[Header::Location, Header::ETag])
        .refuses(StatusCode::CONFLICT, &[code::SKU_TAKEN, code::SLUG_TAKEN])
        .refuses(StatusCode::UNPROCESSABLE_ENTITY, &[code::UNKNOWN_IMAGE])
}

/// `POST /v1/products`
pub(super) async fn create(
    State(app): State<App>,
    caller: Caller,
    ids: Ids,
    JsonBody(body): JsonBody<NewProductBody>,
) -> Result<Response, ApiError> {
    let (scope, origin) = (caller.scope(), caller.origin(now()));
    let written = insert(&app, scope, body.into(), ids, &origin).await?;
    let product = written.map_err(StoreError::Duplicate)?;
    let operation = begin(&app, scope, &product, ids, &origin).await;
    let view = ProductView::new(&product, Links::Unsigned).with(operation.as_ref().map(OperationView::whole));
    let response = tagged(&product, (StatusCode::CREATED, Json(view)).into_response());
    Ok(located(response, &place(&product)))
}

/// Where a product is found.
pub(super) fn place(product: &Product) -> String {
    format!("/v1/products/{}", product.id)
}

/// Begins what a product that was just written asks for, and returns its operation.
pub(super) async fn begin(
    app: &App,
    scope: TenantScope,
    product: &Product,
    ids: Ids,
    origin: &Origin,
) -> Option<Operation> {
    rescue(app, scope, &product.image_ids(), origin).await;
    let (subject, operation) = (Subject::Product(product.id), ids.operation());
    app.launch_if_asked(scope, subject, &product.intents, operation).await;
    of_subject(app, scope, subject, &product.intents, operation).await
}

/// Writes the product, or finds that the same request wrote it before; unless another product has its SKU, or the slug that
/// was chosen for it. A derived slug that is taken gets a suffix.
pub(super) async fn insert(
    app: &App,
    scope: TenantScope,
    mut new: NewProduct,
    ids: Ids,
    origin: &Origin,
) -> Result<Result<Product, Duplicate>, ApiError> {
    let products = app.store.products(scope);
    let categories = app.store.categories_if(new.canonical.category_id.is_some(), scope).await?;
    let register = |new| Product::register_in(&categories, new, ids.product(), ids.operation(), origin);
    let mut product = register(new.clone())?;
    refuse_unknown(app, scope, &new.images).await?;
    loop {
        let taken = match products.insert(&product).await {
            Ok(()) => return Ok(Ok(product)),
            Err(StoreError::Duplicate(taken)) => taken,
            Err(error) => return Err(error.into()),
        };
        // Whichever value the database names first: if the product is there, it is this request's.
        if let Some(known) = products.get(ids.product()).await? {
            return Ok(Ok(known));
        }
        if taken != Duplicate::Slug || new.slug.is_some() {
            return Ok(Err(taken));
        }
        new.slug = Some(product.slug.disambiguated(product.id));
        product = register(new.clone())?;
    }
}

/// Refuses references to images that the merchant does not have, or that are being deleted; returns the images.
pub(super) async fn refuse_unknown(
    app: &App,
    scope: TenantScope,
    references: &[ImageReference],
) -> Result<Vec<Image>, ApiError> {
    let wanted: Vec<ImageId> = references.iter().map(|reference| reference.image_id).collect();
    let known = app.store.images(scope).get_many(&wanted).await?;
    let usable = |id| known.iter().any(|image| image.id == id && image.status != tola_catalog::ImageStatus::Purging);
    let unknown: Vec<_> = wanted.iter().enumerate().filter(|(_, id)| !usable(**id)).collect();
    if unknown.is_empty() {
        return Ok(known);
    }
    let refusal = ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, code::UNKNOWN_IMAGE);
    Err(unknown.into_iter().fold(refusal, |refusal, (position, id)| {
        let message = format!("{id} is not an image of this merchant, or is being deleted");
        refusal.at(format!("/images/{position}/image_id"), code::UNKNOWN_IMAGE, message)
    }))
}
