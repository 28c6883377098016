//! Answers questions about channels with an adapter. Nothing in here changes anything at a channel.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures::FutureExt;
use futures::stream::{self, StreamExt, TryStreamExt};
use serde_json::{Map, Value};
use tola_catalog::listing::CommandKind;
use tola_catalog::{
    Channel, ChannelId, ChannelStatus, EffectiveView, Missing, Problem, ProblemClass, ProductId, Timestamp,
};
use tola_contracts::channel::inquiry::{Finding, Inquiry, MAX_SURVEYED, Question, SurveyedListing};
use tola_contracts::{StepError, StepErrorKind};
use tola_store::{SystemScope, TenantScope};
use tracing::Instrument;

use crate::harness::{Law, break_channel, failed, of_type, patience};
use crate::{Adapter, Call, Failure, Harness, Replies, Shelf, Visit, code};

mod config;

/// How long a connection is tried: whoever asks is a request that somebody waits for.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(6);

/// How many listings are looked at at once.
const LOOKS_AT_ONCE: usize = 4;

impl<A: Adapter, R: Replies> Harness<A, R> {
    /// Answers a question.
    ///
    /// # Errors
    /// [`StepErrorKind::Transient`] when the channel or the database does not answer, which asking again may help;
    /// [`StepErrorKind::SubjectGone`] for a product that is not there; [`StepErrorKind::InvalidInput`] for too many
    /// products at once; [`StepErrorKind::StepFailed`] when the adapter panics.
    pub async fn answer(&self, inquiry: &Inquiry, now: Timestamp) -> Result<Finding, StepError> {
        let span = tracing::info_span!(
            "inquiry",
            channel.r#type = A::TYPE,
            correlation.id = inquiry.correlation_id,
            merchant.id = %inquiry.merchant_id,
            channel.id = %inquiry.channel_id,
        );
        let found = AssertUnwindSafe(self.find_out(inquiry, now)).catch_unwind().instrument(span.clone()).await;
        let found = match found {
            Ok(Ok(finding) | Err(Instead::Finding(finding))) => Ok(finding),
            Ok(Err(Instead::Failure(error))) => Err(error),
            Err(_) => Err(StepError::new(StepErrorKind::StepFailed, "the adapter panicked; its log says where")),
        };
        span.in_scope(|| match &found {
            Ok(finding) => tracing::info!(finding = name(finding), "answered a question"),
            Err(error) => {
                let cause = tola_step::chain(error);
                tracing::error!(error.name = error.kind.name(), error = cause, "could not answer a question");
            }
        });
        found
    }

    async fn find_out(&self, inquiry: &Inquiry, now: Timestamp) -> Result<Finding, Instead> {
        // Taken at its word like a command: only our own API and state machines may call an adapter's function.
        let scope = SystemScope::named("adapter").acting_for(inquiry.merchant_id);
        match &inquiry.question {
            Question::Describe => {
                let irreversible = A::IRREVERSIBLE.iter().map(|&words| words.to_owned()).collect();
                Ok(Finding::Described { config_schema: A::config_schema(), observable: A::OBSERVABLE, irreversible })
            }
            Question::Connect { config, secret } => {
                let channel = candidate::<A>(inquiry, config, secret.as_ref(), now);
                self.connect(&Visit { channel: &channel, scope, now }).await
            }
            Question::Examine { product_id, instead } => {
                let channel = self.connected(scope, &inquiry.channel_id).await?;
                self.examine(&Visit { channel: &channel, scope, now }, *product_id, instead.as_deref()).await
            }
            Question::Survey { .. } | Question::List { .. } if !A::OBSERVABLE => Ok(Finding::Unobservable),
            Question::Survey { product_ids } => {
                let channel = self.connected(scope, &inquiry.channel_id).await?;
                self.survey(&Visit { channel: &channel, scope, now }, inquiry.began, product_ids).await
            }
            Question::List { cursor } => {
                let channel = self.connected(scope, &inquiry.channel_id).await?;
                let visit = Visit { channel: &channel, scope, now };
                let listed = self.adapter.list(&visit, cursor.as_deref());
                let Shelf { entries, next } = self.observe(&visit, inquiry.began, listed).await?;
                Ok(Finding::Listed { entries, next, as_of: now })
            }
        }
    }

    /// The merchant's channel, if it is one that this adapter serves.
    async fn connected(&self, scope: TenantScope, id: &ChannelId) -> Result<Channel, Instead> {
        let channel = self.store.channels(scope).get(id).await.map_err(failed)?;
        of_type::<A>(id, channel).map_err(|problem| Instead::Finding(Finding::Refused { problem }))
    }

    async fn connect(&self, visit: &Visit<'_>) -> Result<Finding, Instead> {
        let faults = config::faults(&A::config_schema(), &visit.channel.config)?;
        if !faults.is_empty() {
            return Ok(Finding::Misconfigured { faults });
        }
        let patience = self.patience.min(CONNECT_TIMEOUT);
        let silent = |message: &str| Problem::new(ProblemClass::Transient, code::CHANNEL_SILENT, message);
        let problem = match tokio::time::timeout(tola_step::patience(patience), self.adapter.connect(visit)).await {
            Ok(Ok(())) => return Ok(Finding::Connected),
            Ok(Err(Failure::Refused(problem) | Failure::Throttled { problem, .. })) => problem,
            Ok(Err(Failure::Transient(cause))) => {
                tracing::warn!(error = cause, "the channel could not be reached");
                silent("The channel could not be reached.")
            }
            Err(_) => silent("The channel did not answer in time."),
        };
        Ok(Finding::Disconnected { problem })
    }

