//! Files that merchants upload. The same words make the same bytes.

use tola_media::testing;

/// A file that a merchant uploads.
#[derive(Debug, Clone)]
pub struct Photo {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What it is declared as.
    pub content_type: String,
    /// What it is called.
    pub file_name: String,
}

/// A photo as a phone takes it: a JPEG of so many pixels across and down.
#[must_use]
pub fn a_photo(width: u16, height: u16) -> Photo {
    a_file("photo.jpg", "image/jpeg", testing::photo_jpeg(width, height, 7))
}

/// Any file.
#[must_use]
pub fn a_file(file_name: &str, content_type: &str, bytes: Vec<u8>) -> Photo {
    Photo { bytes, content_type: content_type.to_owned(), file_name: file_name.to_owned() }
}

impl Photo {
    /// Its first `bytes` bytes, as after a connection that broke.
    #[must_use]
    pub fn cut_to(mut self, bytes: usize) -> Self {
        self.bytes.truncate(bytes);
        self
    }
}
