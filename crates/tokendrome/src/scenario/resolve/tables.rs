//! Operator tables: whether they are there, and whether they price the model's iterations.

use tokendrome_steptime::{OperatorModel, StepTimeSpec, TablesError};

use super::ScenarioError;
use crate::Scenario;

impl Scenario {
    /// Tables must have been read, and hold all that an iteration needs.
    pub(super) fn check_tables(&self) -> Result<(), ScenarioError> {
        let StepTimeSpec::OperatorTables(spec) = &self.step_time else { return Ok(()) };
        let Some(tables) = &spec.tables else {
            let message = format!("the operator tables in `{}` have not been read", spec.path);
            return Err(ScenarioError::new("step_time.path", message)
                .help("name a folder with dense.csv, per_sequence.csv and attention.csv"));
        };
        let Some((model, hardware)) = self.machine() else { return Ok(()) };
        let made = OperatorModel::new(spec, tables, model, hardware, self.placement());
        made.map(drop).map_err(|error| {
            let path = match error {
                TablesError::NoLink(_) => "hardware",
                TablesError::Nodes | TablesError::Ranks { .. } => {
                    "parallelism.tensor_parallel_size"
                }
                _ => "step_time.path",
            };
            ScenarioError::new(path, error.to_string())
        })
    }
}
