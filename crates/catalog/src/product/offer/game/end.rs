//! How a game ends, and what has to hold then.

use super::*;
use crate::listing::Presence;
use crate::status::ProductStatus;

impl World {
    pub(super) fn come_to_an_end(&mut self) {
        for shop in &mut self.shops {
            shop.status = ChannelStatus::Active;
        }
        self.calm_down();
        if self.rules == Rules::Tampered {
            for remote in self.remotes.values_mut() {
                remote.decide(false);
            }
            self.find_everything();
        }
        self.check();
        self.delete();
    }

    /// No more faults, and everything that was accepted is carried out.
    fn calm_down(&mut self) {
        for turn in 0..200 {
            // Every other turn is long enough for a lease to end.
            self.now += if turn % 2 == 0 { 1 } else { LEASE + 1 };
            self.photo_arrives();
            self.launch();
            self.deliver(false);
            while let Some(call) = self.calls.pop() {
                self.act(call, false);
            }
            for ((channel, fence), outcome) in self.outcomes.clone() {
                let _ = self.product.record(&channel, fence, &outcome, &self.origin());
            }
            self.settle();
            self.product.outbox.clear();
            if self.product.intents.is_empty()
                && self.queue.is_empty()
                && self.running.is_empty()
                && self.awaited.is_empty()
            {
                return;
            }
        }
        panic!("it never comes to rest");
    }

    /// Reconciliations come by, until they find nothing more.
    fn find_everything(&mut self) {
        for _ in 0..8 {
            let before = self.product.version;
            self.now += LEASE + 1;
            for name in ["a", "b"] {
                // The first may write to the product, and then what was seen of the other is out of date.
                self.look_at(channel(name));
                self.reconcile();
            }
            self.calm_down();
            if self.product.version == before {
                return;
            }
        }
        panic!("reconciling never comes to rest");
    }

    /// The merchant removes the product, and nothing fails any more.
    fn delete(&mut self) {
        let (operation, origin) = (self.mint(), self.origin());
        let _ = self.product.request_deletion(operation, &origin);
        self.calm_down();
        assert!(self.product.is_let_go(), "{:?}", self.product.channels);
        for remote in self.remotes.values() {
            assert_eq!(remote.open(), None, "{remote:?}");
        }
        let last = self.product.last_operation[&OperationKind::Delete];
        let (again, origin) = (self.mint(), self.origin());
        assert_eq!(self.product.request_deletion(again, &origin), Requested::Already(last));
    }

    fn check(&self) {
        for (channel, remote) in &self.remotes {
            let open = remote.listings.iter().filter(|listing| listing.state != RemoteState::Closed).count();
            assert!(open <= 1, "two listings of one product on {channel}");
            let distinct: BTreeSet<_> = remote.ledger.iter().collect();
            assert_eq!(distinct.len(), remote.ledger.len(), "a fence had two effects on {channel}: {remote:?}");
            if let Some(listing) = self.product.channels.get(channel) {
                self.check_listing(listing, remote);
            }
        }
        if self.product.deleting.is_some() && self.product.is_let_go() {
            // Whoever stopped an execution between its channels and its end has to ask again.
            let deletes = |operation: &OperationId| self.started[operation] == OperationKind::Delete;
            let purged = self.product.purged_at.is_some();
            assert!(purged || self.stopped.iter().any(deletes), "every channel let go, and nobody goes on");
        }
        if self.product.purged_at.is_some() {
            assert!(self.remotes.values().all(|remote| remote.open().is_none()), "purged, and still at a channel");
        }
        let live = self.product.channels.values().any(Listing::is_live);
        assert_eq!(self.product.status == ProductStatus::Active, live && self.product.deactivated.is_none());
    }

    fn check_listing(&self, listing: &Listing, remote: &Remote) {
        assert!(!listing.is_under_way(), "{listing:?} never ended");
        // What is held back is not tried, and what channels have of it is paused.
        let (complete, held) = (self.product.completeness.is_complete(), self.product.hold().is_some());
        if let Some(problem) = listing.command.as_ref().and_then(|command| command.problem.as_ref()) {
            if listing.desired == Desired::On && complete && !held {
                assert!(problem.code != code::PRODUCT_INCOMPLETE.name, "nothing is missing any more: {listing:?}");
                let lasts = matches!(problem.class, ProblemClass::Policy | ProblemClass::Validation)
                    && problem.code != code::CHANNEL_PAUSED.name;
                assert!(lasts || self.rules == Rules::Alone, "nobody tried again: {listing:?}");
            }
            return;
        }
        let shown = remote.open().map(|position| &remote.listings[position]);
        match listing.desired {
            Desired::On if complete && !held => {
                let shown = shown.expect("it is wanted there");
                let (state, presence) = (shown.state, listing.observed.presence);
                match presence {
                    Presence::Live => assert_eq!(state, RemoteState::Live, "{listing:?}"),
                    Presence::UnderReview => assert_eq!(state, RemoteState::UnderReview, "{listing:?}"),
                    _ => panic!("nobody says why it is not shown: {listing:?}"),
                }
                assert!(shown.revision >= listing.content_revision, "{listing:?}: {shown:?}");
                assert_eq!(shown.mark, 2 * shown.revision, "changed by hand, and nobody noticed: {listing:?}");
                assert_eq!(listing.observed.published_revision, Some(shown.revision));
            }
            Desired::On if !held => {}
            Desired::On | Desired::Off => {
                assert!(shown.is_none_or(|shown| shown.state == RemoteState::Paused), "{listing:?}: {shown:?}");
                assert!(matches!(listing.observed.presence, Presence::Absent | Presence::Paused), "{listing:?}");
            }
        }
    }
}
