//! Where the marketplace takes calls, and misbehaves.

use std::time::Duration;

use tola_catalog::listing::{CommandKind, Standing, Visibility};
use tola_catalog::{ChannelId, Problem, ProblemClass, ProductId, Timestamp};
use tola_channel::{Call, Failure, Visit, code};
use tola_store::{Error, Sandbox, SandboxEffect, SandboxKey, SandboxListing, SandboxState, Store};

use crate::config::{Moderation, SandboxConfig, Switch, Throttle};

/// The counter of one merchant's shop.
pub(crate) struct Counter<'a> {
    visit: Visit<'a>,
    pub(crate) sandbox: Sandbox,
    pub(crate) config: SandboxConfig,
}

impl<'a> Counter<'a> {
    pub(crate) fn of(store: &Store, visit: Visit<'a>) -> Result<Self, Failure> {
        let config = SandboxConfig::of(visit.channel).map_err(Failure::Refused)?;
        Ok(Self { visit, sandbox: store.sandbox(visit.scope), config })
    }

    fn now(&self) -> Timestamp {
        self.visit.now
    }

    pub(crate) fn channel_id(&self) -> &ChannelId {
        &self.visit.channel.id
    }

    /// The marketplace's key of a product.
    pub(crate) fn key(&self, product_id: ProductId) -> SandboxKey {
        SandboxKey { channel_id: self.visit.channel.id.clone(), product_id }
    }

    /// Lets a call in, or sends it away before it has an effect.
    pub(crate) async fn admit(&self, call: &Call<'_>, kind: CommandKind) -> Result<(), Failure> {
        self.slowly().await;
        self.limit().await?;
        let (switch, key) = (&self.config.switch, self.key(call.product_id));
        if let Some(Throttle { seconds, times }) = switch.throttle
            && self.within(&key, "throttle", times).await?
        {
            return Err(throttled(seconds));
        }
        if self.within(&key, "fail_transient", switch.fail_transient).await? {
            return Err(Failure::Transient("the marketplace is told to fail".to_owned()));
        }
        match switch.refuse.as_ref().and_then(|refuse| refuse.of(kind)) {
            Some(problem) => Err(Failure::Refused(problem)),
            None => self.perhaps_lose(&key).await,
        }
    }

    /// Lets somebody in who only looks.
    pub(crate) async fn admit_look(&self) -> Result<(), Failure> {
        self.limit().await?;
        self.let_in()
    }

    /// Lets somebody in who has the right credentials.
    pub(crate) fn let_in(&self) -> Result<(), Failure> {
        self.config.switch.locked().map_or(Ok(()), |problem| Err(Failure::Refused(problem)))
    }

    /// Notes a call if it is sent away.
    pub(crate) async fn noted<T>(&self, call: &Call<'_>, admitted: Result<T, Failure>) -> Result<T, Failure> {
        if admitted.is_err() {
            self.note(call, SandboxEffect::SentAway).await?;
        }
        admitted
    }

    /// Notes a call that changes nothing.
    pub(crate) async fn note(&self, call: &Call<'_>, effect: SandboxEffect) -> Result<(), Failure> {
        let fence = (call.fence > 0).then_some(call.fence);
        self.sandbox.note(&self.key(call.product_id), effect, fence, self.now()).await.map_err(failed)
    }

    /// Notes a look that is about no product, with what came of it.
    pub(crate) async fn noted_visit<T>(&self, looked: Result<T, Failure>) -> Result<T, Failure> {
        let effect = if looked.is_ok() { SandboxEffect::Looked } else { SandboxEffect::SentAway };
        self.sandbox.note_visit(self.channel_id(), effect, self.now()).await.map_err(failed)?;
        looked
    }

    /// A listing that was just read, as somebody sees it who looks now.
    pub(crate) async fn seen(&self, listing: SandboxListing) -> Result<Option<SandboxListing>, Failure> {
        let Switch { vanish, edit_by_hand, .. } = self.config.switch;
        if vanish == 0 && edit_by_hand == 0 { Ok(Some(listing)) } else { self.look(listing.product_id).await }
    }

