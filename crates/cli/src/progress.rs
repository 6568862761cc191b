//! How far a run has come, and Ctrl-C.

use std::ops::ControlFlow;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use tokendrome::metrics::{Observer, Progress};

use crate::failure::INTERRUPTED;

/// Shorter runs show nothing.
const SILENT: Duration = Duration::from_secs(1);

/// Whether somebody has asked to stop.
static STOP: AtomicBool = AtomicBool::new(false);

/// From now on the first Ctrl-C asks the run to stop, and the second ends the program.
pub(crate) fn catch_interrupts() {
    static CAUGHT: OnceLock<()> = OnceLock::new();
    CAUGHT.get_or_init(|| {
        // Where it cannot be caught, Ctrl-C ends the program at once, as usual.
        let _ = ctrlc::set_handler(|| {
            if STOP.swap(true, Ordering::Relaxed) {
                tokendrome_report::atomic::remove_temporaries();
                std::process::exit(i32::from(INTERRUPTED));
            }
        });
    });
}

/// Whether the run was asked to stop.
pub(crate) fn is_interrupted() -> bool {
    STOP.load(Ordering::Relaxed)
}

/// Shows the progress of a run that takes longer than a second.
pub(crate) struct Watcher {
    /// Whether to show anything.
    is_shown: bool,
    /// Requests of the run, if they are known.
    total: Option<u64>,
    start: Instant,
    bar: Option<ProgressBar>,
}

impl Watcher {
    pub(crate) fn new(is_shown: bool, total: Option<u64>) -> Self {
        Self { is_shown, total, start: Instant::now(), bar: None }
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn show(&mut self, progress: &Progress) {
        if !self.is_shown || self.start.elapsed() < SILENT {
            return;
        }
        let total = self.total;
        let bar = self.bar.get_or_insert_with(|| bar(total));
        bar.set_position(progress.ended);
        let kv = 100 * progress.kv_blocks / progress.kv_blocks_total.max(1);
        bar.set_message(format!(
            "{:.0} s, {} waiting, {} running, KV {kv} %",
            progress.now.as_secs_f64(),
            progress.waiting,
            progress.running,
        ));
    }
}

impl Observer for Watcher {
    fn sees_iterations(&self) -> bool {
        false
    }

    fn progress(&mut self, progress: &Progress) -> ControlFlow<()> {
        self.show(progress);
        if is_interrupted() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

/// Shows how many trials or runs are done, once they take longer than a second.
pub(crate) struct TrialsBar {
    is_shown: bool,
    /// What is counted.
    what: &'static str,
    start: Instant,
    bar: Option<ProgressBar>,
}

impl TrialsBar {
    pub(crate) fn new(is_shown: bool, what: &'static str) -> Self {
        Self { is_shown, what, start: Instant::now(), bar: None }
    }

    /// This many are done, of so many as are known to be needed.
    pub(crate) fn set(&mut self, done: u64, total: u64) {
        if !self.is_shown || self.start.elapsed() < SILENT {
            return;
        }
        let template =
            format!("{{bar:16}} {{human_pos}}/{{human_len}} {}, {{eta}} left", self.what);
        let bar = self.bar.get_or_insert_with(|| styled(ProgressBar::new(total), &template));
        bar.set_length(total);
        bar.set_position(done);
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// Shows how far a search for a capacity has come, once it takes longer than a second: how many
/// runs there will be, nobody knows.
pub(crate) struct SearchBar {
    is_shown: bool,
    start: Instant,
    bar: Option<ProgressBar>,
}

impl SearchBar {
    pub(crate) fn new(is_shown: bool) -> Self {
        Self { is_shown, start: Instant::now(), bar: None }
    }

    /// So many runs of a scenario are done, the last at this rate.
    pub(crate) fn set(&mut self, name: &str, rate: f64, runs: u64) {
        if !self.is_shown || self.start.elapsed() < SILENT {
            return;
        }
        const TEMPLATE: &str = "{spinner} {human_pos} runs, {wide_msg}";
        let bar = self.bar.get_or_insert_with(|| styled(ProgressBar::new_spinner(), TEMPLATE));
        bar.set_position(runs);
        bar.set_message(format!("{name} at a rate of {rate:.4}"));
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn bar(total: Option<u64>) -> ProgressBar {
    let (bar, template) = match total {
        Some(total) => {
            (ProgressBar::new(total), "{bar:16} {human_pos}/{human_len} requests, {wide_msg}")
        }
        None => (ProgressBar::new_spinner(), "{spinner} {human_pos} requests, {wide_msg}"),
    };
    styled(bar, template)
}

fn styled(bar: ProgressBar, template: &str) -> ProgressBar {
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
