//! Complete products as they lie in the database once their workflows are through, to be read and worked with.

use std::collections::BTreeMap;

use anyhow::{Context as _, ensure};
use tola_catalog::image::{Changed, Placeholder, UploadedFile};
use tola_catalog::money::Currency;
use tola_catalog::product::{AttributeValue, Canonical, ImageReference, NewProduct};
use tola_catalog::text::{AltText, AttributeKey, Brand, CategoryId, Description, Name, Sku, Tag};
use tola_catalog::{Actor, Identity, Image, ImageId, MerchantId, Money, OperationId, Origin, Product, ProductId};
use tola_catalog::{Rendition, Role, Timestamp};
use tola_local::{database, demo};
use tola_store::{MongoConfig, Store, TenantScope};
use ulid::Ulid;

/// How many products there are.
pub(crate) const PRODUCTS: u16 = 200;
/// How many photos a product has, each in three sizes and two formats.
pub(crate) const PHOTOS: u16 = 1;
/// How many renditions a photo has.
pub(crate) const RENDITIONS: usize = SIDES.len() * FORMATS.len();
/// 2026-01-15, for every run to have the same documents.
const BEGAN_MILLIS: u64 = 1_768_464_000_000;
const SIDES: [u32; 3] = [320, 640, 1280];
const FORMATS: [(&str, &str); 2] = [("jpg", "image/jpeg"), ("webp", "image/webp")];
const DESCRIPTION: &str = "Thrown by hand and glazed in the colours of the coast, fired twice at 1,240 °C. Holds \
                           350 ml, survives the dishwasher and the microwave, and no two are alike. Sent in a box of \
                           recycled cardboard within two working days.";

/// What there is to ask for.
#[derive(Debug, Clone)]
pub(crate) struct Catalogue {
    /// Whose products these are.
    pub(crate) merchant: MerchantId,
    /// The products.
    pub(crate) products: Vec<ProductId>,
}

/// Writes the catalog, with the indexes that every deployment has, into an empty embedded database.
///
/// # Errors
/// When the database can't be reached or refuses.
pub(crate) async fn seed(mongodb_uri: &str) -> anyhow::Result<Catalogue> {
    demo::seed(mongodb_uri, database::DATABASE).await?;
    let merchant = demo::merchants().first().map(|merchant| MerchantId::parse(&merchant.id));
    let merchant = merchant.context("there is no demo merchant")??;
    let store = Store::connect(&MongoConfig::new(mongodb_uri, database::DATABASE)).await?;
    store.migrate().await?;

    let identity = Identity { merchant_id: merchant, role: Role::Merchant, subject: "bench".to_owned() };
    let scope = TenantScope::of_identity(&identity);
    let mut products = Vec::new();
    for number in 0..PRODUCTS {
        let (product, images) = product(merchant, number)?;
        for image in &images {
            store.images(scope).insert(image).await?;
        }
        store.products(scope).insert(&product).await?;
        products.push(product.id);
    }
    Ok(Catalogue { merchant, products })
}

/// A product and its photos, with nothing left to start or to deliver. Its ids are those of its number.
///
/// # Errors
/// When the domain does not take it.
pub(crate) fn product(merchant: MerchantId, number: u16) -> anyhow::Result<(Product, Vec<Image>)> {
    let began = Timestamp::from_millis(i64::try_from(BEGAN_MILLIS)?);
    let origin =
        Origin { now: began, actor: Actor::User { id: "bench".into() }, correlation_id: "bench".into(), cause: None };
    let mut images = (0..PHOTOS).map(|photo| image(merchant, number, photo, &origin)).collect::<Result<Vec<_>, _>>()?;
    let references = images.iter().map(|image| reference(image.id)).collect::<Result<_, _>>()?;
    let new = NewProduct {
        sku: Some(Sku::parse(&format!("MUG-{number:05}"))?),
        slug: None,
        canonical: canonical(number)?,
        images: references,
    };
    let ids = (ProductId::new(ulid(number, 0)), OperationId::new(ulid(number, 1)));
    let mut product = Product::register(new, ids.0, merchant, ids.1, &origin)?;
    ensure!(product.absorb(&images, &origin) == Changed::Yes, "the product did not take its photos");
    ensure!(product.completeness.is_complete(), "the product is not complete: {:?}", product.completeness.missing);

    product.intents.clear();
    product.outbox.clear();
    product.outbox_due_at = None;
    for image in &mut images {
        image.intents.clear();
        image.outbox.clear();
        image.outbox_due_at = None;
    }
    Ok((product, images))
}

