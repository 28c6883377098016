//! The image bucket: originals are read, renditions written, and what no product needs is deleted with its versions.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_s3::{
    Client,
    config::timeout::TimeoutConfig,
    operation::{get_object::builders::GetObjectFluentBuilder, list_object_versions::ListObjectVersionsOutput},
    primitives::{ByteStream, ByteStreamError},
    types::{Delete, ObjectIdentifier},
};

pub use self::config::{BucketConfig, MissingBucket};
use self::error::from_sdk;
pub use self::error::{Action, Error};
use crate::RENDITION_CACHE_CONTROL;

mod config;
mod error;

/// How long one attempt may take. The largest upload takes a second or two; a hanging connection must not take the
/// function's whole time.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(15);

/// Some bytes of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// How many the whole object has.
    pub length: u64,
}

/// An object that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its version; none in a bucket that keeps no versions.
    pub version: Option<String>,
}

/// The image bucket. Cheap to clone; make it once, at cold start.
///
/// Reading needs `s3:GetObject` and `s3:GetObjectVersion`, and `s3:ListBucket` too: without it S3 answers 403 for a missing
/// key, and [`Error::Missing`] could not be told from a missing permission. Writing needs `s3:PutObject`, deleting
/// `s3:ListBucketVersions`, `s3:DeleteObject` and `s3:DeleteObjectVersion`, keeping an upload `s3:DeleteObjectTagging` and
/// `s3:DeleteObjectVersionTagging`.
#[derive(Debug, Clone)]
pub struct ImageBucket {
    client: Client,
    name: String,
}

impl ImageBucket {
    /// The bucket `name`. Where a custom endpoint is configured, the bucket is addressed by path, since no DNS name of
    /// its own leads there.
    pub fn from_config(config: &SdkConfig, name: impl Into<String>) -> Self {
        let timeouts = config.timeout_config().map_or_else(TimeoutConfig::builder, TimeoutConfig::to_builder);
        let config = aws_sdk_s3::config::Builder::from(config)
            .force_path_style(config.endpoint_url().is_some())
            .timeout_config(timeouts.operation_attempt_timeout(ATTEMPT_TIMEOUT).build())
            .build();
        Self::new(Client::from_conf(config), name)
    }

