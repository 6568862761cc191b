//! Requests: from the source to a replica, and out of the books.

use tokendrome_metrics::{Arrival, Rejection, RequestRecord, Status};
use tokendrome_units::{ReplicaId, SimTime};
use tokendrome_workload::Request;

use super::{Cluster, Happening, RunError};

impl Cluster<'_, '_> {
    /// Asks the source for the next request of the open loop.
    pub(super) fn expect_next(&mut self) -> Result<(), RunError> {
        let next = self.source.next_request()?;
        self.next_arrival = next.as_ref().map_or(SimTime::MAX, |request| request.arrival);
        self.open_loop = next.map(|request| self.expect(request));
        Ok(())
    }

    /// Schedules the arrival of a request.
    pub(super) fn expect(&mut self, request: Request) -> u32 {
        let arrival = request.arrival;
        self.is_closed |= request.user.is_some();
        let place = match self.free_places.pop() {
            Some(place) => {
                self.arriving[place as usize] = Some(request);
                place
            }
            None => {
                self.arriving.push(Some(request));
                (self.arriving.len() - 1) as u32
            }
        };
        self.events.push(arrival, Happening::Arrives(place));
        place
    }

    pub(super) fn arrive(&mut self, request: Request) -> Result<(), RunError> {
        self.arrived += 1;
        self.recorder.arrival();
        if usize::from(request.class.0) >= self.recorder.classes_named() {
            self.recorder.name_classes(self.source.classes());
        }
        let arrival = Arrival {
            index: request.index,
            now: request.arrival,
            prompt_tokens: request.prompt_tokens,
            output_tokens: request.output_tokens.min(request.max_tokens),
        };
        for observer in self.observers.iter_mut() {
            observer.arrival(&arrival);
        }
        self.levels.in_system += 1;
        let first_in_line = self.held.is_empty();
        let route = first_in_line.then(|| self.router.route(&request, &self.replicas)).flatten();
        match route {
            Some(replica) => self.send(&request, replica),
            None => {
                self.held.push_back(request);
                self.levels.waiting += 1;
                Ok(())
            }
        }
    }

    /// Hands a request to a replica, which may refuse it.
    pub(super) fn send(&mut self, request: &Request, replica: ReplicaId) -> Result<(), RunError> {
        match self.replicas[replica].add(request) {
            Ok(()) => {
                self.sync_levels(replica);
                self.ready.push(replica);
                Ok(())
            }
            Err(refusal) => {
                let rejection = Rejection { kind: refusal.kind(), detail: refusal.to_string() };
                self.last_refusal = Some(rejection.detail.clone());
                let record = RequestRecord {
                    index: request.index,
                    class: request.class.0,
                    arrival: request.arrival,
                    first_scheduled: None,
                    first_token: None,
                    end: Some(self.events.now()),
                    prompt_tokens: request.prompt_tokens,
                    output_tokens: 0,
                    cached_tokens: 0,
                    preemptions: 0,
                    replica: Some(replica),
                    status: Status::Rejected(rejection),
                };
                self.account(&record);
                self.answer(request.user, false)
            }
        }
    }

    /// The user of a request that ended, completed if `served`, may send the next one.
    pub(super) fn answer(&mut self, user: Option<u32>, served: bool) -> Result<(), RunError> {
        if let Some(user) = user
            && let Some(request) = self.source.ended(user, self.events.now(), served)?
        {
            self.repeats += u64::from(request.arrival == self.events.now());
            self.expect(request);
        }
        Ok(())
    }

    /// Books a request that ended, in whatever way.
    pub(super) fn account(&mut self, record: &RequestRecord) {
        self.ended += 1;
        self.levels.in_system -= 1;
        self.digest.add(u64::from(record.index));
        self.digest.add(record.status.name().len() as u64);
        self.digest.add(u64::from(record.output_tokens) << 32 | u64::from(record.cached_tokens));
        self.digest.add(u64::from(record.preemptions));
        self.digest.add(record.replica.map_or(0, |replica| 1 + u64::from(replica.0)));
        self.digest.add(record.first_scheduled.map_or(0, SimTime::as_nanos));
        self.digest.add(record.first_token.map_or(0, SimTime::as_nanos));
        self.digest.add(record.end.map_or(0, SimTime::as_nanos));
        self.recorder.ended(record);
        for observer in self.observers.iter_mut() {
            observer.request(record);
        }
    }
}
