//! A folder to work in, and the command to run in it.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// A folder of its own for every test.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        Self(folder)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Names of what is there, in order.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tokendrome"));
        command.args(args).current_dir(self.0.path()).stdin(Stdio::null());
        command.env_remove("NO_COLOR").env_remove("COLUMNS");
        command
    }

    pub(crate) fn output(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// What a terminal would show: the command, both streams, and the status if it is not 0.
    pub(crate) fn transcript(&self, args: &[&str]) -> String {
        let Output { status, stdout, stderr } = self.output(args);
        let words: Vec<String> = args.iter().map(|word| shown(word)).collect();
        let mut text = format!("$ tokendrome {}\n", words.join(" "));
        let stdout = without_digest(&String::from_utf8(stdout).unwrap());
        text.push_str(&stdout.replace(env!("CARGO_PKG_VERSION"), "[version]"));
        text.push_str(&String::from_utf8(stderr).unwrap());
        match status.code() {
            Some(0) => {}
            Some(code) => text.push_str(&format!("[status {code}]\n")),
            None => text.push_str("[killed]\n"),
        }
        text
    }

    /// Standard output of a command that has to succeed.
    #[track_caller]
    pub(crate) fn stdout(&self, args: &[&str]) -> String {
        let Output { status, stdout, stderr } = self.output(args);
        assert!(status.success(), "{args:?}: {}", String::from_utf8_lossy(&stderr));
        String::from_utf8(stdout).unwrap()
    }
}

/// As one would type it.
fn shown(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./=,:".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{word}'")
    }
}

/// Digests change with every change of the engine, and other tests watch them.
fn without_digest(text: &str) -> String {
    let lines = text.lines().map(|line| match line.strip_prefix("Digest") {
        Some(_) => "Digest       ...\n".to_owned(),
        None => format!("{line}\n"),
    });
    lines.collect()
}

/// A scenario whose figures do not depend on the roofline, with a few requests.
pub(crate) const CONSTANT: &str = r#"
model = "llama-3.1-8b"
hardware = "h100-sxm"
step_time = { kind = "constant", step_ms = 10.0 }

[workload]
requests = 20
arrivals = { kind = "fixed-rate", rate_per_s = 10.0 }
input_tokens = 100
output_tokens = 11
"#;
