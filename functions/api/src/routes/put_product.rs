//! Putting a product by its SKU: it is what the body says afterwards, whether it was there before or not. Whoever keeps
//! products elsewhere sends them again and again, and need not know which of them are here.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use tola_catalog::product::NewProduct;
use tola_catalog::status::permit;
use tola_catalog::text::Sku;
use tola_catalog::{CategoryTree, Origin, Product, Request, code};
use tola_step::now;
use tola_store::{Duplicate, Error as StoreError, Outcome, TenantScope};

use super::create_product::{NewProductBody, begin, bodies, insert, place, refuse_unknown};
use super::edit_product::{answer, followed};
use super::filing::in_its_category;
use super::foresee_product::foresee;
use super::located;
use crate::app::App;
use crate::body::JsonBody;
use crate::error::ApiError;
use crate::etag::Conditions;
use crate::idempotency::Ids;
use crate::identity::Caller;
use crate::json::Json;
use crate::openapi::{Contract, Header, Switch, Tag, examples};
use crate::params::{InPath, Params};
use crate::views::{ForesightView, OperationView, ProductView};

/// How often it is looked for again when somebody has made, deleted or renamed it just then.
const ATTEMPTS: u32 = 8;

/// What a PUT answers with: the product, or what it would come to.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "it is what the contract says of the answers that are made elsewhere")]
enum PutAnswer<'a> {
    Product(Box<ProductView<'a>>),
    Foresight(ForesightView),
}

pub(super) fn contract() -> Contract {
    Contract::new(Tag::Products, "putProduct", "Makes a product with this SKU, or makes it anew")
        .saying(
            "The product is what the body says afterwards, all of it: a value that is left out goes, but for the slug, \
             which stays. It may be repeated: what is so already is not written again. Channels that have the product \
             follow by themselves. With `dry_run=true` nothing changes, and the answer says what it would come to.",
        )
        .path::<Sku>("sku", "The merchant's own number for it; in the body it is the same, or left out.", "CHAIR-OAK-1")
        .query::<Switch>("dry_run", "Whether only to say what it would come to.")
        .puts()
        .takes::<NewProductBody>(bodies())
        .answers::<PutAnswer<'_>>(
            StatusCode::OK,
            "It was there, and is so now, with the operation that this has begun, if it has begun one; or what it would \
             come to.",
            examples::product_with_operation(),
        )
        .with(&[Header::ETag])
        .answers::<ProductView<'_>>(
            StatusCode::CREATED,
            "It is registered, and what is left to do has begun.",
            examples::product_with_operation(),
        )
        .with(&[Header::Location, Header::ETag])
        .refuses(StatusCode::CONFLICT, &[code::SLUG_TAKEN, code::ACTION_NOT_POSSIBLE])
        .refuses(StatusCode::UNPROCESSABLE_ENTITY, &[code::UNKNOWN_IMAGE])
}

/// A product that is to be as somebody says.
pub(super) struct Put<'a> {
    pub(super) app: &'a App,
    pub(super) scope: TenantScope,
    pub(super) sku: Sku,
    pub(super) new: NewProduct,
    pub(super) ids: Ids,
    pub(super) conditions: Conditions,
    pub(super) origin: Origin,
}

/// Why the product that was found can't be changed.
enum Stop {
    /// It has another SKU by now.
    Renamed,
    Refused(ApiError),
}

/// `PUT /v1/products/by-sku/{sku}`
pub(super) async fn put(
    State(app): State<App>,
    caller: Caller,
    ids: Ids,
    InPath(sku): InPath<Sku>,
    mut params: Params,
    headers: HeaderMap,
    JsonBody(body): JsonBody<NewProductBody>,
) -> Result<Response, ApiError> {
    let dry_run = params.switch("dry_run")?;
    let conditions = Conditions::read(&headers)?;
    if body.sku.as_ref().is_some_and(|other| *other != sku) {
        let message = format!("the path says {sku}: leave it out here, or say the same");
        return Err(ApiError::invalid_body("/sku", message));
    }
    let new = NewProduct { sku: Some(sku.clone()), ..body.into() };
    let (scope, origin) = (caller.scope(), caller.origin(now()));
    let put = Put { app: &app, scope, sku, new, ids, conditions, origin };
    if dry_run {
        return Ok(Json(foresee(&put).await?).into_response());
    }
    for _ in 0..ATTEMPTS {
        if let Some(answer) = put.attempt().await? {
            return Ok(answer);
        }
    }
    Err(ApiError::unavailable("others make, delete or rename the product all the time"))
}

