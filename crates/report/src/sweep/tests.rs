use ::parquet::file::reader::{FileReader, SerializedFileReader};
use ::parquet::record::Field;
use serde_json::{Value, json};
use tokendrome::{Scenario, Simulation, SweepParameter, SweepSetting, TimeUnit};
use tokendrome_explore::Interval;

use super::*;

/// Slots, with nothing that takes long to resolve.
fn scenario(unit: TimeUnit) -> Scenario {
    let mut scenario: Scenario = serde_json::from_value(json!({
        "scheduler": { "kind": "in-flight" },
        "step_time": { "kind": "constant", "step_ms": 10.0 },
        "workload": { "requests": 10 },
        "simulation": { "trials": 20 },
    }))
    .unwrap();
    scenario.simulation.time_unit = unit;
    scenario.resolve().unwrap().0
}

fn parameter(field: &str, values: &[Value]) -> SweepParameter {
    let label = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Object(table) => table["kind"].as_str().unwrap().to_owned(),
        other => other.to_string(),
    };
    let setting = |value: &Value| SweepSetting { label: label(value), value: value.clone() };
    SweepParameter { field: field.to_owned(), settings: values.iter().map(setting).collect() }
}

fn estimate(name: &str, mean: f64, half: Option<f64>) -> Estimate {
    Estimate {
        name: name.to_owned(),
        n: 20,
        mean,
        std: half.map(|half| 2.0 * half),
        ci95: half.map(|half| Interval { low: mean - half, high: mean + half }),
    }
}

/// A point whose figures grow with its number; outputs of the first are one token.
pub(crate) fn trials(number: usize) -> Trials {
    let size = (number + 1) as f64;
    let mut estimates = vec![
        estimate("requests.completed", 10.0, Some(0.0)),
        estimate("latency.ttft_ms.mean", 20.5 * size * size, Some(1.25 * size)),
    ];
    if number > 0 {
        estimates.push(estimate("latency.tpot_ms.mean", 10.0 + size / 8.0, Some(0.125)));
    }
    estimates.push(estimate("latency.e2e_ms.p95", 150.0 * size, Some(100.0)));
    estimates.push(estimate("throughput.requests_per_s", 0.1 + 0.2, Some(1e-7)));
    let notices = vec!["said at a point".to_owned()];
    Trials { trials: 20, is_complete: true, digest: 0xAB, notices, precision: None, estimates }
}

/// Every combination of the values of some fields, with figures.
pub(crate) fn swept(parameters: Vec<SweepParameter>, unit: TimeUnit) -> (Sweep, Swept) {
    let counts = parameters.iter().map(|parameter| parameter.settings.len());
    let mut all: Vec<Vec<usize>> = vec![vec![]];
    for count in counts {
        let longer = |settings: &Vec<usize>| {
            let settings = settings.clone();
            (0..count).map(move |next| [&settings[..], &[next]].concat())
        };
        all = all.iter().flat_map(longer).collect();
    }
    let base = scenario(unit);
    let simulation = Simulation::new(&base).unwrap();
    let point = |settings| SweepPoint { settings, simulation: simulation.clone() };
    let points: Vec<SweepPoint> = all.into_iter().map(point).collect();
    let results = (0..points.len()).map(|number| Some(trials(number))).collect();
    let notices = vec!["in 6 of 6 points (here point 1): said at a point".to_owned()];
    (Sweep { base, parameters, points }, Swept { points: results, notices })
}

/// Rates and schedulers.
pub(crate) fn usual(unit: TimeUnit) -> (Sweep, Swept) {
    let schedulers = [json!({ "kind": "static", "max_batch_size": 4 }), json!("in-flight")];
    let rates = parameter("workload.arrivals.rate_per_s", &[json!(0.5), json!(1.5), json!(20)]);
    swept(vec![rates, parameter("scheduler", &schedulers)], unit)
}

fn written(format: Format, (sweep, swept): &(Sweep, Swept)) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(format, &SweptPoints { sweep, swept }, &mut bytes).unwrap();
    bytes
}

fn text(style: Style, (sweep, swept): &(Sweep, Swept)) -> String {
    render(&SweptPoints { sweep, swept }, style)
}

#[test]
fn the_table_of_points() {
    insta::assert_snapshot!(text(Style::default(), &usual(TimeUnit::Second)));
}

#[test]
fn tables_keep_to_the_width() {
    for width in [40, 60, 80] {
        let table = text(Style { color: false, width }, &usual(TimeUnit::Second));
        assert!(table.lines().all(|line| line.chars().count() <= width), "{table}");
        assert!(table.contains("rate_per_s") && table.contains("scheduler"), "{table}");
    }
}

#[test]
fn a_row_a_point_as_csv() {
    let csv = String::from_utf8(written(Format::Csv, &usual(TimeUnit::Second))).unwrap();
    insta::assert_snapshot!(csv);
}

