//! ETags: `"<revision>.<version>"`. A reader compares all of it; a merchant who edits, the revision alone, since writes
//! in the background raise the version and take nothing away from an edit. Who changes a stock compares all of it, too: that
//! leaves the revision as it is.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use tola_catalog::{Product, code};

use crate::error::ApiError;

/// A product's ETag.
pub fn of(product: &Product) -> String {
    format!("\"{}.{}\"", product.revision, product.version)
}

/// A product's ETag as a header.
pub fn header(product: &Product) -> Option<(HeaderName, HeaderValue)> {
    Some((header::ETAG, HeaderValue::from_str(&of(product)).ok()?))
}

/// Whether the client has this version already, by its `If-None-Match`.
pub fn is_known(headers: &HeaderMap, product: &Product) -> bool {
    let current = of(product);
    let tags = joined(headers, &header::IF_NONE_MATCH).unwrap_or_default();
    tags.split(',').map(str::trim).any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == current)
}

/// What a change may be made on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IfMatch {
    /// Whatever is there.
    Any,
    /// One of these.
    Tags(Vec<Tag>),
}

/// An ETag that a client has read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tag {
    revision: u64,
    version: Option<u64>,
}

impl IfMatch {
    /// Reads `If-Match`: `*`, or `"<revision>.<version>"` or `"<revision>"`, one or several.
    ///
    /// # Errors
    /// 428 `PRECONDITION_REQUIRED` without the header, 400 `INVALID_PARAMETER` when it is something else.
    pub fn read(headers: &HeaderMap) -> Result<Self, ApiError> {
        if !headers.contains_key(header::IF_MATCH) {
            let error = ApiError::new(StatusCode::PRECONDITION_REQUIRED, code::PRECONDITION_REQUIRED);
            return Err(error.at("/headers/if-match", code::PRECONDITION_REQUIRED, code::PRECONDITION_REQUIRED.cause));
        }
        let tags = joined(headers, &header::IF_MATCH).unwrap_or_default();
        if tags.trim() == "*" {
            return Ok(Self::Any);
        }
        let tags: Option<Vec<Tag>> = tags.split(',').map(|tag| read_tag(tag.trim())).collect();
        tags.map(Self::Tags).ok_or_else(|| {
            let message = "If-Match is the ETag that you read, in its quotes, or *";
            ApiError::invalid_parameter("/headers/if-match", message)
        })
    }

    /// The same of a change that may be made on whatever is there: nothing without the header.
    ///
    /// # Errors
    /// 400 `INVALID_PARAMETER` when it is something else.
    pub fn read_if_sent(headers: &HeaderMap) -> Result<Self, ApiError> {
        if headers.contains_key(header::IF_MATCH) { Self::read(headers) } else { Ok(Self::Any) }
    }

    /// Lets an edit of this product pass.
    ///
    /// # Errors
    /// 412 `PRECONDITION_FAILED` when it has another revision.
    pub fn permit(&self, product: &Product) -> Result<(), ApiError> {
        let message = || format!("It was edited since you read it: its revision is {} now.", product.revision);
        self.permit_where(|tag| tag.revision == product.revision, message)
    }

    /// Lets a change of this product pass to which nobody has written anything.
    ///
    /// # Errors
    /// 412 `PRECONDITION_FAILED` when it has another version.
    pub fn permit_unwritten(&self, product: &Product) -> Result<(), ApiError> {
        let current = Tag { revision: product.revision, version: Some(product.version) };
        let message = || format!("It was written to since you read it: its ETag is {} now.", of(product));
        self.permit_where(|tag| *tag == current, message)
    }

    fn permit_where(&self, is_it: impl Fn(&Tag) -> bool, message: impl Fn() -> String) -> Result<(), ApiError> {
        match self {
            Self::Tags(tags) if !tags.iter().any(is_it) => {
                let error = ApiError::new(StatusCode::PRECONDITION_FAILED, code::PRECONDITION_FAILED);
                Err(error.at("/headers/if-match", code::PRECONDITION_FAILED, message()))
            }
            _ => Ok(()),
        }
    }
}

/// What whoever puts something may ask to be so before it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conditions {
    /// It is there, and has one of these revisions.
    if_match: Option<IfMatch>,
    /// It is not there.
    is_new: bool,
}

