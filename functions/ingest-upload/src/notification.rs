//! What S3 says of uploads, directly or in an envelope of SNS.

use aws_lambda_events::sqs::SqsMessage;
use serde::Deserialize;
use serde_json::Value;
use tola_catalog::{ImageId, MerchantId};
use tola_contracts::{StepError, StepErrorKind};
use tola_media::{UPLOAD_PREFIX, upload_key};
use tola_step::batch;

/// An upload: whose, and which image's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// Whose it is.
    pub merchant_id: MerchantId,
    /// Which image it is the file of.
    pub image_id: ImageId,
    /// Which version of the object it is; none in a bucket that keeps no versions.
    pub version: Option<String>,
}

#[derive(Deserialize)]
struct Envelope {
    #[serde(rename = "Message")]
    message: String,
}

#[derive(Deserialize)]
struct Notification {
    #[serde(rename = "Records")]
    records: Vec<Record>,
}

#[derive(Deserialize)]
struct Record {
    s3: Entity,
}

#[derive(Deserialize)]
struct Entity {
    object: Object,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Object {
    key: String,
    #[serde(default)]
    version_id: Option<String>,
}

/// The uploads that a message tells of; none for the test event that S3 sends when notifications are set up.
///
/// # Errors
/// [`StepErrorKind::InvalidInput`] for anything else: it goes to the dead-letter queue, where somebody can look at it.
pub fn uploads(message: &SqsMessage) -> Result<Vec<Upload>, StepError> {
    let mut body: Value = batch::body(message)?;
    if let Ok(Envelope { message }) = serde_json::from_value(body.clone()) {
        body = serde_json::from_str(&message).map_err(|_| wrong("the message in the envelope is not JSON"))?;
    }
    if body.get("Event").and_then(Value::as_str) == Some("s3:TestEvent") {
        return Ok(Vec::new());
    }
    let notification: Notification =
        serde_json::from_value(body).map_err(|error| wrong(&format!("this is no notification of S3: {error}")))?;
    notification.records.iter().map(|record| upload(&record.s3.object)).collect()
}

/// Reads a key as S3 writes it into notifications: form-encoded.
fn upload(Object { key, version_id }: &Object) -> Result<Upload, StepError> {
    let spaced = key.replace('+', " ");
    let key = percent_encoding::percent_decode_str(&spaced).decode_utf8_lossy();
    let parts = key.strip_prefix(UPLOAD_PREFIX).and_then(|rest| rest.split_once('/'));
    parts
        .and_then(|(merchant, image)| {
            let (merchant_id, image_id) = (MerchantId::parse(merchant).ok()?, ImageId::parse(image).ok()?);
            Some(Upload { merchant_id, image_id, version: version_id.clone() })
        })
        .ok_or_else(|| {
            wrong(&format!("{key} is not the key of an upload, such as {}", upload_key("merchant_…", "image_…")))
        })
}

fn wrong(what: &str) -> StepError {
    StepError::new(StepErrorKind::InvalidInput, what)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const MERCHANT: &str = "merchant_01JD0000000000000000000001";
    const IMAGE: &str = "image_01JD0000000000000000000002";

    fn message(body: &Value) -> SqsMessage {
        let mut message = SqsMessage::default();
        message.body = Some(body.to_string());
        message
    }

    fn notification(key: &str) -> Value {
        json!({ "Records": [{ "eventName": "ObjectCreated:Post", "s3": { "object": { "key": key, "size": 1, "versionId": "v1" } } }] })
    }

    #[test]
    fn a_notification_is_read_with_and_without_its_envelope() {
        let plain = notification(&format!("uploads/{MERCHANT}/{IMAGE}"));
        let wrapped = json!({ "Type": "Notification", "Message": plain.to_string() });

        for body in [plain, wrapped, notification(&format!("uploads/{MERCHANT}%2F{IMAGE}"))] {
            let found = uploads(&message(&body)).unwrap();
            assert_eq!(found.len(), 1);
            assert_eq!(found[0].image_id.to_string(), IMAGE);
            assert_eq!(found[0].version.as_deref(), Some("v1"));
        }
    }

    #[test]
    fn the_test_event_is_no_upload() {
        assert_eq!(uploads(&message(&json!({ "Service": "Amazon S3", "Event": "s3:TestEvent" }))).unwrap(), []);
    }

    #[test]
    fn anything_else_is_poison() {
        for body in
            [json!("text"), json!({}), json!({ "Message": "no json" }), notification("uploads/x/y"), notification("x")]
        {
            assert_eq!(uploads(&message(&body)).unwrap_err().kind, StepErrorKind::InvalidInput, "{body}");
        }
    }
}
