//! Carries the commands of workflows out with an adapter.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use aws_lambda_events::sqs::SqsMessage;
use futures::FutureExt;
use tola_catalog::image::Changed;
use tola_catalog::listing::{ChannelOutcome, Seen};
use tola_catalog::product::Claimed;
use tola_catalog::{Actor, Cause, Channel, Origin, Problem, ProblemClass, Product, Timestamp};
use tola_contracts::channel::{ChannelCommand, CommandAnswer};
use tola_contracts::{OperationRef, StepError, StepErrorKind};
use tola_step::{batch, now};
use tola_store::{CommandRef, Error, Store, TenantScope};
use tracing::Instrument;

use crate::{Adapter, Call, Failure, Replies, Reply, code};

mod connection;
mod job;
mod journal;
mod law;
pub(crate) mod patience;
use connection::callable;
pub(crate) use connection::{break_channel, of_type};
use job::Job;
use journal::Journal;
pub(crate) use law::Law;

/// How long a claim holds, whatever became of its holder: longer than an adapter's function may run, so that two calls
/// for one listing never overlap.
pub const LEASE: Duration = Duration::from_secs(90);

/// How long the calls of one command may take: shorter than an adapter's function may run, so that there is time to say
/// so.
pub const CALL_TIMEOUT: Duration = Duration::from_secs(40);

/// Carries commands out, one at a time.
pub struct Harness<A, R> {
    pub(crate) adapter: A,
    pub(crate) store: Store,
    replies: R,
    pub(crate) patience: Duration,
}

/// How a job ended.
enum Ended {
    /// The channel said what is so.
    Outcome(ChannelOutcome),
    /// It did not; the same command may be tried again. `in_doubt`: what the channel has of it is not known.
    Again { reply: Reply, in_doubt: bool },
}

impl<A: Adapter, R: Replies> Harness<A, R> {
    /// A harness of an adapter.
    pub fn new(adapter: A, store: Store, replies: R) -> Self {
        Self { adapter, store, replies, patience: CALL_TIMEOUT }
    }

    /// The same, with another bound on the calls of one command than [`CALL_TIMEOUT`].
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// The adapter.
    pub fn adapter(&self) -> &A {
        &self.adapter
    }

