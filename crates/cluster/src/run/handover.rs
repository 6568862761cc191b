//! From the pool of replicas that compute prompts to the pool that decodes.
//!
//! A request goes to a replica of the first pool as if it ended there: with the first token where
//! the scheduler gives one with the prompt, which is thrown away, else without any. Its KV cache is
//! then sent to a replica of the second pool, where the request arrives with its prompt computed,
//! and gets all its tokens. So the transfer is a part of the time to the first token.

mod pool;

use std::collections::{BTreeMap, VecDeque};

use tokendrome_metrics::{Rejection, RequestRecord, Status};
use tokendrome_units::{ReplicaId, SimDuration, SimTime};
use tokendrome_workload::Request;

use super::{Cluster, Happening, RunError};
use crate::host::later;
use crate::replica::Handed;
use crate::router::Router;
use crate::transfers::{Transfers, Wires};
use pool::Pool;

/// What is sent of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carried {
    /// The KV cache of its prompt.
    Prompt,
    /// Room for all tokens that it may have, which the first pool makes too.
    Reservation,
}

/// How requests get from pool to pool.
pub struct Disaggregation {
    /// So many replicas, the first, compute prompts; the others decode.
    pub prefill_replicas: u32,
    /// Output tokens with which a request ends in the first pool: 1 where a prompt yields one.
    pub prefill_output_tokens: u32,
    /// Which replica of the second pool decodes a request; its replicas count from 0.
    pub decode_router: Box<dyn Router>,
    /// What KV caches are sent through.
    pub wires: Wires,
    /// From the last byte sent to its arrival.
    pub latency: SimDuration,
    /// Bytes that are sent of each token.
    pub bytes_per_token: f64,
    /// Which tokens count.
    pub carried: Carried,
    /// Whether the prompts of one iteration are one transfer, which arrives as a whole.
    pub by_batch: bool,
    /// Layers of which each is sent as soon as it is computed; none: the transfer begins when all
    /// are.
    pub overlapped_layers: Option<u32>,
}

/// What has been sent between the pools.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct TransferTotals {
    /// Transfers that began.
    pub count: u64,
    /// Their bytes, those that went ahead of their start among them.
    pub bytes: f64,
    /// Time in which at least one was under way, in nanoseconds.
    pub busy_ns: u128,
}

/// A request between its arrival and its arrival in the second pool.
#[derive(Clone)]
struct Passing {
    request: Request,
    /// Once its prompt is computed.
    handed: Option<Handed>,
    from: ReplicaId,
}

/// Requests whose prompts were computed together and are sent together.
#[derive(Clone)]
struct Leaving {
    requests: Vec<u32>,
    from: ReplicaId,
    /// Bytes that the link could take of it before the last layer was computed.
    ahead: f64,
}

/// Requests that travel together, and where to.
#[derive(Clone)]
struct Travellers {
    requests: Vec<u32>,
    to: ReplicaId,
}

/// The second half of a disaggregated cluster.
pub(super) struct Handover {
    spec: Disaggregation,
    transfers: Transfers<Travellers>,
    /// By the number of the request.
    passing: BTreeMap<u32, Passing>,
    /// Those who are to be sent and have no destination yet.
    held: VecDeque<Leaving>,
    landing: BTreeMap<u32, Travellers>,
    /// How many are on their way to each replica of the second pool.
    coming: Vec<u32>,
    landings: u32,
    /// Of the last change of the flows: events of earlier ones do not count.
    version: u32,
    busy_since: Option<SimTime>,
    pub(super) totals: TransferTotals,
}

impl Handover {
    pub(super) fn new(spec: Disaggregation) -> Self {
        Self {
            transfers: Transfers::new(spec.wires),
            spec,
            passing: BTreeMap::new(),
            held: VecDeque::new(),
            landing: BTreeMap::new(),
            coming: Vec::new(),
            landings: 0,
            version: 0,
            busy_since: None,
            totals: TransferTotals::default(),
        }
    }

    /// Begins the transfer of requests to a replica.
    fn begin(&mut self, now: SimTime, leaving: Leaving, to: ReplicaId) {
        let tokens = |index: &u32| {
            let request = &self.passing[index].request;
            let outputs = match self.spec.carried {
                Carried::Prompt => 0,
                Carried::Reservation => request.max_tokens,
            };
            u64::from(request.prompt_tokens) + u64::from(outputs)
        };
        let tokens: u64 = leaving.requests.iter().map(tokens).sum();
        let bytes = tokens as f64 * self.spec.bytes_per_token;
        let ends = [leaving.from, to];
        let ahead = leaving.ahead.min(bytes * self.share_ahead());
        self.totals.count += 1;
        self.totals.bytes += bytes;
        self.busy_since.get_or_insert(now);
        let travellers = Travellers { requests: leaving.requests, to };
        self.transfers.begin(now, travellers, ends, bytes - ahead);
    }

