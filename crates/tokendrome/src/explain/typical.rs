//! Iterations that a scenario's workload makes likely, where nobody says which.

use tokendrome_kernel::Streams;
use tokendrome_steptime::Chunk;
use tokendrome_workload::{LengthsSpec, Rows, SourceError, TraceRow};

use super::{Batch, Decodes};
use crate::{Scenario, SchedulerSpec};

/// Lengths whose mean is taken.
const DRAWS: usize = 10_000;

/// Mean lengths of a workload's requests, rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MeanLengths {
    /// Tokens of a prompt, without shared prefixes and what was said in a session before; at least
    /// 1.
    pub input_tokens: u32,
    /// Tokens of an answer.
    pub output_tokens: u32,
}

impl MeanLengths {
    /// Those of a resolved scenario, as the means of 10,000 draws; none if it reads a trace or a
    /// dataset.
    #[must_use]
    pub fn of_workload(scenario: &Scenario) -> Option<Self> {
        let spec = scenario.workload.synthetic()?;
        let streams = Streams::new(scenario.simulation.seed, 0);
        let mean_of = |lengths: &LengthsSpec, stream: &str| {
            let (lengths, mut stream) = (lengths.build(), streams.stream(stream));
            mean((0..DRAWS).map(|_| lengths.draw(&mut stream)))
        };
        Some(Self {
            input_tokens: mean_of(&spec.input_tokens, "explain-input").max(1),
            output_tokens: mean_of(&spec.output_tokens, "explain-output"),
        })
    }

    /// Those of the first 10,000 rows of the trace or dataset of a resolved scenario; none if it is
    /// empty. Outputs that the rows do not tell are drawn.
    ///
    /// # Errors
    /// If a row cannot be read.
    pub fn of_rows(scenario: &Scenario, rows: Rows) -> Result<Option<Self>, SourceError> {
        let law = scenario.workload.output_tokens.as_ref().map(LengthsSpec::build);
        let mut stream = Streams::new(scenario.simulation.seed, 0).stream("explain-output");
        let mut output = |row: &TraceRow| match (&law, row.output_tokens) {
            (Some(law), 0) => {
                let most = row.max_tokens.or(scenario.workload.max_tokens);
                law.draw(&mut stream).min(most.unwrap_or(u32::MAX))
            }
            (_, tokens) => tokens,
        };
        let lengths = rows.take(DRAWS).map(|row| row.map(|row| (row.input_tokens, output(&row))));
        let lengths = lengths.collect::<Result<Vec<(u32, u32)>, SourceError>>()?;
        Ok((!lengths.is_empty()).then(|| Self {
            input_tokens: mean(lengths.iter().map(|&(input, _)| input)).max(1),
            output_tokens: mean(lengths.iter().map(|&(_, output)| output)),
        }))
    }

    /// What a decode attends to half-way through its answer.
    #[must_use]
    pub fn context(&self) -> u32 {
        self.input_tokens.saturating_add(self.output_tokens.div_ceil(2))
    }
}

fn mean(lengths: impl ExactSizeIterator<Item = u32>) -> u32 {
    let count = lengths.len() as u64;
    let sum: u64 = lengths.map(u64::from).sum();
    // The mean of 32-bit numbers is one.
    ((sum + count / 2) / count) as u32
}

impl Batch {
    /// Two iterations of a resolved scenario: one prompt of mean length, or as much of it as the
    /// scheduler takes at once; and as many decodes as run together at most.
    #[must_use]
    pub fn typical(scenario: &Scenario, lengths: MeanLengths) -> [Self; 2] {
        let prompt = lengths.input_tokens;
        let tokens = first_chunk(scenario, prompt);
        let origin = match tokens < prompt {
            true => format!("the first part of one of {prompt}, the mean of the workload"),
            false => "the mean of the workload".to_owned(),
        };
        let prefill =
            Self { prefills: vec![Chunk { tokens, context: 0 }], decodes: Vec::new(), origin };
        let count = sequences(scenario, lengths);
        let decode = Self {
            prefills: Vec::new(),
            decodes: vec![Decodes { count, context: lengths.context() }],
            origin: "a full batch, half-way through requests of mean lengths".to_owned(),
        };
        [prefill, decode]
    }
}

