use tokendrome::workload::ArrivalsSpec;
use tokendrome::{Scenario, SchedulerSpec};

use super::*;
use crate::{Change, Format, Input, load};

const BASE: &str = "[scheduler]\nkind = \"static\"\n[step_time]\nkind = \"constant\"\nstep_ms = 1\n\
                    [workload]\nrequests = 10\narrivals.rate_per_s = 2.0\n";

fn input(sweep: &str) -> Input {
    let is_section = sweep.starts_with('[');
    let text = if is_section { format!("{BASE}{sweep}") } else { format!("{sweep}{BASE}") };
    Input::Text { name: "test.toml".to_owned(), text, format: Format::Toml }
}

fn varied(vary: &[&str]) -> Vec<Vary> {
    vary.iter().map(|text| Vary::assignment("--vary", text).unwrap()).collect()
}

#[track_caller]
fn sweep(text: &str, vary: &[&str]) -> LoadedSweep {
    load_sweep(&input(text), &[], &varied(vary), None).unwrap()
}

/// Fields and the labels of all points: `a b: 1 x | 1 y`.
#[track_caller]
fn shown(sweep: &LoadedSweep) -> String {
    let parameters = sweep.parameters();
    let fields: Vec<&str> = parameters.iter().map(|of| of.field.as_str()).collect();
    let point = |at: usize| {
        let settings = sweep.settings(at).into_iter().zip(&parameters);
        let labels = settings.map(|(setting, of)| of.settings[setting].label.as_str());
        labels.collect::<Vec<_>>().join(" ")
    };
    let points: Vec<String> = (0..sweep.points()).map(point).collect();
    format!("{}: {}", fields.join(" "), points.join(" | "))
}

fn rate(scenario: &Scenario) -> f64 {
    match scenario.workload.arrivals {
        Some(ArrivalsSpec::Poisson { rate_per_s }) => rate_per_s,
        _ => panic!("{scenario:?}"),
    }
}

#[test]
fn the_first_field_that_is_written_changes_slowest() {
    for (text, vary, expect) in [
        // Not in the order of the alphabet, in which some formats keep keys.
        (
            "[sweep]\nworkload.requests = [10, 20]\nscheduler.max_batch_size = \"1:3:1\"\n",
            &[][..],
            "workload.requests scheduler.max_batch_size: 10 1 | 10 2 | 10 3 | 20 1 | 20 2 | 20 3",
        ),
        (
            "[sweep]\nmode = \"zip\"\nsimulation.seed = [1, 2]\nworkload.requests = [3, 4]\n",
            &[],
            "simulation.seed workload.requests: 1 3 | 2 4",
        ),
        (
            "[sweep.workload.arrivals]\nrate_per_s = { linspace = [0.1, 0.5, 3] }\n",
            &[],
            "workload.arrivals.rate_per_s: 0.1 | 0.3 | 0.5",
        ),
        ("[sweep]\n\"workload.requests\" = [7]\n", &[], "workload.requests: 7"),
        // Replaced in its place, and added behind.
        (
            "[sweep]\nworkload.requests = [10, 20]\nsimulation.seed = [1]\n",
            &["scheduler=static,in-flight", "workload.requests=5"],
            "workload.requests simulation.seed scheduler: 5 1 static | 5 1 in-flight",
        ),
        ("", &["workload.requests=2,4"], "workload.requests: 2 | 4"),
        ("", &["workload.requests=[2, 4]"], "workload.requests: 2 | 4"),
        ("", &["workload.requests=4:2:-2"], "workload.requests: 4 | 2"),
        ("", &["workload.requests=linspace(1, 7, 3)"], "workload.requests: 1 | 4 | 7"),
        ("", &["workload.requests={linspace=[1,7,2]}"], "workload.requests: 1 | 7"),
        (
            "",
            &["scheduler={kind=\"static\"},{kind=\"in-flight\", max_batch_size=2}"],
            "scheduler: static | in-flight",
        ),
    ] {
        assert_eq!(shown(&sweep(text, vary)), expect, "{text} {vary:?}");
    }
    let zipped = load_sweep(
        &input(""),
        &[],
        &varied(&["workload.requests=1,2", "simulation.seed=3,4"]),
        Some(SweepMode::Zip),
    );
    assert_eq!(shown(&zipped.unwrap()), "workload.requests simulation.seed: 1 3 | 2 4");
}

