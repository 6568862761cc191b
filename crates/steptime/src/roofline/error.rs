//! Why a model cannot be placed.

use thiserror::Error;

/// Why there is no roofline of a model on a placement.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RooflineError {
    /// Heads cannot be shared evenly.
    #[error(
        "{heads} attention heads cannot be split over {tensor} ranks: use a divisor of {heads}"
    )]
    Heads {
        /// Query heads.
        heads: u32,
        /// Tensor-parallel ranks.
        tensor: u32,
    },
    /// Heads of keys and values can neither be shared evenly nor copied evenly.
    #[error(
        "{kv_heads} heads of keys and values cannot be spread over {tensor} ranks: use a divisor \
         or a multiple of {kv_heads}"
    )]
    KvHeads {
        /// Heads of keys and values.
        kv_heads: u32,
        /// Tensor-parallel ranks.
        tensor: u32,
    },
    /// More stages than layers.
    #[error("{pipeline} pipeline stages are more than the model's {layers} layers")]
    Stages {
        /// Pipeline stages.
        pipeline: u32,
        /// Layers.
        layers: u32,
    },
    /// The ranks of a layer do not stand in one node.
    #[error(
        "{tensor} tensor-parallel ranks do not fit a node of {node} {accelerator}: use at most \
         {node}, and pipeline stages for the rest; over several whole nodes they need figures of \
         the network between them (hardware.network)"
    )]
    Node {
        /// Tensor-parallel ranks.
        tensor: u32,
        /// Accelerators of a node.
        node: u32,
        /// The accelerator.
        accelerator: String,
    },
    /// The ranks of a layer stand in several nodes, and only a node has such a switch.
    #[error(
        "an all-reduce in the switch stays within a node of {node}, and {tensor} ranks share a \
         layer: choose step_time.all_reduce = \"hierarchical\""
    )]
    Switch {
        /// Tensor-parallel ranks.
        tensor: u32,
        /// Accelerators of a node.
        node: u32,
    },
    /// Experts are to be shared of a model without any.
    #[error("{0} has no experts to share: leave out enable_expert_parallel")]
    NoExperts(String),
    /// More ranks than experts.
    #[error("{experts} experts cannot be held whole by {ranks} ranks: some would have none")]
    Experts {
        /// Routed experts of a layer.
        experts: u32,
        /// Ranks that share them.
        ranks: u32,
    },
    /// A link is needed whose figures are not known.
    #[error("{accelerator} has no figures for its {link}; give hardware.{field} a bandwidth")]
    NoLink {
        /// The accelerator.
        accelerator: String,
        /// The link, in words.
        link: &'static str,
        /// Its field.
        field: &'static str,
    },
    /// The accelerator cannot compute in the model's format.
    #[error(
        "{accelerator} has no peak rate for weights in {dtype}; give one under hardware.peak, or \
         choose another dtype"
    )]
    NoPeak {
        /// The accelerator.
        accelerator: String,
        /// The format.
        dtype: &'static str,
    },
    /// The model has layers that cannot be priced.
    #[error("{0} layers are not modelled yet")]
    NotModelled(&'static str),
    /// The model or the placement is beyond a profile of the layer-wise roofline.
    #[error(
        "the profile `seed001` knows dense transformers with grouped attention and one kind of \
         layer, on one pipeline stage; choose step_time.profile = \"standard\""
    )]
    Profile,
    /// More different windows than the sums have room for.
    #[error("the model mixes {found} different attention windows; at most {most} are modelled")]
    Windows {
        /// Different windows.
        found: usize,
        /// Most that can be.
        most: usize,
    },
}