    async fn examine(
        &self,
        visit: &Visit<'_>,
        id: ProductId,
        instead: Option<&EffectiveView>,
    ) -> Result<Finding, Instead> {
        let product = self.store.products(visit.scope).get(id).await.map_err(failed)?;
        let product = product.ok_or_else(|| tola_step::gone(id))?;
        let view = instead.cloned().unwrap_or_else(|| EffectiveView::of(&product, &visit.channel.id));
        let mut missing = Law::at(visit.channel, &self.store, visit.scope).await?.missing(visit.channel, &view);
        let besides = self.adapter.examine(visit.channel, &view);
        missing.extend(besides.into_iter().map(|gap| Missing { channel: Some(visit.channel.id.clone()), ..gap }));
        let irreversible = A::IRREVERSIBLE.iter().map(|&words| words.to_owned()).collect();
        Ok(Finding::Examined { missing, irreversible })
    }

    async fn survey(
        &self,
        visit: &Visit<'_>,
        began: Option<Timestamp>,
        products: &[ProductId],
    ) -> Result<Finding, Instead> {
        if products.len() > MAX_SURVEYED {
            let message = format!("at most {MAX_SURVEYED} products are surveyed at once");
            return Err(StepError::new(StepErrorKind::InvalidInput, message).into());
        }
        let looks = stream::iter(products.to_vec()).map(|product_id| async move {
            let Visit { channel, scope, now } = *visit;
            let call = Call { channel, product_id, fence: 0, asked: 0, scope, now };
            let standing = self.adapter.find(&call).await?;
            Ok(SurveyedListing { product_id, standing })
        });
        let listings = self.observe(visit, began, looks.buffered(LOOKS_AT_ONCE).try_collect()).await?;
        Ok(Finding::Surveyed { listings })
    }

    /// Looks at a channel within a bounded time, unless it is known to refuse our credentials. One that asks for patience
    /// gets it for a while, reckoned from when the execution `began`.
    async fn observe<T>(
        &self,
        visit: &Visit<'_>,
        began: Option<Timestamp>,
        look: impl Future<Output = Result<T, Failure>> + Send,
    ) -> Result<T, Instead> {
        // Looking changes nothing there: what is paused may be looked at, as it may be let go.
        if let Err(problem) = visit.channel.takes(CommandKind::Withdraw) {
            return Err(Instead::Finding(Finding::Refused { problem }));
        }
        let Ok(seen) = tokio::time::timeout(tola_step::patience(self.patience), look).await else {
            let message = format!("{} did not answer within {:?}", visit.channel.id, self.patience);
            return Err(StepError::new(StepErrorKind::Transient, message).into());
        };
        match seen {
            Ok(seen) => Ok(seen),
            Err(Failure::Refused(problem)) => {
                if problem.class == ProblemClass::Auth {
                    break_channel(&self.store, visit, &problem).await?;
                }
                Err(Instead::Finding(Finding::Refused { problem }))
            }
            Err(Failure::Throttled { seconds, problem }) => {
                Err(Instead::Finding(match patience::wait(seconds, began, visit.now) {
                    Some(seconds) => Finding::RetryAfter { seconds, problem },
                    None => Finding::Refused { problem: patience::at_its_end(problem) },
                }))
            }
            Err(Failure::Transient(message)) => Err(StepError::new(StepErrorKind::Transient, message).into()),
        }
    }
}

/// What ends the search for an answer early.
enum Instead {
    /// Another answer.
    Finding(Finding),
    /// Nobody could find out.
    Failure(StepError),
}

impl From<StepError> for Instead {
    fn from(error: StepError) -> Self {
        Self::Failure(error)
    }
}

/// The channel as it would be, if it were connected like this.
fn candidate<A: Adapter>(
    inquiry: &Inquiry,
    config: &Map<String, Value>,
    secret: Option<&String>,
    now: Timestamp,
) -> Channel {
    Channel {
        id: inquiry.channel_id.clone(),
        merchant_id: inquiry.merchant_id,
        channel_type: A::TYPE.to_owned(),
        config: config.clone(),
        secret: secret.cloned(),
        paused: false,
        status: ChannelStatus::Active,
        problem: None,
        reconcile_due_at: None,
        version: 0,
        created_at: now,
        updated_at: now,
    }
}

/// A finding's name, for the log.
fn name(finding: &Finding) -> &'static str {
    match finding {
        Finding::Described { .. } => "DESCRIBED",
        Finding::Misconfigured { .. } => "MISCONFIGURED",
        Finding::Connected => "CONNECTED",
        Finding::Disconnected { .. } => "DISCONNECTED",
        Finding::Examined { .. } => "EXAMINED",
        Finding::Surveyed { .. } => "SURVEYED",
        Finding::Listed { .. } => "LISTED",
        Finding::Unobservable => "UNOBSERVABLE",
        Finding::RetryAfter { .. } => "RETRY_AFTER",
        Finding::Refused { .. } => "REFUSED",
    }
}

#[cfg(test)]
mod tests;
