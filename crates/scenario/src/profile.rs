//! Which constants stand for an engine, by its version, on an accelerator.

mod file;

use tokendrome::catalog::Catalog;

pub use file::{EngineProfile, Fitted, ProfileError, ProfileHead, Provenance};

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

/// The series that a version belongs to: `0.15` of `0.15.1`.
#[must_use]
pub fn series(version: &str) -> String {
    version.split('.').take(2).collect::<Vec<_>>().join(".")
}

/// The profiles that come with the program.
#[must_use]
pub fn shipped() -> Vec<EngineProfile> {
    let read = |(name, text): (&str, &str)| {
        EngineProfile::read(text)
            .unwrap_or_else(|error| panic!("the catalog's own profile `{name}`: {error}"))
    };
    Catalog::profiles().map(read).collect()
}

/// The constants of what serves: of `own` and those that come with the program, the profile that
/// says most of it. A profile fits if it names the same engine and contradicts nothing; one of
/// another version stands in where there is none of this, and the notice says so.
#[must_use]
pub fn profile_for(
    served: &Served<'_>,
    own: &[EngineProfile],
) -> Option<(EngineProfile, Option<String>)> {
    let shipped = shipped();
    let all = own.iter().chain(&shipped).filter(|profile| profile.head.fits(served));
    let rank = |profile: &&EngineProfile| {
        (profile.head.is_of_version(served.version), profile.head.says())
    };
    // Of equals the first: the user's own.
    let best = all.rev().max_by_key(rank)?;
    let notice = match served.version {
        Some(version) if !best.head.is_of_version(Some(version)) => Some(format!(
            "there are no constants for {} {version}: those of {} ({}) stand in",
            served.engine,
            best.head.name,
            best.head.versions.join(", ")
        )),
        _ => None,
    };
    Some((best.clone(), notice))
}

#[cfg(test)]
mod tests;