#[test]
fn ticks_stand_in_the_names() {
    let mut all = usual(TimeUnit::Second);
    all.0.base.simulation.time_unit = TimeUnit::Tick;
    let csv = String::from_utf8(written(Format::Csv, &all)).unwrap();
    let names = csv.lines().next().unwrap();
    assert!(names.contains(",latency.ttft_ticks.mean.ci95_low,"), "{names}");
    assert!(names.contains(",throughput.requests_per_1000_ticks,"), "{names}");
    // Fifteen digits, without the noise of a float's last bits.
    assert!(csv.lines().nth(1).unwrap().contains(",0.3,"), "{csv}");
    let table = text(Style::default(), &all);
    assert!(table.contains("TTFT, ticks") && table.contains("/1k ticks"), "{table}");
}

#[test]
fn parquet_has_the_same_columns() {
    let all = usual(TimeUnit::Second);
    let csv = String::from_utf8(written(Format::Csv, &all)).unwrap();
    let bytes = bytes::Bytes::from(written(Format::Parquet, &all));
    let reader = SerializedFileReader::new(bytes).unwrap();
    let columns = reader.metadata().file_metadata().schema_descr().columns();
    let names: Vec<&str> = columns.iter().map(|column| column.name()).collect();
    assert_eq!(names.join(","), csv.lines().next().unwrap());
    let rows = reader.get_row_iter(None).unwrap().map(Result::unwrap);
    let shown = rows.map(|row| {
        let cells = row.get_column_iter().map(|(_, field)| match field {
            Field::Null => String::new(),
            Field::Double(number) if number.abs() < 1e-6 && *number != 0.0 => format!("{number:e}"),
            Field::Double(number) => number.to_string(),
            Field::Long(count) => count.to_string(),
            Field::Str(word) => word.clone(),
            other => panic!("{other:?}"),
        });
        cells.collect::<Vec<_>>().join(",")
    });
    let shown: Vec<String> = shown.collect();
    assert_eq!(shown, csv.lines().skip(1).collect::<Vec<_>>());
}

#[test]
fn json_has_the_values_and_the_scenario() {
    let bytes = written(Format::Json, &usual(TimeUnit::Second));
    let value: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!((&value["is_complete"], &value["seed"]), (&true.into(), &42.into()));
    assert_eq!(value["varied"][1]["values"][0]["label"], "static");
    assert_eq!(value["varied"][1]["values"][0]["value"]["max_batch_size"], 4);
    let last = &value["points"][5];
    let expect = json!({ "workload.arrivals.rate_per_s": 20, "scheduler": "in-flight" });
    assert_eq!(last["settings"], expect);
    assert_eq!(last["figures"]["latency.ttft_ms.mean"]["mean"], 738.0);
    assert_eq!(value["points"][0]["settings"]["scheduler"], "static", "tables by their labels");
    assert_eq!(value["scenario"]["workload"]["requests"], 10);
}

#[test]
fn what_was_interrupted_has_the_rows_that_there_are() {
    let mut all = usual(TimeUnit::Second);
    all.1.points[1] = None;
    all.1.points[4] = None;
    let csv = String::from_utf8(written(Format::Csv, &all)).unwrap();
    assert_eq!(csv.lines().count(), 1 + 4);
    let table = text(Style::default(), &all);
    assert!(table.contains("6 points · interrupted after 4 · 20 trials each"), "{table}");
    all.1.points.iter_mut().for_each(|point| *point = None);
    assert!(text(Style::default(), &all).contains("interrupted after 0"));
}

#[test]
fn fields_go_by_the_ends_of_their_paths() {
    let names = |fields: &[&str]| {
        let parameters = fields.iter().map(|field| parameter(field, &[json!(1)])).collect();
        let (sweep, swept) = swept(parameters, TimeUnit::Second);
        SweptPoints { sweep: &sweep, swept: &swept }.short_names().join(" ")
    };
    assert_eq!(names(&["scheduler.max_num_seqs", "simulation.seed"]), "max_num_seqs seed");
    assert_eq!(names(&["workload.arrivals.kind", "scheduler"]), "arrivals.kind scheduler");
    let twice = ["workload.input_tokens.mu", "workload.output_tokens.mu"];
    assert_eq!(names(&twice), "input_tokens.mu output_tokens.mu");
}

#[test]
fn figures_that_nobody_has_are_found() {
    let (sweep, swept) = usual(TimeUnit::Second);
    let points = SweptPoints { sweep: &sweep, swept: &swept };
    let names = ["latency.tpot_ms.mean", "latency.tpot.mean"].map(str::to_owned);
    assert_eq!(points.unknown_figures(&names), ["latency.tpot.mean"]);
}