    /// The bucket `name`, reached by `client`.
    pub fn new(client: Client, name: impl Into<String>) -> Self {
        Self { client, name: name.into() }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The bytes of a version of an object, `max_bytes` at most; of the current one, if none is named.
    ///
    /// # Errors
    /// [`Error::Missing`] when there is none, [`Error::TooLarge`] when it is longer: then little of it was read.
    pub async fn get(&self, key: &str, version: Option<&str>, max_bytes: u64) -> Result<Vec<u8>, Error> {
        let object = self.reading(key, version).send().await.map_err(|e| from_sdk(Action::Get, key, e))?;
        read(key, object.content_length, object.body, max_bytes).await
    }

    /// The bytes `from..to` of a version of an object, or as many of them as it has.
    ///
    /// # Errors
    /// [`Error::Missing`] when there is no such object.
    pub async fn get_part(&self, key: &str, version: Option<&str>, from: u64, to: u64) -> Result<Part, Error> {
        let last = to.saturating_sub(1).max(from);
        let asked = self.reading(key, version).range(format!("bytes={from}-{last}")).send().await;
        let object = match asked.map_err(|e| from_sdk(Action::Get, key, e)) {
            Ok(object) => object,
            // Nothing can be asked for of an object that has nothing.
            Err(Error::BehindTheEnd { .. }) if from == 0 => return Ok(Part { bytes: Vec::new(), length: 0 }),
            Err(error) => return Err(error),
        };
        let length = object.content_range().and_then(|range| range.rsplit_once('/')?.1.parse().ok());
        if let Some(length) = length {
            let bytes = read(key, object.content_length, object.body, last - from + 1).await?;
            return Ok(Part { bytes, length });
        }
        // Whoever does not know ranges sends everything.
        let whole = object.content_length.and_then(|length| u64::try_from(length).ok());
        let mut bytes = read_start(key, object.body, last + 1).await?;
        let length = whole.unwrap_or(bytes.len() as u64);
        bytes.drain(..bytes.len().min(usize::try_from(from).unwrap_or(usize::MAX)));
        Ok(Part { bytes, length })
    }

    fn reading(&self, key: &str, version: Option<&str>) -> GetObjectFluentBuilder {
        self.client.get_object().bucket(&self.name).key(key).set_version_id(version.map(ToOwned::to_owned))
    }

    /// Takes the mark from an upload that would have it removed after a day: it has become an image.
    ///
    /// # Errors
    /// [`Error::Missing`] when there is none, [`Error::Unavailable`] or [`Error::Refused`].
    pub async fn keep_upload(&self, key: &str, version: Option<&str>) -> Result<(), Error> {
        let kept = self.client.delete_object_tagging().bucket(&self.name).key(key);
        let kept = kept.set_version_id(version.map(ToOwned::to_owned)).send().await;
        kept.map(|_| ()).map_err(|e| from_sdk(Action::Keep, key, e))
    }

    /// Stores a rendition, which browsers and CDNs may keep for good. Storing it again changes nothing.
    ///
    /// # Errors
    /// [`Error::Unavailable`] or [`Error::Refused`].
    pub async fn put_rendition(&self, key: &str, content_type: &str, bytes: Vec<u8>) -> Result<(), Error> {
        self.client
            .put_object()
            .bucket(&self.name)
            .key(key)
            .content_type(content_type)
            .cache_control(RENDITION_CACHE_CONTROL)
            .body(ByteStream::from(bytes))
            .send()
            .await
            .map_err(|e| from_sdk(Action::Put, key, e))?;
        Ok(())
    }

    /// The object at `key` as it is now, if there is one.
    ///
    /// # Errors
    /// [`Error::Unavailable`] or [`Error::Refused`].
    pub async fn find(&self, key: &str) -> Result<Option<Found>, Error> {
        let answer = self.client.head_object().bucket(&self.name).key(key).send().await;
        match answer.map_err(|e| from_sdk(Action::Head, key, e)) {
            Ok(found) => Ok(Some(Found { version: found.version_id })),
            Err(Error::Missing { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Deletes an object with all its versions and delete markers. What is already gone is gone: that is success.
    ///
    /// Answers how many versions and markers were deleted.
    ///
    /// # Errors
    /// [`Error::Unavailable`], [`Error::Refused`], or [`Error::NotDeleted`]. Asking again goes on where this stopped.
    pub async fn delete_object(&self, key: &str) -> Result<usize, Error> {
        self.delete_versions(key, |found| found == key).await
    }

    /// Deletes one version of an object. What is already gone is gone: that is success.
    ///
    /// # Errors
    /// [`Error::Unavailable`] or [`Error::Refused`].
    pub async fn delete_version(&self, key: &str, version: &str) -> Result<(), Error> {
        let deleted = self.client.delete_object().bucket(&self.name).key(key).version_id(version).send().await;
        deleted.map(|_| ()).map_err(|e| from_sdk(Action::Delete, key, e))
    }

    /// Deletes everything under a prefix, with all versions and delete markers, as [`Self::delete_object`] does.
    ///
    /// # Errors
    /// As [`Self::delete_object`]; and [`Error::NotAFolder`] when the prefix does not end in `/`, since
    /// `images/merchant_1` would take `images/merchant_10` with it.
    pub async fn delete_folder(&self, prefix: &str) -> Result<usize, Error> {
        if prefix.len() < 2 || !prefix.ends_with('/') {
            return Err(Error::NotAFolder { prefix: prefix.to_owned() });
        }
        self.delete_versions(prefix, |_| true).await
    }

    async fn delete_versions(&self, prefix: &str, wanted: impl Fn(&str) -> bool) -> Result<usize, Error> {
        let mut deleted = 0;
        let (mut after_key, mut after_version) = (None, None);
        loop {
            let mut page = self
                .client
                .list_object_versions()
                .bucket(&self.name)
                .prefix(prefix)
                .set_key_marker(after_key)
                .set_version_id_marker(after_version)
                .send()
                .await
                .map_err(|e| from_sdk(Action::ListVersions, prefix, e))?;
            (after_key, after_version) = (page.next_key_marker.take(), page.next_version_id_marker.take());
            let last = page.is_truncated != Some(true) || after_key.is_none();

            let versions: Vec<_> = versions_of(page).into_iter().filter(|version| wanted(version.key())).collect();
            if !versions.is_empty() {
                deleted += self.delete_batch(prefix, versions).await?;
            }
            if last {
                return Ok(deleted);
            }
        }
    }

    /// Deletes one page of versions: 1,000 at most, as many as one call takes.
    async fn delete_batch(&self, prefix: &str, versions: Vec<ObjectIdentifier>) -> Result<usize, Error> {
        let count = versions.len();
        let delete = Delete::builder().set_objects(Some(versions)).quiet(true).build().map_err(|e| Error::Refused {
            action: Action::Delete,
            key: prefix.to_owned(),
            source: e.into(),
        })?;
        let answer = self
            .client
            .delete_objects()
            .bucket(&self.name)
            .delete(delete)
            .send()
            .await
            .map_err(|e| from_sdk(Action::Delete, prefix, e))?;
        // The call succeeds even when some of its deletions do not.
        let left = answer.errors().iter().find(|error| error.code() != Some("NoSuchVersion"));
        match left {
            None => Ok(count),
            Some(left) => Err(Error::NotDeleted {
                key: left.key().unwrap_or(prefix).to_owned(),
                code: left.code().unwrap_or("unknown").to_owned(),
            }),
        }
    }
}

/// Reads a body that claims to have `declared` bytes.
async fn read(key: &str, declared: Option<i64>, mut body: ByteStream, max_bytes: u64) -> Result<Vec<u8>, Error> {
    let too_large = || Error::TooLarge { key: key.to_owned(), max_bytes };
    let declared = declared.and_then(|length| u64::try_from(length).ok());
    if declared.is_some_and(|length| length > max_bytes) {
        return Err(too_large());
    }
    let mut bytes = Vec::with_capacity(usize::try_from(declared.unwrap_or_default()).unwrap_or_default());
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|error| interrupted(key, error))?;
        // What was declared is not believed.
        if (bytes.len() + chunk.len()) as u64 > max_bytes {
            return Err(too_large());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// Reads the first bytes of a body, `most` at most, and leaves the rest.
async fn read_start(key: &str, mut body: ByteStream, most: u64) -> Result<Vec<u8>, Error> {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let mut bytes = Vec::new();
    while bytes.len() < most
        && let Some(chunk) = body.next().await
    {
        let chunk = chunk.map_err(|error| interrupted(key, error))?;
        bytes.extend_from_slice(&chunk[..chunk.len().min(most - bytes.len())]);
    }
    Ok(bytes)
}

fn interrupted(key: &str, error: ByteStreamError) -> Error {
    Error::Unavailable { action: Action::Get, key: key.to_owned(), source: error.into() }
}

/// Every version and every delete marker of a page.
fn versions_of(page: ListObjectVersionsOutput) -> Vec<ObjectIdentifier> {
    let versions = page.versions.unwrap_or_default().into_iter().map(|v| (v.key, v.version_id));
    let markers = page.delete_markers.unwrap_or_default().into_iter().map(|m| (m.key, m.version_id));
    versions
        .chain(markers)
        .filter_map(|(key, version)| {
            // A bucket without versions calls its only one "null".
            ObjectIdentifier::builder().key(key?).set_version_id(version).build().ok()
        })
        .collect()
}

#[cfg(test)]
mod tests;
