//! The manifest of a folder of measurements.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use crate::{AccuracyError, files};

/// A folder of measured runs.
#[derive(Debug)]
pub struct Exam {
    /// The folder.
    pub root: PathBuf,
    /// The runs that the manifest lists, in its order.
    pub runs: Vec<Run>,
    /// Entries of the manifest that could not be read, and why.
    pub unreadable: Vec<String>,
}

/// How the truth of a run is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A row for each request.
    PerRequest,
    /// Means and percentiles of stages.
    Summary,
    /// A row for each request of a run beyond capacity: its throughput counts.
    Overload,
    /// Anything else, such as single points of closed loops: not simulated.
    #[serde(other)]
    Other,
}

/// A span of requests at one rate.
#[derive(Debug, Clone, Deserialize)]
pub struct Stage {
    /// Its number; -1 is the whole run.
    pub stage: i64,
    /// Position of its first request.
    #[serde(default)]
    pub first_request: usize,
    /// How many requests it has; none if nobody knows.
    #[serde(default)]
    pub requests: Option<usize>,
}

/// What another simulator says of a run.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Baseline {
    pub(crate) name: String,
    pub(crate) results: String,
}

/// One measured run. What the manifest says beyond these fields is of no matter here.
#[derive(Debug, Clone, Deserialize)]
pub struct Run {
    /// Its name.
    pub id: String,
    /// The group that it is scored in.
    #[serde(default)]
    pub track: String,
    /// How its truth is given.
    pub kind: Kind,
    /// The requests that were sent; none if they are not known.
    #[serde(default)]
    pub trace: Option<String>,
    /// What was measured.
    #[serde(default)]
    pub truth: Option<String>,
    /// How the engine ran; none: a row of `runs.csv` beside the truth says it.
    #[serde(default)]
    pub config: Option<String>,
    /// Name of the file of results.
    pub results: String,
    /// Tokens that every request generates, where that is one number.
    #[serde(default)]
    pub output_len: Option<u32>,
    /// The model.
    #[serde(default)]
    pub model: Option<String>,
    /// The accelerator.
    #[serde(default)]
    pub gpu: Option<String>,
    /// What was sent.
    #[serde(default)]
    pub workload: Option<String>,
    /// Stages that count, of runs with a row for each request; none: all.
    #[serde(default)]
    pub score_stages: Option<Vec<i64>>,
    /// Stages of runs with a summary.
    #[serde(default)]
    pub stages: Option<Vec<Stage>>,
    /// Whether a summary counts.
    #[serde(default)]
    pub scored: Option<bool>,
    /// Whether constants may have been fitted on other runs of this model.
    #[serde(default)]
    pub model_seen_in_visible: Option<bool>,
    #[serde(default)]
    pub(crate) baseline: Option<Baseline>,
}

impl Run {
    /// Whether it can be simulated: it has a trace, and its kind is known.
    #[must_use]
    pub fn is_simulated(&self) -> bool {
        self.trace.is_some() && self.kind != Kind::Other
    }
}

impl Exam {
    /// Reads the manifest of a folder.
    ///
    /// # Errors
    /// There is no such folder, or its manifest is missing, no JSON, or lists no runs.
    pub fn open(root: &Path) -> Result<Self, AccuracyError> {
        if !root.is_dir() {
            return Err(AccuracyError::NoFolder(root.to_owned()));
        }
        let path = root.join("manifest.json");
        let text = files::text(&path)?;
        let manifest: Value = serde_json::from_str(&text)
            .map_err(|error| AccuracyError::content(&path, error.to_string()))?;
        let listed = manifest.get("runs").and_then(Value::as_array).ok_or_else(|| {
            AccuracyError::content(&path, "there is no list `runs` of measured runs in it")
        })?;
        let (mut runs, mut unreadable) = (Vec::new(), Vec::new());
        for (index, entry) in listed.iter().enumerate() {
            match Run::deserialize(entry) {
                Ok(run) => runs.push(run),
                Err(error) => {
                    let id = entry.get("id").and_then(Value::as_str).unwrap_or("no id");
                    unreadable.push(format!("run {index} of the manifest ({id}): {error}"));
                }
            }
        }
        Ok(Self { root: root.to_owned(), runs, unreadable })
    }

    /// The file of a path in the manifest.
    pub(crate) fn file(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }
}
