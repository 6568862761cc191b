//! Wrong scenarios and what is said of them: line and column, message, label, help.

use miette::Diagnostic;

use crate::{Change, Format, Input, load};

fn explained(text: &str, format: Format, sets: &[&str]) -> String {
    let input = Input::Text { name: "test".to_owned(), text: text.to_owned(), format };
    let changes: Vec<Change> =
        sets.iter().map(|set| Change::assignment("--set", set).unwrap()).collect();
    let Err(problems) = load(&input, &changes) else { return "no problem".to_owned() };
    let lines = problems.iter().map(|shown| {
        let label = shown.labels().and_then(|mut labels| labels.next());
        let place = label.as_ref().and_then(|label| {
            let lines = shown.source_code()?.read_span(label.inner(), 0, 0).ok()?;
            Some(format!("{}:{} ", lines.line() + 1, lines.column() + 1))
        });
        let help = shown.help().map(|help| format!(" ({help})")).unwrap_or_default();
        let label = label.and_then(|label| label.label().map(|text| format!(" [{text}]")));
        format!("{}{shown}{}{help}", place.unwrap_or_default(), label.unwrap_or_default())
    });
    lines.collect::<Vec<_>>().join("\n")
}

const BASE: &str = "model = \"llama-3.1-8b\"\nhardware = \"h100-sxm\"\n";

#[track_caller]
fn check(text: &str, expect: &str) {
    let text = format!("{BASE}{text}");
    let found = explained(&text, Format::Toml, &[]);
    let matches = found.lines().count() == expect.lines().count()
        && found.lines().zip(expect.lines()).all(|(found, expect)| found.starts_with(expect));
    assert!(matches, "{text}\nfound:\n{found}\nexpected:\n{expect}");
}

#[test]
fn unknown_keys_are_found_with_the_nearest_known_one() {
    check(
        "[scheduler]\nmax_num_seq = 3",
        "4:1 unknown key `max_num_seq` in `[scheduler]` [did you mean `max_num_seqs`?] (its keys \
         are `kind`, `max_num_batched_tokens`",
    );
    check(
        "[scheduller]\n",
        "3:2 unknown section `scheduller` [did you mean `scheduler`?] (the sections are ",
    );
    check(
        "[cluster]\nmax_num_seqs = 3",
        "4:1 unknown key `max_num_seqs` in `[cluster]` [not a key of this section] \
         (`max_num_seqs` is a key of `[scheduler]`)",
    );
    check(
        "[workload.arrivals]\nkind = \"poisson\"\nrate = 8",
        "4:8 `[workload.arrivals]` has no `rate_per_s` [needs `rate_per_s`] (`rate_per_s`: Mean \
         requests per second.)\n5:1 \
         unknown key `rate` in `[workload.arrivals]` [did you mean `rate_per_s`?]",
    );
    check(
        "[step_time]\nall_reduce = \"ring\"",
        "4:1 unknown key `all_reduce` in `[step_time]` [not a key of this section] (it is a key of \
         `step_time.kind` = `roofline-layerwise`; its keys are `kind`",
    );
    check(
        "[step_time]\nkind = \"roofline-layerwise\"\n[step_time.gemm_efficiency_by_dtype]\n\
         fp9 = 0.5\ne4m3 = 0.5\nfp16 = \"half\"",
        "6:1 `gemm_efficiency_by_dtype` cannot be \"fp9\" [did you mean `fp8`?] (it is one of \
         `f32`\n7:1 `gemm_efficiency_by_dtype` cannot be \"e4m3\"\n8:8 `fp16` must be a number",
    );
    check(
        "[hardware_]\ncompute_flop = 1",
        "3:2 unknown section `hardware_` [did you mean `hardware`?]",
    );
}

#[test]
fn values_of_the_wrong_kind_are_found() {
    check(
        "[scheduler]\nmax_num_seqs = \"many\"",
        "4:16 `max_num_seqs` must be a whole number; found the text \"many\" [not a whole number]",
    );
    check(
        "[scheduler]\nmax_num_seqs = 2.5",
        "4:16 `max_num_seqs` must be a whole number; found 2.5",
    );
    check(
        "[scheduler]\nmax_num_seqs = 256.0",
        "4:16 `max_num_seqs` must be a whole number; found 256.0 [write it as `256`]",
    );
    check(
        "[scheduler]\nmax_num_seqs = -1",
        "4:16 `max_num_seqs` must lie between 0 and 4294967295; found -1 [out of range]",
    );
    check(
        "[scheduler]\nmax_num_seqs = 5_000_000_000",
        "4:16 `max_num_seqs` must lie between 0 and 4294967295; found 5000000000",
    );
    check(
        "[scheduler]\nenable_chunked_prefill = 1",
        "4:26 `enable_chunked_prefill` must be `true` or `false`; found 1",
    );
    check(
        "[scheduler]\nwatermark = \"low\"",
        "4:13 `watermark` must be a number; found the text \"low\"",
    );
    check("[scheduler]\nwatermark = nan", "4:13 a number must be finite; found NaN");
    check("[scheduler]\nwatermark = -inf", "4:13 a number must be finite; found -inf");
    check("[scheduler]\nwatermark = 1e999", "4:13 a number must be finite; found inf");
    check("slo = 3", "3:7 `slo` must be a table; found 3 [not a table]");
    check("workload = { classes = 3 }", "3:24 `classes` must be a list; found 3");
    check("workload = { classes = [3] }", "3:25 `classes[0]` must be a table; found 3");
    check("scheduler = [1]", "3:13 `scheduler` must be a table with a `kind`; found a list");
}

