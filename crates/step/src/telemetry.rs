//! Logs: one JSON object a line, each with the fields of the call that it belongs to; metrics are lines of their own.

use tracing_subscriber::EnvFilter;

/// The runtime's own span about each invocation is left out: ours say more, and a line shows the innermost one.
const DEFAULT_LEVELS: &str = "info,lambda_runtime=warn";

/// Begins to log and to count. Levels come from `RUST_LOG`, by default `info`.
pub fn init() {
    // Whoever tests a handler may have begun already; the first one wins.
    let _ = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_target(false)
        .with_env_filter(EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT_LEVELS)))
        .try_init();
    crate::measure::init();
}
