use proptest::prelude::*;

use super::*;
use crate::parse::json::Cursor;
use crate::parse::json::grammar::is_number;

/// [`plain_whole`] as the standard library reads it.
fn expect_whole(text: &str) -> Option<(u64, usize)> {
    let length = text.bytes().take_while(u8::is_ascii_digit).count();
    let digits = &text[..length];
    let is_plain = digits == "0" || !digits.starts_with('0');
    digits.parse().ok().filter(|_| is_plain && length <= DIGITS_MAX).map(|value| (value, length))
}

#[track_caller]
fn check(text: &str) {
    assert_eq!(plain_whole(text.as_bytes()), expect_whole(text), "{text:?}");
}

#[test]
fn numbers_of_every_length_are_read_before_every_byte() {
    let digits = "12345678901234567890123";
    for length in 0..digits.len() {
        check(&digits[..length]);
        check(&format!("0{}", &digits[..length]));
        check(&format!("{}000", &digits[..length]));
        for after in '\0'..='ÿ' {
            check(&format!("{}{after}", &digits[..length]));
            check(&format!("{}{after}12345678", &digits[..length]));
        }
    }
    check("99999999");
    check("9999999999999999999");
    check("18446744073709551615");
}

/// A list, without its opening bracket, in which most numbers are plain.
fn listish() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => any::<u64>().prop_map(|number| number.to_string()),
        4 => (0..100_000_u64).prop_map(|number| number.to_string()),
        8 => Just(",".to_owned()),
        4 => Just(", ".to_owned()),
        1 => prop::sample::select(vec![
            "]", "0", "00", "-1", "1.0", "2.5", "1e3", "99999999999999999999", " ", "\t", "é",
            "null", "\"1\"", "}",
        ]).prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

/// The items of a list as far as it goes, where it goes wrong, and what is said there: the items
/// that are left by `first`, and one by one after it.
fn read(line: &str, first: impl Fn(&mut Cursor<'_>, &mut Vec<u64>)) -> (Vec<u64>, usize, String) {
    let (mut cursor, mut list) = (Cursor::new(line), Vec::new());
    first(&mut cursor, &mut list);
    let end = loop {
        match cursor.whole_of_token() {
            Ok(number) => list.push(number),
            Err(fault) => break format!("{fault:?} at {}", cursor.shown()),
        }
        match cursor.expect(b",]") {
            Ok(b',') => {}
            end => break format!("{end:?}"),
        }
    };
    (list, cursor.at(), end)
}

proptest! {
    #[test]
    fn wholes_are_those_of_the_standard_library(text in "[0-9]{0,22}[^0-9]{0,9}") {
        prop_assert_eq!(plain_whole(text.as_bytes()), expect_whole(&text));
    }

    #[test]
    fn plain_decimals_are_numbers(text in "-?[0-9]{0,3}[.]?[0-9]{0,3}[e.]?[0-9]?") {
        let length = plain_decimal(text.as_bytes());
        prop_assert!(length == 0 || is_number(&text.as_bytes()[..length]));
        let is_plain = is_number(text.as_bytes()) && !text.contains(['-', 'e']);
        prop_assert_eq!(length == text.len() && length > 0, is_plain);
    }

    /// The quick reading of lists changes neither what is read nor where and why it ends.
    #[test]
    fn lists_are_the_same_quickly_and_one_by_one(line in listish()) {
        let quickly = read(&line, |cursor, list| cursor.wholes(list));
        prop_assert_eq!(quickly, read(&line, |_, _| {}));
    }

    #[test]
    fn a_whole_is_the_same_by_both_ways(line in listish()) {
        let (mut quick, mut other) = (Cursor::new(&line), Cursor::new(&line));
        other.peek();
        prop_assert_eq!(quick.whole(), other.whole_of_token());
        prop_assert_eq!(quick.at(), other.at());
    }
}
