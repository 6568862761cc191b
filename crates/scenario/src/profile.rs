//! Which constants stand for an engine, by its version, on an accelerator.

use tokendrome::steptime::StepTimeSpec;

/// What serves: the constants are chosen by it.
#[derive(Debug, Clone, Copy)]
pub struct Served<'a> {
    /// The engine, such as `vllm`.
    pub engine: &'a str,
    /// Its version, such as `0.19.0`; none if nobody knows.
    pub version: Option<&'a str>,
    /// The accelerator, as the catalog calls it.
    pub accelerator: &'a str,
    /// The model, as the catalog or its own file calls it.
    pub model: &'a str,
    /// Accelerators that share every layer.
    pub tensor_parallel: u32,
}

/// The constants of an engine.
#[derive(Debug, Clone, PartialEq)]
pub struct EngineProfile {
    /// What reports call them.
    pub name: String,
    /// The step times.
    pub step_time: StepTimeSpec,
}

/// The constants that the project ships for this engine, accelerator and model: one set for all,
/// today.
#[must_use]
pub fn profile_for(served: &Served<'_>) -> EngineProfile {
    let _ = served;
    EngineProfile { name: "default".to_owned(), step_time: StepTimeSpec::default() }
}