    /// The share of a transfer that may go while later layers are computed: all but the last.
    fn share_ahead(&self) -> f64 {
        self.spec.overlapped_layers.map_or(0.0, |layers| f64::from(layers - 1) / f64::from(layers))
    }

    /// Bytes that may have gone ahead of prompts computed in an iteration that took so long, as far
    /// as the transfers that are under way at its end leave room for them.
    fn room_ahead(&self, from: ReplicaId, took: SimDuration) -> f64 {
        let seconds = took.as_nanos() as f64 / 1e9 * self.share_ahead();
        if seconds == 0.0 { 0.0 } else { seconds * self.transfers.spare_from(from) }
    }

    fn is_prefill(&self, replica: ReplicaId) -> bool {
        replica.0 < self.spec.prefill_replicas
    }

    /// The time up to now in which transfers are under way.
    pub(super) fn totals_at(&self, now: SimTime) -> TransferTotals {
        let open = self.busy_since.map_or(0, |since| u128::from((now - since).as_nanos()));
        TransferTotals { busy_ns: self.totals.busy_ns + open, ..self.totals }
    }

    /// Records of the requests that are between the pools, as unfinished.
    pub(super) fn unfinished(&self) -> impl Iterator<Item = RequestRecord> + '_ {
        self.passing.values().filter_map(|passing| {
            let handed = passing.handed?;
            Some(record(&passing.request, &handed, Some(passing.from), Status::Unfinished))
        })
    }
}

/// The record of a request that got no token.
fn record(
    request: &Request,
    handed: &Handed,
    replica: Option<ReplicaId>,
    status: Status,
) -> RequestRecord {
    RequestRecord {
        index: request.index,
        class: request.class.0,
        arrival: request.arrival,
        first_scheduled: handed.first_scheduled,
        first_token: None,
        prefill_end: handed.prefill_end,
        transfer_end: handed.transfer_end,
        decode_start: None,
        end: None,
        prompt_tokens: request.prompt_tokens,
        output_tokens: 0,
        cached_tokens: handed.cached_tokens,
        preemptions: handed.preemptions,
        replica,
        status,
    }
}

impl Cluster<'_, '_> {
    /// Splits the replicas into two pools.
    ///
    /// # Panics
    /// If one of them would be empty, or a replica is in ticks.
    #[must_use]
    pub fn disaggregated(mut self, spec: Disaggregation) -> Self {
        let all = self.replicas.len() as u32;
        assert!((1..all).contains(&spec.prefill_replicas), "a pool without replicas");
        self.recorder.split_pools(spec.prefill_replicas);
        self.handover = Some(Handover::new(spec));
        // The end of an iteration calls for work elsewhere.
        self.is_closed = true;
        self
    }

    /// Which replica a new request goes to.
    pub(super) fn route(&mut self, request: &Request) -> Option<ReplicaId> {
        match &self.handover {
            None => self.router.route(request, &self.replicas),
            Some(handover) => {
                let count = handover.spec.prefill_replicas;
                let pool = Pool { places: &self.replicas, first: 0, count, coming: &[] };
                self.router.route(request, &pool)
            }
        }
    }

    /// What a replica that only computes prompts is told of a request, which is kept, and for how
    /// many output tokens it makes room; none if there is no such pool.
    pub(super) fn first_part(
        &mut self,
        request: &Request,
        from: ReplicaId,
    ) -> Option<(Request, u32)> {
        let handover = self.handover.as_mut()?;
        let passing = Passing { request: request.clone(), handed: None, from };
        handover.passing.insert(request.index, passing);
        let output_tokens = handover.spec.prefill_output_tokens;
        let reserved = match handover.spec.carried {
            Carried::Prompt => output_tokens,
            Carried::Reservation => request.max_tokens,
        };
        Some((Request { output_tokens, max_tokens: output_tokens, ..request.clone() }, reserved))
    }

    /// Whether the tokens of a replica are thrown away.
    pub(super) fn is_prefill(&self, replica: ReplicaId) -> bool {
        self.handover.as_ref().is_some_and(|handover| handover.is_prefill(replica))
    }

