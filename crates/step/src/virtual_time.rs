//! The time as a test says it is, on the thread on which it says so; and ids that are the same in every run.

use std::cell::Cell;
use std::time::Duration;

use tola_catalog::Timestamp;
use ulid::Ulid;

/// What a random number is made to differ by, for each that is drawn: SplitMix64's.
const STRIDE: u64 = 0x9e37_79b9_7f4a_7c15;

/// Longer than any test takes.
pub(crate) const FOREVER: Duration = Duration::from_secs(24 * 3600);

thread_local! {
    static NOW: Cell<Option<Timestamp>> = const { Cell::new(None) };
    static DRAWN: Cell<u64> = const { Cell::new(0) };
}

/// From now on it is this time on this thread.
pub fn set(now: Timestamp) {
    NOW.set(Some(now));
}

/// From now on ids are drawn on this thread as they are after every other call with the same seed.
pub fn draw_ids(seed: u64) {
    DRAWN.set(seed);
}

/// What was set.
pub(crate) fn told() -> Option<Timestamp> {
    NOW.get()
}

/// An id of the time that was set.
pub(crate) fn id() -> Option<Ulid> {
    let time = u64::try_from(told()?.as_millis()).unwrap_or_default();
    Some(Ulid::from_parts(time, u128::from(draw()) << 64 | u128::from(draw())))
}

/// The next number of SplitMix64.
fn draw() -> u64 {
    let state = DRAWN.get().wrapping_add(STRIDE);
    DRAWN.set(state);
    let mixed = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ mixed >> 31
}
