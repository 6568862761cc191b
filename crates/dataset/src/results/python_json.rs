//! JSON as Python writes it: `NaN` and `Infinity` stand bare, and mean that there is no figure.

use std::borrow::Cow;

use serde_json::Value;

/// Parses one document. Bare `NaN`, `Infinity` and `-Infinity` are null.
pub(super) fn parse(text: &str) -> Result<Value, serde_json::Error> {
    match serde_json::from_str(text) {
        Ok(value) => Ok(value),
        Err(error) => match without_bare_words(text) {
            Cow::Owned(plain) => serde_json::from_str(&plain),
            Cow::Borrowed(_) => Err(error),
        },
    }
}

/// The text with null for each bare word, padded so that columns stay where they can.
fn without_bare_words(text: &str) -> Cow<'_, str> {
    const WORDS: [(&str, &str); 3] =
        [("-Infinity", "null     "), ("Infinity", "null    "), ("NaN", "null")];
    let mut plain = String::new();
    let (mut in_text, mut escaped, mut taken, mut at) = (false, false, 0, 0);
    let bytes = text.as_bytes();
    while at < bytes.len() {
        let byte = bytes[at];
        if in_text {
            (in_text, escaped) = (byte != b'"' || escaped, byte == b'\\' && !escaped);
        } else if byte == b'"' {
            in_text = true;
        } else if matches!(byte, b'-' | b'I' | b'N') {
            let rest = &text[at..];
            if let Some((word, null)) = WORDS.iter().find(|(word, _)| rest.starts_with(word)) {
                plain.push_str(&text[taken..at]);
                plain.push_str(null);
                at += word.len();
                taken = at;
                continue;
            }
        }
        at += 1;
    }
    if taken == 0 {
        return Cow::Borrowed(text);
    }
    plain.push_str(&text[taken..]);
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn bare_words_are_null_and_texts_stay() {
        for (text, expect) in [
            (
                r#"{"a": NaN, "b": [-Infinity, Infinity, -1.5]}"#,
                json!({"a": null,
                "b": [null, null, -1.5]}),
            ),
            (r#"{"a": "NaN \" Infinity", "b": NaN}"#, json!({"a": "NaN \" Infinity", "b": null})),
            (r#"{"a": "\\", "b": Infinity}"#, json!({"a": "\\", "b": null})),
        ] {
            assert_eq!(parse(text).unwrap(), expect, "{text}");
        }
    }

    #[test]
    fn what_is_no_json_stays_none() {
        for text in ["{\"a\": Nan}", "{\"a\": 1", "NaN NaN", "{\"a\": NaN"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
