//! What the API is told by its environment, read once at cold start.

use std::time::Duration;

use tola_catalog::quota::Quota;
use tola_media::PublicBase;

use crate::identity::AuthMode;

/// The shortest key that signs cursors, in bytes: that of the hash behind it.
const MIN_CURSOR_KEY: usize = 32;

/// The API's own variables; the crates that it uses read theirs.
#[derive(Clone)]
pub struct ApiConfig {
    /// `AUTH_MODE`: how the API learns who calls: `cognito`, or for development `header`.
    pub auth: AuthMode,
    /// `CURSOR_KEY`: signs cursors; 32 bytes at least.
    pub cursor_key: String,
    /// `IMAGE_BUCKET`: where uploads go.
    pub image_bucket: String,
    /// `IMAGE_BASE_URL`: where everybody may read renditions; without it, links to them are signed.
    pub image_base: Option<PublicBase>,
    /// `PUBLIC_S3_ENDPOINT`: where clients reach S3, when it is not AWS's.
    pub public_s3_endpoint: Option<String>,
    /// `ADAPTER_PREFIX`: what the names of the adapters' functions begin with.
    pub adapter_prefix: String,
    /// `RECONCILE_EVERY_MINUTES`: how often each channel is held against what it should have.
    pub reconcile_every: Duration,
    /// `WRITES_PER_SECOND`, 1 to 1,000, and `WRITE_BURST`, 1 to 1,000,000: how much each merchant may write.
    pub writes: Quota,
    /// `EVENTS_QUEUE_URL`: the queue of catalog events, which `GET /v1/health` looks at.
    pub events_queue_url: String,
}

/// Why the API does not start.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A variable is not set.
    #[error("the environment variable {0} is not set")]
    Missing(&'static str),
    /// `AUTH_MODE` is something else.
    #[error("AUTH_MODE is `cognito`, or for development `header`, and not `{0}`")]
    UnknownAuthMode(String),
    /// `AUTH_MODE=header` believes whatever a client says of itself.
    #[error("AUTH_MODE=header believes whatever a client says of itself: STAGE=prod refuses it")]
    HeaderInProd,
    /// `IMAGE_BASE_URL` can't be the beginning of an image's URL.
    #[error("IMAGE_BASE_URL is an http(s) URL that ends with /, without query and fragment")]
    ImageBaseUrl,
    /// `RECONCILE_EVERY_MINUTES` is no period.
    #[error("RECONCILE_EVERY_MINUTES is not a number of minutes from 1 on")]
    NoPeriod,
    /// `WRITES_PER_SECOND` or `WRITE_BURST` is no quota.
    #[error("{0} is not a number that a quota can have")]
    NoQuota(&'static str),
    /// `CURSOR_KEY` is too short to sign anything.
    #[error("CURSOR_KEY has to have {MIN_CURSOR_KEY} bytes at least")]
    ShortCursorKey,
}

impl ApiConfig {
    /// Reads the variables that the fields name.
    ///
    /// # Errors
    /// [`ConfigError`] when one is missing, or their combination is refused.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the API's variables")]
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::read(|name| std::env::var(name).ok())
    }

    fn read(variable: impl Fn(&'static str) -> Option<String>) -> Result<Self, ConfigError> {
        let optional = |name| variable(name).filter(|value| !value.is_empty());
        let required = |name| optional(name).ok_or(ConfigError::Missing(name));
        let auth = match (required("AUTH_MODE")?.as_str(), required("STAGE")?.as_str()) {
            ("header", "prod") => return Err(ConfigError::HeaderInProd),
            ("header", _) => AuthMode::Header,
            ("cognito", _) => AuthMode::Cognito,
            (other, _) => return Err(ConfigError::UnknownAuthMode(other.to_owned())),
        };
        let cursor_key = required("CURSOR_KEY")?;
        if cursor_key.len() < MIN_CURSOR_KEY {
            return Err(ConfigError::ShortCursorKey);
        }
        let minutes = required("RECONCILE_EVERY_MINUTES")?.parse::<u32>().ok().filter(|minutes| *minutes > 0);
        let minutes = u64::from(minutes.ok_or(ConfigError::NoPeriod)?);
        let number = |name, most| {
            let number = required(name)?.parse::<u32>().ok().filter(|number| (1..=most).contains(number));
            number.ok_or(ConfigError::NoQuota(name))
        };
        let writes =
            Quota { burst: number("WRITE_BURST", 1_000_000)?, per_second: number("WRITES_PER_SECOND", 1_000)? };
        let image_base =
            optional("IMAGE_BASE_URL").map(|base| PublicBase::parse(&base).ok_or(ConfigError::ImageBaseUrl));
        Ok(Self {
            auth,
            image_base: image_base.transpose()?,
            cursor_key,
            image_bucket: required("IMAGE_BUCKET")?,
            public_s3_endpoint: optional("PUBLIC_S3_ENDPOINT"),
            adapter_prefix: required("ADAPTER_PREFIX")?,
            writes,
            reconcile_every: Duration::from_secs(60 * minutes),
            events_queue_url: required("EVENTS_QUEUE_URL")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(changes: &[(&str, &str)]) -> Result<AuthMode, ConfigError> {
        let key = "k".repeat(32);
        let usual = [
            ("AUTH_MODE", "header"),
            ("STAGE", "dev"),
            ("CURSOR_KEY", &*key),
            ("IMAGE_BUCKET", "b"),
            ("EVENTS_QUEUE_URL", "u"),
            ("ADAPTER_PREFIX", "tola-dev-"),
            ("RECONCILE_EVERY_MINUTES", "360"),
            ("WRITES_PER_SECOND", "25"),
            ("WRITE_BURST", "250"),
        ];
        let find = |pairs: &[(&str, &str)], name| pairs.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
        ApiConfig::read(|name| find(changes, name).or_else(|| find(&usual, name))).map(|config| config.auth)
    }

    #[test]
    fn combinations_are_checked_before_the_first_request() {
        assert_eq!(read(&[]), Ok(AuthMode::Header));
        assert_eq!(read(&[("STAGE", "prod")]), Err(ConfigError::HeaderInProd));
        assert_eq!(read(&[("AUTH_MODE", "cognito"), ("STAGE", "prod")]), Ok(AuthMode::Cognito));
        assert_eq!(read(&[("AUTH_MODE", "none")]), Err(ConfigError::UnknownAuthMode("none".into())));
        assert_eq!(read(&[("CURSOR_KEY", "short")]), Err(ConfigError::ShortCursorKey));
        assert_eq!(read(&[("IMAGE_BASE_URL", "https://cdn.example/")]), Ok(AuthMode::Header));
        assert_eq!(read(&[("IMAGE_BASE_URL", "cdn.example")]), Err(ConfigError::ImageBaseUrl));
        assert_eq!(read(&[("RECONCILE_EVERY_MINUTES", "0")]), Err(ConfigError::NoPeriod));
        assert_eq!(read(&[("WRITE_BURST", "0")]), Err(ConfigError::NoQuota("WRITE_BURST")));
        assert_eq!(read(&[("WRITES_PER_SECOND", "1001")]), Err(ConfigError::NoQuota("WRITES_PER_SECOND")));
        assert_eq!(read(&[("IMAGE_BUCKET", "")]), Err(ConfigError::Missing("IMAGE_BUCKET")));
    }
}
