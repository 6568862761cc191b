//! What queueing theory says of systems with Poisson arrivals, served first come, first served.
//!
//! Sources: Kleinrock, Queueing Systems, Volume 1: Theory (1975), sections 3.2 (M/M/1), 3.5 (M/M/m,
//! Erlang's C formula) and 5.6 (the formula of Pollaczek and Khinchine); Little, A proof for the
//! queuing formula L = lambda W, Operations Research 9 (1961), 383-387; Wolff, Poisson arrivals see
//! time averages, Operations Research 30 (1982), 223-231.

/// The law of a service time, as far as means of queues depend on it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Service {
    /// Mean, in seconds.
    pub mean_s: f64,
    /// Squared coefficient of variation: variance over squared mean. 0: always the same; 1:
    /// exponential.
    pub variation: f64,
}

impl Service {
    /// Exponential.
    #[must_use]
    pub fn exponential(mean_s: f64) -> Self {
        Self { mean_s, variation: 1.0 }
    }

    /// Always the same.
    #[must_use]
    pub fn fixed(mean_s: f64) -> Self {
        Self { mean_s, variation: 0.0 }
    }

    /// `phases` exponential times of mean `phase_s` each, one after another: Erlang's distribution.
    #[must_use]
    pub fn erlang(phases: u32, phase_s: f64) -> Self {
        Self { mean_s: f64::from(phases) * phase_s, variation: 1.0 / f64::from(phases) }
    }

    /// `step_s` seconds for each of a number of tokens with this mean and second moment.
    #[must_use]
    pub fn of_tokens(Lengths { mean, second }: Lengths, step_s: f64) -> Self {
        Self { mean_s: mean * step_s, variation: second / (mean * mean) - 1.0 }
    }
}

/// Moments of a number of tokens.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lengths {
    /// Mean.
    pub mean: f64,
    /// Mean of the squares.
    pub second: f64,
}

impl Lengths {
    /// From lengths and their probabilities, which add up to 1.
    fn of(outcomes: impl Iterator<Item = (f64, f64)>) -> Self {
        outcomes.fold(Self { mean: 0.0, second: 0.0 }, |sum, (length, p)| Self {
            mean: sum.mean + p * length,
            second: sum.second + p * length * length,
        })
    }

    /// One of a few lengths, by weights that need not add up to 1.
    #[must_use]
    pub fn mixture(values: &[u32], weights: &[f64]) -> Self {
        let all: f64 = weights.iter().sum();
        Self::of(values.iter().zip(weights).map(|(&value, weight)| (value.into(), weight / all)))
    }

    /// Geometric on 1, 2, 3, ...: mean `1 / p`, second moment `(2 - p) / p^2`.
    #[must_use]
    pub fn geometric(p: f64) -> Self {
        Self { mean: 1.0 / p, second: (2.0 - p) / (p * p) }
    }

    /// Lognormal, rounded to whole tokens and kept within 1 and `max`: the probability of a length
    /// is that of the numbers that round to it. Costs O(`max`).
    #[must_use]
    pub fn lognormal(mu: f64, sigma: f64, max: u32) -> Self {
        // P(X > x) of the lognormal distribution.
        let above =
            |x: f64| 0.5 * libm::erfc((libm::log(x) - mu) / (sigma * std::f64::consts::SQRT_2));
        Self::of((1..=max).map(|length| {
            let length = f64::from(length);
            let from = if length == 1.0 { 1.0 } else { above(length - 0.5) };
            let to = if length == f64::from(max) { 0.0 } else { above(length + 0.5) };
            (length, from - to)
        }))
    }
}

/// Means of a queue in its steady state.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Expected {
    /// From arrival to end, in seconds.
    pub response_s: f64,
    /// From arrival to the beginning of service, in seconds.
    pub queue_s: f64,
    /// Probability that an arrival has to wait.
    pub wait_share: f64,
    /// Requests in the system.
    pub in_system: f64,
}

impl Expected {
    /// From the mean time in the queue, by Little's law.
    fn new(rate_per_s: f64, mean_s: f64, queue_s: f64, wait_share: f64) -> Self {
        let response_s = queue_s + mean_s;
        Self { response_s, queue_s, wait_share, in_system: rate_per_s * response_s }
    }
}

/// M/G/1, and so M/M/1 and M/D/1, by Pollaczek and Khinchine:
///
/// `Wq = rho E\[S\] (1 + c^2) / (2 (1 - rho))`, `P(wait) = rho`
///
/// with `rho = rate E\[S\]` and `c^2` the squared coefficient of variation of the service time.
///
/// # Panics
/// If the load is not below 1: then the queue has no steady state.
#[must_use]
pub fn single_server(rate_per_s: f64, service: Service) -> Expected {
    let load = rate_per_s * service.mean_s;
    assert!(load < 1.0, "a load of {load} has no steady state");
    let queue_s = load * service.mean_s * (1.0 + service.variation) / (2.0 * (1.0 - load));
    Expected::new(rate_per_s, service.mean_s, queue_s, load)
}

/// M/M/k: `Wq = C / (k / E\[S\] - rate)`, `P(wait) = C`, by Erlang's C formula.
///
/// # Panics
/// If the load of a server is not below 1: then the queue has no steady state.
#[must_use]
pub fn many_servers(rate_per_s: f64, mean_s: f64, servers: u32) -> Expected {
    let wait_share = erlang_c(rate_per_s * mean_s, servers);
    let queue_s = wait_share / (f64::from(servers) / mean_s - rate_per_s);
    Expected::new(rate_per_s, mean_s, queue_s, wait_share)
}

/// Erlang's C: the probability that all of `servers` are busy, offered `offered` erlangs. From the
/// B formula, `B_j = a B_{j-1} / (j + a B_{j-1})` with `B_0 = 1`:
/// `C = B_k / (1 - (a / k) (1 - B_k))`.
///
/// # Panics
/// If more is offered than is served.
#[must_use]
pub fn erlang_c(offered: f64, servers: u32) -> f64 {
    let load = offered / f64::from(servers);
    assert!(load < 1.0, "a load of {load} has no steady state");
    let blocked = (1..=servers).fold(1.0, |b, j| offered * b / (f64::from(j) + offered * b));
    blocked / (1.0 - load * (1.0 - blocked))
}

/// The time in which a queue forgets how it began: what is left of the difference to the steady
/// state falls at least as fast as `exp(-t / time)`, in seconds.
///
/// `E\[S\] ((1 + c^2) / 2 / (k (1 - sqrt(rho))^2) + 1)`. The first part is the relaxation time of
/// M/M/1 where `c^2 = k = 1`; for other service times it is the growth that heavy traffic has it
/// grow by. The second is the service of those that need not wait.
///
/// Sources: Cohen, The Single Server Queue (1982), section II.2.1 (M/M/1); Odoni and Roth, An
/// empirical investigation of the transient behavior of stationary queueing systems, Operations
/// Research 31 (1983), 432-455, whose fitted times are `(1 + c^2) / 2.8 / (1 - sqrt(rho))^2`.
#[must_use]
pub fn relaxation_s(load: f64, service: Service, servers: u32) -> f64 {
    let slowness = 1.0 - libm::sqrt(load);
    let spread = (1.0 + service.variation) / 2.0;
    service.mean_s * (spread / (f64::from(servers) * slowness * slowness) + 1.0)
}

#[cfg(test)]
mod tests;
