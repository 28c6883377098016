//! An image: an aggregate of its own, from the promise of an upload to renditions or a reason why there are none.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::code;
use crate::event::{Aggregate, Event, EventKind, Origin};
use crate::id::{ImageId, MerchantId, OperationId};
use crate::operation::{Intent, OperationKind};
use crate::problem::{Problem, ProblemClass};
use crate::time::Timestamp;

/// How far an image has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ImageStatus {
    /// The merchant was given an upload URL.
    AwaitingUpload,
    /// The file has arrived and is being processed.
    Uploaded,
    /// It has renditions.
    Ready,
    /// It can't be used; `rejection` says why.
    Rejected,
    /// It is being deleted: nothing may refer to it any more.
    Purging,
}

/// The content types that an upload may declare.
pub const UPLOAD_TYPES: [&str; 4] = ["image/jpeg", "image/png", "image/webp", "image/gif"];

/// One size and format of an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rendition {
    /// Its name among the image's renditions, such as `640.webp`.
    pub name: String,
    /// Its media type.
    pub content_type: String,
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// Its size.
    pub bytes: u64,
    /// Where it lies in the image bucket.
    pub key: String,
}

/// What an upload turned out to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UploadedFile {
    /// Its media type, from its first bytes and not from what was declared.
    pub content_type: String,
    /// Pixels across, as it is meant to be looked at.
    pub width: u32,
    /// Pixels down, as it is meant to be looked at.
    pub height: u32,
    /// Its size.
    pub bytes: u64,
}

/// What a page shows in place of an image until that is loaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Placeholder {
    /// Its blurred colours, as a [BlurHash](https://blurha.sh).
    pub blurhash: String,
    /// The colour that most of it has, `#rrggbb`.
    pub colour: String,
}

/// An image of a merchant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// Its id.
    #[serde(rename = "_id")]
    pub id: ImageId,
    /// Whose it is.
    pub merchant_id: MerchantId,
    /// How far it has come.
    pub status: ImageStatus,
    /// The media type that the upload has to declare.
    pub declared_type: String,
    /// The version of the upload that counts: the first that was heard of. Whoever sends another file to the same form
    /// sends it in vain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upload_version: Option<String>,
    /// SHA-256 of the upload, in hexadecimal, since it was read for its renditions. They lie under it, and are this image's
    /// from then on, though another of the merchant's may have made them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_hash: Option<String>,
    /// What the upload turned out to be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<UploadedFile>,
    /// What stands in for it, once it is READY.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placeholder: Option<Placeholder>,
    /// Its sizes and formats, once it is READY.
    #[serde(default)]
    pub renditions: Vec<Rendition>,
    /// Why it is REJECTED.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejection: Option<Problem>,
    /// Whether its deletion can't be taken back any more: what belongs to it alone is going.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub going: bool,
    /// Operations that are to be started.
    #[serde(default)]
    pub intents: Vec<Intent>,
    /// The latest operation of each kind.
    #[serde(default)]
    pub last_operation: BTreeMap<OperationKind, OperationId>,
    /// How many events it has had.
    pub event_count: u64,
    /// Events that are not delivered yet.
    #[serde(default)]
    pub outbox: Vec<Event>,
    /// Since when the oldest of them waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outbox_due_at: Option<Timestamp>,
    /// Rises with every write.
    pub version: u64,
    /// When it was promised.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// Whether a change had anything to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Changed {
    /// There is something to write.
    Yes,
    /// It was so already.
    No,
}

impl Image {
    /// An image that waits for its upload.
    pub fn awaiting_upload(id: ImageId, merchant_id: MerchantId, declared_type: &str, now: Timestamp) -> Self {
        Self {
            id,
            merchant_id,
            status: ImageStatus::AwaitingUpload,
            declared_type: declared_type.to_owned(),
            upload_version: None,
            content_hash: None,
            file: None,
            placeholder: None,
            renditions: Vec::new(),
            rejection: None,
            going: false,
            intents: Vec::new(),
            last_operation: BTreeMap::new(),
            event_count: 0,
            outbox: Vec::new(),
            outbox_due_at: None,
            version: 1,
            created_at: now,
            updated_at: now,
        }
    }

    /// The file has arrived, as a version of the upload. A notification that is repeated, or that tells of another version,
    /// changes nothing.
    pub fn arrive(&mut self, version: Option<&str>, operation_id: OperationId, origin: &Origin) -> Changed {
        if self.status != ImageStatus::AwaitingUpload {
            return Changed::No;
        }
        self.status = ImageStatus::Uploaded;
        self.upload_version = version.map(ToOwned::to_owned);
        self.request_processing(operation_id, None, origin);
        Changed::Yes
    }

