use super::*;

fn point(place: &str, series: &str, load: f64, error: Option<f64>) -> ErrorPoint {
    let errors = vec![error, None];
    ErrorPoint { place: place.to_owned(), series: series.to_owned(), load, errors }
}

/// Where the dots are, with their ink.
fn dots(scene: &Scene) -> Vec<((f64, f64), Ink)> {
    let dot = |shape: &Shape| match shape {
        Shape::Dot { at, ink, .. } => Some((*at, *ink)),
        _ => None,
    };
    scene.shapes.iter().filter_map(dot).collect()
}

#[test]
fn dots_stand_at_their_model_by_load() {
    let points = [
        point("a", "one", 9.0, Some(-6.0)),
        point("a", "one", 2.0, Some(6.0)),
        point("b", "two", 1.0, Some(0.0)),
        point("b", "two", 1.0, None),
    ];
    let found = dots(&draw("Errors", &["E2E latency"], &points));
    let [(low, ink_low), (high, ink_high), (other, ink_other)] = found[..] else {
        panic!("{found:?}")
    };
    assert!(low.0 < high.0 && high.0 < other.0, "by place, then by load: {found:?}");
    assert!(low.1 < other.1 && other.1 < high.1, "+6 % above 0 above -6 %: {found:?}");
    assert!((other.1 - low.1 - (high.1 - other.1)).abs() < 1e-9, "0 is in the middle: {found:?}");
    assert_eq!((ink_low, ink_high, ink_other), (Ink::Series(0), Ink::Series(0), Ink::Series(1)));
}

#[test]
fn a_panel_without_measurements_says_so() {
    let points = [point("a", "one", 1.0, Some(1.0))];
    let mut svg = Vec::new();
    write_errors(Format::Svg, "Errors", &["E2E", "TTFT"], &points, &mut svg).unwrap();
    assert!(String::from_utf8(svg).unwrap().contains("nothing was measured"));
}
