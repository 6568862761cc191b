use tokendrome::catalog::{DType, Shape};
use tokendrome::steptime::StepTimeSpec;
use tokendrome::workload::{ArrivalsSpec, LengthsSpec};
use tokendrome::{Policy, VllmSpec};

use super::*;

mod calibration;
mod formats;
mod phases;
mod sessions;
mod ticks;

const BASE: &str = "model = \"llama-3.1-8b\"\nhardware = \"h100-sxm\"\n";

fn input(text: &str, format: Format) -> Input {
    Input::Text { name: "test".to_owned(), text: text.to_owned(), format }
}

fn try_load(text: &str, sets: &[&str]) -> Result<Loaded, Problems> {
    let changes: Vec<Change> =
        sets.iter().map(|set| Change::assignment("--set", set).unwrap()).collect();
    load(&input(text, Format::Toml), &changes)
}

#[track_caller]
fn read(text: &str, sets: &[&str]) -> Scenario {
    try_load(text, sets).unwrap_or_else(|problems| panic!("{problems}")).scenario
}

#[track_caller]
fn vllm(scenario: &Scenario) -> &VllmSpec {
    scenario.scheduler.vllm().unwrap()
}

#[test]
fn names_bring_the_figures_of_the_catalog() {
    let scenario = read(BASE, &[]);
    assert_eq!(scenario.model.as_ref().unwrap().name, "llama-3.1-8b");
    assert_eq!(scenario.model.as_ref().unwrap().parameters(), 8_030_261_248);
    assert_eq!(scenario.hardware.as_ref().unwrap().accelerators_per_node, 8);
    assert_eq!(
        read("[model]\nname = \"meta-llama/Llama-3.1-8B\"\n[hardware]\nname = \"H100-SXM\"", &[]),
        scenario
    );
}

