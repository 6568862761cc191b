//! What a run is scored by: its stages, each with what was measured and what came out.

use std::collections::BTreeMap;

use crate::exam::{Exam, Kind, Run, Stage};
use crate::files::{self, Row, number};
use crate::score::{self, Errors, Metric};
use crate::{AccuracyError, Measured};

/// One stage of a run, or the whole of it.
#[derive(Debug, Clone)]
pub struct Unit {
    /// The run.
    pub run: String,
    /// The group that its median goes into.
    pub group: String,
    /// Stage; -1: the whole run.
    pub stage: i64,
    /// Whether it counts in the group's median.
    pub is_scored: bool,
    /// Whether constants may have been fitted on other runs of this model.
    pub is_model_seen: Option<bool>,
    /// The model, as the manifest has it.
    pub model: String,
    /// The accelerator, as the manifest has it.
    pub gpu: String,
    /// Requests per second that were sent; 0 of a single one.
    pub load: f64,
    /// What was measured.
    pub truth: Errors,
    /// What came out.
    pub found: Errors,
    /// Signed errors in percent; of single requests, mean absolute ones.
    pub errors: Errors,
    /// The same of other simulators.
    pub peers: Vec<Peer>,
}

/// Another simulator's errors.
#[derive(Debug, Clone)]
pub struct Peer {
    /// Its name.
    pub name: String,
    /// Its signed errors, in percent.
    pub errors: Errors,
}

/// Compares a run's requests, in the order of its trace, with what was measured.
///
/// # Errors
/// The truth cannot be read, or it is not of as many requests.
pub fn score(exam: &Exam, run: &Run, found: &[Measured]) -> Result<Vec<Unit>, AccuracyError> {
    let truth = run
        .truth
        .as_ref()
        .ok_or_else(|| AccuracyError::config(format!("run {}: `truth` is not given", run.id)))?;
    let rows = files::rows(&exam.file(truth))?;
    match run.kind {
        Kind::PerRequest => by_request(exam, run, &rows, found),
        Kind::Summary => by_summary(exam, run, &rows, found),
        Kind::Overload => overload(run, &rows, found),
        Kind::Other => Ok(Vec::new()),
    }
}

fn unit(run: &Run, stage: i64) -> Unit {
    let kind = match run.kind {
        Kind::Summary if stage == -1 => ", whole runs",
        Kind::Summary => ", stages",
        Kind::Overload => ", overload",
        Kind::PerRequest | Kind::Other => "",
    };
    Unit {
        run: run.id.clone(),
        group: format!("{}{kind}", run.track),
        stage,
        is_scored: run.scored.unwrap_or(true),
        is_model_seen: run.model_seen_in_visible,
        model: run.model.clone().unwrap_or_default(),
        gpu: run.gpu.clone().unwrap_or_default(),
        load: 0.0,
        truth: Errors::default(),
        found: Errors::default(),
        errors: Errors::default(),
        peers: Vec::new(),
    }
}

/// Requests per second, by the first and the last arrival.
fn rate<'a>(requests: impl Iterator<Item = &'a Measured>) -> f64 {
    let ends = (f64::INFINITY, f64::NEG_INFINITY, 0u32);
    let (first, last, count) = requests.fold(ends, |(first, last, count), of| {
        (first.min(of.arrival_s), last.max(of.arrival_s), count + 1)
    });
    if last > first { f64::from(count - 1) / (last - first) } else { 0.0 }
}

/// A row of a truth or of a file of results.
pub(crate) fn request(row: &Row) -> Option<Measured> {
    Some(Measured {
        arrival_s: number(row, "arrival_s").unwrap_or(0.0),
        ttft_s: number(row, "ttft_s")?,
        e2e_s: number(row, "e2e_s")?,
        tpot_s: number(row, "tpot_s"),
        queue_s: number(row, "queue_s"),
        output_tokens: 0,
    })
}

fn as_many(run: &Run, rows: usize, found: usize) -> Result<(), AccuracyError> {
    if rows == found {
        return Ok(());
    }
    let what = format!("run {}: {rows} requests were measured, the trace has {found}", run.id);
    Err(AccuracyError::Run(what))
}

