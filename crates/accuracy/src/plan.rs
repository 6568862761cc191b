//! From a run's configuration to a scenario.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokendrome::catalog::{AcceleratorSpec, Catalog, DType, ModelSpec, config_json};
use tokendrome::metrics::SloSpec;
use tokendrome::steptime::{OperatorTablesSpec, StepTimeSpec};
use tokendrome::{
    ClusterSpec, DelaysSpec, ParallelismSpec, Policy, Scenario, SchedulerSpec, SimulationSpec,
    TraceFormat, TraceSpec, VllmSpec, WorkloadSpec,
};
use tokendrome_scenario::profile::{self, EngineProfile, ProfileHead, Served};

use crate::exam::{Exam, Run};
use crate::fields::Fields;
use crate::{AccuracyError, files};

/// Where profiles and operator tables are looked for beside those that the project ships.
#[derive(Debug, Clone, Default)]
pub struct Profiles {
    /// A folder of the user's.
    pub folder: Option<PathBuf>,
}

/// Tokens that an entry of a trace's `hash_ids` stands for.
const HASH_TOKENS: u32 = 16;

/// A run as a scenario.
#[derive(Debug, Clone)]
pub struct Planned {
    /// What is simulated.
    pub scenario: Scenario,
    /// What a person should know of how it was made.
    pub notices: Vec<String>,
    /// What serves: what constants of the run would be for.
    pub head: ProfileHead,
}

impl Exam {
    /// The scenario of a run.
    ///
    /// # Errors
    /// Its configuration cannot be read, lacks something, or names a model or an accelerator that
    /// nobody knows.
    pub fn plan(&self, run: &Run, profiles: &Profiles) -> Result<Planned, AccuracyError> {
        let fields = Fields::of(self, run)?;
        let trace = run.trace.as_ref().ok_or_else(|| {
            AccuracyError::config(format!("run {}: there is no trace of it", run.id))
        })?;
        let path = self.file(trace);
        let path = files::present(&path).ok_or_else(|| AccuracyError::Unreadable {
            path: path.clone(),
            what: "there is no such file; the manifest names it as the trace".to_owned(),
        })?;
        let mut notices = Vec::new();
        let model = model(&fields, &mut notices)?;
        let hardware = accelerator(fields.required(&["gpu"])?)?;
        let engines = fields.count(&["data_parallel", "dp"])?.unwrap_or(1);
        // Engines without experts to share are independent of each other.
        let (data_parallel_size, replicas) =
            if model.is_moe() { (engines, 1) } else { (1, engines) };
        let parallelism = ParallelismSpec {
            tensor_parallel_size: fields.count(&["tensor_parallel", "tp"])?.unwrap_or(1),
            pipeline_parallel_size: fields.count(&["pipeline_parallel", "pp"])?.unwrap_or(1),
            data_parallel_size,
            enable_expert_parallel: fields.switch(&["expert_parallel", "ep"]).unwrap_or(false),
        };
        let served = Served {
            engine: fields.text(&["engine"]).unwrap_or("vllm"),
            version: fields.text(&["engine_version"]),
            accelerator: &hardware.name,
            model: &model.name,
            tensor_parallel: parallelism.tensor_parallel_size,
        };
        let head = ProfileHead {
            name: String::new(),
            engine: served.engine.to_owned(),
            versions: served.version.map(profile::series).into_iter().collect(),
            accelerator: Some(hardware.name.clone()),
            model: Some(fields.required(&["model"])?.to_owned()),
            tensor_parallel: Some(parallelism.tensor_parallel_size),
        };
        let (step_time, delays) = match fields.text(&["op_profile"]) {
            Some(path) => (self.tables(path, profiles)?, DelaysSpec::default()),
            None => constants(&served, &profiles.own()?, &mut notices)?,
        };
        let scenario = Scenario {
            scheduler: SchedulerSpec::Vllm(scheduler(&fields, &served)?),
            model: Some(model),
            hardware: Some(hardware),
            parallelism,
            step_time,
            workload: replayed(path.display().to_string()),
            cluster: ClusterSpec { replicas, delays, ..ClusterSpec::default() },
            disaggregation: None,
            slo: SloSpec::default(),
            simulation: SimulationSpec::default(),
        };
        if let Some(size) = fields.text(&["kv_offload_cpu_gib"]) {
            notices.push(format!("the KV cache on the host ({size} GiB) is not modelled"));
        }
        Ok(Planned { scenario, notices, head })
    }
}

impl Profiles {
    /// The profiles of the user's folder: the TOML files in it.
    fn own(&self) -> Result<Vec<EngineProfile>, AccuracyError> {
        let Some(folder) = &self.folder else { return Ok(Vec::new()) };
        let unreadable = |error: std::io::Error| AccuracyError::Unreadable {
            path: folder.clone(),
            what: error.to_string(),
        };
        let mut paths = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(unreadable)? {
            paths.push(entry.map_err(unreadable)?.path());
        }
        paths.retain(|path| path.extension().is_some_and(|end| end == "toml"));
        paths.sort();
        let read = |path: &PathBuf| {
            EngineProfile::read(&files::text(path)?)
                .map_err(|error| AccuracyError::content(path, error.to_string()))
        };
        paths.iter().map(read).collect()
    }
}

/// Step times and delays of what serves.
fn constants(
    served: &Served<'_>,
    own: &[EngineProfile],
    notices: &mut Vec<String>,
) -> Result<(StepTimeSpec, DelaysSpec), AccuracyError> {
    let Some((profile, notice)) = profile::profile_for(served, own) else {
        let what = format!("there are no constants for the engine `{}`", served.engine);
        return Err(AccuracyError::config(what));
    };
    notices.extend(notice);
    Ok((profile.step_time, profile.delays))
}

