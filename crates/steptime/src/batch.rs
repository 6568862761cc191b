//! The shape of a batch, and what it costs.

/// A part of a prompt, or of a recomputation: several tokens of one sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chunk {
    /// Tokens that are computed.
    pub tokens: u32,
    /// Tokens of the sequence that were computed before.
    pub context: u32,
}

/// What one iteration computes, without saying whose it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BatchShape {
    /// The prefill chunks, each with its own context.
    pub prefills: Vec<Chunk>,
    /// Sequences in decode, one token each.
    pub decodes: u32,
    /// Tokens that the decodes attend to, their own among them, summed over the decodes.
    pub decode_context: u64,
    /// The most tokens that one decode attends to, if the step-time model asked for it.
    pub decode_context_max: u32,
    /// The fewest tokens that one decode attends to, likewise; 0 without decodes.
    pub decode_context_min: u32,
    /// The same sum with each decode's context clipped to a window, for every window that the
    /// step-time model asked for.
    pub decode_clipped: Vec<u64>,
    /// Tokens that are sampled at the end.
    pub sampled: u32,
    /// What the engines compute that share experts with this one and go through the layers with it;
    /// none: the same as this one, each.
    pub beside: Option<Beside>,
}

/// The batches of an engine's data-parallel companions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Beside {
    /// Their tokens, summed.
    pub tokens: u64,
    /// Tokens of the one that has most.
    pub most: u64,
}

impl BatchShape {
    /// An empty batch for a model with `windows` windows.
    #[must_use]
    pub fn new(windows: usize) -> Self {
        Self { decode_clipped: vec![0; windows], ..Self::default() }
    }

    /// Forgets everything, keeping the allocations and the number of windows.
    pub fn clear(&mut self) {
        self.prefills.clear();
        self.decodes = 0;
        self.decode_context = 0;
        self.decode_context_max = 0;
        self.decode_context_min = 0;
        self.decode_clipped.fill(0);
        self.sampled = 0;
        self.beside = None;
    }

    /// Adds a decode that attends to `context` tokens, its own among them.
    #[inline]
    pub fn add_decode(&mut self, context: u32, windows: &[u32]) {
        let is_first = self.decodes == 0;
        self.decode_context_min =
            if is_first { context } else { self.decode_context_min.min(context) };
        self.decodes += 1;
        self.decode_context += u64::from(context);
        self.decode_context_max = self.decode_context_max.max(context);
        for (sum, &window) in self.decode_clipped.iter_mut().zip(windows) {
            *sum += u64::from(context.min(window));
        }
    }

    /// Tokens of the prefill chunks.
    #[must_use]
    pub fn prefill_tokens(&self) -> u64 {
        self.prefills.iter().map(|chunk| u64::from(chunk.tokens)).sum()
    }

    /// All tokens that are computed.
    #[must_use]
    pub fn tokens(&self) -> u64 {
        self.prefill_tokens() + u64::from(self.decodes)
    }
}

/// What an iteration costs.
#[derive(Debug, Clone, PartialEq)]
pub struct StepCost {
    /// Time that the host takes to plan and launch it, in seconds, before the first stage can
    /// begin. Whether the accelerator idles meanwhile depends on the engine's loop.
    pub host_s: f64,
    /// Mean time in each pipeline stage, in seconds, with the transfer to the next stage.
    pub stage_s: Vec<f64>,
    /// Mean time of what runs beside the first stage, in seconds: the stage takes the longer of
    /// both, each of which follows the model's law by itself. 0 if there is no such thing.
    pub beside_s: f64,
    /// Floating-point operations over all ranks of the engine; zero if nobody counts them.
    pub flops: f64,
    /// Bytes to and from the memory of all ranks; zero likewise.
    pub bytes: f64,
    /// Whether it lies outside of what was measured, for models that interpolate.
    pub is_extrapolated: bool,
    /// What of it does not depend on the contexts of the decodes, for models that tell it apart.
    pub(crate) fixed: Fixed,
}

/// The part of a cost that only changes with the number of tokens and with the prefill chunks.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Fixed {
    pub(crate) stage_s: Vec<f64>,
    pub(crate) flops: f64,
    pub(crate) bytes: f64,
    pub(crate) is_extrapolated: bool,
}

impl StepCost {
    /// Room for `stages` stages.
    #[must_use]
    pub fn new(stages: usize) -> Self {
        let fixed = Fixed { stage_s: vec![0.0; stages], ..Fixed::default() };
        let stage_s = vec![0.0; stages];
        Self {
            host_s: 0.0,
            stage_s,
            beside_s: 0.0,
            flops: 0.0,
            bytes: 0.0,
            is_extrapolated: false,
            fixed,
        }
    }
    /// Of engines that go through their layers together, each of which would take so long alone:
    /// all wait for the slowest, and everybody's work counts.
    pub fn join(&mut self, other: &Self) {
        self.host_s = self.host_s.max(other.host_s);
        self.beside_s = self.beside_s.max(other.beside_s);
        for (own, &others) in self.stage_s.iter_mut().zip(&other.stage_s) {
            *own = own.max(others);
        }
        self.flops += other.flops;
        self.bytes += other.bytes;
    }
}
