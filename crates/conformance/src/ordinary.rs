//! Requests of a scenario through the ordinary run, for comparison with the loops of this crate.

use std::collections::BTreeMap;
use std::rc::Rc;

use tokendrome_cluster::{Cluster, EngineLoop, ReplicaModel, RoundRobin};
use tokendrome_kernel::Streams;
use tokendrome_metrics::{Observer, Recorder, RecorderSpec, RequestRecord, SloSpec};
use tokendrome_sched::Scheduler;
use tokendrome_steptime::StepTime;
use tokendrome_units::{SimDuration, SimTime};
use tokendrome_workload::{Request, Source, SourceError};

/// When requests had their first token and their last, in nanoseconds, by index.
pub(crate) type Times = BTreeMap<u32, (Option<u64>, u64)>;

/// What came of a run.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Played {
    pub(crate) times: Times,
    pub(crate) computed_tokens: u64,
    pub(crate) preemptions: u64,
}

/// Requests in order of arrival.
struct Recorded(std::vec::IntoIter<Request>);

impl Source for Recorded {
    fn next_request(&mut self) -> Result<Option<Request>, SourceError> {
        Ok(self.0.next())
    }
}

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

/// Plays requests, in order of arrival, on one replica.
pub(crate) fn play(
    scheduler: Box<dyn Scheduler>,
    cost: impl StepTime + 'static,
    engine_loop: EngineLoop,
    requests: Vec<Request>,
) -> Played {
    let stream = Streams::new(0, 0).stream("step-time");
    let replica = ReplicaModel { scheduler, step_time: Rc::new(cost), engine_loop, stream };
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
    let mut source = Recorded(requests.into_iter());
    let mut seen = Seen::default();
    let router = Box::new(RoundRobin::default());
    let outcome = Cluster::new(vec![replica], router, &mut source, recorder, &mut [&mut seen])
        .run(None)
        .unwrap();
    let totals = &outcome.replicas[0];
    Played {
        times: seen.0,
        computed_tokens: totals.computed_tokens,
        preemptions: totals.effects.preemptions,
    }
}
