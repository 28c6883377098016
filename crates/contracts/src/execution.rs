//! What an execution is started with, and how it is called.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tola_catalog::operation::Operation;
use tola_catalog::{CategoryKey, ChannelId, ImageId, OperationId, ProductId};

use crate::call::OperationRef;

/// The input of an execution: which operation, and which product, image, channel or category.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExecutionInput {
    /// The operation that it carries out.
    pub operation: OperationRef,
    /// The product, for machines that are about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_id: Option<ProductId>,
    /// The image, for machines that are about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_id: Option<ImageId>,
    /// The channel, for the machine that is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel_id: Option<ChannelId>,
    /// The category, for the machine that is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category_id: Option<CategoryKey>,
    /// Whether it only looks; for the machine that is about a channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dry_run: Option<bool>,
}

impl ExecutionInput {
    /// The input of the execution that carries out `operation`.
    pub fn of(operation: &Operation) -> Self {
        Self {
            operation: OperationRef {
                merchant_id: operation.merchant_id,
                operation_id: operation.id,
                correlation_id: operation.correlation_id.clone(),
            },
            product_id: operation.product_id,
            image_id: operation.image_id,
            channel_id: operation.channel_id.clone(),
            category_id: operation.category_id.clone(),
            dry_run: operation.channel_id.is_some().then_some(operation.dry_run),
        }
    }
}

/// The name of an execution: `<product, image, channel or category>-<operation>`, at most 77 of the 80 characters that Step
/// Functions allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecutionName(String);

impl ExecutionName {
    /// The same for the same operation, so that starting it twice starts it once.
    pub fn of(about: impl std::fmt::Display, operation_id: OperationId) -> Self {
        Self(format!("{about}-{operation_id}"))
    }

    /// The operation in a name that [`ExecutionName::of`] made; `None` for executions that somebody started by hand.
    pub fn operation_of(name: &str) -> Option<OperationId> {
        // The name of a channel or category may have hyphens, an operation's has none.
        let (_, operation) = name.rsplit_once('-')?;
        OperationId::parse(operation).ok()
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use ulid::Ulid;

    use super::*;

    #[test]
    fn a_name_fits_and_tells_its_operation() {
        let operation = OperationId::new(Ulid::from_parts(u64::MAX >> 16, u128::MAX));
        for about in [
            ProductId::new(Ulid::from_parts(1, 2)).to_string(),
            ImageId::new(Ulid::from_parts(1, 2)).to_string(),
            "a-channel-with-the-longest-name-there-is".to_owned(),
        ] {
            let name = ExecutionName::of(about, operation);

            assert!(name.as_str().len() <= 80);
            assert_eq!(ExecutionName::operation_of(name.as_str()), Some(operation));
        }
        assert_eq!(ExecutionName::operation_of("by-hand"), None);
    }
}
