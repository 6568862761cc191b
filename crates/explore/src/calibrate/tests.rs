use std::convert::Infallible;

use super::*;

fn parameter(name: &str, start: f64, spread: f64) -> Parameter {
    Parameter { name: name.to_owned(), start, low: start / 1e3, high: start * 1e3, spread }
}

/// Times of `a + b n` milliseconds, off by a share that goes up and down.
fn measured(a: f64, b: f64, run: usize) -> Vec<(f64, usize, f64)> {
    let noise = |n: usize| 1.0 + 0.004 * if n.is_multiple_of(2) { 1.0 } else { -1.0 };
    (1..=20).map(|n| (n as f64, run, (a + b * n as f64) * noise(n))).collect()
}

fn residuals(rows: &[(f64, usize, f64)], a: f64, b: f64) -> Vec<Residual> {
    let one = |&(n, run, time): &(f64, usize, f64)| {
        let value = libm::log((a + b * n) / time);
        Residual { value, run, kind: 0 }
    };
    rows.iter().map(one).collect()
}

#[test]
fn known_constants_are_found_within_their_intervals() {
    let rows: Vec<_> = [measured(6.0, 0.15, 0), measured(6.0, 0.15, 1)].concat();
    let parameters = [parameter("a", 3.0, 1.0), parameter("b", 0.5, 1.5)];
    let found = calibrate(&parameters, |values| {
        Ok::<_, Infallible>(residuals(&rows, values[0], values[1]))
    });
    let Ok(found) = found;
    for (of, truth) in found.parameters.iter().zip([6.0, 0.15]) {
        assert!(of.low < truth && truth < of.high, "{of:?}");
        assert!((of.value / truth - 1.0).abs() < 0.05 && of.is_identified, "{of:?}");
    }
    assert!(found.residuals.iter().all(|of| of.value.abs() < 0.006));
    assert_eq!(found.left_out.len(), found.residuals.len());
}

#[test]
fn what_the_data_do_not_say_stays_where_it_began_and_is_told() {
    let rows = measured(6.0, 0.15, 0);
    let names = [("a", 5.0), ("b", 0.1), ("unseen", 0.7)];
    let parameters: Vec<_> = names.iter().map(|(name, at)| parameter(name, *at, 0.5)).collect();
    let found = calibrate(&parameters, |values| {
        Ok::<_, Infallible>(residuals(&rows, values[0], values[1]))
    });
    let Ok(found) = found;
    let unseen = &found.parameters[2];
    assert!((unseen.value - 0.7).abs() < 1e-9 && !unseen.is_identified, "{unseen:?}");
    assert!(found.parameters[0].is_identified);
}

#[test]
fn two_parameters_of_one_sum_are_not_told_apart() {
    let rows: Vec<_> = (1..=20).map(|n| (f64::from(n), 0, 9.0)).collect();
    let parameters = [parameter("before", 3.0, 0.5), parameter("after", 3.0, 0.5)];
    let found = calibrate(&parameters, |values| {
        Ok::<_, Infallible>(residuals(&rows, values[0] + values[1], 0.0))
    });
    let Ok(found) = found;
    let sum: f64 = found.parameters.iter().map(|of| of.value).sum();
    assert!((sum - 9.0).abs() < 0.1, "{sum}");
    assert!(found.parameters.iter().all(|of| !of.is_identified), "{:?}", found.parameters);
}

#[test]
fn a_run_that_is_like_no_other_shows_when_it_is_left_out() {
    let rows: Vec<_> =
        [measured(6.0, 0.15, 0), measured(6.0, 0.15, 1), measured(9.0, 0.15, 2)].concat();
    let parameters = [parameter("a", 6.0, 1.0), parameter("b", 0.15, 1.0)];
    let found = calibrate(&parameters, |values| {
        Ok::<_, Infallible>(residuals(&rows, values[0], values[1]))
    });
    let Ok(found) = found;
    let mean = |all: &[Residual], run: usize| {
        let of: Vec<f64> = all.iter().filter(|of| of.run == run).map(|of| of.value).collect();
        of.iter().sum::<f64>() / of.len() as f64
    };
    assert!(mean(&found.left_out, 2) < mean(&found.residuals, 2) - 0.05);
}
