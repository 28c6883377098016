//! The routes, in one table: path, policy, parameters, handler and contract of each. A route can't be declared without
//! them.

mod action;
mod categories;
mod category_schema;
mod channel_types;
pub mod channels;
mod completeness;
mod connect_channel;
mod create_product;
mod delete_image;
mod docs;
mod edit_product;
mod filing;
mod foresee_product;
pub mod health;
pub mod history;
pub mod images;
mod inventory;
pub mod operations;
mod override_listing;
pub mod products;
mod public;
mod publish;
mod put_product;
mod reconcile;
mod retry;
mod test_channel;
mod withdraw;

use std::collections::BTreeSet;

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use axum::routing::{MethodFilter, on};
use tola_catalog::code;

use crate::app::App;
use crate::error::ApiError;
use crate::identity::{Policy, as_declared};
use crate::openapi::Contract;

/// A route as the layers see it.
#[derive(Debug)]
pub struct Route {
    /// `GET`, `POST` …
    pub method: &'static str,
    /// The pattern, such as `/v1/products/{id}`.
    pub path: &'static str,
    /// Who may call it.
    pub policy: Policy,
    /// The parameters of the query that it takes.
    pub parameters: &'static [&'static str],
    /// Whether it takes an `Idempotency-Key`: every POST does, and what adds to what is there.
    pub keyed: bool,
    /// What it says of itself.
    pub(crate) contract: fn() -> Contract,
}

macro_rules! routes {
    ($($method:ident $path:literal $policy:ident $handler:path, $contract:path $(, $parameters:tt)? $(=> $keyed:ident)?;)*) => {
        /// Every route with all that is declared of it.
        pub const ROUTES: &[Route] = &[$(Route {
            method: stringify!($method),
            path: $path,
            policy: Policy::$policy,
            parameters: routes!(@parameters $($parameters)?),
            keyed: routes!(@keyed $method $($keyed)?),
            contract: $contract,
        }),*];

        pub(crate) fn table() -> Router<App> {
            Router::new()$(.route($path, on(MethodFilter::$method, $handler)))*
        }
    };
    (@parameters) => { &[] };
    (@parameters $parameters:tt) => { &$parameters };
    (@keyed POST) => { true };
    (@keyed $method:ident keyed) => { true };
    (@keyed $method:ident) => { false };
}

