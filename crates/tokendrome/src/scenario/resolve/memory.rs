//! What fits an accelerator's memory.

use tokendrome_catalog::model::{Attention, Ffn, ModelSpec, Shape};
use tokendrome_catalog::{AcceleratorSpec, Placement};
use tokendrome_units::Bytes;

use super::ScenarioError;
use crate::{Scenario, VllmSpec};

/// Memory that the engine takes beside weights, activations and KV cache: the CUDA context,
/// captured graphs, workspaces.
///
/// Source: chosen, with [`COLLECTIVES_RESERVE`], so that the KV blocks computed for four models on
/// H100 agree with the counts that vLLM printed there: within 1 % with the batch size of those
/// runs, within 3 % with that of today's defaults.
const ENGINE_RESERVE: u64 = 640 << 20;

/// Buffers of the collectives, where ranks work together. Source: as for [`ENGINE_RESERVE`].
const COLLECTIVES_RESERVE: u64 = 200 << 20;

/// The memory of the fullest accelerator of a replica, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    /// What the accelerator has.
    pub capacity: u64,
    /// What the engine may use of it.
    pub usable: u64,
    /// Weights.
    pub weights: u64,
    /// Largest activations of one iteration.
    pub activations: u64,
    /// Context, graphs, buffers.
    pub reserve: u64,
    /// One KV block.
    pub block: u64,
}

/// What an engine's knobs say of its memory.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sizes {
    /// Share of the accelerator's memory that it may use.
    pub(super) utilization: f64,
    /// Most tokens of one iteration, and most sequences.
    pub(super) tokens: u32,
    pub(super) sequences: u32,
    /// Tokens of a KV block.
    pub(super) block_tokens: u32,
}

impl From<&VllmSpec> for Sizes {
    /// Budget and places are filled in.
    fn from(spec: &VllmSpec) -> Self {
        Self {
            utilization: spec.gpu_memory_utilization,
            tokens: spec.max_num_batched_tokens.unwrap_or(0),
            sequences: spec.max_num_seqs.unwrap_or(0),
            block_tokens: spec.block_size,
        }
    }
}

impl Memory {
    /// The memory of a scenario whose engine has these sizes.
    pub(super) fn of(scenario: &Scenario, sizes: &Sizes) -> Self {
        Self::at(scenario, sizes, scenario.parallelism.placement())
    }

    fn at(scenario: &Scenario, sizes: &Sizes, placement: Placement) -> Self {
        let Placement { tensor: tp, pipeline: pp, .. } = placement;
        let works_alone = placement.expert_ranks() == 1;
        let (model, hardware) = machine(scenario);
        let capacity = hardware.memory.0;
        let layers = u64::from(model.layers());
        let of_stage = layers.div_ceil(u64::from(pp));
        let kv_per_token = model.kv_bytes_per_token(tp) * of_stage / layers;
        Self {
            capacity,
            usable: (capacity as f64 * sizes.utilization) as u64,
            weights: model.weight_bytes_per_rank(placement),
            activations: activations(model, sizes, tp),
            reserve: ENGINE_RESERVE + if works_alone { 0 } else { COLLECTIVES_RESERVE },
            block: kv_per_token.max(1).saturating_mul(u64::from(sizes.block_tokens)),
        }
    }

    /// What everything but the KV cache takes.
    #[must_use]
    pub fn taken(&self) -> u64 {
        self.weights + self.activations + self.reserve
    }

    /// What is left for KV blocks; none if nothing is.
    #[must_use]
    pub fn kv(&self) -> Option<u64> {
        self.usable.checked_sub(self.taken()).filter(|&left| left >= 2 * self.block)
    }

    /// KV blocks: those that the knobs give, or what is left for them; none if nothing is.
    pub(super) fn blocks(&self, spec: &VllmSpec) -> Option<u64> {
        match (spec.num_gpu_blocks, spec.kv_cache_memory) {
            (Some(blocks), _) => Some(u64::from(blocks)),
            (None, Some(Bytes(bytes))) => Some(bytes / self.block),
            (None, None) => self.kv().map(|left| left / self.block),
        }
    }

