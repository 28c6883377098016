//! Carries commands out at the sandbox: a marketplace of our own, with listings and their ledgers in the database. It
//! pauses reversibly and closes for good, may ask something of products, look at listings before buyers see them and bound
//! the calls that it takes, and each channel has a switchboard that makes it misbehave.

mod config;
mod counter;
mod shelf;

use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::sqs::SqsMessage;
use serde_json::Value;
use tola_catalog::listing::{CommandKind, Standing};
use tola_channel::{Adapter, Call, EffectiveView, Failure, Harness, LetGo, Replies, Shelf, Visit, schema_of};
use tola_contracts::StepError;
use tola_store::{SandboxEffect, Store};

pub use config::{Moderation, RateLimit, Refuse, SandboxConfig, Switch, Throttle};
pub use shelf::PAGE;

use counter::{Counter, failed};

/// The adapter.
#[derive(Clone)]
pub struct SandboxAdapter {
    store: Store,
}

/// Takes a message from the queue; where the switchboard says so, the workflow is told late, or twice.
///
/// # Errors
/// For a message of another form, and when the workflow could not be told.
pub async fn sandbox_adapter<R: Replies>(
    harness: Arc<Harness<SandboxAdapter, R>>,
    message: SqsMessage,
) -> Result<(), StepError> {
    let (command, reply) = harness.take(&message).await?;
    let channel = harness.channel_of(&command).await?;
    let switch = channel.and_then(|channel| SandboxConfig::of(&channel).ok()).unwrap_or_default().switch;
    let late = switch.answer_late_ms.min(30_000);
    if late > 0 {
        tokio::time::sleep(Duration::from_millis(late)).await;
    }
    harness.tell(&command, &reply).await?;
    if switch.answer_twice {
        harness.deliver(&message).await?;
    }
    Ok(())
}

impl SandboxAdapter {
    /// The marketplace in `store`.
    pub fn new(store: Store) -> Self {
        Self { store }
    }
}

impl Adapter for SandboxAdapter {
    const TYPE: &'static str = "sandbox";

    fn config_schema() -> Value {
        schema_of::<SandboxConfig>()
    }

    async fn connect(&self, visit: &Visit<'_>) -> Result<(), Failure> {
        let counter = Counter::of(&self.store, *visit)?;
        counter.slowly().await;
        let failure = || Failure::Transient("the marketplace is told to fail connections".to_owned());
        let up = if counter.config.switch.fail_connect { Err(failure()) } else { counter.let_in() };
        counter.noted_visit(up).await
    }

    async fn find(&self, call: &Call<'_>) -> Result<Option<Standing>, Failure> {
        let counter = Counter::of(&self.store, call.visit())?;
        counter.noted(call, counter.admit_look().await).await?;
        let found = counter.look(call.product_id).await?.map(|listing| counter.standing(&listing));
        counter.note(call, SandboxEffect::Looked).await?;
        // What a slow marketplace says may be out of date when it arrives.
        counter.slowly().await;
        Ok(found.or_else(|| shelf::ghost(counter.config.switch.ghosts, call.product_id)))
    }

    async fn list(&self, visit: &Visit<'_>, cursor: Option<&str>) -> Result<Shelf, Failure> {
        let counter = Counter::of(&self.store, *visit)?;
        counter.noted_visit(counter.admit_look().await).await?;
        let page = shelf::page(&counter, cursor).await?;
        counter.slowly().await;
        Ok(page)
    }

    async fn offer(
        &self,
        call: &Call<'_>,
        view: &EffectiveView,
        standing: Option<&Standing>,
    ) -> Result<Standing, Failure> {
        let counter = Counter::of(&self.store, call.visit())?;
        let kind = if standing.is_some() { CommandKind::Update } else { CommandKind::Publish };
        counter.noted(call, counter.admit(call, kind).await).await?;
        let shown = serde_json::to_value(view).map_err(|error| Failure::Transient(error.to_string()))?;
        let (sandbox, key) = (&counter.sandbox, counter.key(call.product_id));
        let listing = sandbox.offer(&key, view.revision, shown, call.fence, call.now).await.map_err(failed)?;
        counter.answer(call, counter.standing(&listing)).await
    }

    async fn withdraw(&self, call: &Call<'_>, _: &Standing) -> Result<LetGo, Failure> {
        let counter = Counter::of(&self.store, call.visit())?;
        counter.noted(call, counter.admit(call, CommandKind::Withdraw).await).await?;
        let key = counter.key(call.product_id);
        match counter.sandbox.pause(&key, call.fence, call.now).await.map_err(failed)? {
            None => Ok(LetGo { remains: None, already: true }),
            Some((listing, true)) => Ok(LetGo { remains: Some(listing.external_id), already: true }),
            Some((listing, false)) => {
                counter.answer(call, LetGo { remains: Some(listing.external_id), already: false }).await
            }
        }
    }

    async fn close(&self, call: &Call<'_>, _: &Standing) -> Result<LetGo, Failure> {
        let counter = Counter::of(&self.store, call.visit())?;
        counter.noted(call, counter.admit(call, CommandKind::Close).await).await?;
        let key = counter.key(call.product_id);
        if counter.sandbox.close(&key, call.fence, call.now).await.map_err(failed)? {
            counter.answer(call, LetGo { remains: None, already: false }).await
        } else {
            Ok(LetGo { remains: None, already: true })
        }
    }
}
