//! What a crate may speak of: the kernel knows no word of LLM serving, `sched` no duration.

use super::Finding;
use super::repo::{File, Repo};
use super::source::{Source, is_test_file, is_word, numbered};

/// Words of LLM serving that the kernel has no use for, in the singular.
const SERVING: &[&str] = &[
    "token",
    "prompt",
    "prefill",
    "decode",
    "batch",
    "kv",
    "kvcache",
    "preemption",
    "ttft",
    "tpot",
    "itl",
    "gpu",
    "lora",
    "attention",
];

/// Names of time that `sched` must not compute with.
const STEP_TIME: &[&str] =
    &["SimDuration", "StepTime", "step_time", "step_times", "tokendrome_steptime"];

pub(super) fn check(repo: &Repo) -> Vec<Finding> {
    let mut found = Vec::new();
    for package in &repo.workspace.packages {
        let rule = match package.name.as_str() {
            "tokendrome-kernel" => kernel,
            "tokendrome-sched" => sched,
            _ => continue,
        };
        found.extend(repo.sources(package).flat_map(rule));
    }
    found
}

/// Comments and strings count: what the kernel explains in serving words, it knows.
fn kernel(file: &File) -> Vec<Finding> {
    let remedy = "say it in words of events and time, or move it to the crate that it is about";
    in_lines(file, &file.text, remedy, |name| {
        words(name).into_iter().find(|word| {
            let singular = word.strip_suffix('s').unwrap_or(word);
            [word.as_str(), singular, word.strip_suffix("es").unwrap_or(word)]
                .iter()
                .any(|form| SERVING.contains(form))
        })
    })
}

fn sched(file: &File) -> Vec<Finding> {
    if is_test_file(&file.path) {
        return Vec::new();
    }
    let remedy = "let the scheduler say what runs; `steptime` says how long it takes";
    in_lines(file, &Source::new(&file.text).engine_code(), remedy, |name| {
        STEP_TIME.contains(&name).then(|| name.to_owned())
    })
}

fn in_lines(
    file: &File,
    text: &str,
    remedy: &str,
    mut foreign: impl FnMut(&str) -> Option<String>,
) -> Vec<Finding> {
    let mut found = Vec::new();
    for (number, line) in numbered(text) {
        for name in line.split(|c| !is_word(c)) {
            if let Some(word) = foreign(name) {
                let what = format!("`{word}` is no word of this crate");
                found.push(Finding::new(&file.path, number, what, remedy));
            }
        }
    }
    found
}

/// The words of a name in `snake_case`, `CamelCase` or `SCREAMING_CASE`, in small letters.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut after_small = false;
    for c in name.chars() {
        if c == '_' || (c.is_uppercase() && after_small) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c != '_') {
            word.extend(c.to_lowercase());
        }
        after_small = c.is_lowercase() || c.is_numeric();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_in(name: &str, text: &str, expect: &[&str]) {
        let path = format!("crates/{name}/src/a.rs");
        let package = format!("tokendrome-{name}");
        let found = check(&Repo::of(&[(&path, text)]).with(&package, &[], &[]));
        let shown: Vec<_> = found.iter().map(|f| format!("{}: {}", f.line, f.what)).collect();
        assert_eq!(shown, expect);
    }

    #[test]
    fn words_of_a_name() {
        assert_eq!(words("MaxBatchSize"), ["max", "batch", "size"]);
        assert_eq!(words("KV_BYTES"), ["kv", "bytes"]);
        assert_eq!(words("kv_tokens"), ["kv", "tokens"]);
    }

    #[test]
    fn the_kernel_speaks_of_no_serving() {
        check_in("kernel", "fn f(batch_size: u32) {}", &["1: `batch` is no word of this crate"]);
        check_in("kernel", "\n/// When prefills end.", &["2: `prefills` is no word of this crate"]);
        check_in("kernel", "use a::Tokens;", &["1: `tokens` is no word of this crate"]);
        check_in("kernel", "let batches = 1;", &["1: `batches` is no word of this crate"]);
        check_in("kernel", "/// Knows nothing of LLMs.\nfn events() {}", &[]);
        check_in("kv", "fn f(batch_size: u32) {}", &[]);
    }

    #[test]
    fn the_scheduler_computes_no_time() {
        let expect = ["1: `SimDuration` is no word of this crate"];
        check_in("sched", "fn f(d: SimDuration) {}", &expect);
        check_in("sched", "// SimDuration\n#[cfg(test)] use a::SimDuration;", &[]);
        check_in("kv", "fn f(d: SimDuration) {}", &[]);
    }
}
