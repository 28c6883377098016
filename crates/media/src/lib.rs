//! What Tola knows about pixels and about the image bucket.
//!
//! A photo's way: the API signs an upload ([`presign_post`]), the merchant sends the file straight to the bucket,
//! a step reads it ([`ImageBucket::get`]), looks at its header ([`inspect`]), makes its smaller copies ([`render`])
//! and puts them beside it ([`ImageBucket::put_rendition`]). This crate knows neither products nor merchants beyond
//! the names that they have in object keys, and it never decides what happens to an image: it says what is there.
//!
//! Each part is a cargo feature, so that a function links only what it uses: `presign`, `pixels`, `bucket`; and
//! `testing`, which makes photos by code. [`upload_key`] and [`rendition_key`] need none.

mod keys;

#[cfg(feature = "bucket")]
mod bucket;
#[cfg(feature = "pixels")]
mod pixels;
#[cfg(feature = "presign")]
mod presign;
#[cfg(feature = "testing")]
pub mod testing;

#[cfg(feature = "bucket")]
pub use bucket::{Action as BucketAction, BucketConfig, Error as BucketError, Found, ImageBucket, MissingBucket, Part};
pub use keys::{
    MAX_UPLOAD_BYTES, RENDITION_CACHE_CONTROL, RENDITION_PREFIX, UNUSED_UPLOAD, UPLOAD_PREFIX, rendition_folder,
    rendition_key, upload_key,
};
#[cfg(feature = "pixels")]
pub use pixels::{
    FIRST_BYTES, Impression, Inspected, Look, MAX_PIXELS, MAX_SIDE, RENDITION_SIDES, Rejection, RenderError, Rendered,
    Rendition, RenditionFormat, SQUARE_SIDE, ScaleError, SourceFormat, codes, content_hash, inspect, inspect_start,
    render, render_as,
};
#[cfg(feature = "presign")]
pub use presign::{
    BucketAddress, Credentials, Error as PresignError, LinkSigner, MAX_DOWNLOAD_LIFETIME, MAX_UPLOAD_LIFETIME,
    PresignedPost, PublicBase, Upload, presign_post,
};
