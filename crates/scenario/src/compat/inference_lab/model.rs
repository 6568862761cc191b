//! `[model]`: totals without the widths of the feed-forward part or the vocabulary, which is our
//! lumped shape.

use super::section;
use crate::compat::Rewriter;
use crate::source::Place;
use crate::tree::{Node, Table};

pub(super) const NAMES: &[&str] = &[
    "num_parameters",
    "num_active_parameters",
    "num_layers",
    "hidden_dim",
    "num_heads",
    "num_kv_heads",
    "max_seq_len",
    "sliding_window",
    "num_sliding_layers",
];

/// Their name and ours, inside the shape.
const SHAPE: [(&str, &str); 8] = [
    ("num_parameters", "parameters"),
    ("num_active_parameters", "active_parameters"),
    ("num_layers", "layers"),
    ("hidden_dim", "hidden_size"),
    ("num_heads", "heads"),
    ("num_kv_heads", "kv_heads"),
    ("sliding_window", "window"),
    ("num_sliding_layers", "window_layers"),
];

pub(super) fn rewrite(rewriter: &mut Rewriter<'_>, root: &mut Table) {
    let Some(model) = section(root, "model") else {
        return;
    };
    rewriter.rename(model, "max_seq_len", "max_context");
    for (theirs, ours) in SHAPE {
        let Some(entry) = model.take(theirs) else {
            continue;
        };
        let Some(shape) = model.table_mut("shape", entry.at) else {
            continue;
        };
        if !shape.contains("kind") {
            shape.put("kind", entry.at, Node::string("lumped", Place::NOWHERE));
        }
        rewriter.put(shape, ours, entry);
    }
}
