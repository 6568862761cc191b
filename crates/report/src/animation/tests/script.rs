//! The page's script, run by Node.js: what it says of any moment, and that it plays.
//!
//! These tests look at nothing where there is no `node`: a build of the project needs none.

use std::process::{Command, Stdio};

use super::invariants::phase;
use super::*;

const MODEL: [&str; 2] = [include_str!("../page/model.js"), include_str!("../page/series.js")];

/// What a script prints; none if there is no Node.js.
#[track_caller]
fn printed(input: &serde_json::Value, parts: &[&str]) -> Option<String> {
    let script = format!("\"use strict\";\nconst input = {input};\n{}", parts.join("\n"));
    let mut node = Command::new("node");
    node.arg("-").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = node.spawn().ok()?;
    child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap())
}

fn input(animation: &Animation, report: &Report, times: &[u64]) -> serde_json::Value {
    let data: serde_json::Value = serde_json::from_str(&page::data(animation, report)).unwrap();
    serde_json::json!({ "data": data, "times": times })
}

/// A run at a moment, from everything that was seen, without any index.
fn plain(shown: &Shown, seen: &Witness, hands_over: bool, nanos: u64) -> String {
    let record = |index: u32| seen.records.iter().find(|record| record.index == index).unwrap();
    let order = shown.requests.iter().map(|one| record(one.index));
    let phases: Vec<u32> = order.map(|record| phase(record, nanos, hands_over)).collect();
    let phases_text: String = phases.iter().map(u32::to_string).collect();
    let numbers = |is_there: &dyn Fn(usize) -> bool, count: usize| -> String {
        let those: Vec<String> =
            (0..count).filter(|&at| is_there(at)).map(|at| at.to_string()).collect();
        those.join(",")
    };
    let present = numbers(&|at| (1..=4).contains(&phases[at]), phases.len());
    let mut steps: Vec<&Iteration> = seen.iterations.iter().collect();
    steps.sort_by_key(|one| (one.start, one.replica.0, one.number));
    let runs = |at: usize| steps[at].start.as_nanos() <= nanos && nanos < steps[at].end.as_nanos();
    let running = numbers(&runs, steps.len());
    let levels: Vec<String> = (1..=4)
        .map(|wanted| phases.iter().filter(|&&phase| phase == wanted).count().to_string())
        .collect();
    let starts = || steps.iter().map(|one| one.start.as_nanos());
    let previous = starts().filter(|&start| start < nanos).max().unwrap_or(0);
    let next = starts().filter(|&start| start > nanos).min().unwrap_or(shown.until);
    format!("{phases_text} {present} {running} {} {previous} {next}", levels.join(","))
}

#[test]
fn the_state_of_any_moment_is_that_of_the_run() {
    for scenario in of_every_kind() {
        let (animation, report, seen) = whole(&scenario);
        let hands_over = matches!(scenario.scheduler, SchedulerSpec::Disaggregated(_));
        let shown = &animation.shown;
        let json = input(&animation, &report, &[]);
        let quantum = json["data"]["quantum_ns"].as_u64().unwrap();
        let mut moments: Vec<u64> =
            shown.iterations.iter().flat_map(|s| [s.start, s.end]).collect();
        moments.extend(shown.requests.iter().flat_map(|one| {
            let later = [one.scheduled, one.prefilled, one.decode, one.end];
            [one.arrival].into_iter().chain(later.into_iter().flatten())
        }));
        let mut times: Vec<u64> =
            moments.iter().flat_map(|at| [at / quantum, at / quantum + 1]).collect();
        times.sort_unstable();
        times.dedup();
        times.retain(|&time| time * quantum <= shown.until);
        let mut parts = MODEL.to_vec();
        parts.push(include_str!("model.js"));
        let Some(text) = printed(&input(&animation, &report, &times), &parts) else { return };
        for (&time, line) in times.iter().zip(text.lines()) {
            let (state, moves) = line
                .rsplit_once(' ')
                .map(|(rest, next)| {
                    let (state, previous) = rest.rsplit_once(' ').unwrap();
                    (state, [previous, next].map(|text| text.parse::<u64>().unwrap() * quantum))
                })
                .unwrap();
            let line = format!("{state} {} {}", moves[0], moves[1]);
            assert_eq!(line, plain(shown, &seen, hands_over, time * quantum), "at {time}");
        }
        assert_eq!(text.lines().count(), times.len());
    }
}

#[test]
fn the_page_plays() {
    let mut runs: Vec<(Scenario, Window)> =
        of_every_kind().into_iter().map(|scenario| (scenario, Window::ALL)).collect();
    let seconds = |from, until| Window::new(TimeUnit::Second, from, until).unwrap();
    runs.push((serving(vllm(false), 70, 90), Window::ALL));
    runs.push((serving(vllm(true), 2, 90), seconds(Some(0.4), Some(0.9))));
    // It begins after the run's end.
    runs.push((serving(vllm(true), 2, 9), seconds(Some(1e3), None)));
    for (scenario, window) in runs {
        let (animation, report, _) = run(&scenario, window, NO_LIMITS);
        let parts: Vec<&str> = [include_str!("before_player.js")]
            .into_iter()
            .chain(page::SCRIPT)
            .chain([include_str!("after_player.js")])
            .collect();
        let Some(text) = printed(&input(&animation, &report, &[]), &parts) else { return };
        assert_eq!(text, "played\n");
    }
}
