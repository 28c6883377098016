//! Starting, describing and stopping Step Functions executions, and the order in which an intent becomes a running
//! operation.

mod config;
mod error;
mod executions;
mod launcher;
mod settler;

pub use config::{MissingArn, WorkflowConfig};
pub use error::Error;
pub use executions::{ExecutionState, ExecutionView, Executions};
pub use launcher::Launcher;
pub use settler::Settler;