    /// Settles the number of KV blocks.
    pub(super) fn fill(
        &self,
        scenario: &Scenario,
        spec: &mut VllmSpec,
        notices: &mut Vec<String>,
    ) -> Result<(), ScenarioError> {
        let explicit = spec.num_gpu_blocks.is_some() || spec.kv_cache_memory.is_some();
        let left = self.kv();
        if spec.num_gpu_blocks.is_some() && spec.kv_cache_memory.is_some() {
            notices.push("num_gpu_blocks is given, so kv_cache_memory has no effect".to_owned());
        }
        if left.is_none() {
            let error = self.too_small(scenario, &Sizes::from(&*spec));
            if !explicit {
                return Err(error);
            }
            let message = error.message;
            notices.push(format!("{message}; the KV cache has the size that the scenario gives"));
        }
        let blocks = self.blocks(spec).unwrap_or(0);
        if blocks < 2 {
            let (path, given) = match spec.num_gpu_blocks {
                Some(1) => ("num_gpu_blocks", "1 block".to_owned()),
                Some(blocks) => ("num_gpu_blocks", format!("{blocks} blocks")),
                None => ("kv_cache_memory", spec.kv_cache_memory.unwrap_or_default().to_string()),
            };
            let message = format!(
                "{given}: that leaves no KV block to use, for the first block is the null block, \
                 and one block takes {}",
                Bytes(self.block)
            );
            return Err(ScenarioError::new(format!("scheduler.{path}"), message)
                .help("give at least 2 blocks; without this field the memory decides"));
        }
        if let Some(left) = left.filter(|left| blocks > left / self.block) {
            notices.push(format!(
                "the scenario gives {blocks} KV blocks; the memory of {} leaves room for {}",
                machine(scenario).1.name,
                left / self.block
            ));
        }
        spec.num_gpu_blocks = Some(u32::try_from(blocks).unwrap_or(u32::MAX));
        self.fit_length(spec, notices);
        self.notice_windows(scenario, explicit, notices);
        Ok(())
    }

    /// The longest sequence against the KV cache: vLLM starts only if one of them fits.
    ///
    /// Source for `max_model_len_auto`: `_auto_fit_max_model_len` of vLLM 0.33.0, which plans
    /// without the null block.
    fn fit_length(&self, spec: &mut VllmSpec, notices: &mut Vec<String>) {
        let blocks = spec.num_gpu_blocks.unwrap_or(0).saturating_sub(1);
        let held = blocks.saturating_mul(spec.block_size);
        let longest = spec.max_model_len.unwrap_or(0);
        if held >= longest {
            return;
        }
        if spec.max_model_len_auto && held > 1 {
            spec.max_model_len = Some(held);
            spec.long_prefill_token_threshold = spec.long_prefill_token_threshold.min(held);
            notices.push(format!(
                "max_model_len is {held} instead of {longest}: the KV cache holds no more"
            ));
        } else {
            notices.push(format!(
                "the KV cache holds {held} tokens, fewer than max_model_len ({longest}): vLLM \
                 would not start; longer requests are rejected here"
            ));
        }
    }

    /// Says so where the count of blocks knows no windows.
    pub(super) fn notice_windows(
        &self,
        scenario: &Scenario,
        explicit: bool,
        notices: &mut Vec<String>,
    ) {
        let windowed = match &machine(scenario).0.shape {
            Shape::Transformer(shape) => {
                shape.layers.iter().any(|group| group.attention.window().is_some())
            }
            Shape::Lumped(shape) => shape.window.is_some(),
        };
        if windowed && !explicit {
            notices.push(
                "KV blocks are counted as if layers with a sliding window kept the whole context: \
                 the engine may fit more"
                    .to_owned(),
            );
        }
    }

