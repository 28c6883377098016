//! Where receivers fetch images: by a public URL, or by links that are signed for a while.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_secretsmanager::config::{ProvideCredentials, SharedCredentialsProvider};
use tola_catalog::Timestamp;
use tola_channel::Failure;
use tola_media::{BucketAddress, Credentials, LinkSigner, PresignError, PublicBase};

use crate::environment::ImageSource;

/// How long a signed link lives; less, when the credentials of the function's role end before.
const LINK_LIFETIME: Duration = Duration::from_secs(12 * 60 * 60);

/// Makes the keys of images into URLs.
#[derive(Clone)]
pub struct Images(Source);

#[derive(Clone)]
enum Source {
    Public(PublicBase),
    Signed { credentials: SharedCredentialsProvider, address: BucketAddress },
}

/// Why no image can have an URL.
#[derive(Debug, thiserror::Error)]
pub enum ImagesError {
    /// There are no credentials, and so nothing to sign with.
    #[error("the AWS configuration has no credentials")]
    NoCredentials,
    /// A signature names its region.
    #[error("the AWS configuration has no region")]
    NoRegion,
    /// The endpoint can't be used.
    #[error(transparent)]
    Address(#[from] PresignError),
}

/// Links as of one moment.
pub(crate) enum Links<'a> {
    Public(&'a PublicBase),
    Signed(Box<LinkSigner>),
}

impl Images {
    /// Images of `source`; links are signed with what the SDK is configured with.
    ///
    /// # Errors
    /// [`ImagesError`] when credentials, region or endpoint are missing or can't be used.
    pub fn new(aws: &SdkConfig, source: ImageSource) -> Result<Self, ImagesError> {
        Ok(Self(match source {
            ImageSource::Public(base) => Source::Public(base),
            ImageSource::Signed { bucket, endpoint } => {
                let credentials = aws.credentials_provider().ok_or(ImagesError::NoCredentials)?;
                let region = aws.region().ok_or(ImagesError::NoRegion)?;
                let address = BucketAddress::new(region.as_ref(), &bucket, endpoint.as_deref())?;
                Source::Signed { credentials, address }
            }
        }))
    }

    /// Links as of `now`.
    pub(crate) async fn links(&self, now: Timestamp) -> Result<Links<'_>, Failure> {
        let (credentials, address) = match &self.0 {
            Source::Public(base) => return Ok(Links::Public(base)),
            Source::Signed { credentials, address } => (credentials, address.clone()),
        };
        let failed = |error: &dyn std::error::Error| Failure::Transient(format!("images can't be signed: {error}"));
        let credentials = credentials.provide_credentials().await.map_err(|error| failed(&error))?;
        let credentials = Credentials {
            access_key_id: credentials.access_key_id().to_owned(),
            secret_access_key: credentials.secret_access_key().to_owned(),
            session_token: credentials.session_token().map(ToOwned::to_owned),
        };
        let now = jiff::Timestamp::from_millisecond(now.as_millis()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        let signer = LinkSigner::new(credentials, address, LINK_LIFETIME, now).map_err(|error| failed(&error))?;
        Ok(Links::Signed(Box::new(signer)))
    }
}

impl Links<'_> {
    /// The URL of an object.
    pub(crate) fn link(&self, key: &str) -> String {
        match self {
            Self::Public(base) => base.link(key),
            Self::Signed(signer) => signer.link(key),
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_config::Region;
    use aws_sdk_secretsmanager::config::Credentials as AwsCredentials;

    use super::*;

    #[tokio::test]
    async fn another_image_is_signed() {
        let credentials = AwsCredentials::new("AKIA", "hidden", Some("token".into()), None, "test");
        let aws = SdkConfig::builder()
            .region(Region::new("eu-west-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .build();
        let images = Images::new(&aws, ImageSource::Signed { bucket: "b".into(), endpoint: None }).unwrap();

        let link = images.links(Timestamp::from_millis(0)).await.unwrap().link("images/m/ab/320.jpg");

        assert!(link.starts_with("https://b.s3.eu-west-1.amazonaws.com/images/m/ab/320.jpg?"), "{link}");
        assert!(link.contains("X-Amz-Expires=43200") && link.contains("X-Amz-Signature="), "{link}");
        assert!(!link.contains("hidden"));
    }
}
