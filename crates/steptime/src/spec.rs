//! What a scenario says of step times.

mod given;
mod operator_tables;
mod overheads;

use std::collections::BTreeMap;
use std::rc::Rc;

use serde::{Deserialize, Serialize};
use tokendrome_catalog::{AcceleratorSpec, DType, ModelSpec, Placement};
use tokendrome_units::{SpecError, check_range};

use crate::collectives::AllReduce;
pub use given::{AffineSpec, ConstantSpec, Law, Mixed, TicksSpec};
pub use operator_tables::{ITERATION_OVERHEAD_US, OperatorTablesSpec};
pub use overheads::OverheadsSpec;

use crate::{PaddedRoofline, Roofline, RooflineError, StepTime};

/// How long an iteration takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum StepTimeSpec {
    /// Computed from the batch, the model's shape and the accelerator's data sheet.
    Roofline(RooflineSpec),
    /// The same, operator by operator.
    RooflineLayerwise(LayerwiseSpec),
    /// Every iteration takes the same time, whatever it computes.
    Constant(ConstantSpec),
    /// A fixed time and a time for every token, or for those above a number.
    Affine(AffineSpec),
    /// Summed up from measured times of single operators.
    OperatorTables(OperatorTablesSpec),
    /// Times in ticks: of a whole prompt, and of one token of all that decode.
    Ticks(TicksSpec),
}

impl Default for StepTimeSpec {
    fn default() -> Self {
        Self::Roofline(RooflineSpec::default())
    }
}

/// Efficiencies and overheads of the roofline: what real kernels reach of the data sheet's peaks.
///
/// The defaults are those of the catalog's profile `vllm-0.15`, one set for all models, fitted on
/// H100; see `docs/step-time.md`. Set every efficiency to 1 and every overhead to 0 for the ideal
/// machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct RooflineSpec {
    /// Share of the matrix units' dense peak that large matrix products reach (0 to 1].
    pub gemm_efficiency: f64,
    /// Share of the dense peak that attention over a prompt reaches (0 to 1].
    pub attention_efficiency: f64,
    /// Share of the memory bandwidth that kernels reach (0 to 1].
    pub memory_efficiency: f64,
    /// Share of a link's bandwidth that collectives reach (0 to 1].
    pub link_efficiency: f64,
    /// Time between two iterations in which the accelerator waits for the host, in microseconds:
    /// scheduling, input preparation, launch, sampling.
    pub host_overhead_us: f64,
    /// Time of launching and draining the kernels of one layer beyond their work, in microseconds.
    pub layer_overhead_us: f64,
    /// What the engine adds beside.
    pub overheads: OverheadsSpec,
}

impl Default for RooflineSpec {
    fn default() -> Self {
        Self {
            gemm_efficiency: 0.70,
            attention_efficiency: 0.50,
            memory_efficiency: 0.878,
            link_efficiency: 0.70,
            host_overhead_us: 1_000.0,
            layer_overhead_us: 17.4,
            overheads: OverheadsSpec::default(),
        }
    }
}

impl RooflineSpec {
    /// The ideal machine: every efficiency 1, no overheads.
    #[must_use]
    pub fn ideal() -> Self {
        Self {
            gemm_efficiency: 1.0,
            attention_efficiency: 1.0,
            memory_efficiency: 1.0,
            link_efficiency: 1.0,
            host_overhead_us: 0.0,
            layer_overhead_us: 0.0,
            overheads: OverheadsSpec::NONE,
        }
    }
}

/// Which operators the layer-wise roofline adds up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// Those of the model as it is, over the batch as it is.
    #[default]
    Standard,
    /// Those of the simulator `deckerd2001/inference_sim` (commit 9d1177d): prompts padded to the
    /// longest, decodes to the longest context, all heads with keys and values of their own, one
    /// up-projection, a speed-up of attention by length, nothing idle between kernels.
    #[serde(rename = "seed001")]
    Seed001,
}

