//! The scenarios of a comparison, made ready.

use thiserror::Error;
use tokendrome::{Scenario, ScenarioError, Simulation};

/// A scenario with the name that it goes by.
#[derive(Debug, Clone)]
pub struct Case {
    /// Its name.
    pub name: String,
    /// The scenario, ready to run.
    pub simulation: Simulation,
}

/// Scenarios that are run with the same random numbers.
#[derive(Debug, Clone)]
pub struct Cases {
    /// All of them; the others are compared with the first.
    pub list: Vec<Case>,
    /// What had to be changed for that.
    pub(super) notices: Vec<String>,
    /// Whether the scenarios are supposed to get the same requests.
    pub(super) is_same_requests: bool,
}

fn other_clock() -> ScenarioError {
    ScenarioError {
        path: "simulation.time_unit".to_owned(),
        message: "its clock counts something else than that of the first scenario, and ticks are \
                  not seconds"
            .to_owned(),
        help: None,
    }
}

/// Why a scenario cannot be compared.
#[derive(Debug, Error)]
#[error("{name}: {error}")]
pub struct CasesError {
    /// Name of the scenario.
    pub name: String,
    /// What is wrong with it.
    #[source]
    pub error: ScenarioError,
}

impl Cases {
    /// Makes scenarios ready. All get the seed of the first, for without it they would see other
    /// requests.
    ///
    /// # Errors
    /// A scenario does not resolve: the first such.
    pub fn new(named: Vec<(String, Scenario)>) -> Result<Self, CasesError> {
        let mut cases = Self { list: Vec::new(), notices: Vec::new(), is_same_requests: true };
        let seed = named.first().map(|(_, scenario)| scenario.simulation.seed);
        let unit = named.first().map(|(_, scenario)| scenario.simulation.time_unit);
        let mut others = Vec::new();
        for (name, mut scenario) in named {
            if unit.is_some_and(|unit| unit != scenario.simulation.time_unit) {
                return Err(CasesError { name, error: other_clock() });
            }
            let own = scenario.simulation.seed;
            if let Some(seed) = seed.filter(|&seed| seed != own) {
                others.push(format!("{name} ({own})"));
                scenario.simulation.seed = seed;
            }
            cases.add(name, &scenario)?;
        }
        if let (Some(seed), false) = (seed, others.is_empty()) {
            let first = &cases.list[0].name;
            let others = others.join(", ");
            cases.notices.push(format!(
                "all scenarios run with the seed of {first}, {seed}, instead of their own: {others}"
            ));
        }
        Ok(cases)
    }

    /// One scenario, cut at several times: pairs of a name and `simulation.max_time_s`.
    ///
    /// # Errors
    /// The scenario does not resolve.
    pub fn cut(scenario: &Scenario, cuts: Vec<(String, f64)>) -> Result<Self, CasesError> {
        let mut cases = Self { list: Vec::new(), notices: Vec::new(), is_same_requests: false };
        for (name, max_time_s) in cuts {
            let mut scenario = scenario.clone();
            scenario.simulation.max_time_s = Some(max_time_s);
            cases.add(name, &scenario)?;
        }
        Ok(cases)
    }

    /// What had to be changed so that all scenarios get the same random numbers.
    #[must_use]
    pub fn notices(&self) -> &[String] {
        &self.notices
    }

    fn add(&mut self, name: String, scenario: &Scenario) -> Result<(), CasesError> {
        match Simulation::new(scenario) {
            Ok(simulation) => self.list.push(Case { name, simulation }),
            Err(error) => return Err(CasesError { name, error }),
        }
        Ok(())
    }
}
