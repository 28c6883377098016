//! The steps that only `withdraw-product` has: those of a deletion.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Contract;
use crate::register_product::ProductInput;

/// Marks the images that nothing but a deleted product shows; the sweep removes them.
pub struct PurgeImages;

/// How many images will go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ImagesPurged {
    /// Images that are marked, by this call or before.
    pub images: u32,
}

impl Contract for PurgeImages {
    const FUNCTION: &'static str = "purge-images";
    type Input = ProductInput;
    type Output = ImagesPurged;

    fn describe(output: &ImagesPurged) -> String {
        match output.images {
            0 => "No image was its alone.".to_owned(),
            1 => "One image goes with it.".to_owned(),
            images => format!("{images} images go with it."),
        }
    }
}

/// Leaves of a deleted product nothing but a tombstone: its SKU and its slug are free again.
pub struct PurgeProduct;

/// What is left of the product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProductPurged {
    /// Whether it was so before.
    pub already: bool,
}

impl Contract for PurgeProduct {
    const FUNCTION: &'static str = "purge-product";
    type Input = ProductInput;
    type Output = ProductPurged;

    fn describe(output: &ProductPurged) -> String {
        if output.already { "It was gone before." } else { "It is gone; its SKU and its slug are free again." }
            .to_owned()
    }
}
