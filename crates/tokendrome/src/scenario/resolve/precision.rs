//! How precise trials are to be, and how many they may be for it.

use super::ScenarioError;
use crate::{Scenario, SimulationSpec};

/// Trials at most where nobody says.
const MAX_TRIALS_DEFAULT: u32 = 1_000;

/// Fewer have no interval.
const TRIALS_LEAST: u32 = 2;

impl Scenario {
    pub(super) fn resolve_precision(&mut self) -> Result<(), ScenarioError> {
        let SimulationSpec { trials, precision, max_trials, .. } = &mut self.simulation;
        let Some(share) = *precision else {
            return match max_trials {
                None => Ok(()),
                Some(_) => {
                    let message = "how many trials a precision may take, and no precision is given";
                    Err(ScenarioError::new("simulation.max_trials", message)
                        .help("give simulation.precision too (`--precision 1%`), or leave it out"))
                }
            };
        };
        if !(share > 0.0 && share < 1.0) {
            let message = format!("must be above 0 and below 1; found {share}");
            return Err(ScenarioError::new("simulation.precision", message)
                .help("it is a share of the mean: 0.01 is one percent"));
        }
        let most = *max_trials.get_or_insert(MAX_TRIALS_DEFAULT.max(*trials));
        let least = TRIALS_LEAST.max(*trials);
        if most < least {
            let message = format!(
                "must be at least {least}, the trials before the precision is looked at; found \
                 {most}"
            );
            return Err(ScenarioError::new("simulation.max_trials", message));
        }
        Ok(())
    }
}
