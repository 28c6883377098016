//! Bodies: JSON of bounded size, read strictly, and refused with a pointer to the value at fault.

use std::fmt;
use std::marker::PhantomData;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::error::Category;
use serde_path_to_error::{Path, Segment};
use tola_catalog::code;

use crate::error::ApiError;

/// The largest body, in bytes: 256 KiB.
pub const MAX_BODY: usize = 256 * 1024;

/// A JSON body of a known form.
#[derive(Debug)]
pub struct JsonBody<T>(pub T);

impl<S: Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let bytes = buffer(body).await?;
        if !is_json(&parts.headers) {
            return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, code::UNSUPPORTED_MEDIA_TYPE));
        }
        read(&bytes).map(Self)
    }
}

/// A JSON body of a known form, or none, which says the same as `{}`.
#[derive(Debug)]
pub struct OptionalBody<T>(pub T);

impl<S: Sync, T: DeserializeOwned + Default> FromRequest<S> for OptionalBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let bytes = buffer(body).await?;
        if bytes.is_empty() {
            return Ok(Self(T::default()));
        }
        let JsonBody(body) = JsonBody::from_request(Request::from_parts(parts, Body::from(bytes)), state).await?;
        Ok(Self(body))
    }
}

/// No body, or an empty object: an action that takes nothing.
#[derive(Debug)]
pub struct NoBody;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "an empty object, or no body")]
struct Nothing {}

impl<S: Sync> FromRequest<S> for NoBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let bytes = buffer(request.into_body()).await?;
        if !bytes.is_empty() {
            let Nothing {} = read(&bytes)?;
        }
        Ok(Self)
    }
}

/// The whole body, if it is not too large.
///
/// # Errors
/// 413 `PAYLOAD_TOO_LARGE`.
pub async fn buffer(body: Body) -> Result<Bytes, ApiError> {
    let too_large = |_| ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, code::PAYLOAD_TOO_LARGE);
    to_bytes(body, MAX_BODY).await.map_err(too_large)
}

/// A field of an edit that `null` removes: left out is `None`, and `null` is `Some(None)`.
pub fn removable<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// A field of an edit that can't be removed: left out is `None`, and `null` is of the wrong type.
pub fn lasting<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()) else { return false };
    let essence = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || essence == "application/merge-patch+json"
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    // The whole of it first: a text that is not JSON is said to be that, even if a wrong value comes before the mistake.
    serde_json::from_slice::<IgnoredAny>(bytes).map_err(|error| malformed(&error))?;
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let message = words(error.inner());
        // There is a value, since all of it is JSON: one that a word was expected for, and that is none.
        let is_no_word = message == "expected value";
        if error.inner().classify() != Category::Data && !is_no_word {
            return malformed(error.inner());
        }
        ApiError::invalid_body(pointer(error.path(), &message), friendly(message))
    })
}

fn malformed(error: &serde_json::Error) -> ApiError {
    let message = format!("line {}, column {}: {}", error.line(), error.column(), words(error));
    ApiError::new(StatusCode::BAD_REQUEST, code::MALFORMED_JSON).saying(message)
}

/// What serde says, without the place, which the answer gives in another form.
fn words(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let text = text.strip_suffix(&place).unwrap_or(&text);
    // A wrong value may be as long as the body, and serde repeats it.
    if text.chars().count() > 300 { text.chars().take(300).chain(['…']).collect() } else { text.to_owned() }
}

fn friendly(message: String) -> String {
    if message.starts_with("data did not match any variant of untagged enum") || message == "expected value" {
        return "this value is of none of the types that it may have".to_owned();
    }
    message
}

/// The JSON pointer to the value at fault. Of a field that is unknown or missing serde knows the object it belongs to,
/// and names the field in its message.
fn pointer(path: &Path, message: &str) -> String {
    let mut keys: Vec<String> = path.iter().filter_map(key).collect();
    for kind in ["unknown field `", "missing field `"] {
        let field = message.strip_prefix(kind).and_then(|rest| rest.split('`').next());
        if let Some(field) = field
            && (kind.starts_with("missing") || keys.last().map(String::as_str) != Some(field))
        {
            keys.push(field.to_owned());
        }
    }
    keys.iter().map(|key| format!("/{}", key.replace('~', "~0").replace('/', "~1"))).collect()
}

