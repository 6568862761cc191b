//! The same requests through the ordinary run: its events and the loops of this crate come to the
//! same times.

use std::path::Path;

use tokendrome_cluster::EngineLoop;
use tokendrome_steptime::{BatchShape, StepCost, StepTime};
use tokendrome_workload::{ClassId, Request};

use super::*;
use crate::ordinary::{Played, Times, play};
use crate::trtllm::scenario::Cost;

impl StepTime for Cost {
    fn cost(&self, batch: &BatchShape, cost: &mut StepCost) {
        cost.host_s = 0.0;
        cost.stage_s[0] = self.of_batch(batch.tokens()).unwrap() as f64 / 1e9;
    }
}

/// The ordinary run of a scenario.
fn ordinary(scenario: &Scenario) -> Played {
    let requests = scenario.requests.iter().zip(scenario.contents()).enumerate();
    let requests = requests.map(|(i, (recorded, content))| {
        let told = recorded.arriving(&content);
        Request {
            index: u32::try_from(i).unwrap(),
            arrival: told.arrival,
            prompt_tokens: told.prompt_tokens,
            output_tokens: told.output_tokens,
            max_tokens: told.max_tokens,
            priority: told.priority,
            class: ClassId(0),
            user: None,
            content,
        }
    });
    let engine_loop = match scenario.engine_loop {
        Loop::Sync => EngineLoop::Synchronous,
        Loop::Overlap(device) => EngineLoop::Overlap { device },
    };
    let scheduler = tokendrome_sched::TensorRtLlm::new(scenario.config.clone());
    play(Box::new(scheduler), scenario.cost, engine_loop, requests.collect())
}

/// The same of the trace; none if it is stuck.
fn recorded(scenario: &Scenario) -> Option<Played> {
    let mut trace = Vec::new();
    scenario.run(&mut trace).unwrap();
    let place = |id: &serde_json::Value| {
        let id = id.as_i64().unwrap();
        let place = scenario.requests.iter().position(|request| request.id == id).unwrap();
        u32::try_from(place).unwrap()
    };
    let mut times = Times::new();
    let mut last = serde_json::Value::Null;
    for line in String::from_utf8(trace).unwrap().lines().skip(1) {
        last = serde_json::from_str(line).unwrap();
        let ids = |key: &str| -> Vec<u32> {
            last[key].as_array().into_iter().flatten().map(place).collect()
        };
        let now = last["tu"].as_u64();
        for request in ids("ft") {
            times.insert(request, (now, 0));
        }
        for request in ids("fin") {
            times.get_mut(&request).unwrap().1 = now.unwrap();
        }
    }
    let number = |key: &str| last[key].as_u64().unwrap();
    (last["stuck"] == false).then(|| Played {
        times,
        computed_tokens: number("tokens"),
        preemptions: number("paused"),
    })
}

#[test]
fn the_ordinary_run_comes_to_the_times_of_the_trace() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/trtllm/scenarios");
    let mut played = 0;
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        let scenario: Scenario = crate::recording::read(&path).unwrap();
        let Some(recorded) = recorded(&scenario) else { continue };
        assert_eq!(ordinary(&scenario), recorded, "{}", path.display());
        played += 1;
    }
    assert!(played > 10, "scenarios are missing");
}
