//! The product that is offered.

use std::collections::BTreeMap;

use tola_catalog::image::{Image, Placeholder, UploadedFile};
use tola_catalog::money::{Currency, Money};
use tola_catalog::product::{AttributeValue, Canonical, ImageReference, NewProduct};
use tola_catalog::text::{AttributeKey, Description, Name};
use tola_catalog::{ImageId, OperationId, Product, ProductId, Rendition, Timestamp};
use ulid::Ulid;

use super::shop::{merchant, origin};

/// A complete product.
pub fn lamp(id: ProductId) -> Product {
    let origin = origin(Timestamp::from_millis(0));
    let image_id = ImageId::new(Ulid::from_parts(1, 2));
    let canonical = Canonical {
        name: Name::parse("Lamp").unwrap(),
        description: Some(Description::parse("It shines.").unwrap()),
        price: Some(Money::new(1999, Currency::parse("USD").unwrap()).unwrap()),
        category_id: None,
        attributes: BTreeMap::from([(AttributeKey::parse("watts").unwrap(), AttributeValue::Integer(8))]),
        tags: vec![],
        brand: None,
    };
    let new = NewProduct { sku: None, slug: None, canonical, images: vec![ImageReference { image_id, alt: None }] };
    let operation = OperationId::new(Ulid::from_parts(1, 3));
    let mut product = Product::register(new, id, merchant(), operation, &origin).unwrap();
    let mut image = Image::awaiting_upload(image_id, merchant(), "image/jpeg", origin.now);
    let content_type = "image/jpeg".to_owned();
    let file = UploadedFile { content_type: content_type.clone(), width: 4, height: 3, bytes: 9 };
    let key = "images/m/ab/320.jpg".to_owned();
    let rendition = Rendition { name: "320.jpg".into(), content_type, width: 4, height: 3, bytes: 9, key };
    let placeholder = Placeholder { blurhash: "L00000fQfQfQfQfQfQfQfQfQfQfQ".into(), colour: "#000000".into() };
    let _ = image.arrive(None, operation, &origin);
    let _ = image.finish(file, placeholder, vec![rendition], &origin);
    let _ = product.absorb(&[image], &origin);
    product
}
