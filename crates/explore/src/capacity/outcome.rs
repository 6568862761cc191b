//! What a search for a capacity yields.

use super::detector::Detection;
use super::load::Load;
use crate::Interval;
use crate::notices::is_alike;

/// The capacity of one scenario. Rates are of requests per second, or of sessions, where the
/// scenario has them.
#[derive(Debug, Clone, PartialEq)]
pub struct Capacity {
    /// The largest rate; none if there is none, or the search was interrupted.
    pub rate_per_s: Option<f64>,
    /// Where it lies; see `basis`.
    pub interval: Option<Interval>,
    /// What rate and interval rest on.
    pub basis: Basis,
    /// The largest rate that was judged to hold, below all that were judged to fail.
    pub holds_per_s: Option<f64>,
    /// The smallest rate that was judged to fail.
    pub fails_per_s: Option<f64>,
    /// How many times faster than recorded the largest rate is, where a trace's times are replayed.
    pub speedup: Option<f64>,
    /// Whether rates are of sessions.
    pub has_sessions: bool,
    /// The rates that were tried, in order.
    pub tried: Vec<Tried>,
    /// All runs.
    pub runs: u64,
    /// Whether the search went to its end.
    pub is_complete: bool,
    /// What a person should know before trusting the figures.
    pub notices: Vec<String>,
}

/// What a capacity rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// The rate of departures in slight overload, with its 95 % confidence interval by Student's t;
    /// a rate below was verified to be stable and one above to be unstable.
    Departures,
    /// The middle between a rate that holds and one that fails, each judged with confidence; the
    /// interval reaches from one to the other.
    Bracket,
    /// The middle between the largest stable and the smallest unstable rate of a grid, or the
    /// latter alone if verdicts cross; the interval reaches from one to the other.
    Grid,
    /// No rate failed: the rate is the highest that was tried, and the capacity is at least that.
    AtLeast,
    /// There is no rate: none holds, or the search was interrupted.
    Nothing,
}

/// A rate that was tried.
#[derive(Debug, Clone, PartialEq)]
pub struct Tried {
    /// The rate, per second.
    pub rate_per_s: f64,
    /// Replications of each run.
    pub trials: u64,
    /// Arrivals in a run, in the mean (the longest, where there are several).
    pub arrivals: f64,
    /// The judgement; none where the rate was only looked at on the way.
    pub verdict: Option<Verdict>,
    /// What it rests on.
    pub measured: Measured,
}

/// A judgement on a rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is stable, or its conditions hold.
    Holds,
    /// It is not, or they do not.
    Fails,
    /// The most replications that were allowed leave it open.
    Undecided,
}

/// What was measured at a rate.
#[derive(Debug, Clone, PartialEq)]
pub enum Measured {
    /// The drift of the backlog.
    Drift(Drift),
    /// The curve of response times.
    Curve(Curve),
    /// The figures of the conditions.
    Objectives(Vec<Objective>),
}

/// How a backlog drifts in the second half of runs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Drift {
    /// Growth of the number of requests in the system, as a share of those that arrive.
    pub share: f64,
    /// Half the width of its 95 % confidence interval by Student's t; none for one replication.
    pub half: Option<f64>,
    /// Departures per second, as arrivals at the scenario's mix.
    pub departures_per_s: f64,
}

/// Mean response times against the length of the window of arrivals.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// Window and mean response time, in seconds: of the windows in which any run had requests.
    pub points: Vec<(f64, f64)>,
    /// What the test says; none if there are too few points.
    pub detection: Option<Detection>,
}

/// The figure of a condition.
#[derive(Debug, Clone, PartialEq)]
pub struct Objective {
    /// Its name.
    pub name: String,
    /// Mean over replications.
    pub mean: f64,
    /// Half the width of its 95 % confidence interval by Student's t; none for one replication.
    pub half: Option<f64>,
}

/// The course of a search.
#[derive(Debug, Default)]
pub(super) struct Course {
    pub(super) tried: Vec<Tried>,
    pub(super) notices: Vec<String>,
}

/// What a search found.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) rate_per_s: Option<f64>,
    pub(super) interval: Option<Interval>,
    pub(super) basis: Basis,
}

impl Found {
    /// From a rate that holds to one that fails.
    pub(super) fn between(holds_per_s: f64, fails_per_s: f64, basis: Basis) -> Self {
        Self {
            rate_per_s: Some(0.5 * (holds_per_s + fails_per_s)),
            interval: Some(Interval { low: holds_per_s, high: fails_per_s }),
            basis,
        }
    }

    pub(super) fn at_least(rate_per_s: f64) -> Self {
        Self { rate_per_s: Some(rate_per_s), interval: None, basis: Basis::AtLeast }
    }

    pub(super) fn nothing() -> Self {
        Self { rate_per_s: None, interval: None, basis: Basis::Nothing }
    }
}

impl Course {
    /// The largest rate that was judged to hold, below all that were judged to fail, and the
    /// smallest of these.
    pub(super) fn known(&self) -> (Option<f64>, Option<f64>) {
        let judged = |verdict| {
            let of = self.tried.iter().filter(move |tried| tried.verdict == Some(verdict));
            of.map(|tried| tried.rate_per_s)
        };
        let fails = judged(Verdict::Fails).reduce(f64::min);
        let below = |rate: &f64| fails.is_none_or(|fails| *rate < fails);
        (judged(Verdict::Holds).filter(below).reduce(f64::max), fails)
    }

    /// Longer runs have shown that judgements so far are wrong: rates were only looked at.
    pub(super) fn overrule(&mut self) {
        let longest = self.tried.iter().map(|tried| tried.arrivals).fold(0.0, f64::max);
        for tried in self.tried.iter_mut().filter(|tried| tried.arrivals < longest) {
            tried.verdict = None;
        }
    }

    /// The judgement on a rate by runs of so many arrivals, if there is one.
    pub(super) fn verdict(&self, rate_per_s: f64, arrivals: u64) -> Option<Verdict> {
        let least = arrivals as f64;
        let same = |tried: &&Tried| tried.rate_per_s == rate_per_s && tried.arrivals >= least;
        self.tried.iter().rev().filter(same).find_map(|tried| tried.verdict)
    }

    /// Tells something. Of what differs only in its numbers the last counts.
    pub(super) fn notice(&mut self, text: impl Into<String>) {
        let text = text.into();
        match self.notices.iter_mut().find(|known| is_alike(known, &text)) {
            Some(known) => *known = text,
            None => self.notices.push(text),
        }
    }

    /// What came out; nothing if the search was interrupted.
    pub(super) fn finish(mut self, found: Option<Found>, load: &Load, runs: u64) -> Capacity {
        let is_complete = found.is_some();
        if !is_complete {
            self.notice("interrupted: no rate was found yet");
        }
        let (holds, fails) = self.known();
        let found = found.unwrap_or_else(Found::nothing);
        Capacity {
            rate_per_s: found.rate_per_s,
            interval: found.interval,
            basis: found.basis,
            holds_per_s: holds,
            fails_per_s: fails,
            speedup: found.rate_per_s.and_then(|rate_per_s| load.speedup(rate_per_s)),
            has_sessions: load.has_sessions(),
            tried: self.tried,
            runs,
            is_complete,
            notices: self.notices,
        }
    }
}
