//! What a scenario says.

mod config;
mod request;

use tokendrome_sched::{TensorRtLlm, TensorRtLlmConfig};

use crate::ScenarioError;
use crate::json::{self, Field, Table};
use crate::keys::check_keys;
use crate::python::echo;
use crate::served::check_served;
pub(super) use config::Loop;
pub(super) use request::Request;

/// Longest duration of a scenario's cost, in nanoseconds: about 18 minutes.
const DURATION_MAX: u64 = 1 << 40;

/// Latest arrival, in nanoseconds: about 36 years.
const ARRIVAL_MAX: u64 = 1 << 60;

/// Requests with a configuration, and what iterations cost: everything that a trace follows from.
#[derive(Debug, Clone)]
pub struct Scenario {
    pub(super) name: String,
    /// The section as the trace repeats it.
    pub(super) config_echo: String,
    pub(super) cost_echo: String,
    pub(super) config: TensorRtLlmConfig,
    pub(super) engine_loop: Loop,
    pub(super) cost: Cost,
    /// In order of arrival; of equal ones, in the order of the file.
    pub(super) requests: Vec<Request>,
}

/// How long batches take, in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cost {
    base: u64,
    per_token: u64,
}

impl Cost {
    /// How long a batch takes. Nothing if that overflows.
    pub(super) fn of_batch(&self, tokens: u64) -> Option<u64> {
        self.per_token.checked_mul(tokens)?.checked_add(self.base)
    }
}

impl Scenario {
    /// Reads a scenario from JSON.
    ///
    /// # Errors
    /// What is wrong, and where. So is a scenario with a request that TensorRT-LLM could never
    /// serve, or that asks for what the simulator does not model.
    pub fn parse(text: &str) -> Result<Self, ScenarioError> {
        let value = json::parse(text)?;
        Self::read(&Field::root(text, &value))
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    fn read(root: &Field<'_>) -> Result<Self, ScenarioError> {
        let root = root.table()?;
        check_keys(&root, &["name", "note", "config", "cost", "requests"])?;
        if let Some(note) = root.get("note") {
            note.text()?;
        }
        let config_field = root.need("config")?;
        let (config, engine_loop) = config::read(&config_field.table()?)?;
        let cost_field = root.need("cost")?;
        let list = root.need("requests")?;
        let scenario = Self {
            name: root.need("name")?.text()?.to_owned(),
            config_echo: echo(config_field.value()),
            cost_echo: echo(cost_field.value()),
            cost: read_cost(&cost_field.table()?)?,
            requests: request::read_all(&list, config.max_seq_len)?,
            config,
            engine_loop,
        };
        let arriving = |of: &'_ Request| (of.position, of.arriving(&[]));
        let mut scheduler = TensorRtLlm::new(scenario.config.clone());
        check_served(&list, &mut scheduler, scenario.requests.iter().map(arriving))?;
        Ok(scenario)
    }
}

fn read_cost(table: &Table<'_>) -> Result<Cost, ScenarioError> {
    check_keys(table, &["base_ns", "per_token_ns"])?;
    Ok(Cost {
        base: table.need("base_ns")?.whole(0..=DURATION_MAX)?,
        per_token: table.need("per_token_ns")?.whole(0..=DURATION_MAX)?,
    })
}

#[cfg(test)]
mod tests;
