//! What runs ask the outside for: the rows of traces and datasets, and Ctrl-C.

use tokendrome::workload::SourceError;
use tokendrome_explore::{Input, Job, Watch};

use crate::progress;
use crate::rows::SharedRows;

#[derive(Debug, Default)]
pub(crate) struct Outside(SharedRows);

impl Watch for Outside {
    fn input(&self, job: &Job<'_>) -> Result<Option<Input>, SourceError> {
        let input = self.0.of(job.simulation.scenario());
        let input = input.map_err(|failure| SourceError(failure.to_string()))?;
        Ok(input.map(|(rows, notices)| Input { rows, notices: Box::new(move || notices.list()) }))
    }

    fn is_stopped(&self) -> bool {
        progress::is_interrupted()
    }
}