    /// The channel that a command is for, as it is now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn channel_of(&self, command: &ChannelCommand) -> Result<Option<Channel>, StepError> {
        self.store.channels(scope_of(&command.operation)).get(&command.channel_id).await.map_err(failed)
    }

    /// The way back to the workflows.
    pub fn replies(&self) -> &R {
        &self.replies
    }

    /// Takes a message from the queue of the channel type, carries its command out and tells the workflow.
    ///
    /// # Errors
    /// For a message of another form, and when the workflow could not be told: the message then comes again.
    pub async fn deliver(&self, message: &SqsMessage) -> Result<ChannelCommand, StepError> {
        let (command, reply) = self.take(message).await?;
        self.tell(&command, &reply).await?;
        Ok(command)
    }

    /// Takes a message from the queue of the channel type and carries its command out. Whoever calls this has to
    /// [`tell`](Self::tell) the workflow.
    ///
    /// # Errors
    /// For a message of another form.
    pub async fn take(&self, message: &SqsMessage) -> Result<(ChannelCommand, Reply), StepError> {
        let command: ChannelCommand = batch::body(message)?;
        // Each delivery is a holder of its own: a message that is delivered twice must not be at the channel twice.
        let delivery = tola_step::new_id();
        let holder = format!("{}/{delivery}", message.message_id.as_deref().unwrap_or_default());
        let reply = self.work(&command, &holder, now()).await;
        Ok((command, reply))
    }

    /// Tells the workflow that waits for a command what came of it.
    ///
    /// # Errors
    /// When it could not be told: the message has to come again.
    pub async fn tell(&self, command: &ChannelCommand, reply: &Reply) -> Result<(), StepError> {
        self.replies.send(&command.task_token, reply).await
    }

    /// Carries a command out and answers the workflow that waits for it. It may be called any number of times, at once or
    /// later: the channel is asked for each effect once, as far as it says what came of it.
    ///
    /// # Errors
    /// When the workflow could not be told.
    pub async fn carry_out(&self, command: &ChannelCommand, holder: &str, now: Timestamp) -> Result<(), StepError> {
        let reply = self.work(command, holder, now).await;
        self.tell(command, &reply).await
    }

    async fn work(&self, command: &ChannelCommand, holder: &str, now: Timestamp) -> Reply {
        let span = tracing::info_span!(
            "command",
            channel.r#type = A::TYPE,
            correlation.id = command.operation.correlation_id,
            merchant.id = %command.operation.merchant_id,
            operation.id = %command.operation.operation_id,
            product.id = %command.product_id,
            channel.id = %command.channel_id,
            fence = command.fence,
            retries = command.retries,
        );
        async {
            let reply = self.reply(command, holder, now).await.unwrap_or_else(Reply::Failure);
            match &reply {
                Reply::Answer(answer) => tracing::info!(answer = ?answer, "carried the command out"),
                Reply::Failure(error) => {
                    let cause = tola_step::chain(error);
                    tracing::error!(error.name = error.kind.name(), error = cause, "the command was not carried out");
                }
            }
            reply
        }
        .instrument(span)
        .await
    }

    async fn reply(&self, command: &ChannelCommand, holder: &str, now: Timestamp) -> Result<Reply, StepError> {
        let (scope, reference) = (scope_of(&command.operation), reference(command));
        let outcomes = self.store.outcomes(scope);
        if outcomes.get(&reference).await.map_err(failed)?.is_some() {
            return Ok(Reply::Answer(CommandAnswer::Stored));
        }
        let channel = self.channel_of(command).await?;
        let origin = Origin {
            now,
            actor: Actor::system(A::TYPE),
            correlation_id: command.operation.correlation_id.clone(),
            cause: Some(Cause::Operation { id: command.operation.operation_id }),
        };
        // Read before the claim: whoever fails to has not been at the channel.
        let law = match &channel {
            Some(channel) if command.kind.offers() => Law::at(channel, &self.store, scope).await?,
            _ => Law::none(scope),
        };
        self.adopt_earlier(command, &origin).await?;
        let (product, in_doubt, hold) = match self.claim(command, holder, &origin).await? {
            (Claimed::Granted { in_doubt, hold }, Some(product)) => (product, in_doubt, hold),
            (Claimed::Busy(until), _) => return Ok(busy(until, now)),
            _ => return Ok(Reply::Answer(CommandAnswer::Superseded)),
        };
        let journal = Journal::began(&self.store, command, now).await;
        let ended = match callable::<A>(command, channel) {
            Ok(channel) => {
                let asked = asked(&product, command);
                let call =
                    Call { channel: &channel, product_id: command.product_id, fence: command.fence, asked, scope, now };
                let job = Job { call, kind: command.kind, product: &product, law: &law, in_doubt, hold };
                self.attempt(&job, command.began).await
            }
            Err(problem) => Ok(Ended::Outcome(refused(problem, Seen::NotLooked, in_doubt))),
        };
        match &ended {
            Ok(Ended::Outcome(outcome)) => {
                // Stored before anybody is told: if the answer is lost, the outcome is not.
                let operation_id = command.operation.operation_id;
                outcomes.store(&reference, operation_id, outcome, now).await.map_err(failed)?;
            }
            Ok(Ended::Again { in_doubt, .. }) => self.release(command, holder, *in_doubt, &origin).await,
            // It may still be at the channel, so that nobody else may try before the lease ends.
            Err(_) => {}
        }
        journal.ended(&ended).await;
        Ok(match ended? {
            Ended::Outcome(_) => Reply::Answer(CommandAnswer::Stored),
            Ended::Again { reply, .. } => reply,
        })
    }

    async fn claim(
        &self,
        command: &ChannelCommand,
        holder: &str,
        origin: &Origin,
    ) -> Result<(Claimed, Option<Product>), StepError> {
        let (mut claimed, until) = (Claimed::Superseded, origin.now.after(LEASE));
        let products = self.store.products(scope_of(&command.operation));
        let changed = products.change(command.product_id, |product| {
            claimed = product.claim(&command.channel_id, command.fence, holder, until, origin);
            Ok::<_, Error>(if matches!(claimed, Claimed::Granted { .. }) { Changed::Yes } else { Changed::No })
        });
        let product = changed.await.map_err(failed)?.document();
        Ok((claimed, product))
    }

    /// Takes over what came of the command that was claimed before this one, if that is stored and its workflow has yet to
    /// take it over: then nobody is at the listing any more, and nothing of it is in doubt.
    async fn adopt_earlier(&self, command: &ChannelCommand, origin: &Origin) -> Result<(), StepError> {
        let scope = scope_of(&command.operation);
        let products = self.store.products(scope);
        let Some(product) = products.get(command.product_id).await.map_err(failed)? else { return Ok(()) };
        let claim = product.channels.get(&command.channel_id).and_then(|listing| listing.claim.as_ref());
        let Some(fence) = claim.map(|claim| claim.fence).filter(|fence| *fence != command.fence) else { return Ok(()) };
        let earlier = CommandRef { fence, ..reference(command) };
        let Some(stored) = self.store.outcomes(scope).get(&earlier).await.map_err(failed)? else { return Ok(()) };
        let recorded = products.change(command.product_id, |product| {
            Ok::<_, Error>(product.record(&command.channel_id, fence, &stored.outcome, origin))
        });
        let _ = recorded.await.map_err(failed)?;
        Ok(())
    }

    /// Ends the claim. If that fails, it ends by itself.
    async fn release(&self, command: &ChannelCommand, holder: &str, in_doubt: bool, origin: &Origin) {
        let products = self.store.products(scope_of(&command.operation));
        let released = products.change(command.product_id, |product| {
            Ok::<_, Error>(product.release(&command.channel_id, command.fence, holder, in_doubt, origin))
        });
        if let Err(error) = released.await {
            tracing::warn!(error = tola_step::chain(&error), "the claim stays until its lease ends");
        }
    }

    async fn attempt(&self, job: &Job<'_>, began: Option<Timestamp>) -> Result<Ended, StepError> {
        let work = AssertUnwindSafe(tokio::time::timeout(tola_step::patience(self.patience), job.work(&self.adapter)))
            .catch_unwind();
        let Ok(in_time) = work.await else {
            return Err(StepError::new(StepErrorKind::StepFailed, "the adapter panicked; its log says where"));
        };
        let Ok((worked, seen)) = in_time else {
            let message = format!("{} did not answer within {:?}", job.call.channel.id, self.patience);
            return Err(StepError::new(StepErrorKind::Transient, message));
        };
        Ok(match worked {
            Ok(outcome) => Ended::Outcome(outcome),
            Err(Failure::Refused(problem)) => {
                if problem.class == ProblemClass::Auth {
                    break_channel(&self.store, &job.call.visit(), &problem).await?;
                }
                Ended::Outcome(refused(problem, seen, job.in_doubt))
            }
            Err(Failure::Throttled { seconds, problem }) => match patience::wait(seconds, began, job.call.now) {
                Some(seconds) => Ended::Again {
                    reply: Reply::Answer(CommandAnswer::RetryAfter { seconds, problem }),
                    // What was seen there is not recorded, so that it has to be looked at again.
                    in_doubt: job.in_doubt,
                },
                None => Ended::Outcome(refused(patience::at_its_end(problem), seen, job.in_doubt)),
            },
            Err(Failure::Transient(message)) => {
                let reply = Reply::Failure(StepError::new(StepErrorKind::Transient, message));
                Ended::Again { reply, in_doubt: true }
            }
        })
    }
}

