//! The arguments that say what is simulated, and the changes that they make to the scenario.

mod dataset;
mod pools;

use std::path::{Path, PathBuf};

use clap::Args;
use tokendrome_scenario::{Change, EngineFlags, Format, Input};

use crate::failure::Failure;
use dataset::DatasetArgs;
use pools::ClusterArgs;

/// The scenario of runs without one.
const DEFAULT: &str = include_str!("../default.toml");

/// What is simulated.
///
/// Values are text here: what is wrong with them is said in one way, wherever they come from.
#[derive(Debug, Clone, Args)]
pub(crate) struct ScenarioArgs {
    /// The scenario (TOML, JSON, YAML, or an earlier report); `-`: standard input; none: the
    /// built-in one.
    #[arg(value_name = "SCENARIO")]
    file: Option<PathBuf>,
    /// The scenario, named by a flag: a file of this program's kind or of another (see
    /// docs/scenario.md).
    #[arg(long, value_name = "FILE", conflicts_with = "file")]
    config: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) changes: ChangeArgs,
}

/// What flags change in a scenario.
#[derive(Debug, Clone, Args)]
pub(crate) struct ChangeArgs {
    /// Set any field of the scenario by its dotted path; may be repeated.
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// Seed of all random numbers.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    seed: Option<String>,
    /// Independent replications: every figure with its mean and 95 % confidence interval.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    trials: Option<String>,
    /// Add trials until the 95 % intervals of the headline means (in `compare`: of their
    /// differences) are so narrow: half the width as a share of the mean, such as 1%.
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true, value_parser = share)]
    precision: Option<String>,
    /// Trials at most with --precision; default: 1,000.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    max_trials: Option<String>,
    #[command(flatten)]
    machine: MachineArgs,
    #[command(flatten)]
    cluster: ClusterArgs,
    #[command(flatten)]
    engine: EngineArgs,
    #[command(flatten)]
    workload: WorkloadArgs,
    #[command(flatten)]
    dataset: DatasetArgs,
}

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Model and accelerators")]
struct MachineArgs {
    /// A model of the catalog, or the path of a Hugging Face `config.json`.
    #[arg(long, value_name = "NAME|config.json")]
    model: Option<String>,
    /// Number format of the model, such as `bf16` or `fp8`.
    #[arg(long, value_name = "FORMAT")]
    dtype: Option<String>,
    /// Number format of the KV cache.
    #[arg(long, value_name = "FORMAT")]
    kv_dtype: Option<String>,
    /// An accelerator of the catalog.
    #[arg(long, visible_alias = "xpu", value_name = "NAME")]
    hardware: Option<String>,
    /// Accelerators that share every layer (tensor parallelism).
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    tp: Option<String>,
    /// Stages that the layers are cut into (pipeline parallelism).
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pp: Option<String>,
}

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Engine")]
struct EngineArgs {
    /// Flags of vLLM in its own spelling, in quotes; may be repeated.
    #[arg(long, value_name = "FLAGS", allow_hyphen_values = true)]
    engine_args: Vec<String>,
    /// A whole command of vLLM, in quotes: its model and its flags.
    #[arg(long, value_name = "COMMAND")]
    engine_cmd: Option<String>,
    /// Most requests that run at once.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    max_num_seqs: Option<String>,
    /// Most tokens that one iteration computes.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    max_num_batched_tokens: Option<String>,
    /// Longest sequence, prompt and output together.
    #[arg(long, value_name = "TOKENS", allow_negative_numbers = true)]
    max_model_len: Option<String>,
    /// Tokens of one KV block.
    #[arg(long, value_name = "TOKENS", allow_negative_numbers = true)]
    block_size: Option<String>,
    /// Share of the memory that the engine may use, from 0 to 1.
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true)]
    gpu_memory_utilization: Option<String>,
    /// Memory for the KV cache on each accelerator, such as `20GiB`.
    #[arg(long, value_name = "SIZE", allow_negative_numbers = true)]
    kv_cache_memory: Option<String>,
}

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Workload")]
struct WorkloadArgs {
    /// Replay a trace (JSON lines, Azure or BurstGPT CSV; plain or .gz) instead of the scenario's
    /// workload.
    #[arg(long, value_name = "FILE")]
    trace: Option<String>,
    /// Layout of the trace, if its beginning does not tell: jsonl, azure, burstgpt.
    #[arg(long, value_name = "FORMAT")]
    trace_format: Option<String>,
    /// Tokens that an entry of the trace's `hash_ids` stands for, if its rows do not tell.
    #[arg(long, value_name = "TOKENS", allow_negative_numbers = true)]
    trace_block_size: Option<String>,
    /// How many times faster than recorded the trace is replayed.
    #[arg(long, value_name = "FACTOR", allow_negative_numbers = true)]
    speedup: Option<String>,
    /// Number of requests; without --duration it alone ends the workload.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    requests: Option<String>,
    /// Nothing arrives after this time; without --requests it alone ends the workload.
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    duration: Option<String>,
    /// Requests (or sessions) per second; a trace loses its own times.
    #[arg(long, visible_alias = "arrival-rate", value_name = "PER_SECOND")]
    #[arg(allow_negative_numbers = true)]
    rate: Option<String>,
    /// So many users, each of whom waits for an answer before asking again (closed loop).
    #[arg(long, value_name = "N", allow_negative_numbers = true, conflicts_with = "rate")]
    users: Option<String>,
    /// Conversations of so many turns, each of which repeats all before it.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    turns: Option<String>,
    /// All prompts of this length.
    #[arg(long, value_name = "TOKENS", allow_negative_numbers = true)]
    input_tokens: Option<String>,
    /// All outputs of this length.
    #[arg(long, value_name = "TOKENS", allow_negative_numbers = true)]
    output_tokens: Option<String>,
    /// Requests that arrive before this time are served but not measured.
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    warm_up: Option<String>,
}

