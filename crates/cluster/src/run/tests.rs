mod steady;
mod ticking;

use std::rc::Rc;

use tokendrome_kernel::Streams;
use tokendrome_metrics::RecorderSpec;
use tokendrome_sched::{NewRequest, Outcome as Delivered, Plan, Refusal, Scheduler, Slot};
use tokendrome_steptime::{Constant, ConstantSpec, Law};
use tokendrome_units::SimDuration;
use tokendrome_workload::ClassId;

use super::*;
use crate::{EMPTY_STEP_SLEEP, EngineLoop, RoundRobin};

/// Takes requests and never plans any.
struct Refuser(u32);

impl Scheduler for Refuser {
    fn add(&mut self, _: &NewRequest<'_>) -> Result<Slot, Refusal> {
        self.0 += 1;
        Ok(Slot(self.0 - 1))
    }

    fn plan(&mut self, _: &mut Plan) {}

    fn complete(&mut self, _: &Plan, _: &mut Delivered) {}

    fn delivered(&self, _: Slot) -> u32 {
        0
    }

    fn waiting(&self) -> u32 {
        self.0
    }

    fn running(&self) -> u32 {
        0
    }

    fn has_place(&self, _: u32) -> bool {
        true
    }

    fn kv_blocks(&self) -> (u64, u64) {
        (0, 1)
    }

    fn kv_tokens(&self) -> u64 {
        16
    }

    fn token_budget(&self) -> Option<u64> {
        Some(16)
    }

    fn fork(&self) -> Box<dyn Scheduler> {
        unreachable!("no run of it is cut")
    }

    fn blockage(&self) -> String {
        "it will not".to_owned()
    }
}

/// A request every 100 ms.
struct Steady(u32);

impl Source for Steady {
    fn next_request(&mut self) -> Result<Option<Request>, SourceError> {
        let index = self.0;
        self.0 += 1;
        Ok((index < 3).then(|| Request {
            index,
            arrival: SimTime::from_nanos(u64::from(index) * 100_000_000),
            prompt_tokens: 10,
            output_tokens: 1,
            max_tokens: 1,
            priority: 0,
            class: ClassId(0),
            user: None,
            content: Vec::new(),
        }))
    }
}

fn stuck(engine_loop: EngineLoop) -> RunError {
    let step_time = Constant::new(&ConstantSpec { step_ms: 5.0, law: Law::Deterministic });
    let replica = ReplicaModel {
        scheduler: Box::new(Refuser(0)),
        step_time: Rc::new(step_time),
        engine_loop,
        stream: Streams::new(1, 0).stream("step-time"),
    };
    let recorder = Recorder::new(RecorderSpec {
        transfer: false,
        millisecond: SimDuration::from_millis(1),
        warm_up: SimDuration::ZERO,
        cool_down: SimDuration::ZERO,
        tbt: false,
        exact_max: 100,
        slo: tokendrome_metrics::SloSpec::default(),
        classes: Vec::new(),
    });
    let mut source = Steady(0);
    let router = Box::new(RoundRobin::default());
    let cluster = Cluster::new(vec![replica], router, &mut source, recorder, &mut []);
    cluster.run(None).unwrap_err()
}

/// The host of the asynchronous loop turns and rests for as long as there are requests: it must not
/// do so for ever.
#[test]
fn a_scheduler_that_plans_nothing_stops_the_run_whatever_the_loop() {
    for engine_loop in
        [EngineLoop::Synchronous, EngineLoop::Asynchronous { sleep: EMPTY_STEP_SLEEP }]
    {
        match stuck(engine_loop) {
            RunError::Stuck { waiting: 3, now, blockage } => {
                assert_eq!(blockage, "it will not");
                // All of them have arrived, and soon after the last the run is over.
                let now = now.as_nanos();
                assert!((200_000_000..300_000_000).contains(&now), "{engine_loop:?}: {now}");
            }
            error => panic!("{engine_loop:?}: {error}"),
        }
    }
}
