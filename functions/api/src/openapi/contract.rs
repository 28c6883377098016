//! What a route says of itself: beside each handler is a function that makes one of these.

use axum::http::StatusCode;
use schemars::{JsonSchema, Schema};
use serde::Serialize;
use serde_json::Value;
use tola_catalog::{Code, MerchantId, code};

use super::headers::Header;
use super::schemas::Schemas;
use super::values::{Cursor, Limit};

/// What a route is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tag {
    Products,
    Categories,
    Channels,
    Images,
    Operations,
    Public,
    Service,
}

impl Tag {
    pub(super) const ALL: [Self; 7] =
        [Self::Products, Self::Categories, Self::Channels, Self::Images, Self::Operations, Self::Public, Self::Service];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Products => "Products",
            Self::Categories => "Categories",
            Self::Channels => "Channels",
            Self::Images => "Images",
            Self::Operations => "Operations",
            Self::Public => "Public",
            Self::Service => "Service",
        }
    }

    pub(super) fn description(self) -> &'static str {
        match self {
            Self::Products => "What a merchant offers: registered once, shown on every channel.",
            Self::Categories => "The tree in which a merchant's shoppers find products.",
            Self::Channels => "Connections to sales channels.",
            Self::Images => "Photos: promised, uploaded straight to storage, and rendered for every channel.",
            Self::Operations => "What runs after a request was answered: watched, retried, cancelled.",
            Self::Public => "What everybody may see, without a token.",
            Self::Service => "The API itself.",
        }
    }
}

pub(super) type Describe = fn(&mut Schemas) -> Schema;

/// A parameter of the path or the query.
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) description: &'static str,
    pub(super) schema: Describe,
    /// An example; a parameter of the query that has none says enough by its schema.
    pub(super) example: Option<Value>,
}

pub(super) enum Takes {
    Nothing,
    /// Nothing, or `{}`.
    EmptyObject,
    /// A value, which may be left out if it says nothing.
    Value {
        schema: Describe,
        optional: bool,
        merge_patch: bool,
        examples: Vec<(&'static str, Value)>,
    },
}

pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) description: &'static str,
    pub(super) content: Vec<Content>,
    pub(super) headers: Vec<Header>,
}

pub(super) struct Content {
    pub(super) media_type: &'static str,
    pub(super) schema: Describe,
    pub(super) example: Option<Value>,
}

/// What a route says of itself.
pub(crate) struct Contract {
    pub(super) tag: Tag,
    pub(super) id: &'static str,
    pub(super) summary: &'static str,
    pub(super) description: String,
    pub(super) path: Vec<Parameter>,
    pub(super) query: Vec<Parameter>,
    /// Whether an edit has to say what it was made on.
    pub(super) if_match: Option<IfMatch>,
    /// Whether readers may say what they have already.
    pub(super) if_none_match: bool,
    pub(super) takes: Takes,
    pub(super) answers: Vec<Answer>,
    pub(super) refusals: Vec<(StatusCode, Code)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum IfMatch {
    Always,
    UnlessBegun,
    /// It may be said, and so may that nothing is there.
    AtWill,
    /// It may be said, and holds as long as nothing at all was written since.
    Unchanged,
}

impl Contract {
    /// A route that is called `id` in clients that are made of the document, and does what `summary` says.
    pub(crate) fn new(tag: Tag, id: &'static str, summary: &'static str) -> Self {
        Self {
            tag,
            id,
            summary,
            description: String::new(),
            path: Vec::new(),
            query: Vec::new(),
            if_match: None,
            if_none_match: false,
            takes: Takes::Nothing,
            answers: Vec::new(),
            refusals: Vec::new(),
        }
    }

    /// More about it.
    pub(crate) fn saying(mut self, description: &str) -> Self {
        self.description = description.to_owned();
        self
    }

    /// A parameter of the path. A text that can't be one names nothing: 404.
    pub(crate) fn path<T: JsonSchema>(
        mut self,
        name: &'static str,
        description: &'static str,
        example: impl Serialize,
    ) -> Self {
        let example = serde_json::to_value(example).ok();
        self.path.push(Parameter { name, description, schema: Schemas::read::<T>, example });
        self.refuses(StatusCode::NOT_FOUND, &[code::RESOURCE_NOT_FOUND])
    }

    /// A parameter of the query, which may be left out.
    pub(crate) fn query<T: JsonSchema>(mut self, name: &'static str, description: &'static str) -> Self {
        self.query.push(Parameter { name, description, schema: Schemas::read::<T>, example: None });
        self
    }

    /// It answers with one page of a list.
    pub(crate) fn in_pages(self) -> Self {
        self.query::<Limit>("limit", "The most items of a page; 20 if nothing is said.")
            .query::<Cursor>("cursor", "Continues a list: the `next_cursor` of the page before, with the same filters.")
            .refuses(StatusCode::BAD_REQUEST, &[code::INVALID_CURSOR])
    }

    /// Its query may name the merchant that an admin acts for.
    pub(crate) fn for_merchant(self) -> Self {
        self.query::<MerchantId>("merchant", "The merchant that an admin acts for; the same as `X-Merchant-Id`.")
    }

