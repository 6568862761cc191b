//! A serializer that collects the numbers of a value with the paths that lead to them.

use std::fmt::{self, Display, Write};

use serde::ser::{self, Impossible, Serialize, Serializer};

/// All numbers of `value`, in order, by their paths.
///
/// # Panics
/// If the value is not made of structs, lists, texts and numbers, as reports are.
pub(super) fn collect<T: Serialize>(value: &T) -> Vec<(String, f64)> {
    let mut collector = Collector::default();
    match value.serialize(&mut collector) {
        Ok(()) => collector.found,
        Err(error) => panic!("a summary holds only structs, lists, texts and numbers: {error}"),
    }
}

#[derive(Default)]
struct Collector {
    path: String,
    found: Vec<(String, f64)>,
    /// The text that came last, which may be the name of its element.
    text: Option<String>,
}

impl Collector {
    fn number(&mut self, value: f64) -> Result<(), Unknown> {
        let last = self.path.rsplit('.').next().unwrap_or_default();
        if !last.ends_with("_index") {
            self.found.push((self.path.clone(), value));
        }
        Ok(())
    }

    /// Serializes `value` as `part` of what the path leads to.
    fn part<T: Serialize + ?Sized>(&mut self, part: impl Display, value: &T) -> Collected {
        let length = self.path.len();
        let dot = if length == 0 { "" } else { "." };
        write!(self.path, "{dot}{part}").map_err(|error| Unknown(error.to_string()))?;
        value.serialize(&mut *self)?;
        self.path.truncate(length);
        Ok(())
    }
}

#[derive(Debug)]
struct Unknown(String);

impl Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unknown {}

impl ser::Error for Unknown {
    fn custom<T: Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

type Collected = Result<(), Unknown>;

fn unknown<T>(what: &str) -> Result<T, Unknown> {
    Err(Unknown(what.to_owned()))
}

macro_rules! numbers {
    ($($method:ident: $type:ty),* $(,)?) => {
        $(fn $method(self, value: $type) -> Collected {
            self.number(f64::from(value))
        })*
    };
}

impl<'a> Serializer for &'a mut Collector {
    type Ok = ();
    type Error = Unknown;
    type SerializeSeq = List<'a>;
    type SerializeTuple = Impossible<(), Unknown>;
    type SerializeTupleStruct = Impossible<(), Unknown>;
    type SerializeTupleVariant = Impossible<(), Unknown>;
    type SerializeMap = Impossible<(), Unknown>;
    type SerializeStruct = Fields<'a>;
    type SerializeStructVariant = Impossible<(), Unknown>;

    numbers! {
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32,
        serialize_f32: f32, serialize_f64: f64,
    }

    fn serialize_i64(self, value: i64) -> Collected {
        self.number(value as f64)
    }

    fn serialize_u64(self, value: u64) -> Collected {
        self.number(value as f64)
    }

    fn serialize_bool(self, _: bool) -> Collected {
        Ok(())
    }

    fn serialize_char(self, _: char) -> Collected {
        Ok(())
    }

    fn serialize_str(self, text: &str) -> Collected {
        self.text = Some(text.to_owned());
        Ok(())
    }

    fn serialize_bytes(self, _: &[u8]) -> Collected {
        unknown("bytes")
    }

    fn serialize_none(self) -> Collected {
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Collected {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Collected {
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Collected {
        Ok(())
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, _: &'static str) -> Collected {
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Collected {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        value: &T,
    ) -> Collected {
        value.serialize(self)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<List<'a>, Unknown> {
        Ok(List { collector: self, index: 0 })
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, Unknown> {
        unknown("a tuple")
    }

    fn serialize_tuple_struct(
        self,
        name: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleStruct, Unknown> {
        unknown(name)
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Unknown> {
        unknown(name)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, Unknown> {
        unknown("a map")
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Fields<'a>, Unknown> {
        Ok(Fields(self))
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Unknown> {
        unknown(name)
    }
}

/// A list, whose elements go by their place until they say their name.
struct List<'a> {
    collector: &'a mut Collector,
    index: usize,
}

impl ser::SerializeSeq for List<'_> {
    type Ok = ();
    type Error = Unknown;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Collected {
        self.index += 1;
        self.collector.part(self.index - 1, value)
    }

    fn end(self) -> Collected {
        Ok(())
    }
}

struct Fields<'a>(&'a mut Collector);

impl ser::SerializeStruct for Fields<'_> {
    type Ok = ();
    type Error = Unknown;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Collected {
        let collector = &mut *self.0;
        collector.text = None;
        collector.part(key, value)?;
        if let (Some(name), "name" | "kind") = (collector.text.take(), key) {
            // The last part of the path is the place of the element, and gives way to its name.
            let start = collector.path.rfind('.').map_or(0, |dot| dot + 1);
            collector.path.truncate(start);
            collector.path.push_str(&name);
        }
        Ok(())
    }

    fn end(self) -> Collected {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde::Serialize;

    use super::*;

    #[derive(Serialize)]
    struct Whole {
        count: u64,
        latency_ms: Option<Part>,
        tpot_ms: Option<Part>,
        classes: Vec<Named>,
        replicas: Vec<Part>,
        after: i32,
    }

    #[derive(Serialize, Clone)]
    struct Part {
        mean: f64,
        method: &'static str,
    }

    #[derive(Serialize)]
    struct Named {
        name: String,
        requests: u32,
        first_index: u32,
        part: Part,
    }

    #[test]
    fn numbers_go_by_their_paths() {
        let part = |mean| Part { mean, method: "exact" };
        let named = |name: &str, requests| Named {
            name: name.to_owned(),
            requests,
            first_index: 9,
            part: part(0.5),
        };
        let whole = Whole {
            count: 3,
            latency_ms: Some(part(1.5)),
            tpot_ms: None,
            classes: vec![named("chat", 1), named("batch", 2)],
            replicas: vec![part(2.5), part(3.5)],
            after: -1,
        };
        let found = collect(&whole);
        let found: Vec<(&str, f64)> = found.iter().map(|(name, v)| (name.as_str(), *v)).collect();
        let expect = [
            ("count", 3.0),
            ("latency_ms.mean", 1.5),
            ("classes.chat.requests", 1.0),
            ("classes.chat.part.mean", 0.5),
            ("classes.batch.requests", 2.0),
            ("classes.batch.part.mean", 0.5),
            ("replicas.0.mean", 2.5),
            ("replicas.1.mean", 3.5),
            ("after", -1.0),
        ];
        assert_eq!(found, expect);
    }
}
