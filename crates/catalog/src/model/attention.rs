//! The token mixers: grouped-query, multi-head latent, and linear (gated delta rule) attention.

use serde::{Deserialize, Serialize};

/// How a layer mixes tokens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Attention {
    /// Multi-head, grouped-query or multi-query attention.
    Grouped(GroupedAttention),
    /// Multi-head latent attention (DeepSeek V2 and later).
    Latent(LatentAttention),
    /// Gated DeltaNet: a recurrent state of constant size instead of a KV cache.
    Linear(LinearAttention),
}

/// Softmax attention in which groups of query heads share a key/value head.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct GroupedAttention {
    /// Query heads.
    pub heads: u32,
    /// Key/value heads; `heads` is a multiple of it.
    pub kv_heads: u32,
    /// Elements of one head.
    pub head_dim: u32,
    /// Tokens that a query looks back on, itself included; none: the whole context. Chunked
    /// attention (Llama 4) stands here with its chunk, which is the most it looks back on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<u32>,
    /// Whether the query, key and value projections have biases.
    #[serde(default)]
    pub qkv_bias: bool,
    /// Whether the output projection has a bias.
    #[serde(default)]
    pub output_bias: bool,
    /// Norms on queries and keys.
    #[serde(default)]
    pub qk_norm: QkNorm,
    /// Whether the output is gated elementwise by a second projection as wide as the queries
    /// (Qwen3-Next and later).
    #[serde(default)]
    pub output_gate: bool,
    /// Whether every head has a learned sink logit (gpt-oss).
    #[serde(default)]
    pub sinks: bool,
}

/// Learned norms on queries and keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum QkNorm {
    /// None, or without weights.
    #[default]
    None,
    /// One weight vector of a head's size for all query heads, one for all key heads (Qwen3,
    /// Gemma 3).
    Head,
    /// One weight for every element of all heads (MiniMax-M2).
    Full,
}

/// Multi-head latent attention: keys and values are rebuilt from one compressed vector per token.
///
/// Source: DeepSeek-V2 (arXiv 2405.04434), section 2.1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct LatentAttention {
    /// Query heads.
    pub heads: u32,
    /// Rank of the query compression; none: queries come straight from the hidden state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub q_lora_rank: Option<u32>,
    /// Rank of the key/value compression: what is cached, with the rotary part.
    pub kv_lora_rank: u32,
    /// Elements of a head's query and key without position.
    pub qk_nope_head_dim: u32,
    /// Elements of a head's query and key that carry the position; the key's are shared by all
    /// heads.
    pub qk_rope_head_dim: u32,
    /// Elements of a head's value.
    pub v_head_dim: u32,
}

/// Gated DeltaNet: a linear recurrence with one state matrix per value head.
///
/// Source: Gated Delta Networks (arXiv 2412.06464) as built in Qwen3-Next and Qwen3.5.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct LinearAttention {
    /// Query and key heads.
    pub key_heads: u32,
    /// Value heads; a multiple of `key_heads`.
    pub value_heads: u32,
    /// Elements of a query or key head.
    pub key_head_dim: u32,
    /// Elements of a value head.
    pub value_head_dim: u32,
    /// Tokens that the causal convolution before the recurrence spans.
    pub conv_kernel: u32,
}

impl GroupedAttention {
    /// Query heads of one rank.
    #[must_use]
    pub const fn heads_per_rank(&self, tp: u32) -> u32 {
        self.heads.div_ceil(tp)
    }

    /// Key/value heads of one rank: at least one, so that they are replicated when there are more
    /// ranks than heads.
    #[must_use]
    pub const fn kv_heads_per_rank(&self, tp: u32) -> u32 {
        self.kv_heads.div_ceil(tp)
    }

    fn linear_parameters(&self, hidden: u64, tp: u32) -> u64 {
        let q = u64::from(self.heads_per_rank(tp)) * u64::from(self.head_dim);
        let kv = u64::from(self.kv_heads_per_rank(tp)) * u64::from(self.head_dim);
        let gate = if self.output_gate { q } else { 0 };
        hidden * (2 * q + gate + 2 * kv)
    }

    fn other_parameters(&self, hidden: u64) -> u64 {
        let head_dim = u64::from(self.head_dim);
        let (q, kv) = (u64::from(self.heads) * head_dim, u64::from(self.kv_heads) * head_dim);
        let gate = if self.output_gate { q } else { 0 };
        let norms = match self.qk_norm {
            QkNorm::None => 0,
            QkNorm::Head => 2 * head_dim,
            QkNorm::Full => q + kv,
        };
        let qkv_bias = if self.qkv_bias { q + gate + 2 * kv } else { 0 };
        let output_bias = if self.output_bias { hidden } else { 0 };
        let sinks = if self.sinks { u64::from(self.heads) } else { 0 };
        norms + qkv_bias + output_bias + sinks
    }
}

impl LatentAttention {
    /// Query heads of one rank.
    #[must_use]
    pub const fn heads_per_rank(&self, tp: u32) -> u32 {
        self.heads.div_ceil(tp)
    }

