//! Time of collective communication between the ranks of a group.
//!
//! Every time is `fixed + per_byte * bytes`, where `bytes` is the message of one rank: what it
//! holds before an all-reduce, a reduce-scatter or a broadcast, what it holds after an all-gather,
//! what it has for all others together in an all-to-all. A [`Group`] knows two kinds of wires:
//! those within a node and, where it spans several, each rank's share of the network.
//!
//! Sources: ring, Thakur, Rabenseifner and Gropp, Optimization of collective communication
//! operations in MPICH (2005); tree, Sanders, Speck and Träff, Two-tree algorithms for full
//! bandwidth broadcast, reduction and scan (2009); in-switch, Klenk et al., An in-network
//! architecture for accelerating shared-memory multiprocessor collectives (ISCA 2020). Not
//! modelled: several collectives at once on one wire, thresholds between protocols.

use serde::{Deserialize, Serialize};

/// What the ranks of a group do together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Collective {
    /// Everybody gets the sum of what all have.
    AllReduce,
    /// Everybody gets a part of the sum.
    ReduceScatter,
    /// Everybody gets the parts of all.
    AllGather,
    /// Everybody sends a part of its own to each of the others.
    AllToAll,
    /// One sends to all.
    Broadcast,
    /// One sends to one other.
    PointToPoint,
}

/// How an all-reduce goes about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum AllReduce {
    /// A ring within a node, hierarchical across nodes.
    #[default]
    Auto,
    /// One ring through all ranks: `2 (n - 1)` steps of a part each.
    Ring,
    /// Two trees that carry half of the message each: fewer steps, more bytes.
    Tree,
    /// A reduce-scatter within each node, an all-reduce of the parts across nodes, and an
    /// all-gather within each node.
    Hierarchical,
    /// The switch of a node adds up (NVLink SHARP): two steps, and hardly more than one copy of the
    /// message.
    InSwitch,
}

impl AllReduce {
    /// The name that files use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Ring => "ring",
            Self::Tree => "tree",
            Self::Hierarchical => "hierarchical",
            Self::InSwitch => "in-switch",
        }
    }
}

/// A connection of one rank, as it is reached.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wire {
    /// Seconds of one step of a small message.
    pub latency_s: f64,
    /// Seconds that a byte takes in one direction.
    pub per_byte_s: f64,
}

/// Ranks that work together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Group {
    /// How many they are.
    pub ranks: u32,
    /// How many of them stand in one node.
    pub per_node: u32,
    /// The wire of each within its node.
    pub within: Wire,
    /// The wire of each to other nodes, where there are any.
    pub between: Wire,
}

/// `fixed_s + per_byte_s * bytes`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct LinkTime {
    /// Seconds whatever is sent.
    pub fixed_s: f64,
    /// Further seconds for each byte of the message.
    pub per_byte_s: f64,
}

impl LinkTime {
    /// Seconds of a message of so many bytes.
    #[must_use]
    pub fn seconds(&self, bytes: f64) -> f64 {
        self.fixed_s + self.per_byte_s * bytes
    }

    fn then(self, next: Self) -> Self {
        Self { fixed_s: self.fixed_s + next.fixed_s, per_byte_s: self.per_byte_s + next.per_byte_s }
    }

    /// The same of `1 / parts` of the message.
    fn of_part(self, parts: f64) -> Self {
        Self { per_byte_s: self.per_byte_s / parts, ..self }
    }
}

impl Group {
    /// Ranks of one node.
    #[must_use]
    pub fn in_node(ranks: u32, within: Wire) -> Self {
        Self { ranks, per_node: ranks, within, between: within }
    }

    /// Ranks in the node that has fewest of them.
    fn smallest_node(&self) -> u32 {
        match self.ranks % self.per_node {
            0 => self.per_node,
            rest => rest,
        }
    }

    fn nodes(&self) -> u32 {
        self.ranks.div_ceil(self.per_node)
    }

