//! The workspace as `cargo metadata` tells it: packages, folders, edges between members.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::error::Error;

/// The members of the workspace, in cargo's order.
#[derive(Debug, Default)]
pub(crate) struct Workspace {
    pub(crate) packages: Vec<Package>,
    /// Where cargo builds.
    pub(crate) target: PathBuf,
}

/// One member and the other members that its manifest names.
#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) name: String,
    /// Folder from the repository root, with `/` between its parts.
    pub(crate) dir: String,
    /// Named in `[dependencies]` or `[build-dependencies]`.
    pub(crate) uses: Vec<String>,
    /// Named in `[dev-dependencies]`.
    pub(crate) tests_use: Vec<String>,
}

impl Workspace {
    /// Asks cargo. Needs no network: dependencies outside the workspace are not resolved.
    pub(crate) fn load(root: &Path) -> Result<Self, Error> {
        let mut cargo = Command::new(cargo());
        cargo.args(["metadata", "--format-version", "1", "--no-deps", "--offline"]);
        cargo.current_dir(root);
        Self::parse(&output_of(cargo)?)
    }

    /// Reads the JSON of `cargo metadata --no-deps`.
    pub(crate) fn parse(json: &str) -> Result<Self, Error> {
        let broken = |what: &str| Error::Metadata { what: what.to_owned() };
        let value: Value = serde_json::from_str(json).map_err(|e| broken(&e.to_string()))?;
        let root = text(&value, "workspace_root").ok_or_else(|| broken("no workspace_root"))?;
        let listed = list(&value, "packages").ok_or_else(|| broken("no packages"))?;
        let names: Vec<&str> = listed.iter().filter_map(|package| text(package, "name")).collect();
        let packages = listed
            .iter()
            .map(|package| member(package, root, &names).ok_or_else(|| broken("odd package")))
            .collect::<Result<_, _>>()?;
        let target =
            text(&value, "target_directory").ok_or_else(|| broken("no target_directory"))?;
        Ok(Self { packages, target: target.into() })
    }

    /// The package with this name.
    pub(crate) fn package(&self, name: &str) -> Option<&Package> {
        self.packages.iter().find(|package| package.name == name)
    }
}

/// The cargo that started us, so that every step runs the same toolchain.
pub(crate) fn cargo() -> String {
    std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned())
}

/// The folder of the workspace that the current folder lies in.
pub(crate) fn root() -> Result<PathBuf, Error> {
    let mut locate = Command::new(cargo());
    locate.args(["locate-project", "--workspace", "--message-format", "plain"]);
    let manifest = PathBuf::from(output_of(locate)?.trim());
    manifest
        .parent()
        .map(Path::to_path_buf)
        .ok_or_else(|| Error::Metadata { what: "the root manifest has no folder".to_owned() })
}

/// Standard output of a command that must succeed.
pub(crate) fn output_of(mut command: Command) -> Result<String, Error> {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let shown = words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ");
    let output =
        command.output().map_err(|source| Error::Start { command: shown.clone(), source })?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        let stderr = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Err(Error::Command { command: shown, stderr })
    }
}

fn member(package: &Value, root: &str, names: &[&str]) -> Option<Package> {
    let manifest = Path::new(text(package, "manifest_path")?);
    let dir = manifest.parent()?.strip_prefix(root).ok()?;
    let (mut uses, mut tests_use) = (Vec::new(), Vec::new());
    for dependency in list(package, "dependencies")? {
        let name = text(dependency, "name")?;
        if !names.contains(&name) || dependency.get("path").is_none_or(Value::is_null) {
            continue;
        }
        let edges = match text(dependency, "kind") {
            Some("dev") => &mut tests_use,
            _ => &mut uses,
        };
        edges.push(name.to_owned());
    }
    Some(Package {
        name: text(package, "name")?.to_owned(),
        dir: dir.to_str()?.replace('\\', "/"),
        uses,
        tests_use,
    })
}

fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key)?.as_str()
}

fn list<'a>(value: &'a Value, key: &str) -> Option<&'a Vec<Value>> {
    value.get(key)?.as_array()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_members_and_their_edges() {
        let json = r#"{"workspace_root": "/r", "target_directory": "/r/target", "packages": [
            {"name": "a", "manifest_path": "/r/crates/a/Cargo.toml", "dependencies": []},
            {"name": "b", "manifest_path": "/r/crates/b/Cargo.toml", "dependencies": [
                {"name": "a", "kind": null, "path": "/r/crates/a"},
                {"name": "a", "kind": "dev", "path": "/r/crates/a"},
                {"name": "serde", "kind": null}]}]}"#;
        let workspace = Workspace::parse(json).unwrap();
        assert_eq!(workspace.target, Path::new("/r/target"));
        let b = workspace.package("b").unwrap();
        assert_eq!(b.dir, "crates/b");
        assert_eq!(
            (b.uses.as_slice(), b.tests_use.as_slice()),
            (&["a".into()][..], &["a".into()][..])
        );
    }

    #[test]
    fn says_what_is_wrong_with_odd_json() {
        let error = Workspace::parse("{}").unwrap_err();
        assert_eq!(error.to_string(), "cargo metadata: no workspace_root");
    }
}
