//! What `vllm bench serve` and SGLang's `bench_serving` have in common: keys such as
//! `mean_ttft_ms`, and lists with an entry for each request.

use super::node::Node;
use super::{MeasuredRequest, ResultsSummary, Statistics};
use crate::DatasetError;

/// How far a mean may be from that of the lists: requests that a client leaves out of one of them
/// shift it a little.
const MEAN_TOLERANCE: f64 = 0.02;

/// The statistics under keys such as `mean_ttft_ms`, `p99_ttft_ms`, `p99.9_ttft_ms`.
pub(super) fn statistics(
    root: &Node<'_>,
    metric: &str,
) -> Result<Option<Statistics>, DatasetError> {
    let mut found = Statistics {
        mean: root.number(&format!("mean_{metric}_ms"))?,
        std: root.number(&format!("std_{metric}_ms"))?,
        percentiles: Vec::new(),
    };
    let end = format!("_{metric}_ms");
    for (key, _) in root.value.as_object().into_iter().flatten() {
        let Some(percent) = key.strip_suffix(&end).and_then(|start| start.strip_prefix('p')) else {
            continue;
        };
        let percent = percent.parse().ok().filter(|percent| (0.0..=100.0).contains(percent));
        if let Some((percent, value)) = percent.zip(root.number(key)?) {
            found.percentiles.push((percent, value));
        }
    }
    if let Some(median) = root.number(&format!("median_{metric}_ms"))? {
        found.percentiles.retain(|(percent, _)| *percent != 50.0);
        found.percentiles.push((50.0, median));
    }
    in_order(root, metric, &mut found.percentiles)?;
    Ok((!found.is_empty()).then_some(found))
}

/// Sorts percentiles, which must not fall.
pub(super) fn in_order(
    root: &Node<'_>,
    metric: &str,
    percentiles: &mut [(f64, f64)],
) -> Result<(), DatasetError> {
    percentiles.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    for pair in percentiles.windows(2) {
        let ((low, below), (high, above)) = (pair[0], pair[1]);
        if below > above * (1.0 + 1e-9) {
            let what = format!(
                "the {metric} contradicts itself: percentile {low} is {below}, and {high}, which \
                 cannot be smaller, is {above}"
            );
            return Err(root.fault(&what));
        }
    }
    Ok(())
}

/// The requests of the lists that hold an entry for each; none where the file has no such lists.
pub(super) fn requests(root: &Node<'_>) -> Result<Vec<MeasuredRequest>, DatasetError> {
    let Some(ttfts) = root.list("ttfts")? else { return Ok(Vec::new()) };
    let count = ttfts.len();
    let column = |key: &str| -> Result<Option<Vec<Node<'_>>>, DatasetError> {
        let Some(list) = root.list(key)? else { return Ok(None) };
        if list.len() != count {
            let what = format!(
                "`{key}` has {} entries and `ttfts` {count}; each needs one for every request",
                list.len()
            );
            return Err(root.fault(&what));
        }
        Ok(Some(list))
    };
    let required = |key: &str| column(key)?.map_or_else(|| root.need(key).map(|_| Vec::new()), Ok);
    let (inputs, outputs) = (required("input_lens")?, required("output_lens")?);
    let (itls, latencies) = (column("itls")?, column("latencies")?);
    let (starts, errors) = (column("start_times")?, column("errors")?);
    let begin = match &starts {
        Some(starts) => earliest(starts)?,
        None => 0.0,
    };
    let mut requests = Vec::with_capacity(count);
    for (i, ttft) in ttfts.iter().enumerate() {
        let output_tokens = outputs[i].as_count()?;
        let itls_s = match &itls {
            Some(itls) => {
                itls[i].as_list()?.iter().map(Node::as_number).collect::<Result<Vec<_>, _>>()?
            }
            None => Vec::new(),
        };
        let failed = match &errors {
            Some(errors) => errors[i].value.as_str().is_some_and(|text| !text.is_empty()),
            None => output_tokens == 0,
        };
        let ttft_s = ttft.as_number()?;
        let start_s = starts.as_ref().map(|starts| starts[i].as_time()).transpose()?;
        let latency = latencies.as_ref().map(|all| all[i].as_number()).transpose()?;
        // A client takes the time when the last piece came for the end: the sum of all gaps.
        let by_gaps = || itls.as_ref().map(|_| ttft_s + itls_s.iter().sum::<f64>());
        let e2e_s = latency.or_else(by_gaps).filter(|_| !failed);
        if let Some(e2e) = e2e_s.filter(|e2e| *e2e < ttft_s * (1.0 - 1e-9)) {
            let what = format!("the request ends after {e2e} s, before its first token");
            return Err(ttft.fault(&what));
        }
        requests.push(MeasuredRequest {
            start_s: start_s.map(|start| start - begin),
            prompt_tokens: Some(inputs[i].as_count()?),
            output_tokens: Some(output_tokens),
            ttft_s: Some(ttft_s).filter(|_| !failed),
            e2e_s,
            itls_s,
            failed,
        });
    }
    Ok(requests)
}

fn earliest(times: &[Node<'_>]) -> Result<f64, DatasetError> {
    let mut first = f64::INFINITY;
    for time in times {
        first = first.min(time.as_time()?);
    }
    Ok(if first.is_finite() { first } else { 0.0 })
}

/// Refuses a summary that its own lists contradict, and fills it in from them.
pub(super) fn complete(
    root: &Node<'_>,
    summary: &mut ResultsSummary,
    requests: &[MeasuredRequest],
) -> Result<(), DatasetError> {
    if requests.is_empty() {
        return Ok(());
    }
    let listed = ResultsSummary::of_requests(requests);
    let counts = [
        ("completed", summary.completed, listed.completed),
        ("total_output_tokens", summary.output_tokens, listed.output_tokens),
    ];
    for (key, said, listed) in counts {
        if let Some((said, listed)) = said.zip(listed).filter(|(said, listed)| said != listed) {
            let what = format!("`{key}` is {said}, and the lists of requests give {listed}");
            return Err(root.fault(&what));
        }
    }
    let mean = |of: &Option<Statistics>| of.as_ref().and_then(|of| of.mean);
    if let Some((said, listed)) = mean(&summary.ttft_ms).zip(mean(&listed.ttft_ms))
        && (said - listed).abs() > MEAN_TOLERANCE * listed.max(said)
    {
        let what = format!("`mean_ttft_ms` is {said}, and the mean of `ttfts` is {listed} ms");
        return Err(root.fault(&what));
    }
    summary.fill_from(listed);
    Ok(())
}
