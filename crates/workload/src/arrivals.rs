//! When requests arrive.
//!
//! [`ArrivalsSpec`] is what a scenario says; [`ArrivalsSpec::build`] makes the process. A process
//! yields arrival times that never decrease. Closed loops have no process of their own: their
//! arrivals answer completions (see [`crate::Synthetic`]).

use serde::{Deserialize, Serialize};
use tokendrome_kernel::{Stream, sample};
use tokendrome_units::{SpecError, check_positive, check_range};

/// How requests arrive.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum ArrivalsSpec {
    /// Independent exponential gaps: many users who know nothing of each other.
    Poisson {
        /// Mean requests per second.
        rate_per_s: f64,
    },
    /// Gamma-distributed gaps of shape `burstiness`: below 1 burstier than Poisson, above 1 more
    /// regular, at 1 Poisson. The same knob as in `vllm bench serve`.
    Gamma {
        /// Mean requests per second.
        rate_per_s: f64,
        /// Shape of the gamma distribution; the gaps' squared coefficient of variation is its
        /// inverse.
        burstiness: f64,
    },
    /// One request every `1 / rate_per_s` seconds: request number k, from 1, comes at
    /// `k / rate_per_s`.
    FixedRate {
        /// Requests per second.
        rate_per_s: f64,
    },
    /// Gaps uniform between 0 and `2 / rate_per_s` seconds.
    Uniform {
        /// Mean requests per second.
        rate_per_s: f64,
    },
    /// Bursts at Poisson times: every burst brings `size` requests at once.
    Bursts {
        /// Mean requests per second over the whole run.
        rate_per_s: f64,
        /// Requests in one burst.
        size: u32,
    },
    /// `size` requests at once, every `interval_s` seconds, the first batch at 0.
    Batched {
        /// Requests in one batch.
        size: u32,
        /// Seconds from one batch to the next; 0 lets everything arrive at 0.
        #[serde(default)]
        interval_s: f64,
    },
    /// `users` clients, all of whom start at 0; each sends its next request `think_s` seconds after
    /// its last one ended.
    ClosedLoop {
        /// Number of users.
        users: u32,
        /// Mean think time in seconds.
        #[serde(default)]
        think_s: f64,
        /// Whether think times are exponentially distributed rather than constant.
        #[serde(default)]
        random_think: bool,
    },
    /// A Poisson process whose rate grows or falls linearly, then stays.
    Ramp {
        /// Requests per second at the start.
        from_per_s: f64,
        /// Requests per second from `over_s` on.
        to_per_s: f64,
        /// Length of the ramp in seconds.
        over_s: f64,
    },
    /// A Poisson process whose rate follows a sine curve over the day:
    /// `mean * (1 + swing * cos(2 pi (t - peak_s) / period_s))`.
    Daily {
        /// Mean requests per second over a period.
        mean_per_s: f64,
        /// How far the rate swings about its mean, from 0 (not at all) to 1 (down to zero).
        swing: f64,
        /// When the rate peaks, in seconds from the start of the run.
        #[serde(default)]
        peak_s: f64,
        /// Length of a period in seconds; a day if not given.
        #[serde(default = "day")]
        period_s: f64,
    },
}

/// Highest rate, in requests per second: one a nanosecond, the clock's unit.
const RATE_MAX: f64 = 1e9;

/// Longest time that a process is given, in seconds: 30 years.
const SECONDS_MAX: f64 = 1e9;

/// Shortest time over which a rate changes, in seconds.
const SECONDS_MIN: f64 = 1e-3;

fn check_rate(field: &'static str, rate_per_s: f64) -> Result<(), SpecError> {
    check_positive(field, rate_per_s)?;
    check_range(field, rate_per_s, 0.0, RATE_MAX)
}

fn day() -> f64 {
    86_400.0
}

impl ArrivalsSpec {
    /// Says what is wrong with the numbers, if anything.
    ///
    /// # Errors
    /// The first number out of range, by the name of its field.
    pub fn validate(&self) -> Result<(), SpecError> {
        match *self {
            Self::Poisson { rate_per_s }
            | Self::FixedRate { rate_per_s }
            | Self::Uniform { rate_per_s } => check_rate("rate_per_s", rate_per_s),
            Self::Gamma { rate_per_s, burstiness } => {
                check_rate("rate_per_s", rate_per_s)?;
                check_range("burstiness", burstiness, 1e-3, 1e6)
            }
            Self::Bursts { rate_per_s, size } => {
                check_rate("rate_per_s", rate_per_s)?;
                check_positive("size", f64::from(size))
            }
            Self::Batched { size, interval_s } => {
                check_positive("size", f64::from(size))?;
                check_range("interval_s", interval_s, 0.0, SECONDS_MAX)
            }
            Self::ClosedLoop { users, think_s, .. } => {
                check_positive("users", f64::from(users))?;
                check_range("think_s", think_s, 0.0, SECONDS_MAX)
            }
            Self::Ramp { from_per_s, to_per_s, over_s } => {
                check_range("from_per_s", from_per_s, 0.0, RATE_MAX)?;
                check_rate("to_per_s", to_per_s)?;
                check_range("over_s", over_s, SECONDS_MIN, SECONDS_MAX)
            }
            Self::Daily { mean_per_s, swing, peak_s, period_s } => {
                check_rate("mean_per_s", mean_per_s)?;
                check_range("swing", swing, 0.0, 1.0)?;
                check_range("peak_s", peak_s, -SECONDS_MAX, SECONDS_MAX)?;
                check_range("period_s", period_s, SECONDS_MIN, SECONDS_MAX)
            }
        }
    }

