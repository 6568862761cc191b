use serde_json::json;

use super::source::Texts;
use super::*;

fn template(text: &str) -> Result<Template, RenderError> {
    let texts = Some(Texts { chat: text.to_owned(), tools: None });
    let special = vec![("bos_token".to_owned(), "<s>".to_owned())];
    Template::new(Found { name: "t".to_owned(), texts, special })
}

fn chat(value: &serde_json::Value) -> Chat {
    let messages = value["messages"].as_array().expect("messages");
    let messages = messages.iter().map(|message| message.as_object().expect("one").clone());
    let tools = Some(value["tools"].clone()).filter(|tools| !tools.is_null());
    let arguments = value["arguments"].as_object().cloned().unwrap_or_default();
    Chat { messages: messages.collect(), tools, arguments, add_generation_prompt: true }
}

fn hello() -> Chat {
    chat(&json!({"messages": [
        {"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello!"},
    ]}))
}

fn check(text: &str, chat: &Chat, expect: Result<&str, &str>) {
    let rendered = template(text).and_then(|template| template.render(chat));
    let expect = expect.map(str::to_owned).map_err(|error| RenderError(error.to_owned()));
    assert_eq!(rendered, expect, "{text}");
}

#[test]
fn templates_of_models_are_rendered_as_by_transformers() {
    let chatml = "{%- for message in messages %}\n    {%- if loop.first and message.role != \
                  'system' %}{{ raise_exception('no system') }}{% endif %}\n    {{- '<|im_start|>' \
                  + message['role'] + '\\n' + message['content'].strip() + '<|im_end|>' + '\\n' \
                  }}\n{%- endfor %}\n{% if add_generation_prompt %}\n<|im_start|>assistant\n{% \
                  endif %}\n";
    let expect = "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHello!<|im_end|>\n\
                  <|im_start|>assistant\n";
    check(chatml, &hello(), Ok(expect));
    check("{{ bos_token }}{{ messages | length }}{{ eos_token }}", &hello(), Ok("<s>2"));
    check(
        "{{ strftime_now('%d %b %Y, %-m %%') }}{{ messages and '' }}",
        &hello(),
        Ok("01 Jan 2026, 1 %"),
    );
    let kept = "{% for m in messages %}{% generation %}{{ m.role }}{% endgeneration %}{% break %}\
                {% endfor %}";
    check(kept, &hello(), Ok("system"));
}

#[test]
fn json_is_written_as_by_python() {
    let tools = json!([{"name": "f", "b": [1, 2.5], "a": {}, "ä": "<&\"\n"}]);
    let chat = chat(&json!({"messages": [{"role": "user", "content": ""}], "tools": tools}));
    let render = |filter: &str| {
        let template = template(&format!("{{# messages #}}{{{{ tools | {filter} }}}}"));
        template.and_then(|template| template.render(&chat)).unwrap_or_else(|error| error.0)
    };
    assert_eq!(render("tojson"), r#"[{"name": "f", "b": [1, 2.5], "a": {}, "ä": "<&\"\n"}]"#);
    let ascii = r#"[{"name":"f","b":[1,2.5],"a":{},"\u00e4":"<&\"\n"}]"#;
    assert_eq!(render("tojson(ensure_ascii=true, separators=(',', ':'))"), ascii);
    let indented = "[\n  {\n    \"a\": {},\n    \"b\": [\n      1,\n      2.5\n    ],\n    \
                    \"name\": \"f\",\n    \"ä\": \"<&\\\"\\n\"\n  }\n]";
    assert_eq!(render("tojson(indent=2, sort_keys=true)"), indented);
    assert!(render("tojson(width=2)").starts_with("t, line 1"), "{}", render("tojson(width=2)"));
}

#[test]
fn parts_go_to_the_templates_that_want_them() {
    let image = json!({"type": "image_url", "image_url": {"url": "x"}});
    let text = |text: &str| json!({"type": "text", "text": text});
    let chat = chat(&json!({"messages": [
        {"role": "system", "content": "S"},
        {"role": "user", "content": [text("a"), image, text("b")]},
    ]}));
    check("{% for m in messages %}{{ m.content }};{% endfor %}", &chat, Ok("S;a\nb;"));
    let walking = "{% for m in messages %}{% for p in m.content %}{% if p.type == 'text' %}\
                   {{ p.text }}{% else %}<image>{% endif %}{% endfor %};{% endfor %}";
    check(walking, &chat, Ok("S;a<image>b;"));
    assert_eq!(Template::None.render(&chat), Ok("S\na\nb".to_owned()));
}

#[test]
fn a_template_without_messages_takes_what_each_role_said() {
    check("{{system}}|{{user}}|{{assistant}}", &hello(), Ok("Be brief.|Hello!|"));
}

#[test]
fn a_request_has_arguments_of_its_own() {
    let chat = chat(&json!({"messages": [], "arguments": {"enable_thinking": false}}));
    let text = "{% if messages is defined and enable_thinking is false %}off{% endif %}";
    check(text, &chat, Ok("off"));
}

#[test]
fn what_is_wrong_is_said_with_its_line() {
    let expect = RenderError("t, line 2 (`{% if %}`): unexpected end of block".to_owned());
    assert_eq!(template("messages\n{% if %}\n{% endif %}").err(), Some(expect));
    let refused = "{% for m in messages %}\n{% if m.role == 'system' %}\n\
                   {{ raise_exception('System role not supported') }}{% endif %}{% endfor %}";
    let expect = "t, line 3 (`{{ raise_exception('System role not supported') }}{% endif %}{% \
                  endfor %}`): System role not supported";
    check(refused, &hello(), Err(expect));
    let date = "t, line 1 (`{{ strftime_now('%Q') }}{# messages #}`): strftime_now does not know \
                `%Q` of \"%Q\"";
    check("{{ strftime_now('%Q') }}{# messages #}", &hello(), Err(date));
}
