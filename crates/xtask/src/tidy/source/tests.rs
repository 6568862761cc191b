use super::*;

#[track_caller]
fn check(text: &str, code: &str) {
    let source = Source::new(text);
    assert_eq!(source.code, code);
    assert_eq!(source.unquoted.lines().count(), text.lines().count());
}

#[test]
fn comments_go() {
    check("a // b\nc", "a     \nc");
    check("a /* b /* c */ d */ e", "a                   e");
    check("a /* b\n*/ c", "a     \n   c");
    check("a /* never closed", "a                ");
    check("a / b", "a / b");
}

#[test]
fn strings_go() {
    check(r#"a("b // c", d)"#, "a(        , d)");
    check(r#"a("\"", b)"#, "a(    , b)");
    check(r##"a(r#"b"c"#, d)"##, "a(        , d)");
    check(r#"a(br"\", d)"#, "a(     , d)");
    check("a(\"never closed", "a(             ");
    check("r#type", "r#type");
}

#[test]
fn characters_go_and_lifetimes_stay() {
    check("f('\"', '\\'', 'x')", "f(   ,     ,    )");
    check("fn f<'a>(x: &'a str)", "fn f<'a>(x: &'a str)");
    check("'\\u{41}' + b'/'", "         + b   ");
    check("'é'+1", "   +1");
}

#[test]
fn comments_stay_in_the_unquoted_text() {
    assert_eq!(Source::new("f(\"a\") // b").unquoted, "f(   ) // b");
}

#[test]
fn test_files_are_known_by_their_place() {
    for path in ["crates/a/src/b/tests.rs", "crates/a/tests/c.rs", "crates/a/benches/d.rs"] {
        assert!(is_test_file(path), "{path}");
    }
    assert!(!is_test_file("crates/a/src/attests.rs"));
}
