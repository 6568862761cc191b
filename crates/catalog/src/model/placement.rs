//! How one replica is spread over accelerators.

use super::{Ffn, ModelSpec, MoeFfn};

/// How one replica is spread over accelerators: `tensor * data` ranks in each of `pipeline` stages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placement {
    /// Ranks that share every layer.
    pub tensor: u32,
    /// Stages that the layers are cut into.
    pub pipeline: u32,
    /// Engines with requests and attention of their own, of so many ranks each, that share the
    /// experts of a mixture and so go through its layers together.
    pub data: u32,
    /// Whether a rank holds some of the routed experts whole, and not a slice of each.
    pub whole_experts: bool,
}

impl Placement {
    /// Tensor-parallel ranks and pipeline stages alone.
    #[must_use]
    pub const fn new(tensor: u32, pipeline: u32) -> Self {
        Self { tensor, pipeline, data: 1, whole_experts: false }
    }

    /// Ranks that share the routed experts of a layer.
    #[must_use]
    pub const fn expert_ranks(self) -> u32 {
        self.tensor.saturating_mul(self.data)
    }

    /// Accelerators of the replica.
    #[must_use]
    pub const fn accelerators(self) -> u32 {
        self.expert_ranks().saturating_mul(self.pipeline)
    }
}

/// What one rank holds of the routed experts of a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeldExperts {
    /// How many of them it holds, in whole or in part.
    pub count: u32,
    /// Weights of each on this rank, in parameters.
    pub parameters: u64,
    /// Elements between the projections of each on this rank.
    pub intermediate: u32,
}

impl MoeFfn {
    /// The routed experts on the fullest rank of a placement.
    #[must_use]
    pub fn held(&self, hidden: u32, placement: Placement) -> HeldExperts {
        let ranks = placement.expert_ranks();
        let (count, slices) = match placement.whole_experts {
            true => (self.experts.div_ceil(ranks), 1),
            false => (self.experts, ranks),
        };
        HeldExperts {
            count,
            parameters: self.expert_parameters(hidden, slices),
            intermediate: self.intermediate.div_ceil(slices),
        }
    }
}

impl ModelSpec {
    /// Whether any layer sends tokens to a few of its experts; of a lumped model that is not known.
    #[must_use]
    pub fn has_routed_experts(&self) -> bool {
        let layers = self.transformer().map_or(&[][..], |shape| &shape.layers);
        layers.iter().any(|group| matches!(group.ffn, Ffn::Moe(_)))
    }
}
