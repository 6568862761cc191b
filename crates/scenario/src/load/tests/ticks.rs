use tokendrome::{SchedulerSpec, TimeUnit};

use super::*;

const TICKS: &str = "[simulation]\ntime_unit = \"tick\"\nmax_time_ticks = 100\n
    [step_time]\nprefill_time = 2\nitl = 1\n
    [workload]\noutput_tokens = 10\n";

#[test]
fn times_in_ticks_are_thousandths_of_seconds() {
    let text = format!("{TICKS}arrivals = {{ kind = \"request-rate\", request_rate = 0.46 }}");
    let scenario = read(&text, &["scheduler.max_batch_size=8", "slo.ttft_ticks=20"]);
    assert_eq!(scenario.simulation.time_unit, TimeUnit::Tick);
    assert_eq!(scenario.simulation.max_time_s, Some(0.1));
    assert_eq!(scenario.slo.ttft_ms, Some(20.0));
    let arrivals = scenario.workload.arrivals.clone();
    assert_eq!(arrivals, Some(ArrivalsSpec::FixedRate { rate_per_s: 460.0 }));
    assert!(matches!(&scenario.step_time, StepTimeSpec::Ticks(of) if of.prefill_time == 2.0));
    assert!(matches!(&scenario.scheduler, SchedulerSpec::InFlight(of) if of.max_batch_size == 8));
    assert!(scenario.machine().is_none());
}

#[test]
fn flags_count_what_the_clock_counts() {
    let text = format!("{TICKS}arrivals = {{ kind = \"batch\", initial_batch = 9 }}");
    let flags = [
        Change::flag("--rate", "workload.arrival_rate", "0.5"),
        Change::flag("--duration", "workload.duration_s", "300"),
        Change::flag("--warm-up", "simulation.warm_up_s", "10"),
    ];
    let changes = [Change::implied("workload.arrivals.kind", "poisson")].into_iter().chain(flags);
    let input = Input::Text { name: "t".into(), text, format: Format::Toml };
    let loaded = crate::load(&input, &changes.collect::<Vec<_>>()).unwrap();
    let (workload, simulation) = (loaded.scenario.workload, loaded.scenario.simulation);
    assert_eq!(workload.arrivals, Some(ArrivalsSpec::Poisson { rate_per_s: 500.0 }));
    assert_eq!((workload.duration_s, simulation.warm_up_s), (Some(0.3), 0.01));
}

#[test]
fn batching_studies_have_names_of_their_own() {
    let arrivals = |text: &str| {
        let text = format!("{TICKS}arrivals = {{ {text} }}");
        read(&text, &[]).workload.arrivals.unwrap()
    };
    let batch = arrivals("kind = \"batch\", initial_batch = 100");
    assert_eq!(batch, ArrivalsSpec::Batched { size: 100, interval_s: 0.0 });
    let concurrent = arrivals("type = \"concurrent\", target_concurrency = 6");
    assert!(matches!(concurrent, ArrivalsSpec::ClosedLoop { users: 6, .. }));
    let text = format!("{BASE}[workload.arrivals]\nkind = \"request_rate\"\nrequest_rate = 3");
    let in_seconds = read(&text, &[]).workload.arrivals.unwrap();
    assert_eq!(in_seconds, ArrivalsSpec::FixedRate { rate_per_s: 3.0 });
    let problem = try_load(&format!("{TICKS}arrivals = \"batch\""), &[]).unwrap_err().to_string();
    assert!(problem.contains("arrivals of kind `batch` have no `initial_batch`"), "{problem}");
    let text = format!("{TICKS}arrivals = {{ kind = \"concurrent\", target_concurrency = 6 }}");
    let more = read(&text, &["workload.arrivals.target_concurrency=8"]).workload.arrivals;
    assert!(matches!(more, Some(ArrivalsSpec::ClosedLoop { users: 8, .. })));
}

