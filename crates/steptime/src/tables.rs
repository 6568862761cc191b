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

use tokendrome_catalog::{AcceleratorSpec, Ffn, ModelSpec, Placement};

use crate::{
    BatchShape, Bound, OperatorTablesSpec, Part, PartKind, Roofline, RooflineSpec, StepCost,
    StepTime,
};
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
    /// Computes what the ranks send each other; nothing else of it is used.
    links: Arc<Roofline>,
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

/// How tokens reach experts, and what those of one rank take.
#[derive(Debug, Clone)]
struct Routing {
    layers: f64,
    /// Routed experts of a layer, and of them those that a rank holds whole or in part.
    held: f64,
    ln_untouched_per_token: f64,
    times: Grid,
    /// Engines that share the experts.
    engines: f64,
    /// Share of all tokens' work that falls to one rank: all of it where it has a slice of every
    /// expert.
    tokens_share: f64,
    /// Of the measured time, what a rank takes: measured slices may be of another size.
    slice_share: f64,
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
        let links = RooflineSpec { link_efficiency: spec.link_efficiency, ..RooflineSpec::ideal() };
        Ok(Self {
            tables: Arc::new(compiled),
            layers,
            links: Arc::new(Roofline::new(&links, model, hardware, placement)?),
            routing: routing(tables, model, placement)?,
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
            let reading = routing.time(batch);
            is_outside |= reading.is_outside;
            visit(PartKind::Experts, reading.value * routing.layers / 1e6);
        }
        let prefills = tables.attention.prefills(&batch.prefills);
        visit(PartKind::PrefillAttention, prefills.value * self.layers / 1e6);
        self.links.sent(batch, &mut visit);
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
                        PartKind::AllReduce | PartKind::ExpertExchange => Bound::Link,
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

fn routing(
    tables: &OperatorTables,
    model: &ModelSpec,
    placement: Placement,
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
    let ranks = f64::from(placement.expert_ranks());
    let measured = f64::from(tables.experts_ranks.max(1));
    let (parts, slice_share) = match placement.whole_experts {
        true => (ranks, measured),
        false => (1.0, measured / ranks),
    };
    Ok(Some(Routing {
        layers,
        held: experts / parts,
        ln_untouched_per_token: libm::log1p(-top_k / experts),
        times,
        engines: f64::from(placement.data),
        tokens_share: 1.0 / parts,
        slice_share,
    }))
}

impl Routing {
    /// One layer's experts on one rank: the expected number of different ones that the tokens of
    /// all engines reach there.
    fn time(&self, batch: &BatchShape) -> Reading {
        let own = batch.tokens() as f64;
        let tokens = match batch.beside {
            Some(beside) => own + beside.tokens as f64,
            None => own * self.engines,
        };
        let reached = self.held * -libm::expm1(tokens * self.ln_untouched_per_token);
        let reading = self.times.at(&[tokens * self.tokens_share, reached]);
        Reading {
            value: reading.value * self.slice_share,
            // Experts that were cut for other ranks are not what was measured.
            is_outside: reading.is_outside || self.slice_share != 1.0,
        }
    }
}

#[cfg(test)]
mod tests;
