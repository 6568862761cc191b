//! Constants found from what a client measured.

use crate::harness::Folder;

const ENGINE: &str = r#"model = "llama-3.1-8b"
hardware = "h100-sxm"
scheduler = { kind = "vllm", enable_prefix_caching = false }

[workload]
requests = 1500
arrivals = { kind = "poisson", rate_per_s = 12 }
input_tokens = { kind = "lognormal", mu = 6.1, sigma = 0.8, max = 4000 }
output_tokens = { kind = "lognormal", mu = 5.0, sigma = 0.7, max = 1500 }
"#;

/// What a client would have measured of an engine with other constants, at two loads.
fn measured(folder: &Folder) {
    let constants = [
        "step_time.gemm_efficiency=0.55",
        "step_time.overheads.iteration_us=2500",
        "cluster.delays.request_ms=6",
        "cluster.delays.response_ms=5",
    ];
    for (name, rate) in [("low.csv", 2), ("high.csv", 12)] {
        let rate = format!("workload.arrivals.rate_per_s={rate}");
        let mut args = vec!["run", "engine.toml", "-q", "--requests-out", name, "--set", &rate];
        args.extend(constants.iter().flat_map(|of| ["--set", of]));
        folder.transcript(&args);
    }
}

/// The value and the interval of a constant in a profile.
fn fitted(profile: &toml::Value, name: &str) -> (f64, f64, f64) {
    let of = &profile["provenance"]["fitted"][name];
    let number = |key: &str| of[key].as_float().unwrap();
    (number("value"), number("low"), number("high"))
}

#[test]
fn constants_of_a_simulated_engine_are_found_again() {
    let folder = Folder::new(&[("engine.toml", ENGINE)]);
    measured(&folder);
    let args = ["calibrate", "--measured", "low.csv", "high.csv", "--scenario", "engine.toml"];
    let more = ["--engine-version", "0.19.1", "-o", "found.toml", "--plot", "left.svg"];
    let told = folder.transcript(&[&args[..], &more[..]].concat());
    assert!(told.contains("the data do not tell step_time.overheads.direct_link"), "{told}");
    let profile: toml::Value = toml::from_str(&folder.read("found.toml")).unwrap();
    assert_eq!(profile["profile"]["versions"][0].as_str(), Some("0.19"));
    for (name, truth, within) in [
        ("step_time.gemm_efficiency", 0.55, 0.1),
        ("step_time.overheads.iteration_us", 2_500.0, 0.15),
        ("delays", 11.0, 0.15),
        // What was not changed stays.
        ("step_time.memory_efficiency", 0.878, 0.05),
    ] {
        let (value, low, high) = fitted(&profile, name);
        assert!((value / truth - 1.0).abs() < within, "{name}: {value}");
        assert!(low <= value && value <= high && low < high, "{name}: {low} to {high}");
    }
    assert!(folder.read("left.svg").contains("What is left over"));
    // What it is for: a run with the profile takes the times that were measured.
    let mean_ms = |more: &[&str]| {
        let args = ["run", "engine.toml", "-q", "-o", "-"];
        let report = folder.transcript(&[&args[..], more].concat());
        let at = report.find('{').unwrap();
        let end = report.rfind('}').unwrap();
        let report: serde_json::Value = serde_json::from_str(&report[at..=end]).unwrap();
        report["summary"]["latency"]["tpot_ms"]["mean"].as_f64().unwrap()
    };
    let with_profile = mean_ms(&["--set", "step_time.calibration=found.toml"]);
    let truth = mean_ms(&[
        "--set",
        "step_time.gemm_efficiency=0.55",
        "--set",
        "step_time.overheads.iteration_us=2500",
    ]);
    assert!((with_profile / truth - 1.0).abs() < 0.01, "{with_profile} {truth}");
    assert!((mean_ms(&[]) / truth - 1.0).abs() > 0.05, "without it they are others");
}

