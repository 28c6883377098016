//! Any interleaving of what merchants ask, executions do, adapters try and channels answer, from seeds.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{Canonical, Edit, NewProduct};
use super::*;
use crate::ImageId;
use crate::channel::{Channel, ChannelStatus};
use crate::event::Actor;
use crate::id::{MerchantId, ProductId};
use crate::image::{Image, Placeholder, Rendition, UploadedFile};
use crate::listing::{Presence, Seen, Standing, Visibility};
use crate::money::{Currency, Money};
use crate::product::ImageReference;
use crate::product::{Remedy, Sight};
use crate::status::ProductStatus;
use crate::text::{Description, Name};
use crate::view::Overrides;

const SEEDS: u64 = 10_000;
const STEPS: usize = 60;
/// In the simulated time of one tick a step.
const LEASE: i64 = 8;

/// Numbers that look random and are the same for the same seed (SplitMix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % sides
    }

    fn pick(&mut self, length: usize) -> usize {
        usize::try_from(self.roll(length as u64)).unwrap()
    }
}

/// What a channel has of the product.
#[derive(Debug, Clone, Default)]
struct Remote {
    listings: Vec<RemoteListing>,
    /// The fence of every call that changed something, with how often somebody had tampered with the channel by then:
    /// what was undone behind our back may be done again.
    ledger: Vec<(u64, u64)>,
    tampered: u64,
}

#[derive(Debug, Clone)]
struct RemoteListing {
    revision: u64,
    state: RemoteState,
    /// Changes with whatever buyers see.
    mark: u64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum RemoteState {
    Live,
    Paused,
    Closed,
}

impl RemoteListing {
    fn visibility(&self) -> Visibility {
        if self.state == RemoteState::Live { Visibility::Live } else { Visibility::Hidden }
    }
}

/// A message on a channel's queue.
#[derive(Debug, Clone)]
struct Message {
    channel: ChannelId,
    fence: u64,
    kind: CommandKind,
    deliveries: u32,
}

/// A call at a channel that has not ended.
struct Call {
    message: Message,
    until: i64,
    in_doubt: bool,
    hold: Option<Problem>,
    /// The listing as the adapter read it.
    known: Listing,
    /// The revision that the command is about.
    asked: u64,
    /// The revision that the adapter rendered.
    rendered: u64,
}

struct World {
    dice: Dice,
    now: i64,
    minted: u128,
    product: Product,
    remotes: BTreeMap<ChannelId, Remote>,
    queue: Vec<Message>,
    calls: Vec<Call>,
    outcomes: BTreeMap<(ChannelId, u64), ChannelOutcome>,
    running: BTreeSet<OperationId>,
    ended: Vec<(OperationId, OperationKind)>,
    started: BTreeMap<OperationId, OperationKind>,
    /// What reconciliations saw: channel, the product's version before the look, and the listing there.
    sights: Vec<(ChannelId, u64, Option<Standing>)>,
}

fn channel(name: &str) -> ChannelId {
    ChannelId::parse(name).unwrap()
}

fn product(origin: &Origin) -> Product {
    let merchant = MerchantId::new(Ulid::from_parts(1, 1));
    let image_id = ImageId::new(Ulid::from_parts(1, 2));
    let canonical = Canonical {
        name: Name::parse("Lamp").unwrap(),
        description: Some(Description::parse("It shines.").unwrap()),
        price: Some(Money::new(1999, Currency::parse("USD").unwrap()).unwrap()),
        category_id: None,
        attributes: BTreeMap::new(),
        tags: vec![],
        brand: None,
    };
    let new = NewProduct { sku: None, slug: None, canonical, images: vec![ImageReference { image_id, alt: None }] };
    let operation = OperationId::new(Ulid::from_parts(1, 3));
    let mut product =
        Product::register(new, ProductId::new(Ulid::from_parts(1, 4)), merchant, operation, origin).unwrap();
    let mut image = Image::awaiting_upload(image_id, merchant, "image/jpeg", origin.now);
    let file = UploadedFile { content_type: "image/jpeg".into(), width: 4, height: 3, bytes: 9 };
    let rendition = Rendition {
        name: "320.jpg".into(),
        content_type: "image/jpeg".into(),
        width: 4,
        height: 3,
        bytes: 9,
        key: "images/m/ab/320.jpg".into(),
    };
    let placeholder = Placeholder { blurhash: "L00000fQfQfQfQfQfQfQfQfQfQfQ".into(), colour: "#000000".into() };
    let _ = image.arrive(None, operation, origin);
    let _ = image.finish(file, placeholder, vec![rendition], origin);
    let _ = product.absorb(&[image], origin);
    product.intents.clear();
    product
}

impl World {
    fn new(seed: u64) -> Self {
        let origin = origin(0);
        Self {
            dice: Dice(seed),
            now: 1,
            minted: 100,
            product: product(&origin),
            remotes: [channel("a"), channel("b")].into_iter().map(|id| (id, Remote::default())).collect(),
            queue: Vec::new(),
            calls: Vec::new(),
            outcomes: BTreeMap::new(),
            running: BTreeSet::new(),
            ended: Vec::new(),
            started: BTreeMap::new(),
            sights: Vec::new(),
        }
    }