fn key(segment: &Segment) -> Option<String> {
    match segment {
        Segment::Seq { index } => Some(index.to_string()),
        Segment::Map { key } => Some(key.clone()),
        Segment::Enum { .. } | Segment::Unknown => None,
    }
}

/// Reads a value that is an object and nothing else: a derived reader takes a list for one, too.
pub(crate) fn object<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    struct Object<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for Object<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
            T::deserialize(MapAccessDeserializer::new(map))
        }
    }

    deserializer.deserialize_map(Object(PhantomData))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use tola_catalog::product::AttributeValue;
    use tola_catalog::text::{AttributeKey, Name};
    use tola_catalog::{ImageId, Money, ProductStatus};

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields, expecting = "a thing")]
    #[expect(dead_code, reason = "only whether it can be read matters")]
    struct Thing {
        name: Name,
        #[serde(default)]
        price: Option<Money>,
        #[serde(default)]
        images: Vec<Reference>,
        #[serde(default)]
        attributes: BTreeMap<AttributeKey, AttributeValue>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields, expecting = "a reference")]
    #[expect(dead_code, reason = "only whether it can be read matters")]
    struct Reference {
        image_id: ImageId,
    }

    fn at(json: &str) -> (String, String) {
        let mut deserializer = serde_json::Deserializer::from_str(json);
        let error = serde_path_to_error::deserialize::<_, Thing>(&mut deserializer).unwrap_err();
        let message = words(error.inner());
        (pointer(error.path(), &message), friendly(message))
    }

    #[test]
    fn the_pointer_leads_to_the_value_at_fault() {
        let cases = [
            (r#"{"name":"a","colour":1}"#, "/colour"),
            (r#"{"name":"a","images":[{"image_id":"image_01JD0000000000000000000001","x":1}]}"#, "/images/0/x"),
            (r#"{"name":"a","images":[{}]}"#, "/images/0/image_id"),
            (r#"{"name":"a","images":[{"image_id":"nonsense"}]}"#, "/images/0/image_id"),
            (r#"{"name":7}"#, "/name"),
            (r#"{"price":null}"#, "/name"),
            (r#"{"name":"a","price":{"amount":1.5,"currency":"USD"}}"#, "/price/amount"),
            (r#"{"name":"a","price":{"amount":1,"currency":"ZZZ"}}"#, "/price/currency"),
            (r#"{"name":"a","price":{"amount":1}}"#, "/price/currency"),
            (r#"{"name":"a","attributes":{"size":{}}}"#, "/attributes/size"),
            (r#"{"name":"a","name/~":1}"#, "/name~1~0"),
            ("[]", ""),
        ];
        for (json, expected) in cases {
            assert_eq!(at(json).0, expected, "{json}: {}", at(json).1);
        }
        assert_eq!(at("7").1, "invalid type: integer `7`, expected a thing");
    }

    #[test]
    fn what_is_not_json_is_told_from_what_is_not_a_thing() {
        for text in ["", "{", "nonsense", r#"{"name":"a"} x"#, r#"{"colour":1, "#, "{\"name\":\"\u{0}\"}", "\u{feff}{}"]
        {
            let error = format!("{:?}", read::<Thing>(text.as_bytes()).unwrap_err());
            assert!(error.contains("MALFORMED_JSON"), "{text}: {error}");
        }
        assert!(format!("{:?}", read::<Thing>(b"\"\xff\"").unwrap_err()).contains("4"));
        for text in ["null", "7", "[]", "\"BLUE\""] {
            let error = format!("{:?}", read::<ProductStatus>(text.as_bytes()).unwrap_err());
            assert!(error.contains("INVALID_BODY"), "{text}: {error}");
        }
        assert!(read::<Thing>(br#"{"name":"a"}"#).is_ok());
        assert!(read::<Thing>(format!("{}1{}", "[".repeat(9_000), "]".repeat(9_000)).as_bytes()).is_err());
    }

    #[test]
    fn only_json_is_taken_for_json() {
        let is = |text: &'static str| {
            is_json(&HeaderMap::from_iter([(header::CONTENT_TYPE, header::HeaderValue::from_static(text))]))
        };

        assert!(is("application/json") && is("Application/JSON; charset=utf-8") && is("application/merge-patch+json"));
        assert!(!is("text/plain") && !is("") && !is("application/jsonx") && !is_json(&HeaderMap::new()));
    }
}
