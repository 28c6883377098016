//! The domain of Tola, pure: products, listings, images, operations, events, money, ids and the rules between them.
//!
//! No I/O, no async, no clock, no random numbers: time and ids come in as arguments. What a document means is decided
//! here and nowhere else; who stores it, starts workflows or talks to channels is the business of other crates.

pub mod category;
pub mod change;
pub mod channel;
pub mod channel_rules;
pub mod code;
pub mod completeness;
pub mod event;
pub mod id;
pub mod identity;
pub mod image;
pub mod image_profile;
pub mod listing;
pub mod money;
pub mod operation;
pub mod problem;
pub mod product;
pub mod quota;
pub mod search;
pub mod status;
pub mod stock;
pub mod text;
pub mod time;
pub mod view;

pub use category::{AttributeRule, AttributeType, Category, CategoryDraft, CategoryRefused, CategoryTree, Seo};
pub use change::{Change, changes};
pub use channel::{Channel, ChannelStatus};
pub use channel_rules::{CHANNEL_TYPES, ChannelRules, ChannelType};
pub use code::Code;
pub use completeness::{Completeness, Missing};
pub use event::{Actor, Cause, Event, EventKind, Origin};
pub use id::{CategoryKey, ChannelId, ImageId, MerchantId, OperationId, ProductId};
pub use identity::{Identity, Role};
pub use image::{Image, ImageStatus, Rendition};
pub use image_profile::{ImageProfile, Marketplace};
pub use listing::Listing;
pub use money::Money;
pub use operation::{Operation, OperationKind, OperationStatus, StepRecord};
pub use problem::{Problem, ProblemClass};
pub use product::{Product, ProductImage};
pub use search::{Clue, FoundBy, ListingState, StockState};
pub use status::{ProductStatus, Request};
pub use stock::{Level, Quantity, Stock, StockChange};
pub use time::Timestamp;
pub use view::{EffectiveView, Overrides, ViewImage};
