//! The scheduler against recorded decisions of the real one, step by step.

#![allow(clippy::unwrap_used, reason = "a recording that cannot be read should stop the test")]

use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tokendrome_sched::{NewRequest, Outcome, Plan, Policy, Scheduler, Slot, Vllm, VllmConfig};
use tokendrome_units::SimTime;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recorded")
}

fn config(scenario: &Value) -> VllmConfig {
    let config = &scenario["config"];
    let number = |key: &str| config[key].as_u64().map(|n| n as u32);
    let flag = |key: &str, default| config[key].as_bool().unwrap_or(default);
    assert!(!flag("enable_prefix_caching", true) && !flag("async_scheduling", false));
    VllmConfig {
        max_num_batched_tokens: number("max_num_batched_tokens").unwrap(),
        max_num_scheduled_tokens: number("max_num_scheduled_tokens"),
        max_num_seqs: number("max_num_seqs").unwrap(),
        max_num_active_seqs: number("max_num_active_seqs"),
        max_model_len: number("max_model_len").unwrap(),
        policy: if config["policy"] == "priority" { Policy::Priority } else { Policy::Fcfs },
        enable_chunked_prefill: flag("enable_chunked_prefill", true),
        long_prefill_token_threshold: number("long_prefill_token_threshold").unwrap_or(0),
        long_prefill_token_threshold_adaptive: flag("long_prefill_token_threshold_adaptive", false),
        scheduler_reserve_full_isl: flag("scheduler_reserve_full_isl", true),
        watermark: config["watermark"].as_f64().unwrap_or(0.0),
        prefill_schedule_interval: number("prefill_schedule_interval").unwrap_or(1),
        block_size: number("block_size").unwrap(),
        num_gpu_blocks: number("num_gpu_blocks").unwrap(),
        enable_prefix_caching: false,
        async_scheduling: false,
    }
}

/// A request with its name.
struct Named {
    id: String,
    request: NewRequest<'static>,
}

/// The requests in order of service. Equal arrivals and priorities are ordered by name, as text.
fn requests(scenario: &Value) -> Vec<Named> {
    let mut all: Vec<Named> = scenario["requests"].as_array().unwrap().iter().map(named).collect();
    let mut names: Vec<String> = all.iter().map(|named| named.id.clone()).collect();
    names.sort();
    for named in &mut all {
        named.request.order = names.binary_search(&named.id).unwrap() as u64;
    }
    all.sort_by_key(|named| named.request.arrival);
    all
}

fn named(request: &Value) -> Named {
    let number = |key: &str| request[key].as_u64();
    let segments = request["segments"].as_array().unwrap();
    let prompt_tokens: u64 = segments.iter().map(|segment| segment[2].as_u64().unwrap()).sum();
    let most = number("max_tokens").unwrap();
    Named {
        id: request["id"].as_str().unwrap().to_owned(),
        request: NewRequest {
            prompt_tokens: prompt_tokens as u32,
            output_tokens: number("eos_after").unwrap_or(most).min(most) as u32,
            max_tokens: most as u32,
            priority: request["priority"].as_i64().unwrap_or(0) as i32,
            arrival: SimTime::from_nanos(number("arrival_ns").unwrap()),
            order: 0,
            content: &[],
        },
    }
}

/// The scheduler under test, and the driver of vLLM's synchronous loop around it.
struct Driver {
    scheduler: Vllm,
    names: Vec<String>,
    ran_before: BTreeSet<String>,
    live: usize,
}

impl Driver {
    fn add(&mut self, named: &Named) {
        let slot = self.scheduler.add(&named.request).unwrap();
        if self.names.len() <= slot.index() {
            self.names.resize(slot.index() + 1, String::new());
        }
        self.names[slot.index()] = named.id.clone();
        self.live += 1;
    }

    fn names_of(&self, slots: &[Slot]) -> Value {
        slots.iter().map(|slot| self.names[slot.index()].as_str()).collect()
    }

    fn free(&self) -> u64 {
        let (used, total) = self.scheduler.kv_blocks();
        total - used
    }

    /// One step: what the recording says of it, and the tokens computed.
    fn step(&mut self) -> (Value, u64) {
        let (mut plan, mut outcome) = (Plan::default(), Outcome::default());
        self.scheduler.plan(&mut plan);
        let (free, waiting, running) =
            (self.free(), self.scheduler.waiting(), self.scheduler.running());
        let mut scheduled = Vec::new();
        for part in &plan.scheduled {
            let id = self.names[part.slot.index()].clone();
            let kind = match (part.admitted, self.ran_before.contains(&id)) {
                (false, _) => "R",
                (true, false) => "N",
                (true, true) => "P",
            };
            scheduled.push(json!([id, part.tokens, part.context, kind]));
            self.ran_before.insert(id);
        }
        let preempted = self.names_of(&plan.preempted);
        self.scheduler.complete(&plan, &mut outcome);
        self.live -= outcome.finished.len();
        let step = json!({
            "s": scheduled, "pre": preempted, "fin": self.names_of(&outcome.finished),
            "free": free, "free2": self.free(), "w": waiting, "r": running,
            "r2": self.scheduler.running(),
        });
        (step, plan.tokens)
    }
}

/// Replays a scenario and compares it with its recording; returns the number of steps.
fn replay(scenario: &Value, recording: &str) -> usize {
    let cost = |key: &str| scenario["cost"][key].as_u64().unwrap();
    let mut requests = requests(scenario).into_iter().peekable();
    let scheduler = Vllm::new(config(scenario));
    let mut driver = Driver { scheduler, names: Vec::new(), ran_before: BTreeSet::new(), live: 0 };
    let mut lines = recording.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    assert_eq!(lines.next().unwrap()["scenario"], scenario["name"]);
    let (mut clock, mut steps) = (0, 0);
    loop {
        let now = SimTime::from_nanos(clock);
        while let Some(named) = requests.next_if(|named| named.request.arrival <= now) {
            driver.add(&named);
        }
        let next = requests.peek().map(|named| named.request.arrival.as_nanos());
        if driver.live == 0 {
            let Some(next) = next else { break };
            clock = next;
            continue;
        }
        let (mut found, tokens) = driver.step();
        let duration = if tokens > 0 { cost("base_ns") + cost("per_token_ns") * tokens } else { 0 };
        found["i"] = json!(steps);
        found["t"] = json!(clock);
        found["d"] = json!(duration);
        let mut expected = lines.next().unwrap();
        for absent in ["pre", "fin"] {
            if expected.get(absent).is_none() {
                expected[absent] = json!([]);
            }
        }
        for (key, found) in found.as_object().unwrap() {
            assert_eq!(&expected[key], found, "{}, step {steps}, `{key}`", scenario["name"]);
        }
        steps += 1;
        clock += duration;
        if tokens == 0 && found["pre"] == json!([]) {
            clock = clock.max(next.unwrap());
        }
    }
    let end = lines.next().unwrap();
    assert_eq!((&end["end"], &end["steps"]), (&json!(true), &json!(steps)), "{}", scenario["name"]);
    steps
}

#[test]
fn decisions_are_those_of_the_real_scheduler() {
    let (mut scenarios, mut steps) = (0, 0);
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|end| end != "json") {
            continue;
        }
        let scenario: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let packed = std::fs::read(path.with_extension("jsonl.gz")).unwrap();
        let mut recording = String::new();
        flate2::read::GzDecoder::new(packed.as_slice()).read_to_string(&mut recording).unwrap();
        steps += replay(&scenario, &recording);
        scenarios += 1;
    }
    assert_eq!((scenarios, steps), (17, 8_781), "recordings are missing");
}
