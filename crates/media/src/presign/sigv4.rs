//! AWS Signature Version 4: scope, key and signature.

use std::{fmt, time::Duration};

use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp, fmt::strtime, tz::TimeZone};
use sha2::Sha256;

use super::Error;

pub(super) const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// Who signs. In a Lambda these are the role's temporary credentials, which come with a session token.
///
/// A signature dies with the credentials that made it, even when it claims to live longer.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The public half.
    pub access_key_id: String,
    /// The secret half. It is never part of what is signed, nor of this type's `Debug`.
    pub secret_access_key: String,
    /// Of temporary credentials.
    pub session_token: Option<String>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("access_key_id", &self.access_key_id).finish_non_exhaustive()
    }
}

/// When, where and with whose key something is signed. The key is derived once, however much is signed with it.
pub(super) struct Scope {
    /// `20260131T235959Z`
    pub(super) amz_date: String,
    /// `20260131/eu-west-1/s3/aws4_request`
    pub(super) path: String,
    /// `AKIA…/20260131/eu-west-1/s3/aws4_request`
    pub(super) credential: String,
    key: Hmac<Sha256>,
}

impl Scope {
    pub(super) fn new(credentials: &Credentials, region: &str, now: Timestamp) -> Result<Self, Error> {
        let amz_date = utc("%Y%m%dT%H%M%SZ", now)?;
        let date = utc("%Y%m%d", now)?;
        let path = format!("{date}/{region}/s3/aws4_request");
        let secret = hmac(format!("AWS4{}", credentials.secret_access_key).as_bytes());
        let key = [date.as_str(), region, "s3", "aws4_request"]
            .iter()
            .fold(secret, |key, part| hmac(&key.chain_update(part).finalize().into_bytes()));
        Ok(Self { credential: format!("{}/{path}", credentials.access_key_id), path, amz_date, key })
    }

    /// The signature over a text that comes in parts, in lower-case hex.
    pub(super) fn sign(&self, parts: &[&str]) -> String {
        let signed = parts.iter().fold(self.key.clone(), Mac::chain_update);
        hex(&signed.finalize().into_bytes().into())
    }
}

/// When a signature made `now` ends, in whole seconds: what is signed carries no fractions.
pub(super) fn expiry(now: Timestamp, lifetime: Duration, longest: Duration) -> Result<Timestamp, Error> {
    let refused = || Error::Lifetime {
        asked_seconds: i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX),
        longest_seconds: i64::try_from(longest.as_secs()).unwrap_or(i64::MAX),
    };
    if lifetime.as_secs() == 0 || lifetime > longest {
        return Err(refused());
    }
    let seconds = SignedDuration::from_secs(i64::try_from(lifetime.as_secs()).map_err(|_| refused())?);
    let whole = Timestamp::from_second(now.as_second()).map_err(|_| Error::Time)?;
    whole.checked_add(seconds).map_err(|_| Error::Time)
}

/// Writes a time in UTC, in the way of `strftime`.
pub(super) fn utc(format: &str, time: Timestamp) -> Result<String, Error> {
    strtime::format(format, &time.to_zoned(TimeZone::UTC)).map_err(|_| Error::Time)
}

/// A hash in lower-case hex.
pub(super) fn hex(hash: &[u8; 32]) -> String {
    let mut text = [0; 64];
    // Two digits for each byte: neither the length nor the text can be wrong.
    let _ = hex::encode_to_slice(hash, &mut text);
    str::from_utf8(&text).unwrap_or_default().to_owned()
}

fn hmac(key: &[u8]) -> Hmac<Sha256> {
    // HMAC takes a key of any length; the error is there for other MACs.
    #[expect(clippy::expect_used, reason = "HMAC has no invalid key length")]
    Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes any key")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_printed() {
        let credentials = Credentials {
            access_key_id: "AKIA1".into(),
            secret_access_key: "hush".into(),
            session_token: Some("hush too".into()),
        };

        let printed = format!("{credentials:?}");

        assert!(printed.contains("AKIA1"));
        assert!(!printed.contains("hush"));
    }

    #[test]
    fn a_lifetime_has_bounds_and_no_fractions() {
        let now: Timestamp = "2026-01-31T10:00:00.9Z".parse().unwrap();
        let longest = Duration::from_secs(300);

        let ends = expiry(now, Duration::from_millis(60_900), longest).unwrap();

        assert_eq!(ends, "2026-01-31T10:01:00Z".parse().unwrap());
        for refused in [Duration::ZERO, Duration::from_millis(900), Duration::from_secs(301)] {
            assert!(matches!(expiry(now, refused, longest), Err(Error::Lifetime { .. })));
        }
    }
}
