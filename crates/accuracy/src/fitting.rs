//! Measured runs as a question to a search for constants: which may change, and how far a
//! simulation with them is from what was measured.

use tokendrome::explain::{Batch, periods};
use tokendrome::steptime::{RooflineSpec, StepTimeSpec};
use tokendrome::{DelaysSpec, Scenario};
use tokendrome_scenario::profile::ProfileHead;

use crate::score::Metric;
use crate::simulated::{Sent, simulate_again};
use crate::units::request;
use crate::{AccuracyError, Exam, Kind, Measured, Planned, Profiles, Run, files, score, simulate};

/// Requests whose mean is one measured value: neighbours share their batches, and a few more tokens
/// here or there shuffle who shares with whom, which is no slope of anything. Single ones say
/// little more than all of them together.
const BLOCK: usize = 500;

/// A constant that may change.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Constant {
    /// Its path in a profile. `delays` are both delays, in milliseconds: data tell the sum alone.
    pub path: &'static str,
    /// Least value.
    pub low: f64,
    /// Largest value.
    pub high: f64,
    /// Standard deviation of its logarithm about where it begins.
    pub spread: f64,
}

/// The constants that a search changes, in the order of its values. The data of one model cannot
/// tell what layers cost from what iterations do: there the one begins narrower than the other.
pub const CONSTANTS: [Constant; 8] = [
    Constant { path: "step_time.memory_efficiency", low: 0.3, high: 1.0, spread: 0.05 },
    Constant { path: "step_time.gemm_efficiency", low: 0.1, high: 1.0, spread: 0.2 },
    Constant { path: "step_time.layer_overhead_us", low: 0.1, high: 1e4, spread: 0.3 },
    Constant { path: "step_time.overheads.iteration_us", low: 1.0, high: 1e5, spread: 0.6 },
    Constant { path: "step_time.overheads.sequence_us", low: 0.01, high: 1e4, spread: 2.0 },
    Constant { path: "step_time.overheads.quantized_layer_us", low: 0.1, high: 1e4, spread: 0.5 },
    Constant {
        path: "step_time.overheads.direct_link_efficiency",
        low: 1e-3,
        high: 1.0,
        spread: 0.7,
    },
    Constant { path: "delays", low: 0.01, high: 1e4, spread: 0.4 },
];

/// How far a simulated value is from a measured one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Off {
    /// Position of the run in the question.
    pub run: usize,
    /// 0: time per output token, 1: time to first token; of logs 0: iterations of decodes alone, 1:
    /// iterations with prompts.
    pub kind: usize,
    /// Simulated by measured.
    pub ratio: f64,
}

/// Measured runs, ready to be simulated with other constants.
#[derive(Debug)]
pub struct Question<'a> {
    runs: Vec<Asked<'a>>,
    /// What the runs have in common: what a profile made of them is for.
    pub head: ProfileHead,
    /// What is compared: the names of [`Off::kind`].
    pub kinds: [&'static str; 2],
    /// The same for heads of columns.
    pub heads: [&'static str; 2],
    roofline: RooflineSpec,
    delays: DelaysSpec,
}

/// A run, and where what was measured of it is found.
#[derive(Debug)]
struct Asked<'a> {
    name: String,
    scenario: Scenario,
    truth: Truth<'a>,
}

#[derive(Debug)]
enum Truth<'a> {
    /// In the folder of measurements.
    Exam(&'a Exam, &'a Run),
    /// In a client's file.
    Client(Vec<Sent>),
    /// In an engine's log: what iterations computed, and how long each took, in seconds.
    Iterations(Vec<Batch>, Vec<f64>),
}