impl ScenarioArgs {
    /// The file that is given, if one is.
    pub(crate) fn path(&self) -> Option<&Path> {
        self.file.as_deref().or(self.config.as_deref())
    }

    pub(crate) fn input(&self) -> Input {
        match self.path() {
            Some(path) => input(path),
            None => built_in(),
        }
    }

    pub(crate) fn changes(&self) -> Result<(Vec<Change>, Vec<String>), Failure> {
        self.changes.list()
    }
}

/// The scenario of runs without one.
pub(crate) fn built_in() -> Input {
    Input::Text {
        name: "built-in scenario".to_owned(),
        text: DEFAULT.to_owned(),
        format: Format::Toml,
    }
}

/// A share as a decimal number: `1%` is `0.01`. What is no percentage stays as it is.
pub(crate) fn share(text: &str) -> Result<String, String> {
    let Some(percent) = text.trim().strip_suffix('%') else { return Ok(text.to_owned()) };
    // Read as a power of ten, so that 0.7 % is 0.007 to the last bit.
    let share = format!("{}e-2", percent.trim()).parse::<f64>();
    share.map(|share| share.to_string()).map_err(|_| "a number is wanted before the %".to_owned())
}

/// The scenario that a path names; `-`: standard input.
pub(crate) fn input(path: &Path) -> Input {
    if path == Path::new("-") { Input::Stdin } else { Input::File(path.to_path_buf()) }
}

impl ChangeArgs {
    /// Whether they say how many trials there are.
    pub(crate) fn says_trials(&self) -> bool {
        let is_set = |set: &String| set.trim_start().starts_with("simulation.trials");
        self.trials.is_some() || self.set.iter().any(is_set)
    }

    /// Names the model, as an argument of its own does.
    pub(crate) fn name_model(&mut self, model: &str) {
        self.machine.model = Some(model.to_owned());
    }

    /// Takes out what may be a list in a command that looks at several placements and formats: the
    /// values of `--tp`, `--pp`, `--dtype` and `--kv-dtype`.
    pub(crate) fn take_lists(&mut self) -> [Option<String>; 4] {
        let machine = &mut self.machine;
        [&mut machine.tp, &mut machine.pp, &mut machine.dtype, &mut machine.kv_dtype]
            .map(Option::take)
    }

