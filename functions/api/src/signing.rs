//! Signed uploads and links: made without a network call, and made anew whenever an answer is given again.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_sqs::config::{ProvideCredentials, SharedCredentialsProvider};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use tola_catalog::{ImageId, MerchantId, Timestamp};
use tola_media::{BucketAddress, Credentials, MAX_UPLOAD_BYTES, MAX_UPLOAD_LIFETIME, RENDITION_PREFIX, Upload};
use tola_media::{LinkSigner, PresignError, PublicBase, presign_post, upload_key};

use crate::error::ApiError;

/// How long a link to a rendition lives, at least: 2 hours.
const LINK_LIFETIME: Duration = Duration::from_secs(2 * 60 * 60);

/// Links are signed as of the last full hour, so that within it they stay the same and browsers need no second copy.
const LINK_STEP_MILLIS: i64 = 60 * 60 * 1_000;

/// Signs in the name of the function's role.
#[derive(Clone)]
pub struct Signing {
    credentials: SharedCredentialsProvider,
    address: Arc<BucketAddress>,
    /// Where everybody may read renditions: then no link to one is signed.
    public: Option<Arc<PublicBase>>,
    /// What signed the last links: within the hour the next ones are signed alike.
    links: Arc<Mutex<Option<Arc<LinkSigner>>>>,
}

/// Why nothing can be signed, for want of configuration.
#[derive(Debug, thiserror::Error)]
pub enum SigningError {
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

/// A moment's right to sign.
pub struct Signer {
    credentials: Credentials,
    address: Arc<BucketAddress>,
    links: RenditionLinks,
    now: Timestamp,
}

/// How a rendition is reached.
enum RenditionLinks {
    Public(Arc<PublicBase>),
    Signed(Arc<LinkSigner>),
}

/// A form that uploads one file.
#[derive(Debug, Serialize, JsonSchema)]
pub struct UploadForm {
    /// Where the form is posted to.
    url: String,
    /// Its fields, all of which come before the file.
    fields: std::collections::BTreeMap<String, String>,
    /// From when on storage does not take it any more.
    expires_at: Timestamp,
    /// A command that posts `photo.jpg` from the current folder.
    curl: String,
}

impl Signing {
    /// Signs for a bucket with what the SDK is configured with. Renditions need no signature if they are `public`.
    ///
    /// # Errors
    /// [`SigningError`] when credentials, region or endpoint are missing or can't be used.
    pub fn new(
        aws: &SdkConfig,
        bucket: &str,
        endpoint: Option<&str>,
        public: Option<PublicBase>,
    ) -> Result<Self, SigningError> {
        let credentials = aws.credentials_provider().ok_or(SigningError::NoCredentials)?;
        let region = aws.region().ok_or(SigningError::NoRegion)?;
        let address = Arc::new(BucketAddress::new(region.as_ref(), bucket, endpoint)?);
        Ok(Self { credentials, address, public: public.map(Arc::new), links: Arc::default() })
    }

    /// The right to sign now.
    ///
    /// # Errors
    /// 503 when the credentials can't be had; in a Lambda they are in its environment.
    pub async fn signer(&self, now: Timestamp) -> Result<Signer, ApiError> {
        let credentials = self.credentials.provide_credentials().await.map_err(ApiError::unavailable)?;
        let credentials = Credentials {
            access_key_id: credentials.access_key_id().to_owned(),
            secret_access_key: credentials.secret_access_key().to_owned(),
            session_token: credentials.session_token().map(ToOwned::to_owned),
        };
        let links = match &self.public {
            Some(base) => RenditionLinks::Public(base.clone()),
            None => RenditionLinks::Signed(self.links(&credentials, now)?),
        };
        Ok(Signer { credentials, address: self.address.clone(), links, now })
    }

