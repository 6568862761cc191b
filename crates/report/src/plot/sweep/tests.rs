use serde_json::{Value, json};
use tokendrome::{SweepParameter, SweepSetting, TimeUnit};
use tokendrome_explore::{Sweep, Swept};

use crate::plot::tests::check_svg;
use crate::plot::{Format, write_sweep};
use crate::sweep::SweptPoints;
use crate::sweep::tests::{swept, usual};

fn drawn(format: Format, (sweep, swept): &(Sweep, Swept), figures: &[&str]) -> Vec<u8> {
    let figures: Vec<String> = figures.iter().map(|name| (*name).to_owned()).collect();
    let mut bytes = Vec::new();
    write_sweep(format, &SweptPoints { sweep, swept }, &figures, &mut bytes).unwrap();
    bytes
}

fn svg(all: &(Sweep, Swept), figures: &[&str]) -> String {
    let text = String::from_utf8(drawn(Format::Svg, all, figures)).unwrap();
    check_svg(&text);
    text
}

fn parameter(field: &str, values: &[Value]) -> SweepParameter {
    let label = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let setting = |value: &Value| SweepSetting { label: label(value), value: value.clone() };
    SweepParameter { field: field.to_owned(), settings: values.iter().map(setting).collect() }
}

/// Tinted areas, lines of data and dots of a drawing.
fn shapes(text: &str) -> (usize, usize, usize) {
    let lines = text.matches("stroke-width=\"2\"").count();
    (text.matches("opacity").count(), lines, text.matches("<circle").count())
}

#[test]
fn a_line_for_every_combination_of_the_others() {
    let all = usual(TimeUnit::Second);
    let text = svg(&all, &[]);
    for expect in ["TTFT mean, ms", "E2E p95", "Requests, 1/s", ">in-flight<", ">static<"] {
        assert!(text.contains(expect), "{expect}");
    }
    assert!(text.contains("95 % confidence intervals"));
    // Two lines in four panels, and two strokes of the legend. The first point has no TPOT.
    assert_eq!(shapes(&text), (8, 8 + 2, 4 * 6 - 1));
    assert_eq!(text, svg(&all, &[]), "equal sweeps, equal bytes");
    let html = String::from_utf8(drawn(Format::Html, &all, &[])).unwrap();
    assert!(
        html.contains("<details><summary>Scenario without the sweep") && html.contains("<table")
    );
    assert!(drawn(Format::Png, &all, &[]).starts_with(b"\x89PNG"));
}

#[test]
fn other_figures_have_a_panel_each() {
    let text = svg(&usual(TimeUnit::Second), &["requests.completed", "no.such.figure"]);
    assert!(text.contains(">requests.completed<") && text.contains("no point has this figure"));
    assert_eq!(shapes(&text).2, 6);
}

#[test]
fn words_stand_beside_each_other() {
    let names = parameter("scheduler", &[json!("static"), json!("in-flight")]);
    let routers = parameter("cluster.router", &[json!("round-robin"), json!("shared-queue")]);
    let text = svg(&swept(vec![names.clone(), routers], TimeUnit::Second), &[]);
    assert!(text.contains("Bars are 95 %"));
    // In four panels a bar and a dot a point, but one; and the strokes of two names.
    assert_eq!(shapes(&text), (0, 15 + 2, 15));
    let alone = svg(&swept(vec![names], TimeUnit::Second), &[]);
    assert_eq!(shapes(&alone).1, 7, "no legend for one line");
}

#[test]
fn odd_sweeps_are_drawn() {
    let numbers = |values: &[f64]| values.iter().map(|&value| json!(value)).collect::<Vec<_>>();
    for values in [
        &[1.0][..],
        &[0.0],
        &[-5.0, 5.0],
        &[0.0, 0.0],
        &[1e-9, 1.0, 1e9],
        &[10.0, 100.0, 1_000.0, 10_000.0],
        &[1e300, 1e-300],
    ] {
        svg(&swept(vec![parameter("x.y", &numbers(values))], TimeUnit::Second), &[]);
    }
    let long = format!("<x> & \"{}\"", "very long ".repeat(40));
    let words: Vec<Value> = (0..30).map(|at| json!(format!("{at} {long}"))).collect();
    let many = vec![parameter("a", &words), parameter("b", &numbers(&[1.0, 2.0]))];
    let text = svg(&swept(many, TimeUnit::Second), &[]);
    assert!(text.contains("and 6 more"));
    let mut huge = usual(TimeUnit::Second);
    for estimate in &mut huge.1.points[0].as_mut().unwrap().estimates {
        (estimate.mean, estimate.std, estimate.ci95) = (1e300, None, None);
    }
    svg(&huge, &[]);
}

#[test]
fn values_side_by_side_are_one_line() {
    let (a, b) = ([json!(1), json!(2), json!(3)], [json!(10), json!(20), json!(30)]);
    let parameters = vec![parameter("a", &a), parameter("b", &b)];
    let mut all = swept(parameters, TimeUnit::Second);
    let is_zipped: Vec<bool> =
        all.0.points.iter().map(|point| point.settings[0] == point.settings[1]).collect();
    let mut keep = is_zipped.iter();
    all.0.points.retain(|_| *keep.next().unwrap());
    let mut keep = is_zipped.iter();
    all.1.points.retain(|_| *keep.next().unwrap());
    let text = svg(&all, &[]);
    assert_eq!(shapes(&text).1, 4, "a line a panel, and no legend");
}
