//! Examples of what clients get: moments of one product's life, made by the code that makes the real answers.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Map, Value, json};
use tola_catalog::category::CategoryImage;
use tola_catalog::image::{Placeholder, UploadedFile};
use tola_catalog::listing::{ChannelOutcome, Standing, Visibility};
use tola_catalog::operation::{StepOutcome, Subject};
use tola_catalog::product::{AttributeValue, Canonical, ImageReference, NewProduct};
use tola_catalog::stock::{Count, StockReason};
use tola_catalog::text::{AltText, AttributeKey, Brand, Description, Name, Sku, Tag};
use tola_catalog::{
    Actor, CHANNEL_TYPES, CategoryDraft, CategoryKey, CategoryTree, Cause, Channel, ChannelId, ChannelStatus,
    ChannelType, EffectiveView, Event, Image, ImageId, MerchantId, Money, Operation, OperationId, OperationStatus,
    Origin, Product, ProductId, Quantity, Rendition, StepRecord, StockChange, Timestamp,
};
use tola_media::MAX_UPLOAD_LIFETIME;

use crate::signing::Links;
use crate::views::{
    CategoryBranch, CategorySchema, CategoryView, ChannelCompletenessView, ChannelTestView, ChannelTypeView,
    ChannelView, CompletenessView, EventView, ImageView, InventoryView, ListingShown, OperationView, Page, Pictures,
    PlanView, PlannedView, ProductItem, ProductView, PublicCategory, PublicProductView,
};

/// The id of a request.
pub(crate) const REQUEST_ID: &str = "JKJaXmPLvHcESHA=";
/// A product.
pub(crate) const PRODUCT: &str = "product_01KB2M8Z5V3W7Q9T1X6Y4R0C8D";
/// An image of it.
pub(crate) const IMAGE: &str = "image_01KB2M7Q2K8N4F6H0J9S3T5V7X";
/// Whose they are.
pub(crate) const MERCHANT: &str = "merchant_01KB2KZ0A1B2C3D4E5F6G7H8J9";
/// The operation that published it.
pub(crate) const OPERATION: &str = "operation_01KB2MA4E6G8J0K2M4N6P8Q0R2";
/// The operation that registered it.
const REGISTRATION: &str = "operation_01KB2M8Z5V9S8R7Q6P5N4M3K2J";
/// Where it was published.
pub(crate) const CHANNEL: &str = "my-shop";
/// A category.
pub(crate) const CATEGORY: &str = "chairs";
/// Continues a list.
const CURSOR: &str = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJB7InBvc2l0aW9uIjoiMSJ9";
/// What the request and all that came of it have in common.
const CORRELATION: &str = "order-import-17";
/// 2026-01-15T09:30:00Z.
const MORNING: i64 = 1_768_469_400_000;

struct Life {
    image: Image,
    product: Product,
    events: Vec<Event>,
    operation: Operation,
    channel: Channel,
}

static LIFE: LazyLock<Option<Life>> = LazyLock::new(lived);

