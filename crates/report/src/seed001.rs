//! The report under the keys of an event-driven cluster simulator, for scripts that read those.
//!
//! A view: every figure is one of the report's, in seconds and in that program's layout. What each
//! stands for: `docs/outputs.md`.

use std::io::{self, Write};

use serde::Serialize;
use tokendrome::metrics::Distribution;
use tokendrome::{Phase, Report, Scenario, SchedulerSpec};

use crate::json;

/// Bytes of a "GB" of that program's memory.
const GIB: f64 = (1_u64 << 30) as f64;

/// The layout: its keys, in order.
#[derive(Debug, Serialize)]
struct View {
    total_requests: u64,
    completed_requests: u64,
    rejected_requests: u64,
    /// The whole run, in seconds.
    simulation_time: f64,
    throughput: Throughput,
    /// Time average of the iterations in flight, 0 to 1.
    xpu_utilization: f64,
    memory: Memory,
    first_token_latency: Option<Latency>,
    end_to_end_latency: Option<Latency>,
}

#[derive(Debug, Serialize)]
struct Throughput {
    requests_per_sec: f64,
    tokens_per_sec: f64,
}

/// Of the fullest accelerator, in units of 2^30 bytes; of two pools the sum of both.
#[derive(Debug, Clone, Copy, Default, Serialize)]
struct Memory {
    /// Weights and KV cache at its peak, without activations.
    peak_memory_gb: Option<f64>,
    weights_gb: Option<f64>,
    peak_kv_cache_gb: Option<f64>,
    /// Weights and the KV cache that is not exceeded in half of the time.
    p50_memory_gb: Option<f64>,
    /// The same for 95 % of the time.
    p95_memory_gb: Option<f64>,
    /// The same for 99 % of the time.
    p99_memory_gb: Option<f64>,
}

/// Seconds.
#[derive(Debug, Serialize)]
struct Latency {
    mean: f64,
    p50: f64,
    p90: f64,
    p95: f64,
    p99: f64,
}

/// Writes the view of a report as indented JSON with a line feed at its end.
///
/// Its times are in seconds: the scenario's clock must not count ticks. What is not known is null.
///
/// # Errors
/// `out` fails.
pub fn write(report: &Report, out: &mut impl Write) -> io::Result<()> {
    json::write_value(&view(report), &report.scenario, out)
}

fn view(report: &Report) -> View {
    let summary = &report.summary;
    View {
        total_requests: summary.requests.total,
        completed_requests: summary.requests.completed,
        rejected_requests: summary.requests.rejected,
        simulation_time: summary.duration_s,
        throughput: Throughput {
            requests_per_sec: summary.throughput.requests_per_s,
            tokens_per_sec: summary.throughput.output_tokens_per_s,
        },
        xpu_utilization: summary.utilisation.busy,
        memory: memory(report),
        first_token_latency: summary.latency.ttft_ms.as_ref().map(latency),
        end_to_end_latency: summary.latency.e2e_ms.as_ref().map(latency),
    }
}

fn latency(ms: &Distribution) -> Latency {
    let seconds = ms.in_units_of(1e3);
    Latency {
        mean: seconds.mean,
        p50: seconds.p50,
        p90: seconds.p90,
        p95: seconds.p95,
        p99: seconds.p99,
    }
}

fn memory(report: &Report) -> Memory {
    let summary = &report.summary;
    let pools = Phase::ALL.into_iter().zip(&summary.pools).map(|(phase, pool)| {
        let scenario = report.scenario.pool(phase)?;
        bytes(
            &scenario,
            [pool.kv_peak, pool.kv_p50, pool.kv_p95, pool.kv_p99],
            pool.kv_blocks_per_replica,
        )
    });
    let bytes: Option<Vec<(f64, [f64; 4])>> = if summary.pools.is_empty() {
        let of = &summary.utilisation;
        let used = [of.kv_peak, of.kv_p50, of.kv_p95, of.kv_p99];
        bytes(&report.scenario, used, of.kv_blocks_per_replica).map(|of| vec![of])
    } else {
        pools.collect()
    };
    let Some(bytes) = bytes else { return Memory::default() };
    let weights = bytes.iter().map(|(weights, _)| weights).sum::<f64>() / GIB;
    let kv = |index: usize| bytes.iter().map(|(_, kv)| kv[index]).sum::<f64>() / GIB;
    let [peak, p50, p95, p99] = [0, 1, 2, 3].map(kv);
    Memory {
        peak_memory_gb: Some(weights + peak),
        weights_gb: Some(weights),
        peak_kv_cache_gb: Some(peak),
        p50_memory_gb: Some(weights + p50),
        p95_memory_gb: Some(weights + p95),
        p99_memory_gb: Some(weights + p99),
    }
}

/// Weights of one accelerator, and the KV cache on it where such shares of its blocks are in use;
/// none where the engine keeps no account of it.
fn bytes(scenario: &Scenario, used: [f64; 4], kv_blocks: u64) -> Option<(f64, [f64; 4])> {
    let model = scenario.model.as_ref()?;
    let of = scenario.parallelism;
    let placement = of.placement();
    let (tp, pp, data) = (placement.tensor, placement.pipeline, placement.data);
    let block = match &scenario.scheduler {
        SchedulerSpec::Vllm(spec) => {
            let layers = u64::from(model.layers());
            let of_stage = layers.div_ceil(u64::from(pp));
            model.kv_bytes_per_token(tp) * of_stage / layers * u64::from(spec.block_size)
        }
        SchedulerSpec::PhaseBatching(spec) => spec.kv_bytes_per_token?.0,
        _ => return None,
    };
    // Of one of the engines that a replica has.
    let all = kv_blocks as f64 / f64::from(data) * block as f64;
    Some((model.weight_bytes_per_rank(placement) as f64, used.map(|share| share * all)))
}

#[cfg(test)]
mod tests;
