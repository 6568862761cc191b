//! Checks that a model's figures can be worked with.

use super::{Attention, Ffn, LayerGroup, Lumped, ModelSpec, Shape, Transformer};
use crate::CatalogError;

/// Limits of single figures. No real model comes near them, and together with [`PARAMETERS_MAX`]
/// they keep every product of a model's dimensions within u64.
const HIDDEN_MAX: u32 = 1 << 17;
/// Widest feed-forward part and largest rank of a projection.
const WIDTH_MAX: u32 = 1 << 20;
/// Largest vocabulary; the largest known is 262,208.
const VOCABULARY_MAX: u32 = 1 << 22;
/// Most layers, experts or heads, and largest head.
const COUNT_MAX: u32 = 1 << 12;
/// Most parameters: 2^53, above which floats would round.
const PARAMETERS_MAX: u64 = 1 << 53;

impl ModelSpec {
    /// Checks that every figure is usable and that none contradicts another.
    ///
    /// # Errors
    /// The first figure that is zero, too large or contradicts another, with what to do.
    pub fn validate(&self) -> Result<(), CatalogError> {
        let check = Check { name: &self.name };
        check.positive("max_context", u64::from(self.max_context))?;
        match &self.shape {
            Shape::Transformer(shape) => check.transformer(shape),
            Shape::Lumped(shape) => check.lumped(shape),
        }
    }
}

struct Check<'a> {
    name: &'a str,
}

type Checked = Result<(), CatalogError>;

