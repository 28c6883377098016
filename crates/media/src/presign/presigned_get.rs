//! Presigned GET: one object may be read for a while by whoever holds the link.

use std::{fmt::Write, time::Duration};

use jiff::Timestamp;
use percent_encoding::utf8_percent_encode;
use sha2::{Digest, Sha256};

use super::{
    BucketAddress, Credentials, Error,
    address::RESERVED,
    sigv4::{ALGORITHM, Scope, expiry},
};

/// The longest that S3 lets a signed link live: 7 days.
pub const MAX_DOWNLOAD_LIFETIME: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// A link to one object.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct PresignedUrl {
    /// What a browser opens.
    pub url: String,
    /// When S3 stops answering it; earlier when the credentials die before.
    pub expires_at: Timestamp,
}

/// Signs a link to `key` that lives for 1 second to [`MAX_DOWNLOAD_LIFETIME`]. Pure: it does not look whether the
/// object is there.
///
/// # Errors
/// [`Error::Lifetime`] when the lifetime is out of bounds; [`Error::Time`].
pub fn presign_get(
    credentials: &Credentials,
    address: &BucketAddress,
    key: &str,
    lifetime: Duration,
    now: Timestamp,
) -> Result<PresignedUrl, Error> {
    let expires_at = expiry(now, lifetime, MAX_DOWNLOAD_LIFETIME)?;
    let scope = Scope::new(address.region(), now)?;
    let query = query(credentials, &scope, lifetime.as_secs());

    let path = address.object_path(key);
    let host = address.host();
    let request = format!("GET\n{path}\n{query}\nhost:{host}\n\nhost\nUNSIGNED-PAYLOAD");
    let hash = hex::encode(Sha256::digest(request));
    let text = format!("{ALGORITHM}\n{}\n{}\n{hash}", scope.amz_date, scope.path);
    let signature = scope.sign(credentials, &text);

    Ok(PresignedUrl { url: format!("{}?{query}&X-Amz-Signature={signature}", address.object_url(key)), expires_at })
}

/// The parameters that are signed, in the order of their names, which the canonical request asks for.
fn query(credentials: &Credentials, scope: &Scope, seconds: u64) -> String {
    let credential = scope.credential(credentials);
    let credential = utf8_percent_encode(&credential, RESERVED);
    let mut query = format!(
        "X-Amz-Algorithm={ALGORITHM}&X-Amz-Credential={credential}&X-Amz-Date={}&X-Amz-Expires={seconds}",
        scope.amz_date
    );
    if let Some(token) = &credentials.session_token {
        let token = utf8_percent_encode(token, RESERVED);
        // Writing to a String cannot fail.
        let _ = write!(query, "&X-Amz-Security-Token={token}");
    }
    query.push_str("&X-Amz-SignedHeaders=host");
    query
}