    fn links(&self, credentials: &Credentials, now: Timestamp) -> Result<Arc<LinkSigner>, ApiError> {
        let as_of = media_time(now.as_millis().div_euclid(LINK_STEP_MILLIS) * LINK_STEP_MILLIS);
        let lifetime = LINK_LIFETIME + Duration::from_millis(LINK_STEP_MILLIS.unsigned_abs());
        let mut last = self.links.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(links) = last.as_ref().filter(|links| links.is_of(credentials, as_of)) {
            return Ok(links.clone());
        }
        let links = LinkSigner::new(credentials.clone(), (*self.address).clone(), lifetime, as_of);
        let links = Arc::new(links.map_err(ApiError::internal)?);
        *last = Some(links.clone());
        Ok(links)
    }
}

impl Signer {
    /// A link to a rendition.
    pub fn link(&self, key: &str) -> String {
        match &self.links {
            RenditionLinks::Public(base) => base.link(key),
            RenditionLinks::Signed(links) => links.link(key),
        }
    }

    /// A form that uploads an image's file, once it is filled with a file of the declared type.
    pub fn upload(&self, merchant: MerchantId, image: ImageId, content_type: &str) -> Result<UploadForm, ApiError> {
        let key = upload_key(&merchant.to_string(), &image.to_string());
        let upload = Upload { key: &key, content_type, max_bytes: MAX_UPLOAD_BYTES, lifetime: MAX_UPLOAD_LIFETIME };
        let now = media_time(self.now.as_millis());
        let form = presign_post(&self.credentials, &self.address, &upload, now).map_err(ApiError::internal)?;
        let curl = curl(&form.url, &form.fields, content_type);
        let expires_at = Timestamp::from_millis(form.expires_at.as_millisecond());
        Ok(UploadForm { url: form.url, fields: form.fields, expires_at, curl })
    }

    /// Signs an answer that was made, and is kept, unsigned: `upload`, and each rendition's `url`, at the places where our
    /// own views put them. Nothing that a merchant wrote is looked at.
    pub(crate) fn sign(&self, merchant: MerchantId, answer: &mut Value) -> Result<(), ApiError> {
        if let Some(upload) = answer.get_mut("upload") {
            let image = upload["image_id"].as_str().and_then(|id| ImageId::parse(id).ok());
            if let (Some(image), Some(content_type)) = (image, upload["content_type"].as_str()) {
                *upload =
                    serde_json::to_value(self.upload(merchant, image, content_type)?).map_err(ApiError::internal)?;
            }
        }
        if let Some(image) = answer.get_mut("image") {
            self.sign_renditions(merchant, image);
        }
        for image in answer.get_mut("images").and_then(Value::as_array_mut).into_iter().flatten() {
            self.sign_renditions(merchant, image);
        }
        Ok(())
    }

    fn sign_renditions(&self, merchant: MerchantId, image: &mut Value) {
        let own = format!("{RENDITION_PREFIX}{merchant}/");
        for rendition in image.get_mut("renditions").and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(key) = rendition["url"].as_str().filter(|key| key.starts_with(&own)) {
                rendition["url"] = self.link(key).into();
            }
        }
    }
}

/// How an answer shows its links.
#[derive(Clone, Copy)]
pub enum Links<'a> {
    /// Ready to use.
    Signed(&'a Signer),
    /// As keys: the answer is kept for those who repeat the request, and signed on its way out.
    Unsigned,
}

impl Links<'_> {
    /// The link to an object.
    pub(crate) fn to(self, key: &str) -> String {
        match self {
            Self::Signed(signer) => signer.link(key),
            Self::Unsigned => key.to_owned(),
        }
    }
}

fn media_time(millis: i64) -> jiff::Timestamp {
    jiff::Timestamp::from_millisecond(millis).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
}

fn curl(url: &str, fields: &std::collections::BTreeMap<String, String>, content_type: &str) -> String {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', r"'\''"));
    let extension = content_type.strip_prefix("image/").unwrap_or("bin").replace("jpeg", "jpg");
    let mut command = "curl -f".to_owned();
    for (name, value) in fields {
        // --form-string takes the value as it is; -F would read a leading @ or < as a file's name.
        command.push_str(&format!(" --form-string {}", quoted(&format!("{name}={value}"))));
    }
    command.push_str(&format!(" -F {} {}", quoted(&format!("file=@photo.{extension}")), quoted(url)));
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_can_be_pasted_whatever_the_fields_hold() {
        let fields = [("key".to_owned(), "it's".to_owned())].into();

        let command = curl("http://s3/b", &fields, "image/jpeg");

        assert_eq!(command, r"curl -f --form-string 'key=it'\''s' -F 'file=@photo.jpg' 'http://s3/b'");
    }
}
