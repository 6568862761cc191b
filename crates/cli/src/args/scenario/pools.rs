//! The flags of a cluster that is counted in accelerators, and of one with two pools.

use clap::Args;
use tokendrome_scenario::Change;

/// Flags of the cluster.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Cluster")]
pub(super) struct ClusterArgs {
    /// Equal replicas of the engine.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    replicas: Option<String>,
    /// Accelerators of a node, of which replicas are made: as many as --tp and --pp allow.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    n_xpus_per_node: Option<String>,
    /// Nodes; without it, one.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    n_nodes: Option<String>,
    /// Compute prompts and decode in pools of their own. The flags below imply it.
    #[arg(long)]
    disaggregated: bool,
    /// Accelerator of the pool that computes prompts; without it, --hardware.
    #[arg(long, value_name = "NAME")]
    prefill_xpu: Option<String>,
    /// Accelerators of that pool, of which replicas are made.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    prefill_n_xpus: Option<String>,
    /// Accelerators that share every layer in that pool.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    prefill_tp: Option<String>,
    /// Accelerator of the pool that decodes; without it, --hardware.
    #[arg(long, value_name = "NAME")]
    decode_xpu: Option<String>,
    /// Accelerators of that pool, of which replicas are made.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    decode_n_xpus: Option<String>,
    /// Accelerators that share every layer in that pool.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    decode_tp: Option<String>,
    /// What carries KV caches from pool to pool, in GB/s (1 GB is 1,000,000,000 bytes).
    #[arg(long, value_name = "GB_PER_S", allow_negative_numbers = true)]
    transfer_bandwidth: Option<String>,
    /// From the last byte sent to its arrival.
    #[arg(long, value_name = "MS", allow_negative_numbers = true)]
    transfer_latency: Option<String>,
}

/// Bytes per second in a unit of --transfer-bandwidth.
const GB_PER_S: f64 = 1e9;

impl ClusterArgs {
    /// What the flags change, in order.
    pub(super) fn change(&self, changes: &mut Vec<Change>) {
        self.replaced(changes);
        if self.disaggregated {
            changes.push(Change::section("--disaggregated", "disaggregation"));
        }
        let numbers = [
            ("--replicas", "cluster.replicas", &self.replicas),
            ("--n-xpus-per-node", "cluster.n_xpus_per_node", &self.n_xpus_per_node),
            ("--n-nodes", "cluster.n_nodes", &self.n_nodes),
            ("--prefill-n-xpus", "disaggregation.prefill.n_xpus_per_node", &self.prefill_n_xpus),
            (
                "--prefill-tp",
                "disaggregation.prefill.parallelism.tensor_parallel_size",
                &self.prefill_tp,
            ),
            ("--decode-n-xpus", "disaggregation.decode.n_xpus_per_node", &self.decode_n_xpus),
            (
                "--decode-tp",
                "disaggregation.decode.parallelism.tensor_parallel_size",
                &self.decode_tp,
            ),
            ("--transfer-latency", "disaggregation.transfer.latency_ms", &self.transfer_latency),
        ];
        for (flag, path, value) in numbers {
            changes.extend(value.as_ref().map(|value| Change::flag(flag, path, value)));
        }
        let names = [
            ("--prefill-xpu", "disaggregation.prefill.hardware", &self.prefill_xpu),
            ("--decode-xpu", "disaggregation.decode.hardware", &self.decode_xpu),
        ];
        for (flag, path, value) in names {
            changes.extend(value.as_ref().map(|value| Change::text_flag(flag, path, value)));
        }
        if let Some(typed) = &self.transfer_bandwidth {
            let number = typed.trim().parse::<f64>();
            // What has a unit of its own (`50GB/s`) is read as the file's.
            let bytes = number.map_or_else(|_| typed.clone(), |of| (of * GB_PER_S).to_string());
            let change = Change::flag(BANDWIDTH, "disaggregation.transfer.bandwidth", &bytes);
            changes.push(change.by(BANDWIDTH, typed));
        }
    }

    /// What flags make meaningless in the scenario.
    fn replaced(&self, changes: &mut Vec<Change>) {
        if self.n_xpus_per_node.is_some() {
            changes.push(Change::remove("cluster.n_nodes"));
            changes.push(Change::remove("cluster.replicas"));
        } else if self.replicas.is_some() {
            changes.push(Change::remove("cluster.n_xpus_per_node"));
            changes.push(Change::remove("cluster.n_nodes"));
        } else if self.n_nodes.is_some() {
            changes.push(Change::remove("cluster.replicas"));
        }
        for (count, pool) in [(&self.prefill_n_xpus, "prefill"), (&self.decode_n_xpus, "decode")] {
            if count.is_some() {
                changes.push(Change::remove(&format!("disaggregation.{pool}.n_nodes")));
                changes.push(Change::remove(&format!("disaggregation.{pool}.replicas")));
            }
        }
    }
}

const BANDWIDTH: &str = "--transfer-bandwidth";
