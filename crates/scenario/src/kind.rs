//! Changing the `kind` of a table that stands already.

use crate::source::Place;
use crate::tree::{Node, Table};

/// Sets the kind. Keys of another kind before stay as leftovers: they fall away later if the new
/// kind does not know them (see [`crate::check::drop_leftovers`]).
pub(crate) fn set_kind(table: &mut Table, at: Place, kind: Node) {
    let is_other = table.get("kind").and_then(Node::as_str) != kind.as_str();
    if is_other {
        table.iter_mut().for_each(|entry| entry.is_leftover = true);
    }
    table.put("kind", at, kind);
}
