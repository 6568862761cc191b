//! Keys that nobody knows, and keys that ask for what is not modelled.

use jsonc_parser::ast::Value;

use crate::ScenarioError;
use crate::json::{Entry, Table};

/// What engines can do and the simulator cannot, by a part of the keys that ask for it.
const NOT_MODELLED: &[(&str, &str)] = &[
    ("specul", "speculative decoding"),
    ("spec_", "speculative decoding"),
    ("draft", "speculative decoding"),
    ("lookahead", "speculative decoding"),
    ("lora", "LoRA"),
    ("connector", "a KV connector"),
    ("kv_transfer", "a KV connector"),
    ("ec_transfer", "an encoder-cache connector"),
    ("offload", "offloading of the KV cache"),
    ("swap_space", "swapping of KV blocks"),
    ("cpu_blocks", "swapping of KV blocks"),
    ("pipeline_parallel", "pipeline parallelism"),
    ("data_parallel", "data parallelism"),
    ("tensor_parallel", "tensor parallelism"),
    ("context_parallel", "context parallelism"),
    ("sliding_window", "a sliding window"),
    ("attention_chunk", "chunked local attention"),
    ("mamba", "a Mamba model"),
    ("hybrid", "a KV cache of several groups"),
    ("kv_cache_groups", "a KV cache of several groups"),
    ("structured", "structured output"),
    ("guided", "structured output"),
    ("grammar", "structured output"),
    ("json_schema", "structured output"),
    ("response_format", "structured output"),
    ("abort", "aborting requests"),
    ("cancel", "aborting requests"),
    ("stop", "stop strings and stop tokens"),
    ("pooling", "a pooling model"),
    ("pooler", "a pooling model"),
    ("encoder", "an encoder"),
    ("multi_modal", "multimodal input"),
    ("multimodal", "multimodal input"),
    ("mm_", "multimodal input"),
    ("embeds", "prompts given as embeddings"),
    ("cache_salt", "a salted prefix cache"),
    ("beam", "beam search"),
    ("partial_prefills", "a limit of concurrent partial prefills"),
    ("scheduler_cls", "a scheduler class of one's own"),
    ("scheduler_steps", "multi-step scheduling"),
    ("partial_reuse", "reuse of parts of KV blocks"),
    ("host_cache", "offloading of the KV cache"),
    ("secondary", "offloading of the KV cache"),
    ("retention", "retention priorities of KV blocks"),
    ("attention_window", "a sliding window"),
    ("attention_dp", "attention data parallelism"),
    ("disagg", "disaggregated serving"),
    ("batch_wait", "waiting for larger batches"),
];

/// Below this likeness (Jaro-Winkler, 0 to 1) a key is not worth suggesting.
const LIKENESS_MIN: f64 = 0.8;

/// Every key of the table must be one of `known`. A feature that is not modelled may be mentioned
/// if it is switched off.
pub(crate) fn check_keys(table: &Table<'_>, known: &[&str]) -> Result<(), ScenarioError> {
    for entry in table.entries() {
        let entry = entry?;
        if known.contains(&entry.key) {
            continue;
        }
        let key = entry.key.to_lowercase();
        let (at, field) = (entry.at(), entry.value.name());
        match NOT_MODELLED.iter().find(|(part, _)| key.contains(part)) {
            Some(_) if is_off(&entry) => {}
            Some(&(_, feature)) => return Err(ScenarioError::NotModelled { at, field, feature }),
            None => return Err(ScenarioError::UnknownKey { at, field, hint: hint(&key, known) }),
        }
    }
    Ok(())
}

/// Whether the value says that the feature is not wanted.
fn is_off(entry: &Entry<'_>) -> bool {
    match entry.value.value() {
        Value::NullKeyword(_) => true,
        Value::BooleanLit(flag) => !flag.value,
        Value::NumberLit(number) if entry.key.ends_with("parallel_size") => number.value == "1",
        Value::NumberLit(number) => number.value == "0",
        _ => false,
    }
}

fn hint(key: &str, known: &[&str]) -> String {
    let likeness = |name: &str| strsim::jaro_winkler(&key.replace('-', "_"), name);
    let near = known.iter().map(|name| (likeness(name), name));
    let near = near.filter(|(likeness, _)| *likeness >= LIKENESS_MIN);
    match near.max_by(|a, b| a.0.total_cmp(&b.0)) {
        Some((_, name)) => format!("did you mean {name}?"),
        None => format!("known are {}", known.join(", ")),
    }
}
