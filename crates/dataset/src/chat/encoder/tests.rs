use proptest::prelude::*;

use super::*;

fn small() -> Encoder {
    let bytes = include_bytes!("../../../../../examples/datasets/tokenizer.json");
    Encoder::new(Tokenizer::from_bytes(bytes).expect("a tokenizer")).expect("it knows letters")
}

/// The example's tokenizer with some of its parts exchanged.
fn changed(change: impl Fn(&mut Value)) -> Encoder {
    let text = include_str!("../../../../../examples/datasets/tokenizer.json");
    let mut json: Value = serde_json::from_str(text).expect("JSON");
    change(&mut json);
    let tokenizer = Tokenizer::from_bytes(json.to_string()).expect("a tokenizer");
    Encoder::new(tokenizer).expect("it knows letters")
}

/// The pattern that many models of today have.
const PATTERN: &str = concat!(
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}",
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
);

fn of_today() -> Encoder {
    changed(|json| {
        json["pre_tokenizer"] = serde_json::json!({"type": "Sequence", "pretokenizers": [
            {"type": "Split", "pattern": {"Regex": PATTERN}, "behavior": "Isolated",
             "invert": false},
            {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true,
             "use_regex": false},
        ]});
    })
}

#[test]
fn texts_are_cut_before_single_spaces() {
    let check = |text: &str, expect: &[&str]| {
        assert_eq!(pieces(text).collect::<Vec<_>>(), expect, "{text:?}");
    };
    check("", &[]);
    check("one", &["one"]);
    check("one two, three", &["one", " two,", " three"]);
    check(" a  b \n c ", &[" a  b \n c "]);
    check("ä ö x y", &["ä ö x", " y"]);
}

#[test]
fn only_tokenizers_that_sum_up_are_cut() {
    assert!(small().is_sum && of_today().is_sum);
    let is_sum = |key: &str, value: Value| changed(|json| json[key] = value.clone()).is_sum;
    let byte_level = |prefix: bool| {
        serde_json::json!({"type": "ByteLevel", "add_prefix_space": prefix, "trim_offsets": true,
            "use_regex": true})
    };
    assert!(is_sum("pre_tokenizer", byte_level(false)));
    assert!(!is_sum("pre_tokenizer", byte_level(true)));
    assert!(!is_sum("pre_tokenizer", Value::Null));
    assert!(!is_sum("normalizer", serde_json::json!({"type": "Lowercase"})));
    let joining = serde_json::json!({"type": "Sequence", "pretokenizers": [
        {"type": "Split", "pattern": {"Regex": r"\w+ \w+"}, "behavior": "Isolated",
         "invert": false},
        {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false},
    ]});
    assert!(!is_sum("pre_tokenizer", joining));
    let greedy = changed(|json| json["added_tokens"][0]["rstrip"] = true.into());
    assert!(!greedy.is_sum);
}

#[test]
fn what_goes_around_a_text_goes_around_its_pieces() {
    let encoder = changed(|json| {
        json["post_processor"] = serde_json::json!({"type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": "<|im_start|>", "type_id": 0}},
                {"Sequence": {"id": "A", "type_id": 0}}],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B",
                "type_id": 1}}],
            "special_tokens": {"<|im_start|>": {"id": "<|im_start|>", "ids": [0],
                "tokens": ["<|im_start|>"]}}});
    });
    assert!(encoder.is_sum);
    let tokens = encoder.encode("When do you open?", true, &mut Pieces::default());
    assert_eq!(tokens, encoder.whole("When do you open?", true));
}

proptest! {
    /// Cutting changes no token, whatever the text and whatever has been seen before.
    #[test]
    fn pieces_have_the_tokens_of_the_whole(
        texts in prop::collection::vec("[a-cA-C0-9 .,'’\\n\\täé你\u{301}<|>_im{}-]{0,40}", 1..8),
        special in any::<bool>(),
    ) {
        thread_local!(static ENCODERS: [Encoder; 2] = [small(), of_today()]);
        ENCODERS.with(|encoders| {
            for encoder in encoders {
                let mut known = Pieces::default();
                for text in texts.iter().chain(&texts) {
                    let text = text.replace("im", "<|im_end|>");
                    let whole = encoder.whole(&text, special);
                    prop_assert_eq!(encoder.encode(&text, special, &mut known), whole);
                }
            }
            Ok(())
        })?;
    }
}