impl<'a> Question<'a> {
    /// The question that these runs of a folder make. It begins at the constants of the first.
    ///
    /// # Errors
    /// A run cannot be planned, or its step times are not those of a roofline.
    pub fn new(
        exam: &'a Exam,
        runs: &[&'a Run],
        profiles: &Profiles,
    ) -> Result<Self, AccuracyError> {
        let mut planned = Vec::new();
        for run in runs {
            let Planned { scenario, head, .. } = exam.plan(run, profiles)?;
            let truth = Truth::Exam(exam, run);
            planned.push((Asked { name: run.id.clone(), scenario, truth }, head));
        }
        Self::of(planned)
    }

    /// The question that clients' files make: by name what each measured, of an engine as the
    /// scenario has it. Its workload is left aside. Prompts are taken for unlike each other.
    ///
    /// # Errors
    /// There is no file, or the step times are not those of a roofline.
    pub fn of_clients(
        scenario: &Scenario,
        head: &ProfileHead,
        files: Vec<(String, Vec<Sent>)>,
    ) -> Result<Self, AccuracyError> {
        let asked = files.into_iter().map(|(name, requests)| {
            let truth = Truth::Client(requests);
            (Asked { name, scenario: scenario.clone(), truth }, head.clone())
        });
        Self::of(asked.collect())
    }

    /// The question that logs of iterations make: by name what each iteration computed and how long
    /// it took, in seconds, in an engine as the scenario has it.
    ///
    /// # Errors
    /// There is no log, or the step times are not those of a roofline.
    pub fn of_logs(
        scenario: &Scenario,
        head: &ProfileHead,
        logs: Vec<(String, Vec<(Batch, f64)>)>,
    ) -> Result<Self, AccuracyError> {
        let asked = logs.into_iter().map(|(name, iterations)| {
            let (batches, seconds) = iterations.into_iter().unzip();
            let truth = Truth::Iterations(batches, seconds);
            (Asked { name, scenario: scenario.clone(), truth }, head.clone())
        });
        let mut question = Self::of(asked.collect())?;
        question.kinds = ["iterations of decodes", "iterations with prompts"];
        question.heads = ["decodes", "prompts"];
        Ok(question)
    }

    fn of(planned: Vec<(Asked<'a>, ProfileHead)>) -> Result<Self, AccuracyError> {
        let mut start: Option<(ProfileHead, RooflineSpec, DelaysSpec)> = None;
        let mut runs = Vec::new();
        for (asked, of_run) in planned {
            let StepTimeSpec::Roofline(roofline) = &asked.scenario.step_time else {
                let what = format!(
                    "run {}: only constants of `kind = \"roofline\"` are calibrated, and its step \
                     times are of another kind",
                    asked.name
                );
                return Err(AccuracyError::config(what));
            };
            start = Some(match start {
                None => (of_run, roofline.clone(), asked.scenario.cluster.delays),
                Some((head, roofline, delays)) => (common(head, of_run), roofline, delays),
            });
            runs.push(asked);
        }
        let (head, roofline, delays) =
            start.ok_or_else(|| AccuracyError::config("there is no run to calibrate on"))?;
        let kinds = ["time per output token", "time to first token"];
        Ok(Self { runs, head, kinds, heads: ["TPOT", "TTFT"], roofline, delays })
    }

    /// Names of the runs.
    pub fn runs(&self) -> impl Iterator<Item = &str> {
        self.runs.iter().map(|run| run.name.as_str())
    }

    /// Where the search begins, in the order of [`CONSTANTS`].
    #[must_use]
    pub fn start(&self) -> [f64; CONSTANTS.len()] {
        let RooflineSpec { memory_efficiency, gemm_efficiency, .. } = self.roofline;
        let RooflineSpec { layer_overhead_us, overheads, .. } = self.roofline;
        [
            memory_efficiency,
            gemm_efficiency,
            layer_overhead_us,
            overheads.iteration_us,
            overheads.sequence_us,
            overheads.quantized_layer_us,
            overheads.direct_link_efficiency,
            self.delays.request_ms + self.delays.response_ms,
        ]
    }

    /// Step times and delays with these values.
    #[must_use]
    pub fn constants(&self, values: &[f64; CONSTANTS.len()]) -> (StepTimeSpec, DelaysSpec) {
        let [memory, gemm, layer, iteration, sequence, quantized, direct, delays] = *values;
        let mut roofline = self.roofline.clone();
        roofline.memory_efficiency = memory;
        roofline.gemm_efficiency = gemm;
        roofline.layer_overhead_us = layer;
        roofline.overheads.iteration_us = iteration;
        roofline.overheads.sequence_us = sequence;
        roofline.overheads.quantized_layer_us = quantized;
        roofline.overheads.direct_link_efficiency = direct;
        let before = self.delays.request_ms + self.delays.response_ms;
        let share = if before > 0.0 { self.delays.request_ms / before } else { 0.5 };
        let (request_ms, response_ms) = (delays * share, delays * (1.0 - share));
        (StepTimeSpec::Roofline(roofline), DelaysSpec { request_ms, response_ms })
    }

    /// How far all runs are off with these values.
    ///
    /// # Errors
    /// A run cannot be simulated, or its truth cannot be read.
    pub fn off(&self, values: &[f64; CONSTANTS.len()]) -> Result<Vec<Off>, AccuracyError> {
        let (step_time, delays) = self.constants(values);
        let mut all = Vec::new();
        for (index, asked) in self.runs.iter().enumerate() {
            let mut scenario = asked.scenario.clone();
            scenario.step_time = step_time.clone();
            scenario.cluster.delays = delays;
            let ratios = match &asked.truth {
                Truth::Exam(exam, run) => {
                    let (found, _) = simulate(&scenario)?;
                    match run.kind {
                        Kind::PerRequest => by_blocks(&pairs(exam, run, &found)?),
                        _ => by_stages(exam, run, &found)?,
                    }
                }
                Truth::Client(requests) => {
                    let found = simulate_again(&scenario, requests)?;
                    by_blocks(&requests.iter().map(Measured::from).zip(&found).collect::<Vec<_>>())
                }
                Truth::Iterations(batches, seconds) => by_iterations(&scenario, batches, seconds)?,
            };
            all.extend(ratios.into_iter().map(|(kind, ratio)| Off { run: index, kind, ratio }));
        }
        Ok(all)
    }
}

/// What both are for.
fn common(one: ProfileHead, other: ProfileHead) -> ProfileHead {
    let ProfileHead { accelerator, model, tensor_parallel, mut versions, .. } = other;
    versions.retain(|version| !one.versions.contains(version));
    ProfileHead {
        versions: one.versions.iter().cloned().chain(versions).collect(),
        accelerator: one.accelerator.filter(|of| accelerator.as_ref() == Some(of)),
        model: one.model.filter(|of| model.as_ref() == Some(of)),
        tensor_parallel: one.tensor_parallel.filter(|of| tensor_parallel == Some(*of)),
        ..one
    }
}

/// What was measured of the requests that count, and what came out.
fn pairs<'a>(
    exam: &Exam,
    run: &Run,
    found: &'a [Measured],
) -> Result<Vec<(Measured, &'a Measured)>, AccuracyError> {
    let lacks = || AccuracyError::config(format!("run {}: `truth` is not given", run.id));
    let rows = files::rows(&exam.file(run.truth.as_ref().ok_or_else(lacks)?))?;
    if rows.len() != found.len() {
        let what = format!(
            "run {}: {} requests were measured, the trace has {}",
            run.id,
            rows.len(),
            found.len()
        );
        return Err(AccuracyError::Run(what));
    }
    let counts = |row: &files::Row| {
        let is = |column, value: f64| files::number(row, column).is_none_or(|of| of == value);
        is("valid", 1.0) && is("warmup", 0.0)
    };
    let pairs = rows.iter().zip(found).filter(|(row, _)| counts(row));
    Ok(pairs.filter_map(|(row, found)| Some((request(row)?, found))).collect())
}

/// Ratios of the means of blocks of requests that follow each other.
fn by_blocks(pairs: &[(Measured, &Measured)]) -> Vec<(usize, f64)> {
    let mut ratios = Vec::new();
    for block in pairs.chunks(BLOCK) {
        let tpot = block.iter().filter_map(|(truth, found)| Some((found.tpot_s?, truth.tpot_s?)));
        let ttft = block.iter().map(|(truth, found)| (found.ttft_s, truth.ttft_s));
        ratios.extend(ratio(tpot).map(|ratio| (0, ratio)));
        ratios.extend(ratio(ttft).map(|ratio| (1, ratio)));
    }
    ratios
}

/// Ratios of single iterations.
fn by_iterations(
    scenario: &Scenario,
    batches: &[Batch],
    seconds: &[f64],
) -> Result<Vec<(usize, f64)>, AccuracyError> {
    let found = periods(scenario, batches);
    let found = found.map_err(|error| AccuracyError::Run(error.to_string()))?;
    let kind = |batch: &Batch| usize::from(!batch.prefills.is_empty());
    let ratio = |((batch, found), truth): ((&Batch, f64), &f64)| (kind(batch), found / truth);
    Ok(batches.iter().zip(found).zip(seconds).map(ratio).collect())
}

/// Ratios of the means of stages.
fn by_stages(
    exam: &Exam,
    run: &Run,
    found: &[Measured],
) -> Result<Vec<(usize, f64)>, AccuracyError> {
    let units = score(exam, run, found)?;
    let stages = units.iter().filter(|unit| unit.stage >= 0);
    let kinds = [(0, Metric::TpotMean), (1, Metric::TtftMean)];
    let ratios = stages.flat_map(|unit| {
        kinds.iter().filter_map(|(kind, metric)| {
            let pair = unit.found.get(*metric).zip(unit.truth.get(*metric))?;
            Some((*kind, ratio(std::iter::once(pair))?))
        })
    });
    Ok(ratios.collect())
}

/// The sum of what was found by that of what was measured; none unless both are above 0.
fn ratio(pairs: impl Iterator<Item = (f64, f64)>) -> Option<f64> {
    let (found, truth) = pairs.fold((0.0, 0.0), |sum, pair| (sum.0 + pair.0, sum.1 + pair.1));
    (found > 0.0 && truth > 0.0).then(|| found / truth)
}
