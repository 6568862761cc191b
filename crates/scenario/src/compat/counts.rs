//! Accelerators counted instead of replicas: `n_xpus_per_node` and `n_nodes`, of a cluster or of
//! one of two pools.
//!
//! They say what there is; a replica takes the product of its parallel sizes of it. So
//! they are settled last, when every flag and every point of a sweep has had its say.

use super::Rewriter;
use super::shorthand::find;
use crate::problem::Problem;
use crate::tree::{Entry, Node, Table, Value};

/// The keys, of each of [`SECTIONS`].
pub(crate) const NAMES: [&str; 2] = ["n_xpus_per_node", "n_nodes"];

/// Sections with accelerators to count.
pub(crate) const SECTIONS: [&str; 3] =
    ["cluster", "disaggregation.prefill", "disaggregation.decode"];

/// Most accelerators that are counted: more than anybody has.
const ACCELERATORS_MAX: i128 = 1_000_000;

/// Puts replicas in the place of counted accelerators.
pub(crate) fn settle(rewriter: &mut Rewriter<'_>, root: &mut Table) {
    for section in SECTIONS {
        let path: Vec<&str> = section.split('.').collect();
        let Some(table) = find(root, &path).and_then(Node::as_table_mut) else { continue };
        let (per_node, nodes) = (table.take(NAMES[0]), table.take(NAMES[1]));
        let counts = match (per_node, nodes) {
            (None, None) => continue,
            (Some(per_node), nodes) => Counts { per_node, nodes },
            (None, Some(nodes)) => {
                let message = format!("`[{section}]` has `n_nodes` without `n_xpus_per_node`");
                let problem = Problem::new(message).at(nodes.at, "nodes of how many?");
                rewriter.problem(problem.help("say how many accelerators a node has"));
                continue;
            }
        };
        if let Err(problem) = counts.settle(rewriter, root, (section, &path)) {
            rewriter.problem(problem);
        }
    }
}

struct Counts {
    per_node: Entry,
    nodes: Option<Entry>,
}

impl Counts {
    fn settle(
        &self,
        rewriter: &mut Rewriter<'_>,
        root: &mut Table,
        (section, path): (&str, &[&str]),
    ) -> Result<(), Problem> {
        if section == "cluster" && root.contains("disaggregation") {
            let message = "with two pools, each counts its own accelerators";
            let help = "use `--prefill-n-xpus` and `--decode-n-xpus`, or `n_xpus_per_node` of \
                        `[disaggregation.prefill]` and `[disaggregation.decode]`";
            return Err(Problem::new(message).at(self.per_node.at, "").help(help));
        }
        let per_node = count(&self.per_node)?;
        let total = per_node * self.nodes.as_ref().map_or(Ok(1), count)?;
        let own = find(root, &[path, &["parallelism"]].concat()).map(|node| node.clone());
        let parallelism = own.or_else(|| root.get("parallelism").cloned());
        // What is no whole number the check of the types refuses.
        let Some(each) = each(parallelism.as_ref().and_then(Node::as_table)) else { return Ok(()) };
        let at = self.per_node.value.at;
        let Some(table) = find(root, path).and_then(Node::as_table_mut) else { return Ok(()) };
        match table.get("replicas").map(Node::as_integer) {
            None if total % each == 0 => {
                let replicas = Node::new(Value::Integer(total / each), at);
                table.put("replicas", self.per_node.at, replicas);
            }
            None => {
                let message = format!(
                    "{total} accelerators of `[{section}]` are no whole number of replicas: one \
                     takes {each} (the product of its parallel sizes)"
                );
                let help = format!(
                    "give a multiple of {each}, change the parallelism, or say with `replicas` how \
                     many there are"
                );
                return Err(Problem::new(message).at(at, "").help(help));
            }
            Some(Some(replicas)) if replicas.saturating_mul(each) > total => {
                let message = format!(
                    "{replicas} replicas of {each} accelerators are more than the {total} of \
                     `[{section}]`"
                );
                let help = "give more accelerators, or fewer or smaller replicas";
                return Err(Problem::new(message).at(at, "").help(help));
            }
            Some(Some(replicas)) if replicas.saturating_mul(each) < total => {
                let used = replicas.saturating_mul(each);
                rewriter.notices.push(format!(
                    "{used} of the {total} accelerators of `[{section}]` are used, and only they \
                     are counted: {replicas} x {each}"
                ));
            }
            Some(_) => {}
        }
        let machine = if section == "cluster" { root } else { table };
        if let Some(hardware) = machine.get_mut("hardware").and_then(Node::as_table_mut)
            && !hardware.contains("accelerators_per_node")
        {
            let size = Node::new(Value::Integer(per_node), at);
            hardware.put("accelerators_per_node", self.per_node.at, size);
        }
        Ok(())
    }
}

/// Accelerators of one replica; none if something else stands there.
fn each(parallelism: Option<&Table>) -> Option<i128> {
    let size = |key: &str| match parallelism.and_then(|table| table.get(key)) {
        None => Some(1),
        Some(node) => node.as_integer().filter(|&size| (1..=ACCELERATORS_MAX).contains(&size)),
    };
    let sizes = ["tensor_parallel_size", "pipeline_parallel_size", "data_parallel_size"];
    sizes.into_iter().map(size).product()
}

fn count(entry: &Entry) -> Result<i128, Problem> {
    match entry.value.as_integer() {
        Some(count) if (1..=ACCELERATORS_MAX).contains(&count) => Ok(count),
        _ => {
            let message = format!(
                "`{}` must be a whole number from 1 to {ACCELERATORS_MAX}; found {}",
                entry.key,
                entry.value.describe()
            );
            Err(Problem::new(message).at(entry.value.at, "not a count of accelerators"))
        }
    }
}

#[cfg(test)]
mod tests;
