//! Metrics: counted with the macros of [`metrics`], and written after each invocation as a line of the log that CloudWatch
//! reads them from (its embedded metric format). Their names are those of [`tola_contracts::metric`].

use std::future::Future;
use std::io;
use std::sync::OnceLock;
use std::time::Instant;

use metrics::{counter, describe_counter, histogram};
use metrics_cloudwatch_embedded::{Builder, Collector};
use tola_contracts::metric::{self, Unit};

static COLLECTOR: OnceLock<&'static Collector> = OnceLock::new();

/// Begins to count.
#[expect(clippy::disallowed_methods, reason = "what telemetry is told by its environment, read once at cold start")]
pub(crate) fn init() {
    let read = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let (Some(stage), Some(name)) = (read("STAGE"), read("AWS_LAMBDA_FUNCTION_NAME")) else { return };
    let builder = Builder::new().cloudwatch_namespace(metric::NAMESPACE).with_dimension(metric::STAGE, stage.clone());
    // Whoever tests a handler may have begun already; the first one wins.
    let Ok(collector) = builder.init() else { return };
    for metric in metric::ALL {
        let unit = match metric.unit {
            Unit::Count => metrics::Unit::Count,
            Unit::Milliseconds => metrics::Unit::Milliseconds,
            Unit::Seconds => metrics::Unit::Seconds,
        };
        // The collector keeps units by name, whatever is counted with it.
        describe_counter!(metric.name, unit, metric.meaning);
    }
    let _ = COLLECTOR.set(collector);
    let function = name.strip_prefix(&format!("tola-{stage}-")).unwrap_or(&name);
    let _ = FUNCTION.set(function.to_owned());
}

static FUNCTION: OnceLock<String> = OnceLock::new();

/// Measures an invocation, and writes down what it has counted.
///
/// # Errors
/// What the work fails with.
pub async fn invocation<T, E>(work: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    let began = Instant::now();
    let outcome = tola_crash::around(work).await;
    ended(began, outcome.is_ok());
    outcome
}

/// The same for whoever knows by itself when an invocation has ended, and how.
pub fn ended(began: Instant, is_well: bool) {
    if let Some(function) = FUNCTION.get() {
        let count = if is_well { metric::SUCCEEDED } else { metric::FAILED };
        counter!(count.name, metric::FUNCTION => function.as_str()).increment(1);
        let took = began.elapsed().as_secs_f64() * 1_000.0;
        histogram!(metric::DURATION.name, metric::FUNCTION => function.as_str()).record(took);
    }
    if let Some(Err(error)) = COLLECTOR.get().map(|collector| collector.flush(io::stdout())) {
        tracing::warn!(error = crate::chain(&error), "could not write what was counted");
    }
}

/// Counts messages that a function leaves to come again.
pub(crate) fn left(messages: u64) {
    if let Some(function) = FUNCTION.get()
        && messages > 0
    {
        counter!(metric::MESSAGES_LEFT.name, metric::FUNCTION => function.as_str()).increment(messages);
    }
}
