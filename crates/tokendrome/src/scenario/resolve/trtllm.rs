//! TensorRT-LLM's scheduler: its knobs, and the memory that its KV blocks have to fit.

use tokendrome_units::{check_positive, check_range};

use super::ScenarioError;
use super::memory::{Memory, Sizes};
use super::validate::at;
use crate::{Scenario, SchedulerSpec, TensorRtLlmSpec};

/// Most blocks: each has a number of its own.
const BLOCKS_MAX: u64 = u32::MAX as u64 - 1;

impl Scenario {
    /// The knobs, with what they leave open filled in.
    pub(super) fn resolve_trtllm(
        &mut self,
        notices: &mut Vec<String>,
    ) -> Result<(), ScenarioError> {
        let SchedulerSpec::TensorRtLlm(spec) = &self.scheduler else { return Ok(()) };
        let mut spec = spec.clone();
        spec.check()?;
        let wrong = |path: &str, message: &str, help: &str| {
            Err(ScenarioError::new(path, message).help(help))
        };
        if self.is_ticking() {
            return wrong(
                "simulation.time_unit",
                "TensorRT-LLM's scheduler works on a machine's clock: seconds",
                "leave out time_unit, or choose a slot scheduler such as \"static\"",
            );
        }
        if self.parallelism.pipeline_parallel_size > 1 {
            return wrong(
                "parallelism.pipeline_parallel_size",
                "TensorRT-LLM's scheduler is not modelled with pipeline stages",
                "use one stage, or the scheduler `vllm`",
            );
        }
        self.fill_length(&mut spec)?;
        self.fill_blocks(&mut spec, notices)?;
        self.scheduler = SchedulerSpec::TensorRtLlm(spec);
        Ok(())
    }

    fn fill_length(&self, spec: &mut TensorRtLlmSpec) -> Result<(), ScenarioError> {
        const PATH: &str = "scheduler.max_seq_len";
        let most = self.machine().map(|(model, _)| model.max_context);
        match (spec.max_seq_len, most) {
            (Some(length), Some(most)) if length > most => {
                let message =
                    format!("{length} tokens are more than the model's context of {most}");
                Err(ScenarioError::new(PATH, message))
            }
            (None, None) => {
                let message = "without a model it is not known how long a sequence may be";
                Err(ScenarioError::new(PATH, message).help("give it, or name model and hardware"))
            }
            _ => {
                spec.max_seq_len = spec.max_seq_len.or(most);
                Ok(())
            }
        }
    }

    fn fill_blocks(
        &self,
        spec: &mut TensorRtLlmSpec,
        notices: &mut Vec<String>,
    ) -> Result<(), ScenarioError> {
        const PATH: &str = "scheduler.num_blocks";
        if self.machine().is_none() {
            if spec.num_blocks.is_some() {
                return Ok(());
            }
            let message = "without a model it is not known how many KV blocks the memory holds";
            return Err(ScenarioError::new(PATH, message)
                .help("give it (0: no account of the KV cache), or name model and hardware"));
        }
        let sizes = Sizes {
            utilization: 1.0,
            tokens: spec.max_num_tokens,
            sequences: spec.max_batch_size,
            block_tokens: spec.tokens_per_block,
        };
        let memory = Memory::of(self, &sizes);
        let left = memory.kv().map(|left| (left as f64 * spec.free_gpu_memory_fraction) as u64);
        let room = left.map(|left| left / memory.block).filter(|&blocks| blocks > 0);
        match (spec.num_blocks, room) {
            (None, None) => return Err(memory.too_small(self, &sizes)),
            (None, Some(room)) => {
                spec.num_blocks = Some(room.min(BLOCKS_MAX) as u32);
                memory.notice_windows(self, false, notices);
            }
            (Some(blocks), room) if u64::from(blocks) > room.unwrap_or(0) => {
                notices.push(format!(
                    "the scenario gives {blocks} KV blocks; the memory leaves room for {}",
                    room.unwrap_or(0)
                ));
            }
            (Some(_), Some(_) | None) => {}
        }
        let blocks = u64::from(spec.num_blocks.unwrap_or(0));
        let held = blocks * u64::from(spec.tokens_per_block);
        let longest = spec.max_seq_len.unwrap_or(0);
        if blocks > 0 && held < longest.into() {
            notices.push(format!(
                "the KV cache holds {held} tokens, fewer than max_seq_len ({longest}): longer \
                 requests are rejected"
            ));
        }
        Ok(())
    }
}

impl TensorRtLlmSpec {
    fn check(&self) -> Result<(), ScenarioError> {
        let most = f64::from(u32::MAX);
        for (field, value, least) in [
            ("max_batch_size", Some(self.max_batch_size), 1.0),
            ("max_num_tokens", Some(self.max_num_tokens), 1.0),
            ("max_seq_len", self.max_seq_len, 2.0),
            ("tokens_per_block", Some(self.tokens_per_block), 1.0),
            ("num_blocks", self.num_blocks, 0.0),
        ] {
            if let Some(value) = value {
                // The largest number stands for no block.
                check_range(field, f64::from(value), least, most - 1.0).map_err(at("scheduler"))?;
            }
        }
        let fraction = self.free_gpu_memory_fraction;
        check_positive("free_gpu_memory_fraction", fraction).map_err(at("scheduler"))?;
        check_range("free_gpu_memory_fraction", fraction, 0.0, 1.0).map_err(at("scheduler"))?;
        if self.enable_chunked_prefill && self.max_num_tokens < self.tokens_per_block {
            let message = format!(
                "{} tokens are fewer than a chunk has (tokens_per_block, {}): no prompt could be \
                 computed in chunks",
                self.max_num_tokens, self.tokens_per_block
            );
            return Err(ScenarioError::new("scheduler.max_num_tokens", message)
                .help("raise it, or lower tokens_per_block"));
        }
        if self.disable_overlap_scheduler && self.simulation_mode {
            let message = "without the overlap scheduler both clocks are the same";
            return Err(ScenarioError::new("scheduler.simulation_mode", message)
                .help("leave it out, or leave out disable_overlap_scheduler"));
        }
        Ok(())
    }
}
