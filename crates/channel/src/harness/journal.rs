//! The record of each attempt at a channel, in the operation that it works for.

use tola_catalog::listing::ChannelOutcome;
use tola_catalog::operation::{StepOutcome, StepRecord};
use tola_catalog::{ChannelId, OperationId, Problem, ProblemClass, Timestamp};
use tola_contracts::StepError;
use tola_contracts::channel::{ChannelCommand, CommandAnswer};
use tola_step::now;
use tola_store::{Operations, Store};

use super::{Ended, scope_of};
use crate::Reply;

/// One attempt, whose record says that it runs until it has ended. A record that can't be written is logged and no more:
/// the work matters more.
pub(super) struct Journal {
    operations: Operations,
    operation_id: OperationId,
    record: StepRecord,
}

impl Journal {
    pub(super) async fn began(store: &Store, command: &ChannelCommand, started: Timestamp) -> Self {
        // The states of publish-product and withdraw-product that wait for the answer.
        let name = if command.kind.offers() { "Submit the listing" } else { "Withdraw the listing" };
        let operations = store.operations(scope_of(&command.operation));
        let operation_id = command.operation.operation_id;
        let last = last(&operations, operation_id, name, &command.channel_id).await;
        // A state counts its retries, and begins anew after each wait that the channel asked for.
        let attempt = last.as_ref().map_or(0, |last| last.attempt).max(command.retries).saturating_add(1);
        let record = StepRecord {
            name: name.to_owned(),
            channel: Some(command.channel_id.clone()),
            attempt,
            started,
            ended: None,
            outcome: StepOutcome::Running,
            result: None,
            problem: None,
        };
        if let Some(last) = last.filter(|last| last.outcome == StepOutcome::Running) {
            logged(operations.step_ended(operation_id, &cut_short(last, started)).await);
        }
        logged(operations.step_began(operation_id, &record).await);
        Self { operations, operation_id, record }
    }

    pub(super) async fn ended(mut self, ended: &Result<Ended, StepError>) {
        self.record.ended = Some(now());
        match told(ended) {
            Ok(result) => {
                self.record.outcome = StepOutcome::Succeeded;
                self.record.result = Some(result);
            }
            Err(problem) => {
                self.record.outcome = StepOutcome::Failed;
                self.record.problem = Some(problem);
            }
        }
        logged(self.operations.step_ended(self.operation_id, &self.record).await);
    }
}

/// The latest attempt of this state and channel.
async fn last(operations: &Operations, id: OperationId, name: &str, channel: &ChannelId) -> Option<StepRecord> {
    let steps = match operations.get(id).await {
        Ok(operation) => operation.map(|operation| operation.steps).unwrap_or_default(),
        Err(error) => {
            logged(Err(error));
            return None;
        }
    };
    steps.into_iter().rev().find(|step| step.name == name && step.channel.as_ref() == Some(channel))
}

/// An attempt that began and never ended: whoever made it died, or else its claim would not have been given to another.
fn cut_short(attempt: StepRecord, now: Timestamp) -> StepRecord {
    let message = "It was cut short before it could say how it ended.";
    let problem = Problem::new(ProblemClass::Transient, tola_catalog::code::TRANSIENT, message);
    StepRecord { ended: Some(now), outcome: StepOutcome::Failed, problem: Some(problem), ..attempt }
}

fn told(ended: &Result<Ended, StepError>) -> Result<String, Problem> {
    match ended {
        Ok(Ended::Outcome(outcome)) => match outcome {
            ChannelOutcome::Listed(standing) => {
                Ok(format!("The channel has revision {} as {}.", standing.revision, standing.external_id))
            }
            ChannelOutcome::Withdrawn { already: true, .. } => Ok("Buyers did not see it any more.".to_owned()),
            ChannelOutcome::Withdrawn { .. } => Ok("Buyers don't see it any more.".to_owned()),
            ChannelOutcome::Refused { problem, .. } | ChannelOutcome::Unknown { problem } => Err(problem.clone()),
        },
        Ok(Ended::Again { reply: Reply::Answer(CommandAnswer::RetryAfter { problem, .. }), .. }) => {
            Err(problem.clone())
        }
        Ok(Ended::Again { reply: Reply::Answer(_), .. }) => Ok("There was nothing to do.".to_owned()),
        Ok(Ended::Again { reply: Reply::Failure(error), .. }) | Err(error) => Err(error.problem()),
    }
}

fn logged(written: Result<(), tola_store::Error>) {
    if let Err(error) = written {
        tracing::warn!(error = tola_step::chain(&error), "could not record the attempt");
    }
}
