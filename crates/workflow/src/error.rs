//! What can go wrong with executions.

/// A failure of Step Functions, or of the database on the way.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Step Functions did not answer, or throttled: trying again helps.
    #[error("Step Functions does not answer")]
    Unavailable(#[source] Box<aws_sdk_sfn::Error>),
    /// Step Functions refused.
    #[error("Step Functions refused")]
    Refused(#[source] Box<aws_sdk_sfn::Error>),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] tola_store::Error),
    /// An input can't be written as JSON.
    #[error("an execution's input can't be written")]
    Input(#[from] serde_json::Error),
    /// An operation is about nothing: its document is not what this version writes.
    #[error("the operation is about nothing that it names")]
    NoSubject,
}

impl Error {
    /// Whether trying again helps.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unavailable(_) => true,
            Self::Store(error) => error.is_transient(),
            Self::Refused(_) | Self::Input(_) | Self::NoSubject => false,
        }
    }
}

impl From<aws_sdk_sfn::Error> for Error {
    fn from(error: aws_sdk_sfn::Error) -> Self {
        use aws_sdk_sfn::error::ProvideErrorMetadata;
        // Without a code nobody answered: connecting, waiting or reading failed.
        let passing = match error.code() {
            None => true,
            Some(code) => ["Throttl", "TooManyRequests", "ServiceUnavailable", "InternalFailure", "InternalError"]
                .iter()
                .any(|part| code.contains(part)),
        };
        if passing { Self::Unavailable(Box::new(error)) } else { Self::Refused(Box::new(error)) }
    }
}