    /// The model does not fit: by how much, and what would.
    pub(super) fn too_small(&self, scenario: &Scenario, sizes: &Sizes) -> ScenarioError {
        let (model, hardware) = machine(scenario);
        let accelerators = u64::from(scenario.parallelism.accelerators());
        let message = if self.weights > self.capacity {
            format!(
                "{} needs {} of weights, {} {} {} {}",
                model.name,
                Bytes(model.weight_bytes()),
                if accelerators == 1 { "one" } else { "all" },
                hardware.name,
                if accelerators == 1 { "has" } else { "together have" },
                Bytes(self.capacity * accelerators),
            )
        } else {
            format!(
                "{} leaves no room for KV blocks: of {} on each {} the engine may use {}, weights \
                 take {}, activations {}, the engine itself {}",
                model.name,
                Bytes(self.capacity),
                hardware.name,
                Bytes(self.usable),
                Bytes(self.weights),
                Bytes(self.activations),
                Bytes(self.reserve),
            )
        };
        ScenarioError::new("parallelism.tensor_parallel_size", message)
            .help(what_would_fit(scenario, sizes))
    }
}

/// The model and the accelerator that the KV cache is sized by.
fn machine(scenario: &Scenario) -> (&ModelSpec, &AcceleratorSpec) {
    scenario.machine().expect("the parts were checked")
}

/// The smallest placement that fits, in words.
fn what_would_fit(scenario: &Scenario, sizes: &Sizes) -> String {
    let (model, hardware) = machine(scenario);
    let node = hardware.accelerators_per_node;
    let heads = match &model.shape {
        Shape::Transformer(shape) => {
            shape.layers.first().map_or(1, |group| heads(&group.attention))
        }
        Shape::Lumped(shape) => shape.heads,
    };
    let given = scenario.parallelism.placement();
    let fits = |tensor: u32, pipeline: u32| {
        Memory::at(scenario, sizes, Placement { tensor, pipeline, ..given }).kv().is_some()
    };
    let mut sizes = (1..=node).filter(|tp| heads % tp == 0);
    if let Some(tp) = sizes.find(|&tp| fits(tp, 1)) {
        return format!("TP {tp} would fit (parallelism.tensor_parallel_size = {tp})");
    }
    let widest = (1..=node).rev().find(|tp| heads % tp == 0).unwrap_or(1);
    let reachable = |pp: u32| hardware.network.is_some() || widest * pp <= node;
    let stages = (2..=model.layers()).find(|&pp| reachable(pp) && fits(widest, pp));
    match stages {
        Some(pp) => format!("TP {widest} with PP {pp} would fit"),
        None => "no placement on this accelerator fits; use one with more memory, or a smaller \
                 dtype"
            .to_owned(),
    }
}

fn heads(attention: &Attention) -> u32 {
    match attention {
        Attention::Grouped(grouped) => grouped.heads,
        Attention::Latent(latent) => latent.heads,
        Attention::Linear(linear) => linear.value_heads,
    }
}

/// Largest activations of one iteration on one rank, in bytes: hidden state, residual and the
/// widest intermediate of all tokens of an iteration, logits of all its sequences in
/// f32, twice (before and after sampling).
fn activations(model: &ModelSpec, sizes: &Sizes, tp: u32) -> u64 {
    let (tokens, sequences) = (u64::from(sizes.tokens), u64::from(sizes.sequences));
    let hidden = u64::from(model.hidden_size());
    let (widest, vocabulary) = match &model.shape {
        Shape::Transformer(shape) => {
            let widest = shape.layers.iter().map(|group| match &group.ffn {
                Ffn::Dense(dense) => u64::from(dense.intermediate),
                Ffn::Moe(moe) => {
                    u64::from(moe.intermediate) * u64::from(moe.top_k)
                        + u64::from(moe.shared_intermediate)
                }
            });
            (widest.max().unwrap_or(0), u64::from(shape.vocab_size))
        }
        Shape::Lumped(_) => (4 * hidden, 0),
    };
    let per_token = 4 * hidden + 3 * widest / u64::from(tp);
    tokens * model.dtypes.activation.bytes(per_token) + sequences * vocabulary * 4 * 2
}
