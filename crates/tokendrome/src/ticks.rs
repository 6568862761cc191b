//! Names and numbers of files for clocks that count ticks.
//!
//! Inside, a tick takes the place of a millisecond, and a thousand ticks that of a second
//! ([`crate::TimeUnit`]). Outside, names say what is counted: `max_time_ticks`, `rate_per_tick`,
//! `ttft_ticks`, `requests_per_1000_ticks`. These are the rules from one to the other.

use serde_json::{Map, Value};

/// A field of a scenario that is a time or a rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TimeField {
    /// Its name in the types.
    pub name: &'static str,
    /// Its name where the clock counts ticks.
    pub in_ticks: &'static str,
    /// How many ticks (or requests per tick) one in its own unit is.
    pub ticks: f64,
}

const fn seconds(name: &'static str, in_ticks: &'static str) -> TimeField {
    TimeField { name, in_ticks, ticks: 1e3 }
}

const fn milliseconds(name: &'static str, in_ticks: &'static str) -> TimeField {
    TimeField { name, in_ticks, ticks: 1.0 }
}

const fn per_second(name: &'static str, in_ticks: &'static str) -> TimeField {
    TimeField { name, in_ticks, ticks: 1e-3 }
}

/// All of them. What only a machine has (microseconds of overhead, latencies of links) is not
/// counted in ticks.
pub const TIME_FIELDS: [TimeField; 22] = [
    seconds("warm_up_s", "warm_up_ticks"),
    seconds("cool_down_s", "cool_down_ticks"),
    seconds("max_time_s", "max_time_ticks"),
    seconds("duration_s", "duration_ticks"),
    seconds("think_s", "think_ticks"),
    seconds("interval_s", "interval_ticks"),
    seconds("over_s", "over_ticks"),
    seconds("peak_s", "peak_ticks"),
    seconds("period_s", "period_ticks"),
    seconds("start_s", "start_ticks"),
    milliseconds("step_ms", "step_ticks"),
    milliseconds("base_ms", "base_ticks"),
    milliseconds("per_token_ms", "per_token_ticks"),
    milliseconds("request_ms", "request_ticks"),
    milliseconds("response_ms", "response_ticks"),
    milliseconds("ttft_ms", "ttft_ticks"),
    milliseconds("tpot_ms", "tpot_ticks"),
    milliseconds("e2e_ms", "e2e_ticks"),
    per_second("rate_per_s", "rate_per_tick"),
    per_second("from_per_s", "from_per_tick"),
    per_second("to_per_s", "to_per_tick"),
    per_second("mean_per_s", "mean_per_tick"),
];

/// Rewrites a scenario whose clock counts ticks as files have it.
pub fn scenario_in_ticks(scenario: &mut Value) {
    rename(scenario, &|key| {
        let field = TIME_FIELDS.iter().find(|field| field.name == key)?;
        Some((field.in_ticks.to_owned(), field.ticks))
    });
}

/// Rewrites a report, or whatever else has figures by their names, of runs whose clock counts
/// ticks. What stands under a key `scenario` is one.
pub fn report_in_ticks(report: &mut Value) {
    rename(report, &figure_in_ticks);
}

/// The name of a report's figure where the clock counts ticks, and what its value is multiplied
/// with; none if it is neither a time nor a rate. The name may be a path: `latency.ttft_ms.p99`.
#[must_use]
pub fn figure_in_ticks(name: &str) -> Option<(String, f64)> {
    let mut factor = None;
    let mut names_class = false;
    let part = |part: &str| {
        // Classes have names of their own: `classes.chat_s.completed` counts no seconds.
        if std::mem::replace(&mut names_class, part == "classes") {
            part.to_owned()
        } else if part.contains("_per_s") {
            factor = Some(1.0);
            part.replace("_per_s", "_per_1000_ticks")
        } else if let Some(stem) = part.strip_suffix("_ms") {
            factor = Some(1.0);
            format!("{stem}_ticks")
        } else if let Some(stem) = part.strip_suffix("_s") {
            factor = Some(1e3);
            format!("{stem}_ticks")
        } else {
            part.to_owned()
        }
    };
    let renamed = name.split('.').map(part).collect::<Vec<_>>().join(".");
    Some((renamed, factor?))
}