    /// A replica has computed the prompts of these requests, in an iteration that took so long.
    pub(super) fn prompts_computed(
        &mut self,
        from: ReplicaId,
        computed: Vec<RequestRecord>,
        took: SimDuration,
        now: SimTime,
    ) -> Result<(), RunError> {
        let Some(handover) = &mut self.handover else { return Ok(()) };
        let (mut leaving, mut done) = (Vec::new(), Vec::new());
        for record in computed {
            let passing = handover.passing.get_mut(&record.index).expect("it is passing");
            if passing.request.output_tokens.min(passing.request.max_tokens) == 0 {
                done.push((passing.request.user, record));
                continue;
            }
            passing.handed = Some(Handed {
                first_scheduled: record.first_scheduled,
                prefill_end: Some(now),
                transfer_end: None,
                cached_tokens: record.cached_tokens,
                preemptions: record.preemptions,
            });
            leaving.push(record.index);
        }
        self.levels.waiting += leaving.len() as u64;
        let size = if handover.spec.by_batch { leaving.len().max(1) } else { 1 };
        let parts = leaving.len().div_ceil(size).max(1);
        let ahead = match handover.spec.wires.are_shared {
            true => handover.room_ahead(from, took) / parts as f64,
            false => handover.room_ahead(from, took),
        };
        handover.held.extend(leaving.chunks(size).map(|requests| Leaving {
            requests: requests.to_vec(),
            from,
            ahead,
        }));
        for (user, record) in done {
            self.forget(record.index);
            self.account(&record);
            self.answer(user, true)?;
        }
        self.begin_transfers(now)
    }

    /// A request is kept for nobody any more.
    pub(super) fn forget(&mut self, index: u32) {
        if let Some(handover) = &mut self.handover {
            handover.passing.remove(&index);
        }
    }

    /// Sends off those for whom the second pool has a replica.
    pub(super) fn begin_transfers(&mut self, now: SimTime) -> Result<(), RunError> {
        let Some(handover) = &mut self.handover else { return Ok(()) };
        let first = handover.spec.prefill_replicas;
        let count = self.replicas.len() as u32 - first;
        handover.coming.resize(count as usize, 0);
        let mut has_begun = false;
        while let Some(leaving) = handover.held.front() {
            let request = &handover.passing[&leaving.requests[0]].request;
            let coming = &handover.coming;
            let pool = Pool { places: &self.replicas, first, count, coming };
            let Some(to) = handover.spec.decode_router.route(request, &pool) else { break };
            let Some(leaving) = handover.held.pop_front() else { break };
            handover.coming[to.0 as usize] += leaving.requests.len() as u32;
            handover.begin(now, leaving, ReplicaId(first + to.0));
            has_begun = true;
        }
        if has_begun { self.expect_transfer(now) } else { Ok(()) }
    }

    /// Schedules the end of the transfer that ends first.
    fn expect_transfer(&mut self, now: SimTime) -> Result<(), RunError> {
        let Some(handover) = &mut self.handover else { return Ok(()) };
        handover.version += 1;
        if let Some(seconds) = handover.transfers.next_end_s() {
            let end = later(now, SimDuration::from_secs_f64(seconds)?)?;
            self.events.push(end, Happening::TransferEnds(handover.version));
        }
        Ok(())
    }

    /// The last bytes of some transfers have been sent, unless others have come between.
    pub(super) fn end_transfers(&mut self, version: u32, now: SimTime) -> Result<(), RunError> {
        let Some(handover) = &mut self.handover else { return Ok(()) };
        if version != handover.version {
            return Ok(());
        }
        for travellers in handover.transfers.ended(now) {
            let landing = handover.landings;
            handover.landings += 1;
            handover.landing.insert(landing, travellers);
            let lands = later(now, handover.spec.latency)?;
            self.events.push(lands, Happening::Lands(landing));
        }
        if handover.transfers.next_end_s().is_none()
            && let Some(since) = handover.busy_since.take()
        {
            handover.totals.busy_ns += u128::from((now - since).as_nanos());
        }
        self.expect_transfer(now)
    }

    /// Requests arrive in the second pool.
    pub(super) fn land(&mut self, landing: u32, now: SimTime) -> Result<(), RunError> {
        let Some(handover) = &mut self.handover else { return Ok(()) };
        let travellers = handover.landing.remove(&landing).expect("somebody lands");
        let to = travellers.to.0 - handover.spec.prefill_replicas;
        handover.coming[to as usize] -= travellers.requests.len() as u32;
        self.levels.waiting -= travellers.requests.len() as u64;
        for index in travellers.requests {
            let Some(handover) = &mut self.handover else { return Ok(()) };
            let passing = handover.passing.remove(&index).expect("it is passing");
            let handed = passing.handed.expect("its prompt is computed");
            let handed = Handed { transfer_end: Some(now), ..handed };
            let request = passing.request;
            let reserved = request.max_tokens;
            match self.replicas[travellers.to].add(&request, reserved, Some(&handed)) {
                Ok(()) => {
                    self.sync_levels(travellers.to);
                    self.ready.push(travellers.to);
                }
                Err(refusal) => {
                    let rejection = Rejection { kind: refusal.kind(), detail: refusal.to_string() };
                    self.last_refusal = Some(rejection.detail.clone());
                    let status = Status::Rejected(rejection);
                    let record = record(&request, &handed, Some(travellers.to), status);
                    self.account(&RequestRecord { end: Some(now), ..record });
                    self.answer(request.user, false)?;
                }
            }
        }
        Ok(())
    }
}
