//! Short forms of our own language: bare strings and numbers for tables, `type` for `kind`,
//! underscores for hyphens, the engines' own names of a key, and the kinds that need not be said.

use super::Rewriter;
use crate::source::Place;
use crate::tree::{Node, Table, Value};

/// A table with a `kind`.
struct Union {
    path: &'static [&'static str],
    /// The kind that is meant if none is given.
    default_kind: Option<&'static str>,
    /// The key of the kind `fixed` that a bare number stands for.
    fixed: Option<&'static str>,
}

const ROUTERS: [&[&str]; 3] = [
    &["cluster", "router"],
    &["disaggregation", "prefill", "router"],
    &["disaggregation", "decode", "router"],
];

/// What is named from the catalog.
const NAMED: [&[&str]; 4] = [
    &["model"],
    &["hardware"],
    &["disaggregation", "prefill", "hardware"],
    &["disaggregation", "decode", "hardware"],
];

const UNIONS: [Union; 16] = [
    union_of(&["disaggregation", "prefill", "scheduler"], Some("vllm")),
    union_of(&["disaggregation", "prefill", "step_time"], Some("roofline")),
    union_of(&["disaggregation", "decode", "scheduler"], Some("vllm")),
    union_of(&["disaggregation", "decode", "step_time"], Some("roofline")),
    union_of(&["scheduler"], Some("vllm")),
    union_of(&["step_time"], Some("roofline")),
    union_of(&["model", "shape"], None),
    union_of(&["workload", "arrivals"], Some("poisson")),
    union_of(&["workload", "prefixes", "popularity"], None),
    distribution(&["workload", "input_tokens"], "tokens"),
    distribution(&["workload", "output_tokens"], "tokens"),
    distribution(&["workload", "input_len_dist"], "tokens"),
    distribution(&["workload", "output_len_dist"], "tokens"),
    distribution(&["workload", "sessions", "new_tokens"], "tokens"),
    distribution(&["workload", "sessions", "turns"], "turns"),
    distribution(&["workload", "prefixes", "tokens"], "tokens"),
];

const fn union_of(path: &'static [&'static str], default_kind: Option<&'static str>) -> Union {
    Union { path, default_kind, fixed: None }
}

const fn distribution(path: &'static [&'static str], fixed: &'static str) -> Union {
    Union { path, default_kind: None, fixed: Some(fixed) }
}

/// Other names of keys: section, other name, name.
pub(crate) const ALIASES: [(&str, &str, &str); 21] = [
    ("disaggregation.prefill.parallelism", "tp", "tensor_parallel_size"),
    ("disaggregation.prefill.parallelism", "pp", "pipeline_parallel_size"),
    ("disaggregation.prefill.parallelism", "dp", "data_parallel_size"),
    ("disaggregation.prefill.parallelism", "ep", "enable_expert_parallel"),
    ("disaggregation.decode.parallelism", "tp", "tensor_parallel_size"),
    ("disaggregation.decode.parallelism", "pp", "pipeline_parallel_size"),
    ("disaggregation.decode.parallelism", "dp", "data_parallel_size"),
    ("disaggregation.decode.parallelism", "ep", "enable_expert_parallel"),
    ("parallelism", "tp", "tensor_parallel_size"),
    ("parallelism", "pp", "pipeline_parallel_size"),
    ("parallelism", "dp", "data_parallel_size"),
    ("parallelism", "ep", "enable_expert_parallel"),
    ("scheduler", "num_gpu_blocks_override", "num_gpu_blocks"),
    ("scheduler", "kv_cache_memory_bytes", "kv_cache_memory"),
    ("scheduler", "num_gpus", "executors"),
    ("step_time", "c_ms", "base_ms"),
    ("step_time", "a_ms", "per_token_ms"),
    ("step_time", "b0", "free_tokens"),
    ("workload", "num_requests", "requests"),
    ("workload.input_tokens", "probabilities", "weights"),
    ("workload.output_tokens", "probabilities", "weights"),
];

pub(super) fn rewrite(rewriter: &mut Rewriter<'_>, root: &mut Table) {
    for path in NAMED {
        if let Some(node) = find(root, path) {
            string_to_table(node, "name");
        }
    }
    let is_ticking = super::ticks::is_ticking(root);
    for Union { path, default_kind, fixed } in UNIONS {
        let default_kind = match path {
            ["scheduler"] if is_ticking => Some("in-flight"),
            ["step_time"] if is_ticking => Some("ticks"),
            _ => default_kind,
        };
        if let Some(node) = find(root, path) {
            if let Some(key) = fixed {
                number_to_fixed(node, key);
            }
            union(rewriter, node, default_kind);
        }
    }
    for path in ROUTERS {
        if let Some(router) = find(root, path) {
            hyphenate(router);
        }
    }
    for (section, old, new) in ALIASES {
        let path: Vec<&str> = section.split('.').collect();
        if let Some(table) = find(root, &path).and_then(Node::as_table_mut) {
            rewriter.rename(table, old, new);
        }
    }
}

pub(crate) fn find<'a>(root: &'a mut Table, path: &[&str]) -> Option<&'a mut Node> {
    let (last, sections) = path.split_last()?;
    let table = sections.iter().try_fold(root, |table, key| table.get_mut(key)?.as_table_mut())?;
    table.get_mut(last)
}

fn union(rewriter: &mut Rewriter<'_>, node: &mut Node, default_kind: Option<&str>) {
    string_to_table(node, "kind");
    let at = node.at;
    let Some(table) = node.as_table_mut() else {
        return;
    };
    rewriter.rename(table, "type", "kind");
    match (table.get_mut("kind"), default_kind) {
        (Some(kind), _) => hyphenate(kind),
        (None, Some(default)) => table.put("kind", at, Node::string(default, Place::NOWHERE)),
        (None, None) => {}
    }
}

/// `"x"` to `{ key = "x" }`.
pub(crate) fn string_to_table(node: &mut Node, key: &str) {
    if node.as_str().is_some() {
        let text = node.clone();
        let mut table = Table::default();
        table.put(key, node.at, text);
        node.value = Value::Table(table);
    }
}

/// `512` to `{ kind = "fixed", key = 512 }`.
fn number_to_fixed(node: &mut Node, key: &str) {
    if node.as_integer().is_none() {
        return;
    }
    let number = node.clone();
    let mut table = Table::default();
    table.put("kind", node.at, Node::string("fixed", node.at));
    table.put(key, node.at, number);
    node.value = Value::Table(table);
}

fn hyphenate(node: &mut Node) {
    if let Value::String(text) = &mut node.value {
        *text = text.replace('_', "-");
    }
}
