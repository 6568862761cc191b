//! What one iteration costs.
//!
//! A [`StepTime`] model sees the shape of a batch ([`BatchShape`]) and nothing else: no request, no
//! clock, no randomness. It returns the time of every pipeline stage in one pass over the batch as
//! it is, and on demand the parts that the time is made of. Where a model is stochastic, what it
//! returns is the mean, and its [`Law`] says the rest; whoever runs the simulation draws.

mod batch;
pub mod collectives;
mod fixed;
mod roofline;
mod spec;
mod steady;
mod tables;
mod ticks;

pub use batch::{BatchShape, Beside, Chunk, StepCost};
pub use collectives::AllReduce;
pub use fixed::{Affine, Constant};
pub use roofline::{Bound, PaddedRoofline, Part, PartKind, Roofline, RooflineError};
pub use spec::{
    AffineSpec, ConstantSpec, ITERATION_OVERHEAD_US, Law, LayerwiseSpec, Mixed, OperatorTablesSpec,
    OverheadsSpec, Profile, RooflineSpec, StepTimeSpec, TicksSpec,
};
pub use steady::SteadyDecodes;
pub use tables::{
    AttentionTime, ExpertsTime, OperatorModel, OperatorTables, OperatorTime, Skew, TablesError,
};
pub use ticks::{Prefills, Ticks};

/// A model of the time of an iteration.
pub trait StepTime {
    /// Windows that the model wants the decodes' contexts clipped to, ascending, in tokens: the
    /// batch's `decode_clipped` has one sum for each.
    fn windows(&self) -> &[u32] {
        &[]
    }

    /// Number of pipeline stages.
    fn stages(&self) -> usize {
        1
    }

    /// The cost of an iteration over `batch`. `cost.stage_s` comes in with one entry per stage and
    /// is overwritten.
    fn cost(&self, batch: &BatchShape, cost: &mut StepCost);

    /// [`StepTime::cost`] again, into the same `cost`, after nothing but the contexts of the
    /// decodes has changed in `batch`. The result is the same to the last bit.
    fn cost_again(&self, batch: &BatchShape, cost: &mut StepCost) {
        self.cost(batch, cost);
    }

    /// Whether the cost depends on the contexts of the decodes. If not, the model has no windows.
    fn sees_contexts(&self) -> bool {
        true
    }

    /// Whether the cost depends on the longest context of a decode, or the shortest
    /// ([`BatchShape::decode_context_max`], [`BatchShape::decode_context_min`]).
    fn sees_longest_context(&self) -> bool {
        false
    }

    /// The law of each stage's time about the mean that [`StepTime::cost`] returns.
    fn law(&self) -> Law {
        Law::Deterministic
    }

    /// What the time is made of, largest first; empty for models that do not look inside.
    fn explain(&self, batch: &BatchShape) -> Vec<Part> {
        let _ = batch;
        Vec::new()
    }

    /// Operations and bytes per second that all accelerators of a replica could do at most; none
    /// for models that count neither.
    fn peaks(&self) -> Option<(f64, f64)> {
        None
    }
}
