//! Presigned GET: an object may be read for a while by whoever holds its link.

use std::{fmt::Write, time::Duration};

use jiff::Timestamp;
use percent_encoding::utf8_percent_encode;
use sha2::{Digest, Sha256};

use super::{
    BucketAddress, Credentials, Error,
    address::RESERVED,
    sigv4::{ALGORITHM, Scope, expiry, hex},
};

/// The longest that S3 lets a signed link live: 7 days.
pub const MAX_DOWNLOAD_LIFETIME: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Signs links to objects, all of them as of the same moment. What they have in common is worked out once: with temporary
/// credentials that is nearly all of a link.
pub struct LinkSigner {
    address: BucketAddress,
    credentials: Credentials,
    scope: Scope,
    query: String,
    signed_at: Timestamp,
    /// When S3 stops answering these links; earlier when the credentials die before.
    pub expires_at: Timestamp,
}

impl LinkSigner {
    /// Links that live for 1 second to [`MAX_DOWNLOAD_LIFETIME`] from `now`.
    ///
    /// # Errors
    /// [`Error::Lifetime`] when the lifetime is out of bounds; [`Error::Time`].
    pub fn new(
        credentials: Credentials,
        address: BucketAddress,
        lifetime: Duration,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let expires_at = expiry(now, lifetime, MAX_DOWNLOAD_LIFETIME)?;
        let scope = Scope::new(&credentials, address.region(), now)?;
        let query = query(&credentials, &scope, lifetime.as_secs());
        Ok(Self { address, credentials, scope, query, signed_at: now, expires_at })
    }

    /// Whether it signs in the name of these credentials as of that moment.
    #[must_use]
    pub fn is_of(&self, credentials: &Credentials, now: Timestamp) -> bool {
        self.signed_at == now && self.credentials == *credentials
    }

    /// A link to `key`. Pure: it does not look whether the object is there.
    #[must_use]
    pub fn link(&self, key: &str) -> String {
        let Self { address, scope, query, .. } = self;
        let path = address.object_path(key);
        let request = ["GET\n", &path, "\n", query, "\nhost:", address.host(), "\n\nhost\nUNSIGNED-PAYLOAD"];
        let hash = request.iter().fold(Sha256::new(), Digest::chain_update).finalize();
        let signature = scope.sign(&[ALGORITHM, "\n", &scope.amz_date, "\n", &scope.path, "\n", &hex(&hash.into())]);
        [address.origin(), &path, "?", query, "&X-Amz-Signature=", &signature].concat()
    }
}

/// The parameters that are signed, in the order of their names, which the canonical request asks for.
fn query(credentials: &Credentials, scope: &Scope, seconds: u64) -> String {
    let credential = utf8_percent_encode(&scope.credential, RESERVED);
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
