//! Requests: from the source to a replica, and out of the books.

use tokendrome_metrics::{Arrival, Rejection, RequestRecord, Status};
use tokendrome_units::{ReplicaId, SimTime};
use tokendrome_workload::Request;

use super::{Cluster, Happening, RunError};
use crate::delays::Delays;

impl Cluster<'_, '_> {
    /// The same with a way between clients and the router. Requests of the source are sent at their
    /// arrival; what is measured of them is what their clients see.
    #[must_use]
    pub fn with_delays(self, delays: Delays) -> Self {
        Self { delays, ..self }
    }

    /// Asks the source for the next request of the open loop.
    pub(super) fn expect_next(&mut self) -> Result<(), RunError> {
        let mut next = self.source.next_request()?;
        if let Some(request) = &mut next {
            request.arrival = request.arrival + self.delays.request;
        }
        let due = next.as_ref().map(|request| request.arrival.saturating_sub(self.slack));
        self.next_arrival = due.unwrap_or(SimTime::MAX);
        self.open_loop = next.zip(due).map(|(request, due)| self.expect_at(request, due));
        Ok(())
    }

    /// Schedules the coming of a request.
    pub(super) fn expect(&mut self, request: Request) -> u32 {
        let arrival = request.arrival;
        self.expect_at(request, arrival)
    }

    /// The same at some time.
    fn expect_at(&mut self, request: Request, at: SimTime) -> u32 {
        self.is_closed |= request.user.is_some();
        let place = self.keep(request);
        self.events.push(at, (self.comes)(place));
        place
    }

    /// Keeps a request that is on its way.
    fn keep(&mut self, request: Request) -> u32 {
        match self.free_places.pop() {
            Some(place) => {
                self.arriving[place as usize] = Some(request);
                place
            }
            None => {
                self.arriving.push(Some(request));
                (self.arriving.len() - 1) as u32
            }
        }
    }

    /// Takes a request that was on its way.
    fn take(&mut self, place: u32) -> Request {
        self.free_places.push(place);
        self.arriving[place as usize].take().expect("a request on its way")
    }

    /// A request comes to the router. It arrives now, unless it is sent to a ticking replica in the
    /// middle of a step.
    pub(super) fn come(&mut self, place: u32, now: SimTime) -> Result<(), RunError> {
        let mut request = self.take(place);
        if self.open_loop == Some(place) {
            self.expect_next()?;
        }
        if request.arrival > now && !self.is_boundary_by(request.arrival, now)? {
            // Early for the sake of a boundary, and there is none: it comes when it is due.
            self.expect(request);
            return Ok(());
        }
        request.arrival = now;
        let first_in_line = self.held.is_empty();
        let route = if first_in_line { self.route(&request) } else { None };
        let Some(replica) = route else {
            self.arrive(&request);
            self.held.push_back(request);
            self.levels.waiting += 1;
            return Ok(());
        };
        let boundary = self.replicas[replica].boundary(now)?;
        if boundary > now {
            request.arrival = boundary;
            self.replicas[replica].expect();
            self.coming += 1;
            let place = self.keep(request);
            self.events.push(boundary, Happening::Enters(place, replica));
            return Ok(());
        }
        self.arrive(&request);
        self.send(&request, replica)
    }

    /// Whether a step of any replica ends between `now` and `due`.
    fn is_boundary_by(&self, due: SimTime, now: SimTime) -> Result<bool, RunError> {
        for replica in self.replicas.iter() {
            if replica.boundary(now)? <= due {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// A request that came during a step of a replica arrives there, at its end.
    pub(super) fn enter(&mut self, place: u32, replica: ReplicaId) -> Result<(), RunError> {
        let request = self.take(place);
        self.coming -= 1;
        self.replicas[replica].meet();
        self.arrive(&request);
        self.send(&request, replica)
    }

    /// Books a request that arrives now.
    fn arrive(&mut self, request: &Request) {
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
    }

    /// Hands a request to a replica, which may refuse it.
    pub(super) fn send(&mut self, request: &Request, replica: ReplicaId) -> Result<(), RunError> {
        let (first, reserved) = match self.first_part(request, replica) {
            Some((first, reserved)) => (Some(first), reserved),
            None => (None, request.max_tokens),
        };
        let first = first.as_ref().unwrap_or(request);
        match self.replicas[replica].add(first, reserved, None) {
            Ok(()) => {
                self.sync_levels(replica);
                self.ready.push(replica);
                Ok(())
            }
            Err(refusal) => {
                self.forget(request.index);
                let rejection = Rejection { kind: refusal.kind(), detail: refusal.to_string() };
                self.last_refusal = Some(rejection.detail.clone());
                let record = RequestRecord {
                    index: request.index,
                    class: request.class.0,
                    arrival: request.arrival,
                    first_scheduled: None,
                    first_token: None,
                    prefill_end: None,
                    transfer_end: None,
                    decode_start: None,
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
        let heard = self.events.now() + self.delays.response;
        if let Some(user) = user
            && let Some(mut request) = self.source.ended(user, heard, served)?
        {
            request.arrival = request.arrival + self.delays.request;
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
        if record.prefill_end != record.first_token {
            self.digest.add(record.prefill_end.map_or(0, SimTime::as_nanos));
        }
        if let Some(transfer_end) = record.transfer_end {
            self.digest.add(transfer_end.as_nanos());
        }
        if let Some(decode_start) = record.decode_start {
            self.digest.add(decode_start.as_nanos());
        }
        let at_client = self.delays.at_client(record);
        let seen = at_client.as_ref().unwrap_or(record);
        self.recorder.ended_as(record, seen);
        for observer in self.observers.iter_mut() {
            observer.request(seen);
        }
    }
}
