use super::*;

fn log(text: &str) -> Result<IterationLog, DatasetError> {
    read(file::lines_of("log".to_owned(), std::io::Cursor::new(text.to_owned())).unwrap())
}

fn said(text: &str) -> String {
    log(text).unwrap_err().to_string()
}

/// The times of an iteration, and what ran in it.
fn facts(of: &Iteration) -> (Option<u64>, f64, Option<u64>, u64, u64, u64) {
    let Iteration { number, elapsed_ms, context_requests, context_tokens, .. } = of.clone();
    let (requests, tokens) = (of.generation_requests, of.generation_tokens);
    (number, elapsed_ms, context_requests, context_tokens, requests, tokens)
}

// The lines are made up, in the forms of the engines.

const PRINTED: &str = "\
[11/02/2026-10:00:00] [TRT-LLM] [RANK 0] [I] some other line, iter or not
[11/02/2026-10:00:01] [TRT-LLM] [RANK 0] [I] iter = 4, global_rank = 0, rank = 0, \
currank_total_requests = 2/2, host_step_time = 50.5ms, prev_device_step_time = N/A, timestamp = \
2026-11-02 10:00:01, num_scheduled_requests: 3, states = {'num_ctx_requests': 2, \
'num_ctx_tokens': 900, 'num_generation_tokens': 1}
[11/02/2026-10:00:01] [TRT-LLM] [RANK 1] [I] iter = 4, global_rank = 1, rank = 1, \
host_step_time = 51.0ms, prev_device_step_time = N/A, num_scheduled_requests: 1, \
states = {'num_ctx_requests': 0, 'num_ctx_tokens': 0, 'num_generation_tokens': 1}
[11/02/2026-10:00:01] [TRT-LLM] [RANK 0] [I] iter = 5, global_rank = 0, rank = 0, \
host_step_time = 9.25ms, prev_device_step_time = 48.0ms, num_scheduled_requests: 3, \
states = {'num_ctx_requests': 0, 'num_ctx_tokens': 0, 'num_generation_tokens': 3}
[11/02/2026-10:00:01] [TRT-LLM] [RANK 0] [I] iter = 9, global_rank = 0, rank = 0, \
host_step_time = 9.0ms, prev_device_step_time = 8.5ms, num_scheduled_requests: 3, \
states = {'num_ctx_requests': 0, 'num_ctx_tokens': 0, 'num_generation_tokens': 6}
";

#[test]
fn trtllm_printed_lines() {
    let log = log(PRINTED).unwrap();
    let found: Vec<_> = log.iterations.iter().map(facts).collect();
    let first = (Some(4), 50.5, Some(2), 900, 1, 1);
    assert_eq!(found, [first, (Some(5), 9.25, Some(0), 0, 3, 3), (Some(9), 9.0, Some(0), 0, 3, 6)]);
    // The time on the accelerator stands in the next line, if that is of the next iteration.
    let device: Vec<_> = log.iterations.iter().map(|one| one.device_ms).collect();
    assert_eq!(device, [Some(48.0), None, None]);
    assert_eq!(log.notices, ["the log has lines of 2 ranks; those of rank 0 are read"]);
}

#[test]
fn trtllm_printed_lines_of_older_versions() {
    let line = "iter = 1, elapsed_time = 0.0125s, num_scheduled_requests: 2, states = \
                {'num_ctx_requests': 1, 'num_ctx_tokens': 64, 'num_generation_tokens': 1}";
    let log = log(line).unwrap();
    assert_eq!(facts(&log.iterations[0]), (Some(1), 12.5, Some(1), 64, 1, 1));
}

#[test]
fn trtllm_statistics_as_python_and_as_json() {
    let python = "{'cpuMemUsage': 0, 'iter': 3, 'iterLatencyMS': 7.5, 'kvCacheStats': None, \
                  'inflightBatchingStats': {'numScheduledRequests': 5, 'numContextRequests': 1, \
                  'numGenRequests': 4, 'numPausedRequests': 0, 'numCtxTokens': 128, \
                  'avgNumDecodedTokensPerIter': 0.0}, 'isPaused': False}";
    let json = python.replace('\'', "\"").replace("None", "null").replace("False", "false");
    let drafted = python.replace("PerIter': 0.0", "PerIter': 2.5");
    let log = log(&format!("{python}\n{json}\n{drafted}\n")).unwrap();
    let found: Vec<_> = log.iterations.iter().map(facts).collect();
    let plain = (Some(3), 7.5, Some(1), 128, 4, 4);
    assert_eq!(found, [plain, plain, (Some(3), 7.5, Some(1), 128, 4, 10)]);
}

