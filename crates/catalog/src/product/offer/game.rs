//! Any interleaving of what merchants ask, executions do, adapters try and channels answer, from seeds.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Map;
use ulid::Ulid;

use super::super::{Claimed, Edit, NewProduct, Remedy, Sight};
use super::*;
use crate::channel::{Channel, ChannelStatus};
use crate::code;
use crate::event::Actor;
use crate::id::{ImageId, MerchantId, ProductId};
use crate::image::Image;
use crate::listing::{ChannelOutcome, Standing};
use crate::problem::{Problem, ProblemClass};
use crate::product::ImageReference;
use crate::product::arbitrary;
use crate::search::FoundBy;
use crate::stock::{Count, Quantity, StockChange};
use crate::text::{Description, Name};
use crate::view::Overrides;

mod adapter;
mod end;
mod remote;
use adapter::{Call, Message};
use remote::{Remote, RemoteState};

const SEEDS: u64 = 10_000;
const STEPS: usize = 250;
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

    /// Whether it happens that does so once in that many times.
    fn once_in(&mut self, times: u64) -> bool {
        self.roll(times) == 0
    }

    fn pick(&mut self, length: usize) -> usize {
        usize::try_from(self.roll(length as u64)).unwrap()
    }
}

/// The rules that a seed plays by.
#[derive(Clone, Copy, PartialEq)]
enum Rules {
    /// Nobody but we are at the channels, and nobody looks afterwards: what is right in the end is so by the rules alone.
    Alone,
    /// Others change what is at the channels, which make up their minds later; reconciliations come by.
    Tampered,
}

struct World {
    rules: Rules,
    dice: Dice,
    now: i64,
    minted: u128,
    product: Product,
    /// Photos that are on their way.
    awaited: Vec<Image>,
    shops: Vec<Channel>,
    remotes: BTreeMap<ChannelId, Remote>,
    queue: Vec<Message>,
    calls: Vec<Call>,
    outcomes: BTreeMap<(ChannelId, u64), ChannelOutcome>,
    running: BTreeSet<OperationId>,
    ended: Vec<(OperationId, OperationKind)>,
    started: BTreeMap<OperationId, OperationKind>,
    /// Executions that somebody stopped.
    stopped: BTreeSet<OperationId>,
    /// What reconciliations saw: channel, the product's version before the look, and the listing there.
    sights: Vec<(ChannelId, u64, Option<Standing>)>,
}

pub(in crate::product) fn channel(name: &str) -> ChannelId {
    ChannelId::parse(name).unwrap()
}

pub(in crate::product) fn origin(now: i64) -> Origin {
    Origin { now: Timestamp::from_millis(now), actor: Actor::system("test"), correlation_id: "c".into(), cause: None }
}

pub(in crate::product) fn shop(name: &str, status: ChannelStatus) -> Channel {
    Channel {
        id: channel(name),
        merchant_id: merchant_id(),
        channel_type: "sandbox".into(),
        config: Map::new(),
        secret: None,
        paused: false,
        status,
        problem: None,
        reconcile_due_at: None,
        version: 1,
        created_at: Timestamp::from_millis(0),
        updated_at: Timestamp::from_millis(0),
    }
}

fn merchant_id() -> MerchantId {
    MerchantId::new(Ulid::from_parts(1, 1))
}

fn photo(n: u128) -> Image {
    Image::awaiting_upload(ImageId::new(Ulid::from_parts(1, n)), merchant_id(), "image/jpeg", Timestamp::from_millis(0))
}

/// A product that is READY.
pub(in crate::product) fn product(origin: &Origin) -> Product {
    let image = photo(2);
    let images = vec![ImageReference { image_id: image.id, alt: None }];
    let new = NewProduct { sku: None, slug: None, canonical: arbitrary::lamp(), images };
    let operation = OperationId::new(Ulid::from_parts(1, 3));
    let id = ProductId::new(Ulid::from_parts(1, 4));
    let mut product = Product::register(new, id, merchant_id(), operation, origin).unwrap();
    let _ = product.absorb(&[arbitrary::processed(image, OperationId::new(Ulid::from_parts(1, 3)), origin)], origin);
    product.intents.clear();
    product
}

