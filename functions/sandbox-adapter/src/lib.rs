//! Carries commands out at the sandbox: a marketplace of our own, with listings and a ledger of calls in the database. It
//! pauses reversibly and closes for good, and each channel has a switchboard that makes it misbehave.

mod config;

use std::time::Duration;

use aws_lambda_events::sqs::SqsMessage;
use serde_json::Value;
use tola_catalog::listing::{CommandKind, Standing};
use tola_catalog::text::AttributeKey;
use tola_catalog::{Problem, ProblemClass};
use tola_channel::{Adapter, Call, EffectiveView, Failure, Harness, LetGo, Replies, code, schema_of};
use tola_contracts::StepError;
use tola_store::{Error, Sandbox, SandboxKey, SandboxListing, SandboxState, Store};

pub use config::{Refuse, SandboxConfig, Switch, Throttle};

/// The adapter.
#[derive(Clone)]
pub struct SandboxAdapter {
    store: Store,
}

/// Takes a message from the queue.
///
/// # Errors
/// For a message of another form, and when the workflow could not be told.
pub async fn sandbox_adapter<R: Replies>(
    message: SqsMessage,
    harness: &Harness<SandboxAdapter, R>,
) -> Result<(), StepError> {
    let command = harness.deliver(&message).await?;
    let config = harness.channel_of(&command).await?.and_then(|channel| SandboxConfig::of(&channel).ok());
    if config.is_some_and(|config| config.switch.answer_twice) {
        harness.deliver(&message).await?;
    }
    Ok(())
}

impl SandboxAdapter {
    /// The marketplace in `store`.
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    fn open(&self, call: &Call<'_>) -> Result<Counter, Failure> {
        let config = SandboxConfig::of(call.channel).map_err(Failure::Refused)?;
        let key = SandboxKey { channel_id: call.channel.id.clone(), product_id: call.product_id };
        Ok(Counter { sandbox: self.store.sandbox(call.scope), key, config })
    }
}

impl Adapter for SandboxAdapter {
    const TYPE: &'static str = "sandbox";

    fn config_schema() -> Value {
        schema_of::<SandboxConfig>()
    }

    async fn find(&self, call: &Call<'_>) -> Result<Option<Standing>, Failure> {
        let counter = self.open(call)?;
        let found = counter.sandbox.find(&counter.key).await.map_err(failed)?;
        // What a slow marketplace says may be out of date when it arrives.
        counter.slowly().await;
        Ok(found.as_ref().map(standing))
    }

    async fn offer(
        &self,
        call: &Call<'_>,
        view: &EffectiveView,
        standing_there: Option<&Standing>,
    ) -> Result<Standing, Failure> {
        let counter = self.open(call)?;
        let kind = if standing_there.is_some() { CommandKind::Update } else { CommandKind::Publish };
        counter.admit(kind).await?;
        counter.check(view)?;
        let shown = serde_json::to_value(view).map_err(|error| Failure::Transient(error.to_string()))?;
        let (sandbox, key) = (&counter.sandbox, &counter.key);
        let listing = sandbox.offer(key, view.revision, shown, call.fence, call.now).await.map_err(failed)?;
        counter.answer(standing(&listing)).await
    }

    async fn withdraw(&self, call: &Call<'_>, _: &Standing) -> Result<LetGo, Failure> {
        let counter = self.open(call)?;
        counter.admit(CommandKind::Withdraw).await?;
        match counter.sandbox.pause(&counter.key, call.fence, call.now).await.map_err(failed)? {
            None => Ok(LetGo { remains: None, already: true }),
            Some((listing, true)) => Ok(LetGo { remains: Some(listing.external_id), already: true }),
            Some((listing, false)) => {
                counter.answer(LetGo { remains: Some(listing.external_id), already: false }).await
            }
        }
    }

    async fn close(&self, call: &Call<'_>, _: &Standing) -> Result<LetGo, Failure> {
        let counter = self.open(call)?;
        counter.admit(CommandKind::Close).await?;
        if counter.sandbox.close(&counter.key, call.fence, call.now).await.map_err(failed)? {
            counter.answer(LetGo { remains: None, already: false }).await
        } else {
            Ok(LetGo { remains: None, already: true })
        }
    }
}

/// Where the marketplace takes calls about one listing, and misbehaves.
struct Counter {
    sandbox: Sandbox,
    key: SandboxKey,
    config: SandboxConfig,
}

impl Counter {
    /// Lets a call in, or sends it away before it has an effect.
    async fn admit(&self, kind: CommandKind) -> Result<(), Failure> {
        self.slowly().await;
        let switch = &self.config.switch;
        if let Some(Throttle { seconds, times }) = switch.throttle
            && self.within("throttle", times).await?
        {
            let message = "The marketplace takes no more calls for now.";
            let problem = Problem::new(ProblemClass::Throttled, code::CHANNEL_THROTTLED, message);
            return Err(Failure::Throttled { seconds, problem });
        }
        if self.within("fail_transient", switch.fail_transient).await? {
            return Err(Failure::Transient("the marketplace is told to fail".to_owned()));
        }
        match switch.refuse.as_ref().and_then(|refuse| refuse.of(kind)) {
            Some(problem) => Err(Failure::Refused(problem)),
            None => Ok(()),
        }
    }

    /// Holds a product against what the marketplace needs.
    fn check(&self, view: &EffectiveView) -> Result<(), Failure> {
        let missing = |key: &&AttributeKey| !view.attributes.contains_key(key.as_str());
        match self.config.required_attributes.iter().find(missing) {
            Some(key) => {
                let message = format!("The marketplace needs the attribute {key}.");
                let problem = Problem::new(ProblemClass::Validation, code::CHANNEL_ATTRIBUTE_MISSING, message);
                Err(Failure::Refused(problem.at(format!("/attributes/{key}"))))
            }
            None => Ok(()),
        }
    }

    /// The answer of a call that had an effect, unless it is lost.
    async fn answer<T>(&self, answer: T) -> Result<T, Failure> {
        if self.within("lose_answer", self.config.switch.lose_answer).await? {
            return Err(Failure::Transient("the marketplace is told to lose its answer".to_owned()));
        }
        Ok(answer)
    }

    /// Whether this is among the first `most` of something.
    async fn within(&self, what: &str, most: u32) -> Result<bool, Failure> {
        Ok(most > 0 && self.sandbox.count(&self.key, what).await.map_err(failed)? <= most)
    }

    async fn slowly(&self) {
        let millis = self.config.switch.slow_ms.min(60_000);
        if millis > 0 {
            tokio::time::sleep(Duration::from_millis(millis)).await;
        }
    }
}

fn standing(listing: &SandboxListing) -> Standing {
    let live = listing.state == SandboxState::Live;
    Standing { external_id: listing.external_id.clone(), revision: listing.revision, live }
}

#[expect(clippy::needless_pass_by_value, reason = "it is what map_err hands over")]
fn failed(error: Error) -> Failure {
    tracing::warn!(error = tola_step::chain(&error), "the marketplace's database failed");
    Failure::Transient(error.to_string())
}
