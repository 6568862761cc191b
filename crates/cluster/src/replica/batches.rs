//! What the engines of a replica compute in one iteration, for the step-time model.
//!
//! Nearly always there is one engine. Data-parallel engines step together, each with a batch of its
//! own: the iteration takes as long as that of the slowest.

use tokendrome_sched::{Scheduled, Steady};
use tokendrome_steptime::{BatchShape, Beside, Chunk, SteadyDecodes, StepCost, StepTime};

/// The batches of a replica's engines.
#[derive(Clone)]
pub(super) struct Batches {
    windows: Vec<u32>,
    engines: Vec<Batch>,
    /// Scratch of the cost of several.
    cost: StepCost,
}

#[derive(Clone)]
struct Batch {
    shape: BatchShape,
    /// The part of it that is in steady decode.
    steady: SteadyDecodes,
}

impl Batches {
    pub(super) fn new(engines: usize, step_time: &dyn StepTime) -> Self {
        let windows = step_time.windows().to_vec();
        let batch = Batch {
            shape: BatchShape::new(windows.len()),
            steady: SteadyDecodes::new(&windows, step_time.sees_longest_context()),
        };
        let cost = StepCost::new(step_time.stages());
        Self { windows, engines: vec![batch; engines], cost }
    }

    pub(super) fn clear(&mut self) {
        self.engines.iter_mut().for_each(|batch| batch.shape.clear());
    }

    /// Adds a request's part.
    #[inline]
    pub(super) fn add(&mut self, part: &Scheduled) {
        let engine = match self.engines.len() {
            1 => 0,
            engines => part.slot.index() % engines,
        };
        let shape = &mut self.engines[engine].shape;
        if part.decodes {
            shape.add_decode(part.context + 1, &self.windows);
        } else {
            shape.prefills.push(Chunk { tokens: part.tokens, context: part.context });
        }
        shape.sampled += u32::from(part.samples);
    }

    /// Adds the steady requests of all engines, or of each.
    pub(super) fn add_steady(&mut self, all: &Steady, of_each: &[Steady]) {
        match self.engines.as_mut_slice() {
            [only] => only.add_steady(all),
            engines => {
                assert_eq!(engines.len(), of_each.len(), "a plan of another number of engines");
                engines.iter_mut().zip(of_each).for_each(|(batch, own)| batch.add_steady(own));
            }
        }
    }

    pub(super) fn prefills(&self) -> u32 {
        self.engines.iter().map(|batch| batch.shape.prefills.len() as u32).sum()
    }

    pub(super) fn prefill_tokens(&self) -> u64 {
        self.engines.iter().map(|batch| batch.shape.prefill_tokens()).sum()
    }

    #[inline]
    pub(super) fn decodes(&self) -> u32 {
        self.engines.iter().map(|batch| batch.shape.decodes).sum()
    }

    /// The cost of the iteration.
    pub(super) fn cost(&mut self, step_time: &dyn StepTime, cost: &mut StepCost) {
        if let [only] = self.engines.as_slice() {
            step_time.cost(&only.shape, cost);
            return;
        }
        let tokens = |batch: &Batch| batch.shape.tokens();
        let sum: u64 = self.engines.iter().map(tokens).sum();
        let most = self.engines.iter().map(tokens).max().unwrap_or(0);
        for (i, batch) in self.engines.iter_mut().enumerate() {
            let own = batch.shape.tokens();
            // The most of all is as good as that of the others: the larger one counts.
            batch.shape.beside = Some(Beside { tokens: sum - own, most });
            if i == 0 {
                step_time.cost(&batch.shape, cost);
            } else {
                step_time.cost(&batch.shape, &mut self.cost);
                cost.join(&self.cost);
            }
        }
    }

    /// The next iteration of one engine's batch of nothing but steady requests.
    #[inline]
    pub(super) fn go_on(&mut self, step_time: &dyn StepTime, cost: &mut StepCost) {
        let only = self.only();
        only.steady.go_on(&mut only.shape);
        step_time.cost_again(&only.shape, cost);
    }

    /// Skips further ones, of which nobody sees the contexts.
    pub(super) fn skip(&mut self, iterations: u64) {
        let shape = &mut self.only().shape;
        shape.decode_context += u64::from(shape.decodes) * iterations;
    }

    fn only(&mut self) -> &mut Batch {
        let [only] = self.engines.as_mut_slice() else {
            unreachable!("engines that step together do not go ahead")
        };
        only
    }
}

impl Batch {
    fn add_steady(&mut self, steady: &Steady) {
        if steady.decodes == 0 && steady.left.is_empty() {
            // They pause, if there are any: no context grows.
            return;
        }
        self.steady.advance();
        steady.left.iter().for_each(|&context| self.steady.leave(context + 1));
        steady.joined.iter().for_each(|&context| self.steady.join(context + 1));
        let attended = steady.context + u64::from(steady.decodes);
        self.steady.add_to(&mut self.shape, steady.decodes, attended);
        self.shape.sampled += steady.decodes;
    }
}