fn by_request(
    exam: &Exam,
    run: &Run,
    rows: &[Row],
    found: &[Measured],
) -> Result<Vec<Unit>, AccuracyError> {
    as_many(run, rows.len(), found.len())?;
    let truth: Vec<Option<Measured>> = rows.iter().map(request).collect();
    let peer = peer(exam, run, rows.len())?;
    let stage_of = |row: &Row| number(row, "stage").map_or(0, |stage| stage as i64);
    let mut stages = run.score_stages.clone().unwrap_or_else(|| {
        let all: std::collections::BTreeSet<i64> = rows.iter().map(stage_of).collect();
        all.into_iter().collect()
    });
    stages.dedup();
    let is = |row: &Row, column: &str, value: f64, absent: bool| {
        number(row, column).map_or(absent, |found| found == value)
    };
    let mut units = Vec::new();
    for stage in stages {
        let counted = |&index: &usize| {
            let row = &rows[index];
            let counts = stage_of(row) == stage && is(row, "valid", 1.0, true);
            counts && !is(row, "warmup", 1.0, false) && truth[index].is_some()
        };
        let counted: Vec<usize> = (0..rows.len()).filter(counted).collect();
        let measured: Vec<&Measured> = counted.iter().filter_map(|&i| truth[i].as_ref()).collect();
        let compare = |of: &[Measured]| {
            let found: Vec<&Measured> = counted.iter().map(|&i| &of[i]).collect();
            let figures = score::figures(&found);
            let mut errors = score::errors(&figures, &score::figures(&measured));
            errors.put(Metric::MapeE2e, score::mape(&found, &measured, |of| of.e2e_s));
            errors.put(Metric::MapeTtft, score::mape(&found, &measured, |of| of.ttft_s));
            (figures, errors)
        };
        let mut unit = unit(run, stage);
        unit.load = rate(counted.iter().map(|&index| &found[index]));
        unit.truth = score::figures(&measured);
        (unit.found, unit.errors) = compare(found);
        unit.peers.extend(
            peer.iter().map(|(name, rows)| Peer { name: name.clone(), errors: compare(rows).1 }),
        );
        units.push(unit);
    }
    Ok(units)
}

/// What another simulator says of the requests, if the manifest names its results.
fn peer(
    exam: &Exam,
    run: &Run,
    requests: usize,
) -> Result<Option<(String, Vec<Measured>)>, AccuracyError> {
    let Some(baseline) = &run.baseline else { return Ok(None) };
    let path = exam.file(&baseline.results);
    let rows: Option<Vec<Measured>> = files::rows(&path)?.iter().map(request).collect();
    match rows.filter(|rows| rows.len() == requests) {
        Some(rows) => Ok(Some((baseline.name.clone(), rows))),
        None => {
            let what = format!("this must have a latency for each of {requests} requests");
            Err(AccuracyError::content(&path, what))
        }
    }
}

fn overload(run: &Run, rows: &[Row], found: &[Measured]) -> Result<Vec<Unit>, AccuracyError> {
    as_many(run, rows.len(), found.len())?;
    let valid = |row: &Row| number(row, "valid").is_none_or(|valid| valid == 1.0);
    let (mut tokens, mut ends) = (0.0, (0.0f64, 0.0f64));
    for (row, found) in rows.iter().zip(found).filter(|(row, _)| valid(row)) {
        let Some(measured) = request(row) else { continue };
        tokens += f64::from(found.output_tokens);
        let ends_at = |e2e_s: f64| measured.arrival_s + e2e_s;
        ends = (ends.0.max(ends_at(measured.e2e_s)), ends.1.max(ends_at(found.e2e_s)));
    }
    let mut unit = unit(run, -1);
    unit.load = rate(found.iter());
    unit.truth.put(Metric::TokensPerS, Some(tokens / ends.0));
    unit.found.put(Metric::TokensPerS, Some(tokens / ends.1));
    unit.errors = score::errors(&unit.found, &unit.truth);
    Ok(vec![unit])
}

