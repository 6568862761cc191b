//! The token mixer of each layer.

use serde_json::Value;

use super::error::ConfigError;
use super::families::{Family, Mix};
use super::fields::{Fields, printed};
use crate::{Attention, GroupedAttention, LatentAttention, LinearAttention, QkNorm};

/// Every fourth layer of Llama 4 attends to everything, unless `no_rope_layers` says otherwise.
///
/// Source: `no_rope_layer_interval` in Hugging Face `Llama4TextConfig`.
const LLAMA4_FULL_INTERVAL: u32 = 4;
/// Source: `full_attention_interval` in Hugging Face `Qwen3NextConfig`.
const HYBRID_FULL_INTERVAL: u32 = 4;

/// What one layer looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sees {
    All,
    Window,
    Chunk,
    State,
}

/// The mixers of all layers, in order.
pub(super) fn attention(
    fields: &Fields<'_>,
    family: &'static Family,
    hidden: u32,
    count: u32,
) -> Result<Vec<Attention>, ConfigError> {
    if matches!(family.mix, Mix::Latent) {
        return Ok(vec![Attention::Latent(latent(fields)?); count as usize]);
    }
    let sees = kinds(fields, family, count)?;
    let grouped = grouped(fields, family, hidden)?;
    let window = fields.number(&["sliding_window"])?;
    let chunk = fields.number(&["attention_chunk_size"])?;
    let linear = if sees.contains(&Sees::State) { Some(linear(fields)?) } else { None };
    let windowed = |size: Option<u32>, key: &str| match size {
        Some(_) => Ok(Attention::Grouped(GroupedAttention { window: size, ..grouped.clone() })),
        None => Err(ConfigError::Missing { field: key.to_owned() }),
    };
    let layer = |sees: Sees| match (sees, &linear) {
        (Sees::Window, _) => windowed(window, "sliding_window"),
        (Sees::Chunk, _) => windowed(chunk, "attention_chunk_size"),
        (Sees::State, Some(linear)) => Ok(Attention::Linear(linear.clone())),
        (Sees::State | Sees::All, _) => Ok(Attention::Grouped(grouped.clone())),
    };
    sees.into_iter().map(layer).collect()
}

fn kinds(fields: &Fields<'_>, family: &Family, count: u32) -> Result<Vec<Sees>, ConfigError> {
    only_softmax(fields)?;
    let interval = |n: u32, other: Sees| -> Vec<Sees> {
        let full = |index: u32| n > 0 && (index + 1).is_multiple_of(n);
        (0..count).map(|index| if full(index) { Sees::All } else { other }).collect()
    };
    // Read in any case, so that a file may state both the list and the rule.
    let pattern = fields.number(&["sliding_window_pattern", "_sliding_window_pattern"])?;
    let full_interval = fields.number(&["full_attention_interval"])?;
    let no_rope = fields.numbers("no_rope_layers")?;
    let no_rope_interval = fields.number(&["no_rope_layer_interval"])?;
    let windowed_from = fields.number(&["max_window_layers"])?.unwrap_or(count);
    let uses_window = fields.flag("use_sliding_window")?;
    if let Some(words) = fields.words("layer_types")? {
        return listed(&words, family, count);
    }
    Ok(match family.mix {
        Mix::Uniform | Mix::Latent => {
            let windowed = fields.number(&["sliding_window"])?.is_some();
            vec![if windowed { Sees::Window } else { Sees::All }; count as usize]
        }
        Mix::UseSlidingWindow => {
            let windowed = |index| uses_window == Some(true) && index >= windowed_from;
            (0..count).map(|i| if windowed(i) { Sees::Window } else { Sees::All }).collect()
        }
        Mix::EveryNthIsFull(default) => interval(pattern.unwrap_or(default), Sees::Window),
        Mix::Chunked => match no_rope.filter(|list| !list.is_empty()) {
            Some(list) => {
                same_length("no_rope_layers", list.len(), count)?;
                list.into_iter()
                    .map(|rope| if rope == 0 { Sees::All } else { Sees::Chunk })
                    .collect()
            }
            None => interval(no_rope_interval.unwrap_or(LLAMA4_FULL_INTERVAL), Sees::Chunk),
        },
        Mix::Hybrid => interval(full_interval.unwrap_or(HYBRID_FULL_INTERVAL), Sees::State),
    })
}

