use proptest::prelude::*;

use crate::{Change, Format, Input, load};

const FORMATS: [Format; 3] = [Format::Toml, Format::Json, Format::Yaml];

fn problem(text: &str, format: Format) -> String {
    let input = Input::Text { name: "test".to_owned(), text: text.to_owned(), format };
    load(&input, &[]).map_or_else(|problems| problems.to_string(), |_| "none".to_owned())
}

#[track_caller]
fn check(text: &str, format: Format, expect: &str) {
    let found = problem(text, format);
    assert!(found.starts_with(expect), "{text}\nfound: {found}\nexpected: {expect}");
}

#[test]
fn broken_text_is_refused_with_the_reason() {
    check("model = ", Format::Toml, "not valid TOML: ");
    check("model = 'a'\nmodel = 'b'", Format::Toml, "not valid TOML: duplicate key");
    check(
        "a = 99999999999999999999999999999999999999999999",
        Format::Toml,
        "the number is too large",
    );
    check("{\"model\": }", Format::Json, "not valid JSON: ");
    check("{\"a\": 1, \"a\": 2}", Format::Json, "the key `a` stands twice");
    check("{'a': 1}", Format::Json, "not valid JSON: ");
    check("a: [1", Format::Yaml, "not valid YAML: ");
    check("a: 1\na: 2", Format::Yaml, "not valid YAML: ");
}

#[test]
fn nothing_is_refused() {
    for format in FORMATS {
        check("", format, "the scenario is empty");
    }
    check("{}", Format::Json, "the scenario is empty");
    check("# only a comment", Format::Toml, "the scenario is empty");
    check("[1, 2]", Format::Json, "a scenario is a table of sections; found a list");
    check("just text", Format::Yaml, "a scenario is a table of sections; found the text");
}

#[test]
fn depth_is_limited() {
    for format in FORMATS {
        let (open, close) = if format == Format::Toml { ("a = ", "") } else { ("", "") };
        let deep = format!("{open}{}{}{close}", "[".repeat(100_000), "]".repeat(100_000));
        assert_ne!(problem(&deep, format), "none");
    }
    let tables = format!("{}1{}", "{\"a\":".repeat(50_000), "}".repeat(50_000));
    check(&tables, Format::Json, "brackets nest deeper than 64");
    let dotted = format!("{}a = 1", "a.".repeat(50_000));
    assert_ne!(problem(&dotted, Format::Toml), "none");
    let flow = format!("a: {}", "- ".repeat(50_000));
    assert_ne!(problem(&flow, Format::Yaml), "none");
}

/// Words, signs and numbers that make texts which come far.
fn text() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "model",
        "hardware",
        "scheduler",
        "workload",
        "arrivals",
        "kind",
        "name",
        "\"llama-3.1-8b\"",
        "\"h100-sxm\"",
        "\"poisson\"",
        "=",
        "=",
        ":",
        "{",
        "}",
        "[",
        "]",
        "[[",
        "]]",
        ",",
        "\n",
        "\n",
        ".",
        "1",
        "-1",
        "0.5",
        "1e400",
        "nan",
        "99999999999999999999",
        "true",
        "null",
        "\"80Gb\"",
        "trace",
        "path",
        "classes",
        "input_len_dist",
        "type",
        "mean",
        "arrival_pattern",
        "config",
        "bytes_per_param",
        "- ",
        "  ",
        "\"",
        "'",
        "#",
        "\u{fffd}",
        "&a",
        "*a",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn arbitrary_text_never_panics(text in text(), noise in "\\PC{0,40}") {
        for format in FORMATS {
            problem(&text, format);
            problem(&noise, format);
        }
    }

    #[test]
    fn arbitrary_changes_never_panic(
        path in "(model|hardware|scheduler|workload|slo)(\\.(name|kind|arrivals|classes|0|x)){0,4}",
        value in "\\PC{0,20}",
    ) {
        let text = "model = \"llama-3.1-8b\"\nhardware = \"h100-sxm\"\n".to_owned();
        let input = Input::Text { name: "test".to_owned(), text, format: Format::Toml };
        if let Ok(change) = Change::assignment("--set", &format!("{path}={value}")) {
            let _ = load(&input, &[change]).map_err(|problems| problems.iter().count());
        }
    }
}
