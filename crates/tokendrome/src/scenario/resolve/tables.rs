//! Operator tables: whether they are there, and whether they price the model's iterations.

use tokendrome_steptime::{OperatorModel, OperatorTablesSpec, StepTimeSpec, TablesError};

use super::ScenarioError;
use crate::Scenario;

impl Scenario {
    /// Tables must have been read, and hold all that an iteration needs.
    pub(super) fn check_tables(&self) -> Result<(), ScenarioError> {
        match &self.step_time {
            StepTimeSpec::OperatorTables(spec) => self.operator_model(spec).map(drop),
            _ => Ok(()),
        }
    }

    /// The model of operator tables on the scenario's machine, which must be there.
    pub(crate) fn operator_model(
        &self,
        spec: &OperatorTablesSpec,
    ) -> Result<OperatorModel, ScenarioError> {
        let tables = spec.tables.as_ref().ok_or_else(|| {
            let message = format!("the operator tables in `{}` have not been read", spec.path);
            ScenarioError::new("step_time.path", message)
                .help("name a folder with dense.csv, per_sequence.csv and attention.csv")
        })?;
        let (model, hardware) = self.machine().expect("the parts were checked");
        let placement = self.parallelism.placement();
        OperatorModel::new(spec, tables, model, hardware, placement).map_err(|error| {
            let path = match error {
                TablesError::Ranks { .. } => "parallelism.tensor_parallel_size",
                TablesError::Placement(_) => "parallelism",
                _ => "step_time.path",
            };
            ScenarioError::new(path, error.to_string())
        })
    }
}
