//! A scenario as a file that reads back to the same scenario.

use tokendrome::Scenario;

/// The scenario as TOML, with every field that has a value.
///
/// Paths in it are relative to the folder in which the program runs: keep the file there.
///
/// # Errors
/// A number that TOML has no form for (above 2^63), which no checked scenario has; the text says
/// so.
pub fn to_toml(scenario: &Scenario) -> Result<String, String> {
    toml::to_string(scenario).map_err(|error| format!("the scenario has no form in TOML: {error}"))
}