#[test]
fn other_formats_say_the_same() {
    let expect = "workload.requests scheduler.max_batch_size: 10 1 | 10 2 | 20 1 | 20 2";
    let json = r#"{"scheduler": "static", "step_time": {"kind": "constant", "step_ms": 1},
        "workload": {"requests": 1},
        "sweep": {"workload": {"requests": [10, 20]}, "scheduler.max_batch_size": "1:2:1"}}"#;
    let yaml = "scheduler: static\nstep_time: {kind: constant, step_ms: 1}\n\
                workload: {requests: 1}\nsweep:\n  workload.requests: [10, 20]\n  \
                scheduler: {max_batch_size: '1:2:1'}\n";
    for (text, format) in [(json, Format::Json), (yaml, Format::Yaml)] {
        let input = Input::Text { name: "test".to_owned(), text: text.to_owned(), format };
        let sweep = load_sweep(&input, &[], &[], None).unwrap();
        assert_eq!(shown(&sweep), expect, "{format:?}");
    }
}

#[test]
fn tables_have_labels() {
    let check = |tables: &str, expect: &str| {
        let sweep = sweep(&format!("[sweep]\nscheduler = [{tables}]\n"), &[]);
        assert_eq!(shown(&sweep), format!("scheduler: {expect}"), "{tables}");
    };
    check("{ kind = 'static', label = 'old' }, { kind = 'in-flight' }", "old | in-flight");
    check(
        "{ kind = 'static', max_batch_size = 2 }, { kind = 'static', max_batch_size = 4 }",
        "static max_batch_size=2 | static max_batch_size=4",
    );
    check("'static', { kind = 'in-flight' }", "static | in-flight");
    let sweep = sweep("[sweep]\nscheduler = [{ kind = 'in-flight', label = 'x' }]\n", &[]);
    let point = sweep.point(0).unwrap().scenario;
    assert!(matches!(point.scheduler, SchedulerSpec::InFlight(_)), "{point:?}");
}

#[test]
fn points_are_the_scenario_with_their_values() {
    let text = "[sweep]\nworkload.arrival_rate = [3.0, 4.5]\n\"scheduler.max_batch_size\" = [6]\n\
                scheduler = ['static', 'in-flight']\n";
    // Flags change all points, and the sweep has the last word, by whatever name.
    let flags = [("workload.requests", "30"), ("workload.arrivals.rate_per_s", "9")];
    let flags = flags.map(|(path, value)| Change::flag("--flag", path, value));
    let sweep = load_sweep(&input(text), &flags, &[], None).unwrap();
    assert_eq!(rate(&sweep.base.scenario), 9.0);
    let scenarios: Vec<Scenario> =
        (0..sweep.points()).map(|at| sweep.point(at).unwrap().scenario).collect();
    assert_eq!(scenarios.iter().map(rate).collect::<Vec<_>>(), [3.0, 3.0, 4.5, 4.5]);
    for (at, scenario) in scenarios.iter().enumerate() {
        assert_eq!(scenario.workload.requests, Some(30));
        // The field comes after the table that it is in, though it is written before.
        let (SchedulerSpec::Static(spec) | SchedulerSpec::InFlight(spec)) = &scenario.scheduler
        else {
            panic!("{scenario:?}")
        };
        assert_eq!(spec.max_batch_size, 6);
        assert_eq!(matches!(scenario.scheduler, SchedulerSpec::InFlight(_)), at % 2 == 1);
    }
}

#[test]
fn a_scenario_is_read_without_its_sweep() {
    let text = "[sweep]\nworkload.requests = [10, 20]\n";
    let loaded = load(&input(text), &[]).unwrap();
    assert_eq!(loaded.scenario, load(&input(""), &[]).unwrap().scenario);
    assert!(loaded.notices[0].contains("`[sweep]` is left aside"), "{:?}", loaded.notices);
    assert!(sweep(text, &[]).base.notices.is_empty());
}

#[test]
fn paths_of_a_sweep_are_relative_to_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.toml");
    let text = format!("{BASE}[sweep]\nworkload.trace.path = ['x.jsonl']\n");
    std::fs::write(&path, text.replace("requests = 10\narrivals.rate_per_s = 2.0", "")).unwrap();
    let sweep = load_sweep(&Input::File(path), &[], &[], None).unwrap();
    let trace = sweep.point(0).unwrap().scenario.workload.trace.unwrap();
    assert_eq!(std::path::Path::new(&trace.path), folder.path().join("x.jsonl"));
}

