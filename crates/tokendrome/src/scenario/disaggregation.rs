//! The `[disaggregation]` section: prompts and decodes in pools of their own.

use serde::{Deserialize, Serialize};
use tokendrome_catalog::AcceleratorSpec;
use tokendrome_cluster::Carried;
use tokendrome_steptime::StepTimeSpec;
use tokendrome_units::{Bytes, BytesPerSecond};

use crate::{ClusterSpec, ParallelismSpec, RouterSpec, Scenario, SchedulerSpec};

/// Two pools of replicas: one computes prompts, whose KV caches are sent to the other, which
/// decodes. What a pool leaves open is as in the scenario's own sections.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct DisaggregationSpec {
    /// The pool that computes prompts.
    pub prefill: PoolSpec,
    /// The pool that decodes.
    pub decode: PoolSpec,
    /// How KV caches get from the one to the other.
    pub transfer: TransferSpec,
}

/// One pool of replicas.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct PoolSpec {
    /// The accelerator. Default: that of the scenario.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hardware: Option<AcceleratorSpec>,
    /// How one replica is spread over accelerators. Default: as the scenario says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parallelism: Option<ParallelismSpec>,
    /// How a replica batches requests. Default: as the scenario says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheduler: Option<SchedulerSpec>,
    /// How long an iteration takes. Default: as the scenario says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step_time: Option<StepTimeSpec>,
    /// Equal replicas.
    pub replicas: u32,
    /// Which replica a request goes to.
    pub router: RouterSpec,
}

impl Default for PoolSpec {
    fn default() -> Self {
        Self {
            hardware: None,
            parallelism: None,
            scheduler: None,
            step_time: None,
            replicas: 1,
            router: RouterSpec::RoundRobin,
        }
    }
}

/// How KV caches get from pool to pool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct TransferSpec {
    /// Bytes per second between the pools, all transfers together. Default: what the network
    /// connections of the smaller pool's accelerators carry together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bandwidth: Option<BytesPerSecond>,
    /// Bytes per second into or out of one replica, if that is a limit of its own. Default: none
    /// where `bandwidth` is given, else what its network connections carry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replica_bandwidth: Option<BytesPerSecond>,
    /// From the last byte sent to its arrival, in milliseconds.
    pub latency_ms: f64,
    /// By how much KV caches are compressed on the way, 1 or more.
    pub compression_ratio: f64,
    /// What of a transfer goes ahead while the prompt is computed.
    pub overlap: Overlap,
    /// How transfers that are under way together share the bandwidth.
    pub contention: Contention,
    /// Which tokens' KV caches are sent.
    pub carries: Carries,
    /// What is one transfer.
    pub unit: TransferUnit,
    /// KV cache of one token, over all ranks. Default: that of the model, each head once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kv_bytes_per_token: Option<Bytes>,
}

impl Default for TransferSpec {
    fn default() -> Self {
        Self {
            bandwidth: None,
            replica_bandwidth: None,
            latency_ms: 0.0,
            compression_ratio: 1.0,
            overlap: Overlap::None,
            contention: Contention::Fair,
            carries: Carries::Prompt,
            unit: TransferUnit::Request,
            kv_bytes_per_token: None,
        }
    }
}

/// What of a transfer goes ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Overlap {
    /// Nothing: it begins when the prompt is computed.
    #[default]
    None,
    /// Every layer but the last, as far as the link takes them: each is sent while the next is
    /// computed.
    LayerWise,
}

/// How transfers share the bandwidth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Contention {
    /// Max-min fair.
    #[default]
    Fair,
    /// Not at all: each has all of it, however many there are.
    Unlimited,
}

/// Which tokens' KV caches are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Carries {
    /// Those of the prompt.
    #[default]
    Prompt,
    /// Room for all tokens that the request will have, which `phase-batching` makes in the first
    /// pool too.
    Reservation,
}

/// What is one transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum TransferUnit {
    /// One request.
    #[default]
    Request,
    /// All prompts that end in one iteration: they arrive together.
    Batch,
}

/// A pool of a disaggregated cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// The pool that computes prompts.
    Prefill,
    /// The pool that decodes.
    Decode,
}

impl Phase {
    /// Both, in the order of their replicas.
    pub const ALL: [Self; 2] = [Self::Prefill, Self::Decode];

    /// The name of its section.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Prefill => "prefill",
            Self::Decode => "decode",
        }
    }
}

impl DisaggregationSpec {
    /// One of the pools.
    #[must_use]
    pub fn pool(&self, phase: Phase) -> &PoolSpec {
        match phase {
            Phase::Prefill => &self.prefill,
            Phase::Decode => &self.decode,
        }
    }

    pub(crate) fn pool_mut(&mut self, phase: Phase) -> &mut PoolSpec {
        match phase {
            Phase::Prefill => &mut self.prefill,
            Phase::Decode => &mut self.decode,
        }
    }
}

impl Carries {
    pub(crate) fn carried(self) -> Carried {
        match self {
            Self::Prompt => Carried::Prompt,
            Self::Reservation => Carried::Reservation,
        }
    }
}

impl Scenario {
    /// One pool of a disaggregated scenario by itself: the same scenario with the pool's machines,
    /// and one kind of replicas. None if there is but one pool.
    #[must_use]
    pub fn pool(&self, phase: Phase) -> Option<Self> {
        let of = self.disaggregation.as_ref()?.pool(phase).clone();
        let mut pool = self.clone();
        pool.disaggregation = None;
        pool.cluster =
            ClusterSpec { replicas: of.replicas, router: of.router, ..ClusterSpec::default() };
        if let Some(hardware) = of.hardware {
            pool.hardware = Some(hardware);
        }
        pool.parallelism = of.parallelism.unwrap_or(pool.parallelism);
        pool.scheduler = of.scheduler.unwrap_or(pool.scheduler);
        pool.step_time = of.step_time.unwrap_or(pool.step_time);
        Some(pool)
    }
}
