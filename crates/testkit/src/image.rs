//! An image of a merchant, from its merchant's side.

use std::collections::BTreeMap;

use image::{DynamicImage, ImageFormat};
use reqwest::multipart::{Form, Part};
use serde_json::Value;
use tola_catalog::ImageId;

use crate::{Answer, Merchant, Operation, Photo, SOON, eventually, watched};

/// An upload form that nobody has filled in yet.
#[derive(Clone)]
pub struct Promise {
    /// The image that will come of it.
    pub image: Image,
    form: Value,
}

impl Promise {
    /// The promise that an answer makes.
    #[must_use]
    pub fn of(merchant: &Merchant, answer: &Answer) -> Self {
        let image = Image::new(merchant, answer.text("/image/id"));
        Self { image, form: answer.body["upload"].clone() }
    }

    /// Posts a file to the bucket, as a browser does, and returns what the bucket says: status and text.
    pub async fn posts(&self, photo: &Photo) -> Result<(u16, String), String> {
        let mut form = Form::new();
        for (name, value) in self.form["fields"].as_object().expect("the form's fields") {
            form = form.text(name.clone(), value.as_str().expect("a form field").to_owned());
        }
        let file = Part::bytes(photo.bytes.clone()).file_name(photo.file_name.clone());
        let file = file.mime_str(&photo.content_type).expect("a content type");
        let url = self.form["url"].as_str().expect("the form's URL");
        let failed = |error: reqwest::Error| format!("{error:?}");
        let client = self.image.merchant.stack().http();
        let response = client.post(url).multipart(form.part("file", file)).send().await.map_err(failed)?;
        Ok((response.status().as_u16(), response.text().await.map_err(failed)?))
    }

    /// Uploads the file, which the bucket takes.
    pub async fn receives(self, photo: Photo) -> Image {
        let (status, text) = self.posts(&photo).await.unwrap_or_else(|error| panic!("no answer to an upload: {error}"));
        assert!((200..300).contains(&status), "the bucket refused an upload: {status} {text}");
        self.image
    }
}

/// An image of a merchant.
#[derive(Clone)]
pub struct Image {
    merchant: Merchant,
    id: String,
}

impl Image {
    pub(crate) fn new(merchant: &Merchant, id: &str) -> Self {
        Self { merchant: merchant.clone(), id: id.to_owned() }
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its id, as the domain has it.
    #[must_use]
    pub fn image_id(&self) -> ImageId {
        ImageId::parse(&self.id).expect("an image's id")
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> String {
        format!("/v1/images/{}", self.id)
    }

    /// The image as its merchant sees it now.
    pub async fn shown(&self) -> Answer {
        self.merchant.gets(&self.path()).await.expects(200)
    }

    /// Waits until it has this status, and returns it then.
    pub async fn becomes(&self, status: &str) -> Answer {
        let what = format!("{} is {status}", self.id);
        let found = watched(&what, SOON, async || {
            let shown = self.merchant.gets(&self.path()).await;
            if shown.body["status"] == status { Ok(shown) } else { Err(shown.to_string()) }
        });
        match found.await {
            Ok(shown) => shown,
            Err(late) => {
                let shown = self.shown().await;
                let operation = shown.body["last_operation"]["process_image"].as_str().unwrap_or_default();
                let operation = self.merchant.gets(&format!("/v1/operations/{operation}")).await;
                panic!("{late}\nits operation: {operation}")
            }
        }
    }

    /// Waits until its processing has begun, and returns the operation.
    pub async fn processing(&self) -> Operation {
        let id = eventually(&format!("{} is being processed", self.id), SOON, async || {
            let shown = self.shown().await;
            let operation = shown.body["last_operation"]["process_image"].as_str();
            operation.map(str::to_owned).ok_or_else(|| shown.to_string())
        })
        .await;
        // The image names it before it is written.
        let path = format!("/v1/operations/{id}");
        eventually(&format!("{id} is there"), SOON, async || {
            let answer = self.merchant.gets(&path).await;
            if answer.status == 200 { Ok(()) } else { Err(answer.to_string()) }
        })
        .await;
        self.merchant.operation(&id)
    }

    /// Waits until the event queue has told exactly this of it, each once or repeated with the same id.
    pub async fn tells(&self, expected: &[&str]) {
        let queued = self.merchant.stack().events_of(&self.id, expected.len()).await;
        assert_eq!(crate::kinds(&queued), expected, "{queued:#?}");
    }

    /// Fetches its renditions as a shop's page would, and holds each to what is said of it.
    pub async fn renditions(&self) -> BTreeMap<String, DynamicImage> {
        let shown = self.becomes(crate::READY).await;
        fetched(&self.merchant, &shown.body["renditions"]).await
    }
}

/// Fetches renditions by their URLs, and decodes them: each is of the format, sizes and length that are stated.
pub(crate) async fn fetched(merchant: &Merchant, renditions: &Value) -> BTreeMap<String, DynamicImage> {
    let mut decoded = BTreeMap::new();
    for rendition in renditions.as_array().expect("renditions") {
        let name = rendition["name"].as_str().expect("a rendition's name").to_owned();
        let file = merchant.stack().fetches(rendition["url"].as_str().expect("a URL")).await.expects(200);
        let format = match rendition["content_type"].as_str() {
            Some("image/jpeg") => ImageFormat::Jpeg,
            Some("image/webp") => ImageFormat::WebP,
            other => panic!("{name} is of type {other:?}"),
        };

        assert_eq!(file.header("content-type"), format.to_mime_type(), "{name}");
        assert_eq!(Some(file.bytes.len() as u64), rendition["bytes"].as_u64(), "{name}");
        let picture = image::load_from_memory_with_format(&file.bytes, format)
            .unwrap_or_else(|error| panic!("{name} is no {format:?}: {error}"));
        let stated = ["width", "height"].map(|side| rendition[side].as_u64());
        assert_eq!([picture.width(), picture.height()].map(|side| Some(side.into())), stated, "{name}");
        decoded.insert(name, picture);
    }
    decoded
}
