//! A tick engine written straight from what is known of the original's loop, in whole nanoseconds.
//! It shares nothing with the schedulers, and goes through idle steps one by one.

use std::collections::VecDeque;

use tokendrome_sched::Admission;
use tokendrome_units::TICK;

/// What the engine does with its requests.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Slots { admission: Admission, max_batch_size: u32 },
    Pools { prefill_workers: u32, decode_workers: u32 },
}

/// An engine: times are thousandths of a tick.
#[derive(Debug, Clone, Copy)]
pub(super) struct Engine {
    pub(super) kind: Kind,
    pub(super) total_prefill_chunks: u32,
    pub(super) prefill_time: u64,
    pub(super) itl: u64,
}

/// A request that is wanted at `due`, or as soon as one of `users` is free.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    pub(super) due: u64,
    pub(super) prompt: u32,
    pub(super) output: u32,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Seen {
    pub(super) added_at: u64,
    pub(super) first_token_at: u64,
    pub(super) decode_start: Option<u64>,
    pub(super) completed_at: u64,
}

struct Request {
    number: usize,
    /// Chunks of its prompt, and which of them is next, from 1.
    chunks: u32,
    chunk: u32,
    tokens: u32,
    target: u32,
}

impl Request {
    fn tick(&mut self) {
        if self.tokens > 0 {
            self.tokens += 1;
        } else if self.chunk < self.chunks {
            self.chunk += 1;
        } else {
            self.tokens = 1;
        }
    }

    fn is_done(&self) -> bool {
        self.tokens >= self.target
    }
}

impl Engine {
    fn chunk_ns(&self) -> u64 {
        TICK.as_nanos() * self.prefill_time / 1_000 / u64::from(self.total_prefill_chunks)
    }

    fn itl_ns(&self, decodes: bool) -> u64 {
        if decodes { TICK.as_nanos() * self.itl / 1_000 } else { 0 }
    }

    /// Lets all requests through. With `users`, so many are kept in the engine; without, they come
    /// when they are due.
    pub(super) fn run(&self, wanted: &[Wanted], users: usize) -> Vec<Seen> {
        let mut seen = vec![Seen::default(); wanted.len()];
        let (mut first, mut second) = (Vec::<Request>::new(), Vec::<Request>::new());
        let (mut queue, mut handed_over) = (VecDeque::<Request>::new(), VecDeque::<Request>::new());
        let (mut t, mut next, mut done) = (0, 0, 0);
        while done < wanted.len() {
            for request in first.iter_mut().chain(&mut second) {
                let was_done = request.is_done();
                request.tick();
                if request.tokens == 1 {
                    seen[request.number].first_token_at = t;
                }
                if request.is_done() && !was_done {
                    seen[request.number].completed_at = t;
                    done += 1;
                }
            }
            if let Kind::Pools { .. } = self.kind {
                let (ended, rest) = first.into_iter().partition(|request| request.tokens > 0);
                handed_over.extend::<Vec<Request>>(ended);
                first = rest;
                // Among them those who came with the only token they wanted.
                second.retain(|request| !request.is_done());
            } else {
                first.retain(|request| !request.is_done());
            }
            // Load.
            while next < wanted.len()
                && match users {
                    0 => wanted[next].due <= t,
                    _ => first.len() + queue.len() < users,
                }
            {
                seen[next].added_at = t;
                let Wanted { prompt, output, .. } = wanted[next];
                let chunks = self.total_prefill_chunks.min(prompt);
                let request = Request { number: next, chunks, chunk: 1, tokens: 0, target: output };
                queue.push_back(request);
                next += 1;
            }
            // Batch.
            let is_free = first.is_empty();
            match self.kind {
                Kind::Slots { admission, max_batch_size } => {
                    while first.len() < max_batch_size as usize
                        && match admission {
                            Admission::Static => is_free,
                            Admission::InFlight => true,
                            Admission::InFlightOnePrefill => first.iter().all(|r| r.tokens > 0),
                        }
                    {
                        let Some(request) = queue.pop_front() else { break };
                        first.push(request);
                    }
                }
                Kind::Pools { prefill_workers, decode_workers } => {
                    while first.len() < prefill_workers as usize {
                        let Some(request) = queue.pop_front() else { break };
                        first.push(request);
                    }
                    while second.len() < decode_workers as usize {
                        let Some(request) = handed_over.pop_front() else { break };
                        if request.target > 1 {
                            seen[request.number].decode_start = Some(t);
                        }
                        second.push(request);
                    }
                }
            }
            // Duration.
            let prefills = first.iter().filter(|request| request.tokens == 0).count() as u64;
            let prefill = match self.kind {
                Kind::Slots { .. } => prefills * self.chunk_ns(),
                Kind::Pools { .. } => prefills.min(1) * self.chunk_ns(),
            };
            let decodes = !second.is_empty() || first.iter().any(|request| request.tokens > 0);
            t += prefill.max(self.itl_ns(decodes)).max(TICK.as_nanos());
        }
        seen
    }
}
