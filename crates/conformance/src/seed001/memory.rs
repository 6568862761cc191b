//! The memory of a run as the original reports it.
//!
//! It counts weights, and of the batch that began last the KV caches with room for all tokens and
//! the activations, as if all prompts were as long as the longest. That stands until the next batch
//! begins: of prompts, or in a pool that only decodes of decodes; nothing is released meanwhile. It
//! is looked at after every event: when a request comes, when its prompt has been cut into tokens,
//! when a batch, a step or a transfer ends, a transfer begins, and a request is done. So a
//! percentile is over events, not over time.

use std::collections::{BTreeMap, BTreeSet};

use tokendrome::metrics::{Iteration, RequestRecord, Status};
use tokendrome::units::SimTime;

use super::nominal::gib;
use super::params::Params;
use super::{Request, Witness, seconds};
use crate::rows::percentile;

/// Bytes of one accelerator of each pool together, after every event.
pub(super) struct Memory(Vec<f64>);

/// What a pool uses from a moment on, in seconds and bytes.
type Uses = Vec<(f64, f64)>;

impl Memory {
    pub(super) fn of(params: &Params, requests: &[Request], witness: &Witness) -> Self {
        let mut events: Vec<f64> = witness.iterations.iter().map(|of| seconds(of.end)).collect();
        for record in &witness.records {
            // To the engine a request comes when its prompt has been cut into tokens.
            events.extend([requests[record.index as usize].arrival_s, seconds(record.arrival)]);
        }
        let done = witness.records.iter().filter(|record| record.status == Status::Completed);
        events.extend(done.filter_map(|record| record.end).map(seconds));
        // The prompts of a batch are one transfer, which begins when they are computed.
        let sent = |of: fn(&RequestRecord) -> Option<SimTime>| {
            let moved = witness.records.iter().filter(|record| record.transfer_end.is_some());
            moved.filter_map(of).collect::<BTreeSet<_>>().into_iter().map(seconds)
        };
        events.extend(sent(|record| record.prefill_end));
        events.extend(sent(|record| record.transfer_end));
        events.sort_by(f64::total_cmp);
        let pools: Vec<Uses> = params
            .ranks()
            .into_iter()
            .enumerate()
            .map(|(pool, tp)| {
                let begins = match pool {
                    0 => prompts_begin(&witness.records),
                    _ => decodes_begin(&witness.records, &witness.iterations),
                };
                let batch = |(at, members): (SimTime, Vec<u32>)| {
                    let members: Vec<&Request> =
                        members.iter().map(|&index| &requests[index as usize]).collect();
                    (seconds(at), bytes_of(params, tp, &members))
                };
                begins.into_iter().map(batch).collect()
            })
            .collect();
        let weights: f64 = params.ranks().iter().map(|&tp| params.model.weight_bytes(tp)).sum();
        let at = |time: &f64| {
            let used = |uses: &Uses| {
                let begun = uses.partition_point(|(from, _)| from <= time);
                begun.checked_sub(1).map_or(0.0, |last| uses[last].1)
            };
            weights + pools.iter().map(used).sum::<f64>()
        };
        Self(events.iter().map(at).collect())
    }

    /// A figure by the name that it has in the recordings, in GiB; none for those not known.
    pub(super) fn figure(&self, name: &str) -> Option<f64> {
        let share = match name {
            "peak_memory_gb" => 1.0,
            "p95_memory_gb" => 0.95,
            "p50_memory_gb" => 0.5,
            _ => return None,
        };
        percentile(&self.0, share).map(gib)
    }
}

/// A batch beside the weights, on one accelerator.
fn bytes_of(params: &Params, tp: u32, members: &[&Request]) -> f64 {
    let tokens = members.iter().map(|of| u64::from(of.prompt_tokens) + u64::from(of.output_tokens));
    let longest = members.iter().map(|of| of.prompt_tokens).max().unwrap_or(0);
    let padded = members.len() as f64 * f64::from(longest);
    tokens.sum::<u64>() as f64 * params.model.kv_bytes(tp)
        + padded * params.model.activation_bytes(tp)
}

/// The batches of prompts: when each began, and whose they are.
fn prompts_begin(records: &[RequestRecord]) -> BTreeMap<SimTime, Vec<u32>> {
    let mut batches: BTreeMap<SimTime, Vec<u32>> = BTreeMap::new();
    for record in records {
        if let Some(begin) = record.first_scheduled {
            batches.entry(begin).or_default().push(record.index);
        }
    }
    batches
}

/// The batches of decodes, which begin with the step that yields their first tokens.
fn decodes_begin(
    records: &[RequestRecord],
    iterations: &[Iteration],
) -> BTreeMap<SimTime, Vec<u32>> {
    let decodes = iterations.iter().filter(|of| of.decodes > 0);
    let starts: BTreeMap<SimTime, SimTime> = decodes.map(|of| (of.end, of.start)).collect();
    let mut batches: BTreeMap<SimTime, Vec<u32>> = BTreeMap::new();
    for record in records {
        if let Some(begin) = record.first_token.and_then(|end| starts.get(&end)) {
            batches.entry(*begin).or_default().push(record.index);
        }
    }
    batches
}

#[cfg(test)]
mod tests;
