//! Reading products.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use tola_catalog::text::{Sku, Slug};
use tola_catalog::{Product, ProductId};
use tola_step::now;

use super::one_more;
use crate::app::App;
use crate::error::ApiError;
use crate::etag;
use crate::identity::Caller;
use crate::json::Json;
use crate::openapi::{Contract, Header, Tag, examples};
use crate::params::{InPath, Params};
use crate::selection::{self, Selection};
use crate::signing::Links;
use crate::views::{Page, ProductItem, ProductView};

pub(super) fn list_contract() -> Contract {
    let contract = Contract::new(Tag::Products, "listProducts", "Lists products, newest first").saying(
        "All parameters narrow the list together, in any combination; it is in the order of `sort`. One that the database \
         would have to look for too long is refused with 422 `QUERY_TOO_BROAD`.",
    );
    selection::shoppers_parameters(selection::merchants_parameters(contract))
        .in_pages()
        .for_merchant()
        .answers::<Page<ProductItem>>(StatusCode::OK, "A page of products.", examples::products())
}

/// `GET /v1/products`: newest first, unless another order is asked for.
pub async fn list(
    State(app): State<App>,
    caller: Caller,
    mut params: Params,
) -> Result<Json<Page<ProductItem>>, ApiError> {
    let (limit, scope) = (params.limit()?, caller.scope());
    let selection = Selection::of_merchant(&mut params)?;
    let (order, question) = (selection.order, selection.question("/v1/products", scope));
    let after = selection.after(&app, &question, &mut params)?;
    let filter = selection.filter(&app, scope).await?;
    let found = app.store.products(scope).list(&filter, order, after.as_ref(), one_more(limit)).await?;
    let signer = app.signing.signer(now()).await?;
    let page = Page::cut(found, limit, |last: &Product| app.cursors.seal(&question, &order.position(last)));
    Ok(Json(page.map(|product| ProductItem::new(product, Links::Signed(&signer)))))
}

pub(super) fn contract() -> Contract {
    let contract = Contract::new(Tag::Products, "readProduct", "Reads a product");
    read_by(contract.path::<ProductId>("id", "The product.", examples::PRODUCT))
}

pub(super) fn by_sku_contract() -> Contract {
    let contract = Contract::new(Tag::Products, "readProductBySku", "Reads a product by its SKU");
    read_by(contract.path::<Sku>("sku", "The merchant's own number for it.", "CHAIR-OAK-1"))
}

pub(super) fn by_slug_contract() -> Contract {
    let contract = Contract::new(Tag::Products, "readProductBySlug", "Reads a product by its slug");
    read_by(contract.path::<Slug>("slug", "Its name in URLs.", "oak-chair"))
}

fn read_by(contract: Contract) -> Contract {
    contract
        .answers::<ProductView<'_>>(StatusCode::OK, "The product.", examples::product())
        .with(&[Header::ETag])
        .may_be_known()
}

/// `GET /v1/products/{id}`
pub async fn read(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<ProductId>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let found = app.store.products(caller.scope()).get(id).await?;
    show(&app, found, &headers).await
}

/// `GET /v1/products/by-sku/{sku}`
pub async fn by_sku(
    State(app): State<App>,
    caller: Caller,
    InPath(sku): InPath<Sku>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let found = app.store.products(caller.scope()).by_sku(&sku).await?;
    show(&app, found, &headers).await
}

/// `GET /v1/products/by-slug/{slug}`
pub async fn by_slug(
    State(app): State<App>,
    caller: Caller,
    InPath(slug): InPath<Slug>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let found = app.store.products(caller.scope()).by_slug(&slug).await?;
    show(&app, found, &headers).await
}

/// A product for its readers: for them, one that is being deleted is gone.
///
/// # Errors
/// 404 `RESOURCE_NOT_FOUND`
pub(super) fn readable(found: Option<Product>) -> Result<Product, ApiError> {
    found.filter(|product| product.deleting.is_none()).ok_or_else(ApiError::not_found)
}

async fn show(app: &App, found: Option<Product>, headers: &HeaderMap) -> Result<Response, ApiError> {
    let product = readable(found)?;
    if etag::is_known(headers, &product) {
        return Ok(tagged(&product, StatusCode::NOT_MODIFIED.into_response()));
    }
    let signer = app.signing.signer(now()).await?;
    let view = ProductView::new(&product, Links::Signed(&signer));
    Ok(tagged(&product, Json(view).into_response()))
}

/// An answer with a product's ETag.
pub(crate) fn tagged(product: &Product, mut response: Response) -> Response {
    if let Some((name, value)) = etag::header(product) {
        response.headers_mut().insert(name, value);
    }
    response
}
