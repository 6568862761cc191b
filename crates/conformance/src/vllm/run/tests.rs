use std::io;

use super::*;

/// Sequences of at most 64 tokens, which an iteration can take.
const SHORT: &str = "\"max_num_batched_tokens\": 64, \"max_model_len\": 64";

const COST: &str = "{\"base_ns\": 1, \"per_token_ns\": 0}";

/// A scenario with these requests, each with a prompt of so many tokens and so many output tokens.
fn scenario(config: &str, cost: &str, requests: &[(u64, u32, u32)]) -> Scenario {
    let request = |(i, &(arrival, prompt, output)): (usize, &(u64, u32, u32))| {
        format!(
            r#"{{"id": "r{i}", "arrival_ns": {arrival}, "max_tokens": {output},
               "segments": [[{i}, 0, {prompt}]], "out_stream": 9}}"#
        )
    };
    let requests: Vec<String> = requests.iter().enumerate().map(request).collect();
    let text = format!(
        r#"{{"name": "ü", "cost": {cost}, "config": {{{config}, "max_num_seqs": 8,
           "block_size": 16}}, "requests": [{}]}}"#,
        requests.join(",")
    );
    Scenario::parse(&text).unwrap()
}

fn lines(scenario: &Scenario) -> Vec<String> {
    let mut out = Vec::new();
    scenario.run(&mut out).unwrap();
    String::from_utf8(out).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn the_header_repeats_the_scenario_as_python_writes_it() {
    let config = format!("\"watermark\": 1e-5, {SHORT}, \"num_gpu_blocks\": 20");
    let scenario = scenario(&config, "{\"per_token_ns\": 1, \"base_ns\": 2}", &[(0, 1, 1)]);
    assert_eq!(
        lines(&scenario)[0],
        "{\"trace\":1,\"scenario\":\"\\u00fc\",\"vllm\":\"0.33.0\",\"config\":{\"watermark\":1e-05,\
         \"max_num_batched_tokens\":64,\"max_model_len\":64,\"num_gpu_blocks\":20,\
         \"max_num_seqs\":8,\"block_size\":16},\"cost\":{\"per_token_ns\":1,\"base_ns\":2},\
         \"requests\":1}"
    );
}

/// The example of the documentation.
#[test]
fn one_request_with_two_batches_in_flight() {
    let config = format!("{SHORT}, \"num_gpu_blocks\": 20, \"async_scheduling\": true");
    let cost = "{\"base_ns\": 5000000, \"per_token_ns\": 20000}";
    let scenario = scenario(&config, cost, &[(0, 40, 2)]);
    insta::assert_snapshot!(lines(&scenario)[1..].join("\n"));
}

#[test]
fn a_scheduler_that_can_go_no_further_ends_the_run() {
    // Both sequences fit alone. One is preempted, and has then become longer than the budget, over
    // which it may not be split.
    for (is_async, steps) in [(false, 21), (true, 71)] {
        let config = format!(
            "{SHORT}, \"num_gpu_blocks\": 6, \"enable_chunked_prefill\": false, \
             \"enable_prefix_caching\": false, \"max_num_scheduled_tokens\": 32, \
             \"async_scheduling\": {is_async}"
        );
        let scenario = scenario(&config, COST, &[(0, 16, 20), (0, 16, 20)]);
        let summary = scenario.run(&mut std::io::sink()).unwrap();
        assert_eq!(summary, Summary { steps, is_stuck: true }, "{:#?}", lines(&scenario));
        let last = lines(&scenario).pop().unwrap();
        assert!(last.contains("\"finished\":1,") && last.ends_with("\"stuck\":true}"), "{last}");
    }
}

#[test]
fn requests_that_preempt_each_other_for_ever_end_the_run() {
    // Both are equally urgent, so that the one admitted first gives way, and comes back at once.
    let config = "\"max_num_batched_tokens\": 256, \"max_model_len\": 256, \"num_gpu_blocks\": 12,\
                  \"policy\": \"priority\", \"long_prefill_token_threshold\": 32, \
                  \"scheduler_reserve_full_isl\": false, \"enable_prefix_caching\": false";
    let scenario = scenario(config, COST, &[(0, 112, 20), (0, 160, 2)]);
    let error = scenario.run(&mut std::io::sink()).unwrap_err();
    assert!(matches!(error, RunError::Livelock { .. }), "{error}");
    assert!(error.to_string().starts_with("requests preempt each other for ever"), "{error}");
}

#[test]
fn a_clock_that_overflows_is_told() {
    let most = u64::from(u32::MAX).div_ceil(256);
    for is_async in [false, true] {
        // One batch of 2^24 tokens takes 2^64 ns; of two with half of them, the second ends there.
        for (budget, step) in [(most, 0), (most / 2, 1)] {
            let config = format!(
                "\"max_num_batched_tokens\": {budget}, \"max_model_len\": {most}, \
                 \"num_gpu_blocks\": {most}, \"enable_prefix_caching\": false, \
                 \"async_scheduling\": {is_async}"
            );
            let cost = format!("{{\"base_ns\": {0}, \"per_token_ns\": {0}}}", 1_u64 << 40);
            let scenario = scenario(&config, &cost, &[(5, most as u32 - 1, 1)]);
            let error = scenario.run(&mut std::io::sink()).unwrap_err().to_string();
            assert_eq!(
                error,
                format!(
                    "the clock overflows in step {step}: 2^64 ns are 584 years; make its costs \
                     smaller"
                )
            );
        }
    }
}

#[test]
fn an_output_that_fails_ends_the_run() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let scenario = scenario(&format!("{SHORT}, \"num_gpu_blocks\": 20"), COST, &[(0, 1, 1)]);
    assert!(matches!(scenario.run(&mut Full), Err(RunError::Output(_))));
}
