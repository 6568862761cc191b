//! `tokendrome calibrate`.

mod clients;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;

use tokendrome::steptime::StepTimeSpec;
use tokendrome_accuracy::{AccuracyError, CONSTANTS, Exam, Profiles, Question, Run};
use tokendrome_explore::{Calibration, Parameter, Residual, calibrate};
use tokendrome_report::plot::{self, ErrorPoint};
use tokendrome_scenario::profile::{EngineProfile, Fitted, Provenance};

use crate::args::CalibrateArgs;
use crate::console::Console;
use crate::failure::Failure;
use crate::outputs::{begin_file, begin_plot, persist};

pub(crate) fn execute(args: &CalibrateArgs, console: &Console) -> Result<(), Failure> {
    match &args.data {
        Some(data) => {
            let exam = Exam::open(data).map_err(|error| Failure::usage(error.to_string()))?;
            let runs = chosen(args, &exam, console)?;
            let profiles = Profiles { folder: args.profiles.clone() };
            let question = Question::new(&exam, &runs, &profiles)
                .map_err(|error| Failure::usage(error.to_string()).help("look at `--only`"))?;
            answer(args, console, &question)
        }
        None => answer(args, console, &clients::question(args, console)?),
    }
}

/// The runs of the folder that are asked for. Times by operator tables are no roofline's.
fn chosen<'a>(
    args: &CalibrateArgs,
    exam: &'a Exam,
    console: &Console,
) -> Result<Vec<&'a Run>, Failure> {
    let is_asked = |run: &&Run| {
        let named = args.only.is_empty() || args.only.iter().any(|text| run.id.contains(text));
        named && run.is_simulated()
    };
    let profiles = Profiles { folder: args.profiles.clone() };
    let mut runs = Vec::new();
    for run in exam.runs.iter().filter(is_asked) {
        let planned = exam.plan(run, &profiles).map_err(|of| Failure::usage(of.to_string()))?;
        match planned.scenario.step_time {
            StepTimeSpec::Roofline(_) => runs.push(run),
            _ => console.notice(&format!(
                "{} is left out: its times come from tables of operators, not from constants",
                run.id
            )),
        }
    }
    Ok(runs)
}

fn answer(args: &CalibrateArgs, console: &Console, question: &Question<'_>) -> Result<(), Failure> {
    let picture = begin_plot(args.plot.as_deref())?;
    let output = begin_file(&args.output)?;
    let start = question.start();
    let parameter = |(of, start): (&tokendrome_accuracy::Constant, &f64)| Parameter {
        name: of.path.to_owned(),
        start: start.clamp(of.low, of.high),
        low: of.low,
        high: of.high,
        spread: of.spread,
    };
    let parameters: Vec<Parameter> = CONSTANTS.iter().zip(&start).map(parameter).collect();
    let found = calibrate(&parameters, |values| residuals(question, values))
        .map_err(|error| Failure::Run(error.to_string()))?;
    let profile = profile(args, question, &found);
    persist(output, |out| out.write_all(profile.to_toml().as_bytes()))?;
    if let Some((format, file)) = picture {
        let points = points(question, &found);
        let heading = "What is left over";
        persist(file, |out| plot::write_errors(format, heading, &question.kinds, &points, out))?;
    }
    for of in found.parameters.iter().filter(|of| !of.is_identified) {
        console.notice(&format!(
            "the data do not tell {}: it stays near where it began ({:.4})",
            of.name, of.value
        ));
    }
    console.print(&table(question, &found))
}

/// What is left over of each block of requests or stage, in percent, in their order.
fn points(question: &Question<'_>, found: &Calibration) -> Vec<ErrorPoint> {
    let of = |series: &str, residuals: &[Residual]| {
        let names: Vec<String> = question.runs().map(str::to_owned).collect();
        let point = |(order, of): (usize, &Residual)| {
            let percent = 100.0 * libm::expm1(of.value);
            let errors = (0..question.kinds.len()).map(|kind| (kind == of.kind).then_some(percent));
            ErrorPoint {
                place: names[of.run].clone(),
                series: series.to_owned(),
                load: order as f64,
                errors: errors.collect(),
            }
        };
        residuals.iter().enumerate().map(point).collect::<Vec<_>>()
    };
    let mut points = of("fitted on all", &found.residuals);
    if question.runs().count() > 1 {
        points.extend(of("fitted on the others", &found.left_out));
    }
    points
}