    /// Makes everything take `factor` times as long: rates fall, intervals grow.
    pub fn stretch(&mut self, factor: f64) {
        match self {
            Self::Poisson { rate_per_s }
            | Self::Gamma { rate_per_s, .. }
            | Self::FixedRate { rate_per_s }
            | Self::Uniform { rate_per_s }
            | Self::Bursts { rate_per_s, .. } => *rate_per_s /= factor,
            Self::Batched { interval_s, .. } => *interval_s *= factor,
            Self::ClosedLoop { think_s, .. } => *think_s *= factor,
            Self::Ramp { from_per_s, to_per_s, over_s } => {
                *from_per_s /= factor;
                *to_per_s /= factor;
                *over_s *= factor;
            }
            Self::Daily { mean_per_s, swing: _, peak_s, period_s } => {
                *mean_per_s /= factor;
                *peak_s *= factor;
                *period_s *= factor;
            }
        }
    }

    /// The process of an open loop; `None` for a closed one.
    #[must_use]
    pub fn build(&self, stream: Stream) -> Option<Arrivals> {
        let open = !matches!(self, Self::ClosedLoop { .. });
        open.then(|| Arrivals { spec: self.clone(), stream, clock_s: 0.0, count: 0, in_group: 0 })
    }
}

/// An open-loop arrival process: an endless stream of times in seconds.
#[derive(Debug, Clone)]
pub struct Arrivals {
    spec: ArrivalsSpec,
    stream: Stream,
    /// Time of the last arrival.
    clock_s: f64,
    /// Arrivals so far, where they are what the clock is computed from.
    count: u64,
    /// Requests of the current burst or batch that have been yielded, from 1 to its size.
    in_group: u32,
}

impl Arrivals {
    /// Seconds from the start of the run to the next arrival; never less than the one before.
    pub fn next_s(&mut self) -> f64 {
        let stream = &mut self.stream;
        match self.spec {
            ArrivalsSpec::Poisson { rate_per_s } => {
                self.clock_s += sample::exponential(stream, 1.0 / rate_per_s);
            }
            ArrivalsSpec::Gamma { rate_per_s, burstiness } => {
                let scale = 1.0 / (rate_per_s * burstiness);
                self.clock_s += sample::gamma(stream, burstiness, scale);
            }
            ArrivalsSpec::FixedRate { rate_per_s } => {
                // Counted, not added up: rounding errors must not pile up, or an arrival that is
                // due at the very end of an engine's step misses it.
                self.count += 1;
                self.clock_s = self.count as f64 / rate_per_s;
            }
            ArrivalsSpec::Uniform { rate_per_s } => {
                self.clock_s += sample::uniform(stream, 0.0, 2.0 / rate_per_s);
            }
            ArrivalsSpec::Bursts { .. } | ArrivalsSpec::Batched { .. } => return self.grouped_s(),
            ArrivalsSpec::Ramp { from_per_s, to_per_s, over_s } => {
                let due = sample::exponential(stream, 1.0);
                self.clock_s = ramp_s(self.clock_s, due, from_per_s, to_per_s, over_s);
            }
            ArrivalsSpec::Daily { mean_per_s, swing, peak_s, period_s } => {
                self.thinned(mean_per_s * (1.0 + swing), |t| {
                    let phase = std::f64::consts::TAU * ((t - peak_s) / period_s);
                    mean_per_s * (1.0 + swing * libm::cos(phase))
                });
            }
            ArrivalsSpec::ClosedLoop { .. } => {
                unreachable!("a closed loop has no arrival process")
            }
        }
        self.clock_s
    }

    /// Bursts and batches: the next group starts once `size` requests have come.
    fn grouped_s(&mut self) -> f64 {
        let (size, gap_s) = match self.spec {
            ArrivalsSpec::Bursts { rate_per_s, size } if self.in_group.is_multiple_of(size) => {
                (size, sample::exponential(&mut self.stream, f64::from(size) / rate_per_s))
            }
            ArrivalsSpec::Batched { size, interval_s } if self.in_group == size => {
                (size, interval_s)
            }
            ArrivalsSpec::Bursts { size, .. } | ArrivalsSpec::Batched { size, .. } => (size, 0.0),
            _ => unreachable!("only bursts and batches come in groups"),
        };
        self.in_group = self.in_group % size + 1;
        self.clock_s += gap_s;
        self.clock_s
    }

    /// A Poisson process of varying rate, by thinning one of the highest rate (Lewis and Shedler
    /// 1979).
    fn thinned(&mut self, highest_per_s: f64, rate_per_s: impl Fn(f64) -> f64) {
        loop {
            self.clock_s += sample::exponential(&mut self.stream, 1.0 / highest_per_s);
            if self.stream.unit() * highest_per_s < rate_per_s(self.clock_s) {
                return;
            }
        }
    }
}

/// When a rate that goes linearly from `from` to `to` within `over` seconds has brought `due` more
/// requests than at `now`, in expectation: the inverse of its integral.
fn ramp_s(now: f64, due: f64, from: f64, to: f64, over: f64) -> f64 {
    let slope = (to - from) / over;
    // Expected requests up to the end of the ramp.
    let integral = |t: f64| t * (from + slope * t / 2.0);
    let target = integral(now.min(over)) + to * (now - over).max(0.0) + due;
    let beyond = target - integral(over);
    if beyond >= 0.0 {
        return over + beyond / to;
    }
    // The positive root of slope/2 t^2 + from t = target, in a form that does not cancel.
    let root = libm::sqrt((from * from + 2.0 * slope * target).max(0.0));
    (2.0 * target / (from + root)).max(now)
}

#[cfg(test)]
mod tests;
