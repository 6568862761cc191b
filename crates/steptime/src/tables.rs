//! Step times from measured times of single operators.
//!
//! An iteration is the sum of its operators: those that work on each token, by the number of
//! tokens; attention, by chunks and decodes and their contexts; those that work on each sequence;
//! routed experts, by tokens and the experts that they reach; the all-reduces between the ranks,
//! which are computed, not measured; overheads. Between measured places values are interpolated;
//! beyond them they are extrapolated, and counted ([`crate::StepCost::is_extrapolated`]).
//!
//! Not modelled: gaps between kernels within a layer, imbalance between experts (their expected
//! number is used), the gathering of logits.

mod attention;
mod data;
mod error;
mod grid;
mod operators;

use std::sync::Arc;

use tokendrome_catalog::{AcceleratorSpec, Ffn, ModelSpec};

use crate::collectives::{AllReduce, Collective, Group, LinkTime, Wire};
use crate::{BatchShape, Bound, OperatorTablesSpec, Part, PartKind, Placement, StepCost, StepTime};
use attention::AttentionTable;
use grid::{Grid, Reading};
use operators::Runs;

pub use data::{AttentionTime, ExpertsTime, OperatorTables, OperatorTime, Skew};
pub use error::TablesError;

/// The operator tables of one model on one placement.
#[derive(Debug, Clone)]
pub struct OperatorModel {
    tables: Arc<Compiled>,
    /// Layers of the model.
    layers: f64,
    all_reduce: LinkTime,
    /// Bytes of a token that an all-reduce adds up.
    bytes_per_token: f64,
    routing: Option<Routing>,
    host_s: f64,
    iteration_s: f64,
}

/// Tables as they are looked up.
#[derive(Debug)]
struct Compiled {
    dense: Vec<Operator>,
    per_sequence: Vec<Operator>,
    attention: AttentionTable,
}

/// One operator: what it is, how often it runs in an iteration, its times by count.
#[derive(Debug)]
struct Operator {
    kind: PartKind,
    runs: f64,
    times: Grid,
}

/// How tokens reach experts.
#[derive(Debug, Clone)]
struct Routing {
    layers: f64,
    experts: f64,
    ln_untouched_per_token: f64,
    times: Grid,
    /// Of the measured time, what a rank of the placement takes.
    share: f64,
}

impl OperatorModel {
    /// The model of tables that were measured for `model`, cut for as many ranks as the placement
    /// has.
    ///
    /// # Errors
    /// The tables lack what an iteration needs, or name what nobody knows.
    pub fn new(
        spec: &OperatorTablesSpec,
        tables: &OperatorTables,
        model: &ModelSpec,
        hardware: &AcceleratorSpec,
        placement: Placement,
    ) -> Result<Self, TablesError> {
        let wanted = placement.tensor;
        if let Some(found) = tables.ranks.filter(|&ranks| ranks != wanted) {
            return Err(TablesError::Ranks { found, wanted });
        }
        let layers = f64::from(model.layers());
        let attention = AttentionTable::new(&tables.attention, &tables.skew);
        if !attention.is_complete() {
            return Err(TablesError::NoAttention);
        }
        let compiled = Compiled {
            dense: compiled(&tables.dense, layers)?,
            per_sequence: compiled(&tables.per_sequence, layers)?,
            attention,
        };
        if compiled.dense.is_empty() {
            return Err(TablesError::NoDense);
        }
        Ok(Self {
            tables: Arc::new(compiled),
            layers,
            all_reduce: all_reduce(spec, hardware, placement.tensor)?,
            bytes_per_token: f64::from(model.hidden_size())
                * (model.dtypes.activation.bits_per_element() / 8.0),
            routing: routing(tables, model, placement.tensor)?,
            host_s: spec.host_overhead_us / 1e6,
            iteration_s: spec.iteration_overhead_us / 1e6,
        })
    }

    /// Shows every part but the attention of decodes to `visit`, in seconds.
    fn visit(&self, batch: &BatchShape, mut visit: impl FnMut(PartKind, f64)) -> bool {
        let tokens = batch.tokens() as f64;
        let sequences = f64::from(batch.decodes) + batch.prefills.len() as f64;
        let mut is_outside = false;
        let tables = &self.tables;
        let all = [(&tables.dense, tokens), (&tables.per_sequence, sequences)];
        for (operators, count) in all {
            for operator in operators {
                let Reading { value, is_outside: beyond } = operator.times.at(&[count]);
                is_outside |= beyond;
                visit(operator.kind, value * operator.runs / 1e6);
            }
        }
        if let Some(routing) = &self.routing {
            let reading = routing.time(tokens);
            is_outside |= reading.is_outside;
            visit(PartKind::Experts, reading.value * routing.share * routing.layers / 1e6);
        }
        let prefills = tables.attention.prefills(&batch.prefills);
        visit(PartKind::PrefillAttention, prefills.value * self.layers / 1e6);
        let exchanged = self.all_reduce.seconds(self.bytes_per_token * tokens);
        visit(PartKind::AllReduce, 2.0 * exchanged * self.layers);
        visit(PartKind::Launch, self.iteration_s);
        is_outside || prefills.is_outside
    }

