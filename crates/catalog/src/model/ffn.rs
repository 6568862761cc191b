//! Feed-forward parts: one dense block, or a mixture of experts.

use serde::{Deserialize, Serialize};

/// How a layer transforms each token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Ffn {
    /// One block for every token.
    Dense(DenseFfn),
    /// A router sends each token to a few experts.
    Moe(MoeFfn),
}

/// A dense feed-forward block.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DenseFfn {
    /// Elements between the projections.
    pub intermediate: u32,
    /// Whether a gate multiplies the up-projection (SwiGLU, GeGLU): three matrices, not two.
    #[serde(default = "yes")]
    pub gated: bool,
    /// Whether the projections have biases.
    #[serde(default)]
    pub bias: bool,
}

/// A mixture of experts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct MoeFfn {
    /// Routed experts.
    pub experts: u32,
    /// Routed experts that one token is sent to.
    pub top_k: u32,
    /// Elements between the projections of one routed expert.
    pub intermediate: u32,
    /// Elements between the projections of all shared experts together; 0: there is none.
    #[serde(default)]
    pub shared_intermediate: u32,
    /// Whether a gate multiplies the up-projection: three matrices per expert, not two.
    #[serde(default = "yes")]
    pub gated: bool,
    /// Whether the experts' projections have biases (gpt-oss).
    #[serde(default)]
    pub bias: bool,
    /// Whether the router has one learned offset per expert (gpt-oss, DeepSeek V3).
    #[serde(default)]
    pub router_bias: bool,
    /// Whether the shared expert's output is gated by a projection to one number (Qwen MoE).
    #[serde(default)]
    pub shared_gate: bool,
}

const fn yes() -> bool {
    true
}

/// Weights of one gated or plain block.
fn matrices(hidden: u32, intermediate: u64, gated: bool) -> u64 {
    let count = if gated { 3 } else { 2 };
    count * u64::from(hidden) * intermediate
}

/// Biases of one gated or plain block.
fn biases(hidden: u32, intermediate: u32, gated: bool) -> u64 {
    let inner = if gated { 2 } else { 1 };
    inner * u64::from(intermediate) + u64::from(hidden)
}

impl DenseFfn {
    /// Weights of the block on one rank, in parameters.
    #[must_use]
    pub fn linear_parameters(&self, hidden: u32, tp: u32) -> u64 {
        matrices(hidden, u64::from(self.intermediate.div_ceil(tp)), self.gated)
    }

    /// Biases, in parameters (every rank is charged all of them).
    #[must_use]
    pub fn other_parameters(&self, hidden: u32) -> u64 {
        if self.bias { biases(hidden, self.intermediate, self.gated) } else { 0 }
    }
}

impl MoeFfn {
    /// Weights of ONE routed expert, or of one rank's share of it, in parameters.
    #[must_use]
    pub fn expert_parameters(&self, hidden: u32, tp: u32) -> u64 {
        matrices(hidden, u64::from(self.intermediate.div_ceil(tp)), self.gated)
    }

    /// Weights of the shared experts on one rank, in parameters; 0 if there are none.
    #[must_use]
    pub fn shared_parameters(&self, hidden: u32, tp: u32) -> u64 {
        matrices(hidden, u64::from(self.shared_intermediate.div_ceil(tp)), self.gated)
    }

    /// Weights of the router (and of the shared expert's gate), which every rank holds whole.
    #[must_use]
    pub fn router_parameters(&self, hidden: u32) -> u64 {
        u64::from(hidden) * (u64::from(self.experts) + u64::from(self.shared_gate))
    }

    /// Biases of ONE routed expert, in parameters.
    #[must_use]
    pub fn expert_bias_parameters(&self, hidden: u32) -> u64 {
        if self.bias { biases(hidden, self.intermediate, self.gated) } else { 0 }
    }

    /// Offsets of the router, in parameters.
    #[must_use]
    pub fn router_bias_parameters(&self) -> u64 {
        if self.router_bias { u64::from(self.experts) } else { 0 }
    }

    /// Parameters of the whole block if every token saw `experts` of the routed experts.
    fn parameters_with(&self, hidden: u32, experts: u32) -> u64 {
        let expert = self.expert_parameters(hidden, 1) + self.expert_bias_parameters(hidden);
        u64::from(experts) * expert
            + self.shared_parameters(hidden, 1)
            + self.router_parameters(hidden)
            + self.router_bias_parameters()
    }
}

impl Ffn {
    /// Parameters of the block, all experts included.
    #[must_use]
    pub fn parameters(&self, hidden: u32) -> u64 {
        match self {
            Self::Dense(dense) => {
                dense.linear_parameters(hidden, 1) + dense.other_parameters(hidden)
            }
            Self::Moe(moe) => moe.parameters_with(hidden, moe.experts),
        }
    }

    /// Parameters that one token passes through.
    #[must_use]
    pub fn active_parameters(&self, hidden: u32) -> u64 {
        match self {
            Self::Dense(_) => self.parameters(hidden),
            Self::Moe(moe) => moe.parameters_with(hidden, moe.top_k),
        }
    }
}
