//! What an iteration computes, as somebody asks for it.

use tokendrome_steptime::{BatchShape, Chunk, StepTime, StepTimeSpec};

use super::ExplainError;
use crate::Scenario;

/// Most decodes of a batch.
const DECODES_MAX: u32 = 1_000_000;

/// Decodes that attend to as many tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decodes {
    /// How many sequences.
    pub count: u32,
    /// Tokens that each attends to, its own among them.
    pub context: u32,
}

/// What an iteration computes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Batch {
    /// Parts of prompts. Each is taken for the last of its prompt, after which a token is sampled.
    pub prefills: Vec<Chunk>,
    /// Sequences that decode.
    pub decodes: Vec<Decodes>,
    /// Where it comes from, in words; empty if somebody asked for it.
    pub origin: String,
}

impl Batch {
    fn decodes(&self) -> u64 {
        self.decodes.iter().map(|decodes| u64::from(decodes.count)).sum()
    }

    fn tokens(&self) -> u64 {
        let prefills = self.prefills.iter().map(|chunk| u64::from(chunk.tokens));
        prefills.sum::<u64>() + self.decodes()
    }

    pub(super) fn check(&self) -> Result<(), ExplainError> {
        if self.tokens() == 0 {
            return Err(ExplainError::Empty);
        }
        let found = self.decodes();
        if found > u64::from(DECODES_MAX) {
            return Err(ExplainError::Decodes { found, most: DECODES_MAX });
        }
        let is_long = |chunk: &&Chunk| chunk.tokens.checked_add(chunk.context).is_none();
        match self.prefills.iter().find(is_long) {
            Some(&Chunk { tokens, context }) => Err(ExplainError::Length { tokens, context }),
            None => Ok(()),
        }
    }

    pub(super) fn shape(&self, model: &dyn StepTime, scenario: &Scenario) -> BatchShape {
        let windows = model.windows();
        let mut shape = BatchShape::new(windows.len());
        shape.prefills.clone_from(&self.prefills);
        for decodes in &self.decodes {
            (0..decodes.count).for_each(|_| shape.add_decode(decodes.context, windows));
        }
        let yields = scenario.scheduler.prompt_yields_token();
        let prompts = if yields { self.prefills.len() } else { 0 };
        shape.sampled = shape.decodes + prompts as u32;
        shape
    }

    /// What the scheduler would never do.
    pub(super) fn notices(&self, scenario: &Scenario) -> Vec<String> {
        let mut notices = Vec::new();
        if let Some(spec) = scenario.scheduler.vllm() {
            let budget = spec.budget();
            if self.tokens() > u64::from(budget) {
                notices.push(format!(
                    "{} tokens are more than the scheduler puts into one iteration ({budget})",
                    self.tokens()
                ));
            }
            let (sequences, places) = (self.sequences(), spec.max_num_seqs.unwrap_or(u32::MAX));
            if sequences > u64::from(places) {
                notices.push(format!(
                    "{sequences} sequences are more than max_num_seqs ({places}) lets run at once"
                ));
            }
        }
        let engines = scenario.parallelism.data_parallel_size;
        if engines > 1 {
            notices.push(format!("each of the {engines} engines that share experts computes this"));
        }
        if let Some(model) = scenario.model.as_ref().filter(|of| self.longest() > of.max_context) {
            let (longest, most) = (self.longest(), model.max_context);
            notices.push(format!(
                "a sequence of {longest} tokens is longer than the model's context of {most}"
            ));
        }
        if matches!(scenario.step_time, StepTimeSpec::Constant(_) | StepTimeSpec::Affine(_)) {
            notices.push(
                "step times are given, and have no parts: step_time.kind = \"roofline\" or \
                 \"roofline-layerwise\" computes them"
                    .to_owned(),
            );
        }
        notices
    }

    fn sequences(&self) -> u64 {
        self.prefills.len() as u64 + self.decodes()
    }

    /// Tokens of the longest sequence.
    fn longest(&self) -> u32 {
        let prefills = self.prefills.iter().map(|chunk| chunk.context + chunk.tokens);
        let decodes = self.decodes.iter().map(|decodes| decodes.context);
        prefills.chain(decodes).max().unwrap_or(0)
    }
}
