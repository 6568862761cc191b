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

/// Whether an engine of this version admits a request only if its whole prompt fits the KV cache
/// (vLLM's `scheduler_reserve_full_isl`).
///
/// Source: vLLM pull request 37307 of March 2026 added it; the package 0.19.0 has it, switched on.
/// Versions that nobody names are taken for today's.
#[must_use]
pub fn reserves_full_prompt(version: Option<&str>) -> bool {
    let mut parts = version.unwrap_or("").split('.').map(|part| part.parse::<u32>().ok());
    match (parts.next().flatten(), parts.next().flatten()) {
        (Some(0), Some(minor)) => minor >= 19,
        _ => true,
    }
}

/// The constants that the project ships for this engine, accelerator and model: one set for all,
/// today.
#[must_use]
pub fn profile_for(served: &Served<'_>) -> EngineProfile {
    let _ = served;
    EngineProfile { name: "default".to_owned(), step_time: StepTimeSpec::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_prompts_are_reserved_from_0_19_on() {
        let check = |version: Option<&str>, expect: bool| {
            assert_eq!(reserves_full_prompt(version), expect, "{version:?}");
        };
        check(Some("0.15.1"), false);
        check(Some("0.19.0"), true);
        check(Some("0.33.0"), true);
        check(Some("1.0"), true);
        check(Some("main"), true);
        check(None, true);
    }
}
