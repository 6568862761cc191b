//! Which operators tables may name, and how often a layer runs each.

use crate::PartKind;

/// How often an operator runs in an iteration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Runs {
    /// So many times in each layer.
    InLayer(u32),
    /// Once.
    Once,
}

/// Name, what it is, how often. Source: the operators that vLLM's Llama, Qwen 3 and Mixtral models
/// run; `layernorm` is one call, of which a layer has two.
const KNOWN: [(&str, PartKind, Runs); 24] = [
    ("embedding", PartKind::Embedding, Runs::Once),
    ("layernorm", PartKind::Norm, Runs::InLayer(2)),
    ("input_layernorm", PartKind::Norm, Runs::InLayer(1)),
    ("post_layernorm", PartKind::Norm, Runs::InLayer(1)),
    ("qk_norm", PartKind::Norm, Runs::InLayer(1)),
    ("final_layernorm", PartKind::Norm, Runs::Once),
    ("qkv_proj", PartKind::Qkv, Runs::InLayer(1)),
    ("q_proj", PartKind::Qkv, Runs::InLayer(1)),
    ("k_proj", PartKind::Qkv, Runs::InLayer(1)),
    ("v_proj", PartKind::Qkv, Runs::InLayer(1)),
    ("rotary_emb", PartKind::Rotary, Runs::InLayer(1)),
    ("rope", PartKind::Rotary, Runs::InLayer(1)),
    ("o_proj", PartKind::OutputProjection, Runs::InLayer(1)),
    ("gate_up_proj", PartKind::MlpUp, Runs::InLayer(1)),
    ("gate_proj", PartKind::MlpGate, Runs::InLayer(1)),
    ("up_proj", PartKind::MlpUp, Runs::InLayer(1)),
    ("act_fn", PartKind::Activation, Runs::InLayer(1)),
    ("down_proj", PartKind::MlpDown, Runs::InLayer(1)),
    ("gate", PartKind::Router, Runs::InLayer(1)),
    ("router", PartKind::Router, Runs::InLayer(1)),
    ("shared_expert", PartKind::FeedForward, Runs::InLayer(1)),
    ("kv_cache_save", PartKind::KvWrite, Runs::InLayer(1)),
    ("lm_head", PartKind::Head, Runs::Once),
    ("sampler", PartKind::Sampler, Runs::Once),
];

/// What an operator of this name is, and how often it runs; none if nobody knows.
pub(super) fn known(name: &str) -> Option<(PartKind, Runs)> {
    KNOWN.iter().find(|(known, ..)| *known == name).map(|&(_, kind, runs)| (kind, runs))
}

/// The names that tables may have.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    KNOWN.iter().map(|(name, ..)| *name)
}