    fn origin(&self) -> Origin {
        origin(self.now)
    }

    fn mint(&mut self) -> OperationId {
        self.minted += 1;
        OperationId::new(Ulid::from_parts(2, self.minted))
    }

    fn step(&mut self) {
        self.now += 1;
        match self.dice.roll(17) {
            12 => self.tamper(),
            13 => self.look(),
            14 => {
                self.look();
                self.reconcile();
            }
            16 => self.reconcile(),
            15 => self.overlay(),
            0 => self.merchant(),
            1 | 2 => self.edit(),
            3 => self.launch(),
            4..=8 => self.adapter(true),
            9 => self.adopt(),
            10 => self.settle(),
            _ => self.stop(),
        }
        self.product.outbox.clear();
    }

    fn merchant(&mut self) {
        let (operation, origin) = (self.mint(), self.origin());
        let both = [channel("a"), channel("b")];
        let product = &mut self.product;
        // What the state does not allow is refused, and changes nothing: that is part of the game.
        let before = product.clone();
        let refused = match self.dice.roll(7) {
            0 => product.request_publish(&both[..1], operation, &origin).is_err(),
            1 | 2 => product.request_publish(&both, operation, &origin).is_err(),
            3 => product.request_unpublish(&both[1..], operation, &origin).is_err(),
            4 => product.request_deactivation(operation, &origin).is_err(),
            5 => product.reactivate(&origin).is_err(),
            _ => match self.ended.last().copied() {
                Some((failed, kind)) => product.request_again(kind, operation, failed, &origin).is_err(),
                None => false,
            },
        };
        assert!(!refused || before == self.product, "a refused request changed something");
    }

    fn edit(&mut self) {
        let description = match self.dice.roll(6) {
            0 => None,
            _ => Some(Description::parse(&format!("It shines {} times.", self.now)).unwrap()),
        };
        let (edit, operation) = (Edit { description: Some(description), ..Edit::default() }, self.mint());
        let _ = self.product.edit(edit, operation, &self.origin());
    }

    /// Says what is to be different on one channel.
    fn overlay(&mut self) {
        let channel = if self.dice.roll(2) == 0 { channel("a") } else { channel("b") };
        let name = Name::parse(&format!("Lamp {}", self.dice.roll(3))).unwrap();
        let overrides = Overrides { name: Some(name), ..Overrides::default() };
        let _ = self.product.override_on(&channel, overrides, &self.origin());
    }

