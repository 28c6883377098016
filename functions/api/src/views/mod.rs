//! What clients see: never a document itself, but what of it is theirs.

mod event;
mod image;
mod operation;
mod page;
mod product;

pub use event::EventView;
pub use image::{ImageView, RenditionView};
pub use operation::OperationView;
pub use page::Page;
pub use product::{ProductItem, ProductView};
