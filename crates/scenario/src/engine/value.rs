//! Values, as vLLM's parser reads them.
//!
//! Source: `utils/argparse_utils.py` and `engine/arg_utils.py` of vLLM 0.33.0.

/// A whole number as Python's `int` reads it.
pub(super) fn whole(text: &str) -> Option<i128> {
    let text = text.trim();
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let is_plain = digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.ends_with(|c: char| c.is_ascii_digit())
        && !digits.contains("__")
        && digits.chars().all(|c| c.is_ascii_digit() || c == '_');
    is_plain.then(|| text.replace('_', "").parse().ok())?
}

/// A whole number, or one with a suffix: `8k` is 8,000, `8K` is 8,192, `25.6k` is 25,600; so are
/// `m g t` and `M G T`. A fraction has no form in powers of two.
pub(super) fn with_suffix(text: &str) -> Option<i128> {
    let text = text.trim();
    let (at, suffix) = text.char_indices().next_back()?;
    let number = &text[..at];
    let Some(power) = "kmgt".find(suffix.to_ascii_lowercase()) else {
        return whole(text);
    };
    let power = u32::try_from(power).unwrap_or(0) + 1;
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if suffix.is_ascii_uppercase() {
        let number: i128 = digits(number).then(|| number.parse().ok())??;
        return number.checked_mul(1024_i128.pow(power));
    }
    let is_number = match number.split_once('.') {
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => digits(number),
    };
    // As Python does: in floating point, cut off.
    let number: f64 = is_number.then(|| number.parse().ok())??;
    Some((number * 1000_f64.powi(power.cast_signed())) as i128)
}

/// A number as Python's `float` reads it, if it is finite.
pub(super) fn number(text: &str) -> Option<f64> {
    let number: f64 = text.trim().parse().ok()?;
    number.is_finite().then_some(number)
}

/// How vLLM says that an optional value is not there.
pub(super) fn is_none(text: &str) -> bool {
    text.is_empty() || text == "None"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_vllm_reads_them() {
        let check = |text: &str, plain: Option<i128>, suffixed: Option<i128>| {
            assert_eq!((whole(text), with_suffix(text)), (plain, suffixed), "{text}");
        };
        check("256", Some(256), Some(256));
        check("-1", Some(-1), Some(-1));
        check("+1_000", Some(1_000), Some(1_000));
        check("8k", None, Some(8_000));
        check("1K", None, Some(1_024));
        check("25.6k", None, Some(25_600));
        check(" 2M ", None, Some(2 << 20));
        check("2g", None, Some(2_000_000_000));
        check("1T", None, Some(1 << 40));
        for wrong in
            ["", "k", "1.5", "1.5K", "1.k", ".5k", "1e3", "-1k", "1kk", "1__0", "_1", "many"]
        {
            check(wrong, None, None);
        }
        assert_eq!((number("0.9"), number("1e-1"), number("nan")), (Some(0.9), Some(0.1), None));
    }
}