    fn add_decodes(&self, batch: &BatchShape, cost: &mut StepCost) {
        let decodes = self.tables.attention.decodes(batch);
        cost.stage_s[0] = cost.fixed.stage_s[0] + decodes.value * self.layers / 1e6;
        cost.is_extrapolated = cost.fixed.is_extrapolated || decodes.is_outside;
    }
}

impl StepTime for OperatorModel {
    fn cost(&self, batch: &BatchShape, cost: &mut StepCost) {
        let mut seconds = 0.0;
        let is_outside = self.visit(batch, |_, time| seconds += time);
        (cost.fixed.stage_s[0], cost.fixed.is_extrapolated) = (seconds, is_outside);
        cost.host_s = self.host_s;
        (cost.flops, cost.bytes) = (0.0, 0.0);
        self.add_decodes(batch, cost);
    }

    fn cost_again(&self, batch: &BatchShape, cost: &mut StepCost) {
        self.add_decodes(batch, cost);
    }

    fn sees_longest_context(&self) -> bool {
        true
    }

    fn explain(&self, batch: &BatchShape) -> Vec<Part> {
        let mut parts: Vec<Part> = Vec::new();
        let mut add =
            |kind: PartKind, seconds: f64| match parts.iter_mut().find(|part| part.kind == kind) {
                Some(part) => part.seconds += seconds,
                None if seconds > 0.0 => {
                    let bound = match kind {
                        PartKind::AllReduce => Bound::Link,
                        PartKind::Host | PartKind::Launch => Bound::Overhead,
                        _ => Bound::Measured,
                    };
                    parts.push(Part { kind, seconds, flops: 0.0, bytes: 0.0, bound });
                }
                None => {}
            };
        self.visit(batch, &mut add);
        let decodes = self.tables.attention.decodes(batch);
        add(PartKind::DecodeAttention, decodes.value * self.layers / 1e6);
        add(PartKind::Host, self.host_s);
        parts.sort_by(|a, b| b.seconds.total_cmp(&a.seconds).then(a.kind.cmp(&b.kind)));
        parts
    }
}

/// The operators of a table, each with its times by count.
fn compiled(times: &[data::OperatorTime], layers: f64) -> Result<Vec<Operator>, TablesError> {
    let mut names: Vec<&str> = times.iter().map(|time| time.operator.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let operator = |name: &str| {
        let (kind, runs) = operators::known(name).ok_or_else(|| TablesError::Operator {
            found: name.to_owned(),
            known: operators::names().collect(),
        })?;
        let points = times.iter().filter(|time| time.operator == name);
        let points = points.map(|time| (vec![f64::from(time.count)], time.time_us)).collect();
        let runs = match runs {
            Runs::InLayer(times) => f64::from(times) * layers,
            Runs::Once => 1.0,
        };
        Ok(Operator { kind, runs, times: Grid::new(points).expect("the name has a time") })
    };
    names.into_iter().map(operator).collect()
}

fn all_reduce(
    spec: &OperatorTablesSpec,
    hardware: &AcceleratorSpec,
    tensor: u32,
) -> Result<LinkTime, TablesError> {
    if tensor == 1 {
        return Ok(LinkTime::default());
    }
    let link = hardware.link.ok_or_else(|| TablesError::NoLink(hardware.name.clone()))?;
    if tensor > hardware.accelerators_per_node {
        return Err(TablesError::Nodes);
    }
    let wire = Wire {
        latency_s: link.latency_us / 1e6,
        per_byte_s: 1.0 / (link.bandwidth.0 * spec.link_efficiency),
    };
    Ok(Group::in_node(tensor, wire).time(Collective::AllReduce, AllReduce::Auto))
}

fn routing(
    tables: &OperatorTables,
    model: &ModelSpec,
    tensor: u32,
) -> Result<Option<Routing>, TablesError> {
    let Some(shape) = model.transformer().filter(|_| model.is_moe()) else { return Ok(None) };
    let mut layers = 0.0;
    let mut of = None;
    for group in &shape.layers {
        if let Ffn::Moe(moe) = &group.ffn {
            layers += f64::from(group.count);
            of = Some((f64::from(moe.experts), f64::from(moe.top_k)));
        }
    }
    let Some((experts, top_k)) = of else { return Ok(None) };
    let points = tables
        .experts
        .iter()
        .map(|time| (vec![f64::from(time.tokens), f64::from(time.activated)], time.time_us));
    let times = Grid::new(points.collect()).ok_or(TablesError::NoExperts)?;
    let ranks = f64::from(tables.experts_ranks.max(1));
    Ok(Some(Routing {
        layers,
        experts,
        ln_untouched_per_token: libm::log1p(-top_k / experts),
        times,
        share: ranks / f64::from(tensor),
    }))
}

impl Routing {
    /// One layer's experts: the expected number of different ones that `tokens` tokens reach.
    fn time(&self, tokens: f64) -> Reading {
        let reached = self.experts * -libm::expm1(tokens * self.ln_untouched_per_token);
        let reading = self.times.at(&[tokens, reached]);
        // Experts that were cut for other ranks are not what was measured.
        Reading { is_outside: reading.is_outside || self.share != 1.0, ..reading }
    }
}

#[cfg(test)]
mod tests;
