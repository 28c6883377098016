//! The headers of answers.

use aide::openapi::{Header as Described, HeaderStyle, ParameterSchemaOrContent, ReferenceOr, SchemaObject};
use indexmap::IndexMap;
use schemars::{Schema, json_schema};

/// A header of answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Header {
    Allow,
    CacheControl,
    ContentSecurityPolicy,
    CorrelationId,
    ETag,
    IdempotencyReplayed,
    Location,
    RateLimit,
    RateLimitPolicy,
    ReferrerPolicy,
    RequestId,
    RetryAfter,
    StrictTransportSecurity,
    ContentTypeOptions,
}

impl Header {
    pub(super) const ALL: [Self; 14] = [
        Self::Allow,
        Self::CacheControl,
        Self::ContentSecurityPolicy,
        Self::CorrelationId,
        Self::ETag,
        Self::IdempotencyReplayed,
        Self::Location,
        Self::RateLimit,
        Self::RateLimitPolicy,
        Self::ReferrerPolicy,
        Self::RequestId,
        Self::RetryAfter,
        Self::StrictTransportSecurity,
        Self::ContentTypeOptions,
    ];

    /// Those of every answer of the function. What the gateway refuses by itself has none of them.
    pub(super) const ALWAYS: [Self; 7] = [
        Self::RequestId,
        Self::CorrelationId,
        Self::CacheControl,
        Self::ContentSecurityPolicy,
        Self::ContentTypeOptions,
        Self::ReferrerPolicy,
        Self::StrictTransportSecurity,
    ];

    /// Its name on the wire.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Allow => "Allow",
            Self::CacheControl => "Cache-Control",
            Self::ContentSecurityPolicy => "Content-Security-Policy",
            Self::CorrelationId => "X-Correlation-Id",
            Self::ETag => "ETag",
            Self::IdempotencyReplayed => "Idempotency-Replayed",
            Self::Location => "Location",
            Self::RateLimit => "RateLimit",
            Self::RateLimitPolicy => "RateLimit-Policy",
            Self::ReferrerPolicy => "Referrer-Policy",
            Self::RequestId => "X-Request-Id",
            Self::RetryAfter => "Retry-After",
            Self::StrictTransportSecurity => "Strict-Transport-Security",
            Self::ContentTypeOptions => "X-Content-Type-Options",
        }
    }

    fn description(self) -> &'static str {
        match self {
            Self::Allow => "The methods that the path has.",
            Self::CacheControl => "Whether the answer may be kept, and for how long.",
            Self::ContentSecurityPolicy => "What a page may do that shows the answer: nothing.",
            Self::CorrelationId => {
                "What this request, its operations and its events have in common: the client's own, if it sent one."
            }
            Self::ETag => "The version that was read, `\"<revision>.<version>\"`: for `If-Match` and `If-None-Match`.",
            Self::IdempotencyReplayed => "The answer was given before, to the same request.",
            Self::Location => "Where the thing is that was made, or where the operation is watched.",
            Self::RateLimit => "What is left of the merchant's quota, and in how many seconds it is whole again.",
            Self::RateLimitPolicy => {
                "How many writes a merchant may make at once, and in how many seconds all of it comes back."
            }
            Self::ReferrerPolicy => "Links in the answer don't tell where they were found.",
            Self::RequestId => "By which we find the request again.",
            Self::RetryAfter => "The seconds after which a repeated request may succeed.",
            Self::StrictTransportSecurity => "The API is reached encrypted, always.",
            Self::ContentTypeOptions => "The answer is what its content type says.",
        }
    }

    fn schema(self) -> Schema {
        match self {
            Self::RetryAfter => json_schema!({ "type": "integer", "minimum": 1 }),
            Self::IdempotencyReplayed => json_schema!({ "type": "string", "const": "true" }),
            Self::ETag => json_schema!({ "type": "string", "pattern": "^\"[0-9]+\\.[0-9]+\"$" }),
            Self::Location => json_schema!({ "type": "string", "format": "uri-reference" }),
            _ => json_schema!({ "type": "string" }),
        }
    }

    fn example(self) -> Option<&'static str> {
        match self {
            Self::ETag => Some("\"3.17\""),
            Self::Location => Some("/v1/products/product_01KB2M8Z5V3W7Q9T1X6Y4R0C8D"),
            Self::RateLimit => Some("\"writes\";r=249;t=1"),
            Self::RateLimitPolicy => Some("\"writes\";q=250;w=10"),
            _ => None,
        }
    }

    /// A reference to it among the components.
    pub(super) fn reference(self) -> (String, ReferenceOr<Described>) {
        let reference = format!("#/components/headers/{}", self.name());
        (self.name().to_owned(), ReferenceOr::Reference { reference, summary: None, description: None })
    }

    pub(super) fn described(self) -> ReferenceOr<Described> {
        ReferenceOr::Item(Described {
            description: Some(self.description().to_owned()),
            style: HeaderStyle::Simple,
            required: false,
            deprecated: None,
            format: ParameterSchemaOrContent::Schema(SchemaObject {
                json_schema: self.schema(),
                external_docs: None,
                example: None,
            }),
            example: self.example().map(Into::into),
            examples: IndexMap::new(),
            extensions: IndexMap::new(),
        })
    }
}
