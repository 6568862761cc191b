//! KV caches on their way from one pool of replicas to another.
//!
//! A transfer is a flow of bytes. Flows that are under way at the same time share the link between
//! the pools max-min fair: nobody can get more without taking it from somebody who has no more
//! (Bertsekas and Gallager, Data Networks, 2nd ed., 1992, section 6.5.2). Where each replica has a
//! connection of its own, its flows share that too. Rates change only when a flow begins or ends.
//!
//! Cost: O(flows + replicas) each time one begins or ends, times the number of distinct
//! bottlenecks. Not modelled: packets, ramps, other traffic.

use std::collections::BTreeMap;

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

    /// What the flows under way leave of the way out of a replica, in bytes per second.
    pub(crate) fn spare_from(&self, replica: ReplicaId) -> f64 {
        if !self.wires.are_shared {
            let own = self.wires.replica_bandwidth.unwrap_or(f64::INFINITY);
            return own.min(self.wires.bandwidth);
        }
        let of_link: f64 = self.flows.iter().map(|flow| flow.rate).sum();
        let own_flows = self.flows.iter().filter(|flow| flow.ends.contains(&replica));
        let of_replica: f64 = own_flows.map(|flow| flow.rate).sum();
        let own = self.wires.replica_bandwidth.unwrap_or(f64::INFINITY);
        (self.wires.bandwidth - of_link).min(own - of_replica).max(0.0)
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

/// What a wire has left for the flows whose rate is not settled.
#[derive(Debug, Clone, Copy)]
struct Wire {
    left: f64,
    flows: u32,
}

impl Wire {
    fn share(&self) -> f64 {
        self.left / f64::from(self.flows)
    }

    fn settle(&mut self, rate: f64) {
        self.left = (self.left - rate).max(0.0);
        self.flows -= 1;
    }
}

/// Max-min fair rates of flows between replicas: the fullest wire gives each of its flows the same,
/// what is left goes to the others, and so on.
fn rates(wires: &Wires, flows: &[[ReplicaId; 2]]) -> Vec<f64> {
    if !wires.are_shared {
        let own = wires.replica_bandwidth.map_or(wires.bandwidth, |own| own.min(wires.bandwidth));
        return vec![own; flows.len()];
    }
    let mut link = Wire { left: wires.bandwidth, flows: flows.len() as u32 };
    let mut own: BTreeMap<ReplicaId, Wire> = BTreeMap::new();
    if let Some(left) = wires.replica_bandwidth {
        for replica in flows.iter().flatten() {
            own.entry(*replica).or_insert(Wire { left, flows: 0 }).flows += 1;
        }
    }
    let mut rates = vec![0.0; flows.len()];
    let mut open: Vec<usize> = (0..flows.len()).collect();
    while !open.is_empty() {
        let tightest = own.iter().filter(|(_, wire)| wire.flows > 0);
        let tightest = tightest.map(|(replica, wire)| (wire.share(), *replica));
        let tightest = tightest.min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let Some((rate, replica)) = tightest.filter(|(rate, _)| *rate < link.share()) else {
            let rate = link.share();
            open.drain(..).for_each(|at| rates[at] = rate);
            break;
        };
        open.retain(|&at| {
            let is_bound = flows[at].contains(&replica);
            if is_bound {
                rates[at] = rate;
                link.settle(rate);
                for end in flows[at] {
                    own.get_mut(&end).expect("every end has a wire").settle(rate);
                }
            }
            !is_bound
        });
    }
    rates
}

#[cfg(test)]
mod tests;
