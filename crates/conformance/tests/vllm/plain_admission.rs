//! The plain reading's second half: admission, and what happens when a step has ended.

use crate::plain::{Part, Plain, State, Step, Update};

impl Plain<'_> {
    pub(crate) fn admit(
        &mut self,
        step: &mut Step,
        budget: &mut usize,
        threshold: usize,
        defer: bool,
    ) -> bool {
        let mut admitted = false;
        let places = match self.c.max_num_active_seqs {
            0 => self.c.max_num_seqs,
            fewer => fewer,
        };
        while *budget > 0 && !self.waiting.is_empty() && self.running.len() < places {
            let r = self.waiting[0];
            let hits = self.hits(r);
            let before = hits.len() * self.c.block_size;
            let length = self.seqs[r].tokens.len();
            if defer && before < length - 1 {
                break;
            }
            let mut n = (length - before).min(threshold);
            if !self.c.enable_chunked_prefill && n > *budget {
                break;
            }
            n = n.min(*budget);
            let idle = hits.iter().filter(|&&block| self.holders[block as usize] == 0).count();
            let watermark = match self.running.is_empty() {
                true => 0,
                false => (self.c.watermark * self.c.num_gpu_blocks as f64) as usize,
            };
            let fits = |tokens: usize| {
                let blocks = tokens.min(self.c.max_model_len).div_ceil(self.c.block_size);
                blocks.saturating_sub(hits.len()) + idle + watermark <= self.free.len()
            };
            if self.c.scheduler_reserve_full_isl && !fits(length) || !fits(before + n) {
                break;
            }
            for &block in &hits {
                self.free.retain(|&other| other != block);
                self.holders[block as usize] += 1;
            }
            self.seqs[r].cached = hits.len();
            self.seqs[r].blocks = hits;
            self.grow(r, before + n);
            self.waiting.remove(0);
            self.running.push(r);
            let seq = &mut self.seqs[r];
            let kind = if seq.state == State::Waiting { 'N' } else { 'P' };
            let blocks = seq.blocks.clone();
            (seq.state, seq.computed) = (State::Running, before);
            step.parts.push(Part { request: r, tokens: n, before, kind, blocks, samples: false });
            *budget -= n;
            admitted |= before < length - 1;
        }
        admitted
    }

    /// The oldest blocks that hold the beginning of a sequence; its last token is computed anyway.
    fn hits(&self, r: usize) -> Vec<u32> {
        let tokens = &self.seqs[r].tokens;
        let mut hits = Vec::new();
        for full in 1..=(tokens.len() - 1) / self.c.block_size {
            let beginning = &tokens[..full * self.c.block_size];
            match self.cache.iter().find(|entry| entry.0 == beginning) {
                Some(entry) => hits.push(entry.1),
                None => break,
            }
        }
        hits
    }

    pub(crate) fn update(&mut self, step: &Step) -> Update {
        let mut update = Update::default();
        for part in &step.parts {
            let r = part.request;
            let request = &self.drawn.requests[r];
            let seq = &mut self.seqs[r];
            if seq.state == State::Finished {
                update.dead.push(r);
                continue;
            }
            seq.in_flight -= part.tokens;
            let stale = seq.stale > 0;
            if stale {
                seq.stale -= part.tokens;
            }
            if !part.samples {
                continue;
            }
            let j = seq.tokens.len() - seq.prompt;
            seq.tokens.push(request.output(j));
            update.tokens.push(r);
            if j == 0 {
                update.first.push(r);
            }
            if stale {
                update.stale.push(r);
            }
            if seq.placeholders > 0 && !stale {
                seq.placeholders -= 1;
                if seq.state == State::Running {
                    let up_to = seq.computed - seq.in_flight;
                    self.enter(r, up_to);
                }
            }
            let length = self.seqs[r].tokens.len();
            let ends = request.eos_after == Some(j + 1) || j + 1 >= request.max_tokens;
            if ends || length >= self.c.max_model_len {
                self.release(r);
                self.seqs[r].state = State::Finished;
                self.waiting.retain(|&other| other != r);
                self.flag = true;
                update.finished.push(r);
            }
        }
        self.running.retain(|&r| self.seqs[r].state != State::Finished);
        update
    }
}
