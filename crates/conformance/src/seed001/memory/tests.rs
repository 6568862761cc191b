use serde_json::{Value, json};

/// A request of 100 tokens and two outputs, and one of 50 and one that comes while it is served, of
/// a model with 7e9 parameters. `pools` says where.
fn memory(pools: &Value) -> Value {
    let mut params = json!({ "model": "llama2-7b", "rate": 1, "dur": 10, "warm": 0 });
    params.as_object_mut().unwrap().extend(pools.as_object().unwrap().clone());
    let names = ["peak_memory_gb", "p95_memory_gb", "p50_memory_gb", "mean_memory_gb"];
    let cells: serde_json::Map<String, Value> =
        names.iter().map(|name| ((*name).to_owned(), json!(0))).collect();
    let golden = json!({
        "runs": [{
            "name": "by_hand",
            "params": params,
            "results": { "memory": cells },
            "columns": ["id", "arrival", "input_len", "output_len", "prefill_end", "first_token",
                "completion"],
            "per_request": [[0, 0.0, 100, 2, 0, 0, 0], [1, 0.001, 50, 1, 0, 0, 0]],
        }],
    });
    let ours = crate::seed001::run(&golden.to_string()).unwrap();
    ours.json["runs"][0]["results"]["memory"].clone()
}

const GIB: f64 = (1_u64 << 30) as f64;
/// Of a token on one of one rank: two vectors of 4,096 bf16 in 32 layers.
const KV: f64 = 524_288.0;
/// Four hidden states and two intermediates of 11,008.
const ACTIVATIONS: f64 = 76_800.0;

/// Eleven events: two arrivals, two prompts cut into tokens, two computed, three decodes, two ends.
/// The first batch begins with the second of them, and the second when the last decode of the first
/// ends: one event knows neither, and each stands for five.
#[test]
fn the_batch_that_began_last_counts_until_the_next_begins() {
    let found = memory(&json!({ "xpu": "a100-80gb", "n": 1, "tp": 1 }));
    let of = |name: &str| found[name].as_f64().unwrap() * GIB - 14e9;
    let first = 102.0 * KV + 100.0 * ACTIVATIONS;
    let second = 51.0 * KV + 50.0 * ACTIVATIONS;
    let is = |found: f64, expect: f64| (found - expect).abs() < 1.0;
    assert!(is(of("peak_memory_gb"), first), "{found}");
    assert!(is(of("p95_memory_gb"), first), "{found}");
    assert!(is(of("p50_memory_gb"), second), "{found}");
    // What the original does not tell is not made up.
    assert_eq!(found["mean_memory_gb"], Value::Null);
}

#[test]
fn pools_count_together() {
    let found = memory(&json!({ "dis": ["a100-80gb", 2, 2, "h100-80gb", 1, 1] }));
    let peak = found["peak_memory_gb"].as_f64().unwrap() * GIB;
    // While the first is decoded nothing but the second prompt is in the pool of two ranks: its
    // batch is the last that began there.
    let prefill = 7e9 + (51.0 * KV + 50.0 * ACTIVATIONS) / 2.0;
    let decode = 14e9 + 102.0 * KV + 100.0 * ACTIVATIONS;
    assert!((peak - prefill - decode).abs() < 1.0, "{} {}", peak, prefill + decode);
}