    /// Somebody changes, hides, shows or removes a listing at its channel, behind our back.
    fn tamper(&mut self) {
        let remote = if self.dice.roll(2) == 0 { channel("a") } else { channel("b") };
        let roll = self.dice.roll(4);
        // An edit can be told only from what we know to have brought there.
        let known = self.product.channels.get(&remote).and_then(|listing| listing.observed.mark.clone());
        let remote = self.remotes.get_mut(&remote).unwrap();
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
    fn look(&mut self) {
        let channel = if self.dice.roll(2) == 0 { channel("a") } else { channel("b") };
        let (now, version) = (self.origin().now, self.product.version);
        if self.product.channels.get(&channel).is_some_and(|listing| listing.is_at_rest(now)) {
            let remote = &self.remotes[&channel];
            let open = remote.listings.iter().enumerate().find(|(_, listing)| listing.state != RemoteState::Closed);
            let seen = open.map(|(position, listing)| Standing {
                external_id: format!("listing-{position}"),
                revision: listing.revision,
                visibility: listing.visibility(),
                mark: Some(listing.mark.to_string()),
            });
            self.sights.push((channel, version, seen));
        }
    }

    /// A reconciliation draws its conclusions, if nobody wrote to the product since it looked.
    fn reconcile(&mut self) {
        let origin = self.origin();
        for (channel, version, seen) in std::mem::take(&mut self.sights) {
            if self.product.version == version {
                let sight = seen.as_ref().map_or(Sight::Absent, Sight::There);
                let before = self.product.clone();
                let (drift, changed) =
                    self.product.reconcile(&shop(channel.as_str(), ChannelStatus::Active), sight, &origin);
                let told = drift.is_none_or(|drift| drift.remedy == Remedy::Report);
                assert!(changed == Changed::Yes || (told && before == self.product));
            }
        }
    }

    /// Starts an execution: it submits what waits. Both are repeatable.
    fn launch(&mut self) {
        let Some(intent) = self.product.intents.first().cloned() else { return };
        self.running.insert(intent.operation_id);
        self.started.insert(intent.operation_id, intent.kind);
        for (channel, listing) in &self.product.channels {
            let Some(command) = listing.command.as_ref().filter(|_| listing.is_under_way()) else { continue };
            if command.operation_id == intent.operation_id {
                let (fence, kind) = (command.fence, command.kind);
                let message = Message { channel: channel.clone(), fence, kind, deliveries: 0 };
                self.queue.push(message.clone());
                if self.dice.roll(4) == 0 {
                    self.queue.push(message);
                }
            }
        }
        if self.dice.roll(5) > 0 {
            self.product.intents.remove(0);
        }
    }

    /// Goes on with a call that was begun, or begins one.
    fn adapter(&mut self, faulty: bool) {
        if self.calls.is_empty() || (!self.queue.is_empty() && self.dice.roll(2) == 0) {
            self.deliver(faulty);
        } else {
            let position = self.dice.pick(self.calls.len());
            let call = self.calls.swap_remove(position);
            self.act(call, faulty);
        }
    }

    /// Delivers a message to an adapter, which claims its command.
    fn deliver(&mut self, faulty: bool) {
        if self.queue.is_empty() {
            return;
        }
        let position = self.dice.pick(self.queue.len());
        let mut message = self.queue.swap_remove(position);
        message.deliveries += 1;
        if self.outcomes.contains_key(&(message.channel.clone(), message.fence)) {
            return;
        }
        let holder = format!("{}-{}", self.now, message.deliveries);
        let (until, origin) = (self.now + LEASE, self.origin());
        let lease = Timestamp::from_millis(until);
        match self.product.claim(&message.channel, message.fence, &holder, lease, &origin) {
            Claimed::Granted { in_doubt, hold } => {
                let alive = |call: &Call| call.message.channel == message.channel && call.until > self.now;
                assert!(!self.calls.iter().any(alive), "two calls at once for {}", message.channel);
                if faulty && self.dice.roll(5) == 0 {
                    return self.queue.push(message); // It died before it called.
                }
                let known = self.product.channels[&message.channel].clone();
                let asked = known.command.as_ref().unwrap().revision;
                let rendered = self.product.revision;
                self.calls.push(Call { message, until, in_doubt, hold, known, asked, rendered });
            }
            Claimed::Busy(_) => self.queue.push(message),
            Claimed::Superseded => {}
        }
    }

    /// An adapter that claimed a command calls its channel; one that took longer than its lease is dead.
    fn act(&mut self, call: Call, faulty: bool) {
        if call.until <= self.now {
            return self.queue.push(call.message);
        }
        let refuses = faulty && self.dice.roll(6) == 0;
        let outcome = self.call(&call, refuses);
        let message = call.message;
        if faulty && self.dice.roll(4) == 0 {
            return self.queue.push(message); // It died before it could store the answer.
        }
        self.outcomes.insert((message.channel.clone(), message.fence), outcome);
        if faulty && self.dice.roll(4) == 0 {
            self.queue.push(message); // The queue delivers it once more.
        }
    }

    /// What a well-behaved adapter does at its channel.
    fn call(&mut self, call: &Call, refuses: bool) -> ChannelOutcome {
        let Call { message, in_doubt, hold, known, asked, rendered, .. } = call;
        let remote = self.remotes.get_mut(&message.channel).unwrap();
        let found = remote.listings.iter().position(|listing| listing.state != RemoteState::Closed);
        let standing = |remote: &Remote, position: usize| Standing {
            external_id: format!("listing-{position}"),
            revision: remote.listings[position].revision,
            visibility: remote.listings[position].visibility(),
            mark: Some(remote.listings[position].mark.to_string()),
        };
        let seen = match found {
            _ if !*in_doubt => Seen::NotLooked,
            Some(position) => Seen::There(standing(remote, position)),
            None => Seen::Absent,
        };
        let no = || Problem::new(ProblemClass::Policy, code::PRODUCT_INCOMPLETE, "Not today.");
        if message.kind.offers() {
            if let Seen::There(there) = &seen
                && known.is_satisfied_by(there, *asked)
            {
                return ChannelOutcome::Listed(there.clone());
            }
            if let Some(problem) = hold.clone().or_else(|| refuses.then(no)) {
                return ChannelOutcome::Refused { problem, seen };
            }
            let position = found.unwrap_or_else(|| {
                remote.listings.push(RemoteListing { revision: *rendered, state: RemoteState::Paused, mark: 0 });
                remote.listings.len() - 1
            });
            let mark = 2 * *rendered;
            remote.listings[position] = RemoteListing { revision: *rendered, state: RemoteState::Live, mark };
            remote.ledger.push((message.fence, remote.tampered));
            return ChannelOutcome::Listed(standing(remote, position));
        }
        let Some(position) = found else { return ChannelOutcome::Withdrawn { remains: None, already: true } };
        let (end, remains) = match message.kind {
            CommandKind::Close => (RemoteState::Closed, None),
            _ => (RemoteState::Paused, Some(standing(remote, position).external_id)),
        };
        let already = remote.listings[position].state == end;
        if refuses && !already {
            return ChannelOutcome::Refused { problem: no(), seen };
        }
        if !already {
            remote.listings[position].state = end;
            remote.ledger.push((message.fence, remote.tampered));
        }
        ChannelOutcome::Withdrawn { remains, already }
    }

    /// A step or the sweep takes a stored outcome over; any, at any time, any number of times.
    fn adopt(&mut self) {
        if self.outcomes.is_empty() {
            return;
        }
        let position = self.dice.pick(self.outcomes.len());
        let ((channel, fence), outcome) =
            self.outcomes.iter().nth(position).map(|(key, outcome)| (key.clone(), outcome.clone())).unwrap();
        let (before, origin) = (self.product.clone(), self.origin());
        let known = before.channels[&channel].recorded_fence;
        let changed = self.product.record(&channel, fence, &outcome, &origin);
        assert!(fence > known || (changed == Changed::No && before == self.product), "an old answer had an effect");
    }

    /// An execution comes to its end, if its commands have.
    fn settle(&mut self) {
        let origin = self.origin();
        for operation in self.running.clone() {
            let waits = self.product.channels.values().any(|listing| {
                listing.is_under_way() && listing.command.as_ref().is_some_and(|c| c.operation_id == operation)
            });
            if !waits {
                let _ = self.product.tell(operation, &origin);
                self.running.remove(&operation);
                self.ended.push((operation, self.started[&operation]));
            }
        }
    }

    /// Somebody stops an execution; its operation is settled by what became of it.
    fn stop(&mut self) {
        let Some(operation) = self.running.iter().next().copied() else { return };
        if self.dice.roll(3) > 0 {
            return;
        }
        let problem = Problem::new(ProblemClass::Transient, code::EXECUTION_STOPPED, "Somebody stopped it.");
        let _ = self.product.abandon(operation, &problem, &self.origin());
        let _ = self.product.tell(operation, &self.origin());
        self.running.remove(&operation);
        self.ended.push((operation, self.started[&operation]));
    }

    /// No more faults, and everything that was accepted is carried out.
    fn calm_down(&mut self) {
        for turn in 0..200 {
            // Every other turn is long enough for a lease to end.
            self.now += if turn % 2 == 0 { 1 } else { LEASE + 1 };
            self.launch();
            self.deliver(false);
            while let Some(call) = self.calls.pop() {
                self.act(call, false);
            }
            for ((channel, fence), outcome) in self.outcomes.clone() {
                let _ = self.product.record(&channel, fence, &outcome, &self.origin());
            }
            self.settle();
            if self.product.intents.is_empty() && self.queue.is_empty() && self.running.is_empty() {
                return;
            }
        }
        panic!("it never comes to rest");
    }

    /// Reconciliations come by, until they find nothing more.
    fn find_everything(&mut self) {
        for _ in 0..8 {
            let before = self.product.version;
            for _ in 0..12 {
                self.look();
            }
            self.reconcile();
            self.calm_down();
            self.product.outbox.clear();
            if self.product.version == before {
                return;
            }
        }
        panic!("reconciling never comes to rest");
    }

    /// The merchant removes the product, and nothing fails any more.
    fn delete(&mut self) {
        let (operation, origin) = (self.mint(), self.origin());
        assert_eq!(self.product.request_deletion(operation, &origin), Requested::Accepted);
        self.calm_down();
        assert!(self.product.is_let_go(), "{:?}", self.product.channels);
        for remote in self.remotes.values() {
            assert!(remote.listings.iter().all(|listing| listing.state == RemoteState::Closed), "{remote:?}");
        }
        let (again, origin) = (self.mint(), self.origin());
        assert_eq!(self.product.request_deletion(again, &origin), Requested::Already(operation));
    }

    fn check(&self) {
        for (channel, remote) in &self.remotes {
            let open: Vec<_> = remote.listings.iter().filter(|listing| listing.state != RemoteState::Closed).collect();
            assert!(open.len() <= 1, "two listings of one product on {channel}");
            let distinct: BTreeSet<_> = remote.ledger.iter().collect();
            assert_eq!(distinct.len(), remote.ledger.len(), "a fence had two effects on {channel}: {remote:?}");

            let Some(listing) = self.product.channels.get(channel) else { continue };
            assert!(!listing.is_under_way(), "{listing:?} never ended");
            if listing.command.as_ref().is_some_and(|command| command.problem.is_some()) {
                continue;
            }
            let truth = open.first().map(|listing| (listing.state, listing.revision));
            match listing.desired {
                Desired::On if self.product.completeness.is_complete() => {
                    let shown = open.first().expect("it is wanted there");
                    assert_eq!(shown.state, RemoteState::Live, "{listing:?}");
                    assert!(shown.revision >= listing.content_revision, "{listing:?}: {truth:?}");
                    assert_eq!(shown.mark, 2 * shown.revision, "changed by hand, and nobody noticed: {listing:?}");
                    assert!(listing.is_live() && listing.observed.published_revision == Some(shown.revision));
                }
                Desired::On => {}
                Desired::Off => {
                    assert!(truth.is_none_or(|(state, _)| state == RemoteState::Paused), "{listing:?}: {truth:?}");
                    assert!(matches!(listing.observed.presence, Presence::Absent | Presence::Paused), "{listing:?}");
                }
            }
        }
        let live = self.product.channels.values().any(Listing::is_live);
        assert_eq!(self.product.status == ProductStatus::Active, live && self.product.deactivated.is_none());
    }
}

fn operation(n: u128) -> OperationId {
    OperationId::new(Ulid::from_parts(7, n))
}

/// Carries out everything that waits on a channel, with one answer.
fn answer(product: &mut Product, name: &str, answer: impl Fn(u64) -> ChannelOutcome) {
    let (channel, origin) = (channel(name), origin(9));
    let fence = product.channels[&channel].command.as_ref().unwrap().fence;
    let claimed = product.claim(&channel, fence, "adapter", Timestamp::from_millis(99), &origin);
    assert!(matches!(claimed, Claimed::Granted { .. }), "{claimed:?}");
    assert_eq!(product.record(&channel, fence, &answer(product.revision), &origin), Changed::Yes);
}

fn listed(revision: u64) -> ChannelOutcome {
    ChannelOutcome::Listed(Standing { external_id: "1".into(), revision, visibility: Visibility::Live, mark: None })
}

fn paused(_: u64) -> ChannelOutcome {
    ChannelOutcome::Withdrawn { remains: Some("1".into()), already: false }
}

fn refused(_: u64) -> ChannelOutcome {
    let problem = Problem::new(ProblemClass::Policy, code::PRODUCT_INCOMPLETE, "Not today.");
    ChannelOutcome::Refused { problem, seen: Seen::NotLooked }
}

fn described(text: &str) -> Edit {
    Edit { description: Some(Some(Description::parse(text).unwrap())), ..Edit::default() }
}

#[test]
fn a_request_that_holds_already_is_the_operation_that_did_it() {
    let (mut product, origin) = (product(&origin(0)), origin(1));
    let a = [channel("a")];

    assert_eq!(product.request_publish(&a, operation(1), &origin), Ok(Requested::Accepted));
    assert_eq!(product.request_publish(&a, operation(2), &origin), Ok(Requested::Already(operation(1))));
    answer(&mut product, "a", listed);
    assert_eq!(product.request_publish(&a, operation(3), &origin), Ok(Requested::Already(operation(1))));

    assert_eq!(product.status, ProductStatus::Active);
    assert_eq!(product.intents.len(), 1);
}

#[test]
fn an_edit_during_a_publish_waits_for_its_end_and_then_follows_by_itself() {
    let (mut product, origin) = (product(&origin(0)), origin(1));
    let _ = product.request_publish(&[channel("a")], operation(1), &origin);
    let fence = product.channels[&channel("a")].command.as_ref().unwrap().fence;
    let _ = product.claim(&channel("a"), fence, "adapter", Timestamp::from_millis(99), &origin);

    let _ = product.edit(described("It shines more."), operation(2), &origin);
    assert_eq!(product.intents.len(), 1, "the publish is unfinished");
    let _ = product.record(&channel("a"), fence, &listed(product.revision - 1), &origin);

    assert_eq!(product.intents.len(), 2);
    assert!(product.channels[&channel("a")].is_being_offered());
}

#[test]
fn a_refused_update_leaves_the_old_revision_live_and_is_tried_again_when_asked() {
    let (mut product, origin) = (product(&origin(0)), origin(1));
    let _ = product.request_publish(&[channel("a")], operation(1), &origin);
    answer(&mut product, "a", listed);
    let _ = product.edit(described("It shines more."), operation(2), &origin);
    answer(&mut product, "a", refused);

    assert_eq!(product.status, ProductStatus::Active);
    assert_eq!(product.channels[&channel("a")].observed.published_revision, Some(1));
    assert_eq!(product.intents.len(), 2, "a refusal is no loop");
    assert_eq!(product.request_publish(&[channel("a")], operation(3), &origin), Ok(Requested::Accepted));
    answer(&mut product, "a", listed);
    assert_eq!(product.channels[&channel("a")].observed.published_revision, Some(2));
}

#[test]
fn deactivating_again_retries_only_what_was_refused() {
    let (mut product, origin) = (product(&origin(0)), origin(1));
    let _ = product.request_publish(&[channel("a"), channel("b")], operation(1), &origin);
    answer(&mut product, "a", listed);
    answer(&mut product, "b", listed);

    assert_eq!(product.request_deactivation(operation(2), &origin), Ok(Requested::Accepted));
    assert_eq!(product.status, ProductStatus::Inactive);
    assert!(matches!(product.reactivate(&origin), Err(Refused::WithdrawalRuns { .. })));
    answer(&mut product, "a", paused);
    answer(&mut product, "b", refused);
    let fence = |product: &Product, name| product.channels[&channel(name)].command.as_ref().unwrap().fence;
    let before = (fence(&product, "a"), fence(&product, "b"));

    assert_eq!(product.request_deactivation(operation(3), &origin), Ok(Requested::Accepted));
    assert_eq!((fence(&product, "a"), fence(&product, "b")), (before.0, before.1 + 1));
    answer(&mut product, "b", paused);
    assert_eq!(product.request_deactivation(operation(4), &origin), Ok(Requested::Already(operation(3))));
    assert_eq!(product.reactivate(&origin), Ok(Changed::Yes));
    assert_eq!(product.status, ProductStatus::Ready);
}

fn shop(name: &str, status: ChannelStatus) -> Channel {
    Channel {
        id: channel(name),
        merchant_id: MerchantId::new(Ulid::from_parts(1, 1)),
        channel_type: "sandbox".into(),
        config: serde_json::Map::new(),
        secret: None,
        status,
        problem: None,
        reconcile_due_at: None,
        version: 1,
        created_at: Timestamp::from_millis(0),
        updated_at: Timestamp::from_millis(0),
    }
}

#[test]
fn a_plan_has_the_channels_that_can_be_called_and_ends_the_commands_of_the_others() {
    let (mut product, origin) = (product(&origin(0)), origin(1));
    let names = ["a", "b", "c", "d"];
    let _ = product.request_publish(&names.map(channel), operation(1), &origin);
    let shops =
        [shop("a", ChannelStatus::Active), shop("b", ChannelStatus::Paused), shop("c", ChannelStatus::AuthBroken)];

    let (planned, changed) = product.plan(operation(1), &shops, &origin);

    assert_eq!((planned.len(), &planned[0].channel_id, changed), (1, &channel("a"), Changed::Yes));
    let failed = product.tally(operation(1)).failed;
    let codes: Vec<_> = failed.iter().map(|(_, problem)| problem.code.as_str()).collect();
    assert_eq!(codes, ["CHANNEL_PAUSED", "CHANNEL_AUTH_BROKEN", "CHANNEL_GONE"]);
    assert_eq!(product.plan(operation(1), &shops, &origin), (planned, Changed::No), "planning again plans the same");
}

#[test]
fn a_paused_channel_is_asked_to_let_go_and_a_disconnected_one_has_nothing_to_close() {
    let (mut product, origin) = (product(&origin(0)), origin(1));
    let _ = product.request_publish(&[channel("a"), channel("b")], operation(1), &origin);
    answer(&mut product, "a", listed);
    answer(&mut product, "b", listed);
    assert_eq!(product.request_deletion(operation(2), &origin), Requested::Accepted);

    let (planned, _) = product.plan(operation(2), &[shop("a", ChannelStatus::Paused)], &origin);

    assert_eq!(planned.iter().map(|command| &command.channel_id).collect::<Vec<_>>(), [&channel("a")]);
    assert!(!product.channels[&channel("b")].may_exist());
    assert_eq!(product.tally(operation(2)).done, [channel("b")]);
}

#[test]
fn what_is_not_complete_is_not_offered_and_says_what_is_missing() {
    let (mut product, origin) = (product(&origin(0)), origin(1));
    let _ = product.edit(Edit { price: Some(None), ..Edit::default() }, operation(1), &origin);

    let refused = product.request_publish(&[channel("a")], operation(2), &origin).unwrap_err();

    assert!(matches!(refused, Refused::Incomplete { missing } if missing[0].pointer == "/price"));
}

#[test]
fn a_claim_that_is_given_back_lets_the_next_call_look_first() {
    let (mut product, origin) = (product(&origin(0)), origin(1));
    let _ = product.request_publish(&[channel("a")], operation(1), &origin);
    let (a, until) = (channel("a"), Timestamp::from_millis(99));
    let fence = product.channels[&a].command.as_ref().unwrap().fence;
    assert!(matches!(product.claim(&a, fence, "one", until, &origin), Claimed::Granted { in_doubt: false, .. }));

    assert_eq!(product.release(&a, fence, "two", &origin), Changed::No, "another's claim");
    assert_eq!(product.release(&a, fence + 1, "one", &origin), Changed::No, "another command's claim");
    assert_eq!(product.claim(&a, fence, "two", until, &origin), Claimed::Busy(until));
    let version = product.version;
    assert_eq!(product.release(&a, fence, "one", &origin), Changed::Yes);
    assert_eq!(product.release(&a, fence, "one", &origin), Changed::No);

    assert_eq!(product.version, version + 1);
    assert!(matches!(product.claim(&a, fence, "two", until, &origin), Claimed::Granted { in_doubt: true, .. }));
}

#[test]
fn the_end_of_an_operation_is_told_once() {
    let (mut product, origin) = (product(&origin(0)), origin(1));
    let _ = product.request_publish(&[channel("a"), channel("b")], operation(1), &origin);
    answer(&mut product, "a", listed);
    answer(&mut product, "b", refused);
    product.outbox.clear();

    assert_eq!(product.tell(operation(1), &origin), Changed::Yes);
    assert_eq!(product.tell(operation(1), &origin), Changed::No);

    let kinds: Vec<_> = product.outbox.iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [EventKind::ProductPublished, EventKind::ProductPublicationFailed]);
    let tally = product.tally(operation(1));
    assert_eq!((tally.done, tally.failed.len()), (vec![channel("a")], 1));
}

fn origin(now: i64) -> Origin {
    Origin { now: Timestamp::from_millis(now), actor: Actor::system("test"), correlation_id: "c".into() }
}

#[test]
fn whatever_happens_desired_and_observed_agree_in_the_end_or_a_problem_says_why() {
    for seed in 0..SEEDS {
        let played = std::panic::catch_unwind(|| {
            let mut world = World::new(seed);
            for _ in 0..STEPS {
                world.step();
            }
            world.calm_down();
            world.find_everything();
            world.check();
            world.delete();
        });
        assert!(played.is_ok(), "seed {seed}");
    }
}