impl Exam {
    /// The operator tables at a path of a configuration.
    fn tables(&self, path: &str, profiles: &Profiles) -> Result<StepTimeSpec, AccuracyError> {
        let folder = self.folder(path, profiles).ok_or_else(|| {
            AccuracyError::config(format!(
                "the folder of operator tables `{path}` is neither in {}, nor in the folder that \
                 holds it, nor in that of `--profiles`",
                self.root.display()
            ))
        })?;
        let tables = tokendrome_dataset::read_operator_tables(&folder)
            .map_err(|error| AccuracyError::config(error.to_string()))?;
        Ok(StepTimeSpec::OperatorTables(OperatorTablesSpec {
            tables: Some(Arc::new(tables)),
            ..OperatorTablesSpec::new(folder.display().to_string())
        }))
    }

    /// A folder of this path in the exam's, in the one that holds it or in the user's; leading
    /// parts of the path that stand for one of these may be left out.
    fn folder(&self, path: &str, profiles: &Profiles) -> Option<PathBuf> {
        let parent = self.root.parent().map(Path::to_owned);
        let bases = [Some(self.root.clone()), parent, profiles.folder.clone()];
        let parts: Vec<&str> = path.split('/').collect();
        let ends = (0..parts.len()).map(|first| parts[first..].join("/"));
        let bases: Vec<PathBuf> = bases.into_iter().flatten().collect();
        ends.flat_map(|end| bases.iter().map(move |base| base.join(&end)))
            .find(|folder| folder.is_dir())
    }
}

/// A workload of rows, which errors call `path`.
pub(crate) fn replayed(path: String) -> WorkloadSpec {
    let trace = TraceSpec {
        path,
        format: TraceFormat::Jsonl,
        speedup: 1.0,
        start_s: 0.0,
        block_size: Some(HASH_TOKENS),
    };
    WorkloadSpec { trace: Some(trace), ..WorkloadSpec::default() }
}

/// The model: its own `config.json` where the run gives it, otherwise the catalog's.
fn model(fields: &Fields, notices: &mut Vec<String>) -> Result<ModelSpec, AccuracyError> {
    let name = fields.required(&["model"])?;
    let read = fields.model_config.as_ref().map(|text| config_json::read(text, name));
    let found = match read {
        Some(Ok(model)) => Ok(model),
        Some(Err(error)) => {
            notices.push(format!("its config.json is not used: {error}"));
            Catalog::model(name)
        }
        None => Catalog::model(name),
    };
    let mut model = found.map_err(|error| AccuracyError::config(error.to_string()))?;
    let formats = fields.text(&["weight_precision"]).unwrap_or_default().to_lowercase();
    if formats.starts_with("fp8") && model.dtypes.linear.bits_per_element() > 8.0 {
        (model.dtypes.linear, model.dtypes.experts) = (DType::Fp8, DType::Fp8);
    }
    if fields.text(&["kv_cache_dtype"]).is_some_and(|text| text.to_lowercase().starts_with("fp8")) {
        model.dtypes.kv = DType::Fp8;
    }
    Ok(model)
}

/// The accelerator of this name, with or without the size of its memory at the end.
fn accelerator(name: &str) -> Result<AcceleratorSpec, AccuracyError> {
    let found = Catalog::accelerator(name);
    let shorter = name.rsplit_once(' ').map(|(start, _)| Catalog::accelerator(start));
    let found = match (found, shorter) {
        (Err(_), Some(Ok(accelerator))) => Ok(accelerator),
        (found, _) => found,
    };
    found.map_err(|error| AccuracyError::config(error.to_string()))
}

/// vLLM's knobs: what the run says, otherwise the engine's defaults.
fn scheduler(fields: &Fields, served: &Served<'_>) -> Result<VllmSpec, AccuracyError> {
    let default = VllmSpec::default();
    let switch = |keys: &[&str], otherwise: bool| fields.switch(keys).unwrap_or(otherwise);
    let policy = match fields.text(&["scheduling_policy"]) {
        None | Some("fcfs") => Policy::Fcfs,
        Some("priority") => Policy::Priority,
        Some(other) => {
            let what = format!("`scheduling_policy` must be fcfs or priority; found `{other}`");
            return Err(AccuracyError::config(what));
        }
    };
    let utilization = fields.share(&["gpu_memory_utilization"])?;
    Ok(VllmSpec {
        max_num_batched_tokens: fields.count(&["max_num_batched_tokens"])?,
        max_num_seqs: fields.count(&["max_num_seqs"])?,
        max_model_len: fields.count(&["max_model_len"])?,
        block_size: fields.count(&["block_size"])?.unwrap_or(default.block_size),
        num_gpu_blocks: fields.count(&["kv_blocks"])?,
        gpu_memory_utilization: utilization.unwrap_or(default.gpu_memory_utilization),
        enable_prefix_caching: switch(
            &["enable_prefix_caching", "prefix_caching"],
            default.enable_prefix_caching,
        ),
        enable_chunked_prefill: switch(
            &["enable_chunked_prefill", "chunked_prefill"],
            default.enable_chunked_prefill,
        ),
        async_scheduling: fields.switch(&["async_scheduling"]),
        policy,
        scheduler_reserve_full_isl: profile::reserves_full_prompt(served.version),
        ..default
    })
}