    /// The first flag that says something of a run, not of the machine and its engine.
    pub(crate) fn flag_of_a_run(&self) -> Option<&'static str> {
        let is_of_a_run = |path: &str| {
            ["workload.", "simulation.", "cluster."].iter().any(|section| path.starts_with(section))
        };
        let given = self.values().into_iter().chain(self.texts());
        let mut given = given.filter(|(_, path, value)| value.is_some() && is_of_a_run(path));
        given.next().map(|(flag, ..)| flag).or_else(|| self.dataset.given())
    }

    /// Takes out how many trials there may be, for those who have a precision of their own.
    pub(crate) fn take_max_trials(&mut self) -> Result<Option<u64>, Failure> {
        let read = |text: String| match text.parse::<u64>() {
            Ok(most) if most > 1 => Ok(most),
            _ => Err(Failure::usage(format!(
                "--max-trials must be a whole number, 2 or more; found {text}"
            ))),
        };
        self.max_trials.take().map(read).transpose()
    }

    /// What the flags change, in order: the model, vLLM's flags, what ours replace, then they
    /// themselves, then `--set`. And what there is to know of vLLM's.
    pub(crate) fn list(&self) -> Result<(Vec<Change>, Vec<String>), Failure> {
        let engine = &self.engine;
        let engine = EngineFlags::read(engine.engine_cmd.as_deref(), &engine.engine_args)?;
        // The model comes first: its number formats are laid over it.
        let mut changes = match &self.machine.model {
            Some(model) => Change::model("--model", model),
            None => engine.model,
        };
        changes.extend(engine.changes);
        self.cluster.change(&mut changes);
        self.engine.replaced(&mut changes);
        self.workload.replaced(&mut changes);
        self.dataset.change(&mut changes);
        for (flag, path, value) in self.values() {
            if let Some(value) = value {
                changes.push(Change::flag(flag, path, value));
            }
        }
        for (flag, path, value) in self.texts() {
            if let Some(value) = value {
                changes.push(Change::text_flag(flag, path, value));
            }
        }
        for assignment in &self.set {
            let change = Change::assignment("--set", assignment);
            changes.push(change.map_err(|error| Failure::usage(format!("--set: {error}")))?);
        }
        Ok((changes, engine.notices))
    }

    /// Flags with a number: flag, path, value.
    fn values(&self) -> [(&'static str, &'static str, Option<&String>); 24] {
        let (machine, engine, workload) = (&self.machine, &self.engine, &self.workload);
        [
            ("--seed", "simulation.seed", self.seed.as_ref()),
            ("--trials", "simulation.trials", self.trials.as_ref()),
            ("--precision", "simulation.precision", self.precision.as_ref()),
            ("--max-trials", "simulation.max_trials", self.max_trials.as_ref()),
            ("--tp", "parallelism.tensor_parallel_size", machine.tp.as_ref()),
            ("--pp", "parallelism.pipeline_parallel_size", machine.pp.as_ref()),
            ("--max-num-seqs", "scheduler.max_num_seqs", engine.max_num_seqs.as_ref()),
            (
                "--max-num-batched-tokens",
                "scheduler.max_num_batched_tokens",
                engine.max_num_batched_tokens.as_ref(),
            ),
            ("--max-model-len", "scheduler.max_model_len", engine.max_model_len.as_ref()),
            ("--block-size", "scheduler.block_size", engine.block_size.as_ref()),
            (
                "--gpu-memory-utilization",
                "scheduler.gpu_memory_utilization",
                engine.gpu_memory_utilization.as_ref(),
            ),
            ("--kv-cache-memory", "scheduler.kv_cache_memory", engine.kv_cache_memory.as_ref()),
            ("--trace-block-size", "workload.trace.block_size", workload.trace_block_size.as_ref()),
            ("--speedup", "workload.trace.speedup", workload.speedup.as_ref()),
            ("--requests", "workload.requests", workload.requests.as_ref()),
            ("--duration", "workload.duration_s", workload.duration.as_ref()),
            ("--rate", "workload.arrival_rate", workload.rate.as_ref()),
            ("--users", "workload.arrivals.users", workload.users.as_ref()),
            ("--turns", "workload.sessions.turns", workload.turns.as_ref()),
            ("--input-tokens", "workload.input_tokens", workload.input_tokens.as_ref()),
            ("--output-tokens", "workload.output_tokens", workload.output_tokens.as_ref()),
            ("--warm-up", "simulation.warm_up_s", workload.warm_up.as_ref()),
            ("--dtype", "model.dtype", machine.dtype.as_ref()),
            ("--kv-dtype", "model.kv_dtype", machine.kv_dtype.as_ref()),
        ]
    }

    /// Flags with a name or a path.
    fn texts(&self) -> [(&'static str, &'static str, Option<&String>); 3] {
        [
            ("--hardware", "hardware", self.machine.hardware.as_ref()),
            ("--trace", "workload.trace.path", self.workload.trace.as_ref()),
            ("--trace-format", "workload.trace.format", self.workload.trace_format.as_ref()),
        ]
    }
}

impl EngineArgs {
    /// What flags make meaningless in the scenario.
    fn replaced(&self, changes: &mut Vec<Change>) {
        if self.max_model_len.is_some() {
            changes.push(Change::remove("scheduler.max_model_len_auto"));
        }
    }
}

impl WorkloadArgs {
    /// What flags make meaningless in the scenario.
    fn replaced(&self, changes: &mut Vec<Change>) {
        let mut remove = |keys: &[&str]| {
            changes.extend(keys.iter().map(|key| Change::remove(&format!("workload.{key}"))));
        };
        if self.trace.is_some() {
            remove(&["trace", "arrivals", "input_tokens", "output_tokens", "classes"]);
            remove(&["sessions", "prefixes", "dataset", "requests", "duration_s"]);
        }
        if self.requests.is_some() {
            remove(&["duration_s"]);
        }
        if self.duration.is_some() {
            remove(&["requests"]);
        }
        if let Some(users) = &self.users {
            remove(&["arrivals"]);
            let closed_loop = Change::implied("workload.arrivals.kind", "closed-loop");
            changes.push(closed_loop.by("--users", users));
        }
    }
}
