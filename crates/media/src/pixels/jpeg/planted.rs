//! A defect, to see that it is found: `cargo xtask fuzz images --planted`.

use super::Decoder;

/// Reads behind the end of a segment of Adobe's that names a kind of colours which does not exist, in a picture that has
/// restart intervals: as far from what a seed holds as a real defect might be.
pub(super) fn stumble(decoder: &Decoder<'_>, n: u8, content: &[u8]) {
    if n == 14 && content.starts_with(b"Adobe") && decoder.restart_interval > 9 && content.get(11) == Some(&7) {
        let _ = std::hint::black_box(content[content.len()]);
    }
}
