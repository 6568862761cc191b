//! The same requests through the ordinary run: its events and the loops of this crate come to the
//! same times.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use tokendrome_cluster::{Cluster, EngineLoop, ReplicaModel, RoundRobin};
use tokendrome_kernel::Streams;
use tokendrome_metrics::{Observer, Recorder, RecorderSpec, RequestRecord, SloSpec};
use tokendrome_steptime::{BatchShape, StepCost, StepTime};
use tokendrome_units::{SimDuration, SimTime, TokenRun};
use tokendrome_workload::{ClassId, Request, Source, SourceError};

use super::*;
use crate::vllm::scenario::Cost;

impl StepTime for Cost {
    fn cost(&self, batch: &BatchShape, cost: &mut StepCost) {
        let seconds = |nanos: u64| nanos as f64 / 1e9;
        cost.host_s = seconds(self.host);
        cost.stage_s[0] = seconds(self.of_batch(batch.tokens()).unwrap());
    }
}

/// The requests of a scenario, in order of arrival.
struct Recorded(std::vec::IntoIter<Request>);

impl Source for Recorded {
    fn next_request(&mut self) -> Result<Option<Request>, SourceError> {
        Ok(self.0.next())
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

/// When requests had their first token and their last, in nanoseconds.
type Times = BTreeMap<u32, (Option<u64>, u64)>;

#[derive(Default)]
struct Seen(Times);

impl Observer for Seen {
    fn sees_iterations(&self) -> bool {
        false
    }

    fn request(&mut self, record: &RequestRecord) {
        let nanos = |time: Option<SimTime>| time.map(SimTime::as_nanos);
        self.0.insert(record.index, (nanos(record.first_token), nanos(record.end).unwrap()));
    }
}

/// Times, computed tokens and preemptions of the ordinary run.
fn ordinary(scenario: &Scenario) -> (Times, u64, u64) {
    let replica = ReplicaModel {
        scheduler: Box::new(tokendrome_sched::Vllm::new(scenario.config.clone())),
        step_time: Rc::new(scenario.cost),
        engine_loop: match scenario.config.async_scheduling {
            false => EngineLoop::Synchronous,
            true => {
                EngineLoop::Asynchronous { sleep: SimDuration::from_nanos(scenario.cost.sleep) }
            }
        },
        stream: Streams::new(0, 0).stream("step-time"),
    };
    let recorder = Recorder::new(RecorderSpec {
        transfer: false,
        millisecond: SimDuration::from_millis(1),
        warm_up: SimDuration::ZERO,
        cool_down: SimDuration::ZERO,
        tbt: false,
        exact_max: 0,
        slo: SloSpec::default(),
        classes: Vec::new(),
    });
    let mut source = Recorded(requests(scenario).into_iter());
    let mut seen = Seen::default();
    let outcome = Cluster::new(
        vec![replica],
        Box::new(RoundRobin::default()),
        &mut source,
        recorder,
        &mut [&mut seen],
    )
    .run(None)
    .unwrap();
    let totals = &outcome.replicas[0];
    (seen.0, totals.computed_tokens, totals.effects.preemptions)
}

/// The same of the trace.
fn recorded(scenario: &Scenario) -> (Times, u64, u64) {
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
    (times, last["tokens"].as_u64().unwrap(), last["preemptions"].as_u64().unwrap())
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
        let (mut times, tokens, preemptions) = ordinary(&scenario);
        if !scenario.config.async_scheduling {
            // These traces do not tell first tokens.
            times.values_mut().for_each(|(first, _)| *first = None);
        }
        let name = scenario.name();
        let (expected, expected_tokens, expected_preemptions) = recorded(&scenario);
        assert_eq!(times, expected, "{name}");
        assert_eq!((tokens, preemptions), (expected_tokens, expected_preemptions), "{name}");
        compared[usize::from(scenario.config.async_scheduling)] += 1;
    }
    assert!(compared.iter().all(|&scenarios| scenarios >= 15), "too few scenarios: {compared:?}");
}