/// Iterations of an engine with known constants, as `explain` says that they take.
#[test]
fn constants_are_found_in_a_log_of_iterations() {
    let folder = Folder::new(&[("engine.toml", ENGINE)]);
    let constants = ["step_time.gemm_efficiency=0.55", "step_time.overheads.iteration_us=2500"];
    let seconds = |prefill: u32, decodes: u32| {
        let (prefill, decodes) = (prefill.to_string(), decodes.to_string());
        let mut args = vec!["explain", "engine.toml", "--json"];
        args.extend(constants.iter().flat_map(|of| ["--set", of]));
        if prefill != "0" {
            args.extend(["--prefill", &prefill]);
        }
        if decodes != "0" {
            args.extend(["--decodes", &decodes]);
        }
        let told = folder.transcript(&args);
        let json = &told[told.find('{').unwrap()..=told.rfind('}').unwrap()];
        let json: serde_json::Value = serde_json::from_str(json).unwrap();
        json["iterations"][0]["period_ms"].as_f64().unwrap()
    };
    let mut log = "iteration,time_ms,prefill_tokens,decode_requests\n".to_owned();
    let batches = [0, 128, 900, 2_048, 4_096, 8_000]
        .iter()
        .flat_map(|prefill| [0, 1, 8, 40, 150].map(|decodes| (*prefill, decodes)));
    for (number, (prefill, decodes)) in batches.skip(1).enumerate() {
        let time_ms = seconds(prefill, decodes);
        log.push_str(&format!("{number},{time_ms},{prefill},{decodes}\n"));
    }
    std::fs::write(folder.path("log.csv"), log).unwrap();
    let args = ["calibrate", "--iterations", "log.csv", "--scenario", "engine.toml"];
    let told = folder.transcript(&[&args[..], &["-o", "found.toml"]].concat());
    assert!(told.contains("left over: decodes"), "{told}");
    assert!(told.contains("the data do not tell delays"), "{told}");
    let profile: toml::Value = toml::from_str(&folder.read("found.toml")).unwrap();
    for (name, truth, within) in [
        ("step_time.gemm_efficiency", 0.55, 0.02),
        ("step_time.overheads.iteration_us", 2_500.0, 0.1),
    ] {
        let (value, ..) = fitted(&profile, name);
        assert!((value / truth - 1.0).abs() < within, "{name}: {value}");
    }
}

#[test]
fn files_that_cannot_be_used_are_refused() {
    let folder = Folder::new(&[
        ("engine.toml", ENGINE),
        ("summary.json", r#"{"mean_ttft_ms": 3.0, "duration": 2.0, "completed": 5}"#),
        ("rows.csv", "request_index,arrival_s,ttft_s,e2e_s,input_tokens,output_tokens\n"),
        (
            "constant.toml",
            "model = \"llama-3.1-8b\"\nhardware = \"h100-sxm\"\n\
                           step_time = { kind = \"constant\", step_ms = 5 }\n",
        ),
        ("one.csv", "arrival_s,ttft_s,e2e_s,input_tokens,output_tokens\n0,0.1,0.2,5,5\n"),
    ]);
    let calibrate = |more: &[&str]| {
        let args = ["calibrate", "-o", "p.toml"];
        folder.transcript(&[&args[..], more].concat())
    };
    let told = [
        calibrate(&[]),
        calibrate(&["--measured", "one.csv"]),
        calibrate(&["--measured", "summary.json", "--scenario", "engine.toml"]),
        calibrate(&["--measured", "rows.csv", "--scenario", "engine.toml"]),
        calibrate(&["--measured", "none.csv", "--scenario", "engine.toml"]),
        calibrate(&["--measured", "one.csv", "--scenario", "constant.toml"]),
        calibrate(&["--measured", "one.csv", "--scenario", "none.toml"]),
        calibrate(&["--iterations", "one.csv", "--scenario", "engine.toml"]),
        folder.transcript(&[
            "calibrate",
            "--measured",
            "one.csv",
            "--scenario",
            "engine.toml",
            "-o",
            "no/p.toml",
        ]),
        calibrate(&["--iterations", "log.csv", "--measured", "one.csv"]),
    ];
    insta::assert_snapshot!("calibrate_mistakes", told.join("\n"));
}