/// The one place where a command is taken at its word: the queue takes messages from our state machines alone, whose
/// inputs a verified request or a system part wrote.
pub(crate) fn scope_of(operation: &OperationRef) -> TenantScope {
    TenantScope::of_operation(operation)
}

/// The failure of a database. A lost race is no other thing to a workflow than one that could not be run.
pub(crate) fn failed(error: Error) -> StepError {
    let kind = if error.is_transient() { StepErrorKind::Transient } else { StepErrorKind::StepFailed };
    StepError::caused_by(kind, error.to_string(), error)
}

/// The revision that the command is about.
fn asked(product: &Product, command: &ChannelCommand) -> u64 {
    let newest = product.channels.get(&command.channel_id).and_then(|listing| listing.command.as_ref());
    newest.map_or(product.revision, |newest| newest.revision)
}

/// The command's name among outcomes.
fn reference(command: &ChannelCommand) -> CommandRef {
    CommandRef { product_id: command.product_id, channel_id: command.channel_id.clone(), fence: command.fence }
}

/// The outcome of a command that the channel did not carry out, with what was seen there before. What was in doubt and
/// could not be looked at still is.
fn refused(problem: Problem, seen: Seen, in_doubt: bool) -> ChannelOutcome {
    if in_doubt && seen == Seen::NotLooked {
        ChannelOutcome::Unknown { problem }
    } else {
        ChannelOutcome::Refused { problem, seen }
    }
}

fn busy(until: Timestamp, now: Timestamp) -> Reply {
    let seconds = patience::turn(LEASE, until.since(now));
    let problem = Problem::new(ProblemClass::Throttled, code::CHANNEL_BUSY, "Another call about this listing runs.");
    Reply::Answer(CommandAnswer::RetryAfter { seconds, problem })
}

#[cfg(test)]
mod tests;