#[test]
fn mistakes_are_explained() {
    let wrong = |text: &str, vary: &[&str]| {
        let loaded = load_sweep(&input(text), &[], &varied(vary), None);
        match loaded {
            Err(problems) => problems.to_string(),
            Ok(sweep) => {
                let mut points = (0..sweep.points()).map(|at| sweep.point(at));
                points.find_map(Result::err).map_or_else(String::new, |found| found.to_string())
            }
        }
    };
    for (text, vary, expect) in [
        ("", &[][..], "nothing varies: the scenario has no sweep"),
        ("[sweep]\n", &[], "nothing varies"),
        ("sweep = 3\n", &[], "`sweep` must be a table; found 3"),
        (
            "[sweep]\nmode = \"gird\"\nx = [1]\n",
            &[],
            "`mode` of a sweep cannot be the text \"gird\"",
        ),
        (
            "[sweep]\nworkload.requests = []\n",
            &[],
            "list of values of `workload.requests` is empty",
        ),
        ("[sweep]\nworkload = {}\n", &[], "nothing varies in `workload`: the table is empty"),
        ("[sweep]\nworkload.requests = 5\n", &[], "`workload.requests` varies over 5"),
        ("[sweep]\nworkload.requests = \"1:2\"\n", &[], "\"1:2\", which is no range"),
        ("[sweep]\nworkload.requests = \"1:5:0\"\n", &[], "with the step 0 has no end"),
        ("[sweep]\nx = { linspace = [1, 2] }\n", &[], "`linspace` wants three numbers"),
        ("[sweep]\nx = { linspace = [1, 2, 2.5] }\n", &[], "whole number of values; found 2.5"),
        ("[sweep]\nx = { linspace = [1, 2, 3], y = 1 }\n", &[], "`y` does not go with `linspace`"),
        ("[sweep]\nx.y = [1]\n\"x.y\" = [2]\n", &[], "`x.y` varies twice"),
        ("", &["x=1", "x=2"], "`x` varies twice"),
        (
            "[sweep]\nmode = \"zip\"\nx = [1, 2]\ny = [1]\n",
            &[],
            "`x` has 2 values and `y` has 1, and `zip` takes them side by side",
        ),
        (
            "[sweep]\nsimulation.seed = \"1:1000:1\"\nworkload.requests = \"1:1000:1\"\n",
            &[],
            "the sweep has 1000 x 1000 points, and 100000 are the most",
        ),
        (
            "[sweep]\nscheduler = [{ label = 'a', kind = 'x' }, { label = 'a', kind = 'y' }]\n",
            &[],
            "two different values of `scheduler` are called `a`",
        ),
        ("[sweep]\nscheduler = [{ label = 3 }]\n", &[], "a `label` of `scheduler` must be a name"),
        (
            "[sweep]\nworkload.requests = [5]\nscheduler.max_batch_sze = [1]\n",
            &[],
            "point 1 of 1 (workload.requests = 5, scheduler.max_batch_sze = 1): unknown key \
             `max_batch_sze` in `[scheduler]`",
        ),
        (
            "[sweep]\nworkload.requests = [5, 1.5]\n",
            &[],
            "point 2 of 2 (workload.requests = 1.5): `requests` must be a whole number",
        ),
        ("[sweep]\nnothing = [1]\n", &[], "point 1 of 1 (nothing = 1): unknown section `nothing`"),
        ("[swep]\nx = [1]\n", &["x=1"], "unknown section `swep`"),
    ] {
        let found = wrong(text, vary);
        assert!(found.contains(expect), "{text} {vary:?}: {found}");
    }
    for text in ["a", "=1", "a.=1", "a="] {
        assert!(Vary::assignment("--vary", text).is_err(), "{text}");
    }
}

#[test]
fn what_resolving_finds_names_the_point() {
    let sweep = sweep("[sweep]\nscheduler.max_batch_size = [4, 0]\n", &[]);
    let point = sweep.point(1).unwrap();
    let error = point.scenario.clone().resolve().unwrap_err();
    let told = point.explain(&error).to_string();
    assert!(told.starts_with("point 2 of 2 (scheduler.max_batch_size = 0): `max_batch"), "{told}");
}
