//! The parameters of a recorded run, as a scenario.

use serde_json::{Map, Value};
use tokendrome::steptime::{LayerwiseSpec, Profile, StepTimeSpec};
use tokendrome::units::{Bytes, BytesPerSecond};
use tokendrome::{
    Carries, Contention, DisaggregationSpec, ParallelismSpec, PhaseBatchingSpec, PoolSpec,
    Scenario, SchedulerSpec, TimeUnit, TransferSpec, TransferUnit,
};

use super::nominal::{self, Nominal};
use crate::replayed;

/// After its arrivals the original goes on for so long, in seconds.
const DRAIN_S: f64 = 100.0;
/// Times in the original's files, in seconds: more than it was ever run for.
const SECONDS_MAX: f64 = 1e6;

/// What a run was made with; what it leaves out has the original's default.
pub(super) struct Params {
    pub(super) warm_up_s: f64,
    pub(super) duration_s: f64,
    pub(super) model: Nominal,
    batch_size: Option<u32>,
    pools: Pools,
}

enum Pools {
    One(Machines),
    Two { prefill: Machines, decode: Machines, bandwidth: f64, latency_ms: f64 },
}

/// Accelerators that serve together.
struct Machines {
    xpu: String,
    count: u32,
    tp: u32,
}

impl Params {
    pub(super) fn read(run: &Map<String, Value>) -> Result<Self, String> {
        let params = run.get("params").and_then(Value::as_object).ok_or("`params` is missing")?;
        const KNOWN: [&str; 14] = [
            "model", "xpu", "n", "tp", "rate", "dur", "warm", "strategy", "mbs", "seed", "dis",
            "bw", "lat", "name",
        ];
        if let Some(key) = params.keys().find(|key| !KNOWN.contains(&key.as_str())) {
            return Err(format!("`params.{key}` is not known; known are {}", KNOWN.join(", ")));
        }
        let text = |key: &str, default: &str| match params.get(key) {
            None => Ok(default.to_owned()),
            Some(value) => value
                .as_str()
                .map(str::to_owned)
                .ok_or_else(|| format!("`params.{key}` must be a name; found {value}")),
        };
        match text("strategy", "greedy")?.as_str() {
            // With a least batch of one, a window changes nothing.
            "greedy" | "windowed" => {}
            other => {
                return Err(format!("`params.strategy` must be greedy or windowed; found {other}"));
            }
        }
        let pools = match params.get("dis").filter(|dis| !dis.is_null()) {
            None => Pools::One(Machines {
                xpu: text("xpu", "mi300x")?,
                count: count(params.get("n"), "n", 8)?,
                tp: count(params.get("tp"), "tp", 8)?,
            }),
            Some(dis) => {
                let dis = dis.as_array().filter(|dis| dis.len() == 6);
                let dis = dis.ok_or("`params.dis` must be a list of six")?;
                let machines = |first: usize| {
                    let xpu = dis[first].as_str().ok_or("`params.dis` names no accelerator")?;
                    Ok::<_, String>(Machines {
                        xpu: xpu.to_owned(),
                        count: count(dis.get(first + 1), "dis", 1)?,
                        tp: count(dis.get(first + 2), "dis", 1)?,
                    })
                };
                Pools::Two {
                    prefill: machines(0)?,
                    decode: machines(3)?,
                    bandwidth: number(params, "bw", 400.0)?,
                    latency_ms: number(params, "lat", 1.0)?,
                }
            }
        };
        let batch_size = params.get("mbs").filter(|value| !value.is_null());
        Ok(Self {
            warm_up_s: number(params, "warm", 60.0)?,
            duration_s: number(params, "dur", 500.0)?,
            model: nominal::model(&text("model", "llama2-70b")?)?,
            batch_size: batch_size.map(|size| count(Some(size), "mbs", 1)).transpose()?,
            pools,
        })
    }

    /// Ranks of a replica of each pool.
    pub(super) fn ranks(&self) -> Vec<u32> {
        match &self.pools {
            Pools::One(machines) => vec![machines.tp],
            Pools::Two { prefill, decode, .. } => vec![prefill.tp, decode.tp],
        }
    }

    /// The scenario whose requests come as rows of a trace.
    pub(super) fn scenario(&self) -> Result<Scenario, String> {
        let (first, second) = match &self.pools {
            Pools::One(machines) => (self.pool(machines)?, None),
            Pools::Two { prefill, decode, .. } => (self.pool(prefill)?, Some(self.pool(decode)?)),
        };
        let known = "a pool has all of it";
        let mut scenario = replayed::scenario(
            first.scheduler.clone().expect(known),
            first.step_time.clone().expect(known),
            TimeUnit::Second,
        );
        scenario.model = Some(self.model.spec.clone());
        scenario.simulation.max_time_s = Some(self.warm_up_s + self.duration_s + DRAIN_S);
        match (&self.pools, second) {
            (Pools::Two { prefill, bandwidth, latency_ms, .. }, Some(decode)) => {
                let transfer = TransferSpec {
                    // Its GB are GiB, and what it sends is the share of one rank.
                    bandwidth: Some(BytesPerSecond(bandwidth * (1_u64 << 30) as f64)),
                    latency_ms: *latency_ms,
                    contention: Contention::Unlimited,
                    carries: Carries::Reservation,
                    unit: TransferUnit::Batch,
                    kv_bytes_per_token: Some(Bytes(self.model.kv_bytes(prefill.tp) as u64)),
                    ..TransferSpec::default()
                };
                let pools = DisaggregationSpec { prefill: first, decode, transfer };
                scenario.disaggregation = Some(pools);
            }
            _ => {
                scenario.hardware = first.hardware;
                scenario.parallelism = first.parallelism.expect(known);
            }
        }
        Ok(scenario)
    }

    fn pool(&self, machines: &Machines) -> Result<PoolSpec, String> {
        let Machines { xpu, count, tp } = machines;
        let machine = nominal::machine(xpu, (*count).max(*tp))?;
        let [memory, kv, activations] = self.model.memory(&machine, *tp);
        let scheduler = PhaseBatchingSpec {
            max_batch_size: self.batch_size,
            memory: Some(memory),
            kv_bytes_per_token: Some(kv),
            activation_bytes_per_token: Some(activations),
            ..PhaseBatchingSpec::default()
        };
        let step_time = LayerwiseSpec {
            profile: Profile::Seed001,
            gemm_efficiency: Some(machine.efficiency),
            ..LayerwiseSpec::default()
        };
        let parallelism =
            ParallelismSpec { tensor_parallel_size: *tp, ..ParallelismSpec::default() };
        Ok(PoolSpec {
            hardware: Some(machine.spec),
            parallelism: Some(parallelism),
            scheduler: Some(SchedulerSpec::PhaseBatching(scheduler)),
            step_time: Some(StepTimeSpec::RooflineLayerwise(step_time)),
            ..PoolSpec::default()
        })
    }
}

fn number(params: &Map<String, Value>, key: &str, default: f64) -> Result<f64, String> {
    let Some(value) = params.get(key) else { return Ok(default) };
    let found = value.as_f64().filter(|number| (0.0..=SECONDS_MAX).contains(number));
    found.ok_or_else(|| format!("`params.{key}` must be a number from 0 to 1e6; found {value}"))
}

fn count(value: Option<&Value>, key: &str, default: u32) -> Result<u32, String> {
    let Some(value) = value else { return Ok(default) };
    let found = value.as_u64().filter(|count| (1..=1_000_000).contains(count));
    let found = found.map(|count| count as u32);
    found.ok_or_else(|| format!("`params.{key}` must be whole, from 1 to 1,000,000; found {value}"))
}
