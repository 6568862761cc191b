//! The contract between a scheduler and the replica that drives it.

use std::fmt;

use tokendrome_units::{Bytes, SimTime, TokenRun};

/// The place of a live request in its scheduler. Places are used again when their request has
/// ended, so that they stay as few as there are live requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(pub u32);

impl Slot {
    /// The position in a vector by slot.
    #[inline]
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// What a scheduler is told of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewRequest<'a> {
    /// Tokens of the prompt, at least 1.
    pub prompt_tokens: u32,
    /// Tokens after which the model ends the sequence by itself, at least 1 unless the scheduler
    /// serves requests that only want their prompt computed. Decisions never look at it; it says
    /// when the request is found to be finished.
    pub output_tokens: u32,
    /// Most tokens that may be generated: what the scheduler does know.
    pub max_tokens: u32,
    /// Lower is sooner.
    pub priority: i32,
    /// When it arrived; orders requests of equal priority.
    pub arrival: SimTime,
    /// Breaks ties between equal arrivals.
    pub order: u64,
    /// Tokens of its prompt whose KV cache has come from elsewhere.
    pub computed_tokens: u32,
    /// Output tokens for which schedulers make room that reserve memory for all that may come.
    pub reserved_tokens: u32,
    /// What other sequences may share of its tokens, outputs included.
    pub content: &'a [TokenRun],
}

/// Why a request can never be served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The prompt leaves no room for an output token within the longest sequence.
    PromptTooLong {
        /// Its tokens.
        prompt_tokens: u32,
        /// Longest sequence, in tokens.
        max_model_len: u32,
    },
    /// The prompt may not be split, and does not fit an iteration.
    PromptOverBudget {
        /// Its tokens.
        prompt_tokens: u32,
        /// Most tokens of an iteration.
        budget: u32,
    },
    /// Once paused, all its tokens would have to be computed at once, and do not fit an iteration.
    ContextOverBudget {
        /// Its tokens.
        tokens: u32,
        /// Most tokens of an iteration.
        budget: u32,
    },
    /// Even alone, its KV cache and activations do not fit the memory.
    MemoryTooSmall {
        /// Bytes that it needs on one accelerator beside the weights.
        needed: u64,
        /// Bytes that there are.
        bytes: u64,
    },
    /// Even alone, the sequence would outgrow the KV cache before it ends.
    KvTooSmall {
        /// Blocks that it needs.
        needed: u32,
        /// Blocks that there are.
        total: u32,
    },
}

impl Refusal {
    /// A fixed word for the kind of reason.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::PromptTooLong { .. } => "prompt-too-long",
            Self::PromptOverBudget { .. } => "prompt-over-budget",
            Self::ContextOverBudget { .. } => "context-over-budget",
            Self::MemoryTooSmall { .. } => "memory-too-small",
            Self::KvTooSmall { .. } => "kv-too-small",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PromptTooLong { prompt_tokens, max_model_len } => write!(
                f,
                "the prompt has {prompt_tokens} tokens; where a sequence has at most \
                 {max_model_len}, a prompt may have {}",
                max_model_len.saturating_sub(1)
            ),
            Self::PromptOverBudget { prompt_tokens, budget } => write!(
                f,
                "the prompt has {prompt_tokens} tokens, an iteration at most {budget}, and chunked \
                 prefill is off"
            ),
            Self::ContextOverBudget { tokens, budget } => write!(
                f,
                "once paused, it may have to compute {tokens} tokens again at once; an iteration \
                 takes at most {budget}, and chunked prefill is off"
            ),
            Self::MemoryTooSmall { needed, bytes } => write!(
                f,
                "its KV cache and activations need {} of each accelerator; {} are free beside the \
                 weights",
                Bytes(*needed),
                Bytes(*bytes)
            ),
            Self::KvTooSmall { needed, total } => {
                write!(f, "the sequence needs {needed} KV blocks; the cache has {total}")
            }
        }
    }
}

/// One request's part of an iteration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scheduled {
    /// Whose part it is.
    pub slot: Slot,
    /// Tokens that are computed.
    pub tokens: u32,
    /// Tokens of the sequence that were computed before (and are attended to).
    pub context: u32,
    /// Whether a token is sampled at the end: true once the whole sequence has been computed.
    pub samples: bool,
    /// Whether it is one decode step, as opposed to a part of a prompt or of a recomputation.
    pub decodes: bool,
    /// Whether it was admitted by this very plan.
    pub admitted: bool,
}

/// Requests in steady decode: each decodes one token in this plan, as it did in the plan before and
/// will in the next, so that nobody need list them. Each attends to one token more in every plan.
///
/// A plan may also let all of them pause, if it delivers no token to anybody: it has no decodes
/// then, nobody joins or leaves with it, and they go on in a later plan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Steady {
    /// How many they are.
    pub decodes: u32,
    /// Their tokens that were computed before, summed.
    pub context: u64,
    /// Contexts, in this plan, of those who were not steady in the plan before.
    pub joined: Vec<u32>,
    /// Contexts that those who were steady in the plan before and are not any more would have in
    /// this plan.
    pub left: Vec<u32>,
    /// Those of them that have not ended.
    pub stopped: Vec<Slot>,
}

impl Steady {
    fn clear(&mut self) {
        self.decodes = 0;
        self.context = 0;
        self.joined.clear();
        self.left.clear();
        self.stopped.clear();
    }
}

