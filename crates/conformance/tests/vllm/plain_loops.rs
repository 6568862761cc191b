//! The two loops around the plain reading, and the traces that they write.

use std::collections::VecDeque;

use crate::drawn::Drawn;
use crate::plain::{Plain, Step, Update};

/// The trace, up to so many lines.
pub(crate) fn trace(drawn: &Drawn, lines_max: usize) -> String {
    let header = format!(
        "{{\"trace\":1,\"scenario\":\"drawn\",\"vllm\":\"0.33.0\",\"config\":{},\"cost\":{},\
         \"requests\":{}}}\n",
        drawn.config_json(),
        drawn.cost_json(),
        drawn.requests.len()
    );
    let mut run = Run {
        drawn,
        plain: Plain::new(drawn),
        lines: header,
        left: lines_max - 1,
        finished: 0,
        tokens: 0,
        preemptions: 0,
        hits: 0,
    };
    if drawn.config.async_scheduling {
        run.asynchronous();
    } else {
        run.synchronous();
    }
    run.lines
}

struct Run<'a> {
    drawn: &'a Drawn,
    plain: Plain<'a>,
    lines: String,
    /// Lines that may still be written.
    left: usize,
    finished: usize,
    tokens: usize,
    preemptions: usize,
    hits: usize,
}

