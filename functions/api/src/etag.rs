//! ETags: `"<revision>.<version>"`. A reader compares all of it; a merchant who edits, the revision alone, since writes
//! in the background raise the version and take nothing away from an edit.

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

/// The revisions that an edit may be made on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IfMatch {
    /// Whichever is there.
    Any,
    /// One of these.
    Revisions(Vec<u64>),
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
        let revisions: Option<Vec<u64>> = tags.split(',').map(|tag| revision(tag.trim())).collect();
        revisions.map(Self::Revisions).ok_or_else(|| {
            let message = "If-Match is the ETag that you read, in its quotes, or *";
            ApiError::invalid_parameter("/headers/if-match", message)
        })
    }

    /// Lets an edit of this product pass.
    ///
    /// # Errors
    /// 412 `PRECONDITION_FAILED` when it has another revision.
    pub fn permit(&self, product: &Product) -> Result<(), ApiError> {
        match self {
            Self::Revisions(revisions) if !revisions.contains(&product.revision) => {
                let error = ApiError::new(StatusCode::PRECONDITION_FAILED, code::PRECONDITION_FAILED);
                let message = format!("It was edited since you read it: its revision is {} now.", product.revision);
                Err(error.at("/headers/if-match", code::PRECONDITION_FAILED, message))
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

fn revision(tag: &str) -> Option<u64> {
    let tag = tag.strip_prefix("W/").unwrap_or(tag).strip_prefix('"')?.strip_suffix('"')?;
    let (revision, version) = tag.split_once('.').unwrap_or((tag, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (digits(revision) && digits(version)).then(|| revision.parse().ok())?
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
        assert_eq!(read("*"), Some(IfMatch::Any));
        assert_eq!(read("\"3.7\""), Some(IfMatch::Revisions(vec![3])));
        assert_eq!(read("\"3\""), Some(IfMatch::Revisions(vec![3])));
        assert_eq!(read("W/\"3.7\", \"4.1\""), Some(IfMatch::Revisions(vec![3, 4])));
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