/// Efficiencies and overheads of the layer-wise roofline.
///
/// What is left out has the value of the profile: those of [`RooflineSpec`], or in the profile
/// `seed001` a `gemm_efficiency` of 0.85, all other efficiencies 1 and no overheads.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct LayerwiseSpec {
    /// Which operators are added up.
    pub profile: Profile,
    /// Share of the matrix units' dense peak that matrix products reach (0 to 1].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gemm_efficiency: Option<f64>,
    /// The same for weights of single formats, such as `{ fp8 = 0.6 }`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(
        feature = "schema",
        schemars(extend("propertyNames" = { "$ref": "#/$defs/DType" }))
    )]
    pub gemm_efficiency_by_dtype: BTreeMap<DType, f64>,
    /// Share of the dense peak that attention reaches (0 to 1].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attention_efficiency: Option<f64>,
    /// Share of the memory bandwidth that kernels reach (0 to 1].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_efficiency: Option<f64>,
    /// Share of a link's bandwidth that collectives reach (0 to 1].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link_efficiency: Option<f64>,
    /// How all-reduces go about it. The profile `seed001` knows rings alone.
    pub all_reduce: AllReduce,
    /// Time of the host between two iterations, in microseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host_overhead_us: Option<f64>,
    /// Time of launching the kernels of one layer beyond their work, in microseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layer_overhead_us: Option<f64>,
    /// What the engine adds beside. The profile `seed001` knows nothing of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overheads: Option<OverheadsSpec>,
}

impl LayerwiseSpec {
    /// What the profile says of the fields that are left out.
    fn defaults(&self) -> RooflineSpec {
        match self.profile {
            Profile::Standard => RooflineSpec::default(),
            Profile::Seed001 => RooflineSpec { gemm_efficiency: 0.85, ..RooflineSpec::ideal() },
        }
    }

    /// The figures, with what is left out filled in.
    #[must_use]
    pub fn roofline(&self) -> RooflineSpec {
        let RooflineSpec {
            gemm_efficiency,
            attention_efficiency,
            memory_efficiency,
            link_efficiency,
            host_overhead_us,
            layer_overhead_us,
            overheads,
        } = self.defaults();
        RooflineSpec {
            gemm_efficiency: self.gemm_efficiency.unwrap_or(gemm_efficiency),
            attention_efficiency: self.attention_efficiency.unwrap_or(attention_efficiency),
            memory_efficiency: self.memory_efficiency.unwrap_or(memory_efficiency),
            link_efficiency: self.link_efficiency.unwrap_or(link_efficiency),
            host_overhead_us: self.host_overhead_us.unwrap_or(host_overhead_us),
            layer_overhead_us: self.layer_overhead_us.unwrap_or(layer_overhead_us),
            overheads: self.overheads.unwrap_or(overheads),
        }
    }

    /// Share of the peak that matrix products with weights of this format reach.
    pub(crate) fn gemm_efficiency_of(&self, dtype: DType) -> f64 {
        let own = self.gemm_efficiency_by_dtype.get(&dtype);
        own.copied().unwrap_or_else(|| self.roofline().gemm_efficiency)
    }

    /// The same with every field filled in.
    #[must_use]
    pub fn filled(&self) -> Self {
        self.with(&self.roofline())
    }

    /// The same operators on the ideal machine.
    fn ideal(&self) -> Self {
        let ideal = self.with(&RooflineSpec::ideal());
        Self { gemm_efficiency_by_dtype: BTreeMap::new(), ..ideal }
    }

    /// The same with these figures.
    fn with(&self, all: &RooflineSpec) -> Self {
        Self {
            gemm_efficiency: Some(all.gemm_efficiency),
            attention_efficiency: Some(all.attention_efficiency),
            memory_efficiency: Some(all.memory_efficiency),
            link_efficiency: Some(all.link_efficiency),
            host_overhead_us: Some(all.host_overhead_us),
            layer_overhead_us: Some(all.layer_overhead_us),
            overheads: Some(all.overheads),
            ..self.clone()
        }
    }

    fn validate(&self) -> Result<(), SpecError> {
        let is_ring = matches!(self.all_reduce, AllReduce::Auto | AllReduce::Ring);
        if self.profile == Profile::Seed001 && !is_ring {
            let rule = "be \"ring\" with the profile \"seed001\", which knows no other";
            return Err(SpecError::new("all_reduce", rule, &self.all_reduce.name()));
        }
        if self.profile == Profile::Seed001 && self.roofline().overheads != OverheadsSpec::NONE {
            let rule = "be left out with the profile \"seed001\", which knows none";
            return Err(SpecError::new("overheads", rule, &"some"));
        }
        for &efficiency in self.gemm_efficiency_by_dtype.values() {
            check_range("gemm_efficiency_by_dtype", efficiency, 1e-3, 1.0)?;
        }
        self.roofline().validate()
    }
}

