//! A serializer that shows the numbers of a value with the paths that lead to them.

use std::fmt::{self, Display};

use serde::ser::{self, Impossible, Serialize, Serializer};

/// Shows all numbers of `value` to `visit`, in order, by their paths.
///
/// # Panics
/// If the value is not made of structs, lists, texts and numbers, as reports are.
pub(super) fn visit<T: Serialize>(value: &T, visit: &mut dyn FnMut(&str, f64)) {
    let mut visitor = Visitor { path: String::with_capacity(64), text: None, visit };
    if let Err(error) = value.serialize(&mut visitor) {
        panic!("a summary holds only structs, lists, texts and numbers: {error}");
    }
}

struct Visitor<'v> {
    path: String,
    /// The text that came last, which may be the name of its element.
    text: Option<String>,
    visit: &'v mut dyn FnMut(&str, f64),
}

impl Visitor<'_> {
    fn number(&mut self, value: f64) -> Visited {
        if !self.path.ends_with("_index") {
            (self.visit)(&self.path, value);
        }
        Ok(())
    }

    /// Serializes `value` as `part` of what the path leads to.
    fn part<T: Serialize + ?Sized>(&mut self, part: &str, value: &T) -> Visited {
        let length = self.path.len();
        if length > 0 {
            self.path.push('.');
        }
        self.path.push_str(part);
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

type Visited = Result<(), Unknown>;

fn unknown<T>(what: &str) -> Result<T, Unknown> {
    Err(Unknown(what.to_owned()))
}

macro_rules! numbers {
    ($($method:ident: $type:ty),* $(,)?) => {
        $(fn $method(self, value: $type) -> Visited {
            self.number(f64::from(value))
        })*
    };
}

impl<'a, 'v> Serializer for &'a mut Visitor<'v> {
    type Ok = ();
    type Error = Unknown;
    type SerializeSeq = List<'a, 'v>;
    type SerializeTuple = Impossible<(), Unknown>;
    type SerializeTupleStruct = Impossible<(), Unknown>;
    type SerializeTupleVariant = Impossible<(), Unknown>;
    type SerializeMap = Impossible<(), Unknown>;
    type SerializeStruct = Fields<'a, 'v>;
    type SerializeStructVariant = Impossible<(), Unknown>;

    numbers! {
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32,
        serialize_f32: f32, serialize_f64: f64,
    }

    fn serialize_i64(self, value: i64) -> Visited {
        self.number(value as f64)
    }

    fn serialize_u64(self, value: u64) -> Visited {
        self.number(value as f64)
    }

    fn serialize_bool(self, _: bool) -> Visited {
        Ok(())
    }

    fn serialize_char(self, _: char) -> Visited {
        Ok(())
    }

    fn serialize_str(self, text: &str) -> Visited {
        self.text = Some(text.to_owned());
        Ok(())
    }

    fn serialize_bytes(self, _: &[u8]) -> Visited {
        unknown("bytes")
    }

    fn serialize_none(self) -> Visited {
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Visited {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Visited {
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Visited {
        Ok(())
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, _: &'static str) -> Visited {
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Visited {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        value: &T,
    ) -> Visited {
        value.serialize(self)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<List<'a, 'v>, Unknown> {
        Ok(List { visitor: self, index: 0 })
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

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Fields<'a, 'v>, Unknown> {
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
struct List<'a, 'v> {
    visitor: &'a mut Visitor<'v>,
    index: usize,
}

impl ser::SerializeSeq for List<'_, '_> {
    type Ok = ();
    type Error = Unknown;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Visited {
        let place = self.index.to_string();
        self.index += 1;
        self.visitor.part(&place, value)
    }

    fn end(self) -> Visited {
        Ok(())
    }
}

struct Fields<'a, 'v>(&'a mut Visitor<'v>);

impl ser::SerializeStruct for Fields<'_, '_> {
    type Ok = ();
    type Error = Unknown;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Visited {
        let visitor = &mut *self.0;
        visitor.text = None;
        visitor.part(key, value)?;
        if let (Some(name), "name" | "kind") = (visitor.text.take(), key) {
            // The last part of the path is the place of the element, and gives way to its name.
            let start = visitor.path.rfind('.').map_or(0, |dot| dot + 1);
            visitor.path.truncate(start);
            visitor.path.push_str(&name);
        }
        Ok(())
    }

    fn end(self) -> Visited {
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
        let mut found = Vec::new();
        visit(&whole, &mut |name, value| found.push((name.to_owned(), value)));
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
