//! The one mapping from what can go wrong to an HTTP answer. Internal text never leaves; the request id always does.

use std::error::Error as StdError;
use std::sync::Arc;

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;
use tola_catalog::product::Refused;
use tola_catalog::status::NotPossible;
use tola_catalog::stock::StockRefused;
use tola_catalog::{Code, Missing, Product, code};
pub use tola_step::chain;
use tola_store::{Duplicate, Error as StoreError};

use crate::json::Json;
use crate::request::RequestIds;

/// The one shape of all answers that say what went wrong.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Error")]
pub struct ErrorBody<'a> {
    error: ErrorView<'a>,
}

/// What went wrong.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ErrorDescription")]
struct ErrorView<'a> {
    /// What went wrong, in a word that does not change.
    code: &'static str,
    /// The same for people; it may change.
    message: &'a str,
    /// By which we find the request again.
    request_id: &'a str,
    /// The values at fault.
    details: &'a [Detail],
    /// What a product lacks, where that is what went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    missing: Option<&'a [Missing]>,
}

/// One value at fault.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "ErrorDetail")]
pub struct Detail {
    /// JSON pointer: into the body, or to `/query/<name>`, `/path/<name>` or `/headers/<name>`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// One of the error codes.
    pub code: &'static str,
    /// What is wrong with it.
    pub message: String,
}

/// An answer that says what went wrong.
#[derive(Debug)]
pub struct ApiError(Box<Inner>);

#[derive(Debug)]
struct Inner {
    status: StatusCode,
    code: Code,
    message: String,
    details: Vec<Detail>,
    /// What a product lacks, where that is what went wrong.
    missing: Option<Vec<Missing>>,
    headers: Vec<(HeaderName, HeaderValue)>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// What the answer carries on its way out, until [`finish`] writes its body.
#[derive(Clone)]
struct Pending(Arc<Inner>);

impl ApiError {
    /// An answer with a code's own words.
    pub fn new(status: StatusCode, code: Code) -> Self {
        let message = code.cause.to_owned();
        let (details, headers) = (Vec::new(), Vec::new());
        Self(Box::new(Inner { status, code, message, details, missing: None, headers, source: None }))
    }

    /// There is no such thing for this merchant.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, code::RESOURCE_NOT_FOUND)
    }

    /// A value of the body that can't be taken.
    pub fn invalid_body(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        let error = Self::new(StatusCode::UNPROCESSABLE_ENTITY, code::INVALID_BODY);
        error.at(pointer, code::INVALID_BODY, message)
    }

    /// A parameter of the query, or a header, that can't be taken; `pointer` as in [`Detail`].
    pub fn invalid_parameter(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        let error = Self::new(StatusCode::BAD_REQUEST, code::INVALID_PARAMETER);
        error.at(pointer, code::INVALID_PARAMETER, message)
    }

    /// The state of a thing does not allow what was asked.
    pub fn not_possible(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code::ACTION_NOT_POSSIBLE).saying(message)
    }

    /// Something that we depend on does not answer.
    pub fn unavailable(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, code::UNAVAILABLE).retry_after(2).caused_by(source)
    }

    /// Something failed that should not have; `source` is for the log alone.
    pub fn internal(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, code::INTERNAL).caused_by(source)
    }

    /// The same, with a message of its own.
    #[must_use]
    pub fn saying(mut self, message: impl Into<String>) -> Self {
        self.0.message = message.into();
        self
    }

    /// The same, with a value at fault. The first one's message becomes the answer's.
    #[must_use]
    pub fn at(self, pointer: impl Into<String>, code: Code, message: impl Into<String>) -> Self {
        self.detail(Some(pointer.into()), code, message.into())
    }

    /// The same, of values that lie below a value of the body.
    #[must_use]
    pub fn below(mut self, parent: &str) -> Self {
        for detail in &mut self.0.details {
            detail.pointer = detail.pointer.take().map(|pointer| format!("{parent}{pointer}"));
        }
        self
    }

    /// The same, with a detail that is no value of the request.
    #[must_use]
    pub fn naming(self, code: Code, message: impl Into<String>) -> Self {
        self.detail(None, code, message.into())
    }

    /// The same, with each product that stands in the way, and how it does.
    #[must_use]
    pub fn held_by(self, products: &[Product], how: &str) -> Self {
        let code = self.0.code;
        let named = |refusal: Self, product: &Product| {
            refusal.naming(code, format!("{} ({}) {how}", product.id, product.canonical.name))
        };
        products.iter().fold(self, named)
    }

    /// The same, with what a product lacks: as details, and in the words that the product itself has for it.
    #[must_use]
    pub fn lacking(self, missing: Vec<Missing>) -> Self {
        let mut lacking = missing.iter().fold(self, |refusal, gap| {
            let message = format!("{} ({})", gap.message, gap.rule);
            refusal.at(gap.pointer.clone(), code::PRODUCT_INCOMPLETE, message)
        });
        lacking.0.missing = Some(missing);
        lacking
    }

    /// The same, with a header.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.push((name, value));
        self
    }

    /// The same, worth repeating after some seconds.
    #[must_use]
    pub fn retry_after(self, seconds: u64) -> Self {
        self.with_header(header::RETRY_AFTER, HeaderValue::from(seconds))
    }

    fn detail(mut self, pointer: Option<String>, code: Code, message: String) -> Self {
        if self.0.details.is_empty() && self.0.message == self.0.code.cause {
            self.0.message.clone_from(&message);
        }
        self.0.details.push(Detail { pointer, code: code.name, message });
        self
    }

    fn caused_by(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.0.status.into_response();
        response.extensions_mut().insert(Pending(Arc::new(*self.0)));
        response
    }
}

