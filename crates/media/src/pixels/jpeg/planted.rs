//! A defect, to see that it is found: `cargo xtask fuzz images --planted`.

use std::hint::black_box;

/// Reads behind the end of a segment of Adobe's whose version and flags nobody ever wrote, and which names a kind of
/// colours that does not exist.
///
/// No seed is near it, and chance would have to hit three bytes of a thousand at once. Whoever watches which of the
/// conditions are reached finds one after the other.
pub(super) fn stumble(n: u8, content: &[u8]) {
    if n == 14
        && let [b'A', b'd', b'o', b'b', b'e', version, _, flags, .., kind] = content
        && black_box(*kind) > 2
        && black_box(*version) > 0x7F
        && black_box(*flags) > 0x7F
    {
        black_box(content[content.len()]);
    }
}
