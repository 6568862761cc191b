//! The checks of `cargo xtask test`, as data: name, what it needs, what it runs.

use std::fmt;

use clap::ValueEnum;

use crate::layers;
use crate::python;
use crate::workspace::{Workspace, cargo};

pub(crate) const WASM: &str = "wasm32-unknown-unknown";

/// A check, in the order in which they run: the quick ones first, as far as that is possible.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Check {
    /// Formatting
    Fmt,
    /// Lints, on every target
    Clippy,
    /// Unit, property, snapshot and documentation tests
    Test,
    /// Rules of the repository
    Tidy,
    /// Tests of the tools that are written in Python
    Python,
    /// The engine builds for wasm32-unknown-unknown
    Wasm,
    /// Documentation builds without a warning
    Doc,
}

impl Check {
    /// The component or target of the toolchain that the check needs.
    pub(crate) fn need(self) -> Option<Need> {
        match self {
            Self::Fmt => Some(Need::Component("rustfmt")),
            Self::Clippy => Some(Need::Component("clippy")),
            Self::Wasm => Some(Need::Target(WASM)),
            Self::Test | Self::Tidy | Self::Python | Self::Doc => None,
        }
    }

    /// What it runs.
    pub(crate) fn step(self, workspace: &Workspace) -> Step {
        match self {
            Self::Fmt => Step::new("fmt --all --check"),
            Self::Clippy => Step::new("clippy --workspace --all-targets --locked -- -D warnings"),
            // Snapshots are compared, never written.
            Self::Test => Step::new("test --workspace --locked").with("INSTA_UPDATE", "no"),
            Self::Tidy => Step::new("xtask tidy"),
            Self::Python => Step::python("-B -m unittest discover -s tools/vllm-oracle"),
            Self::Wasm => wasm(workspace),
            Self::Doc => {
                Step::new("doc --workspace --no-deps --locked").with("RUSTDOCFLAGS", "-D warnings")
            }
        }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fmt => "fmt",
            Self::Clippy => "clippy",
            Self::Test => "test",
            Self::Tidy => "tidy",
            Self::Python => "python",
            Self::Wasm => "wasm",
            Self::Doc => "doc",
        })
    }
}

/// Part of a toolchain.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Need {
    Component(&'static str),
    Target(&'static str),
}

/// What a step starts.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Program {
    Cargo,
    Python,
}

impl Program {
    /// The path or name to start it by.
    pub(crate) fn path(self) -> String {
        match self {
            Self::Cargo => cargo(),
            Self::Python => python::program(),
        }
    }
}

/// A command and its environment. Shows as the line that one would type.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) program: Program,
    pub(crate) env: Vec<(&'static str, &'static str)>,
    pub(crate) args: Vec<String>,
}

impl Step {
    /// `args`: what follows `cargo`, parted by spaces.
    fn new(args: &str) -> Self {
        let args = args.split(' ').map(str::to_owned).collect();
        Self { program: Program::Cargo, env: Vec::new(), args }
    }

    /// `args`: what follows `python3`.
    fn python(args: &str) -> Self {
        Self { program: Program::Python, ..Self::new(args) }
    }

    fn with(mut self, variable: &'static str, value: &'static str) -> Self {
        self.env.push((variable, value));
        self
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (variable, value) in &self.env {
            let quote = if value.contains(' ') { "\"" } else { "" };
            write!(f, "{variable}={quote}{value}{quote} ")?;
        }
        let program = match self.program {
            Program::Cargo => "cargo".to_owned(),
            Program::Python => python::program(),
        };
        write!(f, "{program} {}", self.args.join(" "))
    }
}

/// Every member that is the facade or below it.
fn wasm(workspace: &Workspace) -> Step {
    let engine = workspace.packages.iter().filter(|package| layers::is_engine(&package.name));
    let mut step = Step::new("check --locked --target");
    step.args.push(WASM.to_owned());
    step.args.extend(engine.flat_map(|package| ["--package".to_owned(), package.name.clone()]));
    step
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Package;

    #[test]
    fn a_step_shows_as_one_would_type_it() {
        let workspace = Workspace::default();
        let shown = |check: Check| check.step(&workspace).to_string();
        assert_eq!(shown(Check::Test), "INSTA_UPDATE=no cargo test --workspace --locked");
        assert_eq!(
            shown(Check::Doc),
            "RUSTDOCFLAGS=\"-D warnings\" cargo doc --workspace --no-deps --locked"
        );
    }

    #[test]
    fn the_wasm_build_takes_the_engine_from_the_workspace() {
        let mut workspace = Workspace::default();
        for name in ["tokendrome-units", "tokendrome", "tokendrome-cli", "xtask"] {
            let dir = format!("crates/{name}");
            let package = Package { name: name.into(), dir, uses: vec![], tests_use: vec![] };
            workspace.packages.push(package);
        }
        let shown = Check::Wasm.step(&workspace).to_string();
        let packages = "--package tokendrome-units --package tokendrome";
        assert_eq!(shown, format!("cargo check --locked --target {WASM} {packages}"));
    }

    #[test]
    fn a_check_is_called_what_the_flag_calls_it() {
        for check in Check::value_variants() {
            let value = check.to_possible_value().unwrap();
            assert_eq!(value.get_name(), check.to_string());
        }
    }
}
