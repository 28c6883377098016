//! The pictures of categories: shown once their images are ready, and kept as long as a category refers to them.

use axum::http::StatusCode;
use serde_json::{Value, json};
use tola_catalog::category::CategoryImage;
use tola_catalog::{CategoryDraft, CategoryKey, Image, ImageId, ImageStatus, Operation, OperationId, Problem};
use tola_catalog::{ProblemClass, code};
use ulid::Ulid;

use crate::support::{Actress, Answer, World, origin};

impl Actress {
    async fn pictures(&self, id: &str, image: impl ToString) -> Answer {
        self.categorises(id, json!({ "name": id, "image_id": image.to_string() })).await
    }

    async fn deletes_image(&self, id: impl ToString) -> Answer {
        self.ask("DELETE", &format!("/v1/images/{}", id.to_string())).send().await
    }

    /// Plays upload and process-image of something that is no photo.
    async fn uploads_nonsense(&self, id: ImageId) {
        let images = self.store.images(self.scope());
        let rejected = images.change(id, |image: &mut Image| {
            let _ = image.arrive(None, OperationId::new(Ulid::generate()), &origin());
            let problem = Problem::new(ProblemClass::Validation, code::IMAGE_NOT_AN_IMAGE, "It is a spreadsheet.");
            Ok::<_, tola_store::Error>(image.reject(problem, &origin()))
        });
        assert!(rejected.await.unwrap().moved());
    }

    /// What a DELETE leaves that dies right after its mark.
    async fn half_deletes(&self, id: ImageId) {
        let images = self.store.images(self.scope());
        let marked = images.change(id, |image| Ok::<_, tola_store::Error>(image.mark_purging(origin().now)));
        assert!(marked.await.unwrap().moved());
    }

    async fn status_of(&self, id: ImageId) -> ImageStatus {
        self.store.images(self.scope()).get(id).await.unwrap().unwrap().status
    }

    /// The image of the category `lamps`: in the tree, in the list, by itself, and as shoppers see it.
    async fn seen(&self) -> [Value; 4] {
        let public = format!("/v1/public/merchants/{}/categories", self.identity.merchant_id);
        let first = |list: Answer| list.body["items"][0]["image"].clone();
        [
            first(self.get("/v1/categories/tree").await),
            first(self.get("/v1/categories").await),
            self.get("/v1/categories/lamps").await.body["image"].clone(),
            first(self.get(&public).await),
        ]
    }
}

#[tokio::test]
async fn a_picture_is_shown_once_its_image_is_ready_and_until_another_is_put_in_its_place() {
    let world = World::new().await;
    let ana = world.merchant();
    let promised = ana.promises_image().await;
    let body = |image: &str| json!({ "name": "Lamps", "image_id": image, "image_alt": "A lamp on a table" });

    let made = ana.categorises("lamps", body(&promised)).await;

    let waits = json!({
        "image_id": promised, "status": "PENDING", "alt": "A lamp on a table", "picture": null, "rejected": null,
    });
    assert_eq!((made.status, &made.body["image"]), (StatusCode::CREATED, &waits));
    assert_eq!(ana.seen().await, [json!(null), waits.clone(), waits, json!(null)]);

    let ready = ana.has_ready_image().await;
    let put = ana.categorises("lamps", body(&ready.id.to_string())).await;

    assert_eq!((put.status, put.text("/image/status")), (StatusCode::OK, "READY"));
    let picture = put.body["image"]["picture"].clone();
    assert!(picture["url"].as_str().unwrap().contains("X-Amz-Signature="), "{picture}");
    assert_eq!((&picture["width"], &picture["height"]), (&json!(320), &json!(240)));
    assert_eq!((&picture["alt"], &picture["placeholder"]["colour"]), (&json!("A lamp on a table"), &json!("#c86432")));
    let whole = put.body["image"].clone();
    assert_eq!(ana.seen().await, [picture.clone(), whole.clone(), whole, picture]);

    let bare = ana.categorises("lamps", json!({ "name": "Lamps" })).await;
    assert_eq!((bare.status, &bare.body["image"]), (StatusCode::OK, &json!(null)), "it is replaced whole");
    assert_eq!(ana.seen().await, [json!(null), json!(null), json!(null), json!(null)]);
}

