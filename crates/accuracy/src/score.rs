//! The figures of a set of requests, and how far a simulation's are from the measured ones.
//!
//! Source of the rules: the exam's own `score.py`. Percentiles interpolate linearly; an error is
//! `100 (simulated - measured) / measured`.

use crate::Measured;

/// A figure that is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Metric {
    /// Mean latency.
    E2eMean,
    /// Its 90th percentile.
    E2eP90,
    /// Its 99th percentile.
    E2eP99,
    /// Mean time to first token.
    TtftMean,
    /// Its 90th percentile.
    TtftP90,
    /// Mean time per output token.
    TpotMean,
    /// Mean of the single requests' absolute errors of latency.
    MapeE2e,
    /// Mean of the single requests' absolute errors of the time to first token.
    MapeTtft,
    /// Mean time from arrival to the first iteration.
    QueueMean,
    /// Output tokens a second, of a run beyond capacity.
    TokensPerS,
}

/// All figures in the order of the table.
pub const METRICS: [Metric; 10] = [
    Metric::E2eMean,
    Metric::E2eP90,
    Metric::E2eP99,
    Metric::TtftMean,
    Metric::TtftP90,
    Metric::TpotMean,
    Metric::MapeE2e,
    Metric::MapeTtft,
    Metric::QueueMean,
    Metric::TokensPerS,
];

impl Metric {
    /// The name in tables and in files of summaries.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::E2eMean => "e2e_mean",
            Self::E2eP90 => "e2e_p90",
            Self::E2eP99 => "e2e_p99",
            Self::TtftMean => "ttft_mean",
            Self::TtftP90 => "ttft_p90",
            Self::TpotMean => "tpot_mean",
            Self::MapeE2e => "mape_e2e",
            Self::MapeTtft => "mape_ttft",
            Self::QueueMean => "queue_mean",
            Self::TokensPerS => "tokens_per_s",
        }
    }
}

/// Figures by metric; a metric may be absent.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Errors(Vec<(Metric, f64)>);

impl Errors {
    /// The figure of a metric.
    #[must_use]
    pub fn get(&self, metric: Metric) -> Option<f64> {
        self.0.iter().find(|(of, _)| *of == metric).map(|(_, value)| *value)
    }

    pub(crate) fn put(&mut self, metric: Metric, value: Option<f64>) {
        if let Some(value) = value.filter(|value| value.is_finite()) {
            self.0.push((metric, value));
        }
    }
}

/// Sum in the order of the values, over their number.
pub(crate) fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// A percentile with linear interpolation.
pub(crate) fn percentile(values: &[f64], q: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().checked_sub(1)?;
    let place = last as f64 * q / 100.0;
    let below = place as usize;
    let above = (below + 1).min(last);
    Some(sorted[below] + (sorted[above] - sorted[below]) * (place - below as f64))
}

/// The figures of requests, each with its latency, time to first token and time per token.
pub(crate) fn figures(of: &[&Measured]) -> Errors {
    let column = |get: fn(&Measured) -> Option<f64>| -> Vec<f64> {
        of.iter().filter_map(|request| get(request)).collect()
    };
    let e2e = column(|request| Some(request.e2e_s));
    let ttft = column(|request| Some(request.ttft_s));
    let queue = column(|request| request.queue_s);
    let mut figures = Errors::default();
    figures.put(Metric::E2eMean, mean(&e2e));
    figures.put(Metric::E2eP90, percentile(&e2e, 90.0));
    figures.put(Metric::E2eP99, percentile(&e2e, 99.0));
    figures.put(Metric::TtftMean, mean(&ttft));
    figures.put(Metric::TtftP90, percentile(&ttft, 90.0));
    figures.put(Metric::TpotMean, mean(&column(|request| request.tpot_s)));
    if queue.len() == of.len() {
        figures.put(Metric::QueueMean, mean(&queue));
    }
    figures
}

/// The signed error of `found` against `truth`, in percent.
pub(crate) fn error(found: f64, truth: f64) -> Option<f64> {
    (truth != 0.0).then(|| 100.0 * (found - truth) / truth)
}

/// The signed errors of figures, in percent.
pub(crate) fn errors(found: &Errors, truth: &Errors) -> Errors {
    let mut errors = Errors::default();
    for &(metric, measured) in &truth.0 {
        errors.put(metric, found.get(metric).and_then(|value| error(value, measured)));
    }
    errors
}

/// Mean absolute error over single requests, in percent.
pub(crate) fn mape(
    found: &[&Measured],
    truth: &[&Measured],
    get: fn(&Measured) -> f64,
) -> Option<f64> {
    let pairs = found.iter().zip(truth);
    let errors: Vec<f64> =
        pairs.filter_map(|(found, truth)| error(get(found), get(truth))).map(f64::abs).collect();
    mean(&errors)
}

#[cfg(test)]
mod tests;
