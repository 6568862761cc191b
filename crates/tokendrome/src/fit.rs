//! Whether a model fits an accelerator, and what is left for KV: placements side by side.

use tokendrome_catalog::AcceleratorSpec;

use crate::{ParallelismSpec, Placed, Scenario, ScenarioError, Verdict};

/// Tensor-parallel sizes that are looked at if nobody says which.
const TENSOR: [u32; 4] = [1, 2, 4, 8];

/// Most pipeline stages that are looked at if nobody says how many.
const STAGES_MAX: u32 = 64;

/// Which placements are looked at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Placements {
    /// Tensor-parallel sizes; none: 1, 2, 4 and 8, as far as the node and the model's heads allow.
    pub tensor: Vec<u32>,
    /// Pipeline-parallel sizes; none: one stage, and where the model fits no accelerator so, 2, 4,
    /// 8, ... at the largest tensor-parallel size until it does.
    pub pipeline: Vec<u32>,
}

/// The placements of `scenario`'s model on its accelerator, smaller first, and what there is to
/// know of them. Sequences are of `context` tokens, or as long as the scenario allows.
///
/// Sizes that were asked for must be possible; of those that were not, what is impossible is left
/// out, with a notice.
///
/// # Errors
/// What is wrong with the scenario, or with a placement that was asked for.
pub fn fit(
    scenario: &Scenario,
    placements: &Placements,
    context: Option<u32>,
) -> Result<(Vec<Placed>, Vec<String>), ScenarioError> {
    let mut table = Table { scenario, context, rows: Vec::new(), notices: Vec::new() };
    let stages = if placements.pipeline.is_empty() { &[1][..] } else { &placements.pipeline };
    if placements.tensor.is_empty() {
        table.widths(stages)?;
    } else {
        for &tensor in &placements.tensor {
            stages.iter().try_for_each(|&pipeline| table.add(tensor, pipeline))?;
        }
    }
    if placements.pipeline.is_empty() && !table.any_fits() {
        table.deepen();
    }
    Ok((table.rows, table.notices))
}

struct Table<'a> {
    scenario: &'a Scenario,
    context: Option<u32>,
    rows: Vec<Placed>,
    notices: Vec<String>,
}

impl Table<'_> {
    fn add(&mut self, tensor: u32, pipeline: u32) -> Result<(), ScenarioError> {
        let parallelism = ParallelismSpec {
            tensor_parallel_size: tensor,
            pipeline_parallel_size: pipeline,
            ..self.scenario.parallelism
        };
        let scenario = Scenario { parallelism, ..self.scenario.clone() };
        let (placed, notices) = scenario.placed(self.context)?;
        self.rows.push(placed);
        for notice in notices {
            self.note(notice);
        }
        Ok(())
    }

    fn note(&mut self, notice: String) {
        if !self.notices.contains(&notice) {
            self.notices.push(notice);
        }
    }

    /// The usual sizes in a node. One accelerator has to be possible.
    fn widths(&mut self, stages: &[u32]) -> Result<(), ScenarioError> {
        let in_node = |of: &AcceleratorSpec| of.accelerators_per_node;
        let node = self.scenario.hardware.as_ref().map_or(1, in_node);
        for tensor in TENSOR.into_iter().filter(|&tensor| tensor == 1 || tensor <= node) {
            for &pipeline in stages {
                match self.add(tensor, pipeline) {
                    Err(error) if tensor == 1 => return Err(error),
                    Err(error) => self.note(format!("TP {tensor} is left out: {}", error.message)),
                    Ok(()) => {}
                }
            }
        }
        Ok(())
    }

    fn any_fits(&self) -> bool {
        self.rows.iter().any(|row| row.verdict != Verdict::DoesNotFit)
    }

    /// More and more stages at the largest size, until the model fits.
    fn deepen(&mut self) {
        let sizes = self.rows.iter().map(|row| row.parallelism.tensor_parallel_size);
        let Some(tensor) = sizes.max() else { return };
        let mut pipeline = 2;
        while pipeline <= STAGES_MAX && !self.any_fits() {
            if let Err(error) = self.add(tensor, pipeline) {
                self.note(format!("PP {pipeline} and more are left out: {}", error.message));
                return;
            }
            pipeline *= 2;
        }
    }
}