/// What one iteration computes: what is listed, and the steady requests.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// The parts of requests that are not steady, in the order in which they were scheduled.
    pub scheduled: Vec<Scheduled>,
    /// The others.
    pub steady: Steady,
    /// The others by engine, where several step together ([`Scheduler::engines`]); else empty.
    pub engines: Vec<Steady>,
    /// Requests that lost their blocks to make room, in order.
    pub preempted: Vec<Slot>,
    /// Requests that begin to decode with this plan, in another pool of workers than the one that
    /// computed their prompts, in order.
    pub moved: Vec<Slot>,
    /// Tokens that are computed.
    pub tokens: u64,
}

impl Plan {
    /// Forgets everything, keeping the allocations.
    pub fn clear(&mut self) {
        self.scheduled.clear();
        self.steady.clear();
        self.engines.iter_mut().for_each(Steady::clear);
        self.preempted.clear();
        self.moved.clear();
        self.tokens = 0;
    }

    /// Whether nothing is to be computed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tokens == 0
    }
}

/// What came of an iteration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Requests whose prompts have been computed without a token, in order.
    pub prefilled: Vec<Slot>,
    /// Requests that got a token each, in order, but for those counted in `steady`.
    pub tokens: Vec<Slot>,
    /// Further requests that got a token each, and had one from the plan before this one too.
    pub steady: u32,
    /// Those in `tokens` that were preempted while the token was being computed: they get it all
    /// the same.
    pub stale: Vec<Slot>,
    /// Those that have all their tokens now. Nothing more comes of them; their slots are used again
    /// once no plan in flight names them.
    pub finished: Vec<Slot>,
    /// Requests that had ended before, so that what was computed for them is dropped.
    pub dropped: Vec<Slot>,
}

impl Outcome {
    /// Forgets everything, keeping the allocations.
    pub fn clear(&mut self) {
        self.prefilled.clear();
        self.tokens.clear();
        self.steady = 0;
        self.stale.clear();
        self.finished.clear();
        self.dropped.clear();
    }
}

/// A batch scheduler with its queue and its KV blocks.
pub trait Scheduler {
    /// Takes a request into the queue.
    ///
    /// # Errors
    /// The reason, if the request can never be served.
    fn add(&mut self, request: &NewRequest<'_>) -> Result<Slot, Refusal>;

    /// What time it is, told before each plan: for schedulers that wait for something.
    fn tell_time(&mut self, now: SimTime) {
        let _ = now;
    }

    /// When a plan could be made though nothing ends and nobody comes before, asked after a plan
    /// that is empty.
    fn wakes_at(&self) -> Option<SimTime> {
        None
    }

    /// Decides the next iteration, given what is in flight. `plan` comes in clear. An empty plan
    /// without preemptions means: nothing can be done until an iteration ends or a request arrives.
    fn plan(&mut self, plan: &mut Plan);

    /// The iteration of a plan in flight has ended: of the oldest, unless several executors work on
    /// the queue. `outcome` comes in clear.
    fn complete(&mut self, plan: &Plan, outcome: &mut Outcome);

    /// How many plans and completions ([`Scheduler::repeat`]) could follow now, right after a plan,
    /// that only let the steady requests go on: in which nobody ends, joins or leaves, nobody is
    /// admitted, and every plan in flight computes the same requests. It is asked where one plan is
    /// in flight, or two with a host that plans ahead, and promised that no request is added.
    fn repeats(&mut self) -> u64 {
        0
    }

    /// Completes the oldest plan in flight and makes the next one, where [`Scheduler::repeats`]
    /// allows it: every steady request gets a token, and its context grows by one. Returns the KV
    /// blocks in use.
    fn repeat(&mut self) -> u64 {
        unreachable!("a scheduler that has `repeats` has `repeat` too")
    }

    /// [`Scheduler::repeat`] `count` times, at least once. `in_use` is told the KV blocks in use
    /// after each of the plans, and for how many plans in a row.
    fn repeat_many(&mut self, count: u64, in_use: &mut dyn FnMut(u64, u64)) {
        for _ in 0..count {
            in_use(self.repeat(), 1);
        }
    }

    /// Engines whose plans are one, because they step together. The request at a slot is that of
    /// engine `slot % engines`.
    fn engines(&self) -> usize {
        1
    }

    /// Tokens that were delivered to a live request; or to one that has just finished, until the
    /// next one is added.
    fn delivered(&self, slot: Slot) -> u32;

    /// Requests in the queue, preempted ones among them.
    fn waiting(&self) -> u32;

    /// Requests that run.
    fn running(&self) -> u32;

    /// Whether a request that came now, after `coming` others that are on their way, would find a
    /// place among the running.
    fn has_place(&self, coming: u32) -> bool;

    /// KV blocks in use, and all that can be used; none of none where no KV cache is modelled.
    fn kv_blocks(&self) -> (u64, u64) {
        (0, 0)
    }

    /// KV blocks that would be in use if all engines were as full as the fullest.
    fn kv_blocks_of_fullest(&self) -> u64 {
        self.kv_blocks().0
    }

    /// KV blocks whose content was kept for later hits and overwritten, since the start.
    fn kv_evictions(&self) -> u64 {
        0
    }

    /// Tokens that all KV blocks together can hold.
    fn kv_tokens(&self) -> u64 {
        0
    }

    /// Most tokens of one iteration, if there is a limit.
    fn token_budget(&self) -> Option<u64> {
        None
    }

    /// The same scheduler in the same state, apart from this one.
    fn fork(&self) -> Box<dyn Scheduler>;

    /// What the head of the queue is waiting for, as a sentence; for messages about a standstill.
    fn blockage(&self) -> String;
}
