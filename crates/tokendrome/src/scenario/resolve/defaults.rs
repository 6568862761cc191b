//! What `vllm serve` chooses by the accelerator.

use tokendrome_catalog::AcceleratorSpec;

use crate::VllmSpec;

/// Tokens of an iteration and sequences at once, where nothing says how many.
///
/// Source: `EngineArgs.get_batch_defaults` of vLLM 0.33.0, for the API server. Its own figures for
/// CPU and TPU backends are left out.
fn batch_defaults(hardware: &AcceleratorSpec) -> (u32, u32) {
    const GIB: u64 = 1 << 30;
    // On an A100 large budgets cost throughput, says vLLM's source.
    let is_a100 = hardware.name.to_ascii_lowercase().contains("a100");
    match hardware.memory.0 / GIB {
        160.. => (16_384, 1_024),
        70.. if !is_a100 => (8_192, 1_024),
        _ => (2_048, 256),
    }
}

impl VllmSpec {
    /// Fills in budget, places and the longest sequence as `vllm serve` 0.33 does, in its order.
    ///
    /// It refuses to start with more places than its default budget has tokens; here the budget
    /// grows, with a notice.
    pub(super) fn fill(
        &mut self,
        hardware: &AcceleratorSpec,
        max_context: u32,
        notices: &mut Vec<String>,
    ) {
        let (budget, places) = batch_defaults(hardware);
        let length = *self.max_model_len.get_or_insert(max_context);
        let budget = if self.enable_chunked_prefill { budget } else { budget.max(length) };
        let places = self.max_num_seqs.unwrap_or(places);
        let budget = budget.min(places.saturating_mul(length)).max(1);
        if self.max_num_batched_tokens.is_none() && self.max_num_seqs > Some(budget) {
            notices.push(format!(
                "max_num_batched_tokens is {places}, as max_num_seqs is: by itself vLLM would \
                 choose {budget}, and not start"
            ));
            self.max_num_batched_tokens = Some(places);
        }
        let budget = *self.max_num_batched_tokens.get_or_insert(budget);
        self.max_num_seqs.get_or_insert(places.min(budget));
    }
}
