//! How many there are of a product.

use schemars::JsonSchema;
use serde::Serialize;
use tola_catalog::text::Sku;
use tola_catalog::{Level, Product, ProductId, Quantity, Stock};

/// How many there are of a product, as far as anybody has told.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Stock")]
pub struct StockView {
    /// Whether anybody counts. What nobody counts is not none.
    tracked: bool,
    on_hand: Option<Quantity>,
    /// How many are few.
    low_stock_threshold: Option<Quantity>,
    /// How much is left, by the two of them.
    level: Option<Level>,
}

/// How many there are of this product, as far as anybody has told.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Inventory")]
pub struct InventoryView<'a> {
    product_id: ProductId,
    sku: Option<&'a Sku>,
    #[serde(flatten)]
    stock: StockView,
}

impl From<Stock> for StockView {
    fn from(stock: Stock) -> Self {
        Self {
            tracked: stock.on_hand().is_some(),
            on_hand: stock.on_hand(),
            low_stock_threshold: stock.low_threshold(),
            level: stock.level(),
        }
    }
}

impl<'a> InventoryView<'a> {
    pub(crate) fn new(product: &'a Product) -> Self {
        Self { product_id: product.id, sku: product.sku.as_ref(), stock: product.stock.into() }
    }
}
