//! One command at its channel: what is asked, in which order, and what the answers come to.

use tola_catalog::listing::{ChannelOutcome, CommandKind, Presence, Seen, Standing, Visibility};
use tola_catalog::{EffectiveView, Listing, Problem, Product};

use super::law::Law;
use crate::{Adapter, Call, Failure, LetGo};

/// A command that was claimed.
pub(super) struct Job<'a> {
    pub(super) call: Call<'a>,
    pub(super) kind: CommandKind,
    pub(super) product: &'a Product,
    pub(super) law: &'a Law,
    pub(super) in_doubt: bool,
    pub(super) hold: Option<Problem>,
}

impl Job<'_> {
    fn listing(&self) -> Option<&Listing> {
        self.product.channels.get(&self.call.channel.id)
    }

    /// Asks the channel, and says what was seen there first.
    pub(super) async fn work<A: Adapter>(&self, adapter: &A) -> (Result<ChannelOutcome, Failure>, Seen) {
        let known = self.listing().and_then(known);
        // What takes a listing away has to know it; what offers one may make it, if nothing is in doubt.
        let looks = self.in_doubt || (known.is_none() && !self.kind.offers());
        if !looks {
            return (self.act(adapter, known.as_ref(), &Seen::NotLooked).await, Seen::NotLooked);
        }
        let seen = match adapter.find(&self.call).await {
            // A guess is not a sight: what was in doubt still is, whatever is refused now.
            Ok(Some(guess)) if !A::OBSERVABLE => {
                let standing = known.unwrap_or(guess);
                return (self.act(adapter, Some(&standing), &Seen::NotLooked).await, Seen::NotLooked);
            }
            Ok(Some(standing)) => Seen::There(standing),
            Ok(None) => Seen::Absent,
            Err(failure) => return (Err(failure), Seen::NotLooked),
        };
        let found = if let Seen::There(standing) = &seen { Some(standing) } else { None };
        (self.act(adapter, found, &seen).await, seen)
    }

    async fn act<A: Adapter>(
        &self,
        adapter: &A,
        standing: Option<&Standing>,
        seen: &Seen,
    ) -> Result<ChannelOutcome, Failure> {
        if !self.kind.offers() {
            return self.take_away(adapter, standing).await;
        }
        if let Seen::There(there) = seen
            && self.listing().is_some_and(|listing| listing.is_satisfied_by(there, self.call.asked))
        {
            return Ok(ChannelOutcome::Listed(there.clone()));
        }
        if let Some(problem) = &self.hold {
            return Err(Failure::Refused(problem.clone()));
        }
        let view = EffectiveView::of(self.product, &self.call.channel.id);
        if let Some(problem) = self.law.refuse(self.call.channel, &view) {
            return Err(Failure::Refused(problem));
        }
        adapter.offer(&self.call, &view, standing).await.map(ChannelOutcome::Listed)
    }

    async fn take_away<A: Adapter>(&self, adapter: &A, standing: Option<&Standing>) -> Result<ChannelOutcome, Failure> {
        let Some(standing) = standing else { return Ok(ChannelOutcome::Withdrawn { remains: None, already: true }) };
        let LetGo { remains, already } = if self.kind == CommandKind::Close {
            adapter.close(&self.call, standing).await?
        } else {
            adapter.withdraw(&self.call, standing).await?
        };
        Ok(ChannelOutcome::Withdrawn { remains, already })
    }
}

/// What the channel is known to have, as long as nothing is in doubt.
fn known(listing: &Listing) -> Option<Standing> {
    let observed = &listing.observed;
    let external_id = observed.external_id.clone()?;
    let visibility = match observed.presence {
        Presence::Live => Visibility::Live,
        Presence::UnderReview => Visibility::UnderReview,
        _ => Visibility::Hidden,
    };
    let revision = observed.published_revision.unwrap_or_default();
    Some(Standing { external_id, revision, visibility, mark: observed.mark.clone() })
}