fn canonical(number: u16) -> anyhow::Result<Canonical> {
    let text = |text: &str| AttributeValue::Text(text.to_owned());
    let attributes = [
        ("colour", text("sea green")),
        ("dishwasher_safe", AttributeValue::Flag(true)),
        ("height_cm", AttributeValue::Decimal(9.5)),
        ("materials", AttributeValue::Texts(vec!["stoneware".into(), "glaze".into()])),
        ("volume_ml", AttributeValue::Integer(350)),
    ];
    let attributes: Result<BTreeMap<_, _>, _> =
        attributes.into_iter().map(|(key, value)| AttributeKey::parse(key).map(|key| (key, value))).collect();
    let tags: Result<Vec<_>, _> = ["mug", "handmade", "gift", "kitchen"].into_iter().map(Tag::parse).collect();
    Ok(Canonical {
        name: Name::parse(&format!("Clay mug No. {number}"))?,
        description: Some(Description::parse(DESCRIPTION)?),
        price: Some(Money::new(1_990 + i64::from(number), Currency::parse("USD")?)?),
        category_id: Some(CategoryId::parse("kitchen/mugs")?),
        attributes: attributes?,
        tags: tags?,
        brand: Some(Brand::parse("Casa Lumbre")?),
    })
}

fn reference(image_id: ImageId) -> anyhow::Result<ImageReference> {
    Ok(ImageReference { image_id, alt: Some(AltText::parse("A green clay mug on a wooden table")?) })
}

fn image(merchant: MerchantId, number: u16, photo: u16, origin: &Origin) -> anyhow::Result<Image> {
    let id = ImageId::new(ulid(number, 10 + photo));
    let content_hash = format!("{:064x}", u128::from(ulid(number, 20 + photo)));
    let renditions =
        SIDES.iter().flat_map(|side| FORMATS.map(|format| rendition(merchant, &content_hash, *side, format)));
    let renditions = renditions.collect();
    let file = UploadedFile { content_type: "image/jpeg".into(), width: 4032, height: 3024, bytes: 3_512_044 };
    let placeholder = Placeholder { blurhash: "LEHV6nWB2yk8pyo0adR*.7kCMdnj".into(), colour: "#c86432".into() };
    let mut image = Image::awaiting_upload(id, merchant, "image/jpeg", origin.now);
    let done = [
        image.arrive(None, OperationId::new(ulid(number, 30 + photo)), origin),
        image.claim(&content_hash, origin.now),
        image.finish(file, placeholder, renditions, origin),
    ];
    ensure!(done == [Changed::Yes; 3], "the photo did not become ready");
    Ok(image)
}

fn rendition(merchant: MerchantId, hash: &str, side: u32, (extension, content_type): (&str, &str)) -> Rendition {
    let name = format!("{side}.{extension}");
    Rendition {
        key: format!("images/{merchant}/{hash}/{name}"),
        name,
        content_type: content_type.to_owned(),
        width: side,
        height: side * 3 / 4,
        bytes: u64::from(side) * u64::from(side) / 8,
    }
}

/// A ULID of its own for each product and purpose, the same in every run.
fn ulid(product: u16, purpose: u16) -> Ulid {
    Ulid::from_parts(BEGAN_MILLIS + u64::from(product), (u128::from(product) << 64) + u128::from(purpose))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_catalog_is_complete_and_can_be_read() {
        let database = tola_local::InProcessDatabase::start().unwrap();
        let catalogue = seed(&database.uri()).await.unwrap();
        let store = Store::connect(&MongoConfig::new(database.uri(), database::DATABASE)).await.unwrap();
        let identity = Identity { merchant_id: catalogue.merchant, role: Role::Viewer, subject: "test".into() };
        let products = store.products(TenantScope::of_identity(&identity));

        let last = products.get(catalogue.products[usize::from(PRODUCTS) - 1]).await.unwrap().unwrap();

        assert_eq!(last.status, tola_catalog::ProductStatus::Ready);
        assert_eq!(last.images.len(), usize::from(PHOTOS));
        assert!(last.images.iter().all(|image| image.renditions.len() == RENDITIONS));
        assert!(last.outbox.is_empty() && last.intents.is_empty());
    }
}
