//! What a channel has of the product, and what becomes of it behind our back.

use super::{Changed, Remedy, Sight, World};
use crate::id::ChannelId;
use crate::listing::{Standing, Visibility};

#[derive(Debug, Clone, Default)]
pub(super) struct Remote {
    pub(super) listings: Vec<RemoteListing>,
    /// The fence of every call that changed something, with how often somebody had tampered with the channel by then:
    /// what was undone behind our back may be done again.
    pub(super) ledger: Vec<(u64, u64)>,
    pub(super) tampered: u64,
}

#[derive(Debug, Clone)]
pub(super) struct RemoteListing {
    pub(super) revision: u64,
    pub(super) state: RemoteState,
    /// Changes with whatever buyers see.
    pub(super) mark: u64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum RemoteState {
    Live,
    UnderReview,
    Paused,
    Closed,
}

impl Remote {
    /// The one that is not closed.
    pub(super) fn open(&self) -> Option<usize> {
        self.listings.iter().position(|listing| listing.state != RemoteState::Closed)
    }

    /// The one of this id, unless it is closed.
    pub(super) fn named(&self, external_id: &str) -> Option<usize> {
        let position: usize = external_id.strip_prefix("listing-")?.parse().ok()?;
        let listing: &RemoteListing = self.listings.get(position)?;
        (listing.state != RemoteState::Closed).then_some(position)
    }

    pub(super) fn standing(&self, position: usize) -> Standing {
        let listing = &self.listings[position];
        Standing {
            external_id: format!("listing-{position}"),
            revision: listing.revision,
            visibility: match listing.state {
                RemoteState::Live => Visibility::Live,
                RemoteState::UnderReview => Visibility::UnderReview,
                RemoteState::Paused | RemoteState::Closed => Visibility::Hidden,
            },
            mark: Some(listing.mark.to_string()),
        }
    }

    /// The channel makes up its mind about what it has been looking at.
    pub(super) fn decide(&mut self, rejects: bool) {
        for listing in self.listings.iter_mut().filter(|listing| listing.state == RemoteState::UnderReview) {
            listing.state = if rejects { RemoteState::Paused } else { RemoteState::Live };
            self.tampered += 1;
        }
    }
}

impl World {
    /// Somebody changes, hides, shows or removes a listing at its channel, or the channel decides about it, behind our back.
    pub(super) fn tamper(&mut self) {
        let (channel, roll, rejects) = (self.either(), self.dice.roll(6), self.dice.once_in(2));
        // An edit can be told only from what we know to have brought there.
        let known = self.product.channels.get(&channel).and_then(|listing| listing.observed.mark.clone());
        let Some(remote) = self.remotes.get_mut(&channel) else { return };
        if roll > 3 {
            return remote.decide(rejects);
        }
        remote.tampered += 1;
        let open = remote.listings.iter_mut().find(|listing| listing.state != RemoteState::Closed);
        match (open, roll) {
            (Some(listing), 0) => listing.state = RemoteState::Closed,
            (Some(listing), 1) => listing.state = RemoteState::Paused,
            (Some(listing), 2) => listing.state = RemoteState::Live,
            (Some(listing), _) if known == Some(listing.mark.to_string()) => listing.mark |= 1,
            _ => {}
        }
    }

    /// A reconciliation looks at a channel, unless somebody is at the listing.
    pub(super) fn look(&mut self) {
        let channel = self.either();
        self.look_at(channel);
    }

    pub(super) fn look_at(&mut self, channel: ChannelId) {
        let (now, version) = (self.origin().now, self.product.version);
        if self.product.channels.get(&channel).is_some_and(|listing| listing.is_at_rest(now)) {
            let remote = &self.remotes[&channel];
            let seen = remote.open().map(|position| remote.standing(position));
            self.sights.push((channel, version, seen));
        }
    }

    /// A reconciliation draws its conclusions, if nobody wrote to the product since it looked.
    pub(super) fn reconcile(&mut self) {
        let origin = self.origin();
        for (channel, version, seen) in std::mem::take(&mut self.sights) {
            let Some(shop) = self.shops.iter().find(|shop| shop.id == channel) else { continue };
            if self.product.version == version {
                let sight = seen.as_ref().map_or(Sight::Absent, Sight::There);
                let before = self.product.clone();
                let (drift, changed) = self.product.reconcile(shop, sight, &origin);
                let told = drift.is_none_or(|drift| drift.remedy == Remedy::Report);
                assert!(changed == Changed::Yes || (told && before == self.product));
            }
        }
    }
}
