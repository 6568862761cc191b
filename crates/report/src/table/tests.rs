use proptest::prelude::*;
use unicode_width::UnicodeWidthChar;

use super::*;
use crate::fixtures;

fn plain(report: &Report) -> String {
    render(report, Style::default())
}

#[test]
fn a_full_report() {
    insta::assert_snapshot!(plain(&fixtures::full()));
}

#[test]
fn a_minimal_report() {
    insta::assert_snapshot!(plain(&fixtures::minimal()));
}

#[test]
fn a_report_of_refusals() {
    insta::assert_snapshot!(plain(&fixtures::rejected_only()));
}

#[test]
fn a_report_of_many_replicas() {
    insta::assert_snapshot!(plain(&fixtures::many_replicas()));
}

#[test]
fn a_report_on_a_narrow_terminal() {
    insta::assert_snapshot!(render(&fixtures::full(), Style { color: false, width: 48 }));
}

#[test]
fn colour_changes_no_letter() {
    let report = fixtures::full();
    let colored = render(&report, Style { color: true, width: 80 });
    assert!(colored.contains("\x1b[33mnote: \x1b[0m"));
    let mut bare = String::new();
    let mut rest = colored.as_str();
    while let Some(at) = rest.find('\x1b') {
        bare.push_str(&rest[..at]);
        rest = rest[at..].split_once('m').map_or("", |(_, after)| after);
    }
    bare.push_str(rest);
    assert_eq!(bare, plain(&report));
}

fn widest(text: &str) -> usize {
    let columns = |line: &str| line.chars().map(|c| c.width().unwrap_or(0)).sum::<usize>();
    text.lines().map(columns).max().unwrap_or(0)
}

proptest! {
    #[test]
    fn no_line_is_wider_than_the_style_says(
        width in 0usize..140,
        name in "\\PC{0,60}",
        notice in ".{0,200}",
        digits in -300i32..300,
        replicas in 0usize..12,
    ) {
        let mut report = fixtures::full();
        let scale = libm::pow(10.0, f64::from(digits));
        report.scenario.model.as_mut().unwrap().name = name.clone();
        report.summary.classes[1].name = name.clone();
        report.summary.requests.rejections[0].example = notice.clone();
        report.digest = name;
        report.notices.push(notice);
        let ttft = report.summary.latency.ttft_ms.take();
        report.summary.latency.ttft_ms = ttft.map(|ttft| ttft.in_units_of(1.0 / scale));
        report.summary.throughput.requests_per_s = scale;
        report.summary.queue.waiting_mean = scale;
        report.summary.duration_s = scale;
        let one = report.summary.replicas[0].clone();
        report.summary.replicas = vec![one; replicas];
        let text = render(&report, Style { color: false, width });
        prop_assert!(widest(&text) <= width.max(40), "{text}");
        prop_assert!(!text.lines().any(|line| line.ends_with(' ')), "{text}");
    }
}