#[test]
fn words_and_quantities_are_checked() {
    check(
        "[scheduler]\npolicy = \"fifo\"",
        "4:10 `policy` cannot be \"fifo\" [not one of them] (it is one of `fcfs`, \
         `priority`, `sof`, `sif`, `stf`, `lif`, `lof`, `ltf`)",
    );
    check(
        "[scheduler]\nkind = \"vlm\"",
        "4:8 `kind` cannot be \"vlm\" [did you mean `vllm`?] (it is one of `vllm`, \
         `tensorrt-llm`, `static`, `in-flight`, `in-flight-one-prefill`, `disaggregated`, \
         `decode-prioritizing`, `prefill-prioritizing`, `hybrid`, `phase-batching`)",
    );
    check(
        "[workload]\narrivals = { rate_per_s = 1, kind = \"poison\" }",
        "4:37 `kind` cannot be \"poison\" [did you mean `poisson`?] (it is one of `poisson`, \
         `gamma`",
    );
    check(
        "[workload]\ninput_tokens = { tokens = 1 }",
        "4:16 `[workload.input_tokens]` has no `kind` [needs a `kind`] (the kinds are `fixed`",
    );
    check(
        "[scheduler]\nkv_cache_memory = \"80Gb\"",
        "4:19 `kv_cache_memory`: `Gb` is not a unit of a size in bytes; write it like \"80GiB\"",
    );
    check(
        "[scheduler]\nkv_cache_memory = -1",
        "4:19 `kv_cache_memory`: a size in bytes must be a finite number, zero or more",
    );
    let dtype = explained(
        "model = { name = \"llama-3.1-8b\", dtype = \"fp9\" }\nhardware = \"l4\"",
        Format::Toml,
        &[],
    );
    assert!(
        dtype.starts_with("1:42 `dtype` cannot be the text \"fp9\" [did you mean `fp8`?]"),
        "{dtype}"
    );
}

#[test]
fn names_that_the_catalog_lacks_are_found() {
    let found = explained("model = \"llama-3.1-9b\"\nhardware = \"h100-sxmm\"", Format::Toml, &[]);
    assert!(
        found.starts_with(
            "1:9 the catalog has no model named `llama-3.1-9b` [did you mean `llama-3.1-8b`?]"
        ),
        "{found}"
    );
    assert!(
        found.contains(
            "\n2:12 the catalog has no accelerator named `h100-sxmm` [did you mean `h100-sxm`?]"
        ),
        "{found}"
    );
    let found = explained("[scheduler]\nmax_num_seqs = 3", Format::Toml, &[]);
    let expect = "the scenario names no model (add `model = \"llama-3.1-8b\"` at the top, or give \
     `--model llama-3.1-8b`; `tokendrome models` lists the catalog)";
    assert!(found.starts_with(expect), "{found}");
    let found = explained("model = {}\nhardware = { memory = 3 }", Format::Toml, &[]);
    assert!(found.contains("`[model]` has no `name`"), "{found}");
    assert!(found.contains("`[hardware]` has no `name`"), "{found}");
    let found = explained("model = 3\nhardware = true", Format::Toml, &[]);
    assert!(found.contains("1:9 `model` must be a table; found 3"), "{found}");
}

#[test]
fn problems_of_flags_show_the_flag() {
    let found = |set: &str| explained(BASE, Format::Toml, &[set]);
    assert!(
        found("scheduler.max_num_seq=3")
            .starts_with("1:7 unknown key `max_num_seq` in `[scheduler]`")
    );
    assert!(
        found("scheduler.max_num_seqs=x")
            .starts_with("1:30 `max_num_seqs` must be a whole number; found the text \"x\"")
    );
    assert!(found("schedule.x=1").starts_with("1:7 unknown section `schedule`"));
    assert!(found("hardware=h100-sxmm").starts_with("1:16 the catalog has no accelerator"));
    assert!(found("scheduler=7").contains("`scheduler` must be a table with a `kind`; found 7"));
}

#[test]
fn several_problems_come_in_the_order_of_the_text() {
    check(
        "[scheduler]\nmax_num_seq = 1\nblock_size = \"x\"\n[slo]\nttft = 1",
        "4:1 unknown key `max_num_seq`\n5:14 `block_size` must be a whole number\n7:1 unknown key \
         `ttft`",
    );
}

#[test]
fn the_formats_have_the_same_places() {
    let json = "{\"model\": \"llama-3.1-8b\",\n \"hardware\": \"h100-sxm\",\n \"scheduler\": \
     {\"max_num_seq\": 3}}";
    let yaml = "model: llama-3.1-8b\nhardware: h100-sxm\nscheduler: {max_num_seq: 3}\n";
    for (text, format, place) in [(json, Format::Json, "3:16 "), (yaml, Format::Yaml, "3:13 ")] {
        let found = explained(text, format, &[]);
        assert!(found.starts_with(&format!("{place}unknown key `max_num_seq`")), "{found}");
    }
}
