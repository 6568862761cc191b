//! Whether a model fits its accelerators, and what is left for KV: the account of one placement.

use serde::Serialize;

use super::memory::Sizes;
use super::{Memory, ScenarioError};
use crate::{ParallelismSpec, Scenario};

/// Whether a model fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The model fits, and a sequence of the wanted length with it.
    Fits,
    /// The model fits, but the KV cache holds less than one sequence of the wanted length.
    ShorterSequences,
    /// The model does not fit.
    DoesNotFit,
}

/// The memory of one placement of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// How the replica is spread.
    pub parallelism: ParallelismSpec,
    /// The account of its fullest accelerator.
    pub memory: Memory,
    /// KV blocks on each accelerator, the null block among them: what the memory holds, or what the
    /// scenario gives; 0 if the model does not fit.
    pub blocks: u64,
    /// Tokens that the KV cache of the replica holds.
    pub kv_tokens: u64,
    /// Length of the sequences that are counted, in tokens.
    pub context: u32,
    /// Sequences of that length that the KV cache holds.
    pub sequences: u64,
    /// Whether it fits.
    pub verdict: Verdict,
    /// Bytes by which each accelerator is too small for the model with the KV cache that is asked
    /// for, or with the smallest that there is; 0 if it fits.
    pub missing: u64,
}

impl Placed {
    /// Bytes of the KV cache on each accelerator.
    #[must_use]
    pub fn kv_bytes(&self) -> u64 {
        self.blocks.saturating_mul(self.memory.block)
    }
}

impl Scenario {
    /// The memory of the placement that the scenario asks for, which need not fit, and what there
    /// is to know of it. Sequences are of `context` tokens, or as long as may be.
    ///
    /// # Errors
    /// What else is wrong with model, accelerator, placement and scheduler.
    pub(crate) fn placed(
        mut self,
        context: Option<u32>,
    ) -> Result<(Placed, Vec<String>), ScenarioError> {
        let mut notices = Vec::new();
        if self.scheduler.vllm().is_none() {
            let message = "this account of memory is that of the scheduler `vllm`";
            return Err(ScenarioError::new("scheduler.kind", message)
                .help("leave it out, or set it to \"vllm\""));
        }
        self.validate()?;
        self.check_parts()?;
        self.part_engines(&mut notices)?;
        self.check_placement()?;
        let spec = self.sized(&mut notices)?;
        let memory = Memory::of(&self, &Sizes::from(&spec));
        let asked = spec.num_gpu_blocks.is_some() || spec.kv_cache_memory.is_some();
        if asked {
            // Too few blocks are refused in the words of a simulation.
            memory.fill(&self, &mut spec.clone(), &mut Vec::new())?;
        }
        let wanted = memory.blocks(&spec).unwrap_or(0).max(2);
        let needed = memory.taken().saturating_add(wanted.saturating_mul(memory.block));
        let missing = needed.saturating_sub(memory.usable);
        let blocks = if missing == 0 { wanted } else { 0 };
        let held = blocks.saturating_sub(1);
        let context = context.or(spec.max_model_len).expect("a spec of some size has a length");
        // Each engine has a KV cache of its own.
        let engines = u64::from(self.parallelism.data_parallel_size);
        let sequences = held / u64::from(context.div_ceil(spec.block_size).max(1)) * engines;
        memory.notice_windows(&self, asked, &mut notices);
        let placed = Placed {
            parallelism: self.parallelism,
            memory,
            blocks,
            kv_tokens: held.saturating_mul(u64::from(spec.block_size)).saturating_mul(engines),
            context,
            sequences,
            verdict: match (missing, sequences) {
                (0, 0) => Verdict::ShorterSequences,
                (0, _) => Verdict::Fits,
                _ => Verdict::DoesNotFit,
            },
            missing,
        };
        Ok((placed, notices))
    }
}