#[test]
fn a_dump_in_ticks_reads_back() {
    let text = format!("{TICKS}arrivals = {{ kind = \"request-rate\", request_rate = 0.3 }}");
    let given = read(&text, &["simulation.warm_up_ticks=7.3", "scheduler.kind=static"]);
    let (resolved, _) = given.clone().resolve().unwrap();
    let toml = crate::to_toml(&resolved, &given).unwrap();
    assert!(toml.contains("rate_per_tick = 0.3\n"), "{toml}");
    assert!(toml.contains("max_time_ticks = 100.0\n"), "{toml}");
    assert!(!toml.contains("_s = "), "{toml}");
    assert_eq!(read(&toml, &[]), resolved);
    let text = crate::to_json(&resolved).to_string();
    let json = Input::Text { name: "json".into(), text, format: Format::Json };
    assert_eq!(crate::load(&json, &[]).unwrap().scenario, resolved);
}

#[test]
fn seconds_and_ticks_are_not_mixed() {
    let check = |text: &str, sets: &[&str], expect: &str| {
        let problem = try_load(text, sets).unwrap_err().to_string();
        assert!(problem.contains(expect), "{problem}");
    };
    let batch = format!("{TICKS}arrivals = {{ kind = \"batch\", initial_batch = 4 }}");
    check(&batch, &["simulation.warm_up_s=1"], "the clock counts ticks, and `warm_up_s` does not");
    check(BASE, &["simulation.max_time_ticks=1"], "the clock counts seconds, and `max_time_ticks`");
    check(&batch, &["simulation.warm_up_ticks=-1"], "`warm_up_ticks` must be 0 or more; found -1");
    check(&batch, &["simulation.warm_up_ticks=x"], "`warm_up_ticks` must be a number");
    check(&batch, &["simulation.time_unit=tock"], "`time_unit` cannot be \"tock\"");
    check("[workload]\nrequests = 3", &["scheduler.kind=static"], "the scenario names no model");
    let poisson = format!("{TICKS}arrivals = \"poisson\"");
    check(&poisson, &[], "`[workload.arrivals]` has no `rate_per_tick`");
    // What resolving finds has the name that was written, and its numbers.
    let found = crate::load(
        &Input::Text { name: "t".into(), text: batch, format: Format::Toml },
        &[Change::assignment("--set", "workload.duration_ticks=2e13").unwrap()],
    );
    let loaded = found.unwrap();
    let error = loaded.scenario.clone().resolve().unwrap_err();
    let shown = loaded.explain(&error).to_string();
    assert!(shown.contains("`duration_ticks` must lie between"), "{shown}");
    assert!(shown.contains("1000000000000; found 20000000000000"), "{shown}");
}

/// Every field of the types that is a time or a rate can be said in ticks, but those of machines.
#[test]
fn no_time_is_forgotten() {
    // And of what works on a machine's clock alone.
    let of_machines = [
        "host_overhead_us",
        "layer_overhead_us",
        "iteration_us",
        "iteration_overhead_us",
        "sequence_us",
        "quantized_layer_us",
        "collective_us",
        "direct_latency_us",
        "latency_us",
        "latency_ms",
        "batching_window_ms",
        "price_per_hour",
    ];
    let mut names = std::collections::BTreeSet::new();
    collect(&crate::schema::strict(), &mut names);
    for name in names {
        let is_time =
            ["_s", "_ms", "_us", "_per_s", "_per_hour"].iter().any(|end| name.ends_with(end));
        let is_known = tokendrome::ticks::TIME_FIELDS.iter().any(|field| field.name == name);
        assert!(!is_time || is_known || of_machines.contains(&name.as_str()), "{name}");
    }
}

fn collect(json: &serde_json::Value, names: &mut std::collections::BTreeSet<String>) {
    match json {
        serde_json::Value::Object(object) => {
            if let Some(properties) = object.get("properties").and_then(|p| p.as_object()) {
                names.extend(properties.keys().cloned());
            }
            object.values().for_each(|below| collect(below, names));
        }
        serde_json::Value::Array(items) => items.iter().for_each(|below| collect(below, names)),
        _ => {}
    }
}
