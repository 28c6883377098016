//! What clients see: never a document itself, but what of it is theirs.

mod category;
mod channel;
mod channel_type;
mod completeness;
mod event;
mod foresight;
mod image;
mod inventory;
mod listing;
mod operation;
mod page;
mod picture;
mod plan;
mod product;
mod public;

pub use category::{CategoryBranch, CategorySchema, CategoryView, PublicCategory, PutCategory};
pub use channel::{ChannelTestView, ChannelView};
pub use channel_type::ChannelTypeView;
pub use completeness::{ChannelCompletenessView, CompletenessView};
pub use event::EventView;
pub use foresight::{ForeseenChannel, ForesightView};
pub use image::{ImageView, RenditionView};
pub use inventory::{InventoryView, StockView};
pub use listing::ListingShown;
pub use operation::OperationView;
pub use page::Page;
pub(crate) use picture::Pictures;
pub use plan::{PlanView, PlannedView};
pub use product::{ProductItem, ProductView};
pub use public::PublicProductView;
