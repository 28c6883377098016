//! What an execution is started with, and how it is called.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tola_catalog::operation::{Operation, Subject};
use tola_catalog::{ImageId, OperationId, ProductId};

use crate::call::OperationRef;

/// The input of an execution: which operation, and which product or image.
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
        }
    }
}

/// The name of an execution: `<subject>-<operation>`, at most 73 of the 80 characters that Step Functions allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecutionName(String);

impl ExecutionName {
    /// The same for the same operation, so that starting it twice starts it once.
    pub fn of(subject: Subject, operation_id: OperationId) -> Self {
        Self(format!("{subject}-{operation_id}"))
    }

    /// The operation in a name that [`ExecutionName::of`] made; `None` for executions that somebody started by hand.
    pub fn operation_of(name: &str) -> Option<OperationId> {
        let (_, operation) = name.split_once('-')?;
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
        for subject in [
            Subject::Product(ProductId::new(Ulid::from_parts(1, 2))),
            Subject::Image(ImageId::new(Ulid::from_parts(1, 2))),
        ] {
            let name = ExecutionName::of(subject, operation);

            assert!(name.as_str().len() <= 80);
            assert_eq!(ExecutionName::operation_of(name.as_str()), Some(operation));
        }
        assert_eq!(ExecutionName::operation_of("by-hand"), None);
    }
}
