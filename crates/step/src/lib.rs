//! What every function shares: the [`Step`] trait and [`serve`], error names, telemetry, and the record of each attempt.
//!
//! A function's `main` wires and serves; its `lib` says what it does. Nothing in here knows what a product is.

pub mod batch;
mod journal;
pub mod measure;
mod serve;
pub mod telemetry;
#[cfg(feature = "virtual-time")]
pub mod virtual_time;

pub use journal::Journal;
pub use serve::{Failure, handle, serve};

use std::future::Future;
use std::time::Duration;

use tola_catalog::{Actor, Cause, Origin, Timestamp};
use tola_contracts::{CallContext, Contract, OperationRef, StepError, StepErrorKind};
use tola_store::TenantScope;
use ulid::Ulid;

/// One task of a state machine, with what it needs injected.
pub trait Step: Send + Sync + 'static {
    /// What goes in and out, and what the function is called.
    type Contract: Contract;

    /// Does the work. It may be called again with the same input, at the same time or after a day: the outcome is the
    /// same.
    fn run(
        &self,
        input: <Self::Contract as Contract>::Input,
        context: &Context,
    ) -> impl Future<Output = Result<<Self::Contract as Contract>::Output, StepError>> + Send;
}

/// The circumstances of a call.
#[derive(Debug, Clone)]
pub struct Context {
    /// The operation that the execution carries out.
    pub operation: OperationRef,
    /// Where in the execution this call is.
    pub call: CallContext,
    /// When the call began.
    pub now: Timestamp,
    /// The function's name.
    pub function: &'static str,
}

impl Context {
    /// The product that the execution is about, by its name: `<product_id>-<operation_id>`.
    pub fn product(&self) -> Option<&str> {
        self.subject().filter(|subject| subject.starts_with("product_"))
    }

    /// The image that the execution is about.
    pub fn image(&self) -> Option<&str> {
        self.subject().filter(|subject| subject.starts_with("image_"))
    }

    fn subject(&self) -> Option<&str> {
        let (subject, _) = self.call.execution.rsplit(':').next()?.split_once("-operation_")?;
        Some(subject)
    }

    /// The documents that the step may touch.
    pub fn scope(&self) -> TenantScope {
        TenantScope::of_operation(&self.operation)
    }

    /// The circumstances of a change that the step makes.
    pub fn origin(&self) -> Origin {
        Origin {
            now: self.now,
            actor: Actor::system(self.function),
            correlation_id: self.operation.correlation_id.clone(),
            cause: Some(Cause::Operation { id: self.operation.operation_id }),
        }
    }
}

/// The time, from the one clock of the process.
pub fn now() -> Timestamp {
    #[cfg(feature = "virtual-time")]
    if let Some(now) = virtual_time::told() {
        return now;
    }
    Timestamp::from_millis(jiff::Timestamp::now().as_millisecond())
}

/// How long something may take that may take so long: where a test decides what time it is, as long as it likes, since there
/// it is the test who holds it up.
pub fn patience(long: Duration) -> Duration {
    #[cfg(feature = "virtual-time")]
    if virtual_time::told().is_some() {
        return virtual_time::FOREVER;
    }
    long
}

/// A new id, from the one source of the process: of this time, and random otherwise.
pub fn new_id() -> Ulid {
    #[cfg(feature = "virtual-time")]
    if let Some(id) = virtual_time::id() {
        return id;
    }
    Ulid::generate()
}

/// An error and what lies behind it, in one line, for the log: written as JSON, an error says only its own part.
pub fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// The failure of a step whose database failed.
pub fn store_failed(error: tola_store::Error) -> StepError {
    let kind = match &error {
        tola_store::Error::Contended(_) => StepErrorKind::Contended,
        error if error.is_transient() => StepErrorKind::Transient,
        _ => StepErrorKind::StepFailed,
    };
    StepError::caused_by(kind, error.to_string(), error)
}

/// The failure of a step whose subject is not there.
pub fn gone(subject: impl std::fmt::Display) -> StepError {
    StepError::new(StepErrorKind::SubjectGone, format!("{subject} is not there"))
}
