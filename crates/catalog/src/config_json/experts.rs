//! The feed-forward part of each layer.

use serde_json::Value;

use super::error::ConfigError;
use super::families::{Experts, Family, RouterBias, Shared};
use super::fields::Fields;
use crate::{DenseFfn, Ffn, MoeFfn};

const EXPERTS: [&str; 4] =
    ["num_experts", "moe_num_experts", "n_routed_experts", "num_local_experts"];
const TOP_K: [&str; 5] =
    ["num_experts_per_tok", "num_experts_per_token", "top_k_experts", "moe_topk", "moe_top_k"];

/// The feed-forward parts of all layers, in order.
pub(super) fn ffn(
    fields: &Fields<'_>,
    family: &'static Family,
    count: u32,
) -> Result<Vec<Ffn>, ConfigError> {
    let moe = match &family.experts {
        Some(rules) => moe(fields, family, rules)?.map(|moe| (moe, rules)),
        None => None,
    };
    let Some((moe, rules)) = moe else {
        let dense = Ffn::Dense(dense(fields, family, "intermediate_size")?);
        return Ok(vec![dense; count as usize]);
    };
    let routed = placement(fields, count)?;
    // Models whose every layer has experts may state a width that nothing uses.
    fields.skip(&["intermediate_size", rules.dense_width]);
    let dense = if routed.contains(&false) {
        Some(Ffn::Dense(dense(fields, family, rules.dense_width)?))
    } else {
        None
    };
    let moe = Ffn::Moe(moe);
    let layer = |routed: bool| match &dense {
        Some(dense) if !routed => dense.clone(),
        _ => moe.clone(),
    };
    Ok(routed.into_iter().map(layer).collect())
}

fn dense(
    fields: &Fields<'_>,
    family: &Family,
    width: &'static str,
) -> Result<DenseFfn, ConfigError> {
    Ok(DenseFfn {
        intermediate: fields.required(&[width])?,
        gated: family.gated,
        bias: family.mlp_bias.is_on(fields)?,
    })
}

/// The experts, or `None` if the file has none (a dense model of a family that may have them).
fn moe(
    fields: &Fields<'_>,
    family: &Family,
    rules: &Experts,
) -> Result<Option<MoeFfn>, ConfigError> {
    let Some(experts) = fields.number(&EXPERTS)?.filter(|&experts| experts > 0) else {
        return Ok(None);
    };
    let intermediate = fields.required(rules.width)?;
    let shared_intermediate = match rules.shared {
        Shared::None => 0,
        Shared::One => intermediate,
        Shared::Width(key) => fields.number(&[key])?.unwrap_or(0),
        Shared::Count => {
            let count = fields.number(&["n_shared_experts", "num_shared_experts"])?.unwrap_or(0);
            let too_wide = || ConfigError::wrong("n_shared_experts", "a small number", count);
            count.checked_mul(intermediate).ok_or_else(too_wide)?
        }
    };
    let router_bias = match rules.router_bias {
        RouterBias::Fixed(has) => has,
        RouterBias::Key(key) => fields.flag(key)?.unwrap_or(false),
        RouterBias::TopkMethod => {
            fields.value("topk_method").and_then(Value::as_str) == Some("noaux_tc")
        }
    };
    Ok(Some(MoeFfn {
        experts,
        top_k: fields.required(&TOP_K)?,
        intermediate,
        shared_intermediate,
        gated: family.gated,
        bias: rules.bias,
        router_bias,
        shared_gate: rules.shared_gate && shared_intermediate > 0,
    }))
}

/// Which layers have experts: every one, unless a field says otherwise.
fn placement(fields: &Fields<'_>, count: u32) -> Result<Vec<bool>, ConfigError> {
    let first = fields.number(&["first_k_dense_replace"])?.unwrap_or(0);
    let every = fields.number(&["moe_layer_freq"])?.unwrap_or(1).max(1);
    let sparse_step = fields.number(&["decoder_sparse_step"])?;
    let interleave = fields.number(&["interleave_moe_layer_step"])?;
    let step = sparse_step.or(interleave).unwrap_or(1).max(1);
    let dense = fields.numbers("mlp_only_layers")?.unwrap_or_default();
    let listed = fields.numbers("moe_layers")?.filter(|list| !list.is_empty());
    let routed = |index: u32| match &listed {
        Some(list) => list.contains(&u64::from(index)),
        None => {
            index >= first
                && index.is_multiple_of(every)
                && (index + 1).is_multiple_of(step)
                && !dense.contains(&u64::from(index))
        }
    };
    Ok((0..count).map(routed).collect())
}
