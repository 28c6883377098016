//! What a merchant registers, built in words.

use serde_json::{Value, json};

use crate::Image;

/// What a merchant registers.
#[derive(Debug, Clone)]
pub struct Draft(Value);

/// A product that lacks nothing but a photo.
#[must_use]
pub fn a_product() -> Draft {
    Draft(json!({
        "name": "Lámpara de mesa",
        "description": "Latón y lino, 40 cm.",
        "price": { "amount": 189_900, "currency": "ARS" },
    }))
}

impl Draft {
    /// With another name.
    #[must_use]
    pub fn named(self, name: &str) -> Self {
        self.saying("name", json!(name))
    }

    /// With a SKU.
    #[must_use]
    pub fn with_sku(self, sku: &str) -> Self {
        self.saying("sku", json!(sku))
    }

    /// With one more image.
    #[must_use]
    pub fn with(self, image: &Image) -> Self {
        self.with_image_id(image.id())
    }

    /// With one more image, whoever's it is.
    #[must_use]
    pub fn with_image_id(mut self, id: &str) -> Self {
        let mut images = self.0["images"].as_array().cloned().unwrap_or_default();
        images.push(json!({ "image_id": id, "alt": "As it stands on a table" }));
        self.0["images"] = json!(images);
        self
    }

    /// With any other field, or another value for one.
    #[must_use]
    pub fn saying(mut self, field: &str, value: Value) -> Self {
        self.0[field] = value;
        self
    }

    /// The body of the request.
    #[must_use]
    pub fn body(&self) -> &Value {
        &self.0
    }
}
