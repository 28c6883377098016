//! What can go wrong with the bucket, and whether asking again may help.

use std::{error::Error as StdError, fmt};

use aws_sdk_s3::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
};

/// What was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Reading an object.
    Get,
    /// Storing an object.
    Put,
    /// Marking an object as one that stays.
    Keep,
    /// Looking whether an object is there.
    Head,
    /// Listing the versions of objects.
    ListVersions,
    /// Deleting versions.
    Delete,
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Get => "read",
            Self::Put => "store",
            Self::Keep => "keep",
            Self::Head => "look for",
            Self::ListVersions => "list the versions of",
            Self::Delete => "delete",
        })
    }
}

/// Why the bucket did not do what was asked. Texts name keys, never contents or credentials.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such object.
    #[error("there is no object {key}")]
    Missing {
        /// The object's.
        key: String,
    },
    /// A part was asked for that begins where the object has ended.
    #[error("the object {key} has no such part")]
    BehindTheEnd {
        /// The object's.
        key: String,
    },
    /// The object is longer than the caller takes.
    #[error("the object {key} has more than {max_bytes} bytes")]
    TooLarge {
        /// The object's.
        key: String,
        /// What the caller takes, in bytes.
        max_bytes: u64,
    },
    /// A folder's name must end in `/`, and not be the whole bucket's.
    #[error("{prefix:?} is not a folder: it must end in a slash")]
    NotAFolder {
        /// What was given.
        prefix: String,
    },
    /// Some versions stayed.
    #[error("could not delete {key}: {code}")]
    NotDeleted {
        /// The first one that stayed.
        key: String,
        /// S3's error code.
        code: String,
    },
    /// S3 was out of reach, out of order or busy, beyond the client's own attempts.
    #[error("could not {action} {key}: the bucket is not available")]
    Unavailable {
        /// What was tried.
        action: Action,
        /// With which object or prefix.
        key: String,
        /// What the client says.
        source: Box<dyn StdError + Send + Sync>,
    },
    /// S3 said no: a permission is missing, or the bucket.
    #[error("could not {action} {key}: the bucket refused")]
    Refused {
        /// What was tried.
        action: Action,
        /// With which object or prefix.
        key: String,
        /// What S3 says.
        source: Box<dyn StdError + Send + Sync>,
    },
}

impl Error {
    /// Whether the same call may succeed later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unavailable { .. } => true,
            Self::NotDeleted { code, .. } => is_transient_code(code),
            Self::Missing { .. }
            | Self::BehindTheEnd { .. }
            | Self::TooLarge { .. }
            | Self::NotAFolder { .. }
            | Self::Refused { .. } => false,
        }
    }
}

pub(super) fn from_sdk<E>(action: Action, key: &str, error: SdkError<E, HttpResponse>) -> Error
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    let key = key.to_owned();
    if is_missing(action, &error) {
        Error::Missing { key }
    } else if error.code() == Some("InvalidRange") {
        Error::BehindTheEnd { key }
    } else if is_transient(&error) {
        Error::Unavailable { action, key, source: error.into() }
    } else {
        Error::Refused { action, key, source: error.into() }
    }
}

/// A missing bucket is no missing object: it is a mistake in the configuration.
fn is_missing<E: ProvideErrorMetadata>(action: Action, error: &SdkError<E, HttpResponse>) -> bool {
    let SdkError::ServiceError(error) = error else {
        return false;
    };
    match action {
        Action::Get | Action::Keep => matches!(error.err().code(), Some("NoSuchKey" | "NoSuchVersion")),
        // An answer to HEAD has no body that could name the code.
        Action::Head => error.raw().status().as_u16() == 404,
        Action::Put | Action::ListVersions | Action::Delete => false,
    }
}

fn is_transient<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> bool {
    match error {
        SdkError::ServiceError(error) => {
            let status = error.raw().status().as_u16();
            status >= 500 || status == 429 || error.err().code().is_some_and(is_transient_code)
        }
        SdkError::TimeoutError(_) | SdkError::DispatchFailure(_) | SdkError::ResponseError(_) => true,
        // The request could not even be made.
        _ => false,
    }
}

/// S3 says some passing things with a 4xx, and in the items of a deletion there is only the code.
fn is_transient_code(code: &str) -> bool {
    matches!(
        code,
        "InternalError"
            | "OperationAborted"
            | "RequestTimeout"
            | "RequestTimeTooSkewed"
            | "ServiceUnavailable"
            | "SlowDown"
            | "ExpiredToken"
            | "Throttling"
            | "ThrottlingException"
    )
}
