//! Results of `bench serve`: one object with a list for each column, in seconds.

use serde_json::Value;

use super::{Client, MeasuredRequest, MeasuredRequests, Rows};
use crate::DatasetError;

/// Reads vLLM's and SGLang's detailed results.
pub(super) fn read(rows: Rows<'_>, whole: &Value) -> Result<MeasuredRequests, DatasetError> {
    let list = |key: &str| whole.get(key).and_then(Value::as_array);
    let needed = |key: &str| {
        list(key).ok_or_else(|| {
            rows.fault(format!("there is no list `{key}`: save the result with `--save-detailed`"))
        })
    };
    let (prompts, outputs) = (needed("input_lens")?, needed("output_lens")?);
    let (ttfts, itls) = (needed("ttfts")?, needed("itls")?);
    let (starts, errors) = (list("start_times"), list("errors"));
    let lengths = [outputs.len(), ttfts.len(), itls.len()];
    let more = [starts, errors].into_iter().flatten().map(Vec::len);
    if lengths.into_iter().chain(more).any(|len| len != prompts.len()) {
        return Err(rows.fault("its lists are of different lengths: the file is damaged"));
    }
    // Who sends everything at once needs no times.
    let at_once = whole.get("request_rate").is_some_and(|rate| rate.as_str() == Some("inf"))
        && whole.get("max_concurrency").is_none_or(Value::is_null);
    if starts.is_none() && !at_once {
        return Err(rows.fault(
            "it does not say when requests were sent (`start_times`); use a newer client, or a \
             table with `arrival_s`",
        ));
    }
    let is_sglang = whole.get("sharegpt_output_len").is_some() || whole.get("tag").is_some();
    let client = if is_sglang { Client::Sglang } else { Client::VllmBench };
    let mut found = MeasuredRequests { client, requests: Vec::new(), failed: 0 };
    for index in 0..prompts.len() {
        let failed = errors.is_some_and(|all| all[index].as_str().is_some_and(|of| !of.is_empty()));
        let seconds = |list: &[Value], key: &str| {
            list[index].as_f64().ok_or_else(|| {
                rows.fault(format!("`{key}[{index}]` must be a number; it is {}", list[index]))
            })
        };
        let tokens = |list: &[Value], key: &str| {
            let count = list[index].as_u64().and_then(|count| u32::try_from(count).ok());
            count.ok_or_else(|| {
                rows.fault(format!("`{key}[{index}]` must be a count; it is {}", list[index]))
            })
        };
        let output_tokens = tokens(outputs, "output_lens")?;
        if failed || output_tokens == 0 {
            found.failed += 1;
            continue;
        }
        let ttft_s = seconds(ttfts, "ttfts")?;
        let gaps = itls[index].as_array().into_iter().flatten();
        let gaps: Option<f64> = gaps.map(Value::as_f64).sum();
        let gaps = gaps.ok_or_else(|| rows.fault(format!("`itls[{index}]` must have numbers")))?;
        found.requests.push(MeasuredRequest {
            start_s: starts.map_or(Ok(0.0), |all| seconds(all, "start_times"))?,
            prompt_tokens: tokens(prompts, "input_lens")?,
            output_tokens,
            ttft_s,
            e2e_s: ttft_s + gaps,
        });
    }
    Ok(found)
}