    /// Elements of a head's query and key.
    #[must_use]
    pub const fn qk_head_dim(&self) -> u32 {
        self.qk_nope_head_dim + self.qk_rope_head_dim
    }

    /// Weights of the down-projections, which every rank holds whole.
    #[must_use]
    pub fn down_parameters(&self, hidden: u32) -> u64 {
        let ranks = self.q_lora_rank.unwrap_or(0) + self.kv_lora_rank + self.qk_rope_head_dim;
        u64::from(hidden) * u64::from(ranks)
    }

    /// Weights of the query and key/value up-projections and of the output projection, which are
    /// split by heads; without query compression the whole query projection is among them.
    #[must_use]
    pub fn up_parameters(&self, hidden: u32, tp: u32) -> u64 {
        let heads = u64::from(self.heads_per_rank(tp));
        let q_in = u64::from(self.q_lora_rank.unwrap_or(hidden));
        let q = q_in * heads * u64::from(self.qk_head_dim());
        let kv_dim = u64::from(self.qk_nope_head_dim) + u64::from(self.v_head_dim);
        let kv = u64::from(self.kv_lora_rank) * heads * kv_dim;
        q + kv + heads * u64::from(self.v_head_dim) * u64::from(hidden)
    }
}

impl LinearAttention {
    const fn conv_channels(&self, tp: u32) -> u64 {
        let keys = self.key_heads.div_ceil(tp) as u64 * self.key_head_dim as u64;
        let values = self.value_heads.div_ceil(tp) as u64 * self.value_head_dim as u64;
        2 * keys + values
    }

    /// Elements of the recurrent state of one sequence in one layer on one rank.
    #[must_use]
    pub const fn state_elements(&self, tp: u32) -> u64 {
        let heads = self.value_heads.div_ceil(tp) as u64;
        heads * self.key_head_dim as u64 * self.value_head_dim as u64
    }

    /// Elements of the convolution's state of one sequence in one layer on one rank.
    #[must_use]
    pub const fn conv_state_elements(&self, tp: u32) -> u64 {
        self.conv_channels(tp) * (self.conv_kernel as u64 - 1)
    }

    fn linear_parameters(&self, hidden: u64, tp: u32) -> u64 {
        let heads = u64::from(self.value_heads.div_ceil(tp));
        let values = heads * u64::from(self.value_head_dim);
        // Query, key, value; the output gate; two scalars per head; the output projection.
        hidden * (self.conv_channels(tp) + values + 2 * heads + values)
    }

    fn other_parameters(&self) -> u64 {
        let conv = self.conv_channels(1) * u64::from(self.conv_kernel);
        // Two scalars per head (decay and its bias), one norm of a head's size.
        conv + 2 * u64::from(self.value_heads) + u64::from(self.value_head_dim)
    }
}

impl Attention {
    /// Weights of the projections of one layer on one rank, in parameters: all that runs as matrix
    /// products (for MLA the down- and up-projections, unabsorbed).
    #[must_use]
    pub fn linear_parameters(&self, hidden: u32, tp: u32) -> u64 {
        match self {
            Self::Grouped(grouped) => grouped.linear_parameters(u64::from(hidden), tp),
            Self::Latent(latent) => {
                latent.down_parameters(hidden) + latent.up_parameters(hidden, tp)
            }
            Self::Linear(linear) => linear.linear_parameters(u64::from(hidden), tp),
        }
    }

    /// Biases, norms of queries, keys and latents, sinks and convolutions of one layer, in
    /// parameters (every rank is charged all of them: they are below 0.1 % of a model).
    #[must_use]
    pub fn other_parameters(&self, hidden: u32) -> u64 {
        match self {
            Self::Grouped(grouped) => grouped.other_parameters(u64::from(hidden)),
            Self::Latent(latent) => {
                u64::from(latent.q_lora_rank.unwrap_or(0)) + u64::from(latent.kv_lora_rank)
            }
            Self::Linear(linear) => linear.other_parameters(),
        }
    }

    /// Elements that one token adds to the KV cache of one layer on one rank.
    ///
    /// Grouped: `2 * kv_heads * head_dim`, split by heads with at least one head per rank. Latent:
    /// `kv_lora_rank + qk_rope_head_dim`, once and on every rank. Linear: nothing.
    #[must_use]
    pub fn kv_elements_per_token(&self, tp: u32) -> u64 {
        match self {
            Self::Grouped(grouped) => {
                2 * u64::from(grouped.kv_heads_per_rank(tp)) * u64::from(grouped.head_dim)
            }
            Self::Latent(latent) => {
                u64::from(latent.kv_lora_rank) + u64::from(latent.qk_rope_head_dim)
            }
            Self::Linear(_) => 0,
        }
    }

    /// Tokens that a query looks back on, or `None` for the whole context.
    #[must_use]
    pub const fn window(&self) -> Option<u32> {
        match self {
            Self::Grouped(grouped) => grouped.window,
            Self::Latent(_) | Self::Linear(_) => None,
        }
    }
}
