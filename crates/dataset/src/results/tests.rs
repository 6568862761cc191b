use std::io::Write as _;
use std::path::PathBuf;

use super::*;

/// Small files of every format, made up: nobody measured anything.
fn data(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/results").join(name)
}

fn read(name: &str) -> Results {
    read_results(&data(name), None).unwrap()
}

fn figure(results: &Results, name: &str) -> Option<f64> {
    let figures = results.summary.figures();
    figures.iter().find(|figure| figure.name == name).map(|figure| figure.value)
}

#[track_caller]
fn check(results: &Results, figures: &[(&str, f64)]) {
    for (name, expect) in figures {
        let found = figure(results, name).unwrap_or_else(|| panic!("{name} is not known"));
        assert!((found - expect).abs() <= 1e-9 * expect.abs(), "{name}: {found}, not {expect}");
    }
}

/// Two requests that several of the files hold, and one that failed.
#[track_caller]
fn check_requests(results: &Results) {
    let done: Vec<&MeasuredRequest> = results.requests.iter().filter(|one| !one.failed).collect();
    assert_eq!((done.len(), results.requests.len()), (2, 3));
    let mut lengths: Vec<_> =
        done.iter().map(|one| (one.prompt_tokens, one.output_tokens)).collect();
    lengths.sort();
    assert_eq!(lengths, [(Some(10), Some(3)), (Some(20), Some(2))]);
    check(
        results,
        &[
            ("completed", 2.0),
            ("failed", 1.0),
            ("ttft_ms.mean", 150.0),
            ("ttft_ms.p50", 150.0),
            ("e2e_ms.mean", 210.0),
            ("e2e_ms.p99", 239.4),
            ("tpot_ms.mean", 40.0),
            ("e2e_per_token_ms.mean", 90.0),
        ],
    );
}

#[test]
fn vllm_bench() {
    let results = read("vllm_summary.json");
    assert_eq!(results.format, ResultsFormat::VllmBench);
    assert!(results.requests.is_empty() && figure(&results, "e2e_ms.mean").is_none());
    check(
        &results,
        &[
            ("requests_per_s", 1.5),
            ("total_tokens_per_s", 34.5),
            ("ttft_ms.std", 20.0),
            ("ttft_ms.p50", 90.0),
            ("ttft_ms.p99.9", 131.5),
            ("itl_ms.p99", 55.0),
            ("duration_s", 2.0),
        ],
    );
    let results = read("vllm_detailed.json");
    check_requests(&results);
    check(&results, &[("ttft_ms.p99", 199.0), ("itl_ms.mean", 40.0)]);
    assert_eq!(results.requests[0].start_s, Some(0.25));
    assert_eq!(results.requests[0].itls_s, [0.03, 0.05]);
    assert_eq!((results.requests[2].failed, results.requests[2].e2e_s), (true, None));
}

#[test]
fn vllm_bench_with_appended_results() {
    let line = std::fs::read_to_string(data("vllm_summary.json")).unwrap();
    let text = line.clone() + &line.replace("\"duration\": 2.0", "\"duration\": 8.0");
    for (run, duration) in [(1, 2.0), (2, 8.0)] {
        check(&detect::read("file", &text, Some(run)).unwrap(), &[("duration_s", duration)]);
    }
    assert!(said(&text, None).contains("the file holds 2 runs"));
}

#[test]
fn sglang() {
    let first = read_results(&data("sglang.jsonl"), Some(1)).unwrap();
    assert_eq!(first.format, ResultsFormat::Sglang);
    check(&first, &[("e2e_ms.p90", 950.0), ("tpot_ms.mean", 26.5), ("total_tokens_per_s", 576.0)]);
    let second = read_results(&data("sglang.jsonl"), Some(2)).unwrap();
    assert_eq!(second.requests.len(), 2);
    check(&second, &[("e2e_ms.mean", 210.0), ("tpot_ms.mean", 40.0), ("itl_ms.mean", 40.0)]);
}