#[test]
fn inline_figures_win_over_the_catalog() {
    let text = "
        model = { name = \"llama-3.1-8b\", max_context = 4096, dtypes = { kv = \"fp8\" } }
        [hardware]
        name = \"h100-sxm\"
        memory = \"40GiB\"
        link = { latency_us = 7.5 }";
    let scenario = read(text, &[]);
    assert_eq!(scenario.model.as_ref().unwrap().max_context, 4096);
    assert_eq!(
        (
            scenario.model.as_ref().unwrap().dtypes.kv,
            scenario.model.as_ref().unwrap().dtypes.linear
        ),
        (DType::Fp8, DType::Bf16)
    );
    assert_eq!(scenario.hardware.as_ref().unwrap().memory.0, 40 << 30);
    let link = scenario.hardware.as_ref().unwrap().link.unwrap();
    assert_eq!((link.latency_us, link.bandwidth.0), (7.5, 450e9));
}

#[test]
fn kinds_default_and_short_forms_work() {
    let text = format!(
        "{BASE}[scheduler]\nmax_num_seqs = 8\n[step_time]\ngemm_efficiency = 0.5\n
        [workload]\narrivals = {{ rate_per_s = 3 }}\ninput_tokens = 512\n
        output_tokens = {{ type = \"uniform\", min = 1, max = 9 }}\n[parallelism]\ntp = 2\n
        [cluster]\nrouter = \"shared_queue\""
    );
    let scenario = read(&text, &[]);
    assert_eq!(vllm(&scenario).max_num_seqs, Some(8));
    assert!(
        matches!(&scenario.step_time, StepTimeSpec::Roofline(spec) if spec.gemm_efficiency == 0.5)
    );
    assert_eq!(scenario.workload.arrivals, Some(ArrivalsSpec::Poisson { rate_per_s: 3.0 }));
    assert_eq!(scenario.workload.input_tokens, Some(LengthsSpec::Fixed { tokens: 512 }));
    assert_eq!(scenario.workload.output_tokens, Some(LengthsSpec::Uniform { min: 1, max: 9 }));
    assert_eq!(scenario.parallelism.tensor_parallel_size, 2);
    let closed = read(BASE, &["workload.arrivals.kind=closed_loop", "workload.arrivals.users=4"]);
    assert!(matches!(closed.workload.arrivals, Some(ArrivalsSpec::ClosedLoop { users: 4, .. })));
}

#[test]
fn changes_reach_into_short_forms_and_lists() {
    let scenario =
        read(BASE, &["model.max_context=99", "hardware.memory=40GiB", "scheduler.policy=priority"]);
    assert_eq!(scenario.model.as_ref().unwrap().max_context, 99);
    assert_eq!(scenario.hardware.as_ref().unwrap().memory.0, 40 << 30);
    assert_eq!(vllm(&scenario).policy, Policy::Priority);
    let text = format!(
        "{BASE}[[workload.classes]]\nname = \"a\"\nshare = 1.0\n[[workload.classes]]\nname = \
         \"b\"\nshare = 2.0"
    );
    assert_eq!(read(&text, &["workload.classes.1.share=5"]).workload.classes[1].share, 5.0);
    let problem = try_load(&text, &["workload.classes.2.share=5"]).unwrap_err().to_string();
    assert_eq!(problem, "`classes` is a list of 2; `2` is not a position in it");
    let problem = try_load(&text, &["workload.requests=5", "workload.requests.x=1"]).unwrap_err();
    assert_eq!(problem.to_string(), "`requests` is 5 and has no keys");
}

#[test]
fn keys_of_a_former_kind_fall_away_if_the_new_one_lacks_them() {
    let text =
        format!("{BASE}[workload.arrivals]\nkind = \"gamma\"\nrate_per_s = 3\nburstiness = 0.5");
    let arrivals = |sets: &[&str]| read(&text, sets).workload.arrivals.unwrap();
    assert_eq!(
        arrivals(&["workload.arrivals.kind=poisson"]),
        ArrivalsSpec::Poisson { rate_per_s: 3.0 }
    );
    assert_eq!(
        arrivals(&["workload.arrival_pattern=poisson", "workload.arrival_rate=9"]),
        ArrivalsSpec::Poisson { rate_per_s: 9.0 }
    );
    assert_eq!(
        arrivals(&["workload.arrival_rate=9"]),
        ArrivalsSpec::Gamma { rate_per_s: 9.0, burstiness: 0.5 }
    );
    let closed = arrivals(&["workload.arrivals.kind=closed-loop", "workload.arrivals.users=3"]);
    assert!(matches!(closed, ArrivalsSpec::ClosedLoop { users: 3, .. }));
    let problem = try_load(
        &text,
        &[
            "workload.arrivals.kind=closed-loop",
            "workload.arrivals.users=3",
            "workload.arrival_rate=2",
        ],
    );
    assert_eq!(
        problem.unwrap_err().to_string(),
        "arrivals of kind `closed-loop` have no mean rate"
    );
}

#[test]
fn json_and_yaml_say_the_same_as_toml() {
    let toml = read(
        &format!(
            "{BASE}[scheduler]\nmax_num_seqs = 8\n[slo]\nttft_ms = \
             200.5\n[slo.classes.fast]\ntpot_ms = 20"
        ),
        &[],
    );
    let json = r#"{"model": "llama-3.1-8b", "hardware": {"name": "h100-sxm"}, // comment
        "scheduler": {"max_num_seqs": 8},
        "slo": {"ttft_ms": 200.5, "classes": {"fast": {"tpot_ms": 20}}}}"#;
    let yaml = "model: llama-3.1-8b\nhardware:\n  name: h100-sxm\nscheduler: {max_num_seqs: \
     8}\nslo:\n  ttft_ms: 200.5\n  classes:\n    fast: {tpot_ms: 20}\n";
    for (text, format) in [(json, Format::Json), (yaml, Format::Yaml)] {
        let loaded =
            load(&input(text, format), &[]).unwrap_or_else(|problems| panic!("{problems}"));
        assert_eq!(loaded.scenario, toml, "{format:?}");
    }
}

#[test]
fn a_resolved_scenario_reads_back_the_same() {
    let traced = format!("{BASE}[workload.trace]\npath = \"a.jsonl\"");
    let lumped = include_str!("tests/inference_lab.toml");
    let moe = "model = \"deepseek-v3\"\nhardware = \"h200\"\nparallelism = { tp = 8 }\nworkload = \
     { requests = 3 }";
    for text in [BASE, &traced, lumped, moe] {
        let (scenario, _) = read(text, &[]).resolve().unwrap();
        let toml = crate::to_toml(&scenario, &scenario).unwrap();
        assert_eq!(read(&toml, &[]), scenario, "{toml}");
        let (again, _) = scenario.clone().resolve().unwrap();
        assert_eq!(again, scenario, "resolving twice changes nothing");
        let json = serde_json::to_string(&scenario).unwrap();
        assert_eq!(load(&input(&json, Format::Json), &[]).unwrap().scenario, scenario);
        let report =
            format!("{{\"schema_version\": \"1.0\", \"digest\": \"x\", \"scenario\": {json}}}");
        assert_eq!(
            load(&input(&report, Format::Json), &[]).unwrap().scenario,
            scenario,
            "a report"
        );
    }
}

#[test]
fn files_of_inference_lab_are_read() {
    let scenario = read(include_str!("tests/inference_lab.toml"), &[]);
    let Shape::Lumped(shape) = &scenario.model.as_ref().unwrap().shape else {
        panic!("{:?}", scenario.model.as_ref().unwrap().shape)
    };
    assert_eq!((shape.parameters, shape.layers, shape.kv_heads), (70_000_000_000, 80, Some(8)));
    assert_eq!(
        (
            scenario.model.as_ref().unwrap().name.as_str(),
            scenario.model.as_ref().unwrap().max_context
        ),
        ("Llama-3-70B", 8192)
    );
    assert_eq!(scenario.hardware.as_ref().unwrap().peak.bf16.unwrap().0, 1.513e15);
    assert_eq!(scenario.hardware.as_ref().unwrap().memory.0, 85_899_345_920);
    let spec = vllm(&scenario);
    assert_eq!((spec.max_num_seqs, spec.max_num_batched_tokens), (Some(256), Some(8192)));
    assert_eq!(spec.kv_cache_memory.unwrap().0, 34_359_738_368);
    assert_eq!(spec.gpu_memory_utilization, 0.9);
    assert_eq!(scenario.simulation.seed, 42);
    let workload = &scenario.workload;
    assert_eq!(
        (workload.requests, workload.arrivals.clone()),
        (Some(100), Some(ArrivalsSpec::Poisson { rate_per_s: 5.0 }))
    );
    let expect = LengthsSpec::lognormal(6.9, 0.7, 1, None);
    assert_eq!(workload.input_tokens, Some(expect));
}

#[test]
fn every_name_of_inference_lab_has_its_place() {
    let lab = include_str!("tests/inference_lab.toml");
    let read = |sets: &[&str]| read(lab, sets);
    let fp8 = read(&["hardware.bytes_per_param=1"]);
    assert_eq!(
        fp8.model.as_ref().unwrap().dtypes.linear,
        DType::Bf16,
        "the file's own two bytes came first"
    );
    let arrivals = |sets: &[&str]| read(sets).workload.arrivals.unwrap();
    assert_eq!(
        arrivals(&["workload.arrival_pattern=fixed_rate"]),
        ArrivalsSpec::FixedRate { rate_per_s: 5.0 }
    );
    assert_eq!(
        arrivals(&["workload.arrival_pattern=uniform"]),
        ArrivalsSpec::Uniform { rate_per_s: 5.0 }
    );
    assert_eq!(
        arrivals(&["workload.arrival_pattern=batched"]),
        ArrivalsSpec::Batched { size: 100, interval_s: 0.0 }
    );
    assert!(matches!(arrivals(&["workload.arrival_pattern=burst"]), ArrivalsSpec::Bursts { .. }));
    let closed =
        arrivals(&["workload.arrival_pattern=closed_loop", "workload.num_concurrent_users=7"]);
    assert!(matches!(closed, ArrivalsSpec::ClosedLoop { users: 7, .. }));
    assert_eq!(read(&["workload.duration_secs=9"]).workload.duration_s, Some(9.0));
    assert_eq!(
        read(&["workload.input_len_dist.mean=5"]).workload.input_tokens,
        Some(LengthsSpec::lognormal(5.0, 0.7, 1, None))
    );
    let vllm = |sets: &[&str]| read(sets).scheduler.vllm().unwrap().clone();
    assert_eq!(vllm(&["scheduler.policy=sjf"]).policy, tokendrome::Policy::Sof);
    let theirs =
        vllm(&["scheduler.enable_preemption_free=true", "scheduler.max_num_partial_prefills=4"]);
    assert!(theirs.enable_preemption_free && theirs.max_num_partial_prefills == Some(4));
    let loaded = try_load(lab, &[]).unwrap();
    assert_eq!(loaded.notices.len(), 1, "log_interval: {:?}", loaded.notices);
    assert_eq!(
        read(&["simulation.seed=1", "workload.seed=2"]).simulation.seed,
        2,
        "flags in order"
    );
    let both = lab.replace("log_interval", "seed = 7\nlog_interval");
    assert!(try_load(&both, &[]).is_ok_and(|loaded| loaded.scenario.simulation.seed == 7));
}

#[test]
fn what_inference_lab_has_and_we_have_not_is_refused_by_name() {
    let lab = include_str!("tests/inference_lab.toml");
    let check = |set: &str, expect: &str| {
        assert_eq!(try_load(lab, &[set]).unwrap_err().to_string(), expect, "{set}");
    };
    check("hardware.bytes_per_param=3", "`bytes_per_param` must be 1, 2 or 4; found 3");
    check("workload.arrival_pattern=often", "`arrival_pattern` is unknown: the text \"often\"");
    check(
        "workload.num_concurrent_users=3",
        "arrivals of kind `poisson` have no fixed number of users",
    );
}

#[test]
fn what_resolving_finds_is_shown_where_it_was_written() {
    let loaded = try_load(&format!("{BASE}[scheduler]\nblock_size = 0\n"), &[]).unwrap();
    let error = loaded.scenario.clone().resolve().unwrap_err();
    let shown = loaded.explain(&error);
    let shown: Vec<_> = shown.iter().collect();
    let label = miette::Diagnostic::labels(&shown[0]).unwrap().next().unwrap();
    assert_eq!(label.offset(), format!("{BASE}[scheduler]\nblock_size = ").len(), "{error}");
}

#[test]
fn files_are_found_relative_to_the_one_that_names_them() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("small/config.json", include_str!("tests/config.json"));
    write(
        "a.toml",
        "model = { config = \"small\", max_context = 64 }\nhardware = \"l4\"\n\
         [workload.trace]\npath = \"rows.jsonl\"",
    );
    let file = Input::File(folder.path().join("a.toml"));
    let scenario = load(&file, &[]).unwrap_or_else(|problems| panic!("{problems}")).scenario;
    assert_eq!(
        (
            scenario.model.as_ref().unwrap().name.as_str(),
            scenario.model.as_ref().unwrap().max_context
        ),
        ("small", 64)
    );
    assert_eq!(scenario.model.as_ref().unwrap().layers(), 4);
    let path = scenario.workload.trace.unwrap().path;
    assert_eq!(Path::new(&path), folder.path().join("rows.jsonl"));

    let missing = Change::text_flag("--model", "model.config", "no/such/config.json");
    let problems = load(&file, &[Change::remove("model"), missing]).unwrap_err();
    assert_eq!(problems.to_string(), "there is no file `no/such/config.json`");
    write("small/config.json", "{\"architectures\": [\"LlamaForCausalLM\"]}");
    let problem = load(&file, &[]).unwrap_err().to_string();
    assert!(problem.contains("config.json` is not usable: "), "{problem}");
}

#[test]
fn sizes_that_were_chosen_for_other_hardware_are_mentioned() {
    let text =
        "model = \"llama-3.1-8b\"\nhardware = \"h100-sxm\"\n[scheduler]\nnum_gpu_blocks = 9\n";
    let file = Input::Text { name: "s".to_owned(), text: text.to_owned(), format: Format::Toml };
    let other = Change::text_flag("--hardware", "hardware.name", "l4");
    let notices = load(&file, std::slice::from_ref(&other)).unwrap().notices;
    assert!(notices[0].contains("num_gpu_blocks stay as they are"), "{notices:?}");
    let both = [other, Change::flag("--set", "scheduler.num_gpu_blocks", "7")];
    assert_eq!(load(&file, &both).unwrap().notices, [""; 0]);
    assert_eq!(load(&file, &[]).unwrap().notices, [""; 0]);
}

#[test]
fn a_mistake_far_along_a_line_is_told_without_the_line() {
    let values = vec!["1234"; 20_000].join(", ");
    let text =
        format!("workload.input_tokens = {{ kind = \"empirical\", values = [{values}, -1] }}");
    let text = format!("model = \"llama-3.1-8b\"\nhardware = \"h100-sxm\"\n{text}\n");
    let file = Input::Text { name: "long".to_owned(), text, format: Format::Toml };
    let problems = load(&file, &[]).unwrap_err();
    let shown = problems.iter().next().unwrap();
    assert!(shown.to_string().starts_with("long:3:120"), "{shown}");
    assert!(miette::Diagnostic::source_code(&shown).is_none());
}

#[test]
fn sizes_that_follow_from_others_are_comments_of_a_dump() {
    let given = read(BASE, &[]);
    let (resolved, _) = given.clone().resolve().unwrap();
    let text = crate::to_toml(&resolved, &given).unwrap();
    assert!(text.contains("\n# num_gpu_blocks = "), "{text}");
    assert_eq!(read(&text, &[]).resolve().unwrap().0, resolved);
    let pinned = crate::to_toml(&resolved, &resolved).unwrap();
    assert!(pinned.contains("\nnum_gpu_blocks = "), "{pinned}");
}

#[test]
fn text_that_is_no_scenario_is_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let check = |bytes: &[u8], expect: &str| {
        let path = folder.path().join("a.toml");
        std::fs::write(&path, bytes).unwrap();
        let found = load(&Input::File(path), &[]);
        let found = found.map_or_else(|problems| problems.to_string(), |_| "none".to_owned());
        assert!(found.contains(expect), "{found}");
    };
    check(b"\x1f\x8b\x08\0", "is gzip-compressed, not a scenario");
    check(b"model\0", "is binary, not a scenario");
    check(b"\xff\xfem\0", "is UTF-16 text, not a scenario");
    check(b"model = \"\xff\"", "is not UTF-8 text (at byte 9)");
    check(&[b"\xef\xbb\xbf", BASE.as_bytes()].concat(), "none");
    check(BASE.replace('\n', "\r\n").as_bytes(), "none");
}

/// What a pool says of its parallelism takes nothing back of what the scenario says.
#[test]
fn pools_lay_their_parallelism_over_the_scenarios() {
    let text = "model = \"qwen3-30b-a3b\"\nhardware = \"h100-sxm\"\n\
                parallelism = { pp = 2, ep = true }\n\
                [disaggregation]\nprefill.parallelism = { tp = 2 }\n\
                decode.parallelism = { tp = 4, pp = 1 }\ntransfer.bandwidth = \"1GB/s\"\n\
                [workload]\nrequests = 1\n";
    let pools = try_load(text, &[]).unwrap().scenario.disaggregation.unwrap();
    let of = |pool: &tokendrome::PoolSpec| {
        let own = pool.parallelism.unwrap();
        let sizes = (own.tensor_parallel_size, own.pipeline_parallel_size);
        (sizes, own.enable_expert_parallel)
    };
    assert_eq!(of(&pools.prefill), ((2, 2), true));
    assert_eq!(of(&pools.decode), ((4, 1), true));
}