    /// Asks for the image to be processed, for the first time or once more.
    pub fn request_processing(&mut self, operation_id: OperationId, retry_of: Option<OperationId>, origin: &Origin) {
        self.intents.push(Intent {
            channels: Vec::new(),
            operation_id,
            kind: OperationKind::ProcessImage,
            requested_at: origin.now,
            requested_by: origin.actor.clone(),
            correlation_id: origin.correlation_id.clone(),
            retry_of,
        });
        self.last_operation.insert(OperationKind::ProcessImage, operation_id);
        self.touch(origin.now);
    }

    /// Makes what lies under a hash its own, before any of it is used or made. An image that has come to an end, or is being
    /// deleted, takes nothing any more.
    pub fn claim(&mut self, content_hash: &str, now: Timestamp) -> Changed {
        if self.status != ImageStatus::Uploaded || self.content_hash.as_deref() == Some(content_hash) {
            return Changed::No;
        }
        self.content_hash = Some(content_hash.to_owned());
        self.touch(now);
        Changed::Yes
    }

    /// Records what the file is and its renditions. An image that has come to an end keeps it.
    pub fn finish(
        &mut self,
        file: UploadedFile,
        placeholder: Placeholder,
        renditions: Vec<Rendition>,
        origin: &Origin,
    ) -> Changed {
        if self.status != ImageStatus::Uploaded {
            return Changed::No;
        }
        self.status = ImageStatus::Ready;
        let data = json!({
            "image_id": self.id,
            "content_hash": self.content_hash,
            "renditions": renditions.iter().map(|rendition| &rendition.name).collect::<Vec<_>>(),
        });
        self.file = Some(file);
        self.placeholder = Some(placeholder);
        self.renditions = renditions;
        self.emit(EventKind::ImageProcessed, data, origin);
        Changed::Yes
    }

    /// Nothing was uploaded in time, and the form has long expired.
    pub fn expire(&mut self, origin: &Origin) -> Changed {
        if self.status != ImageStatus::AwaitingUpload {
            return Changed::No;
        }
        self.status = ImageStatus::Uploaded;
        let code = code::IMAGE_NEVER_UPLOADED;
        self.reject(Problem::new(ProblemClass::Validation, code, code.cause), origin)
    }

    /// Records why the file can't be used. An image that has come to an end keeps it.
    pub fn reject(&mut self, rejection: Problem, origin: &Origin) -> Changed {
        if self.status != ImageStatus::Uploaded {
            return Changed::No;
        }
        self.status = ImageStatus::Rejected;
        let data = json!({ "image_id": self.id, "code": rejection.code, "message": rejection.message });
        self.rejection = Some(rejection);
        self.emit(EventKind::ImageRejected, data, origin);
        Changed::Yes
    }

    /// Marks it for deletion: from now on nothing may begin to refer to it.
    pub fn mark_purging(&mut self, now: Timestamp) -> Changed {
        if self.status == ImageStatus::Purging {
            return Changed::No;
        }
        self.status = ImageStatus::Purging;
        self.touch(now);
        Changed::Yes
    }

    /// Ends the time in which its deletion can be taken back.
    pub fn let_go(&mut self, now: Timestamp) -> Changed {
        if self.status != ImageStatus::Purging || self.going {
            return Changed::No;
        }
        self.going = true;
        self.touch(now);
        Changed::Yes
    }

    /// Takes its deletion back, since something refers to it: it stands again where it stood. One that was being
    /// processed is processed once more, by `operation_id`: what came of it meanwhile was passed over. Of one that is
    /// [let go](Self::let_go) something may be gone already.
    pub fn restore(&mut self, operation_id: OperationId, origin: &Origin) -> Changed {
        if self.status != ImageStatus::Purging || self.going {
            return Changed::No;
        }
        self.status = match (&self.file, &self.rejection, self.last_operation.is_empty()) {
            (Some(_), ..) => ImageStatus::Ready,
            (None, Some(_), _) => ImageStatus::Rejected,
            (None, None, true) => ImageStatus::AwaitingUpload,
            (None, None, false) => ImageStatus::Uploaded,
        };
        if self.status == ImageStatus::Uploaded {
            self.request_processing(operation_id, None, origin);
        } else {
            self.touch(origin.now);
        }
        Changed::Yes
    }

    fn emit(&mut self, kind: EventKind, data: serde_json::Value, origin: &Origin) {
        self.touch(origin.now);
        Aggregate {
            id: &self.id,
            merchant_id: self.merchant_id,
            event_count: &mut self.event_count,
            outbox: &mut self.outbox,
            outbox_due_at: &mut self.outbox_due_at,
        }
        .emit(kind, data, origin);
    }

    fn touch(&mut self, now: Timestamp) {
        self.version += 1;
        self.updated_at = now;
    }
}

#[cfg(test)]
mod tests {
    use ulid::Ulid;

    use super::*;
    use crate::event::Actor;

    fn origin() -> Origin {
        Origin {
            now: Timestamp::from_millis(1_000),
            actor: Actor::system("test"),
            correlation_id: "c".into(),
            cause: None,
        }
    }

