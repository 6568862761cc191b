//! The nearest of the names that would have been right.

/// Below this likeness (Jaro-Winkler, 0 to 1) a name is not worth suggesting.
const LIKENESS_MIN: f64 = 0.8;

/// The name most like `wanted`, the first of several; hyphens, underscores and case are of no
/// account.
pub(crate) fn nearest<'a>(
    wanted: &str,
    names: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let plain = |name: &str| name.to_lowercase().replace('-', "_");
    let wanted = plain(wanted);
    let likeness = |name: &str| strsim::jaro_winkler(&wanted, &plain(name));
    names
        .into_iter()
        .map(|name| (likeness(name), name))
        .filter(|(likeness, _)| *likeness >= LIKENESS_MIN)
        .reduce(|best, next| if next.0 > best.0 { next } else { best })
        .map(|(_, name)| name)
}

/// Names in backticks, with commas.
pub(crate) fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_found_or_none() {
        let names = ["max_num_seqs", "max_num_batched_tokens", "block_size"];
        let check = |wanted, expect| assert_eq!(nearest(wanted, names), expect, "{wanted}");
        check("max_num_seq", Some("max_num_seqs"));
        check("MAX-NUM-SEQS", Some("max_num_seqs"));
        check("blocksize", Some("block_size"));
        check("temperature", None);
        check("", None);
    }
}
