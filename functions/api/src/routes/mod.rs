//! The routes, in one table: path, policy, parameters and handler of each. A route can't be declared without them.

mod action;
pub mod channels;
mod connect_channel;
mod create_product;
mod delete_image;
mod edit_product;
pub mod health;
pub mod history;
pub mod images;
pub mod operations;
mod override_listing;
pub mod products;
mod public;
mod publish;
mod reconcile;
mod retry;
mod test_channel;
mod withdraw;

use std::collections::BTreeSet;

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::routing::{MethodFilter, on};
use tola_catalog::code;

use crate::app::App;
use crate::error::ApiError;
use crate::identity::{Policy, as_declared};

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
}

macro_rules! routes {
    ($($method:ident $path:literal $policy:ident $parameters:tt $handler:path;)*) => {
        /// Every route with its policy, for those who hold templates and documents to it.
        pub const ROUTES: &[(&str, &str, Policy)] = &[$((stringify!($method), $path, Policy::$policy)),*];

        const DECLARED: &[Route] = &[$(Route {
            method: stringify!($method),
            path: $path,
            policy: Policy::$policy,
            parameters: &$parameters,
        }),*];

        pub(crate) fn table() -> Router<App> {
            Router::new()$(.route($path, on(MethodFilter::$method, $handler)))*
        }
    };
}

routes! {
    POST   "/v1/products"                Write  []                                                  create_product::create;
    GET    "/v1/products"                Read   ["status", "channel", "limit", "cursor", "merchant"] products::list;
    GET    "/v1/products/{id}"           Read   []                                                  products::read;
    PATCH  "/v1/products/{id}"           Write  []                                                  edit_product::edit;
    GET    "/v1/products/{id}/history"   Read   ["limit", "cursor"]                                 history::list;
    GET    "/v1/products/by-sku/{sku}"   Read   []                                                  products::by_sku;
    GET    "/v1/products/by-slug/{slug}" Read   []                                                  products::by_slug;
    POST   "/v1/products/{id}/publish"   Write  ["dry_run"]                                         publish::publish;
    POST   "/v1/products/{id}/unpublish" Write  []                                                  withdraw::unpublish;
    POST   "/v1/products/{id}/deactivate" Write []                                                  withdraw::deactivate;
    POST   "/v1/products/{id}/reactivate" Write []                                                  withdraw::reactivate;
    DELETE "/v1/products/{id}"           Write  []                                                  withdraw::delete;
    PUT    "/v1/products/{id}/channels/{channel_id}"      Write []                                  override_listing::replace;
    GET    "/v1/products/{id}/channels/{channel_id}/view" Read  []                                  override_listing::view;
    GET    "/v1/channels"                Read   ["merchant"]                                        channels::list;
    PUT    "/v1/channels/{id}"           Write  []                                                  connect_channel::connect;
    GET    "/v1/channels/{id}"           Read   []                                                  channels::read;
    DELETE "/v1/channels/{id}"           Write  []                                                  channels::disconnect;
    POST   "/v1/channels/{id}/test"      Write  []                                                  test_channel::test;
    POST   "/v1/channels/{id}/reconcile" Write  ["dry_run"]                                         reconcile::reconcile;
    POST   "/v1/images"                  Write  []                                                  images::create;
    GET    "/v1/images/{id}"             Read   []                                                  images::read;
    DELETE "/v1/images/{id}"             Write  []                                                  delete_image::delete;
    GET    "/v1/operations"              Read   ["status", "product_id", "channel", "limit", "cursor", "merchant"] operations::list;
    GET    "/v1/operations/{id}"         Read   []                                                  operations::read;
    POST   "/v1/operations/{id}/retry"   Write  []                                                  retry::retry;
    POST   "/v1/operations/{id}/cancel"  Write  []                                                  operations::cancel;
    GET    "/v1/public/products/{id}"           Public [] public::read;
    GET    "/v1/public/merchants/{id}/products" Public ["limit", "cursor"] public::list;
    GET    "/v1/health"                  Public []                                                  health::health;
}

/// The route of a request whose path matched a pattern, if it has the method too.
pub(crate) fn find(method: &Method, path: &str) -> Option<&'static Route> {
    DECLARED.iter().find(|route| route.path == path && route.method == as_declared(method))
}

pub(crate) async fn unknown_path() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, code::ROUTE_NOT_FOUND)
}

pub(crate) async fn unknown_method(request: Request) -> ApiError {
    let path = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned()).unwrap_or_default();
    let mut methods: BTreeSet<&str> = DECLARED.iter().filter(|route| route.path == path).map(|r| r.method).collect();
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

/// What one page asks the store for: one more than it shows, so that the last page knows that it is the last.
pub(crate) fn one_more(limit: u32) -> u32 {
    limit.saturating_add(1)
}