/// Writes the body of an answer that says what went wrong, and logs what lies behind it. Any other answer, or one that
/// was written before, stays as it is.
pub fn finish(mut response: Response, ids: &RequestIds) -> Response {
    let Some(Pending(error)) = response.extensions_mut().remove::<Pending>() else { return response };
    if error.status.is_server_error() {
        let cause = error.source.as_deref().map(|source| chain(source)).unwrap_or_default();
        tracing::error!(code = error.code.name, request_id = ids.request, cause, "the request failed on our side");
    }
    let body = ErrorBody {
        error: ErrorView {
            code: error.code.name,
            message: &error.message,
            request_id: &ids.request,
            details: &error.details,
            missing: error.missing.as_deref(),
        },
    };
    let mut written = (error.status, Json(body)).into_response();
    written.headers_mut().extend(response.headers_mut().drain().filter_map(|(name, value)| Some((name?, value))));
    for (name, value) in &error.headers {
        written.headers_mut().insert(name, value.clone());
    }
    *written.extensions_mut() = std::mem::take(response.extensions_mut());
    written
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        let conflict = |code: Code, pointer| Self::new(StatusCode::CONFLICT, code).at(pointer, code, code.cause);
        match error {
            StoreError::Duplicate(Duplicate::Sku) => conflict(code::SKU_TAKEN, "/sku"),
            StoreError::Duplicate(Duplicate::Slug) => conflict(code::SLUG_TAKEN, "/slug"),
            StoreError::Unavailable(_) | StoreError::Contended(_) => Self::unavailable(error),
            StoreError::OutboxFull(_) => {
                let error = Self::new(StatusCode::SERVICE_UNAVAILABLE, code::TOO_MANY_PENDING_EVENTS).caused_by(error);
                error.retry_after(5)
            }
            StoreError::TooBroad(_) => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, code::QUERY_TOO_BROAD).caused_by(error)
            }
            StoreError::Duplicate(Duplicate::Id)
            | StoreError::Configuration(_)
            | StoreError::Refused(_)
            | StoreError::Document(_) => Self::internal(error),
        }
    }
}

impl From<Refused> for ApiError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::NotPossible(not_possible) => not_possible.into(),
            Refused::Invalid { pointer, message } => Self::invalid_body(pointer, message),
            Refused::WithdrawalRuns { .. } | Refused::Reactivated | Refused::HeldNoLonger => {
                Self::not_possible(refused.to_string())
            }
            Refused::Depleted => Self::new(StatusCode::CONFLICT, code::OUT_OF_STOCK)
                .naming(code::OUT_OF_STOCK, code::OUT_OF_STOCK.remedy),
            Refused::Incomplete { missing } => {
                Self::new(StatusCode::CONFLICT, code::PRODUCT_INCOMPLETE).lacking(missing)
            }
        }
    }
}

impl From<StockRefused> for ApiError {
    fn from(refused: StockRefused) -> Self {
        let message = refused.to_string();
        let conflict = |code: Code| Self::new(StatusCode::CONFLICT, code).at("/adjust", code, &message);
        match refused {
            StockRefused::NotPossible(not_possible) => not_possible.into(),
            StockRefused::Untracked => conflict(code::STOCK_UNTRACKED),
            StockRefused::Insufficient { .. } => conflict(code::STOCK_INSUFFICIENT),
            StockRefused::TooMany { .. } => Self::invalid_body("/adjust", message),
        }
    }
}

impl From<NotPossible> for ApiError {
    fn from(error: NotPossible) -> Self {
        Self::not_possible(error.to_string())
    }
}