#[test]
fn vllm_lines() {
    let text = "\
(EngineCore_DP1 pid=12) INFO 11-02 10:00:05 [core.py:359] Iteration(15): 2 context requests, \
7986 context tokens, 14 generation requests, 28 generation tokens, iteration elapsed time: \
1115.64 ms
(EngineCore_DP0 pid=11) INFO 11-02 10:00:05 [core.py:359] Iteration(15): 0 context requests, \
0 context tokens, 1 generation requests, 1 generation tokens, iteration elapsed time: 9.50 ms, \
GPU KV cache usage: 3%
(EngineCore_DP0 pid=11) INFO 11-02 10:00:06 [core.py:359] Iteration(16): 0 context requests, \
0 context tokens, 0 generation requests, 0 generation tokens, iteration elapsed time: 9.0 ms (dummy)
(APIServer pid=1) INFO 11-02 10:00:10 [loggers.py:127] Engine 000: Avg prompt throughput: 512.5 \
tokens/s, Avg generation throughput: 99.0 tokens/s, Running: 7 reqs, Waiting: 2 reqs, \
GPU KV cache usage: 12.5%, Prefix cache hit rate: 0.0%
";
    let log = log(text).unwrap();
    let found: Vec<_> = log.iterations.iter().map(facts).collect();
    let first = (Some(15), 1115.64, Some(2), 7986, 14, 28);
    assert_eq!(found, [first, (Some(15), 9.5, Some(0), 0, 1, 1)]);
    let interval = Interval {
        prompt_tokens_per_s: 512.5,
        generation_tokens_per_s: 99.0,
        running: 7,
        waiting: 2,
        kv_usage: Some(0.125),
    };
    assert_eq!(log.intervals, [interval]);
    assert!(log.notices[0].contains("2 data-parallel engines"), "{:?}", log.notices);
}

#[test]
fn rows_of_iterations() {
    let text = "iteration,time_ms,prefill_tokens,decode_requests\n0,12.5,512,0\n1,8,0,4\n";
    let found: Vec<_> = log(text).unwrap().iterations.iter().map(facts).collect();
    assert_eq!(found, [(Some(0), 12.5, None, 512, 0, 0), (Some(1), 8.0, None, 0, 4, 4)]);
    let text = "elapsed_us, num_ctx_requests, num_ctx_tokens, num_generation_requests, \
                num_generation_tokens, note\n 2500, 1, 64, 2, 6, made up\n";
    let log = log(text).unwrap();
    assert_eq!(facts(&log.iterations[0]), (None, 2.5, Some(1), 64, 2, 6));
}

#[test]
fn damaged_lines_are_told() {
    let printed = |from: &str, to: &str| said(&PRINTED.replacen(from, to, 1));
    let rows = "iteration,time_ms,prefill_tokens,decode_requests\n";
    for (found, expect) in [
        (said(""), "log: the file is empty"),
        (said("nothing of interest\n"), "log: no line tells of an iteration"),
        (said("iteration,time_ms,decode_requests\n0,1,2\n"), "no line tells of an iteration"),
        (printed("50.5ms", "50.5"), "log:2:1: `host_step_time` must be a time"),
        (printed("'num_ctx_tokens': 900, ", ""), "log:2:1: `states` has no `num_ctx_tokens`"),
        (printed("_requests: 3", "_requests: 1"), "log:2:1: 2 requests compute prompts"),
        (printed("_tokens': 1}", "_tokens': 1"), "log:2:1: the line is cut off"),
        (said(&format!("{rows}0,1,2\n")), "log:2:1: the row has 3 fields"),
        (said(&format!("{rows}0,-1,2,3\n")), "log:2:1: `time_ms` must be a number"),
        (said(&format!("{rows}0,1,x,3\n")), "log:2:1: `prefill_tokens` must be a whole number"),
        (said("{'iterLatencyMS': 1.0}"), "log:1:1: the statistics have no"),
        (said("Iteration(1): 2 context requests"), "log:1:1: the line does not end with"),
        (said("Avg prompt throughput: x tokens/s"), "log:1:1: `x` must be a number"),
    ] {
        assert!(found.contains(expect), "{found}\nlacks\n{expect}");
    }
}