    /// It edits what was read before.
    pub(crate) fn edits(mut self) -> Self {
        self.if_match = Some(IfMatch::Always);
        self.refuses(StatusCode::PRECONDITION_REQUIRED, &[code::PRECONDITION_REQUIRED])
            .refuses(StatusCode::PRECONDITION_FAILED, &[code::PRECONDITION_FAILED])
    }

    /// The same, and once it has begun it is asked for again without having read.
    pub(crate) fn edits_unless_begun(self) -> Self {
        Self { if_match: Some(IfMatch::UnlessBegun), ..self.edits() }
    }

    /// It makes something what the body says, and may be told what has to be there before.
    pub(crate) fn puts(mut self) -> Self {
        self.if_match = Some(IfMatch::AtWill);
        self.refuses(StatusCode::PRECONDITION_FAILED, &[code::PRECONDITION_FAILED])
    }

    /// It changes what is there, or only what was read before.
    pub(crate) fn may_edit(mut self) -> Self {
        self.if_match = Some(IfMatch::Unchanged);
        self.refuses(StatusCode::PRECONDITION_FAILED, &[code::PRECONDITION_FAILED])
    }

    /// It takes a body of this form.
    pub(crate) fn takes<T: JsonSchema>(self, examples: Vec<(&'static str, Value)>) -> Self {
        self.taking::<T>(false, false, examples)
    }

    /// It takes a body of this form, or none.
    pub(crate) fn may_take<T: JsonSchema>(self, examples: Vec<(&'static str, Value)>) -> Self {
        self.taking::<T>(true, false, examples)
    }

    /// It takes what is to be merged into what is there (RFC 7396).
    pub(crate) fn merges<T: JsonSchema>(self, examples: Vec<(&'static str, Value)>) -> Self {
        self.taking::<T>(false, true, examples)
    }

    /// It takes no body; an empty object is none.
    pub(crate) fn takes_nothing(mut self) -> Self {
        self.takes = Takes::EmptyObject;
        self.refuses(StatusCode::BAD_REQUEST, &[code::MALFORMED_JSON])
            .refuses(StatusCode::PAYLOAD_TOO_LARGE, &[code::PAYLOAD_TOO_LARGE])
            .refuses(StatusCode::UNPROCESSABLE_ENTITY, &[code::INVALID_BODY])
    }

    fn taking<T: JsonSchema>(self, optional: bool, merge_patch: bool, examples: Vec<(&'static str, Value)>) -> Self {
        let takes = Takes::Value { schema: Schemas::read::<T>, optional, merge_patch, examples };
        let mut contract =
            self.takes_nothing().refuses(StatusCode::UNSUPPORTED_MEDIA_TYPE, &[code::UNSUPPORTED_MEDIA_TYPE]);
        contract.takes = takes;
        contract
    }

    /// It answers with this, if all is well.
    pub(crate) fn answers<T: JsonSchema>(
        mut self,
        status: StatusCode,
        description: &'static str,
        example: impl Serialize,
    ) -> Self {
        let content = Content {
            media_type: "application/json",
            schema: Schemas::written::<T>,
            example: serde_json::to_value(example).ok(),
        };
        self.answers.push(Answer { status, description, content: vec![content], headers: Vec::new() });
        self
    }

    /// The same, without a body.
    pub(crate) fn answers_without_body(mut self, status: StatusCode, description: &'static str) -> Self {
        self.answers.push(Answer { status, description, content: Vec::new(), headers: Vec::new() });
        self
    }

    /// The same, with this media type, and without an example.
    pub(crate) fn answers_with<T: JsonSchema>(mut self, media_type: &'static str, description: &'static str) -> Self {
        self.answers.push(Answer { status: StatusCode::OK, description, content: Vec::new(), headers: Vec::new() });
        self.or_with::<T>(media_type)
    }

    /// The answer named last may be of this media type, too.
    pub(crate) fn or_with<T: JsonSchema>(mut self, media_type: &'static str) -> Self {
        if let Some(answer) = self.answers.last_mut() {
            answer.content.push(Content { media_type, schema: Schemas::written::<T>, example: None });
        }
        self
    }

    /// The answer named last has these headers besides.
    pub(crate) fn with(mut self, headers: &[Header]) -> Self {
        if let Some(answer) = self.answers.last_mut() {
            answer.headers.extend_from_slice(headers);
        }
        self
    }

    /// Readers may say what they have, and then get nothing.
    pub(crate) fn may_be_known(mut self) -> Self {
        self.if_none_match = true;
        self.answers_without_body(StatusCode::NOT_MODIFIED, "The client has this version already.")
            .with(&[Header::ETag])
    }

    /// It refuses for one of these reasons, besides those that follow from all the rest.
    pub(crate) fn refuses(mut self, status: StatusCode, codes: &[Code]) -> Self {
        for code in codes {
            if !self.refusals.contains(&(status, *code)) {
                self.refusals.push((status, *code));
            }
        }
        self
    }
}
