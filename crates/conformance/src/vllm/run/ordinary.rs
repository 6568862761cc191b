//! The same requests through the ordinary run: its events and the loops of this crate come to the
//! same times.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tokendrome_cluster::EngineLoop;
use tokendrome_steptime::{BatchShape, StepCost, StepTime};
use tokendrome_units::{SimDuration, TokenRun};
use tokendrome_workload::{ClassId, Request};

use super::*;
use crate::ordinary::{Played, Times, play};
use crate::vllm::scenario::Cost;

impl StepTime for Cost {
    fn cost(&self, batch: &BatchShape, cost: &mut StepCost) {
        let seconds = |nanos: u64| nanos as f64 / 1e9;
        cost.host_s = seconds(self.host);
        cost.stage_s[0] = seconds(self.of_batch(batch.tokens()).unwrap());
    }
}

/// Requests as the ordinary run takes them; their index tells how equal ones are ordered.
fn requests(scenario: &Scenario) -> Vec<Request> {
    let request = |(recorded, content): (&crate::vllm::scenario::Request, Vec<TokenRun>)| {
        let told = recorded.arriving(&content);
        Request {
            index: u32::try_from(told.order).unwrap(),
            arrival: told.arrival,
            prompt_tokens: told.prompt_tokens,
            output_tokens: told.output_tokens,
            max_tokens: told.max_tokens,
            priority: told.priority,
            class: ClassId(0),
            user: None,
            content,
        }
    };
    scenario.requests.iter().zip(scenario.contents()).map(request).collect()
}

/// Times, computed tokens and preemptions of the ordinary run.
fn ordinary(scenario: &Scenario) -> Played {
    let engine_loop = match scenario.config.async_scheduling {
        false => EngineLoop::Synchronous,
        true => EngineLoop::Asynchronous { sleep: SimDuration::from_nanos(scenario.cost.sleep) },
    };
    let scheduler = tokendrome_sched::Vllm::new(scenario.config.clone());
    play(Box::new(scheduler), scenario.cost, engine_loop, requests(scenario))
}

/// The same of the trace.
fn recorded(scenario: &Scenario) -> Played {
    let mut trace = Vec::new();
    scenario.run(&mut trace).unwrap();
    let order = |request: &crate::vllm::scenario::Request| {
        (request.id.clone(), u32::try_from(request.arriving(&[]).order).unwrap())
    };
    let order: BTreeMap<String, u32> = scenario.requests.iter().map(order).collect();
    let (mut first, mut times) = (BTreeMap::new(), Times::new());
    let mut last = serde_json::Value::Null;
    for line in String::from_utf8(trace).unwrap().lines().skip(1) {
        last = serde_json::from_str(line).unwrap();
        let number = |key: &str| last[key].as_u64();
        let Some(now) = number("tu").or_else(|| Some(number("t")? + number("d")?)) else {
            continue;
        };
        let ids = |key: &str| -> Vec<u32> {
            let ids = last[key].as_array().into_iter().flatten();
            ids.map(|id| order[id.as_str().unwrap()]).collect()
        };
        first.extend(ids("ft").into_iter().map(|request| (request, now)));
        for request in ids("fin") {
            times.insert(request, (first.get(&request).copied(), now));
        }
    }
    let number = |key: &str| last[key].as_u64().unwrap();
    Played { times, computed_tokens: number("tokens"), preemptions: number("preemptions") }
}

#[test]
fn the_ordinary_run_comes_to_the_times_of_the_trace() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vllm/scenarios");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut compared = [0, 0];
    for file in files.collect::<Vec<PathBuf>>() {
        let scenario = Scenario::parse(&crate::file::read_text(&file).unwrap()).unwrap();
        if scenario.arrives_by_step {
            continue;
        }
        let mut played = ordinary(&scenario);
        if !scenario.config.async_scheduling {
            // These traces do not tell first tokens.
            played.times.values_mut().for_each(|(first, _)| *first = None);
        }
        assert_eq!(played, recorded(&scenario), "{}", scenario.name());
        compared[usize::from(scenario.config.async_scheduling)] += 1;
    }
    assert!(compared.iter().all(|&scenarios| scenarios >= 15), "too few scenarios: {compared:?}");
}