    /// A product's listing as somebody sees it who looks now.
    pub(crate) async fn look(&self, product_id: ProductId) -> Result<Option<SandboxListing>, Failure> {
        let (switch, key) = (&self.config.switch, self.key(product_id));
        self.perhaps_lose(&key).await?;
        let Some(found) = self.sandbox.find(&key).await.map_err(failed)? else { return Ok(None) };
        if !self.within(&key, "edit_by_hand", switch.edit_by_hand).await? {
            return Ok(Some(found));
        }
        let name = format!("Edited by hand {}", found.edition);
        self.sandbox.rename(&key, &name, self.now()).await.map_err(failed)?;
        self.sandbox.find(&key).await.map_err(failed)
    }

    /// How a listing stands, once the marketplace has looked at it or not.
    pub(crate) fn standing(&self, listing: &SandboxListing) -> Standing {
        let visibility = match (listing.state, &self.config.moderation) {
            (SandboxState::Live, None) => Visibility::Live,
            (SandboxState::Live, Some(moderation)) => self.moderated(listing, moderation),
            (SandboxState::Paused | SandboxState::Closed, _) => Visibility::Hidden,
        };
        let mark = Some(listing.edition.to_string());
        Standing { external_id: listing.external_id.clone(), revision: listing.revision, visibility, mark }
    }

    fn moderated(&self, listing: &SandboxListing, Moderation { seconds, rejects }: &Moderation) -> Visibility {
        if self.now() < listing.edited_at.after(Duration::from_secs((*seconds).into())) {
            Visibility::UnderReview
        } else if rejects.is_some() {
            Visibility::Hidden
        } else {
            Visibility::Live
        }
    }

    /// The answer of a call that had an effect, unless it is lost.
    pub(crate) async fn answer<T>(&self, call: &Call<'_>, answer: T) -> Result<T, Failure> {
        if self.within(&self.key(call.product_id), "lose_answer", self.config.switch.lose_answer).await? {
            return Err(Failure::Transient("the marketplace is told to lose its answer".to_owned()));
        }
        Ok(answer)
    }

    pub(crate) async fn slowly(&self) {
        let millis = self.config.switch.slow_ms.min(60_000);
        if millis > 0 {
            tokio::time::sleep(Duration::from_millis(millis)).await;
        }
    }

    /// Counts a call, and sends it away if there were too many.
    async fn limit(&self) -> Result<(), Failure> {
        let Some(limit) = self.config.rate_limit else { return Ok(()) };
        let (channel, window) = (&self.visit.channel.id, Duration::from_secs(limit.seconds.into()));
        let (count, left) = self.sandbox.count_within(channel, window, self.now()).await.map_err(failed)?;
        if count <= limit.calls {
            return Ok(());
        }
        // Rounded up: a moment too early would only be sent away again.
        Err(throttled(u32::try_from(left.as_millis().div_ceil(1000)).unwrap_or(limit.seconds)))
    }

    /// Lets the marketplace lose a listing that it has, as often as it is told to.
    async fn perhaps_lose(&self, key: &SandboxKey) -> Result<(), Failure> {
        let most = self.config.switch.vanish;
        let has = most > 0 && self.sandbox.find(key).await.map_err(failed)?.is_some();
        if has && self.within(key, "vanish", most).await? {
            self.sandbox.lose(key, self.now()).await.map_err(failed)?;
        }
        Ok(())
    }

    /// Whether this is among the first `most` of something.
    async fn within(&self, key: &SandboxKey, what: &str, most: u32) -> Result<bool, Failure> {
        Ok(most > 0 && self.sandbox.count(key, what).await.map_err(failed)? <= most)
    }
}

fn throttled(seconds: u32) -> Failure {
    let message = "The marketplace takes no more calls for now.";
    Failure::Throttled { seconds, problem: Problem::new(ProblemClass::Throttled, code::CHANNEL_THROTTLED, message) }
}

#[expect(clippy::needless_pass_by_value, reason = "it is what map_err hands over")]
pub(crate) fn failed(error: Error) -> Failure {
    tracing::warn!(error = tola_step::chain(&error), "the marketplace's database failed");
    Failure::Transient(error.to_string())
}