#[test]
fn aiperf() {
    let results = read("aiperf.json");
    assert_eq!(results.format, ResultsFormat::Aiperf);
    check(
        &results,
        &[
            ("tpot_ms.mean", 10.0),
            ("itl_ms.p99", 25.0),
            ("e2e_ms.p25", 1000.0),
            ("completed", 50.0),
            ("failed", 1.0),
            ("input_tokens", 25_000.0),
            ("output_tokens", 5_000.0),
            ("duration_s", 20.0),
        ],
    );
    let records = read("aiperf_records.jsonl");
    assert_eq!(records.format, ResultsFormat::AiperfRecords);
    check_requests(&records);
    assert_eq!(records.requests[0].start_s, Some(0.5));
    check(&records, &[("itl_ms.mean", 40.0), ("duration_s", 0.74)]);
}

#[test]
fn guidellm() {
    let first = read_results(&data("guidellm.json"), Some(1)).unwrap();
    assert_eq!(first.format, ResultsFormat::Guidellm);
    check(
        &first,
        &[
            ("e2e_ms.mean", 210.0),
            ("e2e_ms.p50", 200.0),
            ("tpot_ms.mean", 40.0),
            ("e2e_per_token_ms.mean", 84.0),
            ("ttft_ms.p99.9", 218.9),
            ("requests_per_s", 2.0),
            ("completed", 2.0),
            ("failed", 1.0),
            ("input_tokens", 30.0),
        ],
    );
    assert!(first.notices[0].contains("weighs each request by its tokens"), "{first:?}");
    let second = read_results(&data("guidellm.json"), Some(2)).unwrap();
    assert_eq!((second.requests.len(), second.notices.len()), (3, 0));
    check(&second, &[("e2e_per_token_ms.mean", 90.0), ("tpot_ms.mean", 40.0)]);
    assert_eq!(second.requests[0].start_s, Some(0.5));
}

#[test]
fn trtllm_bench() {
    let results = read("trtllm_bench.json");
    assert_eq!(results.format, ResultsFormat::TrtllmBench);
    check(
        &results,
        &[
            ("completed", 40.0),
            ("duration_s", 8.0),
            ("input_tokens", 5_130.0),
            ("e2e_ms.p99", 1500.0),
            ("ttft_ms.mean", 50.0),
            ("tpot_ms.p99", 18.0),
        ],
    );
}

#[test]
fn mlperf() {
    let results = read("mlperf_log_detail.txt");
    assert_eq!(results.format, ResultsFormat::Mlperf);
    check(
        &results,
        &[
            ("ttft_ms.p99", 1500.0),
            ("tpot_ms.p99", 25.5),
            ("output_tokens_per_s", 1234.5),
            ("completed", 128.0),
        ],
    );
    assert_eq!(results.notices.len(), 1);
}

#[test]
fn rows_of_requests() {
    for (name, format) in [
        ("requests.csv", ResultsFormat::RequestsCsv),
        ("requests.jsonl", ResultsFormat::RequestsJsonl),
    ] {
        let results = read(name);
        assert_eq!(results.format, format);
        check_requests(&results);
        // From 0 to 0.5 + 0.18 seconds.
        check(&results, &[("duration_s", 0.68), ("output_tokens_per_s", 5.0 / 0.68)]);
    }
}

#[test]
fn gzipped_files_are_read_alike() {
    for name in ["vllm_detailed.json", "sglang.jsonl", "requests.csv"] {
        let plain = std::fs::read(data(name)).unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut packed = flate2::write::GzEncoder::new(&file, flate2::Compression::fast());
        packed.write_all(&plain).unwrap();
        packed.finish().unwrap();
        let run = (name == "sglang.jsonl").then_some(2);
        let expect = read_results(&data(name), run).unwrap();
        assert_eq!(read_results(file.path(), run).unwrap(), expect);
    }
}

/// What reading `text` says, without the name of the file.
fn said(text: &str, run: Option<usize>) -> String {
    detect::read("file", text, run).unwrap_err().to_string()
}

