//! Links between the Markdown files of the repository lead somewhere.

use std::collections::BTreeSet;

use super::Finding;
use super::repo::{File, Repo};

mod markdown;

pub(super) fn check(repo: &Repo) -> Vec<Finding> {
    let places = places(repo);
    let pages = repo.files.iter().filter(|file| file.path.ends_with(".md"));
    pages.flat_map(|page| in_page(repo, &places, page)).collect()
}

fn in_page(repo: &Repo, places: &BTreeSet<&str>, page: &File) -> Vec<Finding> {
    let links = markdown::links(&page.text);
    links
        .into_iter()
        .filter_map(|(line, target)| {
            let (what, remedy) = fault(repo, places, page, &target)?;
            Some(Finding::new(&page.path, line, what, remedy))
        })
        .collect()
}

/// What is wrong with a link from `page`, and the way out.
fn fault(
    repo: &Repo,
    places: &BTreeSet<&str>,
    page: &File,
    target: &str,
) -> Option<(String, &'static str)> {
    let is_outside = target.contains("://") || target.starts_with("mailto:");
    if is_outside {
        return None;
    }
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    let Some(path) = resolve(&page.path, path) else {
        return Some((format!("link `{target}` leaves the repository"), "use its public address"));
    };
    if !places.contains(path.as_str()) {
        return Some((
            format!("link `{target}`: no such file"),
            "correct the link or add the file",
        ));
    }
    let text = repo.file(&path).filter(|_| path.ends_with(".md")).map(|file| &file.text)?;
    let leads_nowhere = !anchor.is_empty() && !markdown::anchors(text).contains(anchor);
    leads_nowhere
        .then(|| (format!("link `{target}`: no such heading"), "correct what follows the `#`"))
}

/// The path from the root that a link on `page` means; nothing if it leads out of the root.
fn resolve(page: &str, path: &str) -> Option<String> {
    let folder = page.rsplit_once('/').map_or("", |(folder, _)| folder);
    let full = match path.strip_prefix('/') {
        _ if path.is_empty() => page.to_owned(),
        Some(from_root) => from_root.to_owned(),
        None => format!("{folder}/{path}"),
    };
    let mut parts = Vec::new();
    for part in full.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// Every file and every folder, the root as the empty path.
fn places(repo: &Repo) -> BTreeSet<&str> {
    let mut places = BTreeSet::from([""]);
    for file in &repo.files {
        let folders = file.path.match_indices('/').map(|(at, _)| &file.path[..at]);
        places.extend(folders);
        places.insert(&file.path);
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_link(link: &str, expect: &[&str]) {
        let page = format!("# Page\n{link}\n");
        let files =
            [("docs/page.md", page.as_str()), ("docs/a/b.md", "## Big *Head*\n"), ("c.rs", "")];
        let found = check(&Repo::of(&files));
        let shown: Vec<_> = found.iter().map(|f| format!("{}: {}", f.line, f.what)).collect();
        assert_eq!(shown, expect);
    }

    #[test]
    fn links_that_lead_somewhere_pass() {
        for target in ["a/b.md", "./a", "../c.rs#L3", "/c.rs", "#page", "a/b.md#big-head", ".."] {
            check_link(&format!("see [it]({target})"), &[]);
        }
        check_link("[it](https://example.org/x) [me](mailto:a@example.org)", &[]);
    }

    #[test]
    fn links_that_lead_nowhere_are_found() {
        check_link("[it](b.md)", &["2: link `b.md`: no such file"]);
        check_link("[it]: a/c.md", &["2: link `a/c.md`: no such file"]);
        check_link("[it](a/b.md#small)", &["2: link `a/b.md#small`: no such heading"]);
        check_link("[it](#nothing)", &["2: link `#nothing`: no such heading"]);
        check_link("[it](../../c.rs)", &["2: link `../../c.rs` leaves the repository"]);
    }
}
