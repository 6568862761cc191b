//! Random scenarios, with every knob drawn.

use proptest::prelude::*;
use proptest::sample::select;

/// A scenario. Numbers are of few types, so that the plain reading needs no conversions.
#[derive(Debug, Clone)]
pub(crate) struct Drawn {
    pub(crate) config: Config,
    pub(crate) cost: Cost,
    pub(crate) lists_blocks: bool,
    pub(crate) by_step: bool,
    /// In order of arrival.
    pub(crate) requests: Vec<Request>,
}

#[derive(Debug, Clone)]
pub(crate) struct Config {
    pub(crate) max_num_batched_tokens: usize,
    pub(crate) max_num_scheduled_tokens: usize,
    pub(crate) max_num_seqs: usize,
    pub(crate) max_num_active_seqs: usize,
    pub(crate) max_model_len: usize,
    pub(crate) priority: bool,
    pub(crate) enable_chunked_prefill: bool,
    pub(crate) long_prefill_token_threshold: usize,
    pub(crate) long_prefill_token_threshold_adaptive: bool,
    pub(crate) scheduler_reserve_full_isl: bool,
    pub(crate) watermark: f64,
    pub(crate) prefill_schedule_interval: i64,
    pub(crate) block_size: usize,
    pub(crate) num_gpu_blocks: usize,
    pub(crate) enable_prefix_caching: bool,
    pub(crate) async_scheduling: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Cost {
    pub(crate) base_ns: u64,
    pub(crate) per_token_ns: u64,
    pub(crate) host_ns: u64,
    pub(crate) sleep_ns: u64,
}

#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) id: String,
    /// In nanoseconds or steps.
    pub(crate) arrival: u64,
    pub(crate) priority: i64,
    pub(crate) max_tokens: usize,
    pub(crate) eos_after: Option<usize>,
    /// (stream, offset, length).
    segments: Vec<(u64, u64, usize)>,
    out_stream: u64,
}

/// Never in a stream.
const EOS: u32 = 1 << 31;

fn token(stream: u64, index: u64) -> u32 {
    let mut z = (stream << 32 | index).wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((z ^ z >> 31) >> 33) as u32
}

impl Request {
    pub(crate) fn prompt(&self) -> Vec<u32> {
        let tokens = |&(stream, offset, length): &(u64, u64, usize)| {
            (0..length as u64).map(move |i| token(stream, offset + i)).collect::<Vec<_>>()
        };
        self.segments.iter().flat_map(tokens).collect()
    }

    /// Output token `j`, counted from 0.
    pub(crate) fn output(&self, j: usize) -> u32 {
        if self.eos_after == Some(j + 1) { EOS } else { token(self.out_stream, j as u64) }
    }

    fn prompt_tokens(&self) -> usize {
        self.segments.iter().map(|segment| segment.2).sum()
    }

    /// Leaves room for an output token.
    fn cut_to(&mut self, longest: usize) {
        let mut room = longest;
        for segment in &mut self.segments {
            segment.2 = segment.2.min(room);
            room -= segment.2;
        }
        self.segments.retain(|segment| segment.2 > 0);
    }
}

impl Drawn {
    pub(crate) fn config_json(&self) -> String {
        let c = &self.config;
        format!(
            "{{\"max_num_batched_tokens\":{},\"max_num_scheduled_tokens\":{},\"max_num_seqs\":{},\
             \"max_num_active_seqs\":{},\"max_model_len\":{},\"policy\":\"{}\",\
             \"enable_chunked_prefill\":{},\"long_prefill_token_threshold\":{},\
             \"long_prefill_token_threshold_adaptive\":{},\"scheduler_reserve_full_isl\":{},\
             \"watermark\":{:?},\"prefill_schedule_interval\":{},\"block_size\":{},\
             \"num_gpu_blocks\":{},\"enable_prefix_caching\":{},\"async_scheduling\":{}}}",
            c.max_num_batched_tokens,
            c.max_num_scheduled_tokens,
            c.max_num_seqs,
            c.max_num_active_seqs,
            c.max_model_len,
            if c.priority { "priority" } else { "fcfs" },
            c.enable_chunked_prefill,
            c.long_prefill_token_threshold,
            c.long_prefill_token_threshold_adaptive,
            c.scheduler_reserve_full_isl,
            c.watermark,
            c.prefill_schedule_interval,
            c.block_size,
            c.num_gpu_blocks,
            c.enable_prefix_caching,
            c.async_scheduling,
        )
    }