impl Run<'_> {
    fn line(&mut self, fields: &[String]) {
        let fields: Vec<&str> =
            fields.iter().map(String::as_str).filter(|field| !field.is_empty()).collect();
        self.lines += &format!("{{{}}}\n", fields.join(","));
        self.left -= 1;
    }

    fn ids(&self, key: &str, requests: &[usize]) -> String {
        if requests.is_empty() {
            return String::new();
        }
        let ids = requests.iter().map(|&r| format!("\"{}\"", self.drawn.requests[r].id));
        format!("\"{key}\":[{}]", ids.collect::<Vec<_>>().join(","))
    }

    fn next_arrival(&self) -> Option<u64> {
        self.drawn.requests.get(self.plain.seqs.len()).map(|request| request.arrival)
    }

    fn add(&mut self, now: u64) -> Vec<usize> {
        let mut added = Vec::new();
        while self.next_arrival().is_some_and(|arrival| arrival <= now) {
            added.push(self.plain.seqs.len());
            self.plain.add(self.plain.seqs.len());
        }
        added
    }

    fn has_requests(&self) -> bool {
        !self.plain.running.is_empty() || !self.plain.waiting.is_empty()
    }

    fn schedule(&mut self) -> Step {
        let step = self.plain.schedule();
        self.tokens += step.tokens();
        self.preemptions += step.preempted.len();
        let admitted = step.parts.iter().filter(|part| part.kind != 'R');
        self.hits += admitted.map(|part| part.before).sum::<usize>();
        step
    }

    fn update(&mut self, step: &Step) -> Update {
        let update = self.plain.update(step);
        self.finished += update.finished.len();
        update
    }

    fn duration(&self, tokens: usize) -> u64 {
        let cost = &self.drawn.cost;
        if tokens == 0 { 0 } else { cost.base_ns + cost.per_token_ns * tokens as u64 }
    }

    fn scheduled(&self, step: &Step) -> String {
        let parts = step.parts.iter().map(|part| {
            let id = &self.drawn.requests[part.request].id;
            format!("[\"{id}\",{},{},\"{}\"]", part.tokens, part.before, part.kind)
        });
        format!("\"s\":[{}]", parts.collect::<Vec<_>>().join(","))
    }

    fn hit(&self, step: &Step) -> String {
        let hits = step.parts.iter().filter(|part| part.kind != 'R' && part.before > 0);
        let hits: Vec<String> = hits
            .map(|part| format!("\"{}\":{}", self.drawn.requests[part.request].id, part.before))
            .collect();
        if hits.is_empty() { String::new() } else { format!("\"hit\":{{{}}}", hits.join(",")) }
    }

    fn checksum(step: &Step) -> String {
        let mut sum = 0xCBF2_9CE4_8422_2325_u64;
        for block in step.parts.iter().flat_map(|part| &part.blocks) {
            for byte in block.to_le_bytes() {
                sum = (sum ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3);
            }
        }
        format!("\"bc\":\"{sum:016x}\"")
    }

    fn blocks(&self, step: &Step) -> String {
        let parts = step.parts.iter().filter(|part| !part.blocks.is_empty());
        let lists: Vec<String> = parts
            .map(|part| {
                let blocks: Vec<String> = part.blocks.iter().map(u32::to_string).collect();
                format!("\"{}\":[{}]", self.drawn.requests[part.request].id, blocks.join(","))
            })
            .collect();
        match self.drawn.lists_blocks && !lists.is_empty() {
            true => format!("\"b\":{{{}}}", lists.join(",")),
            false => String::new(),
        }
    }

    fn end(&mut self, counts: &str, clock: u64, stuck: bool) {
        if self.left == 0 {
            return;
        }
        self.lines += &format!(
            "{{\"end\":true,{counts},\"t_end\":{clock},\"finished\":{},\"tokens\":{},\
             \"preemptions\":{},\"hit_tokens\":{},\"stuck\":{stuck}}}\n",
            self.finished, self.tokens, self.preemptions, self.hits
        );
    }

    fn synchronous(&mut self) {
        let (mut clock, mut i, mut empty, mut stuck) = (0, 0, 0, false);
        while self.left > 0 {
            let added = self.add(if self.drawn.by_step { i } else { clock });
            if !self.has_requests() {
                let Some(next) = self.next_arrival() else { break };
                *(if self.drawn.by_step { &mut i } else { &mut clock }) = next;
                continue;
            }
            let step = self.schedule();
            let (free, w, r) =
                (self.plain.free.len(), self.plain.waiting.len(), self.plain.running.len());
            let update = self.update(&step);
            let duration = self.duration(step.tokens());
            let line = [
                format!("\"i\":{i},\"t\":{clock},\"d\":{duration}"),
                self.ids("add", &added),
                self.scheduled(&step),
                self.ids("pre", &step.preempted),
                self.ids("fin", &update.finished),
                self.hit(&step),
                format!("\"free\":{free},\"free2\":{}", self.plain.free.len()),
                format!("\"w\":{w},\"r\":{r},\"r2\":{}", self.plain.running.len()),
                Self::checksum(&step),
                self.blocks(&step),
            ];
            self.line(&line);
            i += 1;
            clock += duration;
            empty = if step.tokens() > 0 { 0 } else { empty + 1 };
            if empty > 0 && step.preempted.is_empty() {
                let Some(next) = self.next_arrival() else {
                    stuck = true;
                    break;
                };
                let now = if self.drawn.by_step { &mut i } else { &mut clock };
                *now = next.max(*now);
            }
            if empty > 1_000 {
                stuck = true;
                break;
            }
        }
        self.end(&format!("\"steps\":{i}"), clock, stuck);
    }

    fn asynchronous(&mut self) {
        let (mut clock, mut gpu, mut i, mut k, mut batches) = (0, 0, 0, 0, 0);
        let (mut empty, mut stuck) = (0, false);
        let mut queue: VecDeque<(usize, Step, u64)> = VecDeque::new();
        while self.left > 0 {
            if !self.has_requests() && !self.plain.flag && queue.is_empty() {
                let Some(next) = self.next_arrival() else { break };
                clock = next.max(clock);
            }
            let mut line = vec![format!("\"i\":{i},\"t\":{clock}")];
            let added = self.add(clock);
            line.push(self.ids("add", &added));
            i += 1;
            let (mut tokens, mut wait) = (0, true);
            if self.has_requests() || self.plain.flag {
                let step = self.schedule();
                tokens = step.tokens();
                line.extend([
                    format!("\"k\":{k}"),
                    self.scheduled(&step),
                    self.ids("pre", &step.preempted),
                    self.hit(&step),
                    format!("\"free\":{}", self.plain.free.len()),
                    format!("\"w\":{}", self.plain.waiting.len()),
                    format!("\"r\":{}", self.plain.running.len()),
                    Self::checksum(&step),
                    self.blocks(&step),
                ]);
                k += 1;
                let mut ready = clock;
                if tokens > 0 {
                    clock += self.drawn.cost.host_ns;
                    let begin = gpu.max(clock);
                    gpu = begin + self.duration(tokens);
                    ready = gpu;
                    line.push(format!("\"g\":[{begin},{gpu}]"));
                    batches += 1;
                }
                let changes = tokens > 0 || !step.preempted.is_empty();
                empty = if changes { 0 } else { empty + 1 };
                if empty > 50 && self.next_arrival().is_none() {
                    stuck = true;
                    break;
                }
                queue.push_back((k - 1, step, ready));
                let goes_on = tokens > 0 || self.has_requests() || self.plain.flag;
                wait = queue.len() == 2 || !goes_on;
            }
            if wait {
                let (u, step, ready) = queue.pop_front().unwrap();
                clock = ready.max(clock);
                let update = self.update(&step);
                line.extend([
                    format!("\"u\":{u},\"tu\":{clock},\"n\":{}", update.tokens.len()),
                    self.ids("ft", &update.first),
                    self.ids("st", &update.stale),
                    self.ids("dead", &update.dead),
                    self.ids("fin", &update.finished),
                    format!("\"free2\":{}", self.plain.free.len()),
                    format!("\"r2\":{}", self.plain.running.len()),
                    format!("\"w2\":{}", self.plain.waiting.len()),
                ]);
            }
            self.line(&line);
            if tokens == 0 && (self.has_requests() || self.plain.flag) {
                clock += self.drawn.cost.sleep_ns;
            }
        }
        let counts = format!("\"iters\":{i},\"schedules\":{k},\"batches\":{batches}");
        self.end(&counts, clock, stuck);
    }
}
