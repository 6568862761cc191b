use super::*;

/// Two requests, the second sent first.
fn two(client: Client) -> MeasuredRequests {
    let request = |start_s, prompt_tokens, output_tokens, ttft_s, e2e_s| MeasuredRequest {
        start_s,
        prompt_tokens,
        output_tokens,
        ttft_s,
        e2e_s,
    };
    let requests = vec![request(0.0, 7, 1, 0.125, 0.125), request(0.5, 100, 3, 0.25, 0.75)];
    MeasuredRequests { client, requests, failed: 1 }
}

#[test]
fn every_client_says_the_same() {
    let vllm = r#"{"backend": "vllm", "request_rate": 2.0, "mean_ttft_ms": 187.5,
        "input_lens": [100, 5, 7], "output_lens": [3, 0, 1], "ttfts": [0.25, 0.0, 0.125],
        "itls": [[0.25, 0.25], [], []], "start_times": [10.5, 10.6, 10.0],
        "generated_texts": ["a", "", "b"], "errors": ["", "no route", ""]}"#;
    assert_eq!(read("f", vllm).unwrap(), two(Client::VllmBench));
    let sglang = vllm.replace("\"backend\": \"vllm\"", "\"tag\": null, \"backend\": \"sglang\"");
    assert_eq!(read("f", &sglang).unwrap(), two(Client::Sglang));
    let line = |start: u64, isl: u32, osl: u32, ttft: &str, latency: &str| {
        format!(
            r#"{{"metadata": {{"request_start_ns": {start}}}, "error": null, "metrics": {{
            "input_sequence_length": {{"value": {isl}, "unit": "tokens"}},
            "output_sequence_length": {{"value": {osl}, "unit": "tokens"}},
            "time_to_first_token": {ttft}, "request_latency": {latency}}}}}"#
        )
        .replace('\n', " ")
    };
    let failed = r#"{"metadata": {"request_start_ns": 1}, "metrics": {}, "error": {"code": 499}}"#;
    let aiperf = [
        line(
            10_500_000_000,
            100,
            3,
            r#"{"value": 250, "unit": "ms"}"#,
            r#"{"value": 0.75, "unit": "s"}"#,
        ),
        failed.to_owned(),
        line(
            10_000_000_000,
            7,
            1,
            r#"{"value": 125000, "unit": "us"}"#,
            r#"{"value": 125000000, "unit": "ns"}"#,
        ),
    ]
    .join("\n");
    assert_eq!(read("f", &aiperf).unwrap(), two(Client::AiPerf));
    let guidellm = r#"{"metadata": {"version": 2}, "benchmarks": [{"requests": {
        "successful": [
            {"request_start_time": 10.5, "prompt_tokens": 100, "output_tokens": 3,
             "time_to_first_token_ms": 250, "request_latency": 0.75},
            {"start_time": 10.0, "prompt_tokens": 7, "output_tokens": 1,
             "time_to_first_token_ms": 125, "request_latency": 0.125}],
        "incomplete": [{}], "errored": []}}]}"#;
    assert_eq!(read("f", guidellm).unwrap(), two(Client::GuideLlm));
    let csv = "request_index,arrival_s,ttft_s,e2e_s,input_tokens,output_tokens,status\n\
               0,10.5,0.25,0.75,100,3,completed\n1,10.6,,,5,0,rejected\n\
               2,10.0,0.125,0.125,7,1,completed\n";
    assert_eq!(read("f", csv).unwrap(), two(Client::Table));
    let line = |arrival: u32, ttft: u32, latency: u32, prompt: u32, output: u32| {
        format!(
            "{{\"arrival_ms\": {arrival}, \"ttft_ms\": {ttft}, \"latency_ms\": {latency}, \
             \"prompt_tokens\": {prompt}, \"output_len\": {output}}}"
        )
    };
    let answered = [line(10_500, 250, 750, 100, 3), line(10_000, 125, 125, 7, 1)];
    let lines = answered.join("\n{\"valid\": 0}\n");
    assert_eq!(read("f", &lines).unwrap(), two(Client::Table));
}

#[test]
fn who_sends_all_at_once_needs_no_times() {
    let text = r#"{"request_rate": "inf", "max_concurrency": null, "input_lens": [4],
        "output_lens": [2], "ttfts": [0.5], "itls": [[0.25]]}"#;
    assert_eq!(read("f", text).unwrap().requests[0].start_s, 0.0);
    let paced = text.replace("\"inf\"", "3.0");
    let error = read("f", &paced).unwrap_err().to_string();
    assert!(error.contains("start_times"), "{error}");
}

#[test]
fn what_cannot_be_used_is_refused() {
    let check = |text: &str, expect: &str| {
        let error = read("f", text).expect_err(expect).to_string();
        assert!(error.starts_with("f"), "{error}");
        assert!(error.contains(expect), "{error}");
    };
    check("", "the file is empty");
    check("{\"benchmarks\": [", "not valid JSON");
    check("{\"benchmarks\": []}", "no benchmark");
    check("{\"benchmarks\": [{}, {}]}", "2 benchmarks");
    check("{\"benchmarks\": [{}]}", "requests.successful");
    check("{\"mean_ttft_ms\": 3, \"duration\": 2}", "--save-detailed");
    check("{\"request_latency\": {\"avg\": 3}}", "profile_export.jsonl");
    check("{\"performance\": {}, \"request_info\": {}}", "trtllm-bench");
    check("{\"ttfts\": [1]}", "`input_lens`");
    let lists = r#"{"request_rate": "inf", "input_lens": [4, 5], "output_lens": [2],
        "ttfts": [0.5], "itls": [[0.25]]}"#;
    check(lists, "different lengths");
    check("arrival_s,ttft_s\n1,2\n", "line 2: there is no number in `input_tokens`");
    check("a,b\n", "no request");
    let row = "arrival_s,ttft_s,e2e_s,input_tokens,output_tokens\n";
    check(&format!("{row}0,2.0,1.0,5,5\n"), "that cannot be");
    check(&format!("{row}0,1.0,2.0,0,5\n"), "that cannot be");
    check(&format!("{row}nan,1.0,2.0,5,5\n"), "that cannot be");
    check("{\"metadata\": {}, \"metrics\": {}}", "request_start_ns");
    check("{\"valid\": 0}\n{\"a\": ", "f:2:");
    check("[{\"arrival_s\": 1}]", "row 0");
    let failed = r#"{"metadata": {}, "metrics": {}, "error": {"code": 1}}"#;
    check(failed, "all of its 1 requests failed");
}
