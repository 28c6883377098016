//! One product and one channel, with everything that a command passes through.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use tola_catalog::image::Changed;
use tola_catalog::listing::{ChannelOutcome, Standing};
use tola_catalog::product::Edit;
use tola_catalog::text::{ChannelCategory, Description, Name};
use tola_catalog::{
    Actor, CategoryDraft, CategoryKey, CategoryTree, Channel, ChannelId, ChannelStatus, Listing, MerchantId, Operation,
    OperationId, Origin, Overrides, Product, ProductId, Timestamp,
};
use tola_contracts::channel::inquiry::{Finding, Inquiry, ListedListing, Question};
use tola_contracts::channel::{ChannelCommand, CommandAnswer};
use tola_contracts::{OperationRef, StepError};
use tola_store::{CommandRef, Error, Saved, Store, TenantScope};
use ulid::Ulid;

use super::{Bench, Effect, Fault, Told, lamp};
use crate::harness::scope_of;
use crate::{Adapter, Call, Harness};

/// A merchant's product on its way to one channel.
pub struct Shop<B: Bench> {
    bench: B,
    store: Store,
    harness: Arc<Harness<B::Adapter, Told>>,
    scope: TenantScope,
    channel_id: ChannelId,
    product_id: ProductId,
    clock: AtomicI64,
    minted: AtomicU64,
}

pub(super) fn merchant() -> MerchantId {
    MerchantId::new(Ulid::from_parts(1, 1))
}

fn reference(operation_id: OperationId) -> OperationRef {
    OperationRef { merchant_id: merchant(), operation_id, correlation_id: "c".into() }
}

pub(super) fn origin(now: Timestamp) -> Origin {
    Origin { now, actor: Actor::system("test"), correlation_id: "c".into(), cause: None }
}

impl<B: Bench> Shop<B> {
    /// A product, and a channel that misbehaves.
    pub async fn open(bench: B, fault: Fault) -> Self {
        let (store, product) = (bench.store(), lamp(ProductId::new(Ulid::generate())));
        let scope = scope_of(&reference(OperationId::new(Ulid::from_parts(2, 1))));
        let channel = Channel {
            id: ChannelId::parse("shop").unwrap(),
            merchant_id: merchant(),
            channel_type: B::Adapter::TYPE.to_owned(),
            config: bench.config(fault),
            secret: None,
            paused: false,
            status: ChannelStatus::Active,
            problem: None,
            reconcile_due_at: None,
            version: 1,
            created_at: product.created_at,
            updated_at: product.created_at,
        };
        store.products(scope).insert(&product).await.unwrap();
        store.channels(scope).insert(&channel).await.unwrap();
        let harness = Arc::new(Harness::new(bench.adapter(), store.clone(), Told::default()));
        let (clock, minted) = (AtomicI64::new(1_000), AtomicU64::new(1));
        Self { bench, store, harness, scope, channel_id: channel.id, product_id: product.id, clock, minted }
    }

    /// Lets time pass.
    pub fn wait(&self, time: Duration) {
        self.clock.fetch_add(i64::try_from(time.as_millis()).unwrap(), Ordering::Relaxed);
    }