#[tokio::test]
async fn what_nobody_can_show_is_refused_and_says_why() {
    let world = World::new().await;
    let (ana, bob) = (world.merchant(), world.merchant());
    let (his, nobodys) = (bob.has_ready_image().await.id, ImageId::new(Ulid::generate()));
    let (nonsense, going) = (ImageId::parse(&ana.promises_image().await).unwrap(), ana.has_ready_image().await.id);
    ana.uploads_nonsense(nonsense).await;
    assert_eq!(ana.deletes_image(going).await.status, StatusCode::NO_CONTENT);
    ana.files("lamps", json!({ "name": "Lamps" })).await;
    let before = ana.get("/v1/categories").await.body;

    for unknown in [his, nobodys, going] {
        for category in ["lamps", "torches"] {
            let refused = ana.pictures(category, unknown).await;
            assert_eq!((refused.refused(), refused.pointer()), ((422, "UNKNOWN_IMAGE"), "/image_id"), "{unknown}");
            let said = refused.text("/error/details/0/message");
            assert_eq!(said, format!("{unknown} is not an image of this merchant, or is being deleted"));
        }
    }
    let refused = ana.pictures("lamps", nonsense).await;
    assert_eq!((refused.refused(), refused.pointer()), ((422, "IMAGE_REJECTED"), "/image_id"));
    assert!(refused.text("/error/details/0/message").ends_with("was rejected: It is a spreadsheet."), "{refused:?}");
    for (body, pointer) in [
        (json!({ "name": "Lamps", "image_id": "lamp.jpg" }), "/image_id"),
        (json!({ "name": "Lamps", "image_alt": "A lamp" }), "/image_alt"),
        (json!({ "name": "Lamps", "image_id": his, "image_alt": "" }), "/image_alt"),
    ] {
        let refused = ana.categorises("lamps", body.clone()).await;
        assert_eq!((refused.refused(), refused.pointer()), ((422, "INVALID_BODY"), pointer), "{body}");
    }
    assert_eq!(ana.get("/v1/categories").await.body, before, "nothing has changed");
}

#[tokio::test]
async fn an_image_that_turns_out_to_be_none_says_so_and_holds_up_nothing_else() {
    let world = World::new().await;
    let ana = world.merchant();
    let image = ImageId::parse(&ana.promises_image().await).unwrap();
    ana.pictures("lamps", image).await;
    ana.uploads_nonsense(image).await;

    let renamed = ana.categorises("lamps", json!({ "name": "Torches", "image_id": image })).await;

    assert_eq!((renamed.status, renamed.text("/name")), (StatusCode::OK, "Torches"));
    assert_eq!((renamed.text("/image/status"), renamed.text("/image/rejected")), ("REJECTED", "It is a spreadsheet."));
    let [tree, _, _, public] = ana.seen().await;
    assert_eq!((tree, public), (json!(null), json!(null)));
}

#[tokio::test]
async fn an_image_that_a_category_shows_is_not_deleted_and_the_category_is_named() {
    let world = World::new().await;
    let ana = world.merchant();
    let image = ana.has_ready_image().await.id;
    ana.pictures("lamps", image).await;
    ana.pictures("torches", image).await;
    let product = ana.registers(json!({ "images": [{ "image_id": image }] })).await;

    let refused = ana.deletes_image(image).await;

    assert_eq!(refused.refused(), (409, "IMAGE_IN_USE"));
    let details = refused.body["error"]["details"].as_array().unwrap().iter();
    let named: Vec<_> = details.map(|detail| detail["message"].as_str().unwrap()).collect();
    assert!(named[0].contains(product.text("/id")), "{named:?}");
    assert_eq!(named[1..], ["the category lamps (lamps) refers to it", "the category torches (torches) refers to it"]);
    ana.patches(product.text("/id"), "*", json!({ "images": [] })).await;
    ana.categorises("lamps", json!({ "name": "lamps" })).await;
    assert_eq!(ana.deletes_image(image).await.refused(), (409, "IMAGE_IN_USE"), "one is left");
    assert_eq!(ana.status_of(image).await, ImageStatus::Ready);

    assert_eq!(ana.ask("DELETE", "/v1/categories/torches").send().await.status, StatusCode::NO_CONTENT);
    assert_eq!(ana.deletes_image(image).await.status, StatusCode::NO_CONTENT);
    assert_eq!(ana.status_of(image).await, ImageStatus::Purging);
}

