//! Cursors of lists: opaque to clients, and good for the list that made them alone.

use std::fmt;
use std::sync::Arc;

use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use tola_catalog::{MerchantId, code};

use crate::error::ApiError;

/// The length of the signature that stands before a cursor's position.
const MAC: usize = 32;

/// Signs cursors.
#[derive(Clone)]
pub struct CursorKey(Arc<[u8]>);

/// A list as a merchant asked for it: a cursor holds for the same question only.
#[derive(Debug, Clone)]
pub struct Question {
    /// Its route pattern.
    pub route: &'static str,
    /// Whose list it is.
    pub merchant_id: MerchantId,
    /// What it is filtered by, in a fixed order.
    pub filters: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Position {
    position: String,
}

impl fmt::Debug for CursorKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CursorKey")
    }
}

impl CursorKey {
    /// A key of at least 32 bytes; anything shorter is refused where configuration is read.
    pub fn new(secret: &[u8]) -> Self {
        Self(secret.into())
    }

    /// The cursor that continues after `position`.
    pub fn seal(&self, question: &Question, position: &impl ToString) -> String {
        let payload = serde_json::json!({ "position": position.to_string() }).to_string();
        let mut cursor = self.mac(question, payload.as_bytes()).finalize().into_bytes().to_vec();
        cursor.extend_from_slice(payload.as_bytes());
        URL_SAFE_NO_PAD.encode(cursor)
    }

    /// The position in a cursor.
    ///
    /// # Errors
    /// 400 `INVALID_CURSOR` for anything that [`CursorKey::seal`] did not make for the same question.
    pub fn open(&self, question: &Question, cursor: &str) -> Result<String, ApiError> {
        self.position(question, cursor).ok_or_else(|| {
            let error = ApiError::new(StatusCode::BAD_REQUEST, code::INVALID_CURSOR);
            error.at("/query/cursor", code::INVALID_CURSOR, code::INVALID_CURSOR.cause)
        })
    }

    fn position(&self, question: &Question, cursor: &str) -> Option<String> {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (mac, payload) = bytes.split_at_checked(MAC)?;
        self.mac(question, payload).verify_slice(mac).ok()?;
        Some(serde_json::from_slice::<Position>(payload).ok()?.position)
    }

    fn mac(&self, question: &Question, payload: &[u8]) -> Hmac<Sha256> {
        // HMAC takes keys of any length, so that there is no other outcome; a key of zeros would verify nothing of ours.
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.0).unwrap_or_else(|_| Hmac::<Sha256>::new(&Default::default()));
        let merchant = question.merchant_id.to_string();
        let filters = question.filters.iter().map(String::as_bytes);
        // Each part behind its length, so that no two questions read the same.
        for part in [question.route.as_bytes(), merchant.as_bytes()].into_iter().chain(filters).chain([payload]) {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac
    }
}

#[cfg(test)]
mod tests {
    use ulid::Ulid;

    use super::*;

    fn key() -> CursorKey {
        CursorKey::new(&[7; 32])
    }

    fn question(merchant: u128, filters: &[&str]) -> Question {
        let merchant_id = MerchantId::new(Ulid::from_parts(1, merchant));
        Question { route: "/v1/products", merchant_id, filters: filters.iter().map(|f| (*f).to_owned()).collect() }
    }

    #[test]
    fn a_cursor_holds_for_its_own_question_alone() {
        let asked = question(1, &["READY", ""]);
        let cursor = key().seal(&asked, &"p1");

        assert_eq!(key().open(&asked, &cursor).unwrap(), "p1");
        assert!(key().open(&question(2, &["READY", ""]), &cursor).is_err());
        assert!(key().open(&question(1, &["DRAFT", ""]), &cursor).is_err());
        assert!(key().open(&question(1, &["", "READY"]), &cursor).is_err());
        assert!(key().open(&Question { route: "/v1/operations", ..asked.clone() }, &cursor).is_err());
        assert!(CursorKey::new(&[8; 32]).open(&asked, &cursor).is_err());
    }

    #[test]
    fn no_changed_character_goes_unnoticed() {
        let asked = question(1, &[]);
        let cursor = key().seal(&asked, &"product_01JD0000000000000000000001");

        for position in 0..cursor.len() {
            let mut forged = cursor.clone().into_bytes();
            forged[position] = if forged[position] == b'A' { b'B' } else { b'A' };
            let forged = String::from_utf8(forged).unwrap();

            assert!(key().open(&asked, &forged).is_err(), "character {position}");
        }
        for text in ["", "x", "{}", "☃", &cursor[..20]] {
            assert!(key().open(&asked, text).is_err(), "{text:?}");
        }
    }
}