fn changed(name: &str, from: &str, to: &str) -> String {
    let text = std::fs::read_to_string(data(name)).unwrap();
    assert!(text.contains(from), "{name} lacks {from}");
    text.replacen(from, to, 1)
}

#[test]
fn mistakes_are_told_with_their_place() {
    let vllm = |from: &str, to: &str| said(&changed("vllm_detailed.json", from, to), None);
    let summary = |from: &str, to: &str| said(&changed("vllm_summary.json", from, to), None);
    for (found, expect) in [
        (said("", None), "file: the file is empty"),
        (said("{\"a\": 1}", None), "no known format (found a)"),
        (said("[1, 2]", None), "expected an object"),
        (said("a,b\n1,2\n", None), "file:1:1: there is no column of the end-to-end latency"),
        (said("e2e_s,ttft_s\n", None), "a line of names and no request"),
        (said("e2e_s,ttft_s\n1.0,0.5\n1.0\n", None), "file:3:1: the row has 1 fields"),
        (said("e2e_s,ttft_s\n1.0,x\n", None), "file:2:1: `ttft_s` must be a number"),
        (said("e2e_s,ttft_s\n1.0,2\n", None), "file:2:1: the first token comes after 2 s"),
        (said("e2e_s,latency_ms\n1.0,2\n", None), "columns e2e_s and latency_ms all tell"),
        (said("arrival_ticks,e2e_ticks\n1,2\n", None), "the times are ticks"),
        (vllm("[10, 20, 7]", "[10, 20]"), "`input_lens` has 2 entries and `ttfts` 3"),
        (vllm("[3, 2, 0]", "[3, 3, 0]"), "`total_output_tokens` is 5, and the lists"),
        (vllm("\"completed\": 2", "\"completed\": 3"), "`completed` is 3, and the lists"),
        (vllm("[0.1, 0.2, 0.0]", "[0.1, 0.3, 0.0]"), "`mean_ttft_ms` is 150, and the mean"),
        (vllm("[0.04]", "[-0.04]"), "at `itls[1][0]`: expected a number that is not negative"),
        (vllm("\"duration\": 0.5", "\"duration\": \"x\""), "at `duration`: expected a number"),
        (vllm("\"duration\"", "\"durations\""), "there is no `duration`"),
        (vllm(", \"errors\"", "; \"errors\""), "file:7:"),
        (summary("\"p99_ttft_ms\": 130.0", "\"p99_ttft_ms\": 80.0"), "the ttft contradicts itself"),
        (summary("}", ""), "cut off here"),
        (said(&changed("guidellm.json", "", ""), None), "file: the file holds 2 runs"),
        (said(&changed("sglang.jsonl", "", ""), Some(3)), "runs 1 to 2, and number 3"),
        (said(&changed("aiperf.json", "\"ms\"", "\"km\""), None), "at `request_latency.unit`"),
        (
            said(&changed("aiperf_records.jsonl", "\"value\": 240.0", "\"value\": 140.0"), None),
            "file:2:1: at `metrics`: the first token comes after 0.2 s",
        ),
        (said(&changed("sglang.jsonl", "\"errors\": [\"\", \"\"]}", ""), Some(2)), "file:2:"),
        (
            said(&changed("mlperf_log_detail.txt", "\"key\": \"re", "\"kay\": \"re"), None),
            "file:2:",
        ),
        (said(":::MLLOG {\"key\": \"a\", \"value\": 1}", None), "the log has no result"),
    ] {
        assert!(found.contains(expect), "{found}\nlacks\n{expect}");
    }
}

/// Wherever a file is cut, the answer is an error or what is whole of it; nothing panics.
#[test]
fn cut_files_are_errors() {
    for name in ["vllm_summary.json", "aiperf.json", "guidellm.json", "trtllm_bench.json"] {
        let text = std::fs::read_to_string(data(name)).unwrap();
        let whole = text.trim_end().len();
        for end in (0..whole).step_by(7) {
            assert!(detect::read(name, &text[..end], Some(1)).is_err(), "{name} cut at {end}");
        }
    }
}