impl Put<'_> {
    /// The product with the SKU, if it may be written over; or none, if one may be made.
    pub(super) async fn found(&self) -> Result<Option<Product>, ApiError> {
        let found = self.app.store.products(self.scope).by_sku(&self.sku).await?;
        self.permit(found.as_ref())?;
        Ok(found)
    }

    fn permit(&self, found: Option<&Product>) -> Result<(), ApiError> {
        if let Some(product) = found {
            permit(product.status, product.deleting.is_some(), Request::Edit)?;
        }
        self.conditions.permit(found)
    }

    /// Makes the product, or makes it anew; nothing, if what was found is not what is there.
    async fn attempt(&self) -> Result<Option<Response>, ApiError> {
        match self.found().await? {
            None => self.create().await,
            Some(found) => self.converge(&found).await,
        }
    }

    async fn create(&self) -> Result<Option<Response>, ApiError> {
        let Self { app, scope, ids, origin, .. } = self;
        let product = match insert(app, *scope, self.new.clone(), *ids, origin).await? {
            Ok(product) => product,
            Err(Duplicate::Sku) => return Ok(None),
            // It may be the slug of the very product that somebody else has just made.
            Err(_) if app.store.products(*scope).by_sku(&self.sku).await?.is_some() => return Ok(None),
            Err(taken) => return Err(StoreError::Duplicate(taken).into()),
        };
        let operation = begin(app, *scope, &product, *ids, origin).await;
        let mut response = answer(app, &product, operation.as_ref().map(OperationView::whole)).await?;
        *response.status_mut() = StatusCode::CREATED;
        Ok(Some(located(response, &place(&product))))
    }

    async fn converge(&self, found: &Product) -> Result<Option<Response>, ApiError> {
        let Self { app, scope, ids, origin, .. } = self;
        // In the order in which a new product is looked at: images that are too many need not be looked for.
        let none = CategoryTree::new(scope.merchant_id());
        let _ = found.clone().replace_in(&none, self.new.clone(), ids.operation(), origin)?;
        refuse_unknown(app, *scope, &self.new.images).await?;
        let mut known = Vec::new();
        let filed = self.new.canonical.category_id.is_some();
        let outcome = in_its_category(app, *scope, found, filed, |product, categories| {
            if product.sku.as_ref() != Some(&self.sku) {
                return Err(Stop::Renamed);
            }
            self.permit(Some(product))?;
            known = product.intents.iter().map(|intent| intent.operation_id).collect();
            let replaced = product.replace_in(categories, self.new.clone(), ids.operation(), origin);
            replaced.map_err(|refused| Stop::Refused(refused.into()))
        });
        match outcome.await {
            Ok(Outcome::Moved(product)) => followed(app, *scope, &product, &known, origin).await.map(Some),
            Ok(Outcome::AlreadyThere(product)) if product.intents.is_empty() => {
                answer(app, &product, None).await.map(Some)
            }
            // Whoever wrote it died before this was begun.
            Ok(Outcome::AlreadyThere(product)) => followed(app, *scope, &product, &[], origin).await.map(Some),
            Ok(Outcome::Absent) | Err(Stop::Renamed) => Ok(None),
            Err(Stop::Refused(refusal)) => Err(refusal),
        }
    }
}

impl From<ApiError> for Stop {
    fn from(refusal: ApiError) -> Self {
        Self::Refused(refusal)
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Refused(error.into())
    }
}
