//! Progress on a terminal as a moving line, elsewhere as plain lines.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use console::style;
use indicatif::{ProgressBar, ProgressState, ProgressStyle};
use tola_local::Progress;

/// How much of a detail fits beside the phase's name.
const DETAIL_WIDTH: usize = 60;

/// Shows phases on standard error, so that standard output holds results only.
#[derive(Default)]
pub(crate) struct Ui {
    spinner: Mutex<Option<ProgressBar>>,
}

impl Ui {
    /// Begins a phase that has so many steps.
    pub(crate) fn bar(&self, phase: &str, steps: usize) -> Bar {
        self.clear();
        let steps = u64::try_from(steps).unwrap_or(u64::MAX);
        let attended = console::user_attended_stderr();
        let bar = if attended { ProgressBar::new(steps) } else { ProgressBar::hidden() };
        let style = ProgressStyle::with_template(
            "{spinner:.cyan} {prefix:16} {bar:24.cyan/dim} {pos:>4} of {len} {rate:>8} {eta:>4} {wide_msg:.dim}",
        );
        if let Ok(style) = style {
            bar.set_style(style.with_key("rate", rate));
        }
        bar.set_length(steps);
        bar.set_prefix(phase.to_owned());
        bar.enable_steady_tick(Duration::from_millis(100));
        Bar { bar, phase: phase.to_owned(), steps, attended, began: Instant::now() }
    }

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
        ended(phase, note, took);
    }
}

/// A phase that is counted. Where nobody looks, it says so after each tenth.
pub(crate) struct Bar {
    bar: ProgressBar,
    phase: String,
    steps: u64,
    attended: bool,
    began: Instant,
}

impl Bar {
    /// What it is at.
    pub(crate) fn tell(&self, what: &str) {
        self.bar.set_message(console::truncate_str(what, DETAIL_WIDTH, "…").into_owned());
    }

    /// A step is done.
    pub(crate) fn step(&self) {
        self.bar.inc(1);
        let done = self.bar.position();
        if !self.attended && is_tenth(done, self.steps) {
            eprintln!("  {:16} {done} of {}, {}", self.phase, self.steps, seconds(self.began.elapsed()));
        }
    }

    /// All are done; `note` says in a few words what that came to.
    pub(crate) fn end(&self, note: &str) {
        self.bar.finish_and_clear();
        ended(&self.phase, note, self.began.elapsed());
    }
}

impl Drop for Bar {
    /// A bar that is given up leaves no trace.
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// Whether a tenth of all steps ends with this one. Few steps are not worth a line each.
fn is_tenth(done: u64, steps: u64) -> bool {
    steps >= 100 && done < steps && done * 10 / steps > (done.saturating_sub(1)) * 10 / steps
}

fn rate(state: &ProgressState, text: &mut dyn std::fmt::Write) {
    // Nothing can be done about a line that can't be written.
    let _ = write!(text, "{:.1}/s", state.per_sec());
}

fn ended(phase: &str, note: &str, took: Duration) {
    eprintln!("{} {phase:16} {:>8}  {}", style("✓").green(), seconds(took), style(note).dim());
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

    #[test]
    fn where_nobody_looks_ten_lines_at_most_are_written() {
        let lines = |steps| (1..=steps).filter(|done| is_tenth(*done, steps)).count();

        assert_eq!((lines(1_000), lines(333), lines(100), lines(57)), (9, 9, 9, 0));
    }
}