impl Check<'_> {
    fn positive(&self, field: &str, value: u64) -> Checked {
        if value > 0 {
            return Ok(());
        }
        let (name, field) = (self.name.to_owned(), field.to_owned());
        Err(CatalogError::NotPositive { name, field, value: value.to_string() })
    }

    fn holds(&self, fine: bool, problem: impl Fn() -> String, remedy: &'static str) -> Checked {
        if fine {
            return Ok(());
        }
        Err(CatalogError::Contradiction { name: self.name.to_owned(), problem: problem(), remedy })
    }

    fn at_most(&self, field: &str, value: u32, max: u32) -> Checked {
        self.positive(field, u64::from(value))?;
        let problem = || format!("`{field}` is {value}, more than {max}");
        self.holds(value <= max, problem, "check the figure: no real model comes near it")
    }

    fn width(&self, field: &str, value: u32) -> Checked {
        self.at_most(field, value, WIDTH_MAX)
    }

    fn count(&self, field: &str, value: u32) -> Checked {
        self.at_most(field, value, COUNT_MAX)
    }

    fn transformer(&self, shape: &Transformer) -> Checked {
        self.at_most("hidden_size", shape.hidden_size, HIDDEN_MAX)?;
        self.at_most("vocab_size", shape.vocab_size, VOCABULARY_MAX)?;
        if let Some(rows) = shape.learned_positions {
            self.at_most("learned_positions", rows, VOCABULARY_MAX)?;
        }
        self.at_most("norms_per_layer", shape.norms_per_layer, COUNT_MAX)?;
        if shape.layers.is_empty() {
            return Err(CatalogError::Missing {
                name: self.name.to_owned(),
                what: "layers",
                remedy: "give at least one `[[shape.layers]]`",
            });
        }
        for (index, group) in shape.layers.iter().enumerate() {
            self.group(&format!("layers[{index}]"), group)?;
        }
        let layers: u64 = shape.layers.iter().map(|group| u64::from(group.count)).sum();
        let problem = || format!("{layers} layers, more than {COUNT_MAX}");
        self.holds(layers <= u64::from(COUNT_MAX), problem, "check the counts of the groups")?;
        self.parameters(shape.parameters())
    }

    fn parameters(&self, total: u64) -> Checked {
        let problem = || format!("it has {total} parameters");
        self.holds(total <= PARAMETERS_MAX, problem, "check its figures: 2^53 is the most")
    }

    fn group(&self, path: &str, group: &LayerGroup) -> Checked {
        self.count(&format!("{path}.count"), group.count)?;
        self.attention(&format!("{path}.attention"), &group.attention)?;
        self.ffn(&format!("{path}.ffn"), &group.ffn)
    }

    fn attention(&self, path: &str, attention: &Attention) -> Checked {
        let at = |field: &str| format!("{path}.{field}");
        match attention {
            Attention::Grouped(grouped) => {
                self.heads(path, grouped.heads, grouped.kv_heads)?;
                self.count(&at("head_dim"), grouped.head_dim)?;
                grouped
                    .window
                    .map_or(Ok(()), |window| self.positive(&at("window"), u64::from(window)))
            }
            Attention::Latent(latent) => {
                self.count(&at("heads"), latent.heads)?;
                if let Some(rank) = latent.q_lora_rank {
                    self.width(&at("q_lora_rank"), rank)?;
                }
                self.width(&at("kv_lora_rank"), latent.kv_lora_rank)?;
                self.count(&at("qk_nope_head_dim"), latent.qk_nope_head_dim)?;
                self.count(&at("qk_rope_head_dim"), latent.qk_rope_head_dim)?;
                self.count(&at("v_head_dim"), latent.v_head_dim)
            }
            Attention::Linear(linear) => {
                self.heads(path, linear.value_heads, linear.key_heads)?;
                self.count(&at("key_head_dim"), linear.key_head_dim)?;
                self.count(&at("value_head_dim"), linear.value_head_dim)?;
                self.count(&at("conv_kernel"), linear.conv_kernel)
            }
        }
    }

    fn heads(&self, path: &str, heads: u32, kv_heads: u32) -> Checked {
        self.count(&format!("{path}: heads"), heads)?;
        self.count(&format!("{path}: key/value heads"), kv_heads)?;
        let problem = || format!("{path}: {heads} heads do not divide into {kv_heads} groups");
        let remedy = "the heads must be a multiple of the heads that they share";
        self.holds(heads.is_multiple_of(kv_heads), problem, remedy)
    }

    fn ffn(&self, path: &str, ffn: &Ffn) -> Checked {
        match ffn {
            Ffn::Dense(dense) => self.width(&format!("{path}.intermediate"), dense.intermediate),
            Ffn::Moe(moe) => {
                self.count(&format!("{path}.experts"), moe.experts)?;
                self.count(&format!("{path}.top_k"), moe.top_k)?;
                self.width(&format!("{path}.intermediate"), moe.intermediate)?;
                let problem =
                    || format!("{path}: `top_k` is {} of {} experts", moe.top_k, moe.experts);
                let remedy = "a token cannot be sent to more experts than there are";
                self.holds(moe.top_k <= moe.experts, problem, remedy)?;
                let shared = moe.shared_intermediate;
                let problem = || format!("{path}: `shared_intermediate` is {shared}");
                self.holds(shared <= WIDTH_MAX, problem, "check the figure")
            }
        }
    }

    fn lumped(&self, shape: &Lumped) -> Checked {
        self.positive("parameters", shape.parameters)?;
        let total = shape.parameters;
        self.parameters(total)?;
        if let Some(active) = shape.active_parameters {
            self.positive("active_parameters", active)?;
            let problem = || format!("`active_parameters` is {active} of {total} parameters");
            self.holds(active <= total, problem, "give at most `parameters`, or leave it out")?;
        }
        self.count("layers", shape.layers)?;
        self.at_most("hidden_size", shape.hidden_size, HIDDEN_MAX)?;
        self.heads("shape", shape.heads, shape.kv_heads())?;
        self.count("head_dim", shape.head_dim())?;
        if let Some(window) = shape.window {
            self.positive("window", u64::from(window))?;
        }
        let windowed = shape.window_layers;
        let problem = || format!("`window_layers` is {windowed} of {} layers", shape.layers);
        self.holds(windowed <= shape.layers, problem, "give at most `layers`")?;
        let problem = || format!("`window_layers` is {windowed}, but there is no `window`");
        self.holds(windowed == 0 || shape.window.is_some(), problem, "give the `window` in tokens")
    }
}