    /// Time of a collective; nothing where the group is a single rank.
    #[must_use]
    pub fn time(&self, collective: Collective, all_reduce: AllReduce) -> LinkTime {
        if self.ranks == 1 {
            return LinkTime::default();
        }
        match collective {
            Collective::AllReduce => self.all_reduce(all_reduce),
            Collective::ReduceScatter | Collective::AllGather => self.half_ring(),
            Collective::AllToAll => self.all_to_all(),
            Collective::Broadcast => self.broadcast(),
            Collective::PointToPoint => {
                let Wire { latency_s, per_byte_s } = self.slowest();
                LinkTime { fixed_s: latency_s, per_byte_s }
            }
        }
    }

    fn all_reduce(&self, algorithm: AllReduce) -> LinkTime {
        match algorithm {
            AllReduce::Auto if self.nodes() > 1 => self.hierarchical(),
            AllReduce::Hierarchical => self.hierarchical(),
            AllReduce::Auto | AllReduce::Ring => self.half_ring().then(self.half_ring()),
            AllReduce::Tree => {
                let depth = f64::from(self.ranks.next_power_of_two().trailing_zeros());
                let Wire { latency_s, per_byte_s } = self.slowest();
                LinkTime { fixed_s: 2.0 * depth * latency_s, per_byte_s: 2.0 * per_byte_s }
            }
            // Each rank pulls its part of the sum, for which all send theirs, and pushes it to all.
            AllReduce::InSwitch => {
                let ranks = f64::from(self.ranks);
                let Wire { latency_s, per_byte_s } = self.within;
                let copies = (ranks + 1.0) / ranks;
                LinkTime { fixed_s: 2.0 * latency_s, per_byte_s: copies * per_byte_s }
            }
        }
    }

    /// Once round the ring: `n - 1` steps, each of an n-th of the message.
    fn half_ring(&self) -> LinkTime {
        let ranks = f64::from(self.ranks);
        let crossings = if self.nodes() > 1 { f64::from(self.nodes()) } else { 0.0 };
        let hops = ranks - 1.0;
        let slow = crossings.min(hops);
        LinkTime {
            fixed_s: slow * self.between.latency_s + (hops - slow) * self.within.latency_s,
            per_byte_s: hops / ranks * self.ring_per_byte_s(),
        }
    }

    /// Rings through all ranks leave a node by all of its network connections.
    fn ring_per_byte_s(&self) -> f64 {
        match self.nodes() {
            1 => self.within.per_byte_s,
            _ => self
                .within
                .per_byte_s
                .max(self.between.per_byte_s / f64::from(self.smallest_node())),
        }
    }

    /// Everybody sends to everybody else at once, to other nodes by the network.
    fn all_to_all(&self) -> LinkTime {
        let ranks = f64::from(self.ranks);
        // Those of the smallest node have most to send to others.
        let near = f64::from(self.smallest_node()) - 1.0;
        let far = ranks - 1.0 - near;
        let (within, between) = (self.within, self.between);
        LinkTime {
            fixed_s: if far > 0.0 { between.latency_s } else { within.latency_s },
            per_byte_s: (near * within.per_byte_s).max(far * between.per_byte_s) / ranks,
        }
    }

    /// Down the ring in small pieces.
    fn broadcast(&self) -> LinkTime {
        LinkTime { per_byte_s: self.ring_per_byte_s(), ..self.half_ring() }
    }

    fn hierarchical(&self) -> LinkTime {
        let local = Self::in_node(self.per_node.min(self.ranks), self.within);
        let across = Self::in_node(self.nodes(), self.between);
        let near = match local.ranks {
            1 => LinkTime::default(),
            _ => local.half_ring().then(local.half_ring()),
        };
        let far = match across.ranks {
            1 => LinkTime::default(),
            _ => across.half_ring().then(across.half_ring()),
        };
        near.then(far.of_part(f64::from(local.ranks)))
    }

    fn slowest(&self) -> Wire {
        if self.nodes() > 1 { self.between } else { self.within }
    }
}

#[cfg(test)]
mod tests;