    /// What the clock says.
    pub fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.clock.load(Ordering::Relaxed))
    }

    /// Asks for the product to be offered.
    pub async fn publish(&self) -> ChannelCommand {
        let (channels, operation) = ([self.channel_id.clone()], self.mint());
        self.ask(|product, origin| {
            _ = product.request_publish(&channels, operation, origin).unwrap();
        })
        .await
    }

    /// Edits the product; if it is offered, the edit follows by itself.
    pub async fn edit(&self, description: Option<&str>) -> ChannelCommand {
        let description = description.map(|text| Description::parse(text).unwrap());
        let operation = self.mint();
        self.ask(|product, origin| {
            let edit = Edit { description: Some(description.clone()), ..Edit::default() };
            let _ = product.edit(edit, operation, origin).unwrap();
        })
        .await
    }

    /// Takes the product off the market.
    pub async fn deactivate(&self) -> ChannelCommand {
        let operation = self.mint();
        self.ask(|product, origin| {
            _ = product.request_deactivation(operation, origin).unwrap();
        })
        .await
    }

    /// Lets the product be offered again, and asks for it.
    pub async fn publish_again(&self) -> ChannelCommand {
        self.ask(|product, origin| {
            _ = product.reactivate(origin).unwrap();
        })
        .await;
        self.publish().await
    }

    /// Deletes the product.
    pub async fn delete(&self) -> ChannelCommand {
        let operation = self.mint();
        self.ask(|product, origin| {
            _ = product.request_deletion(operation, origin);
        })
        .await
    }

    /// Lets something be different on this channel.
    pub async fn override_with(&self, overrides: Overrides) {
        self.ask(|product, _| {
            let listing = product.channels.entry(self.channel_id.clone()).or_default();
            listing.overrides = overrides.clone();
            product.version += 1;
        })
        .await;
    }

    /// Lets something be different on this channel, as its merchant does, and asks for the product to be offered.
    pub async fn offers(&self, overrides: &Overrides) -> ChannelCommand {
        let (channels, operation) = ([self.channel_id.clone()], self.mint());
        self.ask(|product, origin| {
            let _ = product.override_on(&self.channel_id, overrides.clone(), origin).unwrap();
            if !product.channels[&self.channel_id].is_under_way() {
                let _ = product.request_publish(&channels, operation, origin).unwrap();
            }
        })
        .await
    }

    /// Has a category of which it is said which one of the channel it is.
    pub async fn files(&self, category: &str) {
        let id = CategoryKey::parse(category).unwrap();
        let draft = CategoryDraft {
            channel_categories: [(self.channel_id.clone(), ChannelCategory::parse("77").unwrap())].into(),
            ..CategoryDraft::named(Name::parse(category).unwrap())
        };
        let review = Operation::reviewing(id.clone(), self.mint(), merchant(), &origin(self.now()));
        let put = |tree: &mut CategoryTree| Ok::<_, Error>(tree.put(&id, &draft, self.now()).unwrap());
        assert!(self.store.categories(self.scope).change(&review, put).await.unwrap().moved());
    }

    /// The merchant's categories.
    pub async fn categories(&self) -> CategoryTree {
        self.store.categories(self.scope).get().await.unwrap()
    }

    /// Changes the channel.
    pub async fn reconfigure(&self, change: impl FnOnce(&mut Channel)) {
        let before = self.channel().await;
        let mut after = before.clone();
        change(&mut after);
        after.version += 1;
        assert_eq!(self.store.channels(self.scope).save(&before, &after).await.unwrap(), Saved::Moved);
    }

    /// Lets the channel misbehave in another way.
    pub async fn misbehave(&self, fault: Fault) {
        let config = self.bench.config(fault);
        self.reconfigure(|channel| channel.config = config).await;
    }

    /// Delivers a command to the adapter, and says what the workflow was told.
    pub async fn deliver(&self, command: &ChannelCommand) -> Result<CommandAnswer, String> {
        let holder = format!("delivery-{}", self.minted.fetch_add(1, Ordering::Relaxed));
        self.harness.carry_out(command, &holder, self.now()).await.unwrap();
        self.harness.replies().last()
    }

    /// Delivers a command, and takes what came of it over into the product, as the workflow does.
    pub async fn carry_out(&self, command: &ChannelCommand) -> ChannelOutcome {
        assert_eq!(self.deliver(command).await, Ok(CommandAnswer::Stored), "{command:?}");
        let outcome = self.outcome(command).await.unwrap();
        self.ask(|product, origin| {
            assert_eq!(product.record(&self.channel_id, command.fence, &outcome, origin), Changed::Yes);
        })
        .await;
        outcome
    }

    /// Claims a command and calls the channel, and dies before the outcome is stored: the effect of a lost process.
    pub async fn die_after_the_call(&self, command: &ChannelCommand) {
        let until = self.now().after(crate::LEASE);
        let product = self
            .change(|product, origin| {
                _ = product.claim(&self.channel_id, command.fence, "dead", until, origin);
            })
            .await;
        let view = crate::EffectiveView::of(&product, &self.channel_id);
        let channel = self.channel().await;
        let (scope, fence, asked, now) = (self.scope, command.fence, view.revision, self.now());
        let call = Call { channel: &channel, product_id: self.product_id, fence, asked, scope, now };
        self.harness.adapter().offer(&call, &view, None).await.unwrap();
    }

    /// What came of a command, as it is stored.
    pub async fn outcome(&self, command: &ChannelCommand) -> Option<ChannelOutcome> {
        let reference =
            CommandRef { product_id: self.product_id, channel_id: self.channel_id.clone(), fence: command.fence };
        self.store.outcomes(self.scope).get(&reference).await.unwrap().map(|stored| stored.outcome)
    }

    /// What changed at the channel so far.
    pub async fn effects(&self) -> Vec<Effect> {
        self.bench.effects(&self.channel().await, self.product_id).await
    }

    /// The fences of what changed at the channel so far.
    pub async fn fences(&self) -> Vec<u64> {
        self.effects().await.into_iter().map(|effect| effect.fence).collect()
    }

    /// Asks the adapter something about the channel.
    pub async fn inquire(&self, question: Question) -> Result<Finding, StepError> {
        let (merchant_id, channel_id) = (merchant(), self.channel_id.clone());
        let inquiry = Inquiry { merchant_id, channel_id, correlation_id: "c".into(), began: None, question };
        self.answer(&inquiry).await
    }

    /// Has the adapter answer a whole inquiry.
    pub async fn answer(&self, inquiry: &Inquiry) -> Result<Finding, StepError> {
        self.harness.answer(inquiry, self.now()).await
    }

    /// Asks whether the channel could be connected as it is now.
    pub async fn connect(&self) -> Finding {
        let Channel { config, secret, .. } = self.channel().await;
        self.inquire(Question::Connect { config, secret }).await.unwrap()
    }

    /// What the channel says of the product's listing, if it can be asked.
    pub async fn survey(&self) -> Option<Standing> {
        let found = self.inquire(Question::Survey { product_ids: vec![self.product_id] }).await.unwrap();
        let Finding::Surveyed { mut listings } = found else { panic!("{found:?}") };
        assert_eq!(listings.len(), 1);
        listings.pop().unwrap().standing
    }

    /// Every listing that the channel says it has, page by page.
    pub async fn list(&self) -> Vec<ListedListing> {
        let (mut all, mut cursor) = (Vec::new(), None);
        loop {
            let found = self.inquire(Question::List { cursor }).await.unwrap();
            let Finding::Listed { entries, next, .. } = found else { panic!("{found:?}") };
            all.extend(entries);
            match next {
                Some(next) => cursor = Some(next),
                None => return all,
            }
        }
    }

    /// The revision that the channel really shows.
    pub async fn shown(&self) -> Option<u64> {
        self.bench.shows(&self.channel().await, self.product_id).await
    }

    /// The product.
    pub fn product_id(&self) -> ProductId {
        self.product_id
    }

    /// The product as it is now.
    pub async fn product(&self) -> Product {
        self.store.products(self.scope).get(self.product_id).await.unwrap().unwrap()
    }

    /// The channel as it is now.
    pub async fn channel(&self) -> Channel {
        self.store.channels(self.scope).get(&self.channel_id).await.unwrap().unwrap()
    }

    /// The listing as it is now.
    pub async fn listing(&self) -> Listing {
        let product = self.store.products(self.scope).get(self.product_id).await.unwrap().unwrap();
        product.channels[&self.channel_id].clone()
    }

    /// What stands behind it.
    pub fn bench(&self) -> &B {
        &self.bench
    }

    /// The harness.
    pub fn harness(&self) -> &Arc<Harness<B::Adapter, Told>> {
        &self.harness
    }

    async fn ask(&self, change: impl FnMut(&mut Product, &Origin) + Send) -> ChannelCommand {
        let product = self.change(change).await;
        let newest = product.channels.get(&self.channel_id).and_then(|listing| listing.command.clone());
        let (fence, kind, operation_id) = newest.map_or_else(
            || (0, tola_catalog::listing::CommandKind::Publish, OperationId::new(Ulid::from_parts(2, 0))),
            |command| (command.fence, command.kind, command.operation_id),
        );
        ChannelCommand {
            task_token: "token".into(),
            operation: reference(operation_id),
            product_id: self.product_id,
            channel_id: self.channel_id.clone(),
            fence,
            kind,
            retries: 0,
            began: None,
        }
    }

    async fn change(&self, mut change: impl FnMut(&mut Product, &Origin) + Send) -> Product {
        let origin = origin(self.now());
        let products = self.store.products(self.scope);
        let changed = products.change(self.product_id, |product| {
            let version = product.version;
            change(product, &origin);
            Ok::<_, Error>(if product.version == version { Changed::No } else { Changed::Yes })
        });
        changed.await.unwrap().document().unwrap()
    }

    fn mint(&self) -> OperationId {
        OperationId::new(Ulid::from_parts(2, u128::from(self.minted.fetch_add(1, Ordering::Relaxed))))
    }
}
