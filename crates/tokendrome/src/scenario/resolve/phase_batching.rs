//! Phase batching: its knobs, and the memory that its batches have to fit.

use tokendrome_catalog::model::{Ffn, ModelSpec, Placement, Shape};
use tokendrome_units::{Bytes, check_positive, check_range};

use super::ScenarioError;
use super::validate::at;
use crate::scenario::scheduler::PhaseBatchingSpec;
use crate::{Scenario, SchedulerSpec};

/// Longest window: a day.
const WINDOW_MS_MAX: f64 = 86_400_000.0;

impl Scenario {
    /// The knobs, with what they leave open filled in.
    pub(super) fn resolve_phase_batching(&mut self) -> Result<(), ScenarioError> {
        let SchedulerSpec::PhaseBatching(spec) = &self.scheduler else { return Ok(()) };
        spec.check()?;
        let wrong = |path: &str, message: &str, help: &str| {
            Err(ScenarioError::new(path, message).help(help))
        };
        if self.is_ticking() {
            return wrong(
                "simulation.time_unit",
                "phase batching works on a clock in seconds",
                "leave out time_unit, or choose a slot scheduler such as \"static\"",
            );
        }
        if self.parallelism.pipeline_parallel_size > 1 {
            return wrong(
                "parallelism.pipeline_parallel_size",
                "phase batching knows no pipeline stages",
                "use one stage, or the scheduler `vllm`",
            );
        }
        let mut spec = spec.clone();
        self.fill_memory(&mut spec)?;
        self.scheduler = SchedulerSpec::PhaseBatching(spec);
        Ok(())
    }

    fn fill_memory(&self, spec: &mut PhaseBatchingSpec) -> Result<(), ScenarioError> {
        let Some((model, hardware)) = self.machine() else {
            if spec.memory.is_some() && spec.kv_bytes_per_token.is_none() {
                let message = "without a model it is not known how much of it a token takes";
                return Err(ScenarioError::new("scheduler.memory", message)
                    .help("give scheduler.kv_bytes_per_token too, or name a model"));
            }
            return Ok(());
        };
        let tp = self.parallelism.tensor_parallel_size;
        let given = self.parallelism.placement();
        let weights = |tensor: u32| model.weight_bytes_per_rank(Placement { tensor, ..given });
        if spec.memory.is_none() {
            let left = hardware.memory.0.checked_sub(weights(tp)).filter(|&left| left > 0);
            let Some(left) = left else {
                let message = format!(
                    "{} needs {} of weights on each {}, which has {}",
                    model.name,
                    Bytes(weights(tp)),
                    hardware.name,
                    hardware.memory
                );
                let mut wider = (1..=hardware.accelerators_per_node).filter(|&wider| {
                    let parallelism =
                        crate::ParallelismSpec { tensor_parallel_size: wider, ..self.parallelism };
                    let other = Self { parallelism, ..self.clone() };
                    weights(wider) < hardware.memory.0 && other.roofline().is_ok()
                });
                let help = match wider.next() {
                    Some(tp) => {
                        format!("TP {tp} would fit (parallelism.tensor_parallel_size = {tp})")
                    }
                    None => "use an accelerator with more memory, or a smaller dtype".to_owned(),
                };
                let path = "parallelism.tensor_parallel_size";
                return Err(ScenarioError::new(path, message).help(help));
            };
            spec.memory = Some(Bytes(left));
        }
        let kv = model.kv_bytes_per_token(tp).max(1);
        spec.kv_bytes_per_token.get_or_insert(Bytes(kv));
        spec.activation_bytes_per_token.get_or_insert(Bytes(activations(model, tp)));
        Ok(())
    }
}

impl PhaseBatchingSpec {
    fn check(&self) -> Result<(), ScenarioError> {
        let most = f64::from(u32::MAX);
        let size = f64::from(self.max_batch_size.unwrap_or(1));
        check_range("max_batch_size", size, 1.0, most).map_err(at("scheduler"))?;
        let least = f64::from(self.min_batch_size);
        check_range("min_batch_size", least, 1.0, most).map_err(at("scheduler"))?;
        if self.max_batch_size.is_some_and(|most| most < self.min_batch_size) {
            let message = format!(
                "{} is more than max_batch_size ({}): no batch could be so large",
                self.min_batch_size, size
            );
            return Err(ScenarioError::new("scheduler.min_batch_size", message)
                .help("lower it, or raise max_batch_size"));
        }
        check_range("batching_window_ms", self.batching_window_ms, 0.0, WINDOW_MS_MAX)
            .map_err(at("scheduler"))?;
        for (field, bytes) in
            [("memory", self.memory), ("kv_bytes_per_token", self.kv_bytes_per_token)]
        {
            if let Some(bytes) = bytes {
                check_positive(field, bytes.0 as f64).map_err(at("scheduler"))?;
            }
        }
        Ok(())
    }
}

/// Activations of one token on one rank, in bytes: four hidden states and two intermediates.
fn activations(model: &ModelSpec, tp: u32) -> u64 {
    let hidden = u64::from(model.hidden_size());
    let widest = match &model.shape {
        Shape::Transformer(shape) => {
            let widths = shape.layers.iter().map(|group| match &group.ffn {
                Ffn::Dense(dense) => u64::from(dense.intermediate),
                Ffn::Moe(moe) => {
                    u64::from(moe.intermediate) * u64::from(moe.top_k)
                        + u64::from(moe.shared_intermediate)
                }
            });
            widths.max().unwrap_or(0)
        }
        Shape::Lumped(_) => 4 * hidden,
    };
    model.dtypes.activation.bytes(4 * hidden + 2 * widest).div_ceil(u64::from(tp))
}
