//! What an iteration's time is made of, for people.

use super::Work;

/// A class of kernels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PartKind {
    /// Query, key, value and output projections.
    Projections,
    /// Looking the tokens up.
    Embedding,
    /// Norms of the residual stream.
    Norm,
    /// Query, key and value projections.
    Qkv,
    /// Rotation of queries and keys by their position.
    Rotary,
    /// Attention of the prefill chunks.
    PrefillAttention,
    /// Attention of the decodes.
    DecodeAttention,
    /// Reading keys and values, where attention is reckoned without it.
    KvRead,
    /// Writing keys and values.
    KvWrite,
    /// Output projection of attention.
    OutputProjection,
    /// Dense feed-forward matrices; of a mixture of experts, the router and the shared experts.
    FeedForward,
    /// Up-projection of the feed-forward block, or of the shared experts.
    MlpUp,
    /// Its gate.
    MlpGate,
    /// Its activation function.
    Activation,
    /// Its down-projection.
    MlpDown,
    /// The router of a mixture of experts.
    Router,
    /// Routed experts.
    Experts,
    /// The way of tokens to experts on the ranks of other engines, and back.
    ExpertExchange,
    /// All-reduces of tensor parallelism.
    AllReduce,
    /// Launching the layers' kernels.
    Launch,
    /// Output head.
    Head,
    /// Choosing the next tokens.
    Sampler,
    /// Transfers between pipeline stages.
    Transfer,
    /// Waiting for the host.
    Host,
}

impl PartKind {
    /// The name for tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Projections => "attention projections",
            Self::Embedding => "embedding",
            Self::Norm => "norms",
            Self::Qkv => "QKV projection",
            Self::Rotary => "rotary embedding",
            Self::PrefillAttention => "prefill attention",
            Self::DecodeAttention => "decode attention",
            Self::KvRead => "KV read",
            Self::KvWrite => "KV write",
            Self::OutputProjection => "output projection",
            Self::FeedForward => "feed-forward",
            Self::MlpUp => "MLP up",
            Self::MlpGate => "MLP gate",
            Self::Activation => "activation",
            Self::MlpDown => "MLP down",
            Self::Router => "router",
            Self::Experts => "routed experts",
            Self::ExpertExchange => "expert exchange",
            Self::AllReduce => "all-reduce",
            Self::Launch => "kernel launch",
            Self::Head => "output head",
            Self::Sampler => "sampler",
            Self::Transfer => "stage transfer",
            Self::Host => "host",
        }
    }
}

/// What bounds a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// The matrix units.
    Compute,
    /// The memory bandwidth.
    Memory,
    /// Links between accelerators.
    Link,
    /// Fixed overheads.
    Overhead,
    /// Nobody knows: its time was measured as a whole.
    Measured,
}

impl Bound {
    /// The name for tables and files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Compute => "compute",
            Self::Memory => "memory",
            Self::Link => "link",
            Self::Overhead => "overhead",
            Self::Measured => "measured",
        }
    }
}

/// One part of an iteration, summed over layers and stages.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Part {
    /// What it is.
    pub kind: PartKind,
    /// Its time, in seconds.
    pub seconds: f64,
    /// Operations of one rank.
    pub flops: f64,
    /// Bytes to and from the memory of one rank.
    pub bytes: f64,
    /// What bounds most of its time.
    pub bound: Bound,
}

/// Sums parts by kind.
#[derive(Default)]
pub(super) struct Parts(Vec<(PartKind, Work, f64)>);

impl Parts {
    pub(super) fn add(&mut self, kind: PartKind, work: &Work, count: f64) {
        let place = self.0.iter().position(|(known, ..)| *known == kind);
        let place = place.unwrap_or_else(|| {
            self.0.push((kind, Work::default(), 0.0));
            self.0.len() - 1
        });
        let (_, sum, seconds) = &mut self.0[place];
        sum.flops += work.flops * count;
        sum.bytes += work.bytes * count;
        sum.compute_s += work.compute_s * count;
        sum.memory_s += work.memory_s * count;
        sum.other_s += work.other_s * count;
        *seconds += work.seconds() * count;
    }

    pub(super) fn into_sorted(self) -> Vec<Part> {
        let mut parts: Vec<Part> = self
            .0
            .into_iter()
            .filter(|&(.., seconds)| seconds > 0.0)
            .map(|(kind, work, seconds)| Part {
                kind,
                seconds,
                flops: work.flops,
                bytes: work.bytes,
                bound: bound_of(kind, &work),
            })
            .collect();
        parts.sort_by(|a, b| b.seconds.total_cmp(&a.seconds).then(a.kind.cmp(&b.kind)));
        parts
    }
}

fn bound_of(kind: PartKind, work: &Work) -> Bound {
    match kind {
        PartKind::AllReduce | PartKind::ExpertExchange | PartKind::Transfer => Bound::Link,
        PartKind::Host | PartKind::Launch | PartKind::Sampler => Bound::Overhead,
        _ if work.compute_s > work.memory_s => Bound::Compute,
        _ => Bound::Memory,
    }
}
