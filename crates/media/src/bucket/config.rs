//! Which bucket.

/// Which bucket, read once at cold start.
#[derive(Debug, Clone)]
pub struct BucketConfig {
    /// `IMAGE_BUCKET`: the bucket's name.
    pub name: String,
}

/// `IMAGE_BUCKET` is not set.
#[derive(Debug, thiserror::Error)]
#[error("the environment variable IMAGE_BUCKET is not set")]
pub struct MissingBucket;

impl BucketConfig {
    /// Reads the variable that the field names.
    ///
    /// # Errors
    /// [`MissingBucket`] if it is not set.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the bucket's variable")]
    pub fn from_env() -> Result<Self, MissingBucket> {
        Ok(Self { name: std::env::var("IMAGE_BUCKET").map_err(|_| MissingBucket)? })
    }
}
