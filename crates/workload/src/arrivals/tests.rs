use tokendrome_kernel::Streams;
use tokendrome_units::{SimDuration, TICK};

use super::*;

fn times(spec: &ArrivalsSpec, n: usize) -> Vec<f64> {
    spec.validate().unwrap();
    let mut process = spec.build(Streams::new(11, 0).stream("arrivals")).unwrap();
    (0..n).map(|_| process.next_s()).collect()
}

/// Mean rate, and the squared coefficient of variation of the gaps.
fn rate_and_scv(times: &[f64]) -> (f64, f64) {
    let gaps: Vec<f64> =
        std::iter::once(times[0]).chain(times.windows(2).map(|w| w[1] - w[0])).collect();
    assert!(gaps.iter().all(|&gap| gap >= 0.0), "arrivals out of order");
    let n = gaps.len() as f64;
    let mean = gaps.iter().sum::<f64>() / n;
    let variance = gaps.iter().map(|gap| (gap - mean) * (gap - mean)).sum::<f64>() / n;
    (1.0 / mean, variance / (mean * mean))
}

#[test]
fn gaps_have_the_rate_and_the_variability_asked_for() {
    let rate_per_s = 8.0;
    let cases = [
        (ArrivalsSpec::Poisson { rate_per_s }, 1.0),
        (ArrivalsSpec::Gamma { rate_per_s, burstiness: 1.0 }, 1.0),
        (ArrivalsSpec::Gamma { rate_per_s, burstiness: 0.25 }, 4.0),
        (ArrivalsSpec::Gamma { rate_per_s, burstiness: 4.0 }, 0.25),
        (ArrivalsSpec::FixedRate { rate_per_s }, 0.0),
        (ArrivalsSpec::Uniform { rate_per_s }, 1.0 / 3.0),
        // Exponential gaps of mean 5/8 s once in five requests: E[x^2] = 2 (5/8)^2 / 5.
        (ArrivalsSpec::Bursts { rate_per_s, size: 5 }, 9.0),
    ];
    for (spec, scv) in cases {
        let (rate, measured) = rate_and_scv(&times(&spec, 200_000));
        assert!((rate / rate_per_s - 1.0).abs() < 0.03, "{spec:?}: rate {rate}");
        assert!((measured - scv).abs() <= 0.04 * scv.max(0.01), "{spec:?}: scv {measured}");
    }
}

#[test]
fn batches_come_at_once_and_in_steps() {
    let spec = ArrivalsSpec::Batched { size: 3, interval_s: 2.0 };
    assert_eq!(times(&spec, 7), [0.0, 0.0, 0.0, 2.0, 2.0, 2.0, 4.0]);
    let all = ArrivalsSpec::Batched { size: 3, interval_s: 0.0 };
    assert_eq!(times(&all, 5), [0.0; 5]);
}

/// Where so many requests take a whole number of ticks, the last of them comes at that tick, to the
/// nanosecond, however many there were before.
#[test]
fn a_fixed_rate_does_not_drift() {
    // Rate in requests per tick; how many of them take how many ticks.
    for (rate, requests, ticks) in [(0.46, 23, 50), (1.3, 13, 10), (0.9, 9, 10), (3.0, 3, 1)] {
        let rate_per_s = rate / TICK.as_secs_f64();
        let times = times(&ArrivalsSpec::FixedRate { rate_per_s }, 1_000_000);
        for (i, &last) in times.iter().skip(requests - 1).step_by(requests).enumerate() {
            let due = SimDuration::from_nanos((i as u64 + 1) * ticks * TICK.as_nanos());
            assert_eq!(SimDuration::from_secs_f64(last), Ok(due), "rate {rate}, round {i}");
        }
    }
}

#[test]
fn a_varying_rate_is_followed() {
    let in_window = |times: &[f64], from: f64, to: f64| {
        times.iter().filter(|&&t| (from..to).contains(&t)).count() as f64
    };
    let ramp = ArrivalsSpec::Ramp { from_per_s: 0.0, to_per_s: 100.0, over_s: 200.0 };
    let all = times(&ramp, 30_000);
    // The ramp's first half brings a quarter of its 10,000 requests; later the rate stays.
    assert!((in_window(&all, 0.0, 100.0) - 2_500.0).abs() < 250.0);
    assert!((in_window(&all, 100.0, 200.0) - 7_500.0).abs() < 430.0);
    assert!((in_window(&all, 300.0, 350.0) - 5_000.0).abs() < 350.0);

    let daily =
        ArrivalsSpec::Daily { mean_per_s: 50.0, swing: 0.8, peak_s: 300.0, period_s: 600.0 };
    let all = times(&daily, 60_000);
    let (trough, peak) = (in_window(&all, 0.0, 60.0), in_window(&all, 270.0, 330.0));
    // Mean rate over the minute at the trough's end and about the peak, from the sine's integral.
    assert!((trough - 675.0).abs() < 130.0, "{trough}");
    assert!((peak - 5_360.0).abs() < 370.0, "{peak}");
}

#[test]
fn numbers_out_of_range_are_refused_by_name() {
    let message = |spec: ArrivalsSpec| spec.validate().unwrap_err().to_string();
    assert!(message(ArrivalsSpec::Poisson { rate_per_s: 0.0 }).contains("`rate_per_s`"));
    assert!(message(ArrivalsSpec::Poisson { rate_per_s: f64::NAN }).contains("`rate_per_s`"));
    assert!(message(ArrivalsSpec::Batched { size: 0, interval_s: 0.0 }).contains("`size`"));
    let daily = ArrivalsSpec::Daily { mean_per_s: 1.0, swing: 1.5, peak_s: 0.0, period_s: 60.0 };
    assert_eq!(message(daily), "`swing` must lie between 0 and 1; found 1.5");
}
