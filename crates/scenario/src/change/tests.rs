use super::*;

#[test]
fn assignments_need_a_key_and_a_value() {
    let check = |text: &str, expect: &str| {
        assert_eq!(Change::assignment("--set", text).unwrap_err(), expect, "{text}");
    };
    check("scheduler.policy", "`scheduler.policy` has no `=`: write KEY=VALUE");
    check("=3", "`=3` has no key: write KEY=VALUE");
    check("a..b=3", "`a..b=3` has no key: write KEY=VALUE");
}

#[test]
fn values_are_toml_or_text() {
    let value = |text: &str| {
        let mut root = Table::default();
        let change = Change::assignment("--set", &format!("key={text}")).unwrap();
        change.apply(&mut root, &mut Sources::default()).unwrap();
        root.get("key").unwrap().to_json().to_string()
    };
    assert_eq!(value("64"), "64");
    assert_eq!(value("0.5"), "0.5");
    assert_eq!(value("true"), "true");
    assert_eq!(value("poisson"), "\"poisson\"");
    assert_eq!(value("80GiB"), "\"80GiB\"");
    assert_eq!(value("\"true\""), "\"true\"");
    assert_eq!(value("[1, 2]"), "[1,2]");
    assert_eq!(value("{ kind = \"fixed\", tokens = 3 }"), "{\"kind\":\"fixed\",\"tokens\":3}");
    assert_eq!(value(""), "\"\"");
    assert_eq!(value("a=b"), "\"a=b\"");
    assert_eq!(value("1\nmodel = 3"), "\"1\\nmodel = 3\"");
}
