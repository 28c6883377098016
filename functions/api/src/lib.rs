//! The HTTP API: every route of `/v1`, over one router.
//!
//! A request passes four layers, from the outside in: [`request`] gives it ids, an end and a line in the log;
//! [`identity`] lets it pass if the route's policy does; [`quota`] counts what merchants write; [`idempotency`] mints the ids of what it creates, and gives
//! repeated requests their answer. A handler then makes one conditional write through the store, starts what the write
//! asks for, and answers. It decides nothing about products: that is the catalog's. [`error`] alone knows how anything
//! that goes wrong becomes an HTTP answer. Around it all, [`browser`] says what pages may do with an answer.

pub mod adapters;
pub mod app;
pub mod body;
pub mod browser;
pub mod config;
pub mod cursor;
pub mod error;
pub mod etag;
pub mod gateway;
pub mod idempotency;
pub mod identity;
pub mod json;
pub mod openapi;
pub mod params;
pub mod quota;
pub mod request;
pub mod routes;
mod selection;
pub mod signing;
pub mod views;

use axum::middleware::{from_fn, from_fn_with_state};
use axum::{Extension, Router};

pub use app::App;
pub use identity::{AuthMode, Policy};
pub use routes::{ROUTES, Route};

/// The whole API.
pub fn router(app: App, auth: AuthMode) -> Router {
    routes::table()
        .fallback(routes::unknown_path)
        .method_not_allowed_fallback(routes::unknown_method)
        .layer(from_fn_with_state(app.clone(), idempotency::layer))
        .layer(from_fn_with_state(app.clone(), quota::layer))
        .layer(from_fn(move |request, next| identity::gate(auth, request, next)))
        .layer(from_fn(request::context))
        .layer(from_fn(browser::harden))
        .layer(Extension(auth))
        .with_state(app)
}
