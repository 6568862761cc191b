//! Sizes and rates with units, as files write them.
//!
//! A quantity is read from a plain number (in the base unit: bytes, bytes/s, flop/s) or from text
//! with a unit. `k M G T P` are powers of 1000 and `Ki Mi Gi Ti` powers of 1024, so `80GB` and
//! `80GiB` differ by 7 %, as they should. It is written back as the plain number.

use std::fmt;
use std::str::FromStr;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use thiserror::Error;

/// Why a text is not a quantity.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum QuantityError {
    /// No number at the start.
    #[error("`{0}` does not begin with a number")]
    NoNumber(String),
    /// The unit is not one of this quantity's.
    #[error("`{unit}` is not a unit of {what}; write it like {example}")]
    Unit {
        /// The unit found.
        unit: String,
        /// What was to be read.
        what: &'static str,
        /// A right one.
        example: &'static str,
    },
    /// Negative, NaN, infinite, or too large to hold.
    #[error("{what} must be a finite number, zero or more, and below 2^64; found {value}")]
    Range {
        /// The number found, as written.
        value: String,
        /// What was to be read.
        what: &'static str,
    },
}

/// Splits `"3.35TB/s"` into the number in base units and checks that the unit ends in `base`.
fn parse(
    text: &str,
    bases: &[&str],
    what: &'static str,
    example: &'static str,
) -> Result<f64, QuantityError> {
    let text = text.trim();
    let end = text
        .char_indices()
        .find(|&(i, c)| {
            let exponent_sign = i > 0 && matches!(text.as_bytes()[i - 1], b'e' | b'E');
            let exponent = matches!(c, 'e' | 'E')
                && text[i + 1..]
                    .starts_with(|d: char| d.is_ascii_digit() || matches!(d, '+' | '-'));
            let sign = matches!(c, '+' | '-') && (i == 0 || exponent_sign);
            !(c.is_ascii_digit() || matches!(c, '.' | '_') || exponent || sign)
        })
        .map_or(text.len(), |(i, _)| i);
    let digits: String = text[..end].chars().filter(|&c| c != '_').collect();
    let number = f64::from_str(&digits).map_err(|_| QuantityError::NoNumber(text.to_owned()))?;
    let unit = text[end..].trim();
    let scale = if unit.is_empty() { Some(1.0) } else { scale_of(unit, bases) };
    let Some(scale) = scale else {
        return Err(QuantityError::Unit { unit: unit.to_owned(), what, example });
    };
    check(number * scale, what)
}

fn scale_of(unit: &str, bases: &[&str]) -> Option<f64> {
    const PREFIXES: [(&str, f64); 11] = [
        ("", 1.0),
        ("k", 1e3),
        ("K", 1e3),
        ("M", 1e6),
        ("G", 1e9),
        ("T", 1e12),
        ("P", 1e15),
        ("Ki", 1024.0),
        ("Mi", 1_048_576.0),
        ("Gi", 1_073_741_824.0),
        ("Ti", 1_099_511_627_776.0),
    ];
    let prefix = bases.iter().find_map(|base| unit.strip_suffix(base))?;
    PREFIXES.iter().find(|(name, _)| *name == prefix).map(|&(_, scale)| scale)
}

fn check(value: f64, what: &'static str) -> Result<f64, QuantityError> {
    // 2^64: what a byte count can hold; rates keep to the same bound.
    if value.is_finite() && (0.0..18_446_744_073_709_551_616.0).contains(&value) {
        Ok(value)
    } else {
        Err(QuantityError::Range { value: value.to_string(), what })
    }
}