    fn image() -> Image {
        let id = ImageId::new(Ulid::from_parts(1, 1));
        Image::awaiting_upload(id, MerchantId::new(Ulid::from_parts(1, 2)), "image/jpeg", origin().now)
    }

    fn file() -> UploadedFile {
        UploadedFile { content_type: "image/jpeg".into(), width: 4, height: 3, bytes: 9 }
    }

    fn placeholder() -> Placeholder {
        Placeholder { blurhash: "L00000fQfQfQfQfQfQfQfQfQfQfQ".into(), colour: "#000000".into() }
    }

    fn operation(n: u128) -> OperationId {
        OperationId::new(Ulid::from_parts(1, n))
    }

    #[test]
    fn a_notification_that_comes_twice_asks_for_one_operation() {
        let mut image = image();

        assert_eq!(image.arrive(Some("v1"), operation(1), &origin()), Changed::Yes);
        assert_eq!(image.arrive(Some("v2"), operation(2), &origin()), Changed::No);

        assert_eq!(image.intents.len(), 1);
        assert_eq!(image.upload_version.as_deref(), Some("v1"));
        assert_eq!(image.last_operation[&OperationKind::ProcessImage], operation(1));
    }

    #[test]
    fn a_deletion_that_is_taken_back_leaves_the_image_where_it_stood() {
        let rejection = Problem::new(ProblemClass::Validation, code::IMAGE_CORRUPT, "It is damaged.");
        let awaiting = image();
        let mut uploaded = image();
        let _ = uploaded.arrive(Some("v1"), operation(1), &origin());
        let (mut ready, mut rejected) = (uploaded.clone(), uploaded.clone());
        let _ = ready.finish(file(), placeholder(), vec![], &origin());
        let _ = rejected.reject(rejection, &origin());

        for before in [awaiting, uploaded, ready, rejected] {
            let mut image = before.clone();
            assert_eq!(image.restore(operation(9), &origin()), Changed::No, "nobody deletes it");
            let _ = image.mark_purging(origin().now);

            assert_eq!(image.restore(operation(9), &origin()), Changed::Yes);

            assert_eq!(image.status, before.status);
            assert!(image.version > before.version);
            let again = image.intents.iter().any(|intent| intent.operation_id == operation(9));
            assert_eq!(again, before.status == ImageStatus::Uploaded);
        }
    }

    #[test]
    fn what_is_let_go_comes_back_no_more() {
        let mut image = image();
        assert_eq!(image.let_go(origin().now), Changed::No, "nobody deletes it");
        let _ = image.mark_purging(origin().now);

        assert_eq!(image.let_go(origin().now), Changed::Yes);
        assert_eq!(image.let_go(origin().now), Changed::No);

        assert_eq!(image.restore(operation(9), &origin()), Changed::No);
        assert_eq!(image.status, ImageStatus::Purging);
    }

    #[test]
    fn renditions_are_claimed_while_they_are_made_and_at_no_other_time() {
        let mut image = image();
        assert_eq!(image.claim("ab", origin().now), Changed::No, "nothing has arrived yet");
        let _ = image.arrive(None, operation(1), &origin());

        assert_eq!(image.claim("ab", origin().now), Changed::Yes);
        assert_eq!(image.claim("ab", origin().now), Changed::No);
        let _ = image.mark_purging(origin().now);

        assert_eq!(image.claim("cd", origin().now), Changed::No);
        assert_eq!(image.content_hash.as_deref(), Some("ab"));
    }

    #[test]
    fn what_never_arrived_is_rejected_and_what_has_arrived_is_not() {
        let (mut image, mut arrived) = (image(), image());
        let _ = arrived.arrive(Some("v1"), operation(1), &origin());

        assert_eq!(image.expire(&origin()), Changed::Yes);
        assert_eq!(arrived.expire(&origin()), Changed::No);

        assert_eq!(image.rejection.as_ref().unwrap().code, "IMAGE_NEVER_UPLOADED");
        assert_eq!(image.arrive(Some("v2"), operation(2), &origin()), Changed::No);
    }

    #[test]
    fn the_first_end_of_an_image_is_its_end() {
        let mut image = image();
        let rejection = Problem::new(ProblemClass::Validation, code::IMAGE_CORRUPT, "It is damaged.");
        assert_eq!(image.finish(file(), placeholder(), vec![], &origin()), Changed::No, "nothing has arrived yet");
        let _ = image.arrive(Some("v1"), operation(1), &origin());

        assert_eq!(image.finish(file(), placeholder(), vec![], &origin()), Changed::Yes);
        assert_eq!(image.finish(file(), placeholder(), vec![], &origin()), Changed::No);
        assert_eq!(image.reject(rejection, &origin()), Changed::No);

        assert_eq!(image.status, ImageStatus::Ready);
        assert_eq!(image.outbox.iter().map(|event| event.sequence).collect::<Vec<_>>(), [1]);
    }
}
