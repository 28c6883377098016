//! Signs what a browser may do with the image bucket, without a network call and without the S3 client.
//!
//! AWS Signature Version 4: <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>. Both
//! signatures share one key derivation, which is four lines of HMAC; boto3's answers are the golden vectors.

mod address;
mod post_policy;
mod presigned_get;
mod public_base;
mod sigv4;

#[cfg(test)]
mod golden;

pub use address::BucketAddress;
pub use post_policy::{MAX_UPLOAD_LIFETIME, PresignedPost, Upload, presign_post};
pub use presigned_get::{LinkSigner, MAX_DOWNLOAD_LIFETIME};
pub use public_base::PublicBase;
pub use sigv4::Credentials;

/// Why nothing was signed. Each is a mistake of the caller's or of the configuration: asking again does not help.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The signature would have lived for no time at all, or for longer than allowed.
    #[error("a signature may live 1 to {longest_seconds} seconds, not {asked_seconds}")]
    Lifetime {
        /// What was asked for, in seconds.
        asked_seconds: i64,
        /// The longest that is signed, in seconds.
        longest_seconds: i64,
    },
    /// The upload could have held no byte, or more than [`MAX_UPLOAD_BYTES`](crate::MAX_UPLOAD_BYTES).
    #[error("an upload may hold 1 to {} bytes, not {asked}", crate::MAX_UPLOAD_BYTES)]
    Size {
        /// What was asked for, in bytes.
        asked: u64,
    },
    /// The endpoint is not `http(s)://host[:port]`.
    #[error("the S3 endpoint {endpoint:?} is not http(s)://host[:port]")]
    Endpoint {
        /// What was configured.
        endpoint: String,
    },
    /// The date cannot be written in a signature (a year past 9999).
    #[error("the time of signing is out of range")]
    Time,
}