impl World {
    fn new(seed: u64) -> Self {
        let origin = origin(0);
        let both = ["a", "b"];
        Self {
            rules: if seed.is_multiple_of(2) { Rules::Alone } else { Rules::Tampered },
            dice: Dice(seed),
            now: 1,
            minted: 100,
            product: product(&origin),
            awaited: Vec::new(),
            shops: both.iter().map(|name| shop(name, ChannelStatus::Active)).collect(),
            remotes: both.iter().map(|name| (channel(name), Remote::default())).collect(),
            queue: Vec::new(),
            calls: Vec::new(),
            outcomes: BTreeMap::new(),
            running: BTreeSet::new(),
            ended: Vec::new(),
            started: BTreeMap::new(),
            stopped: BTreeSet::new(),
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

    fn either(&mut self) -> ChannelId {
        if self.dice.once_in(2) { channel("a") } else { channel("b") }
    }

    fn step(&mut self) {
        self.now += 1;
        match self.dice.roll(36) {
            0 | 1 => self.merchant(),
            2 | 3 => self.edit(),
            4 => self.overlay(),
            5 | 6 => self.photo_arrives(),
            7..=11 => self.launch(),
            12..=23 => self.adapter(true),
            24 | 25 => self.adopt(),
            26 | 27 => self.settle(),
            28 => self.stop(),
            29 => self.give_up(),
            30 => self.reconnect(),
            31 if self.rules == Rules::Tampered => self.tamper(),
            32 if self.rules == Rules::Tampered => self.look(),
            33 if self.rules == Rules::Tampered => {
                self.look();
                self.reconcile();
            }
            34 if self.rules == Rules::Tampered => self.reconcile(),
            35 => self.count(),
            _ => self.adapter(true),
        }
        assert_eq!(self.product.found_by, FoundBy::of(&self.product), "what is derived is out of date");
        self.product.outbox.clear();
    }

    fn merchant(&mut self) {
        let (operation, origin) = (self.mint(), self.origin());
        let both = [channel("a"), channel("b")];
        let product = &mut self.product;
        // What the state does not allow is refused, and changes nothing: that is part of the game.
        let before = product.clone();
        let refused = match self.dice.roll(60) {
            0..=29 => product.request_publish(&both, operation, &origin).is_err(),
            30..=37 => product.request_publish(&both[..1], operation, &origin).is_err(),
            38..=43 => product.request_unpublish(&both[1..], operation, &origin).is_err(),
            44..=46 => product.request_deactivation(operation, &origin).is_err(),
            47..=52 => product.reactivate(&origin).is_err(),
            53 => {
                let _ = product.request_deletion(operation, &origin);
                false
            }
            _ => match self.ended.last().copied() {
                // The API refuses all but the deletion of what is being deleted.
                Some((_, kind)) if product.deleting.is_some() && kind != OperationKind::Delete => false,
                Some((failed, kind)) if product.purged_at.is_none() => {
                    product.request_again(kind, operation, failed, &origin).is_err()
                }
                _ => false,
            },
        };
        assert!(!refused || before == self.product, "a refused request changed something");
    }

    fn edit(&mut self) {
        let mut edit = Edit::default();
        match self.dice.roll(8) {
            0 => edit.description = Some(None),
            1 | 2 => {
                self.minted += 1;
                let new = photo(self.minted);
                let shown = self.product.images.first().map(|image| image.image_id);
                let all = shown.into_iter().chain([new.id]).map(|image_id| ImageReference { image_id, alt: None });
                edit.images = Some(all.collect());
                self.awaited.push(new);
            }
            _ => edit.description = Some(Some(Description::parse(&format!("It shines {} times.", self.now)).unwrap())),
        }
        let operation = self.mint();
        let _ = self.product.edit(edit, operation, &self.origin());
        self.product.intents.retain(|intent| intent.kind != OperationKind::Register);
    }

    /// Says what is to be different on one channel.
    fn overlay(&mut self) {
        let (channel, value) = (self.either(), self.dice.roll(3));
        let overrides = Overrides {
            name: Some(Name::parse(&format!("Lamp {value}")).unwrap()),
            description: (value == 0).then(|| Description::parse("Other words.").unwrap()),
            ..Overrides::default()
        };
        let _ = self.product.override_on(&channel, overrides, &self.origin());
    }

    /// The last piece goes, or there are some again.
    fn count(&mut self) {
        let pieces = if self.dice.once_in(3) { 0 } else { 5 };
        let count = Some(Count::Set(Quantity::new(pieces).unwrap()));
        let change_id = Ulid::from_parts(3, u128::from(self.now.unsigned_abs()));
        let _ = self.product.change_stock(&StockChange { count, ..StockChange::default() }, change_id, &self.origin());
    }

    fn photo_arrives(&mut self) {
        let origin = self.origin();
        if !self.awaited.is_empty() {
            let image = self.awaited.remove(0);
            let _ = self
                .product
                .absorb(&[arbitrary::processed(image, OperationId::new(Ulid::from_parts(1, 3)), &origin)], &origin);
        }
    }

    /// The merchant pauses or resumes a channel, or repairs it; or it does not know us any more.
    fn reconnect(&mut self) {
        let (channel, roll) = (self.either(), self.dice.roll(8));
        if let Some(shop) = self.shops.iter_mut().find(|shop| shop.id == channel) {
            shop.status = match roll {
                0 => ChannelStatus::Paused,
                1 => ChannelStatus::AuthBroken,
                _ => ChannelStatus::Active,
            };
        }
    }

    /// Starts an execution: it plans, and submits what waits. All of it is repeatable.
    fn launch(&mut self) {
        let Some(intent) = self.product.intents.first().cloned() else { return };
        self.running.insert(intent.operation_id);
        self.started.insert(intent.operation_id, intent.kind);
        let (planned, _) = self.product.plan(intent.operation_id, &self.shops, &self.origin());
        for command in planned {
            let (fence, kind) = (command.fence, command.kind);
            let message = Message { channel: command.channel_id, fence, kind, deliveries: 0 };
            self.queue.push(message.clone());
            if self.dice.once_in(4) {
                self.queue.push(message);
            }
        }
        if self.dice.roll(5) > 0 {
            self.product.intents.retain(|known| known.operation_id != intent.operation_id);
        }
    }

    /// A step or the sweep takes a stored outcome over; any, at any time, any number of times.
    fn adopt(&mut self) {
        let recorded = |channel| self.product.channels.get(channel).map_or(0, |listing| listing.recorded_fence);
        let any = self.dice.once_in(4);
        let picked: Vec<_> =
            self.outcomes.keys().filter(|(channel, fence)| any || *fence > recorded(channel)).cloned().collect();
        if picked.is_empty() {
            return;
        }
        let (channel, fence) = picked[self.dice.pick(picked.len())].clone();
        let outcome = self.outcomes[&(channel.clone(), fence)].clone();
        let (before, origin) = (self.product.clone(), self.origin());
        let known = before.channels.get(&channel).map_or(0, |listing| listing.recorded_fence);
        let changed = self.product.record(&channel, fence, &outcome, &origin);
        assert!(fence > known || (changed == Changed::No && before == self.product), "an old answer had an effect");
    }

    /// An execution comes to its end, if its commands have.
    fn settle(&mut self) {
        for operation in self.running.clone() {
            if self.product.waiting(operation).is_empty() {
                self.end(operation, true);
            }
        }
    }

    /// Somebody stops an execution or cancels its operation, which is brought to rest.
    fn stop(&mut self) {
        let Some(operation) = self.running.iter().next().copied() else { return };
        if self.dice.roll(3) > 0 {
            return;
        }
        let origin = self.origin();
        // What is stored by then is taken over first. It may also be stored a moment too late.
        for (channel, fence, _) in self.product.waiting(operation) {
            if let Some(outcome) = self.outcomes.get(&(channel.clone(), fence)).filter(|_| self.now % 2 == 0) {
                let _ = self.product.record(&channel, fence, outcome, &origin);
            }
        }
        let problem = Problem::new(ProblemClass::Transient, code::EXECUTION_STOPPED, "Somebody stopped it.");
        let _ = self.product.abandon(operation, &problem, &origin);
        self.stopped.insert(operation);
        self.end(operation, false);
    }

    /// A workflow that got no answer gives up.
    fn give_up(&mut self) {
        let (channel, origin) = (self.either(), self.origin());
        let command = self.product.channels.get(&channel).and_then(|listing| listing.command.as_ref());
        if let Some(fence) = command.map(|command| command.fence)
            && self.dice.once_in(2)
        {
            let problem = Problem::new(ProblemClass::Transient, code::CHANNEL_SILENT, "The channel gave no answer.");
            let _ = self.product.give_up(&channel, fence, &problem, &origin);
        }
    }

    /// Tells how an operation ended; one that deletes then purges, unless its execution was stopped before.
    fn end(&mut self, operation: OperationId, purges: bool) {
        let (origin, kind) = (self.origin(), self.started[&operation]);
        let _ = self.product.tell(operation, &origin);
        if purges && kind == OperationKind::Delete && self.product.is_let_go() {
            let _ = self.product.purge(&origin);
        }
        self.running.remove(&operation);
        self.ended.push((operation, kind));
    }
}

#[test]
fn whatever_happens_desired_and_observed_agree_in_the_end_or_a_problem_says_why() {
    let threads = std::thread::available_parallelism().map_or(1, |count| count.get() as u64);
    std::thread::scope(|scope| {
        for thread in 0..threads {
            scope.spawn(move || (thread..SEEDS).step_by(usize::try_from(threads).unwrap()).for_each(play));
        }
    });
}

fn play(seed: u64) {
    let played = std::panic::catch_unwind(|| {
        let mut world = World::new(seed);
        for _ in 0..STEPS {
            world.step();
        }
        world.come_to_an_end();
    });
    assert!(played.is_ok(), "seed {seed}");
}