/// Places of a batch that nothing limits.
const PLACES: u32 = 256;

/// Tokens of a prompt that the scheduler computes in one iteration.
fn first_chunk(scenario: &Scenario, prompt: u32) -> u32 {
    match &scenario.scheduler {
        SchedulerSpec::Vllm(spec) if spec.enable_chunked_prefill => {
            let threshold = spec.long_prefill_token_threshold;
            let threshold = if threshold == 0 { u32::MAX } else { threshold };
            prompt.min(spec.budget()).min(threshold)
        }
        SchedulerSpec::TensorRtLlm(spec) if spec.enable_chunked_prefill => {
            prompt.min(spec.max_num_tokens)
        }
        SchedulerSpec::Vllm(_)
        | SchedulerSpec::TensorRtLlm(_)
        | SchedulerSpec::PhaseBatching(_) => prompt,
        SchedulerSpec::Static(spec)
        | SchedulerSpec::InFlight(spec)
        | SchedulerSpec::InFlightOnePrefill(spec) => prompt.div_ceil(spec.total_prefill_chunks),
        SchedulerSpec::Disaggregated(spec) => prompt.div_ceil(spec.total_prefill_chunks),
        SchedulerSpec::DecodePrioritizing(spec)
        | SchedulerSpec::PrefillPrioritizing(spec)
        | SchedulerSpec::Hybrid(spec) => match spec.enable_chunked_prefill {
            true => prompt.min(spec.prefill_chunk_size),
            false => prompt,
        },
    }
}

/// Sequences that decode together at most: the scheduler's places, as far as the KV cache holds
/// whole requests, shared by as many batches as are in flight.
fn sequences(scenario: &Scenario, lengths: MeanLengths) -> u32 {
    match &scenario.scheduler {
        SchedulerSpec::Vllm(spec) => {
            let places = spec.max_num_active_seqs.or(spec.max_num_seqs).unwrap_or(1);
            let request = lengths.input_tokens.saturating_add(lengths.output_tokens);
            let blocks = request.div_ceil(spec.block_size);
            // The first block is the null block.
            let held = spec.num_gpu_blocks.unwrap_or(0).saturating_sub(1) / blocks;
            let in_flight = scenario.parallelism.pipeline_parallel_size;
            places.min(held.max(1)).div_ceil(in_flight)
        }
        SchedulerSpec::TensorRtLlm(spec) => {
            let request = lengths.input_tokens.saturating_add(lengths.output_tokens);
            let blocks = request.div_ceil(spec.tokens_per_block).max(1);
            match spec.num_blocks {
                Some(0) | None => spec.max_batch_size,
                Some(all) => spec.max_batch_size.min(all / blocks).max(1),
            }
        }
        SchedulerSpec::Static(spec)
        | SchedulerSpec::InFlight(spec)
        | SchedulerSpec::InFlightOnePrefill(spec) => spec.max_batch_size,
        SchedulerSpec::Disaggregated(spec) => spec.decode_workers,
        SchedulerSpec::DecodePrioritizing(spec) | SchedulerSpec::PrefillPrioritizing(spec) => {
            spec.max_sequences
        }
        SchedulerSpec::Hybrid(spec) => spec.decode_places(),
        SchedulerSpec::PhaseBatching(spec) => {
            let memory = spec.memory.zip(spec.kv_bytes_per_token);
            let tokens = memory.map_or(u64::MAX, |(bytes, each)| bytes.0 / each.0.max(1));
            let request = lengths.input_tokens.saturating_add(lengths.output_tokens);
            let held = tokens / u64::from(request.max(1));
            // Nobody is limited by nothing: a batch as large as engines have.
            let most = u64::from(spec.max_batch_size.unwrap_or(PLACES));
            held.clamp(1, most.max(1)) as u32
        }
    }
}