/// Figures that a summary has, in seconds, under their names with `_s`.
const SUMMED: [Metric; 6] = [
    Metric::E2eMean,
    Metric::E2eP90,
    Metric::E2eP99,
    Metric::TtftMean,
    Metric::TtftP90,
    Metric::TpotMean,
];

fn by_summary(
    exam: &Exam,
    run: &Run,
    rows: &[Row],
    found: &[Measured],
) -> Result<Vec<Unit>, AccuracyError> {
    let peers = baselines(exam, run)?;
    let whole = Stage { stage: -1, first_request: 0, requests: Some(found.len()) };
    let own = run.stages.iter().flatten().cloned();
    let mut units = Vec::new();
    for stage in std::iter::once(whole).chain(own) {
        let is_row = |row: &&Row| {
            let is_run = row.get("run").is_some_and(|id| *id == run.id);
            is_run && number(row, "stage").is_some_and(|of| of as i64 == stage.stage)
        };
        let Some(row) = rows.iter().find(is_row) else { continue };
        let end = stage.requests.map_or(found.len(), |count| stage.first_request + count);
        let Some(requests) = found.get(stage.first_request..end) else {
            let what = format!("run {}: stage {} ends behind the trace", run.id, stage.stage);
            return Err(AccuracyError::Run(what));
        };
        let mut unit = unit(run, stage.stage);
        for metric in SUMMED {
            unit.truth.put(metric, number(row, &format!("{}_s", metric.name())));
        }
        unit.load = rate(requests.iter());
        unit.found = summary(run, &requests.iter().collect::<Vec<_>>());
        unit.errors = score::errors(&unit.found, &unit.truth);
        let of_stage = peers.iter().filter(|((_, of), _)| *of == stage.stage);
        let with_tpot = |figures: &Errors| with_tpot(run, figures.clone());
        unit.peers = of_stage
            .map(|((name, _), (said, measured))| Peer {
                name: name.clone(),
                errors: score::errors(&with_tpot(said), &with_tpot(measured)),
            })
            .collect();
        units.push(unit);
    }
    if units.is_empty() {
        let what = format!("run {}: the truth has no row of it", run.id);
        return Err(AccuracyError::Run(what));
    }
    Ok(units)
}

/// The figures of a summary: time per output token comes from the means.
fn summary(run: &Run, requests: &[&Measured]) -> Errors {
    let all = score::figures(requests);
    let mut figures = Errors::default();
    for metric in SUMMED.into_iter().filter(|metric| *metric != Metric::TpotMean) {
        figures.put(metric, all.get(metric));
    }
    with_tpot(run, figures)
}

fn with_tpot(run: &Run, mut figures: Errors) -> Errors {
    let means = figures.get(Metric::E2eMean).zip(figures.get(Metric::TtftMean));
    let tokens = run.output_len.filter(|&tokens| tokens > 1);
    let tpot = means.zip(tokens).map(|((e2e, ttft), n)| (e2e - ttft) / f64::from(n - 1));
    if figures.get(Metric::TpotMean).is_none() {
        figures.put(Metric::TpotMean, tpot);
    }
    figures
}

/// What other simulators say of a summary, and what they were measured against: by name and stage.
type Baselines = BTreeMap<(String, i64), (Errors, Errors)>;

fn baselines(exam: &Exam, run: &Run) -> Result<Baselines, AccuracyError> {
    let mut all = Baselines::new();
    let Some(truth) = &run.truth else { return Ok(all) };
    let path = exam.file(truth).with_file_name("baselines.csv");
    if files::present(&path).is_none() {
        return Ok(all);
    }
    for row in files::rows(&path)? {
        let named = |column: &str| row.get(column).map(String::as_str);
        let metric = SUMMED.into_iter().find(|metric| named("metric") == Some(metric.name()));
        let (Some(metric), Some(stage)) = (metric, number(&row, "stage")) else { continue };
        if named("run") == Some(&run.id) {
            let name = named("simulator").unwrap_or_default().to_owned();
            let (said, measured) = all.entry((name, stage as i64)).or_default();
            said.put(metric, number(&row, "predicted_s"));
            measured.put(metric, number(&row, "actual_s"));
        }
    }
    Ok(all)
}
