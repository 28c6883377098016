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
#[derive(Clone)]
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

/// When and where a signature holds.
pub(super) struct Scope {
    /// `20260131T235959Z`
    pub(super) amz_date: String,
    /// `20260131/eu-west-1/s3/aws4_request`
    pub(super) path: String,
    date: String,
    region: String,
}

impl Scope {
    pub(super) fn new(region: &str, now: Timestamp) -> Result<Self, Error> {
        let amz_date = utc("%Y%m%dT%H%M%SZ", now)?;
        let date = utc("%Y%m%d", now)?;
        Ok(Self { path: format!("{date}/{region}/s3/aws4_request"), amz_date, date, region: region.to_owned() })
    }

    /// `AKIA…/20260131/eu-west-1/s3/aws4_request`
    pub(super) fn credential(&self, credentials: &Credentials) -> String {
        format!("{}/{}", credentials.access_key_id, self.path)
    }

    /// The signature over `text`, in lower-case hex.
    pub(super) fn sign(&self, credentials: &Credentials, text: &str) -> String {
        let secret = format!("AWS4{}", credentials.secret_access_key);
        let key = [self.date.as_str(), &self.region, "s3", "aws4_request"]
            .iter()
            .fold(secret.into_bytes(), |key, part| hmac_sha256(&key, part));
        hex::encode(hmac_sha256(&key, text))
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

fn hmac_sha256(key: &[u8], text: &str) -> Vec<u8> {
    // HMAC takes a key of any length; the error is there for other MACs.
    #[expect(clippy::expect_used, reason = "HMAC has no invalid key length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes any key");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
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
