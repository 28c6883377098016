//! Collections, the shapes of all queries, and the indexes that serve them.
//!
//! A shape names the fields that a query compares for equality, those it sorts by and the one it cuts a range from. The
//! filter of a query is made from its shape, so that no query can have another; a test proves that each shape has an
//! index in the order equality, sort, range.

use mongodb::bson::{Bson, Document, doc};

/// Merchants' products.
pub const PRODUCTS: &str = "products";
/// Merchants' images.
pub const IMAGES: &str = "images";
/// What runs long.
pub const OPERATIONS: &str = "operations";
/// Delivered events: history.
pub const EVENTS: &str = "events";
/// Requests that carried an Idempotency-Key.
pub const IDEMPOTENCY: &str = "idempotency";
/// The tenants.
pub const MERCHANTS: &str = "merchants";
/// Merchants' connections to sales channels.
pub const CHANNELS: &str = "channels";
/// Merchants' categories: a tree for each.
pub const CATEGORIES: &str = "categories";
/// What came of commands at channels.
pub const OUTCOMES: &str = "outcomes";
/// Listings on the sandbox marketplace.
pub const SANDBOX_LISTINGS: &str = "sandbox_listings";
/// How much merchants have asked for lately.
pub const QUOTAS: &str = "quotas";
/// How often the sandbox's switches have acted, and how often it was called.
pub const SANDBOX_COUNTERS: &str = "sandbox_counters";

/// The unique index whose name tells a taken SKU.
pub const PRODUCTS_BY_SKU: &str = "products_by_sku";
/// The unique index whose name tells a taken slug.
pub const PRODUCTS_BY_SLUG: &str = "products_by_slug";

/// The direction of a sort; all of its keys go the same way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Smallest first.
    Ascending,
    /// Greatest first: newest first, for ids.
    Descending,
}

/// The shape of a query.
#[derive(Debug, PartialEq, Eq)]
pub struct Shape {
    /// The collection.
    pub collection: &'static str,
    /// Fields compared for equality.
    pub equality: &'static [&'static str],
    /// Fields sorted by.
    pub sort: &'static [&'static str],
    /// Which way.
    pub direction: Direction,
    /// The field that a range is cut from.
    pub range: Option<&'static str>,
}

impl Shape {
    /// The filter of a query of this shape: a value for each field compared for equality, in order, and a condition
    /// such as `{"$lt": …}` for the range.
    pub(crate) fn filter<const N: usize>(&self, equal: [Bson; N], range: Option<Document>) -> Document {
        self.filter_of(equal.into(), range)
    }

    /// The same, for a shape that is chosen as the program runs.
    pub(crate) fn filter_of(&self, equal: Vec<Bson>, range: Option<Document>) -> Document {
        debug_assert_eq!(equal.len(), self.equality.len(), "a value for each field of {self:?}");
        let mut filter: Document = self.equality.iter().map(|field| (*field).to_owned()).zip(equal).collect();
        if let (Some(field), Some(condition)) = (self.range, range) {
            filter.insert(field, condition);
        }
        filter
    }

    /// The sort of a query of this shape.
    pub(crate) fn order(&self) -> Document {
        self.sorted(self.direction)
    }

    /// The same one way or the other: an index serves both.
    pub(crate) fn sorted(&self, direction: Direction) -> Document {
        let direction = if direction == Direction::Ascending { 1 } else { -1 };
        self.sort.iter().map(|field| ((*field).to_owned(), Bson::Int32(direction))).collect()
    }
}

