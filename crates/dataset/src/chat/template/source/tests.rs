use super::*;

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        fs::write(folder.path().join(name), text).expect("a file");
    }
    folder
}

/// What is found in a folder of files; the template itself, that for tools, and special tokens.
fn check(files: &[(&str, &str)], choice: Option<&str>, expect: Result<(&str, usize), &str>) {
    let folder = folder(files);
    let at = |name: &str| folder.path().join(name).display().to_string();
    let choice = match choice {
        None => TemplateChoice::Beside,
        Some("None") => TemplateChoice::None,
        Some(text) if text.contains('{') => TemplateChoice::Inline(text.to_owned()),
        Some(name) => TemplateChoice::File(at(name).into()),
    };
    let tokenizer = folder.path().join("tokenizer.json");
    let found = find(&choice, &tokenizer);
    let there =
        files.iter().filter(|(name, _)| !matches!(choice, TemplateChoice::None) || *name == "-");
    assert_eq!(super::files(&choice, &tokenizer).len(), there.count());
    let found = found.map(|found| {
        let text = found.texts.map_or_else(|| "-".to_owned(), |texts| texts.chat);
        (text, found.special.len())
    });
    let found = found.map_err(|error| error.to_string().replace(&at(""), ""));
    let expect = expect.map(|(text, special)| (text.to_owned(), special));
    assert_eq!(found, expect.map_err(str::to_owned), "{choice:?}");
}

#[test]
fn a_template_lies_beside_the_tokenizer_or_is_given() {
    const CONFIG_TEXT: &str = r#"{
        "chat_template": "of config", "bos_token": "<s>", "eos_token": {"content": "</s>"}
    }"#;
    let config = ("tokenizer_config.json", CONFIG_TEXT);
    let jinja = ("chat_template.jinja", "of jinja");
    check(&[config], None, Ok(("of config", 2)));
    check(&[config, jinja], None, Ok(("of jinja", 2)));
    check(&[jinja], None, Ok(("of jinja", 0)));
    check(&[config, ("own.jinja", "own")], Some("own.jinja"), Ok(("own", 2)));
    check(&[config], Some("tokenizer_config.json"), Ok(("of config", 2)));
    check(&[config], Some("None"), Ok(("-", 0)));
    check(&[config], Some(r"{{ user }}\n{{ 'a\n' }}\n"), Ok(("{{ user }}\n{{ 'a\\n' }}\n", 2)));
    let named = r#"{"chat_template": [{"name": "tool_use", "template": "t"},
        {"name": "default", "template": "d"}]}"#;
    check(&[("tokenizer_config.json", named)], None, Ok(("d", 0)));
}

#[test]
fn what_is_no_template_is_refused() {
    let beside = "tokenizer.json: no chat template lies beside the tokenizer \
                  (chat_template.jinja, or tokenizer_config.json with a `chat_template`); name \
                  one (`--chat-template FILE`), or give None to put messages one after the other";
    check(&[], None, Err(beside));
    check(&[("tokenizer_config.json", "{}")], None, Err(beside));
    let missing = "chatml: no such file; give the file of a chat template, a template itself \
                   (with {{ }} or {% %}), or None to put messages one after the other";
    check(&[], Some("chatml"), Err(missing));
    let none = "c.json: there is no `chat_template` in it; the model has no chat template, or it \
                lies in a file of its own (chat_template.jinja)";
    check(&[("c.json", "{}")], Some("c.json"), Err(none));
    let number = "c.json: `chat_template` must be text, or a list of named templates";
    check(&[("c.json", r#"{"chat_template": 1}"#)], Some("c.json"), Err(number));
    let text = "c.json: this is no JSON: expected value at line 1 column 1";
    check(&[("c.json", "hello")], Some("c.json"), Err(text));
}

#[test]
fn generation_tags_become_blocks_that_are_taken() {
    let text = "a{% generation %}b{%- endgeneration -%}{# generation #}generation";
    let expect = "a{% if true %}b{%- endif -%}{# generation #}generation";
    assert_eq!(without_generation_tags(text), expect);
    let text = "{{ generation }}{{ broken";
    assert_eq!(without_generation_tags(text), text);
}
