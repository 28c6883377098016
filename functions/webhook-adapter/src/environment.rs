//! What the function is told by its environment, read once at cold start.

use tola_media::PublicBase;

use crate::target::Reach;

/// The adapter's own variables; the crates that it uses read theirs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// `SECRET_PREFIX`: what the names of the merchants' secrets begin with, such as `tola/dev/channels/`.
    pub secret_prefix: String,
    /// `ALLOW_PRIVATE_TARGETS`: `true` where receivers may be on the same machine, over plain HTTP.
    pub reach: Reach,
    /// Where receivers fetch images.
    pub images: ImageSource,
}

/// Where receivers fetch images.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImageSource {
    /// `IMAGE_BASE_URL`: where everybody may read them.
    Public(PublicBase),
    /// `IMAGE_BUCKET`, by signed links.
    Signed {
        /// The bucket.
        bucket: String,
        /// `PUBLIC_S3_ENDPOINT`: where S3 is reached, when it is not AWS's.
        endpoint: Option<String>,
    },
}

/// Why the adapter does not start.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvironmentError {
    /// A variable is not set.
    #[error("the environment variable {0} is not set")]
    Missing(&'static str),
    /// Merchants would read each other's secrets.
    #[error("SECRET_PREFIX ends with /")]
    OpenPrefix,
    /// `ALLOW_PRIVATE_TARGETS` is something else.
    #[error("ALLOW_PRIVATE_TARGETS is `true` or `false`, not `{0}`")]
    UnclearReach(String),
    /// `ALLOW_PRIVATE_TARGETS=true` opens our network to whoever connects a channel.
    #[error("ALLOW_PRIVATE_TARGETS=true opens our own network to merchants: STAGE=prod refuses it")]
    PrivateInProd,
    /// `IMAGE_BASE_URL` can't be the beginning of an image's URL.
    #[error("IMAGE_BASE_URL is an http(s) URL that ends with /, without query and fragment")]
    ImageBaseUrl,
}

impl Environment {
    /// Reads the variables that the fields name.
    ///
    /// # Errors
    /// [`EnvironmentError`] when one is missing, or their combination is refused.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the adapter's variables")]
    pub fn from_env() -> Result<Self, EnvironmentError> {
        Self::read(|name| std::env::var(name).ok())
    }

    fn read(variable: impl Fn(&'static str) -> Option<String>) -> Result<Self, EnvironmentError> {
        let optional = |name| variable(name).filter(|value| !value.is_empty());
        let required = |name| optional(name).ok_or(EnvironmentError::Missing(name));
        let stage = required("STAGE")?;
        let reach = match optional("ALLOW_PRIVATE_TARGETS").as_deref() {
            None | Some("false") => Reach::Public,
            Some("true") if stage == "prod" => return Err(EnvironmentError::PrivateInProd),
            Some("true") => Reach::Anywhere,
            Some(other) => return Err(EnvironmentError::UnclearReach(other.to_owned())),
        };
        let secret_prefix = required("SECRET_PREFIX")?;
        if !secret_prefix.ends_with('/') {
            return Err(EnvironmentError::OpenPrefix);
        }
        let images = match optional("IMAGE_BASE_URL") {
            Some(base) => ImageSource::Public(PublicBase::parse(&base).ok_or(EnvironmentError::ImageBaseUrl)?),
            None => ImageSource::Signed { bucket: required("IMAGE_BUCKET")?, endpoint: optional("PUBLIC_S3_ENDPOINT") },
        };
        Ok(Self { secret_prefix, reach, images })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(changes: &[(&str, &str)]) -> Result<Environment, EnvironmentError> {
        let usual = [("STAGE", "dev"), ("SECRET_PREFIX", "tola/dev/channels/"), ("IMAGE_BUCKET", "b")];
        let find = |pairs: &[(&str, &str)], name| pairs.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
        Environment::read(|name| find(changes, name).or_else(|| find(&usual, name)))
    }

    #[test]
    fn private_targets_are_refused_unless_somebody_says_so() {
        assert_eq!(read(&[]).unwrap().reach, Reach::Public);
        assert_eq!(read(&[("ALLOW_PRIVATE_TARGETS", "false")]).unwrap().reach, Reach::Public);
        assert_eq!(read(&[("ALLOW_PRIVATE_TARGETS", "true")]).unwrap().reach, Reach::Anywhere);
        assert_eq!(read(&[("ALLOW_PRIVATE_TARGETS", "true"), ("STAGE", "prod")]), Err(EnvironmentError::PrivateInProd));
        assert_eq!(read(&[("ALLOW_PRIVATE_TARGETS", "yes")]), Err(EnvironmentError::UnclearReach("yes".into())));
    }

    #[test]
    fn images_are_public_or_signed() {
        let signed = ImageSource::Signed { bucket: "b".into(), endpoint: None };
        assert_eq!(read(&[]).unwrap().images, signed);
        let public = read(&[("IMAGE_BASE_URL", "https://cdn.example/"), ("IMAGE_BUCKET", "")]).unwrap();
        assert!(matches!(public.images, ImageSource::Public(_)));
        assert_eq!(read(&[("IMAGE_BASE_URL", "cdn.example")]), Err(EnvironmentError::ImageBaseUrl));
        assert_eq!(read(&[("IMAGE_BUCKET", "")]), Err(EnvironmentError::Missing("IMAGE_BUCKET")));
    }

    #[test]
    fn what_is_missing_is_named() {
        assert_eq!(read(&[("STAGE", "")]), Err(EnvironmentError::Missing("STAGE")));
        assert_eq!(read(&[("SECRET_PREFIX", "")]), Err(EnvironmentError::Missing("SECRET_PREFIX")));
        assert_eq!(read(&[("SECRET_PREFIX", "tola/dev")]), Err(EnvironmentError::OpenPrefix));
    }
}