    pub(crate) fn cost_json(&self) -> String {
        let Cost { base_ns, per_token_ns, host_ns, sleep_ns } = self.cost;
        let batch = format!("\"base_ns\":{base_ns},\"per_token_ns\":{per_token_ns}");
        match self.config.async_scheduling {
            true => format!("{{{batch},\"host_ns\":{host_ns},\"sleep_ns\":{sleep_ns}}}"),
            false => format!("{{{batch}}}"),
        }
    }

    /// The file.
    pub(crate) fn json(&self) -> String {
        let arrives = if self.by_step { "arrival_step" } else { "arrival_ns" };
        let requests = self.requests.iter().map(|request| {
            let segments = request
                .segments
                .iter()
                .map(|&(stream, offset, length)| format!("[{stream},{offset},{length}]"));
            let eos = request.eos_after.map(|eos| format!(",\"eos_after\":{eos}"));
            format!(
                "{{\"id\":\"{}\",\"{arrives}\":{},\"max_tokens\":{},\"priority\":{},\
                 \"segments\":[{}],\"out_stream\":{}{}}}",
                request.id,
                request.arrival,
                request.max_tokens,
                request.priority,
                segments.collect::<Vec<_>>().join(","),
                request.out_stream,
                eos.unwrap_or_default(),
            )
        });
        format!(
            "{{\"name\":\"drawn\",\"config\":{},\"cost\":{},\"trace\":{{\"blocks\":{}}},\
             \"requests\":[{}]}}",
            self.config_json(),
            self.cost_json(),
            self.lists_blocks,
            requests.collect::<Vec<_>>().join(",\n"),
        )
    }
}

/// Any scenario that vLLM accepts, small and mostly short of KV blocks.
pub(crate) fn drawn() -> impl Strategy<Value = Drawn> {
    let parts = (config(), cost(), any::<[bool; 2]>(), requests(), 0..4_usize);
    parts.prop_map(|(config, cost, [lists_blocks, by_step], requests, pressure)| {
        let by_step = by_step && !config.async_scheduling;
        let mut drawn = Drawn { config, cost, lists_blocks, by_step, requests };
        drawn.repair(pressure);
        drawn
    })
}

impl Drawn {
    /// Makes a scenario of what was drawn without regard to the rest.
    fn repair(&mut self, pressure: usize) {
        let (config, is_free) = (&mut self.config, self.cost.base_ns == 0);
        let mut now = 0;
        for (i, request) in self.requests.iter_mut().enumerate() {
            // Requests of one batch of arrivals have gap 0. Ids do not sort as numbers do.
            now += match (self.by_step, is_free) {
                (true, _) => request.arrival % 4,
                (false, true) => request.arrival % 1_000,
                (false, false) => request.arrival * self.cost.base_ns / 50,
            };
            request.arrival = now;
            request.id = format!("r{i}");
            request.cut_to(config.max_model_len - 1);
        }
        config.max_num_seqs = config.max_num_seqs.min(config.max_num_batched_tokens);
        config.max_num_active_seqs = config.max_num_active_seqs.min(config.max_num_seqs);
        let threshold = config.long_prefill_token_threshold;
        config.long_prefill_token_threshold = threshold.min(config.max_model_len);
        if !config.enable_chunked_prefill {
            // A prompt that exceeds the budget would wait for ever.
            config.max_num_batched_tokens += config.max_model_len;
            config.max_num_scheduled_tokens = 0;
        }
        let blocks = self.requests.iter().map(|request| {
            let longest = request.prompt_tokens() + request.max_tokens - 1;
            longest.min(config.max_model_len).div_ceil(config.block_size)
        });
        let needed = blocks.max().unwrap_or(1);
        let spare = [config.num_gpu_blocks % 3, config.num_gpu_blocks % (needed + 1), needed, 400];
        config.num_gpu_blocks = 1 + needed + spare[pressure];
    }
}

