//! What cameras write about a photo.

use super::SECRET;

/// A TIFF header and one directory that says how to turn the photo, in big-endian order.
pub(crate) fn orientation(orientation: u16) -> Vec<u8> {
    [&b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01"[..], &orientation.to_be_bytes(), &[0; 6]].concat()
}

/// The same in little-endian order.
pub(crate) fn orientation_little(orientation: u16) -> Vec<u8> {
    [&b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0"[..], &orientation.to_le_bytes(), &[0; 6]].concat()
}

/// Directories that say where the photo was taken, and how to turn it: by nothing.
pub(crate) fn place() -> Vec<u8> {
    // The orientation, and that the place's directory is at 38; there, a text of 19 bytes at 56.
    let mut exif =
        b"MM\0*\0\0\0\x08\0\x02\x01\x12\0\x03\0\0\0\x01\0\x01\0\0\x88\x25\0\x04\0\0\0\x01\0\0\0\x26".to_vec();
    exif.extend([0; 4]);
    exif.extend(b"\0\x01\0\x1D\0\x02\0\0\0\x13\0\0\0\x38\0\0\0\0");
    exif.extend(SECRET.as_bytes());
    exif.push(0);
    exif
}
