//! The steps of `process-image`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tola_catalog::image::{Placeholder, UploadedFile};
use tola_catalog::{ImageId, ImageStatus, Problem, ProductId, Rendition};

use crate::Contract;
use crate::lists::one_or_many;

/// A step that works on one image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImageInput {
    /// The image.
    pub image_id: ImageId,
}

/// Reads the beginning of an upload and says what it is, before anything decodes it.
pub struct InspectImage;

/// What an upload is. A bad image is a result and no failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "verdict", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Inspected {
    /// It is an image that can be rendered, as far as its header tells.
    Usable {
        /// What it is, as it is stored: a viewer may show it turned.
        file: UploadedFile,
    },
    /// It can't be used.
    Rejected {
        /// Why, for the merchant.
        rejection: Problem,
    },
}

impl Contract for InspectImage {
    const FUNCTION: &'static str = "inspect-image";
    type Input = ImageInput;
    type Output = Inspected;

    fn describe(output: &Inspected) -> String {
        match output {
            Inspected::Usable { file } => {
                format!("It is {} of {} × {} pixels, {} bytes.", file.content_type, file.width, file.height, file.bytes)
            }
            Inspected::Rejected { rejection } => rejection.message.clone(),
        }
    }
}

/// Renders an upload into the sizes and formats that channels take.
pub struct RenderRenditions;

/// What rendering made. A file that can't be decoded is a result and no failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "verdict", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Rendered {
    /// Every size and format lies in the bucket.
    Rendered {
        /// What the upload is, as a viewer shows it.
        file: UploadedFile,
        /// What stands for it until it is loaded.
        placeholder: Placeholder,
        /// What lies there.
        renditions: Vec<Rendition>,
        /// Whether it lay there already: the merchant had uploaded the same photo before.
        shared: bool,
    },
    /// It can't be decoded.
    Rejected {
        /// Why, for the merchant.
        rejection: Problem,
    },
}

impl Contract for RenderRenditions {
    const FUNCTION: &'static str = "render-renditions";
    type Input = ImageInput;
    type Output = Rendered;

    fn describe(output: &Rendered) -> String {
        match output {
            Rendered::Rendered { renditions, shared, .. } => {
                let names: Vec<_> = renditions.iter().map(|rendition| rendition.name.as_str()).collect();
                let verb = if *shared { "found" } else { "made" };
                format!("It {verb} {}.", names.join(", "))
            }
            Rendered::Rejected { rejection } => rejection.message.clone(),
        }
    }
}

/// Records the renditions of an image and makes it READY.
pub struct RecordImage;

/// What to record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordInput {
    /// The image.
    pub image_id: ImageId,
    /// What the upload is, as a viewer shows it.
    pub file: UploadedFile,
    /// What stands for it until it is loaded.
    pub placeholder: Placeholder,
    /// What rendering made.
    #[serde(deserialize_with = "one_or_many")]
    pub renditions: Vec<Rendition>,
}

/// Where the image stands now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Recorded {
    /// Its status after this step.
    pub status: ImageStatus,
    /// Whether this call wrote anything; a repeated one does not.
    pub changed: bool,
}

impl Recorded {
    fn describe(&self) -> String {
        let status = match self.status {
            ImageStatus::Ready => "READY",
            ImageStatus::Rejected => "REJECTED",
            ImageStatus::AwaitingUpload => "AWAITING_UPLOAD",
            ImageStatus::Uploaded => "UPLOADED",
            ImageStatus::Purging => "PURGING",
        };
        format!("The image {} {status}.", if self.changed { "is now" } else { "was already" })
    }
}

impl Contract for RecordImage {
    const FUNCTION: &'static str = "record-image";
    type Input = RecordInput;
    type Output = Recorded;

    fn describe(output: &Recorded) -> String {
        output.describe()
    }
}

/// Records why an upload can't be used.
pub struct RecordRejection;

/// Why an upload can't be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RejectionInput {
    /// The image.
    pub image_id: ImageId,
    /// Why, for the merchant.
    pub rejection: Problem,
}

impl Contract for RecordRejection {
    const FUNCTION: &'static str = "record-rejection";
    type Input = RejectionInput;
    type Output = Recorded;

    fn describe(output: &Recorded) -> String {
        output.describe()
    }
}

/// Carries what came of an image into every product that refers to it.
pub struct AdvanceProducts;

/// The products that were advanced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Advanced {
    /// How many products changed.
    pub count: u64,
    /// The first 50 products that refer to the image: their events are published next, the others' by the sweep.
    pub product_ids: Vec<ProductId>,
}

/// The most products that are handed on.
pub const MAX_ADVANCED: usize = 50;

impl Contract for AdvanceProducts {
    const FUNCTION: &'static str = "advance-products";
    type Input = ImageInput;
    type Output = Advanced;

    fn describe(output: &Advanced) -> String {
        match output.count {
            0 => "No product had to change.".to_owned(),
            1 => "One product took the image over.".to_owned(),
            count => format!("{count} products took the image over."),
        }
    }
}
