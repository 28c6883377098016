//! What everybody may see: products that are ACTIVE, and of them what is offered.

use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use tola_catalog::{CategoryTree, MerchantId, Product, ProductId};
use tola_step::now;
use tola_store::SystemScope;

use super::categories::pictures;
use super::one_more;
use crate::app::App;
use crate::error::ApiError;
use crate::json::Json;
use crate::openapi::{Contract, Tag, examples};
use crate::params::{InPath, Params};
use crate::selection::{self, Selection};
use crate::signing::Links;
use crate::views::{Page, PublicCategory, PublicProductView};

/// A minute: as long as a withdrawn product may still be seen. Links to images live for hours.
const CACHED: [(HeaderName, HeaderValue); 1] = [(CACHE_CONTROL, HeaderValue::from_static("public, max-age=60"))];

pub(super) fn contract() -> Contract {
    Contract::new(Tag::Public, "readPublicProduct", "Reads a product that is ACTIVE")
        .path::<ProductId>("id", "The product.", examples::PRODUCT)
        .answers::<PublicProductView<'_>>(StatusCode::OK, "What is offered.", examples::public_product())
}

pub(super) fn list_contract() -> Contract {
    let contract = Contract::new(Tag::Public, "listPublicProducts", "Lists a merchant's ACTIVE products, newest first")
        .saying("All parameters narrow the list together, in any combination; it is in the order of `sort`.")
        .path::<MerchantId>("id", "The merchant.", examples::MERCHANT);
    selection::in_stock_parameter(selection::shoppers_parameters(contract))
        .in_pages()
        .answers::<Page<PublicProductView<'_>>>(StatusCode::OK, "A page of products.", examples::public_products())
}

pub(super) fn categories_contract() -> Contract {
    Contract::new(Tag::Public, "readPublicCategories", "Reads a merchant's categories, as far as shoppers see them")
        .path::<MerchantId>("id", "The merchant.", examples::MERCHANT)
        .answers::<Page<PublicCategory>>(StatusCode::OK, "The categories at the top.", examples::public_categories())
}

/// `GET /v1/public/merchants/{id}/categories`: the tree of those that are active.
pub(super) async fn categories(
    State(app): State<App>,
    InPath(merchant_id): InPath<MerchantId>,
) -> Result<Response, ApiError> {
    let scope = SystemScope::named("public").acting_for(merchant_id);
    let tree = app.store.categories(scope).get().await?;
    let seen = tree.categories.iter().filter(|(id, _)| tree.is_shown(id)).map(|(_, category)| category);
    let signer = app.signing.signer(now()).await?;
    let pictures = pictures(&app, scope, CategoryTree::images_of(seen), &signer).await?;
    Ok((CACHED, Json(Page::whole(PublicCategory::of(&tree, &pictures)))).into_response())
}

/// `GET /v1/public/products/{id}`
pub(super) async fn read(State(app): State<App>, InPath(id): InPath<ProductId>) -> Result<Response, ApiError> {
    let found = app.store.showcase(SystemScope::named("public")).active(id).await?;
    let product = found.ok_or_else(ApiError::not_found)?;
    let signer = app.signing.signer(now()).await?;
    Ok((CACHED, Json(PublicProductView::new(&product, Links::Signed(&signer)))).into_response())
}

/// `GET /v1/public/merchants/{id}/products`: newest first, unless another order is asked for.
pub(super) async fn list(
    State(app): State<App>,
    InPath(merchant_id): InPath<MerchantId>,
    mut params: Params,
) -> Result<Response, ApiError> {
    let (limit, scope) = (params.limit()?, SystemScope::named("public").acting_for(merchant_id));
    let selection = Selection::of_shopper(&mut params)?;
    let (order, question) = (selection.order, selection.question("/v1/public/merchants/{id}/products", scope));
    let after = selection.after(&app, &question, &mut params)?;
    let filter = selection.filter(&app, scope).await?;
    let found = app.store.products(scope).list(&filter, order, after.as_ref(), one_more(limit)).await?;
    let signer = app.signing.signer(now()).await?;
    let page = Page::cut(found, limit, |last: &Product| app.cursors.seal(&question, &order.position(last)));
    let view = |product: &Product| serde_json::to_value(PublicProductView::new(product, Links::Signed(&signer)));
    let page = page.try_map(|product| view(&product).map_err(ApiError::internal))?;
    Ok((CACHED, Json(page)).into_response())
}
