//! Reading text files, with answers for everything that is not one.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::problem::Problem;

/// Most bytes of a scenario. Reports hold scenarios and can be run again; lists of measured lengths
/// are the longest part.
const BYTES_MAX: u64 = 64 << 20;

/// The text of a file, without a byte-order mark.
pub(crate) fn read(path: &Path) -> Result<String, Problem> {
    let shown = path.display();
    if path.is_dir() {
        let message = format!("`{shown}` is a folder, not a file");
        return Err(Problem::new(message).help(inside(path)));
    }
    let file = File::open(path).map_err(|error| cannot_read(path, &error))?;
    let bytes = limited(file).map_err(|error| cannot_read(path, &error))?;
    text(bytes, &format!("`{shown}`"))
}

/// The text of standard input.
pub(crate) fn read_stdin() -> Result<String, Problem> {
    let bytes = limited(io::stdin().lock())
        .map_err(|error| Problem::new(format!("cannot read standard input: {error}")))?;
    text(bytes, "standard input")
}

/// Up to one byte more than allowed, so that the excess is seen.
fn limited(reader: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(BYTES_MAX + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn text(bytes: Vec<u8>, what: &str) -> Result<String, Problem> {
    const HELP: &str = "a scenario is a TOML, JSON or YAML file in UTF-8; a trace is given with \
                        `--trace`";
    if bytes.len() as u64 > BYTES_MAX {
        let message = format!("{what} is larger than {} MiB", BYTES_MAX >> 20);
        return Err(Problem::new(message).help(HELP));
    }
    let kind = match bytes.as_slice() {
        [0x1f, 0x8b, ..] => Some("gzip-compressed"),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Some("UTF-16 text"),
        [b'P', b'A', b'R', b'1', ..] => Some("Parquet"),
        _ if bytes.contains(&0) => Some("binary"),
        _ => None,
    };
    if let Some(kind) = kind {
        return Err(Problem::new(format!("{what} is {kind}, not a scenario")).help(HELP));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Problem::new(format!("{what} is not UTF-8 text (at byte {at})")).help(HELP)
    })?;
    Ok(match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    })
}

fn cannot_read(path: &Path, error: &io::Error) -> Problem {
    let shown = path.display();
    if error.kind() != io::ErrorKind::NotFound {
        return Problem::new(format!("cannot read `{shown}`: {error}"));
    }
    let problem = Problem::new(format!("there is no file `{shown}`"));
    match nearest(path) {
        Some(near) => problem.help(format!("did you mean `{}`?", near.display())),
        None => match path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            Some(folder) if !folder.is_dir() => {
                problem.help(format!("there is no folder `{}` either", folder.display()))
            }
            _ => problem,
        },
    }
}

/// The file of the same folder whose name differs least.
fn nearest(path: &Path) -> Option<PathBuf> {
    let wanted = path.file_name()?.to_string_lossy().into_owned();
    let names = names(path.parent()?);
    let near = crate::hint::nearest(&wanted, names.iter().map(String::as_str))?;
    Some(path.with_file_name(near))
}

/// What a folder holds that can be a scenario.
fn inside(folder: &Path) -> String {
    let is_scenario =
        |name: &&String| [".toml", ".json", ".yaml", ".yml"].iter().any(|end| name.ends_with(end));
    let names = names(folder);
    let found: Vec<&String> = names.iter().filter(is_scenario).take(5).collect();
    if found.is_empty() {
        return "name a file".to_owned();
    }
    let shown = found.iter().map(|name| format!("`{}`", folder.join(name).display()));
    format!("name a file, such as {}", shown.collect::<Vec<_>>().join(", "))
}

/// Names of a folder, in order.
fn names(folder: &Path) -> Vec<String> {
    /// Folders with more are not searched to the end.
    const NAMES_MAX: usize = 10_000;
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let entries = std::fs::read_dir(folder).into_iter().flatten().take(NAMES_MAX);
    let mut names: Vec<String> =
        entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    names.sort();
    names
}
