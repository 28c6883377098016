//! What crosses a process: the input, output and error names of every step, the inputs of executions and the messages
//! on queues. State machines, functions and tests are held to these types; nothing here does anything.

pub mod call;
pub mod channel;
pub mod error;
pub mod execution;
pub mod lists;
pub mod message;
pub mod metric;
pub mod process_image;
pub mod publish_product;
pub mod reconcile_channel;
pub mod register_product;
pub mod review_category;
pub mod shared;
pub mod withdraw_product;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use call::{Answer, Call, CallContext, OperationRef};
pub use error::{StepError, StepErrorKind};

/// The contract of one step: the function that implements it, and what goes in and out.
pub trait Contract {
    /// The function's name: folder, package, binary and, in camel case, logical id in the template.
    const FUNCTION: &'static str;
    /// What the state machine passes in: ids, never documents.
    type Input: Serialize + DeserializeOwned + JsonSchema + Send + 'static;
    /// What the state machine gets back: ids and verdicts, never documents.
    type Output: Serialize + DeserializeOwned + JsonSchema + Send + 'static;

    /// What came of it, as a sentence for the operation's record.
    fn describe(output: &Self::Output) -> String;
}

/// A contract as data, for tests and documentation.
pub struct ContractSchema {
    /// The function's name.
    pub function: &'static str,
    /// The schema of the whole payload that a state passes: a [`Call`].
    pub input: Schema,
    /// The schema of what the function answers: an [`Answer`].
    pub output: Schema,
}

impl ContractSchema {
    fn of<C: Contract>() -> Self {
        // Everything inline: a reader and a validator see one self-contained schema per step.
        let settings = || schemars::generate::SchemaSettings::draft2020_12().with(|s| s.inline_subschemas = true);
        Self {
            function: C::FUNCTION,
            input: SchemaGenerator::new(settings()).into_root_schema_for::<Call<C::Input>>(),
            output: SchemaGenerator::new(settings()).into_root_schema_for::<Answer<C::Output>>(),
        }
    }
}

/// Every step that a state machine may name.
pub fn all() -> Vec<ContractSchema> {
    vec![
        ContractSchema::of::<register_product::ValidateProduct>(),
        ContractSchema::of::<register_product::TransitionStatus>(),
        ContractSchema::of::<process_image::InspectImage>(),
        ContractSchema::of::<process_image::RenderRenditions>(),
        ContractSchema::of::<process_image::RecordImage>(),
        ContractSchema::of::<process_image::RecordRejection>(),
        ContractSchema::of::<process_image::AdvanceProducts>(),
        ContractSchema::of::<publish_product::PlanPublication>(),
        ContractSchema::of::<publish_product::PlanWithdrawal>(),
        ContractSchema::of::<publish_product::RecordListing>(),
        ContractSchema::of::<publish_product::SettleProduct>(),
        ContractSchema::of::<withdraw_product::PurgeImages>(),
        ContractSchema::of::<withdraw_product::PurgeProduct>(),
        ContractSchema::of::<reconcile_channel::PlanReconciliation>(),
        ContractSchema::of::<reconcile_channel::ReconcileListings>(),
        ContractSchema::of::<reconcile_channel::FindGhosts>(),
        ContractSchema::of::<review_category::ReviewProducts>(),
        ContractSchema::of::<channel::inquiry::ChannelAdapter>(),
        ContractSchema::of::<shared::PublishEvents>(),
        ContractSchema::of::<shared::SettleOperation>(),
    ]
}