/// MiniMax marks softmax layers with 1, and with 0 linear ones of a kind that is not known here.
fn only_softmax(fields: &Fields<'_>) -> Result<(), ConfigError> {
    match fields.numbers("attn_type_list")? {
        Some(list) if list.iter().any(|&kind| kind != 1) => {
            let found = fields.value("attn_type_list").map(printed).unwrap_or_default();
            Err(ConfigError::wrong("attn_type_list", "1 for every layer", found))
        }
        _ => Ok(()),
    }
}

fn listed(words: &[&str], family: &Family, count: u32) -> Result<Vec<Sees>, ConfigError> {
    same_length("layer_types", words.len(), count)?;
    let kind = |word: &&str| match (*word, family.mix) {
        ("full_attention", _) => Ok(Sees::All),
        ("sliding_attention", _) => Ok(Sees::Window),
        ("chunked_attention", _) => Ok(Sees::Chunk),
        ("linear_attention", Mix::Hybrid) => Ok(Sees::State),
        _ => {
            let expected = match family.mix {
                Mix::Hybrid => "full, sliding, chunked or linear attention in every layer",
                _ => "full, sliding or chunked attention in every layer of this architecture",
            };
            Err(ConfigError::wrong("layer_types", expected, Value::from(*word)))
        }
    };
    words.iter().map(kind).collect()
}

fn same_length(field: &str, length: usize, count: u32) -> Result<(), ConfigError> {
    if length == count as usize {
        return Ok(());
    }
    let expected = format!("as long as there are layers ({count})");
    Err(ConfigError::wrong(field, expected, format!("{length} entries")))
}

fn grouped(
    fields: &Fields<'_>,
    family: &Family,
    hidden: u32,
) -> Result<GroupedAttention, ConfigError> {
    const KV_HEADS: [&str; 5] = [
        "num_key_value_heads",
        "n_head_kv",
        "num_kv_heads",
        "multi_query_group_num",
        "num_attention_groups",
    ];
    let heads = fields.required(&["num_attention_heads", "n_head"])?;
    let kv_heads = fields.number(&KV_HEADS)?.unwrap_or(heads);
    let head_dim = match fields.number(&["head_dim", "hidden_size_per_head"])? {
        Some(head_dim) => head_dim,
        None if heads > 0 && hidden.is_multiple_of(heads) => hidden / heads,
        None => return Err(ConfigError::Missing { field: "head_dim".to_owned() }),
    };
    let normed = family.qk_norm_switch.is_on(fields)?;
    let gate = matches!(family.mix, Mix::Hybrid);
    Ok(GroupedAttention {
        heads,
        kv_heads,
        head_dim,
        window: None,
        qkv_bias: family.qkv_bias.is_on(fields)?,
        output_bias: family.output_bias.is_on(fields)?,
        qk_norm: if normed { family.qk_norm } else { QkNorm::None },
        output_gate: gate && fields.flag("attn_output_gate")?.unwrap_or(true),
        sinks: family.has_sinks(),
    })
}

fn latent(fields: &Fields<'_>) -> Result<LatentAttention, ConfigError> {
    // What a latent cache replaces; some files state them all the same.
    fields.skip(&["num_key_value_heads", "head_dim", "qk_head_dim"]);
    Ok(LatentAttention {
        heads: fields.required(&["num_attention_heads"])?,
        q_lora_rank: fields.number(&["q_lora_rank"])?,
        kv_lora_rank: fields.required(&["kv_lora_rank"])?,
        qk_nope_head_dim: fields.required(&["qk_nope_head_dim"])?,
        qk_rope_head_dim: fields.required(&["qk_rope_head_dim"])?,
        v_head_dim: fields.required(&["v_head_dim"])?,
    })
}

fn linear(fields: &Fields<'_>) -> Result<LinearAttention, ConfigError> {
    Ok(LinearAttention {
        key_heads: fields.required(&["linear_num_key_heads"])?,
        value_heads: fields.required(&["linear_num_value_heads"])?,
        key_head_dim: fields.required(&["linear_key_head_dim"])?,
        value_head_dim: fields.required(&["linear_value_head_dim"])?,
        conv_kernel: fields.required(&["linear_conv_kernel_dim"])?,
    })
}

impl Family {
    /// Only gpt-oss gives each head a sink.
    fn has_sinks(&self) -> bool {
        self.architectures.contains(&"GptOssForCausalLM")
    }
}
