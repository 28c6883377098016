//! Where objects lie in the image bucket.

/// The largest file that a merchant may upload, in bytes: 20 MiB.
pub const MAX_UPLOAD_BYTES: u64 = 20 * 1024 * 1024;

/// Where merchants' files arrive. Only keys under it raise notifications, so renditions cannot start the machine anew.
pub const UPLOAD_PREFIX: &str = "uploads/";

/// What marks an upload that has not become an image: the bucket removes it after a day. A form says it, as S3 wants it.
pub const UNUSED_UPLOAD: &str = "<Tagging><TagSet><Tag><Key>upload</Key><Value>unused</Value></Tag></TagSet></Tagging>";

/// Where renditions live.
pub const RENDITION_PREFIX: &str = "images/";

/// How long a rendition may be kept by browsers and CDNs: for good, since its key holds the hash of its content.
pub const RENDITION_CACHE_CONTROL: &str = "public, max-age=31536000, immutable";

/// The key at which the original of `image` is uploaded: `uploads/<merchant>/<image>`.
///
/// Both ids are Tola's own (`merchant_…`, `image_…`), never text of a client, so they hold no slash.
pub fn upload_key(merchant: &str, image: &str) -> String {
    format!("{UPLOAD_PREFIX}{merchant}/{image}")
}

/// The key of one rendition: `images/<merchant>/<hash>/<name>`.
///
/// `hash` is the content hash of the original (`content_hash`) and `name` the
/// rendition's own (`640.webp`). The same photo uploaded twice by a merchant has the same renditions; two merchants
/// never share one.
pub fn rendition_key(merchant: &str, hash: &str, name: &str) -> String {
    format!("{}{name}", rendition_folder(merchant, hash))
}

/// What the keys of all renditions of one content begin with: `images/<merchant>/<hash>/`.
pub fn rendition_folder(merchant: &str, hash: &str) -> String {
    format!("{RENDITION_PREFIX}{merchant}/{hash}/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_keep_merchants_apart() {
        assert_eq!(upload_key("merchant_1", "image_2"), "uploads/merchant_1/image_2");
        assert_eq!(rendition_key("merchant_1", "abc", "640.webp"), "images/merchant_1/abc/640.webp");
    }
}