fn shown<T: Serialize>(view: impl FnOnce(&'static Life) -> T) -> Value {
    LIFE.as_ref().and_then(|life| serde_json::to_value(view(life)).ok()).unwrap_or_default()
}

fn page(item: &Value) -> Value {
    json!({ "items": [item], "next_cursor": CURSOR })
}

/// Links as they are where a content delivery network stands before the bucket.
fn linked(mut value: Value) -> Value {
    match &mut value {
        Value::Object(object) => {
            for (key, value) in object.iter_mut() {
                match value {
                    Value::String(text) if key == "url" => *text = format!("https://images.example.com/{text}"),
                    _ => *value = linked(value.take()),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| *value = linked(value.take())),
        _ => {}
    }
    value
}

/// A product that is live on one channel.
pub(crate) fn product() -> Value {
    linked(shown(|life| ProductView::new(&life.product, Links::Unsigned)))
}

/// The same, with the operation that the request has begun.
pub(crate) fn product_with_operation() -> Value {
    let operation = |life: &'static Life| OperationView::whole(&life.operation);
    linked(shown(|life| ProductView::new(&life.product, Links::Unsigned).with(Some(operation(life)))))
}

pub(crate) fn products() -> Value {
    page(&linked(shown(|life| ProductItem::new(life.product.clone(), Links::Unsigned))))
}

pub(crate) fn public_product() -> Value {
    linked(shown(|life| PublicProductView::new(&life.product, Links::Unsigned)))
}

pub(crate) fn public_products() -> Value {
    page(&public_product())
}

pub(crate) fn inventory() -> Value {
    shown(|life| InventoryView::new(&life.product))
}

/// What becomes of a stock.
pub(crate) fn inventory_changes() -> Vec<(&'static str, Value)> {
    vec![
        ("What was counted", json!({ "set": 12, "reason": "COUNT", "low_stock_threshold": 5 })),
        ("Three were sold", json!({ "adjust": -3, "reason": "SALE", "note": "order 1017" })),
        ("Nobody counts any more", json!({ "set": null })),
    ]
}

pub(crate) fn history() -> Value {
    let events = |life: &Life| life.events.iter().cloned().map(EventView::from).collect::<Vec<_>>();
    json!({ "items": shown(events), "next_cursor": null })
}

pub(crate) fn listing() -> Value {
    let Some(life) = LIFE.as_ref() else { return Value::Null };
    let (Ok(channel), product) = (ChannelId::parse(CHANNEL), &life.product) else { return Value::Null };
    let view = EffectiveView::of(product, &channel);
    linked(serde_json::to_value(ListingShown::new(product, &channel, &view, Links::Unsigned)).unwrap_or_default())
}

pub(crate) fn plan() -> Value {
    shown(|life| PlanView::new(&life.product, vec![PlannedView::new(&life.channel, "create", Vec::new())], Vec::new()))
}

pub(crate) fn image() -> Value {
    linked(shown(|life| ImageView::new(&life.image, Links::Unsigned)))
}

/// An image that waits for its upload, and how to upload it.
pub(crate) fn promised_image() -> Value {
    let promised = |life: &Life| {
        let now = life.image.created_at;
        Image::awaiting_upload(life.image.id, life.image.merchant_id, &life.image.declared_type, now)
    };
    let image = shown(|life| serde_json::to_value(ImageView::new(&promised(life), Links::Unsigned)).ok());
    json!({
        "image": image,
        "upload": {
            "url": "https://tola-prod-images.s3.eu-west-1.amazonaws.com/",
            "fields": {
                "Content-Type": "image/jpeg",
                "key": format!("uploads/{MERCHANT}/{IMAGE}"),
                "policy": "eyJleHBpcmF0aW9uIjoi…",
                "x-amz-algorithm": "AWS4-HMAC-SHA256",
                "x-amz-credential": "ASIA…/20260115/eu-west-1/s3/aws4_request",
                "x-amz-date": "20260115T093000Z",
                "x-amz-security-token": "IQoJb3JpZ2luX2Vj…",
                "x-amz-signature": "5b1f…",
            },
            "expires_at": at(MAX_UPLOAD_LIFETIME.as_secs()).now,
            "curl": "curl -f --form-string 'Content-Type=image/jpeg' … -F 'file=@photo.jpeg' 'https://…'",
        },
    })
}

pub(crate) fn operation() -> Value {
    shown(|life| OperationView::whole(&life.operation))
}

pub(crate) fn accepted() -> Value {
    json!({ "operation": operation() })
}

pub(crate) fn operations() -> Value {
    page(&shown(|life| OperationView::brief(&life.operation)))
}

pub(crate) fn channel() -> Value {
    shown(|life| ChannelView::from(life.channel.clone()))
}

/// What makes a channel, and for whom.
pub(crate) fn connections() -> Vec<(&'static str, Value)> {
    let webhook = json!({
        "type": "webhook",
        "config": { "url": "https://shop.example.com/hooks/tola" },
        "secret": "my-shop-signing",
    });
    vec![("A shop of one's own", webhook), ("A channel to try", json!({ "type": "sandbox", "config": {} }))]
}

pub(crate) fn channels() -> Value {
    json!({ "items": [channel()], "next_cursor": null })
}

/// Two of the types: one that can be connected, and one that can't yet.
pub(crate) fn channel_types() -> Value {
    let schema = json!({ "type": "object", "properties": { "url": { "type": "string", "maxLength": 2_000 } } });
    let irreversible = vec!["A delivery can't be taken back: what the receiver has read, it may keep.".to_owned()];
    let view = |declared: &ChannelType| match declared.name {
        "facebook" => Some(ChannelTypeView::declared(declared)),
        "webhook" => Some(ChannelTypeView::declared(declared).described(schema.clone(), false, irreversible.clone())),
        _ => None,
    };
    let types: Vec<_> = CHANNEL_TYPES.iter().filter_map(view).collect();
    json!({ "items": types, "next_cursor": null })
}

/// What a product lacks: nothing on its channel, and two things if it were on a marketplace.
pub(crate) fn completeness() -> Value {
    let Some(categories) = furniture() else { return Value::Null };
    let types = ["mercado-libre"].into_iter().filter_map(ChannelType::named);
    shown(|life| {
        let (product, channel) = (&life.product, &life.channel);
        let found = product.completeness_on(channel, &categories);
        let on = ChannelCompletenessView::new(Some(channel.id.clone()), channel.channel_type.clone(), found);
        let would = types.map(|declared| {
            let found = product.completeness_for(declared, &categories);
            ChannelCompletenessView::new(None, declared.name.to_owned(), found)
        });
        CompletenessView::new(product, vec![on], would.collect())
    })
}

pub(crate) fn channel_test() -> Value {
    shown(|life| ChannelTestView::new(None, ChannelView::from(life.channel.clone())))
}

/// A category, and one that it is part of.
fn furniture() -> Option<CategoryTree> {
    let mut tree = CategoryTree::new(MerchantId::parse(MERCHANT).ok()?);
    for (id, name, parent) in [("furniture", "Furniture", None), (CATEGORY, "Chairs", Some("furniture"))] {
        let alt = AltText::parse("Three chairs of oak around a table").ok();
        let image = CategoryImage { image_id: ImageId::parse(IMAGE).ok()?, alt };
        let draft = CategoryDraft {
            parent_id: parent.map(CategoryKey::parse).transpose().ok()?,
            image: (id == CATEGORY).then_some(image),
            ..CategoryDraft::named(Name::parse(name).ok()?)
        };
        let _ = tree.put(&CategoryKey::parse(id).ok()?, &draft, at(0).now).ok()?;
    }
    Some(tree)
}

/// What is made of the categories, when twelve products are among the chairs.
fn filed<T: Serialize>(view: impl FnOnce(&CategoryTree, &BTreeMap<CategoryKey, u64>, &Pictures<'_>) -> T) -> Value {
    let own: BTreeMap<_, _> = CategoryKey::parse(CATEGORY).ok().map(|id| (id, 12)).into_iter().collect();
    let images = LIFE.as_ref().map(|life| life.image.clone()).into_iter().collect();
    let pictures = Pictures::new(images, Links::Unsigned);
    let filed = furniture().and_then(|tree| serde_json::to_value(view(&tree, &own, &pictures)).ok());
    linked(filed.unwrap_or_default())
}

pub(crate) fn category() -> Value {
    filed(|tree, own, pictures| CategoryView::all(tree, own, pictures).next())
}

pub(crate) fn categories() -> Value {
    filed(|tree, own, pictures| Page::whole(CategoryView::all(tree, own, pictures).collect()))
}

pub(crate) fn category_tree() -> Value {
    filed(|tree, own, pictures| Page::whole(CategoryBranch::of(tree, own, pictures)))
}

pub(crate) fn public_categories() -> Value {
    filed(|tree, _, pictures| Page::whole(PublicCategory::of(tree, pictures)))
}

/// What is asked of chairs, with what is asked of all furniture.
pub(crate) fn category_schema() -> Value {
    let asked = |tree: &mut CategoryTree, id: &str, attributes: Value| {
        let id = CategoryKey::parse(id).ok()?;
        tree.ask_of(&id, &serde_json::from_value(attributes).ok()?, at(0).now).ok()
    };
    let shown = |mut tree: CategoryTree| {
        let _ = asked(&mut tree, "furniture", json!({ "material": material() }))?;
        let _ = asked(&mut tree, CATEGORY, json!({ "seat_height_cm": seat_height() }))?;
        serde_json::to_value(CategorySchema::of(&tree, &CategoryKey::parse(CATEGORY).ok()?, None)?).ok()
    };
    furniture().and_then(shown).unwrap_or_default()
}

fn material() -> Value {
    json!({ "type": "text", "required": true, "choices": ["ash", "oak", "walnut"], "label": "Material" })
}

fn seat_height() -> Value {
    json!({ "type": "decimal", "required": true, "unit": "cm", "label": "Seat height" })
}

/// What a category asks.
pub(crate) fn category_schema_drafts() -> Vec<(&'static str, Value)> {
    let attributes = json!({ "seat_height_cm": seat_height(), "stackable": { "type": "flag" } });
    vec![
        ("One attribute that is needed, and one that is not", json!({ "attributes": attributes })),
        ("Nothing", json!({ "attributes": {} })),
    ]
}

/// What makes a category, or moves it.
pub(crate) fn category_drafts() -> Vec<(&'static str, Value)> {
    let chairs = json!({
        "name": "Chairs", "parent_id": "furniture", "seo": { "title": "Chairs made of wood" },
        "channel_categories": { "mercado-libre": "MLA1621" },
        "image_id": IMAGE, "image_alt": "Three chairs of oak around a table",
    });
    vec![("Below another", chairs), ("At the top, and not yet shown", json!({ "name": "Garden", "active": false }))]
}

fn lived() -> Option<Life> {
    let merchant_id = MerchantId::parse(MERCHANT).ok()?;
    let (registration, publication) = (OperationId::parse(REGISTRATION).ok()?, OperationId::parse(OPERATION).ok()?);
    let image = photographed(merchant_id, registration)?;

    let request = Cause::Request { id: REQUEST_ID.to_owned(), route: "POST /v1/products".to_owned() };
    let requested = Origin { cause: Some(request), ..at(1) };
    let mut product =
        Product::register(chair(image.id)?, ProductId::parse(PRODUCT).ok()?, merchant_id, registration, &requested)
            .ok()?;
    let carried_out = Origin { cause: Some(Cause::Operation { id: registration }), ..at(3) };
    let _ = product.absorb(std::slice::from_ref(&image), &carried_out);
    let channel = connected(merchant_id)?;
    let _ = product.request_publish(std::slice::from_ref(&channel.id), publication, &at(60)).ok()?;
    let intent = product.intents.pop()?;
    let (_, fence, _) = product.waiting(publication).pop()?;
    let standing = Standing {
        external_id: "shop-81723".to_owned(),
        revision: product.revision,
        visibility: Visibility::Live,
        mark: Some("7f3a".to_owned()),
    };
    let _ = product.record(&channel.id, fence, &ChannelOutcome::Listed(standing), &at(62));
    let _ = product.tell(publication, &at(63));
    let counted = StockChange {
        count: Some(Count::Set(Quantity::new(12).ok()?)),
        low_threshold: Some(Some(Quantity::new(5).ok()?)),
        reason: Some(StockReason::Count),
        note: None,
    };
    let _ = product.change_stock(&counted, product.id.ulid(), &at(90)).ok()?;

    let mut operation = Operation::of_intent(&intent, merchant_id, Subject::Product(product.id));
    operation.execution_arn = Some(format!(
        "arn:aws:states:eu-west-1:123456789012:execution:tola-prod-publish-product:{PRODUCT}-{OPERATION}"
    ));
    operation.status = OperationStatus::Succeeded;
    operation.result = Some(format!("It is live on {CHANNEL}."));
    operation.steps = vec![
        step("Plan the publication", None, 61, "One channel is to be called."),
        step("Submit the listing", Some(&channel.id), 62, "The channel shows it."),
    ];
    operation.ended_at = Some(at(63).now);
    Some(Life { image, events: product.outbox.clone(), product, operation, channel })
}

fn chair(image: ImageId) -> Option<NewProduct> {
    let key = |text: &str| AttributeKey::parse(text).ok();
    let attributes = [
        (key("material")?, AttributeValue::Text("oak".to_owned())),
        (key("seat_height_cm")?, AttributeValue::Integer(45)),
        (key("stackable")?, AttributeValue::Flag(true)),
    ];
    let canonical = Canonical {
        name: Name::parse("Oak chair").ok()?,
        description: Description::parse("A chair of solid oak, oiled by hand.").ok(),
        price: serde_json::from_value::<Money>(json!({ "amount": 12_900, "currency": "EUR" })).ok(),
        category_id: None,
        attributes: BTreeMap::from(attributes),
        tags: vec![Tag::parse("furniture").ok()?],
        brand: Brand::parse("Holzweg").ok(),
    };
    let alt = AltText::parse("An oak chair, seen from the side").ok();
    let images = vec![ImageReference { image_id: image, alt }];
    Some(NewProduct { sku: Sku::parse("CHAIR-OAK-1").ok(), slug: None, canonical, images })
}

fn photographed(merchant_id: MerchantId, operation: OperationId) -> Option<Image> {
    let mut image = Image::awaiting_upload(ImageId::parse(IMAGE).ok()?, merchant_id, "image/jpeg", at(0).now);
    let _ = image.arrive(None, operation, &at(1));
    let file = UploadedFile { content_type: "image/jpeg".to_owned(), width: 4_032, height: 3_024, bytes: 3_481_022 };
    let placeholder = Placeholder { blurhash: "LEHV6nWB2yk8pyo0adR*.7kCMdnj".to_owned(), colour: "#b08d57".to_owned() };
    let rendition = |name: &str, content_type: &str, width: u32, bytes: u64| Rendition {
        name: name.to_owned(),
        content_type: content_type.to_owned(),
        width,
        height: width * 3 / 4,
        bytes,
        key: format!("images/{MERCHANT}/9b74c9897bac770ffc029102a200c5de/{name}"),
    };
    let renditions =
        vec![rendition("320.webp", "image/webp", 320, 9_120), rendition("1280.jpg", "image/jpeg", 1_280, 148_233)];
    let _ = image.finish(file, placeholder, renditions, &at(2));
    Some(image)
}

fn connected(merchant_id: MerchantId) -> Option<Channel> {
    let config = Map::from_iter([("url".to_owned(), json!("https://shop.example.com/hooks/tola"))]);
    Some(Channel {
        id: ChannelId::parse(CHANNEL).ok()?,
        merchant_id,
        channel_type: "webhook".to_owned(),
        config,
        secret: Some("my-shop-signing".to_owned()),
        paused: false,
        status: ChannelStatus::Active,
        problem: None,
        reconcile_due_at: Some(at(6 * 3_600).now),
        version: 1,
        created_at: at(0).now,
        updated_at: at(0).now,
    })
}

fn step(name: &str, channel: Option<&ChannelId>, second: u64, result: &str) -> StepRecord {
    StepRecord {
        name: name.to_owned(),
        channel: channel.cloned(),
        attempt: 1,
        started: at(second).now,
        ended: Some(at(second).now.after(Duration::from_millis(38))),
        outcome: StepOutcome::Succeeded,
        result: Some(result.to_owned()),
        problem: None,
    }
}

fn at(second: u64) -> Origin {
    let now = Timestamp::from_millis(MORNING).after(Duration::from_secs(second));
    Origin {
        now,
        actor: Actor::User { id: "8d0f2f5e-6b1a-4c39-9d8e-2a7b41c0de55".to_owned() },
        correlation_id: CORRELATION.to_owned(),
        cause: None,
    }
}
