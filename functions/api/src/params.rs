//! Parameters of paths and queries, read strictly: what is misspelt or repeated is refused instead of passed over.

use std::collections::BTreeMap;

use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, Path, Query};
use axum::http::Uri;
use axum::http::request::Parts;

use crate::error::ApiError;

/// The most items on a page, and the number without `limit`.
pub(crate) const MAX_LIMIT: u32 = 100;
pub(crate) const DEFAULT_LIMIT: u32 = 20;

/// The parameters that may be there several times, as often as [`MAX_REPEATED`] says; all of them count.
const REPEATED: [&str; 3] = ["tag", "attribute", "channel_type"];
pub(crate) const MAX_REPEATED: usize = 5;

/// The parameters of a query, all of them known to the route and each there once, unless it may be repeated.
#[derive(Debug, Clone, Default)]
pub struct Params(BTreeMap<String, Vec<String>>);

impl Params {
    pub(crate) fn read(uri: &Uri, known: &[&str]) -> Result<Self, ApiError> {
        let Ok(Query(pairs)) = Query::<Vec<(String, String)>>::try_from_uri(uri) else {
            return Err(ApiError::invalid_parameter("/query", "the query can't be read"));
        };
        let mut params: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in pairs {
            // A hostile name may be long, and it ends up in an answer.
            let pointer = || format!("/query/{}", name.chars().take(40).collect::<String>());
            if !known.contains(&name.as_str()) {
                let message = match known {
                    [] => "this route takes no parameters".to_owned(),
                    known => format!("this route takes {}", known.join(", ")),
                };
                return Err(ApiError::invalid_parameter(pointer(), message));
            }
            let values = params.entry(name.clone()).or_default();
            let (most, message) = match REPEATED.contains(&name.as_str()) {
                true => (MAX_REPEATED, "this parameter is there more than five times"),
                false => (1, "this parameter is there twice"),
            };
            if values.len() >= most {
                return Err(ApiError::invalid_parameter(pointer(), message));
            }
            values.push(value);
        }
        Ok(Self(params))
    }

    /// Takes a parameter out.
    pub fn take(&mut self, name: &str) -> Option<String> {
        self.0.remove(name)?.pop()
    }

    /// Takes a parameter out that may be there several times.
    pub fn take_all(&mut self, name: &str) -> Vec<String> {
        self.0.remove(name).unwrap_or_default()
    }

    /// A parameter as `parse` reads it.
    ///
    /// # Errors
    /// 400 `INVALID_PARAMETER`, saying what was `expected`.
    pub fn parsed<T>(
        &mut self,
        name: &str,
        expected: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, ApiError> {
        let refuse = || ApiError::invalid_parameter(format!("/query/{name}"), format!("{name} is {expected}"));
        self.take(name).map(|text| parse(&text).ok_or_else(refuse)).transpose()
    }

    /// A switch that is off unless it is said to be on.
    ///
    /// # Errors
    /// 400 `INVALID_PARAMETER` for anything but `true` and `false`.
    pub fn switch(&mut self, name: &str) -> Result<bool, ApiError> {
        Ok(self.parsed(name, "true or false", |text| text.parse().ok())?.unwrap_or(false))
    }

    /// How many items a page has: 1 to 100, 20 if nothing is said.
    ///
    /// # Errors
    /// 400 `INVALID_PARAMETER` for anything else.
    pub fn limit(&mut self) -> Result<u32, ApiError> {
        let parse = |text: &str| text.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit));
        Ok(self.parsed("limit", "a number from 1 to 100", parse)?.unwrap_or(DEFAULT_LIMIT))
    }
}

impl<S: Sync> FromRequestParts<S> for Params {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Ok(parts.extensions.remove::<Self>().unwrap_or_default())
    }
}

/// The one parameter of a path. A text that is no id of its kind can't name anything, so that it is not found.
#[derive(Debug, Clone)]
pub struct InPath<T>(pub T);

impl<S: Send + Sync, T: TryFrom<String>> FromRequestParts<S> for InPath<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let text: Result<Path<String>, PathRejection> = Path::from_request_parts(parts, state).await;
        let text = text.map_err(|_| ApiError::not_found())?.0;
        T::try_from(text).map(Self).map_err(|_| ApiError::not_found())
    }
}

/// The two parameters of a path.
#[derive(Debug, Clone)]
pub struct BothInPath<A, B>(pub A, pub B);

impl<S: Send + Sync, A: TryFrom<String>, B: TryFrom<String>> FromRequestParts<S> for BothInPath<A, B> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let texts: Result<Path<(String, String)>, PathRejection> = Path::from_request_parts(parts, state).await;
        let (first, second) = texts.map_err(|_| ApiError::not_found())?.0;
        match (A::try_from(first), B::try_from(second)) {
            (Ok(first), Ok(second)) => Ok(Self(first, second)),
            _ => Err(ApiError::not_found()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(uri: &str) -> Result<Params, ApiError> {
        Params::read(&uri.parse().unwrap(), &["limit", "status", "tag"])
    }

    #[test]
    fn what_is_unknown_or_repeated_is_refused() {
        assert!(read("/x?limit=1&status=A").is_ok());
        assert!(read("/x").is_ok());
        assert!(read("/x?limt=1").is_err());
        assert!(read("/x?limit=1&limit=2").is_err());
        assert_eq!(read("/x?tag=a&tag=b").unwrap().take_all("tag"), ["a", "b"]);
        assert!(read("/x?tag=1&tag=2&tag=3&tag=4&tag=5&tag=6").is_err());
        assert!(read("/x?limit").is_ok(), "an empty limit is refused when it is read as a number");
    }

    #[test]
    fn a_limit_is_between_1_and_100() {
        for (text, expected) in [("", 20), ("?limit=1", 1), ("?limit=100", 100)] {
            assert_eq!(read(&format!("/x{text}")).unwrap().limit().unwrap(), expected);
        }
        for text in ["0", "101", "-1", "1.5", "", "ten", "4294967297"] {
            assert!(read(&format!("/x?limit={text}")).unwrap().limit().is_err(), "{text}");
        }
    }
}
