//! Signatures after the Standard Webhooks specification: <https://www.standardwebhooks.com>.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use sha2::Sha256;

/// What a secret begins with.
const PREFIX: &str = "whsec_";

/// How many bytes a secret has.
const KEY_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// The live secrets of a channel: what a receiver may know by now, while a new secret takes the place of an old one.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningKeys {
    current: Vec<u8>,
    previous: Option<Vec<u8>>,
}

/// A key is not printed.
impl fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys = if self.previous.is_some() { "2 keys" } else { "1 key" };
        write!(f, "SigningKeys({keys})")
    }
}

/// A secret that is none. What it holds is not repeated, nor what a parser says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not `whsec_` and 24 to 64 bytes in base64, nor JSON with `current` and `previous` of that form")]
pub struct NoSigningKey;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    current: String,
    #[serde(default)]
    previous: Option<String>,
}

impl SigningKeys {
    /// Reads what a secret holds: `whsec_…`, or `{"current": "whsec_…", "previous": "whsec_…"}`.
    ///
    /// # Errors
    /// [`NoSigningKey`] for anything else.
    pub fn parse(secret: &str) -> Result<Self, NoSigningKey> {
        let secret = secret.trim();
        let stored = if secret.starts_with('{') {
            serde_json::from_str(secret).map_err(|_| NoSigningKey)?
        } else {
            Stored { current: secret.to_owned(), previous: None }
        };
        let previous = stored.previous.filter(|previous| !previous.is_empty());
        Ok(Self { current: key(&stored.current)?, previous: previous.as_deref().map(key).transpose()? })
    }

    /// The header `webhook-signature`: a signature by each secret, the current one first.
    pub fn sign(&self, id: &str, timestamp: &str, body: &[u8]) -> String {
        let keys = std::iter::once(&self.current).chain(&self.previous);
        let signatures = keys.filter_map(|key| {
            let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
            for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
                mac.update(part);
            }
            Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
        });
        signatures.collect::<Vec<_>>().join(" ")
    }
}

fn key(text: &str) -> Result<Vec<u8>, NoSigningKey> {
    let encoded = text.trim().strip_prefix(PREFIX).ok_or(NoSigningKey)?;
    STANDARD.decode(encoded).ok().filter(|key| KEY_BYTES.contains(&key.len())).ok_or(NoSigningKey)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Vector {
        name: String,
        secret: serde_json::Value,
        id: String,
        timestamp: String,
        body: String,
        signature: String,
    }

    /// Made by golden/make_signatures.py, with nothing but Python's standard library.
    fn vectors() -> Vec<Vector> {
        serde_json::from_str(include_str!("../tests/golden/signatures.json")).unwrap()
    }

    fn keys(vector: &Vector) -> SigningKeys {
        let secret = vector.secret.as_str().map_or_else(|| vector.secret.to_string(), ToOwned::to_owned);
        SigningKeys::parse(&secret).unwrap()
    }

    #[test]
    fn signatures_are_those_of_the_golden_vectors() {
        let vectors = vectors();
        assert!(vectors.len() >= 5);
        for vector in vectors {
            let signature = keys(&vector).sign(&vector.id, &vector.timestamp, vector.body.as_bytes());

            assert_eq!(signature, vector.signature, "{}", vector.name);
        }
    }

    #[test]
    fn whatever_is_changed_changes_the_signature() {
        for vector in vectors() {
            let (keys, body) = (keys(&vector), vector.body.as_bytes());
            let mut tampered = body.to_vec();
            tampered.push(b' ');

            assert_ne!(keys.sign(&vector.id, &vector.timestamp, &tampered), vector.signature);
            assert_ne!(keys.sign("other", &vector.timestamp, body), vector.signature);
            assert_ne!(keys.sign(&vector.id, "1", body), vector.signature);
        }
    }

    #[test]
    fn what_is_no_secret_is_not_repeated() {
        let short = format!("whsec_{}", STANDARD.encode([7; 23]));
        let long = format!("whsec_{}", STANDARD.encode([7; 65]));
        let wrong = [
            "",
            "hunter2",
            "whsec_",
            "whsec_!!!",
            &short,
            &long,
            "{}",
            r#"{"current": "hunter2"}"#,
            r#"{"current": 7}"#,
            &format!(r#"{{"current": "{}", "next": "hunter2"}}"#, good()),
            &format!(r#"{{"current": "{}", "previous": "hunter2"}}"#, good()),
        ];
        for secret in wrong {
            let error = SigningKeys::parse(secret).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{secret}");
        }
        for bytes in [24, 64] {
            SigningKeys::parse(&format!(" whsec_{}\n", STANDARD.encode(vec![7; bytes]))).unwrap();
        }
    }

    #[test]
    fn a_key_is_not_printed() {
        let keys = SigningKeys::parse(&format!(r#"{{"current": "{0}", "previous": "{0}"}}"#, good())).unwrap();

        assert_eq!(format!("{keys:?}"), "SigningKeys(2 keys)");
    }

    fn good() -> String {
        format!("whsec_{}", STANDARD.encode([7; 32]))
    }
}
