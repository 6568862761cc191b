//! The rules of vLLM's scheduler, as plainly as they can be said: lists that are searched from end
//! to end, and whole beginnings of sequences in the place of hashes.
//!
//! Nothing of the scheduler under test is used here.

use crate::drawn::{Config, Drawn};

/// A request that has arrived.
pub(crate) struct Seq {
    /// Prompt, and the outputs that have been delivered.
    pub(crate) tokens: Vec<u32>,
    pub(crate) prompt: usize,
    pub(crate) computed: usize,
    pub(crate) blocks: Vec<u32>,
    /// Blocks that are in the prefix cache, from the first on.
    pub(crate) cached: usize,
    pub(crate) chunking: bool,
    pub(crate) state: State,
    /// Outputs that are sampled and not delivered.
    pub(crate) placeholders: usize,
    pub(crate) in_flight: usize,
    pub(crate) stale: usize,
}

#[derive(PartialEq, Eq, Clone, Copy)]
pub(crate) enum State {
    Waiting,
    Running,
    Preempted,
    Finished,
}

/// One request's part of a step.
#[derive(Clone)]
pub(crate) struct Part {
    pub(crate) request: usize,
    pub(crate) tokens: usize,
    pub(crate) before: usize,
    pub(crate) kind: char,
    pub(crate) blocks: Vec<u32>,
    pub(crate) samples: bool,
}

#[derive(Default, Clone)]
pub(crate) struct Step {
    pub(crate) parts: Vec<Part>,
    pub(crate) preempted: Vec<usize>,
}

impl Step {
    pub(crate) fn tokens(&self) -> usize {
        self.parts.iter().map(|part| part.tokens).sum()
    }
}

/// What came of a step, as requests.
#[derive(Default)]
pub(crate) struct Update {
    pub(crate) tokens: Vec<usize>,
    pub(crate) first: Vec<usize>,
    pub(crate) stale: Vec<usize>,
    pub(crate) dead: Vec<usize>,
    pub(crate) finished: Vec<usize>,
}

pub(crate) struct Plain<'a> {
    pub(crate) drawn: &'a Drawn,
    pub(crate) c: &'a Config,
    /// By request; arrived ones only.
    pub(crate) seqs: Vec<Seq>,
    pub(crate) running: Vec<usize>,
    pub(crate) waiting: Vec<usize>,
    pub(crate) free: Vec<u32>,
    /// By block: how many hold it.
    pub(crate) holders: Vec<usize>,
    /// The prefix cache: all tokens up to the end of a block, and the block, in order of entry.
    pub(crate) cache: Vec<(Vec<u32>, u32)>,
    pub(crate) executed: i64,
    pub(crate) last_prefill: i64,
    pub(crate) capacity_bound: bool,
    /// Whether something finished since the last schedule.
    pub(crate) flag: bool,
}

impl<'a> Plain<'a> {
    pub(crate) fn new(drawn: &'a Drawn) -> Self {
        let c = &drawn.config;
        Self {
            drawn,
            c,
            seqs: Vec::new(),
            running: Vec::new(),
            waiting: Vec::new(),
            free: (1..c.num_gpu_blocks as u32).collect(),
            holders: vec![0; c.num_gpu_blocks],
            cache: Vec::new(),
            executed: 0,
            last_prefill: -c.prefill_schedule_interval,
            capacity_bound: false,
            flag: false,
        }
    }

    pub(crate) fn add(&mut self, request: usize) {
        assert_eq!(request, self.seqs.len());
        let tokens = self.drawn.requests[request].prompt();
        self.seqs.push(Seq {
            prompt: tokens.len(),
            tokens,
            computed: 0,
            blocks: Vec::new(),
            cached: 0,
            chunking: false,
            state: State::Waiting,
            placeholders: 0,
            in_flight: 0,
            stale: 0,
        });
        self.enqueue(request, false);
    }

    fn enqueue(&mut self, request: usize, at_front: bool) {
        let key = |i: usize| {
            let request = &self.drawn.requests[i];
            (request.priority, request.arrival, request.id.clone())
        };
        let place = match (self.c.priority, at_front) {
            (true, _) => self.waiting.iter().filter(|&&other| key(other) < key(request)).count(),
            (false, true) => 0,
            (false, false) => self.waiting.len(),
        };
        self.waiting.insert(place, request);
    }

    fn take(&mut self, count: usize) -> Vec<u32> {
        let taken: Vec<u32> = self.free.drain(..count).collect();
        for &block in &taken {
            self.cache.retain(|entry| entry.1 != block);
            self.holders[block as usize] = 1;
        }
        taken
    }

    pub(crate) fn release(&mut self, request: usize) {
        let blocks = std::mem::take(&mut self.seqs[request].blocks);
        self.seqs[request].cached = 0;
        let mut blank = Vec::new();
        for block in blocks.into_iter().rev() {
            self.holders[block as usize] -= 1;
            if self.holders[block as usize] > 0 {
                continue;
            }
            match self.cache.iter().any(|entry| entry.1 == block) {
                true => self.free.push(block),
                false => blank.push(block),
            }
        }
        self.free.splice(0..0, blank);
    }

