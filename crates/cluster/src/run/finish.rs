//! Progress, and the end of a run.

use std::ops::ControlFlow;

use tokendrome_metrics::{Levels, Progress, RequestRecord, Status};
use tokendrome_units::SimTime;

use super::handover::Handover;
use super::{Cluster, Outcome, RunError};
use crate::replica::Replica;

impl Cluster<'_, '_> {
    pub(super) fn report_progress(&mut self) -> ControlFlow<()> {
        let progress = Progress {
            now: self.recorder.counters().time,
            arrived: self.arrived,
            ended: self.ended,
            waiting: self.levels.waiting,
            running: self.levels.running,
            kv_blocks: self.levels.kv_blocks,
            kv_blocks_total: self.replicas.iter().map(Replica::kv_blocks_total).sum(),
        };
        self.observers.iter_mut().try_for_each(|observer| observer.progress(&progress))
    }

    /// Reports what has not ended as unfinished, and hands over the measurements.
    pub(super) fn finish(mut self, now: SimTime, interrupted: bool) -> Outcome {
        let all_ended = self.levels.in_system == 0;
        let mut left: Vec<RequestRecord> =
            self.replicas.iter().flat_map(Replica::unfinished).collect();
        left.extend(self.held.iter().map(|request| RequestRecord {
            index: request.index,
            class: request.class.0,
            arrival: request.arrival,
            first_scheduled: None,
            first_token: None,
            prefill_end: None,
            transfer_end: None,
            decode_start: None,
            end: None,
            prompt_tokens: request.prompt_tokens,
            output_tokens: 0,
            cached_tokens: 0,
            preemptions: 0,
            replica: None,
            status: Status::Unfinished,
        }));
        left.extend(self.handover.iter().flat_map(Handover::unfinished));
        left.sort_by_key(|record| record.index);
        for record in &left {
            self.account(record);
        }
        assert_eq!(self.levels.in_system, 0, "requests were lost");
        assert_eq!(self.arrived, self.ended, "requests arrived and never ended");
        if all_ended {
            // At the horizon, tokens that nobody wants may still be computed.
            let in_flight = if self.events.is_empty() { self.levels.in_flight } else { 0 };
            let levels = Levels { in_flight, ..self.levels };
            assert_eq!(levels, Levels::default(), "blocks or places were lost");
        }
        self.recorder.name_classes(self.source.classes());
        self.digest.add_counters(self.recorder.counters());
        for replica in self.replicas.iter() {
            self.digest.add_replica(&replica.counters_at(now));
        }
        Outcome {
            totals: self.recorder.finish(),
            replicas: self.replicas.iter().map(|replica| replica.counters_at(now)).collect(),
            kv_blocks: self.replicas.iter().map(Replica::kv_blocks_total).collect(),
            transfers: self.handover.as_ref().map(|handover| handover.totals_at(now)),
            digest: self.digest.value(),
            interrupted,
        }
    }

    /// What the first waiting request waits for, when nothing will ever happen again.
    pub(super) fn blockage(&self) -> String {
        let waits = self.replicas.iter().find(|replica| replica.levels().waiting > 0);
        waits.map_or_else(|| "the router sends them nowhere".to_owned(), Replica::blockage)
    }

    pub(super) fn stuck(&self, blockage: String) -> RunError {
        RunError::Stuck { waiting: self.levels.in_system, now: self.events.now(), blockage }
    }
}