fn residuals(question: &Question<'_>, values: &[f64]) -> Result<Vec<Residual>, AccuracyError> {
    let values = values.try_into().expect("as many values as constants");
    let residual = |off: tokendrome_accuracy::Off| Residual {
        value: libm::log(off.ratio),
        run: off.run,
        kind: off.kind,
    };
    Ok(question.off(values)?.into_iter().map(residual).collect())
}

/// Root mean square and mean of residuals, in percent; none of no residuals.
fn spread<'a>(residuals: impl Iterator<Item = &'a Residual>) -> Option<(f64, f64)> {
    let (mut squares, mut sum, mut count) = (0.0, 0.0, 0.0);
    for of in residuals {
        (squares, sum, count) = (squares + of.value * of.value, sum + of.value, count + 1.0);
    }
    (count > 0.0).then(|| (100.0 * libm::sqrt(squares / count), 100.0 * sum / count))
}

fn profile(args: &CalibrateArgs, question: &Question<'_>, found: &Calibration) -> EngineProfile {
    let values: Vec<f64> = found.parameters.iter().map(|of| of.value).collect();
    let values = values.as_slice().try_into().expect("as many values as constants");
    let (step_time, delays) = question.constants(values);
    let mut head = question.head.clone();
    let stem = args.output.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    head.name = args.name.clone().unwrap_or(stem);
    let fitted: BTreeMap<String, Fitted> = found
        .parameters
        .iter()
        .map(|of| {
            let (value, low, high) = (of.value, of.low, of.high);
            (of.name.clone(), Fitted { value, low, high, identified: of.is_identified })
        })
        .collect();
    let runs: Vec<&str> = question.runs().collect();
    let unseen = found.parameters.iter().filter(|of| !of.is_identified);
    let provenance = Provenance {
        date: args.date.clone(),
        data: runs.join(", "),
        method: "`tokendrome calibrate`: Gauss-Newton over simulations".to_owned(),
        residuals: lines(question, &found.residuals).join("; "),
        notes: unseen.map(|of| format!("the data do not tell {}", of.name)).collect(),
        fitted,
    };
    EngineProfile { head, step_time, delays, provenance }
}

fn lines(question: &Question<'_>, residuals: &[Residual]) -> Vec<String> {
    let line = |(kind, name): (usize, &&str)| {
        let (rms, mean) = spread(residuals.iter().filter(|of| of.kind == kind))?;
        Some(format!("{name}: root mean square {rms:.1} %, mean {mean:+.1} %"))
    };
    question.kinds.iter().enumerate().filter_map(line).collect()
}

fn table(question: &Question<'_>, found: &Calibration) -> String {
    let mut text = format!("{:<46}{:>11}{:>25}\n", "constant", "value", "95 % interval");
    for of in &found.parameters {
        let interval = format!("{:.4} to {:.4}", of.low, of.high);
        let told = if of.is_identified { "" } else { "  not told by the data" };
        let _ = writeln!(text, "{:<46}{:>11.4}{interval:>25}{told}", of.name, of.value);
    }
    let [first, second] = question.heads;
    let (own, out) = (format!("left over: {first}"), format!("by the others: {first}"));
    let _ = writeln!(text, "\n{:<46}{own:>18}{second:>9}{out:>23}{second:>9}", "run");
    for (index, id) in question.runs().enumerate() {
        let mean = |all: &[Residual], kind: usize| {
            let own = all.iter().filter(|of| of.run == index && of.kind == kind);
            spread(own).map_or("-".to_owned(), |(_, mean)| format!("{mean:+.1} %"))
        };
        let (own, out) = (&found.residuals, &found.left_out);
        let cells = [mean(own, 0), mean(own, 1), mean(out, 0), mean(out, 1)];
        let [a, b, c, d] = cells;
        let _ = writeln!(text, "{id:<46}{a:>18}{b:>9}{c:>23}{d:>9}");
    }
    let _ = writeln!(text, "\n{} simulations of each run", found.simulations);
    text
}
