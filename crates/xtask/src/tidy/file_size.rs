//! No large files in the history, where they stay for ever.

use super::Finding;
use super::repo::{BYTES_MAX, Repo};

pub(super) fn check(repo: &Repo) -> Vec<Finding> {
    let large = repo.files.iter().filter(|file| file.bytes > BYTES_MAX);
    large
        .map(|file| {
            let what = format!("{} bytes, {BYTES_MAX} at most", file.bytes);
            Finding::new(&file.path, 1, what, "cut it down, compress it, or make it when needed")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_file_is_found() {
        let mut repo = Repo::of(&[("small.csv", ""), ("large.csv", "")]);
        repo.files[0].bytes = BYTES_MAX;
        repo.files[1].bytes = BYTES_MAX + 1;
        let found = check(&repo);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].path.as_str(), found[0].line), ("large.csv", 1));
        assert_eq!(found[0].what, "1500001 bytes, 1500000 at most");
    }
}
