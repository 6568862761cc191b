use roxmltree::Document;
use tokendrome::metrics::SeriesPoint;
use tokendrome::{Curves, Report};

use super::*;
use crate::fixtures;

fn written(format: Format, report: &Report, curves: &Curves) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(format, report, curves, &mut bytes).unwrap();
    bytes
}

fn svg(report: &Report, curves: &Curves) -> String {
    String::from_utf8(written(Format::Svg, report, curves)).unwrap()
}

/// Checks that all numbers of a drawing are numbers, on the page.
#[track_caller]
pub(super) fn check_svg(text: &str) {
    let document = Document::parse(text).unwrap();
    let numbers = ["x", "y", "cx", "cy", "width", "height", "d"];
    for node in document.descendants() {
        for attribute in node.attributes().filter(|a| numbers.contains(&a.name())) {
            for number in attribute.value().split(|c: char| "MLZ ".contains(c)) {
                if !number.is_empty() {
                    let number: f64 = number.parse().unwrap();
                    assert!((0.0..=2_000.0).contains(&number), "{attribute:?}");
                }
            }
        }
    }
}

fn no_curves() -> Curves {
    let none = Vec::new;
    Curves { ttft_ms: none(), tpot_ms: none(), itl_ms: none(), e2e_ms: none() }
}

/// Every curve is the same value from end to end.
fn flat(value: f64) -> Curves {
    let curve = || vec![value; 201];
    Curves { ttft_ms: curve(), tpot_ms: curve(), itl_ms: curve(), e2e_ms: curve() }
}

#[test]
fn a_full_report_is_a_well_formed_drawing() {
    let text = svg(&fixtures::full(), &fixtures::curves());
    check_svg(&text);
    for expect in ["llama-3.1-8b", "97.1 %", "SLO 200 ms", "p99", "0123456789abcdef"] {
        assert!(text.contains(expect), "{expect}");
    }
    assert_eq!(text, svg(&fixtures::full(), &fixtures::curves()));
}

#[test]
fn runs_without_figures_are_drawn() {
    for report in [fixtures::minimal(), fixtures::rejected_only(), fixtures::many_replicas()] {
        let text = svg(&report, &no_curves());
        check_svg(&text);
        assert!(text.contains("nothing was measured"));
    }
}

#[test]
fn extreme_figures_are_drawn() {
    for value in [0.0, f64::MIN_POSITIVE, 1e-12, 1.0, 1e12, 1e300, f64::MAX] {
        let mut report = fixtures::full();
        report.summary.duration_s = value;
        report.summary.throughput.output_tokens_per_s = value;
        report.summary.slo.as_mut().unwrap().objectives.ttft_ms = Some(value);
        report.series.points = vec![SeriesPoint {
            start_s: 0.0,
            arrivals_per_s: value,
            completions_per_s: value,
            prompt_tokens_per_s: value,
            output_tokens_per_s: value,
            waiting: value,
            running: value,
            kv_blocks: value,
        }];
        check_svg(&svg(&report, &flat(value)));
        let mut spread = flat(value);
        spread.ttft_ms[0] = 0.0;
        spread.tpot_ms = vec![value];
        check_svg(&svg(&report, &spread));
    }
}

#[test]
fn names_of_any_letters_and_length_are_drawn() {
    let mut report = fixtures::full();
    report.scenario.model.as_mut().unwrap().name =
        format!("<模型> & \"{}\"", "very-long-name-".repeat(40));
    check_svg(&svg(&report, &fixtures::curves()));
    let bytes = written(Format::Png, &report, &fixtures::curves());
    assert!(bytes.starts_with(b"\x89PNG"));
}

#[test]
fn the_picture_is_twice_the_size_of_the_drawing() {
    let bytes = written(Format::Png, &fixtures::full(), &fixtures::curves());
    let picture = tiny_skia::Pixmap::decode_png(&bytes).unwrap();
    assert_eq!(picture.width(), 2_400);
    let is_ink = |pixel: &&tiny_skia::PremultipliedColorU8| pixel.red() < 128;
    let ink = picture.pixels().iter().filter(is_ink).count();
    assert!(ink > 20_000, "{ink} dark pixels");
}

#[test]
fn the_page_fetches_nothing_and_holds_the_tables() {
    let html = written(Format::Html, &fixtures::full(), &fixtures::curves());
    let html = String::from_utf8(html).unwrap();
    for (at, _) in html.match_indices("http") {
        assert!(html[at..].starts_with("http://www.w3.org/2000/svg\""), "{}", &html[at..at + 60]);
    }
    assert!(!html.contains("<script") && !html.contains("<link"));
    for expect in ["prefers-color-scheme:dark", "interactive", "within 200 ms", "block_size"] {
        assert!(html.contains(expect), "{expect}");
    }
    let opened = html.matches("<table").count();
    assert_eq!(opened, html.matches("</table>").count());
    assert!(opened > 3);
    let rest = html.split_once("<figure>").unwrap().1;
    check_svg(rest.split_once("</figure>").unwrap().0);
}

#[test]
fn formats_are_known_by_their_ending() {
    let check = |path: &str| Format::from_path(Path::new(path)).map_err(|e| e.to_string());
    assert_eq!(check("a/plot.PNG"), Ok(Format::Png));
    assert_eq!(check("plot.svg"), Ok(Format::Svg));
    assert_eq!(check("plot.html"), Ok(Format::Html));
    let expect = "cannot tell what to write to `plot.pdf`: the name of a plot must end in `.svg`, \
                  `.png` or `.html`";
    assert_eq!(check("plot.pdf"), Err(expect.to_owned()));
}

#[test]
fn comparisons_are_drawn() {
    // Each of the eight requests has a prefill and a decode; of the last three scenarios, four
    // begin after the time that is drawn.
    let many = ["a", "b", "c", "d", "e", "f", "<g> & \"h\""];
    for (names, bars) in [(&["few", "more"][..], 2 * 16), (&many, 4 * 16 + 3 * 8)] {
        let (cases, comparison) = crate::compare::tests::compared(names);
        let compared = Compared { cases: &cases, comparison: &comparison, lengths: None };
        let written = |format| {
            let mut bytes = Vec::new();
            write_comparison(format, &compared, &mut bytes).unwrap();
            bytes
        };
        let text = String::from_utf8(written(Format::Svg)).unwrap();
        check_svg(&text);
        assert_eq!(text.matches("<rect").count(), 1 + bars, "and the paper");
        assert!(text.contains("Requests waiting") && text.contains(">prefill<"));
        assert!(written(Format::Png).starts_with(b"\x89PNG"));
        let html = String::from_utf8(written(Format::Html)).unwrap();
        assert!(html.contains("prefers-color-scheme:dark") && html.contains("<b>scheduler."));
        assert_eq!(html.matches("<details>").count(), names.len());
    }
}

#[test]
fn a_comparison_without_a_trial_is_drawn() {
    let (cases, mut comparison) = crate::compare::tests::compared(&["few", "more"]);
    comparison.sides.iter_mut().for_each(|side| side.first_trial = None);
    let compared = Compared { cases: &cases, comparison: &comparison, lengths: None };
    let mut bytes = Vec::new();
    write_comparison(Format::Svg, &compared, &mut bytes).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    check_svg(&text);
    assert!(text.contains("no request was scheduled"));
}
