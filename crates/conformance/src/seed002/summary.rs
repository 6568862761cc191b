//! The figures of a run as the original counts them: of the requests that came after its warm-up
//! and were done, TTFT to the end of the first decode, TBT over all output tokens, and throughput
//! from the first arrival to the last end.

use serde_json::{Value, json};

use super::config::Config;
use super::outcome::{Outcome, Served};
use crate::rows::{Request, mean, percentile};

pub(super) struct Summary {
    ttft: Vec<f64>,
    tbt: Vec<f64>,
    rts: Vec<f64>,
    arrived: usize,
    throughput: f64,
    last_done: f64,
    executors: u32,
    is_chunked: bool,
}

impl Summary {
    pub(super) fn of(config: &Config, requests: &[Request], outcome: &Outcome) -> Self {
        let counted = |request: &&Request| request.arrival_s >= config.warm_up_s;
        let done: Vec<(&Request, &Served)> = requests
            .iter()
            .zip(&outcome.served)
            .filter(|(request, served)| counted(request) && served.done.is_some())
            .collect();
        let figures = |of: fn(&Request, &Served) -> Option<f64>| {
            done.iter().filter_map(|(request, served)| of(request, served)).collect()
        };
        let last_done = done.iter().filter_map(|(_, served)| served.done).fold(0.0, f64::max);
        let first = done.first().map_or(0.0, |(request, _)| request.arrival_s);
        let span = last_done - first;
        Self {
            ttft: figures(|request, served| Some(served.first_token? - request.arrival_s)),
            tbt: figures(|request, served| {
                Some((served.done? - served.first_token?) / f64::from(request.output_tokens))
            }),
            rts: figures(|request, served| Some(served.done? - request.arrival_s)),
            arrived: requests.iter().filter(counted).count(),
            throughput: if span > 0.0 { done.len() as f64 / span } else { 0.0 },
            last_done,
            executors: config.executors(),
            is_chunked: config.is_chunked(),
        }
    }

    /// A figure by the name that it has in the recordings; `null` for those that are not known.
    pub(super) fn value(&self, name: &str, recorded: &Value) -> Value {
        let mean = |of: &[f64]| json!(mean(of).unwrap_or(0.0));
        let p95 = |of: &[f64]| json!(percentile(of, 0.95).unwrap_or(0.0));
        match name {
            "mean_ttft_s" => mean(&self.ttft),
            "p95_ttft_s" => p95(&self.ttft),
            "mean_tbt_s" => mean(&self.tbt),
            "p95_tbt_s" => p95(&self.tbt),
            "mean_rts_s" => mean(&self.rts),
            "p95_rts_s" => p95(&self.rts),
            "throughput_qps" => json!(self.throughput),
            "sim_time_s" => json!(self.last_done),
            "n_arrived" => json!(self.arrived),
            "n_completed" => json!(self.rts.len()),
            "num_gpus" => json!(self.executors),
            "enable_chunked_prefill" => json!(self.is_chunked),
            // The name of the policy, which was fed in.
            "scheduler" => recorded.clone(),
            _ => Value::Null,
        }
    }
}
