//! An image and its renditions.

use schemars::JsonSchema;
use serde::Serialize;
use tola_catalog::image::Placeholder;
use tola_catalog::{Image, ImageId, ImageStatus, OperationKind, Problem, Rendition, Timestamp};

use std::collections::BTreeMap;

use crate::signing::Links;

/// One size and format of an image.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Rendition")]
pub struct RenditionView<'a> {
    name: &'a str,
    /// Ready to use: for good if it leads to a content delivery network, else for two hours at least.
    url: String,
    content_type: &'a str,
    width: u32,
    height: u32,
    bytes: u64,
}

impl<'a> RenditionView<'a> {
    pub(super) fn new(rendition: &'a Rendition, links: Links<'_>) -> Self {
        Self {
            name: &rendition.name,
            url: links.to(&rendition.key),
            content_type: &rendition.content_type,
            width: rendition.width,
            height: rendition.height,
            bytes: rendition.bytes,
        }
    }

    pub(super) fn all(renditions: &'a [Rendition], links: Links<'_>) -> Vec<Self> {
        renditions.iter().map(|rendition| Self::new(rendition, links)).collect()
    }
}

/// An image.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Image")]
pub struct ImageView<'a> {
    id: ImageId,
    status: ImageStatus,
    /// What the upload has to declare.
    content_type: &'a str,
    /// What the upload turned out to be.
    file: Option<FileView<'a>>,
    /// What stands in its place until it is loaded.
    placeholder: Option<&'a Placeholder>,
    renditions: Vec<RenditionView<'a>>,
    /// Why it can't be used.
    rejection: Option<&'a Problem>,
    last_operation: &'a BTreeMap<OperationKind, tola_catalog::OperationId>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "UploadedFile")]
struct FileView<'a> {
    content_type: &'a str,
    width: u32,
    height: u32,
    bytes: u64,
}

impl<'a> ImageView<'a> {
    /// The image as its merchant sees it.
    pub(crate) fn new(image: &'a Image, links: Links<'_>) -> Self {
        let file = image.file.as_ref().map(|file| FileView {
            content_type: &file.content_type,
            width: file.width,
            height: file.height,
            bytes: file.bytes,
        });
        Self {
            id: image.id,
            status: image.status,
            content_type: &image.declared_type,
            file,
            placeholder: image.placeholder.as_ref(),
            renditions: RenditionView::all(&image.renditions, links),
            rejection: image.rejection.as_ref(),
            last_operation: &image.last_operation,
            created_at: image.created_at,
            updated_at: image.updated_at,
        }
    }
}
