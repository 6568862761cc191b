//! Paths in a scenario are relative to the file that holds them; what comes out is relative to the
//! folder in which the program runs.

use tokendrome::ChatTemplate;

use crate::source::Sources;
use crate::tree::{Node, Table, Value};

/// Where a scenario names files that are read later.
const PATHS: [&[&str]; 9] = [
    &["workload", "trace", "path"],
    &["workload", "dataset", "path"],
    &["workload", "dataset", "tokenizer"],
    CHAT_TEMPLATE,
    &["workload", "input_tokens", "file"],
    &["workload", "output_tokens", "file"],
    &["workload", "sessions", "new_tokens", "file"],
    &["workload", "prefixes", "tokens", "file"],
    &["step_time", "path"],
];

/// This may also be a template, and then it is no path.
const CHAT_TEMPLATE: &[&str] = &["workload", "dataset", "chat_template"];

pub(crate) fn anchor(root: &mut Table, sources: &Sources) {
    for path in PATHS {
        if let Some(node) = find(root, path)
            && let Value::String(text) = &mut node.value
            && (path != CHAT_TEMPLATE || matches!(ChatTemplate::of(text), ChatTemplate::File(_)))
        {
            let joined = sources.folder(node.at).join(&*text);
            *text = joined.to_string_lossy().into_owned();
        }
    }
}

fn find<'a>(root: &'a mut Table, path: &[&str]) -> Option<&'a mut Node> {
    let (last, above) = path.split_last()?;
    let table = above.iter().try_fold(root, |table, key| table.get_mut(key)?.as_table_mut())?;
    table.get_mut(last)
}
