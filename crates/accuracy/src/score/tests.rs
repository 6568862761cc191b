use super::*;

fn request(e2e_s: f64, ttft_s: f64) -> Measured {
    Measured {
        arrival_s: 0.0,
        ttft_s,
        e2e_s,
        tpot_s: Some((e2e_s - ttft_s) / 10.0),
        queue_s: None,
        output_tokens: 11,
    }
}

/// By hand: three requests, percentiles between the ranks.
#[test]
fn figures_are_means_and_interpolated_percentiles() {
    let requests = [request(3.0, 1.0), request(1.0, 0.5), request(2.0, 0.0)];
    let figures = figures(&requests.iter().collect::<Vec<_>>());
    let check = |metric: Metric, expect: f64| {
        let found = figures.get(metric).expect("there is such a figure");
        assert!((found - expect).abs() < 1e-12, "{}: {found}", metric.name());
    };
    check(Metric::E2eMean, 2.0);
    check(Metric::E2eP90, 2.8);
    check(Metric::E2eP99, 2.98);
    check(Metric::TtftMean, 0.5);
    check(Metric::TtftP90, 0.9);
    check(Metric::TpotMean, 0.15);
    assert_eq!(figures.get(Metric::QueueMean), None);
}

#[test]
fn errors_are_signed_and_relative_to_what_was_measured() {
    let (truth, found) = ([request(2.0, 1.0), request(4.0, 0.0)], [request(3.0, 0.9); 2]);
    let [truth, found] = [&truth, &found].map(|of| of.iter().collect::<Vec<_>>());
    let errors = errors(&figures(&found), &figures(&truth));
    assert_eq!(errors.get(Metric::E2eMean), Some(0.0));
    assert!((errors.get(Metric::TtftMean).expect("a mean") - 80.0).abs() < 1e-9);
    let e2e = mape(&found, &truth, |of| of.e2e_s).expect("both have latencies");
    assert!((e2e - 37.5).abs() < 1e-9, "{e2e}");
    // One of the two has no error: nothing was measured to divide by.
    let ttft = mape(&found, &truth, |of| of.ttft_s).expect("one of them");
    assert!((ttft - 10.0).abs() < 1e-9, "{ttft}");
}
