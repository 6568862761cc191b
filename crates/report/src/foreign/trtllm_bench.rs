//! The report of `trtllm-bench --report_json`, with streaming.

use serde_json::{Map, Value, json};
use tokendrome::SchedulerSpec;

use super::measured::{Measured, e2e_ms};
use super::values::Values;

/// Percentiles of each distribution.
const PERCENTS: [u32; 4] = [50, 90, 95, 99];

pub(super) fn view(of: &Measured<'_>) -> Value {
    let scenario = of.scenario();
    let rates = &of.report.summary.throughput;
    let lengths = of.each(|one| Some(f64::from(one.prompt_tokens + one.output_tokens)));
    let per_user = of.each(|record| {
        let ms = e2e_ms(record);
        (ms > 0.0).then(|| f64::from(record.output_tokens) / (ms / 1e3))
    });
    let generation = of.each(|record| record.tpot_ns().filter(|ns| *ns > 0.0).map(|ns| 1e9 / ns));
    let placement = scenario.parallelism;
    let dtypes = scenario.model.as_ref().map(|model| model.dtypes);
    let (max_batch, max_tokens, policy, kv_share, context) = engine(&scenario.scheduler);
    json!({
        "engine": {
            "model": of.model(),
            "model_path": null,
            "engine_dir": null,
            "version": of.report.tokendrome_version,
            "backend": "tokendrome",
            "dtype": dtypes.map(|dtypes| dtypes.linear.name()),
            "kv_cache_dtype": dtypes.map(|dtypes| dtypes.kv.name()),
            "quantization": null,
            "max_sequence_length": context,
        },
        "machine": { "name": scenario.hardware.as_ref().map(|of| &of.name) },
        "world_info": {
            "tp_size": placement.tensor_parallel_size,
            "pp_size": placement.pipeline_parallel_size,
            "ep_size": if placement.enable_expert_parallel {
                placement.tensor_parallel_size * placement.data_parallel_size
            } else {
                1
            },
            "world_size": placement.accelerators(),
            "max_batch_size": max_batch,
            "max_num_tokens": max_tokens,
            "scheduling_policy": policy,
            "kv_cache_percentage": kv_share,
            "issue_rate": issue_rate(of),
        },
        "request_info": {
            "num_requests": of.completed.len(),
            "avg_num_concurrent_requests": of.concurrency.mean(),
            "avg_input_length": of.input_tokens.mean(),
            "avg_output_length": of.output_tokens.mean(),
        },
        "performance": {
            "total_latency_ms": of.span_s() * 1e3,
            "avg_request_latency_ms": of.e2e_ms.mean(),
            "request_throughput_req_s": rates.requests_per_s,
            "system_output_throughput_tok_s": rates.output_tokens_per_s,
            "system_total_throughput_tok_s": rates.total_tokens_per_s,
            "output_throughput_per_user_tok_s": per_user.mean(),
            "output_throughput_per_gpu_tok_s": rates.output_tokens_per_s_per_accelerator,
            "request_latency_percentiles_ms": distribution(&of.e2e_ms),
        },
        "streaming_metrics": {
            "token_output_speed_tok_s": generation.mean(),
            "avg_ttft_ms": of.ttft_ms.mean(),
            "avg_tpot_ms": of.tpot_ms.mean(),
            "tpot_percentiles": distribution(&of.tpot_ms),
            "ttft_percentiles": distribution(&of.ttft_ms),
            "gen_tps_percentiles": distribution(&generation),
        },
        "dataset": {
            "isl_stats": distribution(&of.input_tokens),
            "osl_stats": distribution(&of.output_tokens),
            "seq_len_stats": distribution(&lengths),
            "num_requests": of.requests(),
        },
    })
}

/// Batch, tokens, policy, share of memory and longest sequence, as far as the scheduler has them.
fn engine(scheduler: &SchedulerSpec) -> (Value, Value, Value, Value, Value) {
    match scheduler.vllm() {
        Some(spec) => (
            json!(spec.max_num_seqs),
            json!(spec.max_num_batched_tokens),
            json!(spec.policy),
            json!(spec.gpu_memory_utilization),
            json!(spec.max_model_len),
        ),
        None => (Value::Null, Value::Null, Value::Null, Value::Null, Value::Null),
    }
}

/// Requests per second while they came; none where all came at once.
fn issue_rate(of: &Measured<'_>) -> Option<f64> {
    let sent = || of.completed.iter().map(|record| record.arrival.as_nanos());
    let span = sent().max()? - sent().min()?;
    (span > 0).then(|| (of.completed.len() - 1) as f64 / (span as f64 / 1e9))
}

fn distribution(values: &Values) -> Value {
    let mut keys = Map::new();
    for percent in PERCENTS {
        keys.insert(format!("p{percent}"), json!(values.percentile(f64::from(percent))));
    }
    keys.insert("minimum".to_owned(), json!(values.min()));
    keys.insert("maximum".to_owned(), json!(values.max()));
    keys.insert("average".to_owned(), json!(values.mean()));
    Value::Object(keys)
}
