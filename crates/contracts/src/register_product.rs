//! The steps of `register-product`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tola_catalog::{Missing, ProductId, ProductStatus};

use crate::Contract;

/// Judges whether a product is complete, with the images that it refers to as they are now. Changes nothing.
pub struct ValidateProduct;

/// A step that works on one product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProductInput {
    /// The product.
    pub product_id: ProductId,
}

/// The verdict on a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Validated {
    /// Whether nothing is missing.
    pub complete: bool,
    /// Percent of the rules that are met.
    pub score: u8,
    /// The first 20 gaps.
    pub missing: Vec<Missing>,
}

/// The most gaps that a verdict carries through an execution.
pub const MAX_MISSING: usize = 20;

impl Contract for ValidateProduct {
    const FUNCTION: &'static str = "validate-product";
    type Input = ProductInput;
    type Output = Validated;

    fn describe(output: &Validated) -> String {
        if output.complete {
            return "The product is complete.".to_owned();
        }
        let gaps: Vec<_> = output.missing.iter().map(|gap| gap.pointer.as_str()).collect();
        format!("The product is {} % complete; missing: {}.", output.score, gaps.join(", "))
    }
}

/// Brings a product up to date with its images, and thereby its status.
pub struct TransitionStatus;

/// Where the product stands now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Transitioned {
    /// Its status after this step.
    pub status: ProductStatus,
    /// Whether this call wrote anything; a repeated one does not.
    pub changed: bool,
}

impl Contract for TransitionStatus {
    const FUNCTION: &'static str = "transition-status";
    type Input = ProductInput;
    type Output = Transitioned;

    fn describe(output: &Transitioned) -> String {
        let how = if output.changed { "is now" } else { "was already" };
        format!("The product {how} {}.", output.status.name())
    }
}
