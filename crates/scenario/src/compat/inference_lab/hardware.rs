//! `[hardware]`: one accelerator by three figures; the rest belongs to other sections of ours.

use super::{section, take};
use crate::compat::Rewriter;
use crate::problem::Problem;
use crate::source::Place;
use crate::tree::{Entry, Node, Table, Value};

pub(super) const NAMES: &[&str] = &[
    "compute_flops",
    "memory_capacity",
    "bytes_per_param",
    "kv_cache_capacity",
    "gpu_memory_utilization",
];

/// What the reference gives as the default; ours follows a later vLLM.
const GPU_MEMORY_UTILIZATION: f64 = 0.9;

pub(super) fn rewrite(rewriter: &mut Rewriter<'_>, root: &mut Table) {
    let bytes = take(root, "hardware", "bytes_per_param");
    let dtype = bytes.as_ref().and_then(|entry| dtype(rewriter, entry));
    let flops = take(root, "hardware", "compute_flops");
    let is_native = flops.is_some();
    if let Some(hardware) = section(root, "hardware") {
        rewriter.rename(hardware, "memory_capacity", "memory");
        if let Some(flops) = flops {
            peak(rewriter, hardware, &flops, dtype);
        }
    }
    if let (Some(dtype), Some(bytes)) = (dtype, bytes) {
        dtypes(root, dtype, &bytes);
    }
    let capacity = take(root, "hardware", "kv_cache_capacity");
    let utilization = take(root, "hardware", "gpu_memory_utilization");
    for (entry, key) in [(capacity, "kv_cache_memory"), (utilization, "gpu_memory_utilization")] {
        let Some(entry) = entry else { continue };
        if let Some(scheduler) = root.table_mut("scheduler", entry.at) {
            rewriter.put(scheduler, key, entry);
        }
    }
    if is_native
        && let Some(scheduler) = root.table_mut("scheduler", Place::NOWHERE)
        && !scheduler.contains("gpu_memory_utilization")
    {
        let share = Node::new(Value::Float(GPU_MEMORY_UTILIZATION), Place::NOWHERE);
        scheduler.put("gpu_memory_utilization", Place::NOWHERE, share);
    }
}

/// The number format that a size in bytes stands for.
fn dtype(rewriter: &mut Rewriter<'_>, entry: &Entry) -> Option<&'static str> {
    match entry.value.as_integer() {
        Some(1) => Some("fp8"),
        Some(2) => Some("bf16"),
        Some(4) => Some("f32"),
        _ => {
            let found = entry.value.describe();
            let message = format!("`bytes_per_param` must be 1, 2 or 4; found {found}");
            let problem = Problem::new(message)
                .at(entry.value.at, "1 is fp8, 2 is bf16, 4 is f32")
                .help("for other formats give `dtype` in `[model]` and `peak` in `[hardware]`");
            rewriter.problem(problem);
            None
        }
    }
}

/// The one rate of that language is the rate of all arithmetic: of the weights' format and of
/// 16 bits alike.
fn peak(
    rewriter: &mut Rewriter<'_>,
    hardware: &mut Table,
    flops: &Entry,
    dtype: Option<&'static str>,
) {
    let Some(peak) = hardware.table_mut("peak", flops.at) else {
        return;
    };
    rewriter.put(peak, "bf16", flops.clone());
    if let Some(row) = dtype.filter(|&row| row != "bf16") {
        rewriter.put(peak, row, flops.clone());
    }
}

/// Weights, activations and cache, all in one format, unless `[model]` says otherwise.
fn dtypes(root: &mut Table, dtype: &str, bytes: &Entry) {
    let Some(model) = section(root, "model") else {
        return;
    };
    let at = bytes.value.at;
    let Some(dtypes) = model.table_mut("dtypes", bytes.at) else {
        return;
    };
    for part in ["linear", "experts", "embedding", "activation", "kv"] {
        if !dtypes.contains(part) {
            dtypes.put(part, bytes.at, Node::string(dtype, at));
        }
    }
}
