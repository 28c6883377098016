//! The image of a category, when everything else that shows it goes, and whoever deletes it dies at that.

use serde_json::{Value, json};
use tola_catalog::{Actor, category::CategoryImage};
use tola_catalog::{
    CategoryKey, CategoryTree, Image, ImageId, ImageStatus, MerchantId, Operation, OperationId, Origin,
};
use tola_media::testing::photo_jpeg;
use tola_media::upload_key;
use tola_step::new_id;
use tola_store::TenantScope;
use ulid::Ulid;

use crate::environment::Asked;
use crate::faults::{Faults, Source};
use crate::story::alone;
use crate::witness::scope;
use crate::world::{Ground, PHOTO, World};

/// A merchant with a photo.
struct Shop {
    world: World,
    merchant_id: MerchantId,
    image: ImageId,
}

impl Shop {
    /// With a photo that is still to be uploaded.
    async fn begin(ground: &Ground) -> Self {
        let world = World::on(ground, Faults::from(Source::Plan(Vec::new())), None, false);
        let merchant_id = MerchantId::new(Ulid::from_parts(1, 1));
        let mut shop = Self { world, merchant_id, image: ImageId::new(Ulid::from_parts(1, 1)) };
        let promised = shop.asks("POST", "/v1/images", json!({ "content_type": "image/jpeg" })).await;
        shop.image = promised["image"]["id"].as_str().and_then(|id| ImageId::parse(id).ok()).expect("an id");
        shop
    }

    /// With a photo that is READY.
    async fn with_photo(ground: &Ground) -> Self {
        let mut shop = Self::begin(ground).await;
        shop.uploads().await;
        shop
    }

    async fn uploads(&mut self) {
        let key = upload_key(&self.merchant_id.to_string(), &self.image.to_string());
        self.world.uploads(&key, photo_jpeg(PHOTO.0, PHOTO.1, 7));
        self.settles().await;
    }

    async fn settles(&mut self) {
        assert!(self.world.settles().await, "it goes on for ever");
    }

    /// A product that shows the photo comes and goes.
    async fn sells_out(&mut self) {
        let body = json!({ "name": "Lamp", "images": [{ "image_id": self.image }] });
        let product = self.asks("POST", "/v1/products", body).await;
        self.settles().await;
        let path = format!("/v1/products/{}", product["id"].as_str().expect("an id"));
        self.asks("DELETE", &path, Value::Null).await;
        self.settles().await;
        assert_eq!(self.sends("GET", &path, Value::Null).await.0, 404);
    }

    async fn files_lamps(&self, image: Option<ImageId>) {
        self.asks("PUT", "/v1/categories/lamps", json!({ "name": "Lamps", "image_id": image })).await;
    }

    /// What a request leaves that looked at the image before it was marked, and dies before it looks again.
    async fn files_lamps_unseen(&self) {
        let (id, now) = (CategoryKey::parse("lamps").expect("an id"), self.world.now());
        let origin = Origin { now, actor: Actor::system("test"), correlation_id: "test".into(), cause: None };
        let review = Operation::reviewing(id.clone(), OperationId::new(new_id()), self.merchant_id, &origin);
        let show = |tree: &mut CategoryTree| {
            let category = tree.categories.get_mut(&id).expect("the category");
            category.image = Some(CategoryImage { image_id: self.image, alt: None });
            tree.version += 1;
            Ok::<_, tola_store::Error>(tola_catalog::image::Changed::Yes)
        };
        let categories = self.world.store().categories(self.scope());
        let shown = self.world.undisturbed(categories.change(&review, show)).await;
        assert!(shown.expect("the database").moved());
    }

    /// What somebody leaves who was deleting the image and died.
    async fn is_half_deleted(&self) {
        let (images, now) = (self.world.store().images(self.scope()), self.world.now());
        let mark = |image: &mut Image| Ok::<_, tola_store::Error>(image.mark_purging(now));
        assert!(self.world.undisturbed(images.change(self.image, mark)).await.expect("the database").moved());
    }

    /// The image and its files are there, and shoppers see it in the category.
    async fn is_shown(&self) {
        let stored = self.stored().await.expect("the image");
        assert_eq!((stored.status, stored.going), (ImageStatus::Ready, false));
        let folder = format!("images/{}/", self.merchant_id);
        assert!(self.world.cloud.get().bucket.keeps(&folder), "it has renditions");
        let path = format!("/v1/public/merchants/{}/categories", self.merchant_id);
        let tree = self.asks("GET", &path, Value::Null).await;
        assert!(tree["items"][0]["image"]["url"].is_string(), "{tree}");
    }

    async fn is_gone(&self) {
        assert_eq!(self.stored().await, None);
        for folder in ["images", "uploads"] {
            assert!(!self.world.cloud.get().bucket.keeps(&format!("{folder}/{}/", self.merchant_id)), "{folder}");
        }
    }

    async fn stored(&self) -> Option<Image> {
        let images = self.world.store().images(self.scope());
        self.world.undisturbed(images.get(self.image)).await.expect("the database")
    }

    async fn asks(&self, method: &'static str, path: &str, body: Value) -> Value {
        let (status, answer) = self.sends(method, path, body).await;
        assert!(status < 400, "{method} {path}: {status} {answer}");
        answer
    }

    async fn sends(&self, method: &'static str, path: &str, body: Value) -> (u16, Value) {
        let path = path.to_owned();
        self.world.request(Asked { merchant_id: self.merchant_id, method, path, body, key: None }).await
    }

    fn scope(&self) -> TenantScope {
        scope(self.merchant_id)
    }
}

#[test]
fn an_image_goes_with_the_last_product_unless_a_category_shows_it() {
    alone(async |ground| {
        let mut shop = Shop::with_photo(ground).await;
        shop.files_lamps(Some(shop.image)).await;

        shop.sells_out().await;

        shop.is_shown().await;
        let path = format!("/v1/images/{}", shop.image);
        assert_eq!(shop.sends("DELETE", &path, Value::Null).await.0, 409);
        shop.files_lamps(None).await;
        shop.sells_out().await;
        shop.is_gone().await;
    });
}

#[test]
fn a_category_shows_an_image_that_comes_after_it_and_whose_deletion_died() {
    alone(async |ground| {
        let mut shop = Shop::begin(ground).await;
        shop.files_lamps(Some(shop.image)).await;
        shop.uploads().await;
        shop.is_shown().await;

        shop.is_half_deleted().await;
        shop.settles().await;

        shop.is_shown().await;
    });
}

#[test]
fn a_reference_that_is_written_after_the_mark_is_found_before_anything_goes() {
    alone(async |ground| {
        let mut shop = Shop::with_photo(ground).await;
        shop.files_lamps(None).await;
        shop.is_half_deleted().await;
        shop.files_lamps_unseen().await;

        shop.settles().await;

        shop.is_shown().await;
    });
}
