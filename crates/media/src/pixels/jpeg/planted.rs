//! A defect, to see that it is found: `cargo xtask fuzz images --planted`.

use std::hint::black_box;

/// Reads behind the end of a JFIF segment of a version and a unit that nobody ever wrote, and with a wide thumbnail.
///
/// No seed is near it, and chance would have to hit three bytes of a thousand at once. Whoever watches which of the
/// conditions are reached finds one after the other.
pub(super) fn stumble(n: u8, content: &[u8]) {
    if n == 0
        && let [b'J', b'F', b'I', b'F', 0, version, _, unit, _, _, _, _, width, ..] = content
        && black_box(*version) > 0x7F
        && black_box(*unit) > 0x7F
        && black_box(*width) > 0x7F
    {
        black_box(content[content.len()]);
    }
}
