//! What a scenario says.

mod config;
mod prompt;
mod request;

use tokendrome_sched::{Vllm, VllmConfig};

use crate::ScenarioError;
use crate::json::{self, Field, Table};
use crate::keys::check_keys;
use crate::python::echo;
use crate::served::check_served;
use prompt::Prompt;
pub(crate) use request::Request;

/// Longest duration of a scenario's cost, in nanoseconds: about 18 minutes.
const DURATION_MAX: u64 = 1 << 40;

/// Latest arrival, in nanoseconds or steps: about 36 years of the former.
const ARRIVAL_MAX: u64 = 1 << 60;

/// Requests with a configuration, and what iterations cost: everything that a trace follows from.
#[derive(Debug, Clone)]
pub struct Scenario {
    pub(super) name: String,
    /// The section as the trace repeats it.
    pub(super) config_echo: String,
    pub(super) cost_echo: String,
    pub(super) config: VllmConfig,
    pub(super) cost: Cost,
    /// Whether the trace lists the blocks handed out, beside their checksum.
    pub(super) lists_blocks: bool,
    /// Whether requests arrive at numbers of steps instead of times.
    pub(super) arrives_by_step: bool,
    /// In order of arrival; of equal ones, in the order of the file.
    pub(crate) requests: Vec<Request>,
}

/// How long things take, in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cost {
    /// Of any batch.
    pub(super) base: u64,
    /// Of each of its tokens.
    pub(super) per_token: u64,
    /// Of preparing a batch, if scheduling is asynchronous.
    pub(super) host: u64,
    /// Of the pause after an iteration that computed nothing, if scheduling is asynchronous.
    pub(super) sleep: u64,
}

impl Cost {
    /// How long a batch takes; one without tokens takes none. Nothing if that overflows.
    pub(super) fn of_batch(&self, tokens: u64) -> Option<u64> {
        if tokens == 0 {
            return Some(0);
        }
        self.per_token.checked_mul(tokens)?.checked_add(self.base)
    }
}

impl Scenario {
    /// Reads a scenario from JSON.
    ///
    /// # Errors
    /// What is wrong, and where. So is a scenario that vLLM itself would refuse, or that asks for
    /// what the simulator does not model.
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
        check_keys(&root, &["name", "note", "config", "cost", "trace", "requests"])?;
        if let Some(note) = root.get("note") {
            note.text()?;
        }
        let config_field = root.need("config")?;
        let config = config::read(&config_field.table()?)?;
        let cost_field = root.need("cost")?;
        let cost = read_cost(&cost_field.table()?, config.async_scheduling)?;
        let list = root.need("requests")?;
        let (requests, arrives_by_step) = request::read_all(&list, &config)?;
        let scenario = Self {
            name: root.need("name")?.text()?.to_owned(),
            config_echo: echo(config_field.value()),
            cost_echo: echo(cost_field.value()),
            config,
            cost,
            lists_blocks: lists_blocks(&root)?,
            arrives_by_step,
            requests,
        };
        let arriving = |of: &'_ Request| (of.position, of.arriving(&[]));
        let mut scheduler = Vllm::new(scenario.config.clone());
        check_served(&list, &mut scheduler, scenario.requests.iter().map(arriving))?;
        Ok(scenario)
    }
}

fn read_cost(table: &Table<'_>, is_async: bool) -> Result<Cost, ScenarioError> {
    check_keys(table, &["base_ns", "per_token_ns", "host_ns", "sleep_ns"])?;
    if let Some(field) = table.get("host_ns").or(table.get("sleep_ns")).filter(|_| !is_async) {
        let rule = "be left out while async_scheduling is false; base_ns is all that batches cost";
        return Err(field.must(rule));
    }
    let or = |key, default| match table.get(key) {
        Some(field) => field.whole(0..=DURATION_MAX),
        None => Ok(default),
    };
    Ok(Cost {
        base: table.need("base_ns")?.whole(0..=DURATION_MAX)?,
        per_token: table.need("per_token_ns")?.whole(0..=DURATION_MAX)?,
        host: or("host_ns", 0)?,
        // What the real loop sleeps.
        sleep: or("sleep_ns", 1_000_000)?,
    })
}

fn lists_blocks(root: &Table<'_>) -> Result<bool, ScenarioError> {
    let Some(field) = root.get("trace") else { return Ok(false) };
    let table = field.table()?;
    check_keys(&table, &["blocks"])?;
    table.switch("blocks", false)
}

#[cfg(test)]
mod tests;
