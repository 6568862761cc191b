//! Step times in ticks: the model of simulators that know no hardware.
//!
//! An iteration takes
//!
//! ```text
//! max(prefill part, itl if anything decodes, 1) ticks
//! ```
//!
//! A chunk of a prompt takes `prefill_time / total_prefill_chunks`, whatever its length. Prefill
//! and decode overlap completely, and what decodes does so at once, however much it is.
//!
//! Source: the tick engine of `Muhtasham/llm-inference-simulator` (commit e27af12), whose figures
//! come out of this model.

use tokendrome_units::TICK;

use crate::{BatchShape, StepCost, StepTime, TicksSpec};

/// How the prefill chunks of one iteration share its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prefills {
    /// One engine computes them one after the other: their times add up.
    Add,
    /// Each has a worker of its own: they take as long as one.
    Overlap,
}

/// Times in ticks, counted by chunks and not by tokens.
#[derive(Debug, Clone, PartialEq)]
pub struct Ticks {
    prefill_time: f64,
    total_prefill_chunks: f64,
    itl: f64,
    prefills: Prefills,
}

impl Ticks {
    /// The model of a valid specification, for a scheduler that computes a prompt in
    /// `total_prefill_chunks` chunks.
    ///
    /// # Panics
    /// If a prompt is computed in no chunks.
    #[must_use]
    pub fn new(spec: &TicksSpec, total_prefill_chunks: u32, prefills: Prefills) -> Self {
        assert!(total_prefill_chunks > 0, "a prompt is computed in one chunk at least");
        Self {
            prefill_time: spec.prefill_time,
            total_prefill_chunks: f64::from(total_prefill_chunks),
            itl: spec.itl,
            prefills,
        }
    }

    /// Ticks of an iteration.
    fn ticks(&self, batch: &BatchShape) -> f64 {
        let chunks = match self.prefills {
            Prefills::Add => batch.prefills.len(),
            Prefills::Overlap => batch.prefills.len().min(1),
        };
        // Multiplied first, so that chunks that make up a prompt come to its time exactly.
        let prefill = self.prefill_time * chunks as f64 / self.total_prefill_chunks;
        let decode = if batch.decodes > 0 { self.itl } else { 0.0 };
        prefill.max(decode).max(1.0)
    }
}

impl StepTime for Ticks {
    fn cost(&self, batch: &BatchShape, cost: &mut StepCost) {
        cost.stage_s[0] = self.ticks(batch) * TICK.as_secs_f64();
        (cost.flops, cost.bytes) = (0.0, 0.0);
    }

    fn cost_again(&self, _: &BatchShape, _: &mut StepCost) {}

    fn sees_contexts(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests;
