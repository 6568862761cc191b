//! Keys that a former `kind` of their table left behind.

use serde_json::Value as Json;

use super::{Asked, Checker, kind};
use crate::tree::{Node, Table};

/// Takes out keys that a former `kind` of their table left and the present one does not know.
pub(crate) fn drop_leftovers(root: &mut Table, schema: &Json) {
    let mut known: Vec<(Vec<String>, Vec<String>)> = Vec::new();
    let checker = Checker { schema, path: Vec::new(), problems: Vec::new() };
    checker.known_of_leftovers(root, schema, &mut Vec::new(), &mut known);
    for (path, keys) in known {
        let table =
            path.iter().try_fold(&mut *root, |table, key| table.get_mut(key)?.as_table_mut());
        if let Some(table) = table {
            table.retain(|entry| !entry.is_leftover || keys.contains(&entry.key));
        }
    }
}

impl<'a> Checker<'a> {
    /// The keys that tables with leftovers may have.
    fn known_of_leftovers(
        &self,
        table: &Table,
        schema: &'a Json,
        path: &mut Vec<String>,
        known: &mut Vec<(Vec<String>, Vec<String>)>,
    ) {
        let object = match self.asked(schema) {
            Some(Asked::Table(object)) => object,
            Some(Asked::Union(variants)) => {
                let given = table.get("kind").and_then(Node::as_str);
                let Some(variant) = variants.into_iter().find(|variant| kind(variant) == given)
                else {
                    return;
                };
                variant
            }
            _ => return,
        };
        let Some(properties) = object.get("properties").and_then(Json::as_object) else {
            return;
        };
        if table.iter().any(|entry| entry.is_leftover) {
            known.push((path.clone(), properties.keys().cloned().collect()));
        }
        for entry in table.iter() {
            let below = entry.value.as_table().zip(properties.get(&entry.key));
            if let Some((below, schema)) = below {
                path.push(entry.key.clone());
                self.known_of_leftovers(below, schema, path, known);
                path.pop();
            }
        }
    }
}
