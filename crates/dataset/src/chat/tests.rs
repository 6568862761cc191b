use std::fmt::Write;
use std::fs;
use std::io::Write as _;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;

use tokendrome_workload::TraceRow;

use super::*;

/// A tokenizer for which each word of a few is a token.
const TOKENIZER: &str = r#"{"version": "1.0",
    "truncation": {"direction": "Right", "max_length": 3, "strategy": "LongestFirst", "stride": 0},
    "pre_tokenizer": {"type": "WhitespaceSplit"},
    "model": {"type": "WordLevel", "unk_token": "?",
        "vocab": {"?": 0, "a": 1, "b": 2, "c": 3, "d": 4}}}"#;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        let folder = Self(tempfile::tempdir().expect("a folder"));
        folder.write("tokenizer.json", TOKENIZER);
        folder
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, text).expect("a file");
        path
    }

    fn options(&self, threads: usize) -> Options {
        Options {
            format: Format::Auto,
            tokenizer: self.0.path().join("tokenizer.json"),
            chat_template: TemplateChoice::None,
            turns: Turns::First,
            answers: false,
            block_tokens: NonZeroU32::new(2),
            threads: NonZeroUsize::new(threads).expect("a thread"),
        }
    }
}

fn inline(text: &str) -> TemplateChoice {
    TemplateChoice::Inline(text.to_owned())
}

type Read = (Vec<TraceRow>, Option<String>);

/// Rows up to the first error, and that.
fn read(text: &str, options: &Options) -> Read {
    let bytes = text.as_bytes().to_vec();
    let chats = match from_reader("d", std::io::Cursor::new(bytes), options) {
        Ok(chats) => chats,
        Err(error) => return (Vec::new(), Some(error.to_string())),
    };
    let (mut rows, mut fault) = (Vec::new(), None);
    for row in chats {
        match row {
            Ok(row) => rows.push(row),
            Err(error) => fault = Some(error.to_string()),
        }
    }
    (rows, fault)
}

fn line(text: &str) -> String {
    format!("{{\"messages\": [{{\"role\": \"user\", \"content\": \"{text}\"}}]}}\n")
}

#[test]
fn prompts_become_rows_with_what_they_share() {
    let folder = Folder::new();
    let text = ["a b c d a", "a b c d b", "a c"].map(line).concat();
    let (rows, fault) = read(&text, &folder.options(2));
    assert_eq!(fault, None);
    let tokens: Vec<u32> = rows.iter().map(|row| row.input_tokens).collect();
    // The tokenizer cuts after three tokens, and an engine does not.
    assert_eq!(tokens, [5, 5, 2]);
    assert_eq!(rows.iter().map(|row| row.index).collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!((rows[0].hash_ids.len(), &rows[0].hash_ids), (2, &rows[1].hash_ids));
    assert_ne!(rows[2].hash_ids, rows[0].hash_ids[..1]);
}

#[test]
fn answers_tell_the_lengths_of_outputs_where_they_are_wanted() {
    let folder = Folder::new();
    let text = r#"[{"conversations": [{"from": "human", "value": "a b"}, {"from": "gpt", "value":
        "a a a a"}]}, {"conversations": [{"from": "human", "value": "a"}]}]"#;
    let outputs = |answers: bool| {
        let (rows, fault) = read(text, &Options { answers, ..folder.options(1) });
        assert_eq!(fault, None);
        rows.iter().map(|row| row.output_tokens).collect::<Vec<u32>>()
    };
    assert_eq!(outputs(true), [4]);
    assert_eq!(outputs(false), [0, 0]);
    let to_limit = r#"{"prompt": "a", "max_tokens": 7, "ignore_eos": true}"#;
    assert_eq!(read(to_limit, &folder.options(1)).0[0].output_tokens, 7);
}

#[test]
fn rows_do_not_depend_on_the_threads() {
    let folder = Folder::new();
    let mut text = String::new();
    for i in 0..20_000_u32 {
        let words: Vec<&str> =
            (0..i % 17 + 1).map(|j| ["a", "b", "c", "d"][(i / (j + 1) % 4) as usize]).collect();
        text.push_str(&line(&words.join(" ")));
    }
    let one = read(&text, &folder.options(1));
    assert_eq!((one.0.len(), &one.1), (20_000, &None));
    for threads in [2, 3, 8] {
        assert_eq!(read(&text, &folder.options(threads)), one, "{threads} threads");
    }
    // The error of a line comes after the rows before it, and nothing after it.
    let at = text.match_indices('\n').nth(15_000).map(|(at, _)| at).expect("a line") + 1;
    text.insert_str(at, "{\"messages\": [{\"role\": \"user\"}, 7]}\n");
    for threads in [1, 3] {
        let (rows, fault) = read(&text, &folder.options(threads));
        assert_eq!(rows.len(), 15_001);
        let expect = "d:15002:1: `messages[1]` must be an object; found 7";
        assert_eq!(fault.as_deref(), Some(expect), "{threads} threads");
    }
}