    pub(crate) fn enter(&mut self, request: usize, up_to: usize) {
        let seq = &mut self.seqs[request];
        let full = up_to.min(seq.tokens.len()) / self.c.block_size;
        while self.c.enable_prefix_caching && seq.cached < full {
            let beginning = seq.tokens[..(seq.cached + 1) * self.c.block_size].to_vec();
            self.cache.push((beginning, seq.blocks[seq.cached]));
            seq.cached += 1;
        }
    }

    pub(crate) fn schedule(&mut self) -> Step {
        self.flag = false;
        let mut step = Step::default();
        let mut budget = match self.c.max_num_scheduled_tokens {
            0 => self.c.max_num_batched_tokens,
            fewer => fewer,
        };
        let eligible = self.running.len() + self.waiting.len();
        let mut threshold = if eligible > 1 { self.c.long_prefill_token_threshold } else { 0 };
        if threshold > 0 && self.c.long_prefill_token_threshold_adaptive {
            threshold = threshold.max(self.c.max_num_batched_tokens / eligible);
        }
        let threshold = if threshold > 0 { threshold } else { usize::MAX };
        let interval = self.c.prefill_schedule_interval;
        let defer = interval > 1
            && !self.capacity_bound
            && self.executed + 1 - self.last_prefill < interval
            && self.running.iter().any(|&r| !self.seqs[r].chunking);
        let mut prefills = self.schedule_running(&mut step, &mut budget, threshold, defer);
        if step.preempted.is_empty() {
            prefills |= self.admit(&mut step, &mut budget, threshold, defer);
            if !defer {
                self.capacity_bound = !self.waiting.is_empty();
            }
        }
        self.executed += i64::from(step.tokens() > 0);
        if interval > 1 && prefills {
            self.last_prefill = self.executed;
        }
        for part in &mut step.parts {
            let seq = &mut self.seqs[part.request];
            seq.computed += part.tokens;
            seq.in_flight += part.tokens;
            seq.chunking = seq.computed < seq.tokens.len() + seq.placeholders;
            part.samples = !seq.chunking;
            if self.c.async_scheduling && part.samples {
                seq.placeholders += 1;
            }
        }
        step
    }

    fn schedule_running(
        &mut self,
        step: &mut Step,
        budget: &mut usize,
        threshold: usize,
        defer: bool,
    ) -> bool {
        let mut prefills = false;
        let mut i = 0;
        while i < self.running.len() && *budget > 0 {
            let r = self.running[i];
            let seq = &self.seqs[r];
            let most = seq.prompt + self.drawn.requests[r].max_tokens;
            let ends = seq.placeholders > 0 && seq.computed + 2 - seq.placeholders >= most;
            let lacking = seq.tokens.len() + seq.placeholders - seq.computed;
            let room = self.c.max_model_len - seq.computed - 1;
            let n = lacking.min(threshold).min(*budget).min(room);
            if ends || (defer && seq.chunking) || n == 0 {
                i += 1;
                continue;
            }
            let (before, chunking) = (seq.computed, seq.chunking);
            if !self.make_room(r, before + n, step, budget, &mut i) {
                if self.c.priority {
                    continue;
                }
                break;
            }
            let blocks = self.grow(r, before + n);
            step.parts.push(Part {
                request: r,
                tokens: n,
                before,
                kind: 'R',
                blocks,
                samples: false,
            });
            *budget -= n;
            prefills |= chunking;
            i += 1;
        }
        prefills
    }

    fn missing(&self, request: usize, tokens: usize) -> usize {
        let tokens = tokens.min(self.c.max_model_len);
        tokens.div_ceil(self.c.block_size).saturating_sub(self.seqs[request].blocks.len())
    }

    pub(crate) fn grow(&mut self, request: usize, tokens: usize) -> Vec<u32> {
        let new = self.take(self.missing(request, tokens));
        self.seqs[request].blocks.extend(&new);
        self.enter(request, tokens);
        new
    }

    /// Preempts until `r` can have `tokens` tokens. False if it was preempted itself.
    fn make_room(
        &mut self,
        r: usize,
        tokens: usize,
        step: &mut Step,
        budget: &mut usize,
        i: &mut usize,
    ) -> bool {
        while self.missing(r, tokens) > self.free.len() {
            let mut place = self.running.len() - 1;
            if self.c.priority {
                place = 0;
                for other in 1..self.running.len() {
                    let urgency = |place: usize| {
                        let request = &self.drawn.requests[self.running[place]];
                        (request.priority, request.arrival)
                    };
                    if urgency(other) > urgency(place) {
                        place = other;
                    }
                }
            }
            let victim = self.running.remove(place);
            if place < *i {
                *i -= 1;
            }
            if let Some(at) = step.parts.iter().position(|part| part.request == victim) {
                *budget += step.parts.remove(at).tokens;
            }
            self.release(victim);
            let seq = &mut self.seqs[victim];
            seq.state = State::Preempted;
            seq.computed = 0;
            seq.stale = seq.in_flight;
            seq.placeholders = 0;
            self.enqueue(victim, true);
            step.preempted.push(victim);
            if victim == r {
                return false;
            }
        }
        true
    }
}
