use std::num::NonZeroUsize;

use serde_json::json;

use super::super::options::{TemplateChoice, Turns};
use super::*;

fn options() -> Options {
    Options {
        format: Format::Auto,
        tokenizer: "tokenizer.json".into(),
        chat_template: TemplateChoice::None,
        turns: Turns::First,
        answers: false,
        block_tokens: None,
        threads: NonZeroUsize::MIN,
    }
}

fn read_with(text: &str, options: &Options) -> Result<(Vec<Entry>, ChatFacts), String> {
    let mut facts = ChatFacts::default();
    match read(text.as_bytes(), options, &mut facts) {
        Ok(entries) => Ok((entries, facts)),
        Err(ReadError::Field(what)) => Err(what),
        Err(ReadError::Json(error)) => Err(error.to_string()),
    }
}

fn one(value: &Value) -> Entry {
    let (mut entries, _) = read_with(&value.to_string(), &options()).expect("an entry");
    assert_eq!(entries.len(), 1, "{value}");
    entries.remove(0)
}

/// The messages of a chat, as roles and contents.
fn said(entry: &Entry) -> Vec<(String, Value)> {
    let Prompt::Chat(chat) = &entry.prompt else { panic!("no chat: {entry:?}") };
    let pair = |message: &Object| {
        let role = message["role"].as_str().expect("a role");
        (role.to_owned(), message["content"].clone())
    };
    chat.messages.iter().map(pair).collect()
}

#[test]
fn requests_are_bare_or_in_an_envelope() {
    let hello = json!([{"role": "user", "content": "Hello!"}]);
    let bare = one(&json!({"custom_id": "1", "messages": hello, "max_tokens": 100}));
    assert_eq!(said(&bare), [("user".to_owned(), json!("Hello!"))]);
    assert_eq!((bare.max_tokens, bare.ignore_eos, bare.priority), (Some(100), false, None));
    let body = json!({"model": "m", "messages": hello, "max_tokens": 100, "temperature": 0});
    let full = json!({
        "custom_id": "1", "method": "POST", "url": "/v1/chat/completions", "body": body,
    });
    assert_eq!(one(&full), bare);
    let more = one(&json!({
        "messages": hello, "max_tokens": 9, "max_completion_tokens": 7, "priority": -1,
        "ignore_eos": true,
    }));
    assert_eq!((more.max_tokens, more.ignore_eos, more.priority), (Some(7), true, Some(-1)));
    assert_eq!(one(&json!({"prompt": "Once"})).prompt, Prompt::Text("Once".to_owned()));
    assert_eq!(one(&json!({"prompt": [5, 6]})).prompt, Prompt::Tokens(vec![5, 6]));
}

#[test]
fn contents_of_messages_are_text_or_parts() {
    let entry = json!({"messages": [
        {"role": "assistant", "content": null, "tool_calls": [
            {"function": {"name": "f", "arguments": "{\"a\": 1}"}},
            {"function": {"name": "g", "arguments": "no object"}},
        ]},
        {"role": "user", "content": [
            "a", {"type": "input_text", "text": "b"}, {"type": "image_url", "image_url": {}},
        ]},
    ], "n": 2});
    let (entries, facts) = read_with(&entry.to_string(), &options()).expect("an entry");
    assert_eq!((facts.other_parts, facts.several_answers), (1, 1));
    let text = |text: &str| json!({"type": "text", "text": text});
    let parts = json!([text("a"), text("b"), {"type": "image_url", "image_url": {}}]);
    let expect = [("assistant".to_owned(), json!("")), ("user".to_owned(), parts)];
    assert_eq!(said(&entries[0]), expect);
    let Prompt::Chat(chat) = &entries[0].prompt else { panic!("no chat") };
    let calls = &chat.messages[0]["tool_calls"];
    assert_eq!(calls[0]["function"]["arguments"], json!({"a": 1}));
    assert_eq!(calls[1]["function"]["arguments"], json!("no object"));
}

/// The turns of a conversation, as how much was said before and the answer.
fn turns(
    turns: Turns,
    answers: bool,
    conversation: &Value,
) -> (Vec<(usize, Option<String>)>, ChatFacts) {
    let options = Options { turns, answers, ..options() };
    let text = json!({"id": "x", "conversations": conversation}).to_string();
    let (entries, facts) = read_with(&text, &options).expect("a conversation");
    let turns = entries.iter().map(|entry| (said(entry).len(), entry.answer.clone()));
    (turns.collect(), facts)
}

