//! What runs ask the outside for: the files of the traces, and Ctrl-C.

use tokendrome::workload::SourceError;
use tokendrome_explore::{Input, Job, Watch};

use crate::progress;
use crate::workload_files::rows_of;

pub(crate) struct Outside;

impl Watch for Outside {
    fn input(&self, job: &Job<'_>) -> Result<Option<Input>, SourceError> {
        let input = rows_of(job.simulation.scenario());
        let input = input.map_err(|failure| SourceError(failure.to_string()))?;
        Ok(input.map(|(rows, notices)| Input {
            rows,
            notices: Box::new(move || notices.list().into_iter().collect()),
        }))
    }

    fn is_stopped(&self) -> bool {
        progress::is_interrupted()
    }
}