/// Renames keys at any depth, and multiplies the numbers below them.
fn rename(value: &mut Value, rule: &dyn Fn(&str) -> Option<(String, f64)>) {
    match value {
        Value::Object(object) => {
            let entries = std::mem::take(object).into_iter();
            *object = entries
                .map(|(key, mut value)| match rule(&key) {
                    Some((renamed, factor)) => {
                        rename(&mut value, rule);
                        multiply(&mut value, factor);
                        (renamed, value)
                    }
                    None if key == "scenario" => {
                        scenario_in_ticks(&mut value);
                        (key, value)
                    }
                    None => {
                        rename(&mut value, rule);
                        (key, value)
                    }
                })
                .collect::<Map<_, _>>();
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rename(item, rule)),
        _ => {}
    }
}

/// Fields beside a time or a rate that are counts or shares, as are those that end in `_count`.
const BARE: [&str; 4] = ["count", "n", "change", "groups"];

/// Multiplies a number, or all of a distribution but what is bare.
fn multiply(value: &mut Value, factor: f64) {
    match value {
        Value::Number(number) => {
            if let Some(float) = number.as_f64().map(|float| shortened(float * factor)) {
                *value = Value::from(float);
            }
        }
        Value::Object(object) => {
            let is_bare = |key: &str| BARE.contains(&key) || key.ends_with("_count");
            let fields = object.iter_mut().filter(|(key, _)| !is_bare(key));
            fields.for_each(|(_, value)| multiply(value, factor));
        }
        _ => {}
    }
}

/// The number without the noise of its last bits: fifteen significant digits.
#[must_use]
pub fn shortened(number: f64) -> f64 {
    format!("{number:.14e}").parse().unwrap_or(number)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn scenarios_say_ticks() {
        let mut scenario = json!({
            "workload": { "arrivals": { "kind": "fixed-rate", "rate_per_s": 460.0 } },
            "simulation": { "max_time_s": 0.1, "seed": 42 },
        });
        scenario_in_ticks(&mut scenario);
        assert_eq!(
            scenario,
            json!({
                "workload": { "arrivals": { "kind": "fixed-rate", "rate_per_tick": 0.46 } },
                "simulation": { "max_time_ticks": 100.0, "seed": 42 },
            })
        );
    }

    #[test]
    fn reports_say_ticks() {
        let mut report = json!({
            "duration_s": 0.1,
            "latency": { "ttft_ms": { "count": 3, "mean": 52.8 }, "queue_ms": null },
            "steady_state": { "ttft_ms": { "mean": 52.8, "warm_up_count": 5, "warm_up_s": 0.2 } },
            "throughput": { "output_tokens_per_s_per_user": 12.5 },
            "busy": 0.5,
        });
        report_in_ticks(&mut report);
        assert_eq!(
            report,
            json!({
                "duration_ticks": 100.0,
                "latency": { "ttft_ticks": { "count": 3, "mean": 52.8 }, "queue_ticks": null },
                "steady_state": {
                    "ttft_ticks": { "mean": 52.8, "warm_up_count": 5, "warm_up_ticks": 200.0 }
                },
                "throughput": { "output_tokens_per_1000_ticks_per_user": 12.5 },
                "busy": 0.5,
            })
        );
        assert_eq!(figure_in_ticks("latency.ttft_ms.p99").unwrap().0, "latency.ttft_ticks.p99");
        assert_eq!(figure_in_ticks("utilisation.busy"), None);
        assert_eq!(figure_in_ticks("classes.chat_s.completed"), None);
        let of_class = figure_in_ticks("classes.chat_s.latency.ttft_ms.mean").unwrap();
        assert_eq!(of_class, ("classes.chat_s.latency.ttft_ticks.mean".to_owned(), 1.0));
    }
}
