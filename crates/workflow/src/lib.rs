//! Starting, describing and stopping Step Functions executions, and the order in which an intent becomes a running
//! operation; and the one step between a reconciliation and the operations that mend what it finds.

mod commands;
mod config;
mod error;
mod executions;
mod launcher;
mod reconciler;
mod settler;

pub use commands::end_commands;
pub use config::{MissingArn, WorkflowConfig};
pub use error::Error;
pub use executions::{ExecutionState, ExecutionView, Executions};
pub use launcher::Launcher;
pub use reconciler::{Held, Reconciler};
pub use settler::Settler;