impl StepTimeSpec {
    /// The roofline that is asked for, on a machine; none if times are given otherwise.
    ///
    /// # Errors
    /// If the model cannot be placed so, or the hardware lacks a figure.
    pub fn roofline(
        &self,
        model: &ModelSpec,
        hardware: &AcceleratorSpec,
        placement: Placement,
    ) -> Result<Option<Rc<dyn StepTime>>, RooflineError> {
        Ok(Some(match self {
            Self::Roofline(spec) => Rc::new(Roofline::new(spec, model, hardware, placement)?),
            Self::RooflineLayerwise(spec) => match spec.profile {
                Profile::Standard => {
                    Rc::new(Roofline::layerwise(spec, model, hardware, placement)?)
                }
                Profile::Seed001 => Rc::new(PaddedRoofline::new(spec, model, hardware, placement)?),
            },
            Self::Constant(_) | Self::Affine(_) | Self::Ticks(_) | Self::OperatorTables(_) => {
                return Ok(None);
            }
        }))
    }

    /// The same on the ideal machine: every efficiency 1, no overheads. None if times are given.
    #[must_use]
    pub fn ideal(&self) -> Option<Self> {
        match self {
            Self::Roofline(_) => Some(Self::Roofline(RooflineSpec::ideal())),
            Self::RooflineLayerwise(spec) => Some(Self::RooflineLayerwise(spec.ideal())),
            Self::Constant(_) | Self::Affine(_) | Self::Ticks(_) | Self::OperatorTables(_) => None,
        }
    }

    /// Whether times are computed from a model and an accelerator.
    #[must_use]
    pub fn is_roofline(&self) -> bool {
        matches!(self, Self::Roofline(_) | Self::RooflineLayerwise(_))
    }

    /// The law of times about their means.
    #[must_use]
    pub fn law(&self) -> Law {
        match self {
            Self::Roofline(_)
            | Self::RooflineLayerwise(_)
            | Self::Ticks(_)
            | Self::OperatorTables(_) => Law::Deterministic,
            Self::Constant(spec) => spec.law,
            Self::Affine(spec) => spec.law,
        }
    }

    /// Says what is wrong with the numbers, if anything.
    ///
    /// # Errors
    /// The first number out of range, by the name of its field.
    pub fn validate(&self) -> Result<(), SpecError> {
        /// A day: longer iterations are mistakes of a unit.
        const MS_MAX: f64 = 86_400_000.0;
        /// A nanosecond, the clock's unit: iterations that take no time would let it stand still.
        const MS_MIN: f64 = 1e-6;
        /// More ticks than any engine that counts in ticks has use for.
        const TICKS_MAX: f64 = 1e6;
        match self {
            Self::Roofline(spec) => spec.validate(),
            Self::RooflineLayerwise(spec) => spec.validate(),
            Self::OperatorTables(spec) => spec.validate(),
            Self::Constant(spec) => check_range("step_ms", spec.step_ms, MS_MIN, MS_MAX),
            Self::Affine(spec) => {
                check_range("base_ms", spec.base_ms, 0.0, MS_MAX)?;
                check_range("per_token_ms", spec.per_token_ms, 0.0, MS_MAX)?;
                if spec.free_tokens > 0 {
                    return check_range("base_ms", spec.base_ms, MS_MIN, MS_MAX);
                }
                let least = spec.base_ms + spec.per_token_ms;
                check_range("base_ms + per_token_ms", least, MS_MIN, f64::MAX)
            }
            Self::Ticks(spec) => {
                check_range("prefill_time", spec.prefill_time, 0.0, TICKS_MAX)?;
                check_range("itl", spec.itl, 0.0, TICKS_MAX)
            }
        }
    }
}

impl RooflineSpec {
    fn validate(&self) -> Result<(), SpecError> {
        let efficiencies = [
            ("gemm_efficiency", self.gemm_efficiency),
            ("attention_efficiency", self.attention_efficiency),
            ("memory_efficiency", self.memory_efficiency),
            ("link_efficiency", self.link_efficiency),
        ];
        for (field, value) in efficiencies {
            check_range(field, value, 1e-3, 1.0)?;
        }
        check_range("host_overhead_us", self.host_overhead_us, 0.0, 1e9)?;
        check_range("layer_overhead_us", self.layer_overhead_us, 0.0, 1e9)?;
        self.overheads.validate()
    }
}