macro_rules! shapes {
    ($($(#[$doc:meta])* $name:ident: $collection:ident, equal $equality:expr, sort $direction:ident $sort:expr, range $range:expr;)*) => {
        $(
            $(#[$doc])*
            pub const $name: Shape = Shape {
                collection: $collection,
                equality: &$equality,
                sort: &$sort,
                direction: Direction::$direction,
                range: $range,
            };
        )*

        /// Every shape.
        pub const SHAPES: &[(&str, &Shape)] = &[$((stringify!($name), &$name)),*];
    };
}

shapes! {
    /// A merchant's product.
    PRODUCT_BY_ID: PRODUCTS, equal ["_id", "merchant_id"], sort Ascending [], range None;
    /// The same, as long as nobody wrote to it.
    PRODUCT_BY_VERSION: PRODUCTS, equal ["_id", "merchant_id", "version"], sort Ascending [], range None;
    /// The product with a SKU.
    PRODUCT_BY_SKU: PRODUCTS, equal ["merchant_id", "sku"], sort Ascending [], range None;
    /// The product with a slug.
    PRODUCT_BY_SLUG: PRODUCTS, equal ["merchant_id", "slug"], sort Ascending [], range None;
    /// A product that everybody may see.
    PUBLIC_PRODUCT: PRODUCTS, equal ["_id", "status"], sort Ascending [], range None;
    /// A merchant's products, newest first.
    PRODUCTS_NEWEST: PRODUCTS, equal ["merchant_id"], sort Descending ["_id"], range Some("_id");
    /// Those in a status.
    PRODUCTS_IN_STATUS: PRODUCTS, equal ["merchant_id", "status"], sort Descending ["_id"], range Some("_id");
    /// Those live on a channel.
    PRODUCTS_LIVE_ON: PRODUCTS, equal ["merchant_id", "live_on"], sort Descending ["_id"], range Some("_id");
    /// Those in a status and live on a channel.
    PRODUCTS_IN_STATUS_LIVE_ON: PRODUCTS, equal ["merchant_id", "live_on", "status"], sort Descending ["_id"], range Some("_id");
    /// Those that are, may be or are about to be live on a channel.
    PRODUCTS_BOUND_TO: PRODUCTS, equal ["merchant_id", "bound_to"], sort Descending ["_id"], range Some("_id");
    /// Those that are wanted on a channel, or that it has or may have something of.
    PRODUCTS_KEPT_ON: PRODUCTS, equal ["merchant_id", "kept_on"], sort Ascending ["_id"], range Some("_id");
    /// Those that refer to an image.
    PRODUCTS_SHOWING: PRODUCTS, equal ["merchant_id", "images.image_id"], sort Ascending ["_id"], range Some("_id");
    /// Those that are found by a term.
    PRODUCTS_FOUND_BY: PRODUCTS, equal ["merchant_id", "found_by.terms"], sort Descending ["_id"], range Some("_id");
    /// A merchant's products by their names.
    PRODUCTS_BY_NAME: PRODUCTS, equal ["merchant_id"], sort Ascending ["found_by.name", "_id"], range Some("found_by.name");
    /// Those with a price in a currency, the cheapest first.
    PRODUCTS_BY_PRICE: PRODUCTS, equal ["merchant_id", "canonical.price.currency"], sort Ascending ["canonical.price.amount", "_id"], range Some("canonical.price.amount");
    /// A merchant's products, those first that changed the longest ago.
    PRODUCTS_BY_UPDATE: PRODUCTS, equal ["merchant_id"], sort Ascending ["updated_at", "_id"], range Some("updated_at");
    /// Products that are found by what an older version derived.
    PRODUCTS_TO_DERIVE: PRODUCTS, equal [], sort Ascending ["_id"], range Some("_id");
    /// Those in a category, or in one of several.
    PRODUCTS_IN_CATEGORY: PRODUCTS, equal ["merchant_id", "canonical.category_id"], sort Descending ["_id"], range Some("_id");
    /// The same, oldest first.
    PRODUCTS_FILED_UNDER: PRODUCTS, equal ["merchant_id", "canonical.category_id"], sort Ascending ["_id"], range Some("_id");
    /// Those in any category.
    PRODUCTS_IN_CATEGORIES: PRODUCTS, equal ["merchant_id"], sort Ascending [], range Some("canonical.category_id");
    /// Products whose events wait for delivery.
    PRODUCTS_TO_RELAY: PRODUCTS, equal [], sort Ascending ["outbox_due_at"], range Some("outbox_due_at");
    /// Products whose operations were not started.
    PRODUCTS_TO_LAUNCH: PRODUCTS, equal [], sort Ascending ["intents.requested_at"], range Some("intents.requested_at");
    /// Products of which nothing but a tombstone is left.
    PRODUCTS_TO_FORGET: PRODUCTS, equal [], sort Ascending ["purged_at"], range Some("purged_at");
    /// A merchant's image.
    IMAGE_BY_ID: IMAGES, equal ["_id", "merchant_id"], sort Ascending [], range None;
    /// The same, as long as nobody wrote to it.
    IMAGE_BY_VERSION: IMAGES, equal ["_id", "merchant_id", "version"], sort Ascending [], range None;
    /// Several images of a merchant.
    IMAGES_BY_IDS: IMAGES, equal ["merchant_id"], sort Ascending ["_id"], range Some("_id");
    /// A merchant's images in a status that have the same content.
    IMAGES_OF_CONTENT: IMAGES, equal ["merchant_id", "content_hash", "status"], sort Ascending ["_id"], range None;
    /// Images whose events wait for delivery.
    IMAGES_TO_RELAY: IMAGES, equal [], sort Ascending ["outbox_due_at"], range Some("outbox_due_at");
    /// Images whose operations were not started.
    IMAGES_TO_LAUNCH: IMAGES, equal [], sort Ascending ["intents.requested_at"], range Some("intents.requested_at");
    /// Images whose deletion was left half done.
    IMAGES_TO_PURGE: IMAGES, equal ["status"], sort Ascending ["updated_at"], range Some("updated_at");
    /// Images whose upload has not arrived, or was not heard of.
    IMAGES_AWAITED: IMAGES, equal ["status"], sort Ascending ["created_at"], range Some("created_at");
    /// A merchant's operation.
    OPERATION_BY_ID: OPERATIONS, equal ["_id", "merchant_id"], sort Ascending [], range None;
    /// The same, as long as it runs.
    OPERATION_IN_STATUS: OPERATIONS, equal ["_id", "merchant_id", "status"], sort Ascending [], range None;
    /// A merchant's operations, newest first.
    OPERATIONS_NEWEST: OPERATIONS, equal ["merchant_id"], sort Descending ["_id"], range Some("_id");
    /// Those in a status.
    OPERATIONS_IN_STATUS: OPERATIONS, equal ["merchant_id", "status"], sort Descending ["_id"], range Some("_id");
    /// Those of a product.
    OPERATIONS_OF_PRODUCT: OPERATIONS, equal ["merchant_id", "product_id"], sort Descending ["_id"], range Some("_id");
    /// Those of a product in a status.
    OPERATIONS_OF_PRODUCT_IN_STATUS: OPERATIONS, equal ["merchant_id", "product_id", "status"], sort Descending ["_id"], range Some("_id");
    /// Those that call a channel.
    OPERATIONS_OF_CHANNEL: OPERATIONS, equal ["merchant_id", "channels"], sort Descending ["_id"], range Some("_id");
    /// Those that call a channel, in a status.
    OPERATIONS_OF_CHANNEL_IN_STATUS: OPERATIONS, equal ["merchant_id", "channels", "status"], sort Descending ["_id"], range Some("_id");
    /// Operations that have run for long.
    OPERATIONS_OVERDUE: OPERATIONS, equal ["status"], sort Ascending ["requested_at"], range Some("requested_at");
    /// The history of a product or image.
    EVENTS_OF_AGGREGATE: EVENTS, equal ["merchant_id", "aggregate_id"], sort Ascending ["sequence"], range Some("sequence");
    /// A request that carried a key.
    IDEMPOTENCY_BY_ID: IDEMPOTENCY, equal ["_id"], sort Ascending [], range None;
    /// A merchant's channel.
    CHANNEL_BY_ID: CHANNELS, equal ["_id", "merchant_id"], sort Ascending [], range None;
    /// The same, as long as nobody wrote to it.
    CHANNEL_BY_VERSION: CHANNELS, equal ["_id", "merchant_id", "version"], sort Ascending [], range None;
    /// A merchant's channels.
    CHANNELS_OF_MERCHANT: CHANNELS, equal ["merchant_id"], sort Ascending ["_id"], range None;
    /// A merchant's categories.
    CATEGORIES_BY_ID: CATEGORIES, equal ["_id", "merchant_id"], sort Ascending [], range None;
    /// The same, as long as nobody wrote to them.
    CATEGORIES_BY_VERSION: CATEGORIES, equal ["_id", "merchant_id", "version"], sort Ascending [], range None;
    /// What came of a command.
    OUTCOME_BY_ID: OUTCOMES, equal ["_id", "merchant_id"], sort Ascending [], range None;
    /// Outcomes that nobody has taken over.
    OUTCOMES_TO_ADOPT: OUTCOMES, equal [], sort Ascending ["adoption_due"], range Some("adoption_due");
    /// Channels that are to be held against what they should have.
    CHANNELS_TO_RECONCILE: CHANNELS, equal [], sort Ascending ["reconcile_due_at"], range Some("reconcile_due_at");
    /// A product's listing on the sandbox marketplace, unless it is closed.
    SANDBOX_LISTING_OF_PRODUCT: SANDBOX_LISTINGS, equal ["merchant_id", "channel_id", "open_product_id"], sort Ascending [], range None;
    /// A listing on the sandbox marketplace, as long as nobody wrote to it.
    SANDBOX_LISTING_BY_VERSION: SANDBOX_LISTINGS, equal ["_id", "merchant_id", "version"], sort Ascending [], range None;
    /// The listings of a channel on the sandbox marketplace, unless they are closed.
    SANDBOX_LISTINGS_OF_CHANNEL: SANDBOX_LISTINGS, equal ["merchant_id", "channel_id"], sort Ascending ["open_product_id"], range Some("open_product_id");
    /// The listings that a product has on the sandbox marketplace, or had.
    SANDBOX_LISTINGS_EVER_OF_PRODUCT: SANDBOX_LISTINGS, equal ["merchant_id", "channel_id", "product_id"], sort Ascending ["_id"], range None;
    /// How often a switch of the sandbox has acted.
    SANDBOX_COUNTER_BY_ID: SANDBOX_COUNTERS, equal ["_id", "merchant_id"], sort Ascending [], range None;
    /// How often a channel of the sandbox was called in a window of time.
    SANDBOX_COUNTER_OF_WINDOW: SANDBOX_COUNTERS, equal ["_id", "merchant_id"], sort Ascending [], range Some("window");
    /// A merchant's token bucket, if it is full again at a time.
    QUOTA_BY_ID: QUOTAS, equal ["_id", "merchant_id"], sort Ascending [], range Some("full_at");
    /// A merchant's record.
    MERCHANT_BY_ID: MERCHANTS, equal ["_id"], sort Ascending [], range None;
}

/// An index.
#[derive(Debug)]
pub struct Index {
    /// The collection.
    pub collection: &'static str,
    /// Its name; a changed index gets a new one.
    pub name: &'static str,
    /// Its fields, in order.
    pub keys: &'static [&'static str],
    /// All ascending or all descending: either serves a sort in both directions.
    pub direction: Direction,
    /// What it is besides.
    pub kind: IndexKind,
}

/// What an index is besides an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IndexKind {
    /// Nothing.
    Plain,
    /// Unique among the documents that have the field.
    UniqueWhereExists(&'static str),
    /// Only of the documents that have the field: small, for the sweep.
    WhereExists(&'static str),
    /// Only of the documents whose field has the value.
    WhereEqual(&'static str, &'static str),
    /// Documents go when the time in their first field has passed.
    Expiring,
}

const fn index(
    collection: &'static str,
    name: &'static str,
    keys: &'static [&'static str],
    direction: Direction,
    kind: IndexKind,
) -> Index {
    Index { collection, name, keys, direction, kind }
}

/// Every index besides the one on `_id` that each collection has by itself.
pub const INDEXES: &[Index] = {
    use Direction::{Ascending, Descending};
    use IndexKind::{Expiring, Plain, UniqueWhereExists, WhereEqual, WhereExists};
    &[
        index(PRODUCTS, PRODUCTS_BY_SKU, &["merchant_id", "sku"], Ascending, UniqueWhereExists("sku")),
        index(PRODUCTS, PRODUCTS_BY_SLUG, &["merchant_id", "slug"], Ascending, UniqueWhereExists("slug")),
        index(PRODUCTS, "products_newest", &["merchant_id", "_id"], Descending, Plain),
        index(PRODUCTS, "products_in_status", &["merchant_id", "status", "_id"], Descending, Plain),
        index(PRODUCTS, "products_live_on", &["merchant_id", "live_on", "_id"], Descending, Plain),
        index(PRODUCTS, "products_live_on_in_status", &["merchant_id", "live_on", "status", "_id"], Descending, Plain),
        index(PRODUCTS, "products_bound_to", &["merchant_id", "bound_to", "_id"], Descending, Plain),
        index(PRODUCTS, "products_kept_on", &["merchant_id", "kept_on", "_id"], Ascending, Plain),
        index(PRODUCTS, "products_to_forget", &["purged_at"], Ascending, WhereExists("purged_at")),
        index(PRODUCTS, "products_showing", &["merchant_id", "images.image_id", "_id"], Ascending, Plain),
        index(
            PRODUCTS,
            "products_in_category",
            &["merchant_id", "canonical.category_id", "_id"],
            Descending,
            WhereExists("canonical.category_id"),
        ),
        index(PRODUCTS, "products_found_by", &["merchant_id", "found_by.terms", "_id"], Descending, Plain),
        index(PRODUCTS, "products_by_name", &["merchant_id", "found_by.name", "_id"], Ascending, Plain),
        index(
            PRODUCTS,
            "products_by_price",
            &["merchant_id", "canonical.price.currency", "canonical.price.amount", "_id"],
            Ascending,
            WhereExists("canonical.price.currency"),
        ),
        index(PRODUCTS, "products_by_update", &["merchant_id", "updated_at", "_id"], Ascending, Plain),
        index(PRODUCTS, "products_to_relay", &["outbox_due_at"], Ascending, WhereExists("outbox_due_at")),
        index(
            PRODUCTS,
            "products_to_launch",
            &["intents.requested_at"],
            Ascending,
            WhereExists("intents.requested_at"),
        ),
        index(IMAGES, "images_by_ids", &["merchant_id", "_id"], Ascending, Plain),
        index(
            IMAGES,
            "images_of_content",
            &["merchant_id", "content_hash", "status", "_id"],
            Ascending,
            WhereExists("content_hash"),
        ),
        index(IMAGES, "images_to_relay", &["outbox_due_at"], Ascending, WhereExists("outbox_due_at")),
        index(IMAGES, "images_to_launch", &["intents.requested_at"], Ascending, WhereExists("intents.requested_at")),
        index(IMAGES, "images_to_purge", &["status", "updated_at"], Ascending, WhereEqual("status", "PURGING")),
        index(IMAGES, "images_awaited", &["status", "created_at"], Ascending, WhereEqual("status", "AWAITING_UPLOAD")),
        index(OPERATIONS, "operations_newest", &["merchant_id", "_id"], Descending, Plain),
        index(OPERATIONS, "operations_in_status", &["merchant_id", "status", "_id"], Descending, Plain),
        index(OPERATIONS, "operations_of_product", &["merchant_id", "product_id", "_id"], Descending, Plain),
        index(
            OPERATIONS,
            "operations_of_product_in_status",
            &["merchant_id", "product_id", "status", "_id"],
            Descending,
            Plain,
        ),
        index(OPERATIONS, "operations_of_channel", &["merchant_id", "channels", "_id"], Descending, Plain),
        index(
            OPERATIONS,
            "operations_of_channel_in_status",
            &["merchant_id", "channels", "status", "_id"],
            Descending,
            Plain,
        ),
        index(
            OPERATIONS,
            "operations_overdue",
            &["status", "requested_at"],
            Ascending,
            WhereEqual("status", "RUNNING"),
        ),
        index(EVENTS, "events_of_aggregate", &["merchant_id", "aggregate_id", "sequence"], Ascending, Plain),
        index(CHANNELS, "channels_of_merchant", &["merchant_id", "_id"], Ascending, Plain),
        index(CHANNELS, "channels_to_reconcile", &["reconcile_due_at"], Ascending, WhereExists("reconcile_due_at")),
        index(OUTCOMES, "outcomes_to_adopt", &["adoption_due"], Ascending, WhereExists("adoption_due")),
        index(
            SANDBOX_LISTINGS,
            "sandbox_listings_of_product",
            &["merchant_id", "channel_id", "open_product_id"],
            Ascending,
            UniqueWhereExists("open_product_id"),
        ),
        index(
            SANDBOX_LISTINGS,
            "sandbox_listings_ever_of_product",
            &["merchant_id", "channel_id", "product_id", "_id"],
            Ascending,
            Plain,
        ),
        index(IDEMPOTENCY, "idempotency_expires", &["expires_at"], Ascending, Expiring),
    ]
};

impl Index {
    /// Whether it serves a shape: first the fields compared for equality in any order, then the sort in its order, then
    /// the range.
    pub fn serves(&self, shape: &Shape) -> bool {
        if self.collection != shape.collection || self.keys.len() < shape.equality.len() || !self.holds_all_of(shape) {
            return false;
        }
        let (equality, rest) = self.keys.split_at(shape.equality.len());
        let mut tail: Vec<&str> = shape.sort.to_vec();
        tail.extend(shape.range.filter(|field| !shape.sort.contains(field)));
        shape.equality.iter().all(|field| equality.contains(field)) && rest.starts_with(&tail)
    }

    /// Whether no document that a query of the shape looks for is missing from the index.
    fn holds_all_of(&self, shape: &Shape) -> bool {
        match self.kind {
            IndexKind::Plain | IndexKind::Expiring => true,
            IndexKind::UniqueWhereExists(field) | IndexKind::WhereExists(field) => {
                shape.equality.contains(&field) || shape.range == Some(field)
            }
            IndexKind::WhereEqual(field, _) => shape.equality.contains(&field),
        }
    }

    /// The options that the database is given.
    pub(crate) fn partial_filter(&self) -> Option<Document> {
        match self.kind {
            IndexKind::Plain | IndexKind::Expiring => None,
            IndexKind::UniqueWhereExists(field) | IndexKind::WhereExists(field) => {
                Some(doc! { field: { "$exists": true } })
            }
            IndexKind::WhereEqual(field, value) => Some(doc! { field: value }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether the index serves that each collection has by itself: a query that names an id, or walks along all of them.
    fn is_by_id(shape: &Shape) -> bool {
        shape.equality.contains(&"_id") || (shape.equality.is_empty() && shape.sort == ["_id"])
    }

    #[test]
    fn each_query_shape_has_its_index() {
        for (name, shape) in SHAPES {
            let served = is_by_id(shape) || INDEXES.iter().any(|index| index.serves(shape));

            assert!(served, "{name} has no index in the order equality, sort, range: {shape:?}");
        }
    }

    #[test]
    fn each_index_has_a_use() {
        for index in INDEXES {
            let used = index.kind == IndexKind::Expiring
                || SHAPES.iter().any(|(_, shape)| !is_by_id(shape) && index.serves(shape));

            assert!(used, "{} serves no query", index.name);
        }
    }

    #[test]
    fn what_merchants_ask_leads_with_the_merchant() {
        for (name, shape) in SHAPES {
            let system = [
                "TO_RELAY",
                "TO_LAUNCH",
                "TO_PURGE",
                "TO_ADOPT",
                "TO_RECONCILE",
                "TO_FORGET",
                "TO_DERIVE",
                "AWAITED",
                "OVERDUE",
                "IDEMPOTENCY",
                "MERCHANT_BY",
                "PUBLIC",
            ];
            if !system.iter().any(|part| name.contains(part)) {
                assert!(shape.equality.contains(&"merchant_id"), "{name} forgets the merchant");
            }
        }
    }

    #[test]
    fn an_index_in_another_order_serves_nothing() {
        let wrong = index(PRODUCTS, "x", &["merchant_id", "_id", "status"], Direction::Descending, IndexKind::Plain);

        assert!(!wrong.serves(&PRODUCTS_IN_STATUS));
        assert!(wrong.serves(&PRODUCTS_NEWEST));
    }
}