/// The image is deleted after the category has looked at it, and before it is written: neither can know of the other.
#[tokio::test(flavor = "multi_thread")]
async fn a_category_that_looked_before_the_deletion_takes_it_back() {
    let world = World::overheard().await;
    let ana = world.merchant();
    let image = ana.has_ready_image().await.id;
    let mut held = world.commands().hold_after(0);
    let put = tokio::spawn({
        let ask = ana.ask("PUT", "/v1/categories/lamps").json(json!({ "name": "Lamps", "image_id": image }));
        async move { ask.send().await }
    });
    held.is_reached().await;

    assert_eq!(ana.deletes_image(image).await.status, StatusCode::NO_CONTENT, "nobody refers to it");
    held.goes_on();

    let made = put.await.unwrap();
    assert_eq!((made.status, made.text("/image/status")), (StatusCode::CREATED, "READY"));
    assert_eq!(ana.status_of(image).await, ImageStatus::Ready);
}

#[tokio::test]
async fn of_deleting_and_showing_at_once_no_category_is_left_without_its_image() {
    let world = World::new().await;
    let ana = world.merchant();
    for round in 0..12 {
        let image = ana.has_ready_image().await.id;
        let category = format!("category-{round}");

        let (deleted, shown) = tokio::join!(ana.deletes_image(image), ana.pictures(&category, image));

        match shown.status.as_u16() {
            201 => assert_eq!(ana.status_of(image).await, ImageStatus::Ready, "round {round}: {deleted:?}"),
            _ => {
                assert_eq!(shown.refused(), (422, "UNKNOWN_IMAGE"));
                assert_eq!(deleted.status, StatusCode::NO_CONTENT);
            }
        }
    }
}

/// Whoever wrote the reference died before it looked for the mark, and so did whoever deleted, after it.
#[tokio::test]
async fn a_put_that_is_repeated_takes_a_deletion_back() {
    let world = World::new().await;
    let ana = world.merchant();
    let image = ana.has_ready_image().await.id;
    ana.pictures("lamps", image).await;
    ana.half_deletes(image).await;

    let again = ana.pictures("lamps", image).await;

    assert_eq!((again.status, again.text("/image/status")), (StatusCode::OK, "READY"));
    assert_eq!(ana.status_of(image).await, ImageStatus::Ready);
    ana.half_deletes(image).await;
    assert_eq!(ana.deletes_image(image).await.refused(), (409, "IMAGE_IN_USE"));
}

/// A large tree, written at once: its images are asked for together, and none is left out.
#[tokio::test]
async fn all_pictures_of_a_tree_are_read_at_once() {
    let world = World::overheard().await;
    let ana = world.merchant();
    let (categories, mut drafts) = (ana.store.categories(ana.scope()), Vec::new());
    for number in 0..150_u128 {
        let name = format!("category-{number:03}");
        let image = ana.has_ready_image().await;
        drafts.push((CategoryKey::parse(&name).unwrap(), draft(&name, image.id)));
    }
    let review = Operation::reviewing(
        drafts[0].0.clone(),
        OperationId::new(Ulid::generate()),
        ana.identity.merchant_id,
        &origin(),
    );
    let written = categories.change(&review, |tree| {
        for (id, draft) in &drafts {
            let _ = tree.put(id, draft, origin().now).unwrap();
        }
        Ok::<_, tola_store::Error>(tola_catalog::image::Changed::Yes)
    });
    assert!(written.await.unwrap().moved());
    let public = format!("/v1/public/merchants/{}/categories", ana.identity.merchant_id);

    for path in ["/v1/categories", "/v1/categories/tree", &public] {
        let (answer, commands) = world.commands().of(ana.get(path)).await;

        let items = answer.body["items"].as_array().unwrap();
        let shown =
            items.iter().filter(|item| item.pointer("/image/url").or(item.pointer("/image/picture/url")).is_some());
        assert_eq!((items.len(), shown.count()), (150, 150), "{path}");
        let asked = commands.iter().filter(|command| command.collection == "images" || command.name == "getMore");
        assert_eq!(asked.count(), 1, "{path}: {commands:?}");
    }
}

fn draft(name: &str, image_id: ImageId) -> CategoryDraft {
    CategoryDraft {
        image: Some(CategoryImage { image_id, alt: None }),
        ..CategoryDraft::named(tola_catalog::text::Name::parse(name).unwrap())
    }
}
