//! Waiting for what happens by itself. The one place in which tests sleep: between two looks.

use std::ops::Range;
use std::time::{Duration, Instant};

/// For what takes seconds: generous, since two cores may be busy with other tests.
pub const SOON: Duration = Duration::from_secs(90);
/// For what the sweep brings about, which comes once a minute.
pub const TWO_MINUTES: Duration = Duration::from_secs(120);

/// Between two looks that cost nothing.
const CLOSE: Duration = Duration::from_millis(10);
const FIRST: Duration = Duration::from_millis(50);
/// Each look costs the local cloud a tenth of a second, which others need.
const LONGEST: Duration = Duration::from_millis(500);

/// Looks until there is something, and returns it. `look` says what it sees as long as that is not it.
///
/// # Errors
/// What was seen last, when `patience` is over.
pub async fn watched<T>(
    what: &str,
    patience: Duration,
    look: impl AsyncFnMut() -> Result<T, String>,
) -> Result<T, String> {
    looks(what, patience, FIRST..LONGEST, look).await
}

/// As [`watched`], and panics with what was seen last.
pub async fn eventually<T>(what: &str, patience: Duration, look: impl AsyncFnMut() -> Result<T, String>) -> T {
    watched(what, patience, look).await.unwrap_or_else(|late| panic!("{late}"))
}

/// As [`eventually`], for what passes in a moment: looks a hundred times a second, so `look` asks no service.
pub async fn caught<T>(what: &str, patience: Duration, mut look: impl FnMut() -> Result<T, String>) -> T {
    looks(what, patience, CLOSE..CLOSE, async || look()).await.unwrap_or_else(|late| panic!("{late}"))
}

async fn looks<T>(
    what: &str,
    patience: Duration,
    pauses: Range<Duration>,
    mut look: impl AsyncFnMut() -> Result<T, String>,
) -> Result<T, String> {
    let patience = shortest().map_or(patience, |shortest| patience.min(shortest));
    let deadline = Instant::now() + patience;
    let mut pause = pauses.start;
    loop {
        let seen = match look().await {
            Ok(found) => return Ok(found),
            Err(seen) => seen,
        };
        if Instant::now() >= deadline {
            return Err(format!("after {patience:?}, still not: {what}\nlast seen: {seen}"));
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(pauses.end);
    }
}

/// What `TOLA_PATIENCE_SECONDS` says: whoever expects tests to fail need not wait for long.
#[expect(clippy::disallowed_methods, reason = "tests are configured by their environment")]
fn shortest() -> Option<Duration> {
    std::env::var("TOLA_PATIENCE_SECONDS").ok()?.parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_comes_later_is_waited_for() {
        let mut looks = 0;

        let found = eventually("the third look", SOON, async || {
            looks += 1;
            if looks == 3 { Ok(looks) } else { Err(format!("look {looks}")) }
        })
        .await;

        assert_eq!(found, 3);
    }

    #[tokio::test]
    async fn what_never_comes_is_reported_with_what_was_seen() {
        let late = watched("rain", Duration::ZERO, async || Err::<(), _>("sunshine".to_owned())).await.unwrap_err();

        assert!(late.contains("rain") && late.contains("sunshine"), "{late}");
    }
}
