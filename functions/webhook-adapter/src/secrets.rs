//! Where the merchants' secrets lie: Secrets Manager, below a prefix and the merchant's id, so that a merchant can name
//! nobody else's. What was read is kept for minutes, in memory.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueError;
use futures::future::BoxFuture;
use tola_catalog::{Channel, Problem, ProblemClass, Timestamp};
use tola_channel::{Failure, code};

use crate::signature::SigningKeys;

/// How long a secret is used before it is read again.
pub const KEPT_FOR: Duration = Duration::from_secs(5 * 60);

/// How many channels' secrets are kept; beyond that, all are read again.
const MAX_KEPT: usize = 1_000;

/// The longest name of a secret, in bytes.
const MAX_NAME: usize = 64;

/// How long Secrets Manager may take, with its retries.
const READ_TIMEOUT: Duration = Duration::from_secs(5);

/// A store of secrets.
pub trait Secrets: Send + Sync + 'static {
    /// What the secret of that full name holds now.
    fn read(&self, name: &str) -> impl Future<Output = Result<SecretText, SecretError>> + Send;
}

/// What a secret holds.
#[derive(Clone)]
pub struct SecretText(String);

impl SecretText {
    /// Wraps it.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

/// It is not printed.
impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText(…)")
    }
}

/// Why a secret can't be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// There is none, or it is being deleted.
    #[error("there is no such secret")]
    Missing,
    /// We may not read it, or it holds no text.
    #[error("the secret can't be read: {0}")]
    Unreadable(String),
    /// The store does not answer; trying again helps.
    #[error("the store of secrets does not answer: {0}")]
    Unavailable(String),
}

/// Secrets Manager.
#[derive(Debug, Clone)]
pub struct SecretsManager {
    client: Client,
}

impl SecretsManager {
    /// The secrets of the account and region of `aws`.
    pub fn new(aws: &SdkConfig) -> Self {
        let config = aws_sdk_secretsmanager::config::Builder::from(aws)
            .timeout_config(TimeoutConfig::builder().operation_timeout(READ_TIMEOUT).build());
        Self { client: Client::from_conf(config.build()) }
    }
}

