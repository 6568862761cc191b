//! Nothing of somebody's machine: absolute paths below personal folders, keys, access tokens.

use super::Finding;
use super::repo::Repo;
use super::source::numbered;

/// First parts of absolute paths that exist on one machine only.
const FOLDERS: &[&str] = &["home", "Users", "root", "work", "tmp"];

/// How access tokens of well-known services begin, before at least this many letters and digits.
const TOKENS: &[&str] = &["ghp_", "github_pat_", "hf_", "sk-", "AKIA", "xoxb-"];
const TOKEN_LETTERS_MIN: usize = 16;

/// A private key in PEM form.
const KEY: &str = concat!("PRIVATE", " KEY-----");

pub(super) fn check(repo: &Repo) -> Vec<Finding> {
    let lines = repo.files.iter().flat_map(|file| {
        numbered(&file.text).map(move |(number, line)| (file.path.as_str(), number, line))
    });
    lines
        .flat_map(|(path, number, line)| {
            let paths = FOLDERS.iter().filter(|folder| names_path(line, folder)).map(|folder| {
                let what = format!("path below /{folder} of somebody's machine");
                (what, "write it relative to the repository, or make up another")
            });
            let secret = || ("key or access token".to_owned(), "remove it, and revoke it");
            let secrets = holds_secret(line).then(secret);
            let found = paths.chain(secrets);
            found.map(|(what, remedy)| Finding::new(path, number, what, remedy)).collect::<Vec<_>>()
        })
        .collect()
}

/// Does the line hold an absolute path into this folder of the root, on Unix or on a drive?
fn names_path(line: &str, folder: &str) -> bool {
    ['/', '\\'].iter().any(|slash| {
        let start = format!("{slash}{folder}{slash}");
        line.match_indices(&start).any(|(at, _)| {
            let goes_on = |c: char| c.is_alphanumeric() || "_.~-$}>)*".contains(c);
            let is_inner = line[..at].ends_with(goes_on);
            let has_name = line[at + start.len()..].starts_with(|c: char| c.is_alphanumeric());
            has_name && !is_inner
        })
    })
}

fn holds_secret(line: &str) -> bool {
    let is_token = |token: &&str| {
        line.match_indices(*token).any(|(at, _)| {
            let letters = line[at + token.len()..].chars();
            let length = letters.take_while(char::is_ascii_alphanumeric).count();
            length >= TOKEN_LETTERS_MIN && !line[..at].ends_with(char::is_alphanumeric)
        })
    };
    line.contains(KEY) || TOKENS.iter().any(is_token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_line(line: &str, expect: &[&str]) {
        let found = check(&Repo::of(&[("a.md", &format!("\n{line}"))]));
        let shown: Vec<_> = found.iter().map(|f| format!("{}: {}", f.line, f.what)).collect();
        assert_eq!(shown, expect);
    }

    #[test]
    fn paths_of_a_machine_are_found() {
        for folder in FOLDERS {
            let expect = format!("2: path below /{folder} of somebody's machine");
            check_line(&format!("see `/{folder}/ann/file`"), &[&expect]);
            check_line(&format!("file:///{folder}/ann"), &[&expect]);
            check_line(&format!("C:\\{folder}\\ann"), &[&expect]);
        }
    }

    #[test]
    fn relative_paths_and_addresses_are_free() {
        for folder in FOLDERS {
            check_line(&format!("./{folder}/a $X/{folder}/a {{x}}/{folder}/a"), &[]);
            check_line(&format!("https://example.org/{folder}/a, a/{folder}/b, /{folder}"), &[]);
        }
    }

    #[test]
    fn keys_and_tokens_are_found() {
        check_line(&format!("-----BEGIN {KEY}"), &["2: key or access token"]);
        for token in TOKENS {
            check_line(&format!("={token}{}", "a1".repeat(10)), &["2: key or access token"]);
        }
        check_line("hf_config_of_the_model, ask-me-about-everything", &[]);
    }
}
