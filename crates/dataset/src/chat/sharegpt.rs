//! Conversations of ShareGPT: lists of what people and models said, in turn.

use serde_json::Value;

use super::entry::{Chat, Entry, Fault, Object, Prompt, kind, take, tools};
use super::facts::ChatFacts;
use super::options::{Options, Turns};

/// Names of the list.
pub(super) const CONVERSATIONS: [&str; 2] = ["conversations", "conversation"];

/// Who speaks, in the datasets and in templates.
const ROLES: [(&str, &str); 16] = [
    ("human", "user"),
    ("user", "user"),
    ("gpt", "assistant"),
    ("assistant", "assistant"),
    ("model", "assistant"),
    ("chatgpt", "assistant"),
    ("bard", "assistant"),
    ("bing", "assistant"),
    ("claude", "assistant"),
    ("function_call", "assistant"),
    ("system", "system"),
    ("developer", "developer"),
    ("tool", "tool"),
    ("observation", "tool"),
    ("function_response", "tool"),
    ("function", "tool"),
];

/// What one of them said.
struct Said {
    role: &'static str,
    text: String,
}

pub(super) fn read(
    mut object: Object,
    options: &Options,
    facts: &mut ChatFacts,
) -> Result<Vec<Entry>, Fault> {
    let field = CONVERSATIONS.into_iter().find(|field| object.contains_key(*field));
    let field = field.ok_or("`conversations` is missing: there is nothing to answer")?;
    let said = match take(&mut object, field) {
        Some(Value::Array(list)) => said(list, field)?,
        other => {
            let found = other.as_ref().map_or_else(|| "null".to_owned(), kind);
            return Err(format!("`{field}` must be a list; found {found}"));
        }
    };
    let tools = tools(take(&mut object, "tools"), "tools")?;
    let system = match take(&mut object, "system") {
        None => String::new(),
        Some(Value::String(text)) => text,
        Some(other) => return Err(format!("`system` must be text; found {}", kind(&other))),
    };
    let mut said = without_answers_to_nothing(said);
    if !system.is_empty() {
        said.insert(0, Said { role: "system", text: system });
    }
    Ok(requests(&said, tools.as_ref(), options, facts))
}

fn said(list: Vec<Value>, field: &str) -> Result<Vec<Said>, Fault> {
    let one = |(i, mut said): (usize, Value)| {
        let path = format!("{field}[{i}]");
        let object = match &mut said {
            Value::Object(object) => object,
            other => return Err(format!("`{path}` must be an object; found {}", kind(other))),
        };
        let who = object.get("from").map(|who| ("from", who));
        let who = who.or_else(|| object.get("role").map(|who| ("role", who)));
        let (name, who) = who.ok_or_else(|| format!("`{path}.from` is missing: who says it?"))?;
        let role = role(who).ok_or_else(|| {
            let known: Vec<&str> = ROLES.iter().map(|(known, _)| *known).collect();
            let (found, known) = (kind(who), known.join(", "));
            format!("`{path}.{name}` is unknown: {found}; known are {known}")
        })?;
        let text = ["value", "content"].into_iter().find(|key| object.contains_key(*key));
        match text.and_then(|key| object.get_mut(key).map(|text| (key, text))) {
            Some((_, Value::String(text))) => Ok(Said { role, text: std::mem::take(text) }),
            Some((_, Value::Null)) => Ok(Said { role, text: String::new() }),
            Some((key, other)) => {
                Err(format!("`{path}.{key}` must be text; found {}", kind(other)))
            }
            None => Err(format!("`{path}.value` is missing: what was said?")),
        }
    };
    list.into_iter().enumerate().map(one).collect()
}

fn role(who: &Value) -> Option<&'static str> {
    let who = who.as_str()?;
    ROLES.iter().find(|(known, _)| who.eq_ignore_ascii_case(known)).map(|(_, role)| *role)
}

/// Many conversations are cut from longer ones and begin with an answer, which no template takes.
fn without_answers_to_nothing(said: Vec<Said>) -> Vec<Said> {
    let mut is_asked = false;
    let keep = |said: &Said| {
        is_asked |= said.role == "user";
        is_asked || matches!(said.role, "system" | "developer")
    };
    said.into_iter().filter(keep).collect()
}

/// The turns that are asked for: each is what was said up to its question.
fn requests(
    said: &[Said],
    tools: Option<&Value>,
    options: &Options,
    facts: &mut ChatFacts,
) -> Vec<Entry> {
    let mut turns: Vec<usize> =
        (0..said.len()).filter(|&i| said[i].role == "user" && !said[i].text.is_empty()).collect();
    if turns.is_empty() {
        facts.without_question += 1;
        return Vec::new();
    }
    match options.turns {
        Turns::First => turns.truncate(1),
        Turns::Last => turns = turns.split_off(turns.len() - 1),
        Turns::All => {}
    }
    let entry = |turn: usize| {
        let answer = said.get(turn + 1).filter(|next| next.role == "assistant");
        let answer = answer.filter(|answer| !answer.text.is_empty());
        if options.answers && answer.is_none() {
            facts.without_answer += 1;
            return None;
        }
        let messages = said[..=turn].iter().map(message).collect();
        let chat = Chat {
            messages,
            tools: tools.cloned(),
            arguments: Object::new(),
            add_generation_prompt: true,
        };
        Some(Entry {
            prompt: Prompt::Chat(chat),
            max_tokens: None,
            ignore_eos: false,
            priority: None,
            answer: answer.filter(|_| options.answers).map(|answer| answer.text.clone()),
        })
    };
    turns.into_iter().filter_map(entry).collect()
}

fn message(said: &Said) -> Object {
    let fields = [("role", Value::from(said.role)), ("content", Value::from(said.text.as_str()))];
    fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}
