//! Looks at uploads and makes their renditions. No I/O: bytes in, bytes out.

mod colour;
mod decode;
mod encode;
mod header;
mod impression;
mod inspect;
mod jpeg;
mod raster;
mod rejection;
mod render;
mod sniff;

pub use impression::Impression;
pub use inspect::{FIRST_BYTES, Inspected, Look, MAX_PIXELS, MAX_SIDE, content_hash, inspect, inspect_start};
pub use raster::ScaleError;
pub use rejection::{Rejection, codes};
pub use render::{RENDITION_SIDES, RenderError, Rendered, Rendition, RenditionFormat, SQUARE_SIDE, render, render_as};
pub use sniff::SourceFormat;
