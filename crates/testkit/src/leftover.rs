//! Documents as the parts of Tola write them, for tests that write what no request could have left behind.

use std::collections::BTreeMap;
use std::time::Duration;

use tola_catalog::image::Changed;
use tola_catalog::listing::{ChannelOutcome, Standing, Visibility};
use tola_catalog::money::Currency;
use tola_catalog::operation::Subject;
use tola_catalog::product::{Canonical, ImageReference, NewProduct};
use tola_catalog::text::{Description, Name};
use tola_catalog::{Actor, ChannelId, ImageId, Money, Operation, OperationId, Origin, Product, ProductId, Timestamp};
use tola_store::CommandRef;
use ulid::Ulid;

use crate::{Image, Merchant, SOON, eventually};

/// Longer than anything waits before the sweep takes it for left behind.
const A_MINUTE: Duration = Duration::from_secs(60);

/// Longer than the sweep leaves an image alone that was deleted.
const FIVE_MINUTES: Duration = Duration::from_secs(300);

/// The time.
#[must_use]
pub fn now() -> Timestamp {
    Timestamp::from_millis(Ulid::generate().timestamp_ms().try_into().expect("a time"))
}

/// A new id of an operation.
#[must_use]
pub fn an_operation() -> OperationId {
    OperationId::new(Ulid::generate())
}

/// Whoever left something behind, at that time.
#[must_use]
pub fn left_behind(now: Timestamp) -> Origin {
    Origin { now, actor: Actor::system("test"), correlation_id: "left behind".into(), cause: None }
}

impl Merchant {
    /// A product as the API writes it, a minute ago. It is stored nowhere, and lacks nothing but its photo.
    #[must_use]
    pub fn wrote(&self, photo: Option<&Image>) -> Product {
        let id = ProductId::new(Ulid::generate());
        let canonical = Canonical {
            // The slug comes of it, and each product has its own.
            name: Name::parse(&format!("Lamp {id}")).expect("a name"),
            description: Some(Description::parse("Brass.").expect("a description")),
            price: Some(Money::new(1_999, Currency::parse("USD").expect("a currency")).expect("a price")),
            category_id: None,
            attributes: BTreeMap::new(),
            tags: Vec::new(),
            brand: None,
        };
        let images = photo.map(|photo| ImageReference { image_id: photo.image_id(), alt: None }).into_iter().collect();
        let new = NewProduct { sku: None, slug: None, canonical, images };
        let origin = left_behind(now().before(A_MINUTE));
        Product::register(new, id, self.id(), an_operation(), &origin).expect("a product")
    }

    /// The same with a photo that is READY, when everything is done that it promised: it is READY. What happened to it is
    /// still to be told.
    pub async fn wrote_ready(&self, photo: &Image) -> Product {
        let images = self.stack().store().await.images(self.scope());
        let image = images.get(photo.image_id()).await.expect("the database").expect("the image");
        let mut product = self.wrote(Some(photo));
        assert_eq!(product.absorb(&[image], &left_behind(product.updated_at)), Changed::Yes);
        product.intents.clear();
        product
    }

    /// Writes a product, and returns it as its merchant sees it.
    pub async fn left(&self, product: &Product) -> crate::Product {
        let products = self.stack().store().await.products(self.scope());
        products.insert(product).await.expect("a document");
        self.product(&product.id.to_string())
    }

    /// Makes the deletion of an image so old that the sweep may finish it; one that was not deleted is deleted.
    pub async fn deleted_long_ago(&self, id: ImageId) {
        let images = self.stack().store().await.images(self.scope());
        let marked = images.change(id, |image| {
            let _ = image.mark_purging(now());
            image.version += 1;
            image.updated_at = now().before(FIVE_MINUTES);
            Ok::<_, tola_store::Error>(Changed::Yes)
        });
        assert!(marked.await.expect("the database").moved(), "nobody else wrote to it");
    }

    /// Waits until nothing is left of an image's document.
    pub async fn has_no_more(&self, id: ImageId) {
        let images = self.stack().store().await.images(self.scope());
        eventually(&format!("{id} is gone"), SOON, async || {
            let left = images.get(id).await.expect("the database");
            left.map_or(Ok(()), |image| Err(format!("{image:?}")))
        })
        .await;
    }

    /// Where the bytes of an image lie: its upload, and its renditions once it was processed.
    pub async fn keeps(&self, id: ImageId) -> Vec<String> {
        let images = self.stack().store().await.images(self.scope());
        let image = images.get(id).await.expect("the database").expect("the image");
        let merchant = self.id().to_string();
        let renditions = image.content_hash.map(|hash| tola_media::rendition_folder(&merchant, &hash));
        [tola_media::upload_key(&merchant, &id.to_string())].into_iter().chain(renditions).collect()
    }
}

/// Has a product on its way to a channel, and an adapter at it: which command that is, and of which operation.
pub fn submitted_to(product: &mut Product, channel: &ChannelId) -> (CommandRef, Operation) {
    let origin = left_behind(product.updated_at);
    let _ = product.request_publish(std::slice::from_ref(channel), an_operation(), &origin).expect("a publish");
    let promised = product.intents.pop().expect("a promise");
    let fence = product.channels[channel].command.as_ref().expect("a command").fence;
    let _ = product.claim(channel, fence, "test", origin.now, &origin);
    let command = CommandRef { product_id: product.id, channel_id: channel.clone(), fence };
    (command, Operation::of_intent(&promised, product.merchant_id, Subject::Product(product.id)))
}

/// What a channel answers that shows a product under this id.
#[must_use]
pub fn listed_as(external_id: &str, product: &Product) -> ChannelOutcome {
    ChannelOutcome::Listed(Standing {
        external_id: external_id.to_owned(),
        revision: product.revision,
        visibility: Visibility::Live,
        mark: Some("1".to_owned()),
    })
}

/// Has a product live on a channel, as its workflow leaves it: the channel has it under this id.
pub fn live_on(product: &mut Product, channel: &ChannelId, external_id: &str) {
    let (command, operation) = submitted_to(product, channel);
    let (listed, origin) = (listed_as(external_id, product), left_behind(product.updated_at));
    assert_eq!(product.record(channel, command.fence, &listed, &origin), Changed::Yes);
    let _ = product.tell(operation.id, &origin);
}
