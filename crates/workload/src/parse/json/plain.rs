//! Numbers in their plainest form, which is that of nearly all in a trace, read quickly.
//!
//! What these functions do not take is not wrong: the rules of JSON have the last word on it.

/// Most digits that are read: numbers of 19 digits are below 2^64.
const DIGITS_MAX: usize = 19;

/// The whole number at the start of `text`, and its length: digits without a leading zero.
#[inline]
pub(super) fn plain_whole(text: &[u8]) -> Option<(u64, usize)> {
    let (value, length) = match text.first_chunk() {
        Some(chunk) => first_digits(*chunk),
        None => (0, 0),
    };
    // More than eight digits, or fewer than eight bytes to the end of the line.
    if length == 0 || length == 8 {
        return plain_long(text);
    }
    let padded = length > 1 && text[0] == b'0';
    (!padded).then_some((value, length))
}

/// [`plain_whole`], digit by digit.
#[cold]
fn plain_long(text: &[u8]) -> Option<(u64, usize)> {
    let length = digits(text);
    let padded = length > 1 && text[0] == b'0';
    if length == 0 || length > DIGITS_MAX || padded {
        return None;
    }
    let value = text[..length].iter().fold(0, |value, byte| value * 10 + u64::from(byte - b'0'));
    Some((value, length))
}

/// Appends to `list` the plain whole numbers at the start of `text` that have a comma after them;
/// the bytes that they took, with the comma and a space after it.
///
/// Most of the work on a trace is done here. Alone in a function, the loop has registers enough.
#[inline(never)]
pub(super) fn plain_wholes(text: &[u8], list: &mut Vec<u64>) -> usize {
    let mut rest = text;
    while let Some((value, length)) = plain_whole(rest)
        && let Some(b',') = rest.get(length)
    {
        list.push(value);
        let after = &rest[length + 1..];
        // Python's writer sets a space after each comma.
        rest = match after {
            [b' ', after @ ..] => after,
            after => after,
        };
    }
    text.len() - rest.len()
}

/// The number that the digits at the start of `chunk` make, and how many they are.
///
/// All eight bytes are worked on at once (Lemire, "Quickly parsing eight digits", 2018).
#[inline]
fn first_digits(chunk: [u8; 8]) -> (u64, usize) {
    /// The same byte eight times.
    const fn eight(byte: u8) -> u64 {
        u64::from_le_bytes([byte; 8])
    }
    // Digits become 0 to 9, all other bytes 10 or more: their upper half is not 0, or becomes so
    // when 6 is added. No sum carries into the next byte, as the upper bit stands aside.
    let bytes = u64::from_le_bytes(chunk) ^ eight(b'0');
    let sums = (bytes & eight(0x7f)) + eight(0x76);
    let others = (sums | bytes) & eight(0x80);
    let length = others.trailing_zeros() / 8;
    if length == 0 {
        return (0, 0);
    }
    // The digits move to the end, and zeros take the places before them.
    let digits = bytes << (64 - 8 * length);
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8) & 0x00ff_00ff_00ff_00ff;
    let fours = pairs.wrapping_mul(100).wrapping_add(pairs >> 16) & 0x0000_ffff_0000_ffff;
    let value = fours.wrapping_mul(10_000).wrapping_add(fours >> 32) & 0xffff_ffff;
    (value, length as usize)
}

/// The length of the decimal number at the start of `text`, if it has digits without a leading
/// zero, and after a point, if there is one, digits too; else 0.
#[inline]
pub(super) fn plain_decimal(text: &[u8]) -> usize {
    let whole = digits(text);
    if whole == 0 || (whole > 1 && text[0] == b'0') {
        return 0;
    }
    match &text[whole..] {
        [b'.', rest @ ..] => match digits(rest) {
            0 => 0,
            fraction => whole + 1 + fraction,
        },
        _ => whole,
    }
}

/// How many digits `text` begins with.
fn digits(text: &[u8]) -> usize {
    let first = text.first_chunk().map_or(0, |chunk| first_digits(*chunk).1);
    match first {
        0 | 8 => text.iter().take_while(|byte| byte.is_ascii_digit()).count(),
        few => few,
    }
}

#[cfg(test)]
mod tests;