#[test]
fn the_rows_of_a_shared_dataset_are_read_once() {
    let folder = Folder::new();
    let text: String = (0..2_000).map(|i| line(if i % 3 == 0 { "a b" } else { "c" })).collect();
    let (expect, _) = read(&text, &folder.options(1));
    let chats = from_reader("d", std::io::Cursor::new(text.into_bytes()), &folder.options(2));
    let shared = SharedChats::new(chats.expect("a dataset"));
    let part: Vec<_> = shared.rows().take(300).collect();
    assert!(shared.notices().facts().requests >= 300);
    assert_eq!(part.len(), 300);
    for _ in 0..2 {
        let rows: Result<Vec<TraceRow>, _> = shared.rows().collect();
        assert_eq!(rows.as_ref(), Ok(&expect));
    }
    assert_eq!(shared.notices().facts().requests, 2_000);
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let folder = Folder::new();
    let options = folder.options(1);
    let check = |text: &str, options: &Options, expect: &str| {
        let fault = read(text, options).1.unwrap_or_default();
        assert!(fault.starts_with(expect), "{text}: {fault}");
    };
    check("", &options, "d: the file is empty");
    check("[]", &options, "d: the dataset has no requests");
    check(
        "{\"prompt\": \"a\"}\n{\"prompt\": a}",
        &options,
        "d:2:12: this is no JSON: expected value",
    );
    check("{\n  \"prompt\": \"a\"\n}", &options, "d:1:1: the entry is cut off (EOF while parsing");
    check("[{\n \"prompt\" \"a\"}]", &options, "d:2:11: this is no JSON: expected `:`");
    check(&line(""), &options, "d:1:1: the prompt is empty: it has no tokens");
    check("{\"prompt\": \"\u{1f}\"}", &options, "d:1:13: this is no JSON: control character");
    let refusing = Options {
        chat_template: inline("{% if messages %}{{ raise_exception('no') }}{% endif %}"),
        ..options.clone()
    };
    let expect = "d:1:1: the chat template, line 1 (`{% if messages %}{{ raise_exception('no') }}";
    check(&line("a"), &refusing, expect);
    let broken = Options { chat_template: inline("{% if messages %}"), ..options.clone() };
    check(
        &line("a"),
        &broken,
        "d: the chat template, line 1 (`{% if messages %}`): unexpected end of input",
    );
    let bad = folder.write("bad.json", "{\"chat_template\": \"\"}");
    let bad = Options { tokenizer: bad.clone(), ..options };
    let expect = format!("{}: this is no tokenizer of Hugging Face", bad.tokenizer.display());
    check(&line("a"), &bad, &expect);
}

#[test]
fn a_gzipped_dataset_is_read_as_it_is() {
    let folder = Folder::new();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(line("a b").as_bytes()).expect("in memory");
    let path = folder.0.path().join("d.jsonl.gz");
    fs::write(&path, packed.finish().expect("in memory")).expect("a file");
    let chats = open(&path, &folder.options(1)).expect("a dataset");
    assert_eq!(chats.count(), 1);
}

#[test]
fn notices_count_what_is_out_of_the_ordinary() {
    let folder = Folder::new();
    let mut text = String::new();
    for _ in 0..2 {
        let messages =
            r#"[{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]"#;
        writeln!(text, r#"{{"messages": {messages}, "tools": [{{"name": "f"}}]}}"#)
            .expect("memory");
    }
    let chats = from_reader("d", std::io::Cursor::new(text.into_bytes()), &folder.options(1));
    let mut chats = chats.expect("a dataset");
    let notices = chats.notices();
    assert_eq!(chats.by_ref().count(), 2);
    let expect = [
        "the dataset: 2 requests have tools that the chat template does not show to the model; \
         they are counted as no tokens",
        "the dataset: 2 requests end with a message of the assistant, which counts as a part of \
         the prompt",
    ];
    assert_eq!(notices.list(), expect);
}
