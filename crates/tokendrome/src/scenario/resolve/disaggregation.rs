//! Two pools: each is resolved as a scenario of its own.

use tokendrome_units::{BytesPerSecond, check_positive, check_range};

use super::ScenarioError;
use super::validate::{at, check_replicas};
use crate::scenario::disaggregation::{Overlap, Phase, TransferSpec};
use crate::{Scenario, SchedulerSpec};

/// Longest latency: a day.
const LATENCY_MS_MAX: f64 = 86_400_000.0;

impl Scenario {
    /// Resolves both pools and the link between them.
    pub(super) fn resolve_pools(&mut self, notices: &mut Vec<String>) -> Result<(), ScenarioError> {
        let Some(mut spec) = self.disaggregation.clone() else { return Ok(()) };
        if self.is_ticking() {
            let message = "pools of their own work on a clock in seconds";
            return Err(ScenarioError::new("simulation.time_unit", message)
                .help("leave out time_unit, or choose the scheduler `disaggregated`"));
        }
        let cluster =
            crate::ClusterSpec { delays: crate::DelaysSpec::default(), ..self.cluster.clone() };
        if cluster != crate::ClusterSpec::default() {
            let message = "a disaggregated cluster has two pools of replicas, each with its own";
            return Err(ScenarioError::new("cluster", message)
                .help("use disaggregation.prefill.replicas and disaggregation.decode.replicas"));
        }
        // What the network connections carry: of a pool, and of one of its replicas.
        let mut network: Option<(f64, f64)> = None;
        for phase in Phase::ALL {
            let path = format!("disaggregation.{}", phase.name());
            let pool = spec.pool_mut(phase);
            check_replicas(pool.replicas).map_err(at(&path))?;
            let alone = self.pool(phase).expect("there are two pools");
            let (alone, said) = alone.resolve_engine().map_err(|error| in_pool(&path, error))?;
            let said = said.into_iter().map(|notice| format!("{} pool: {notice}", phase.name()));
            notices.extend(said);
            check_scheduler(&path, &alone.scheduler)?;
            pool.replicas = alone.cluster.replicas;
            let connections = alone.hardware.as_ref().and_then(|hardware| hardware.network);
            let each = connections
                .map_or(0.0, |link| link.bandwidth.0 * f64::from(alone.accelerators_per_replica()));
            let all = each * f64::from(pool.replicas);
            network = Some(network.map_or((all, each), |of| (of.0.min(all), of.1.min(each))));
            pool.hardware = alone.hardware;
            pool.parallelism = Some(alone.parallelism);
            pool.scheduler = Some(alone.scheduler);
            pool.step_time = Some(alone.step_time);
        }
        spec.transfer.resolve(self, network.filter(|&(all, _)| all > 0.0))?;
        self.disaggregation = Some(spec);
        Ok(())
    }

    /// The machine and the engine of one pool.
    fn resolve_engine(mut self) -> Result<(Self, Vec<String>), ScenarioError> {
        let mut notices = Vec::new();
        self.validate()?;
        self.check_parts()?;
        self.part_engines(&mut notices)?;
        self.check_placement()?;
        self.resolve_phases()?;
        self.resolve_phase_batching()?;
        self.resolve_scheduler(&mut notices)?;
        Ok((self, notices))
    }
}

/// Where a mistake of a pool is.
fn in_pool(path: &str, error: ScenarioError) -> ScenarioError {
    ScenarioError { path: format!("{path}.{}", error.path), ..error }
}

fn check_scheduler(path: &str, scheduler: &SchedulerSpec) -> Result<(), ScenarioError> {
    if matches!(scheduler, SchedulerSpec::TensorRtLlm(_)) {
        let message = "TensorRT-LLM's scheduler is not modelled with requests that are handed over";
        return Err(ScenarioError::new(format!("{path}.scheduler.kind"), message)
            .help("use `vllm`, `phase-batching`, or a scheduler of two phases"));
    }
    if scheduler.total_prefill_chunks().is_some() {
        let message = "slot schedulers cannot hand requests over";
        return Err(ScenarioError::new(format!("{path}.scheduler.kind"), message)
            .help("use `vllm`, `phase-batching`, or a scheduler of two phases"));
    }
    Ok(())
}

impl TransferSpec {
    fn resolve(
        &mut self,
        scenario: &Scenario,
        network: Option<(f64, f64)>,
    ) -> Result<(), ScenarioError> {
        const PATH: &str = "disaggregation.transfer";
        if self.bandwidth.is_none() {
            let Some((all, each)) = network else {
                let message = "nothing says how fast KV caches get from pool to pool";
                return Err(ScenarioError::new(format!("{PATH}.bandwidth"), message)
                    .help("give it (`bandwidth = \"400GB/s\"`), or accelerators with a network"));
            };
            self.bandwidth = Some(BytesPerSecond(all));
            self.replica_bandwidth.get_or_insert(BytesPerSecond(each));
        }
        for (field, rate) in
            [("bandwidth", self.bandwidth), ("replica_bandwidth", self.replica_bandwidth)]
        {
            if let Some(rate) = rate {
                check_positive(field, rate.0).map_err(at(PATH))?;
            }
        }
        if self.overlap == Overlap::LayerWise && scenario.model.is_none() {
            let message = "without a model it is not known how many layers there are";
            return Err(ScenarioError::new(format!("{PATH}.overlap"), message)
                .help("leave it out, or name a model"));
        }
        check_range("latency_ms", self.latency_ms, 0.0, LATENCY_MS_MAX).map_err(at(PATH))?;
        check_range("compression_ratio", self.compression_ratio, 1.0, 1e3).map_err(at(PATH))?;
        if self.kv_bytes_per_token.is_some_and(|of| of.0 == 0) {
            let message = "must be 1 byte at least; found 0";
            return Err(ScenarioError::new(format!("{PATH}.kv_bytes_per_token"), message));
        }
        if self.kv_bytes_per_token.is_none() {
            let Some(model) = &scenario.model else {
                let message = "without a model it is not known how much of it a token takes";
                return Err(ScenarioError::new(format!("{PATH}.kv_bytes_per_token"), message)
                    .help("give it, or name a model"));
            };
            self.kv_bytes_per_token = Some(tokendrome_units::Bytes(model.kv_bytes_per_token(1)));
        }
        Ok(())
    }
}
