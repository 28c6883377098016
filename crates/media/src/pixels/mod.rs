//! Looks at uploads and makes their renditions. No I/O: bytes in, bytes out.

mod colour;
mod decode;
mod encode;
mod inspect;
mod jpeg;
mod rejection;
mod render;
mod sniff;

pub use inspect::{Inspected, MAX_PIXELS, MAX_SIDE, inspect};
pub use rejection::{Rejection, codes};
pub use render::{RENDITION_SIDES, RenderError, Rendition, RenditionFormat, render};
pub use sniff::SourceFormat;
