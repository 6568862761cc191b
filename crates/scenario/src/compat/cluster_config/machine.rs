//! `cluster`, `parallelism` and `disaggregation`: accelerators, and what connects them.

use super::section::{Section, is_integer};
use crate::compat::Rewriter;
use crate::problem::Problem;
use crate::source::Place;
use crate::tree::{Entry, Node, Table, Value};

const CLUSTER: [&str; 4] = ["xpu", "n_xpus_per_node", "n_nodes", "interconnect"];

const INTERCONNECT: [&str; 4] = [
    "intra_node_bandwidth_gbs",
    "inter_node_bandwidth_gbs",
    "intra_node_latency_us",
    "inter_node_latency_us",
];

const PARALLELISM: [&str; 3] =
    ["tensor_parallel_size", "pipeline_parallel_size", "data_parallel_size"];

const DISAGGREGATION: [&str; 6] = [
    "prefill_cluster",
    "prefill_parallelism",
    "decode_cluster",
    "decode_parallelism",
    "transfer_bandwidth_gbs",
    "transfer_latency_ms",
];

/// The accelerators of a cluster, or of one of two pools.
pub(super) struct Machine {
    pub(super) cluster: Option<Section>,
    pub(super) parallelism: Option<Section>,
}

impl Machine {
    /// The whole cluster of a scenario.
    pub(super) fn rewrite(self, rewriter: &mut Rewriter<'_>, root: &mut Table) {
        let mut cluster = Table::default();
        self.put(rewriter, root, &mut cluster);
        root.put("cluster", Place::NOWHERE, table(cluster));
    }

    /// What two pools share: the accelerator and the parallelism of those that say nothing. How
    /// many there are, each pool says.
    pub(super) fn rewrite_shared(self, rewriter: &mut Rewriter<'_>, root: &mut Table) {
        let mut counts = Table::default();
        self.put(rewriter, root, &mut counts);
        // One engine beside no other says nothing of how many there are.
        let counted = |entry: &&Entry| entry.key != "replicas" || !is_integer(&entry.value, 1);
        for entry in counts.iter().filter(counted) {
            let message = "with `disaggregation`, each pool counts its own accelerators";
            let help = "say it in `prefill_cluster` and `decode_cluster`, or their parallelism";
            rewriter.problem(Problem::new(message).at(entry.at, "remove this").help(help));
        }
    }

    /// One of two pools.
    fn pool(self, rewriter: &mut Rewriter<'_>) -> Node {
        let (mut pool, mut counts) = (Table::default(), Table::default());
        self.put(rewriter, &mut pool, &mut counts);
        pool.overlay(counts);
        table(pool)
    }

    /// Accelerator and parallelism go into one table, counts into the other.
    fn put(self, rewriter: &mut Rewriter<'_>, machine: &mut Table, counts: &mut Table) {
        if let Some(mut cluster) = self.cluster {
            let mut hardware = Table::default();
            cluster.move_to("xpu", &mut hardware, "name");
            cluster.move_to("n_xpus_per_node", counts, "n_xpus_per_node");
            cluster.move_to("n_nodes", counts, "n_nodes");
            if let Some(links) = cluster.section(rewriter, "interconnect") {
                interconnect(rewriter, links, &mut hardware);
            }
            cluster.finish(rewriter, &CLUSTER);
            if !hardware.is_empty() {
                machine.put("hardware", Place::NOWHERE, table(hardware));
            }
        }
        if let Some(mut theirs) = self.parallelism {
            let mut parallelism = Table::default();
            for key in ["tensor_parallel_size", "pipeline_parallel_size"] {
                theirs.move_to(key, &mut parallelism, key);
            }
            theirs.move_to("data_parallel_size", counts, "replicas");
            theirs.finish(rewriter, &PARALLELISM);
            machine.put("parallelism", Place::NOWHERE, table(parallelism));
        }
    }
}

/// Lays the file's bandwidths and latencies over the accelerator's own.
fn interconnect(rewriter: &mut Rewriter<'_>, mut links: Section, hardware: &mut Table) {
    for (ours, bandwidth, latency) in [
        ("link", "intra_node_bandwidth_gbs", "intra_node_latency_us"),
        ("network", "inter_node_bandwidth_gbs", "inter_node_latency_us"),
    ] {
        let mut link = Table::default();
        links.move_rate(bandwidth, &mut link, "bandwidth");
        links.move_to(latency, &mut link, "latency_us");
        if !link.is_empty() {
            hardware.put(ours, Place::NOWHERE, table(link));
        }
    }
    links.finish(rewriter, &INTERCONNECT);
}

/// Two pools and what connects them.
pub(super) fn disaggregation(rewriter: &mut Rewriter<'_>, root: &mut Table, mut of: Section) {
    let mut disaggregation = Table::default();
    for (ours, cluster, parallelism) in [
        ("prefill", "prefill_cluster", "prefill_parallelism"),
        ("decode", "decode_cluster", "decode_parallelism"),
    ] {
        let machine = Machine {
            cluster: of.section(rewriter, cluster),
            parallelism: of.section(rewriter, parallelism),
        };
        let pool = machine.pool(rewriter);
        disaggregation.put(ours, Place::NOWHERE, pool);
    }
    let mut transfer = Table::default();
    of.move_rate("transfer_bandwidth_gbs", &mut transfer, "bandwidth");
    of.move_to("transfer_latency_ms", &mut transfer, "latency_ms");
    disaggregation.put("transfer", Place::NOWHERE, table(transfer));
    of.finish(rewriter, &DISAGGREGATION);
    root.put("disaggregation", Place::NOWHERE, table(disaggregation));
}

fn table(table: Table) -> Node {
    Node::new(Value::Table(table), Place::NOWHERE)
}
