//! Progress on a terminal as a moving line, elsewhere as plain lines.

use std::sync::Mutex;
use std::time::Duration;

use console::style;
use indicatif::{ProgressBar, ProgressStyle};
use tola_local::Progress;

/// How much of a detail fits beside the phase's name.
const DETAIL_WIDTH: usize = 60;

/// Shows phases on standard error, so that standard output holds results only.
#[derive(Default)]
pub(crate) struct Ui {
    spinner: Mutex<Option<ProgressBar>>,
}

impl Ui {
    /// Shows that the phase under way has failed.
    pub(crate) fn failed(&self) {
        self.clear();
    }

    fn clear(&self) {
        if let Ok(mut spinner) = self.spinner.lock()
            && let Some(spinner) = spinner.take()
        {
            spinner.finish_and_clear();
        }
    }
}

impl Progress for Ui {
    fn begin(&self, phase: &str) {
        self.clear();
        if !console::user_attended_stderr() {
            return;
        }
        let spinner = ProgressBar::new_spinner().with_prefix(phase.to_owned());
        if let Ok(style) = ProgressStyle::with_template("{spinner:.cyan} {prefix:16} {elapsed:>4} {wide_msg:.dim}") {
            spinner.set_style(style);
        }
        spinner.enable_steady_tick(Duration::from_millis(100));
        if let Ok(mut current) = self.spinner.lock() {
            *current = Some(spinner);
        }
    }

    fn detail(&self, line: &str) {
        if let Ok(spinner) = self.spinner.lock()
            && let Some(spinner) = spinner.as_ref()
        {
            spinner.set_message(console::truncate_str(line, DETAIL_WIDTH, "…").into_owned());
        }
    }

    fn end(&self, phase: &str, note: &str, took: Duration) {
        self.clear();
        eprintln!("{} {phase:16} {:>8}  {}", style("✓").green(), seconds(took), style(note).dim());
    }
}

/// A duration as people say it: `0.4 s`, `12 s`, `3 min 5 s`.
pub(crate) fn seconds(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    match seconds {
        ..10.0 => format!("{seconds:.1} s"),
        ..100.0 => format!("{seconds:.0} s"),
        _ => format!("{} min {} s", duration.as_secs() / 60, duration.as_secs() % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_people_say_them() {
        assert_eq!(seconds(Duration::from_millis(440)), "0.4 s");
        assert_eq!(seconds(Duration::from_secs(42)), "42 s");
        assert_eq!(seconds(Duration::from_secs(185)), "3 min 5 s");
    }
}