routes! {
    POST   "/v1/products"                                 Write  create_product::create, create_product::contract;
    GET    "/v1/products"                                 Read   products::list, products::list_contract,
           ["q", "status", "channel", "listing", "category", "tag", "attribute", "currency", "price_min", "price_max",
            "missing", "stock", "updated_since", "updated_before", "sort", "limit", "cursor", "merchant"];
    GET    "/v1/products/{id}"                            Read   products::read, products::contract;
    PATCH  "/v1/products/{id}"                            Write  edit_product::edit, edit_product::contract;
    GET    "/v1/products/{id}/inventory"                  Read   inventory::read, inventory::contract;
    PATCH  "/v1/products/{id}/inventory"                  Write  inventory::change, inventory::change_contract => keyed;
    GET    "/v1/products/{id}/completeness"               Read   completeness::read, completeness::contract,
           ["channel_type"];
    GET    "/v1/products/{id}/history"                    Read   history::list, history::contract, ["limit", "cursor"];
    GET    "/v1/products/by-sku/{sku}"                    Read   products::by_sku, products::by_sku_contract;
    PUT    "/v1/products/by-sku/{sku}"                    Write  put_product::put, put_product::contract, ["dry_run"];
    GET    "/v1/products/by-slug/{slug}"                  Read   products::by_slug, products::by_slug_contract;
    POST   "/v1/products/{id}/publish"                    Write  publish::publish, publish::contract, ["dry_run"];
    POST   "/v1/products/{id}/unpublish"                  Write  withdraw::unpublish, withdraw::unpublish_contract;
    POST   "/v1/products/{id}/deactivate"                 Write  withdraw::deactivate, withdraw::deactivate_contract;
    POST   "/v1/products/{id}/reactivate"                 Write  withdraw::reactivate, withdraw::reactivate_contract;
    DELETE "/v1/products/{id}"                            Write  withdraw::delete, withdraw::delete_contract;
    PUT    "/v1/products/{id}/channels/{channel_id}"      Write  override_listing::replace, override_listing::contract;
    GET    "/v1/products/{id}/channels/{channel_id}/view" Read   override_listing::view,
           override_listing::view_contract;
    GET    "/v1/channel-types"                            Read   channel_types::list, channel_types::contract;
    GET    "/v1/channels"                                 Read   channels::list, channels::list_contract, ["merchant"];
    PUT    "/v1/channels/{id}"                            Write  connect_channel::connect, connect_channel::contract;
    GET    "/v1/channels/{id}"                            Read   channels::read, channels::contract;
    DELETE "/v1/channels/{id}"                            Write  channels::disconnect, channels::disconnect_contract;
    POST   "/v1/channels/{id}/test"                       Write  test_channel::test, test_channel::contract;
    POST   "/v1/channels/{id}/reconcile"                  Write  reconcile::reconcile, reconcile::contract, ["dry_run"];
    GET    "/v1/categories"                               Read   categories::list, categories::list_contract,
           ["merchant"];
    GET    "/v1/categories/tree"                          Read   categories::tree, categories::tree_contract,
           ["merchant"];
    GET    "/v1/categories/{id}"                          Read   categories::read, categories::contract;
    PUT    "/v1/categories/{id}"                          Write  categories::put, categories::put_contract;
    DELETE "/v1/categories/{id}"                          Write  categories::delete, categories::delete_contract;
    GET    "/v1/categories/{id}/schema"                   Read   category_schema::read, category_schema::contract;
    PUT    "/v1/categories/{id}/schema"                   Write  category_schema::put, category_schema::put_contract;
    POST   "/v1/images"                                   Write  images::create, images::create_contract;
    GET    "/v1/images/{id}"                              Read   images::read, images::contract;
    DELETE "/v1/images/{id}"                              Write  delete_image::delete, delete_image::contract;
    GET    "/v1/operations"                               Read   operations::list, operations::list_contract,
           ["status", "product_id", "channel", "limit", "cursor", "merchant"];
    GET    "/v1/operations/{id}"                          Read   operations::read, operations::contract;
    POST   "/v1/operations/{id}/retry"                    Write  retry::retry, retry::contract;
    POST   "/v1/operations/{id}/cancel"                   Write  operations::cancel, operations::cancel_contract;
    GET    "/v1/public/products/{id}"                     Public public::read, public::contract;
    GET    "/v1/public/merchants/{id}/products"           Public public::list, public::list_contract,
           ["q", "category", "tag", "attribute", "currency", "price_min", "price_max", "in_stock", "sort", "limit",
            "cursor"];
    GET    "/v1/public/merchants/{id}/categories"         Public public::categories, public::categories_contract;
    GET    "/v1/health"                                   Public health::health, health::contract;
    GET    "/v1/openapi.json"                             Public docs::read, docs::document_contract;
    GET    "/v1/docs"                                     Public docs::page, docs::page_contract;
    GET    "/v1/docs/{file}"                              Public docs::asset, docs::asset_contract;
}

/// The route of a request whose path matched a pattern, if it has the method too.
pub(crate) fn find(method: &Method, path: &str) -> Option<&'static Route> {
    ROUTES.iter().find(|route| route.path == path && route.method == as_declared(method))
}

pub(crate) async fn unknown_path() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, code::ROUTE_NOT_FOUND)
}

pub(crate) async fn unknown_method(request: Request) -> ApiError {
    let path = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned()).unwrap_or_default();
    let mut methods: BTreeSet<&str> = ROUTES.iter().filter(|route| route.path == path).map(|r| r.method).collect();
    if methods.contains("GET") {
        methods.insert("HEAD");
    }
    let allow = methods.into_iter().collect::<Vec<_>>().join(", ");
    let error = ApiError::new(StatusCode::METHOD_NOT_ALLOWED, code::METHOD_NOT_ALLOWED);
    let error = error.saying(format!("The path exists, with other methods: {allow}."));
    match HeaderValue::from_str(&allow) {
        Ok(allow) => error.with_header(header::ALLOW, allow),
        Err(_) => error,
    }
}

/// An answer that says where what it is about is to be found.
pub(crate) fn located(mut response: Response, path: &str) -> Response {
    if let Ok(location) = HeaderValue::from_str(path) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

/// What one page asks the store for: one more than it shows, so that the last page knows that it is the last.
pub(crate) fn one_more(limit: u32) -> u32 {
    limit.saturating_add(1)
}