impl Conditions {
    /// Reads `If-Match`, as for an edit, and `If-None-Match`, which is `*` here; either may be left out.
    ///
    /// # Errors
    /// 400 `INVALID_PARAMETER` when one of them is something else.
    pub fn read(headers: &HeaderMap) -> Result<Self, ApiError> {
        let if_match = headers.contains_key(header::IF_MATCH).then(|| IfMatch::read(headers)).transpose()?;
        let is_new = headers.contains_key(header::IF_NONE_MATCH);
        if is_new && joined(headers, &header::IF_NONE_MATCH).is_none_or(|tags| tags.trim() != "*") {
            let message = "If-None-Match is * here: write only what is not there yet";
            return Err(ApiError::invalid_parameter("/headers/if-none-match", message));
        }
        Ok(Self { if_match, is_new })
    }

    /// Lets a write pass that finds this product, or none.
    ///
    /// # Errors
    /// 412 `PRECONDITION_FAILED`.
    pub fn permit(&self, found: Option<&Product>) -> Result<(), ApiError> {
        let failed = |header: &str, message: String| {
            let error = ApiError::new(StatusCode::PRECONDITION_FAILED, code::PRECONDITION_FAILED);
            Err(error.at(format!("/headers/{header}"), code::PRECONDITION_FAILED, message))
        };
        match (found, &self.if_match) {
            (Some(product), _) if self.is_new => {
                failed("if-none-match", format!("It is there already: {}.", product.id))
            }
            (None, Some(_)) => failed("if-match", "It is not there, so that nothing of it was read.".to_owned()),
            (Some(product), Some(if_match)) => if_match.permit(product),
            _ => Ok(()),
        }
    }
}

fn joined(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let values: Result<Vec<_>, _> = headers.get_all(name).iter().map(HeaderValue::to_str).collect();
    values.ok().map(|values| values.join(","))
}

fn read_tag(tag: &str) -> Option<Tag> {
    let tag = tag.strip_prefix("W/").unwrap_or(tag).strip_prefix('"')?.strip_suffix('"')?;
    let (revision, version) = tag.split_once('.').map_or((tag, None), |(revision, version)| (revision, Some(version)));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let read = || Some(Tag { revision: revision.parse().ok()?, version: version.and_then(|text| text.parse().ok()) });
    (digits(revision) && version.is_none_or(digits)).then(read)?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &'static str) -> Option<IfMatch> {
        IfMatch::read(&HeaderMap::from_iter([(header::IF_MATCH, HeaderValue::from_static(text))])).ok()
    }

    #[test]
    fn what_is_to_be_new_says_so_by_a_star() {
        let read = |text: &'static str| {
            Conditions::read(&HeaderMap::from_iter([(header::IF_NONE_MATCH, HeaderValue::from_static(text))]))
        };

        assert!(read("*").unwrap().is_new && read(" * ").unwrap().is_new);
        assert!(!Conditions::read(&HeaderMap::new()).unwrap().is_new);
        for other in ["", "\"3.7\"", "*, *", "W/\"3.7\""] {
            assert!(read(other).is_err(), "{other}");
        }
    }

    #[test]
    fn an_etag_names_a_revision() {
        let tag = |revision, version| Tag { revision, version };
        assert_eq!(read("*"), Some(IfMatch::Any));
        assert_eq!(read("\"3.7\""), Some(IfMatch::Tags(vec![tag(3, Some(7))])));
        assert_eq!(read("\"3\""), Some(IfMatch::Tags(vec![tag(3, None)])));
        assert_eq!(read("W/\"3.7\", \"4.1\""), Some(IfMatch::Tags(vec![tag(3, Some(7)), tag(4, Some(1))])));
        assert_eq!(IfMatch::read_if_sent(&HeaderMap::new()).ok(), Some(IfMatch::Any));
        for malformed in [
            "",
            "3.7",
            "\"\"",
            "\"x\"",
            "\"3.x\"",
            "\"3.\"",
            "\"-3\"",
            "\"+3\"",
            "\"3.7",
            "*, \"3\"",
            "\"99999999999999999999\"",
        ] {
            assert_eq!(read(malformed), None, "{malformed}");
        }
    }
}