#[test]
fn conversations_are_cut_into_turns() {
    let say = |from: &str, value: &str| json!({"from": from, "value": value});
    let long = json!([
        say("gpt", "lost"),
        say("system", "s"),
        say("human", "a"),
        say("gpt", "A"),
        say("human", "b"),
        say("gpt", "B"),
        say("human", "c"),
    ]);
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(turns(Turns::First, true, &long).0, [(2, some("A"))]);
    assert_eq!(turns(Turns::First, false, &long).0, [(2, None)]);
    assert_eq!(turns(Turns::Last, false, &long).0, [(6, None)]);
    let (all, facts) = turns(Turns::All, true, &long);
    assert_eq!(all, [(2, some("A")), (4, some("B"))]);
    assert_eq!((facts.without_answer, facts.without_question), (1, 0));
    let (none, facts) = turns(Turns::All, true, &json!([say("gpt", "A")]));
    assert_eq!((none, facts.without_question), (Vec::new(), 1));
    let roles = json!({"conversations": [{"role": "user", "content": "a"}], "system": "s"});
    assert_eq!(said(&one(&roles))[0], ("system".to_owned(), json!("s")));
}

fn check_fault(text: &str, options: &Options, expect: &str) {
    let found = read_with(text, options).expect_err("it is wrong");
    assert!(found.starts_with(expect), "{text}: {found}");
}

#[test]
fn a_fault_names_the_field() {
    let cases = [
        ("[1]", "an entry must be an object, `{...}`; found a list"),
        ("{}", "the entry has no `messages`, `body`, `prompt` or `conversations`; found nothing"),
        (
            r#"{"text": ""}"#,
            "the entry has no `messages`, `body`, `prompt` or `conversations`; found `text`",
        ),
        (r#"{"messages": []}"#, "`messages` is empty: there is nothing to answer"),
        (r#"{"body": {}}"#, "`body.messages` is missing: there is nothing to answer"),
        (r#"{"body": 1}"#, "`body` must be an object; found 1"),
        (r#"{"messages": "Hi"}"#, "`messages` must be a list; found \"Hi\""),
        (r#"{"messages": ["Hi"]}"#, "`messages[0]` must be an object; found \"Hi\""),
        (r#"{"messages": [{}]}"#, "`messages[0].role` is missing"),
        (
            r#"{"body": {"messages": [{"role": "user", "content": 5}]}}"#,
            "`body.messages[0].content` must be text or a list of parts; found 5",
        ),
        (
            r#"{"messages": [{"role": "user", "content": [{"type": "text"}]}]}"#,
            "`messages[0].content[0].text` must be text, since its type is \"text\"",
        ),
        (r#"{"prompt": "x", "max_tokens": 0}"#, "`max_tokens` must be a whole number from 1 to"),
        (r#"{"prompt": "x", "max_tokens": "9"}"#, "`max_tokens` must be a whole number from 1 to"),
        (r#"{"prompt": ["a", "b"]}"#, "`prompt` holds several prompts"),
        (r#"{"prompt": [-1]}"#, "`prompt[0]` must be the id of a token; found -1"),
        (r#"{"prompt": "x", "messages": [{}]}"#, "there are both `messages` and `prompt`"),
        (r#"{"url": "/v1/embeddings", "body": {}}"#, "`url` must be /v1/chat/completions or"),
        (r#"{"method": "GET", "body": {}}"#, "`method` must be \"POST\"; found \"GET\""),
        (r#"{"prompt": "x", "priority": 0.5}"#, "`priority` must be a whole number"),
        (r#"{"conversations": {}}"#, "`conversations` must be a list; found an object"),
        (
            r#"{"conversations": [{"from": "cat", "value": "meow"}]}"#,
            "`conversations[0].from` is unknown: \"cat\"; known are human, user, gpt",
        ),
        (r#"{"conversations": [{"from": "gpt"}]}"#, "`conversations[0].value` is missing"),
    ];
    for (text, expect) in cases {
        check_fault(text, &options(), expect);
    }
    let openai = Options { format: Format::Openai, ..options() };
    check_fault(r#"{"conversations": []}"#, &openai, "`messages` is missing");
    let sharegpt = Options { format: Format::Sharegpt, ..options() };
    check_fault(r#"{"prompt": "x"}"#, &sharegpt, "`conversations` is missing");
    let answers = Options { answers: true, ..options() };
    check_fault(r#"{"prompt": "x"}"#, &answers, "the entry does not tell how long its answer was");
}