impl Secrets for SecretsManager {
    async fn read(&self, name: &str) -> Result<SecretText, SecretError> {
        let secret = self.client.get_secret_value().secret_id(name).send().await.map_err(unread)?;
        secret.secret_string.map(SecretText).ok_or_else(|| SecretError::Unreadable("it holds no text".to_owned()))
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is what map_err hands over")]
fn unread(error: SdkError<GetSecretValueError>) -> SecretError {
    let code = error.code().unwrap_or_default().to_owned();
    match error.as_service_error() {
        Some(GetSecretValueError::ResourceNotFoundException(_) | GetSecretValueError::InvalidRequestException(_)) => {
            SecretError::Missing
        }
        Some(GetSecretValueError::DecryptionFailure(_) | GetSecretValueError::InvalidParameterException(_)) => {
            SecretError::Unreadable(code)
        }
        _ if code == "AccessDeniedException" => SecretError::Unreadable(code),
        _ => SecretError::Unavailable(tola_step::chain(&error)),
    }
}

/// The keys that channels sign with, kept for a while.
pub(crate) struct KeyRing<S> {
    secrets: S,
    prefix: String,
    kept: Mutex<HashMap<String, Kept>>,
}

struct Kept {
    keys: SigningKeys,
    read_at: Timestamp,
}

impl<S: Secrets> KeyRing<S> {
    pub(crate) fn new(secrets: S, prefix: String) -> Self {
        Self { secrets, prefix, kept: Mutex::default() }
    }

    /// The keys of a channel, and whether they were read just now.
    pub(crate) async fn keys(&self, channel: &Channel, now: Timestamp) -> Result<(SigningKeys, bool), Failure> {
        let name = self.name(channel)?;
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(&name).and_then(|kept| {
            // A clock that was put back does not make a secret last longer.
            let fresh = kept.read_at <= now && now.since(kept.read_at) < KEPT_FOR;
            fresh.then(|| kept.keys.clone())
        });
        match kept {
            Some(keys) => Ok((keys, false)),
            None => Ok((self.reread(channel, now).await?, true)),
        }
    }

    /// The keys of a channel as they are now.
    pub(crate) async fn reread(&self, channel: &Channel, now: Timestamp) -> Result<SigningKeys, Failure> {
        let name = self.name(channel)?;
        // Boxed, since the futures of AWS calls nest deeper than the compiler follows a layout.
        let read: BoxFuture<'_, _> = Box::pin(self.secrets.read(&name));
        let read = read.await;
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let keys = read.map_err(|error| unusable(&name, &error)).and_then(|text| {
            SigningKeys::parse(&text.0).map_err(|error| broken(&name, format!("The secret {name} is {error}.")))
        });
        match keys {
            Ok(keys) => {
                if kept.len() >= MAX_KEPT {
                    kept.clear();
                }
                kept.insert(name, Kept { keys: keys.clone(), read_at: now });
                Ok(keys)
            }
            Err(failure) => {
                kept.remove(&name);
                Err(failure)
            }
        }
    }

    /// The full name of a channel's secret: of the merchant's own, the one that the channel names, or else the one of the
    /// channel's name.
    fn name(&self, channel: &Channel) -> Result<String, Failure> {
        let name = channel.secret.as_deref().unwrap_or(channel.id.as_str());
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
        if !(1..=MAX_NAME).contains(&name.len()) || !name.bytes().all(plain) {
            // Not repeated: somebody may have put the secret itself there.
            let message = "The name of the channel's secret has 1 to 64 letters, digits, or _ . -";
            return Err(Failure::Refused(Problem::new(ProblemClass::Validation, code::CHANNEL_MISCONFIGURED, message)));
        }
        Ok(format!("{}{}/{name}", self.prefix, channel.merchant_id))
    }
}

fn unusable(name: &str, error: &SecretError) -> Failure {
    match error {
        SecretError::Missing => broken(name, format!("There is no secret {name}.")),
        SecretError::Unreadable(cause) => {
            tracing::warn!(secret.name = name, error = cause, "a secret can't be read");
            broken(name, format!("The secret {name} can't be read."))
        }
        SecretError::Unavailable(cause) => Failure::Transient(format!("the secret {name} could not be read: {cause}")),
    }
}

/// Nothing can be signed with the channel's secret.
fn broken(name: &str, message: String) -> Failure {
    let mut problem = Problem::new(ProblemClass::Auth, code::CHANNEL_AUTH_BROKEN, message);
    problem.remedy = format!(
        "Store `whsec_` and 24 to 64 bytes in base64 under {name} in Secrets Manager, then connect the channel again, with \
         PUT /v1/channels/{{id}}, and publish again."
    );
    Failure::Refused(problem)
}

#[cfg(test)]
mod tests {
    use aws_sdk_secretsmanager::config::http::HttpResponse;
    use aws_sdk_secretsmanager::config::retry::RetryConfig;
    use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueOutput;
    use aws_sdk_secretsmanager::primitives::Blob;
    use aws_sdk_secretsmanager::types::error::{InvalidRequestException, ResourceNotFoundException};
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};

    use super::*;

    async fn read(rule: &Rule) -> Result<SecretText, SecretError> {
        let client = mock_client!(aws_sdk_secretsmanager, RuleMode::Sequential, [rule], |config| {
            config.retry_config(RetryConfig::disabled())
        });
        SecretsManager { client }.read("tola/dev/channels/m/shop").await
    }

    fn answered(status: u16, body: &'static str) -> Rule {
        mock!(Client::get_secret_value)
            .then_http_response(move || HttpResponse::new(status.try_into().unwrap(), body.into()))
    }

    #[tokio::test]
    async fn a_secret_is_read_by_its_full_name() {
        let rule = mock!(Client::get_secret_value)
            .match_requests(|request| request.secret_id() == Some("tola/dev/channels/m/shop"))
            .then_output(|| GetSecretValueOutput::builder().secret_string("hunter2").build());

        let text = read(&rule).await.unwrap();

        assert_eq!(text.0, "hunter2");
        assert_eq!(format!("{text:?}"), "SecretText(…)");
    }

    #[tokio::test]
    async fn one_that_is_not_there_is_missing() {
        let none = mock!(Client::get_secret_value).then_error(|| {
            GetSecretValueError::ResourceNotFoundException(ResourceNotFoundException::builder().build())
        });
        assert_eq!(read(&none).await.unwrap_err(), SecretError::Missing);

        // Marked for deletion.
        let going = mock!(Client::get_secret_value)
            .then_error(|| GetSecretValueError::InvalidRequestException(InvalidRequestException::builder().build()));
        assert_eq!(read(&going).await.unwrap_err(), SecretError::Missing);
    }

    #[tokio::test]
    async fn one_that_we_may_not_read_is_unreadable() {
        let denied = answered(400, r#"{"__type": "AccessDeniedException", "Message": "not authorized"}"#);
        assert_eq!(read(&denied).await.unwrap_err(), SecretError::Unreadable("AccessDeniedException".into()));

        let binary = mock!(Client::get_secret_value)
            .then_output(|| GetSecretValueOutput::builder().secret_binary(Blob::new(b"hunter2")).build());
        let error = read(&binary).await.unwrap_err();
        assert_eq!(error, SecretError::Unreadable("it holds no text".into()));
    }

    #[tokio::test]
    async fn a_store_that_fails_is_asked_again_later() {
        for rule in [answered(500, "{}"), answered(400, r#"{"__type": "ThrottlingException"}"#)] {
            assert!(matches!(read(&rule).await, Err(SecretError::Unavailable(_))));
        }
    }
}