fn config() -> impl Strategy<Value = Config> {
    let budget = (
        prop_oneof![8..64_usize, select(vec![64, 128, 512])],
        prop_oneof![3 => Just(0), 1 => 4..64_usize],
        select(vec![1, 2, 4, 8, 32]),
        prop_oneof![3 => Just(0), 1 => 1..8_usize],
        select(vec![32, 64, 100, 256]),
    );
    let knobs = (
        prop_oneof![2 => Just(0), 1 => 4..40_usize],
        prop_oneof![2 => Just(0.0), 1 => select(vec![0.01, 0.05, 0.1, 0.2, 0.5])],
        prop_oneof![2 => Just(1), 1 => 2..6_i64],
        select(vec![1, 2, 4, 8, 16]),
        any::<u8>(),
    );
    let flags = (any::<[bool; 4]>(), prop::bool::weighted(0.8), prop::bool::weighted(0.65));
    (budget, knobs, flags).prop_map(|(budget, knobs, (flags, chunked, caching))| Config {
        max_num_batched_tokens: budget.0,
        max_num_scheduled_tokens: budget.1,
        max_num_seqs: budget.2,
        max_num_active_seqs: budget.3,
        max_model_len: budget.4,
        priority: flags[0],
        enable_chunked_prefill: chunked,
        long_prefill_token_threshold: knobs.0,
        long_prefill_token_threshold_adaptive: flags[1],
        scheduler_reserve_full_isl: flags[2],
        watermark: knobs.1,
        prefill_schedule_interval: knobs.2,
        block_size: knobs.3,
        num_gpu_blocks: knobs.4.into(),
        enable_prefix_caching: caching,
        async_scheduling: flags[3],
    })
}

fn cost() -> impl Strategy<Value = Cost> {
    let costs = (
        select(vec![0, 1_000_000, 5_000_000, 12_345_678]),
        select(vec![0, 7_919, 100_003]),
        select(vec![0, 0, 200_000, 15_000_000]),
        select(vec![1_000_000, 0, 1_060_000]),
    );
    costs.prop_map(|(base_ns, per_token_ns, host_ns, sleep_ns)| Cost {
        base_ns,
        per_token_ns,
        host_ns,
        sleep_ns,
    })
}

fn requests() -> impl Strategy<Value = Vec<Request>> {
    let one = (
        prop_oneof![1 => Just(0), 1 => 0..60_u64, 1 => 0..1_000_u64],
        -1..3_i64,
        prop_oneof![3 => 1..25_usize, 1 => 1..120_usize, 1 => Just(1_000)],
        prop_oneof![2 => Just(None), 1 => (1..30_usize).prop_map(Some)],
        // A shared beginning, then a part of the request before, then tokens of its own.
        (0..3_u64, prop_oneof![Just(0), 0..40_usize]),
        prop::bool::weighted(0.2),
        prop_oneof![3 => 1..40_usize, 1 => 1..200_usize],
    );
    let count = prop_oneof![1..12_usize, 12..45_usize];
    count.prop_flat_map(move |count| prop::collection::vec(one.clone(), count)).prop_map(|drawn| {
        let mut all: Vec<Request> = Vec::new();
        for (arrival, priority, max_tokens, eos_after, (stream, shared), follows, own) in drawn {
            let i = all.len() as u64;
            let segments = match all.last() {
                // The next turn of a conversation repeats the one before, answer included.
                Some(before) if follows => {
                    let mut segments = before.segments.clone();
                    segments.push((before.out_stream, 0, before.max_tokens.min(20)));
                    segments
                }
                _ => vec![(stream, 0, shared)],
            };
            let own = (100 + 2 * i, 0, own);
            let segments = segments.into_iter().chain([own]).collect();
            // Some requests answer alike.
            let out_stream = if shared % 4 == 1 { 99 } else { 101 + 2 * i };
            let id = String::new();
            all.push(Request {
                id,
                arrival,
                priority,
                max_tokens,
                eos_after,
                segments,
                out_stream,
            });
        }
        all
    })
}
