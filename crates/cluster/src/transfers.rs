//! KV caches on their way from one pool of replicas to another.
//!
//! A transfer is a flow of bytes. Flows that are under way at the same time share the link between
//! the pools max-min fair: nobody can get more without taking it from somebody who has no more
//! (Bertsekas and Gallager, Data Networks, 2nd ed., 1992, section 6.5.2). Where each replica has a
//! connection of its own, its flows share that too. Rates change only when a flow begins or ends.
//!
//! Cost: O(flows) each time one begins or ends, times the number of distinct bottlenecks. Not
//! modelled: packets, ramps, other traffic.

use tokendrome_units::{ReplicaId, SimTime};

/// What the flows run through.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wires {
    /// Bytes per second between the pools.
    pub bandwidth: f64,
    /// Bytes per second into or out of one replica, if that is a limit.
    pub replica_bandwidth: Option<f64>,
    /// Whether flows share; if not, each has all of the bandwidth.
    pub are_shared: bool,
}

#[derive(Debug, Clone)]
struct Flow<T> {
    what: T,
    ends: [ReplicaId; 2],
    bytes_left: f64,
    /// Bytes per second now.
    rate: f64,
}

/// The flows that are under way.
#[derive(Debug, Clone)]
pub(crate) struct Transfers<T> {
    wires: Wires,
    flows: Vec<Flow<T>>,
    /// Up to when they have been followed.
    now: SimTime,
    /// Bytes that have arrived.
    bytes_sent: f64,
}

/// Bytes that may be left of a flow that has ended, as seconds of its rate: times are rounded to
/// nanoseconds.
const ROUNDING_S: f64 = 1e-9;

impl<T> Transfers<T> {
    pub(crate) fn new(wires: Wires) -> Self {
        Self { wires, flows: Vec::new(), now: SimTime::ZERO, bytes_sent: 0.0 }
    }

    /// Bytes that have been sent so far.
    #[cfg(test)]
    pub(crate) fn bytes_sent(&self) -> f64 {
        self.bytes_sent
    }

    /// The rate that one more flow between these replicas would have.
    pub(crate) fn rate_of_another(&self, ends: [ReplicaId; 2]) -> f64 {
        let mut all: Vec<[ReplicaId; 2]> = self.flows.iter().map(|flow| flow.ends).collect();
        all.push(ends);
        *rates(&self.wires, &all).last().expect("the other flow")
    }

    /// A flow begins at `now`.
    pub(crate) fn begin(&mut self, now: SimTime, what: T, ends: [ReplicaId; 2], bytes: f64) {
        self.follow(now);
        self.flows.push(Flow { what, ends, bytes_left: bytes, rate: 0.0 });
        self.share();
    }

    /// When the next flow ends, in seconds from the last change; none if there is none.
    pub(crate) fn next_end_s(&self) -> Option<f64> {
        self.flows.iter().map(|flow| flow.bytes_left / flow.rate).reduce(f64::min)
    }

    /// The flows that have ended by `now`, in the order in which they began.
    pub(crate) fn ended(&mut self, now: SimTime) -> Vec<T> {
        self.follow(now);
        let mut ended = Vec::new();
        for flow in std::mem::take(&mut self.flows) {
            if flow.bytes_left <= flow.rate * ROUNDING_S {
                ended.push(flow.what);
            } else {
                self.flows.push(flow);
            }
        }
        self.share();
        ended
    }

    fn follow(&mut self, now: SimTime) {
        let seconds = (now - self.now).as_nanos() as f64 / 1e9;
        self.now = now;
        for flow in &mut self.flows {
            let sent = (flow.rate * seconds).min(flow.bytes_left);
            flow.bytes_left -= sent;
            self.bytes_sent += sent;
        }
    }

    fn share(&mut self) {
        let ends: Vec<[ReplicaId; 2]> = self.flows.iter().map(|flow| flow.ends).collect();
        for (flow, rate) in self.flows.iter_mut().zip(rates(&self.wires, &ends)) {
            flow.rate = rate;
        }
    }
}

/// Max-min fair rates of flows between replicas: the fullest wire gives each of its flows the same,
/// what is left goes to the others, and so on.
fn rates(wires: &Wires, flows: &[[ReplicaId; 2]]) -> Vec<f64> {
    if !wires.are_shared {
        let own = wires.replica_bandwidth.map_or(wires.bandwidth, |own| own.min(wires.bandwidth));
        return vec![own; flows.len()];
    }
    let mut rates = vec![0.0; flows.len()];
    let mut open: Vec<usize> = (0..flows.len()).collect();
    let mut left = wires.bandwidth;
    while !open.is_empty() {
        let fair = left / open.len() as f64;
        // The tightest connection of a replica, where one gives less than the link.
        let tightest = wires.replica_bandwidth.and_then(|own| {
            let share = |replica: ReplicaId| {
                let uses = |flow: &[ReplicaId; 2]| flow.contains(&replica);
                let taken: f64 = (0..flows.len())
                    .filter(|at| uses(&flows[*at]) && !open.contains(at))
                    .map(|at| rates[at])
                    .sum();
                let count = open.iter().filter(|&&at| uses(&flows[at])).count();
                ((own - taken).max(0.0) / count as f64, replica)
            };
            let replicas = open.iter().flat_map(|&at| flows[at]);
            replicas.map(share).min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)))
        });
        match tightest.filter(|(share, _)| *share < fair) {
            None => {
                open.drain(..).for_each(|at| rates[at] = fair);
            }
            Some((share, replica)) => {
                open.retain(|&at| {
                    let is_bound = flows[at].contains(&replica);
                    if is_bound {
                        rates[at] = share;
                        left -= share;
                    }
                    !is_bound
                });
            }
        }
    }
    rates
}

#[cfg(test)]
mod tests;