macro_rules! quantity {
    (
        $(#[$doc:meta])* $name:ident($inner:ty), $what:literal, $example:literal,
        units $units:expr, schema $schema:literal
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default, Serialize)]
        #[serde(transparent)]
        pub struct $name(pub $inner);

        impl FromStr for $name {
            type Err = QuantityError;

            fn from_str(text: &str) -> Result<Self, QuantityError> {
                parse(text, $units, $what, $example).map(|value| Self(value as $inner))
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Number;
                impl Visitor<'_> for Number {
                    type Value = f64;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str(concat!($what, ", as a number or like ", $example))
                    }
                    fn visit_i64<E: de::Error>(self, value: i64) -> Result<f64, E> {
                        check(value as f64, $what).map_err(E::custom)
                    }
                    fn visit_u64<E: de::Error>(self, value: u64) -> Result<f64, E> {
                        check(value as f64, $what).map_err(E::custom)
                    }
                    fn visit_f64<E: de::Error>(self, value: f64) -> Result<f64, E> {
                        check(value, $what).map_err(E::custom)
                    }
                    fn visit_str<E: de::Error>(self, text: &str) -> Result<f64, E> {
                        parse(text, $units, $what, $example).map_err(E::custom)
                    }
                }
                deserializer.deserialize_any(Number).map(|value| Self(value as $inner))
            }
        }

        #[cfg(feature = "schema")]
        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({
                    "description": $schema,
                    "anyOf": [{ "type": "number", "minimum": 0 }, { "type": "string" }],
                })
            }
        }
    };
}

quantity!(
    /// A size in memory, in bytes.
    Bytes(u64), "a size in bytes", "\"80GiB\"",
    units &["B"], schema "A number of bytes, or text with a unit such as \"80GiB\""
);
quantity!(
    /// A bandwidth, in bytes per second.
    BytesPerSecond(f64), "a bandwidth", "\"3.35TB/s\"",
    units &["B/s"], schema "Bytes per second, or text with a unit such as \"3.35TB/s\""
);
quantity!(
    /// A computing rate, in floating-point operations per second (a multiply-add counts two).
    FlopsPerSecond(f64), "a computing rate", "\"989TFLOPS\"",
    units &["FLOPS", "FLOP/s", "OPS"],
    schema "Operations per second, or text with a unit such as \"989TFLOPS\""
);
quantity!(
    /// An amount of money, in US dollars.
    Dollars(f64), "an amount in US dollars", "2.5",
    units &["USD", "$"], schema "US dollars"
);

impl fmt::Display for Bytes {
    /// In decimal units with one digit: `141.1 GB`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        scaled(f, self.0 as f64, "B")
    }
}

impl fmt::Display for BytesPerSecond {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        scaled(f, self.0, "B/s")
    }
}

impl fmt::Display for FlopsPerSecond {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        scaled(f, self.0, "FLOPS")
    }
}

fn scaled(f: &mut fmt::Formatter<'_>, value: f64, unit: &str) -> fmt::Result {
    let steps = [(1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")];
    match steps.iter().find(|(scale, _)| value >= *scale) {
        Some((scale, prefix)) => {
            let scaled = value / scale;
            let digits = if scaled < 10.0 { 2 } else { 1 };
            write!(f, "{scaled:.digits$} {prefix}{unit}")
        }
        None => write!(f, "{value:.0} {unit}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_read_and_kept_apart() {
        assert_eq!("80GB".parse(), Ok(Bytes(80_000_000_000)));
        assert_eq!("80 GiB".parse(), Ok(Bytes(85_899_345_920)));
        assert_eq!("85_899_345_920".parse(), Ok(Bytes(85_899_345_920)));
        assert_eq!("3.35TB/s".parse(), Ok(BytesPerSecond(3.35e12)));
        assert_eq!("1.513e15".parse(), Ok(FlopsPerSecond(1.513e15)));
        assert_eq!("989 TFLOPS".parse(), Ok(FlopsPerSecond(9.89e14)));
    }

    #[test]
    fn wrong_quantities_are_refused_with_a_right_one() {
        let message = |text: &str| Bytes::from_str(text).unwrap_err().to_string();
        assert_eq!(
            message("80Gb"),
            "`Gb` is not a unit of a size in bytes; write it like \"80GiB\""
        );
        assert_eq!(message("lots"), "`lots` does not begin with a number");
        assert!(message("-1").contains("zero or more"));
        assert!(message("1e30").contains("below 2^64"));
        assert!(BytesPerSecond::from_str("inf").is_err());
    }

    #[test]
    fn sizes_print_readably() {
        assert_eq!(Bytes(141_107_412_992).to_string(), "141.1 GB");
        assert_eq!(Bytes(12).to_string(), "12 B");
        assert_eq!(BytesPerSecond(3.35e12).to_string(), "3.35 TB/s");
    }
}
