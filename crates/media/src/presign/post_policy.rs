//! Presigned POST: one upload, to one key, of one content type, of bounded size, for a few minutes.

use std::{collections::BTreeMap, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    BucketAddress, Credentials, Error,
    sigv4::{ALGORITHM, Scope, expiry, utc},
};
use crate::{MAX_UPLOAD_BYTES, UNUSED_UPLOAD};

/// The longest that a signed upload may live.
pub const MAX_UPLOAD_LIFETIME: Duration = Duration::from_secs(5 * 60);

/// What a merchant may upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Upload<'a> {
    /// The exact key, see [`upload_key`](crate::upload_key).
    pub key: &'a str,
    /// The exact content type that the client must declare; what the file really is, [`inspect`](crate::inspect) says.
    pub content_type: &'a str,
    /// The largest file, in bytes: 1 to [`MAX_UPLOAD_BYTES`].
    pub max_bytes: u64,
    /// How long the client has to begin: 1 second to [`MAX_UPLOAD_LIFETIME`].
    pub lifetime: Duration,
}

/// A form that uploads one file: `fields` first, in any order, then the file as the field `file`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct PresignedPost {
    /// Where to post it, as `multipart/form-data`.
    pub url: String,
    /// The form's fields, all of which must be sent as they are.
    pub fields: BTreeMap<String, String>,
    /// When S3 stops taking it.
    pub expires_at: Timestamp,
}

/// Signs an upload. Pure: the same arguments give the same form.
///
/// # Errors
/// [`Error::Lifetime`] and [`Error::Size`] when the upload asks for more than is ever allowed; [`Error::Time`].
pub fn presign_post(
    credentials: &Credentials,
    address: &BucketAddress,
    upload: &Upload<'_>,
    now: Timestamp,
) -> Result<PresignedPost, Error> {
    if !(1..=MAX_UPLOAD_BYTES).contains(&upload.max_bytes) {
        return Err(Error::Size { asked: upload.max_bytes });
    }
    let expires_at = expiry(now, upload.lifetime, MAX_UPLOAD_LIFETIME)?;
    let scope = Scope::new(credentials, address.region(), now)?;

    let mut fields = BTreeMap::from([
        ("key", upload.key.to_owned()),
        ("Content-Type", upload.content_type.to_owned()),
        ("tagging", UNUSED_UPLOAD.to_owned()),
        ("x-amz-algorithm", ALGORITHM.to_owned()),
        ("x-amz-credential", scope.credential.clone()),
        ("x-amz-date", scope.amz_date.clone()),
    ]);
    if let Some(token) = &credentials.session_token {
        fields.insert("x-amz-security-token", token.clone());
    }
    let policy = policy(address.bucket(), upload.max_bytes, &fields, &utc("%Y-%m-%dT%H:%M:%SZ", expires_at)?);
    let policy = STANDARD.encode(policy.to_string());
    fields.insert("x-amz-signature", scope.sign(&[&policy]));
    fields.insert("policy", policy);

    Ok(PresignedPost {
        url: address.post_url(),
        fields: fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        expires_at,
    })
}

/// Every field is a condition that it is sent unchanged: S3 refuses a form with a field that the policy does not name.
fn policy(bucket: &str, max_bytes: u64, fields: &BTreeMap<&str, String>, expiration: &str) -> Value {
    let mut conditions = vec![json!({ "bucket": bucket }), json!(["content-length-range", 1, max_bytes])];
    conditions.extend(fields.iter().map(|(name, value)| json!({ *name: value })));
    json!({ "expiration": expiration, "conditions": conditions })
}
