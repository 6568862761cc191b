//! Brings a bare toolchain up to what the checks need.

use std::path::Path;
use std::process::Command;

use crate::checks::Need;
use crate::error::Error;
use crate::workspace::output_of;

/// What `rustup` lists as installed in the toolchain of this folder.
pub(crate) struct Installed {
    components: String,
    targets: String,
}

impl Installed {
    /// Asks rustup; needs no network.
    pub(crate) fn list(root: &Path) -> Result<Self, Error> {
        let list = |what: &str| {
            let mut rustup = Command::new("rustup");
            rustup.args([what, "list", "--installed"]).current_dir(root);
            output_of(rustup).map_err(|error| match error {
                Error::Start { source, .. } => Error::Rustup { source },
                other => other,
            })
        };
        Ok(Self { components: list("component")?, targets: list("target")? })
    }

    /// Is it there already? Components are listed with their host: `clippy-x86_64-...`.
    pub(crate) fn has(&self, need: Need) -> bool {
        match need {
            Need::Component(name) => self.components.lines().any(|line| {
                line.strip_prefix(name).is_some_and(|host| host.is_empty() || host.starts_with('-'))
            }),
            Need::Target(name) => self.targets.lines().any(|line| line == name),
        }
    }
}

/// The arguments for `rustup` that install it.
pub(crate) fn install(need: Need) -> [&'static str; 3] {
    match need {
        Need::Component(name) => ["component", "add", name],
        Need::Target(name) => ["target", "add", name],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_listed_is_not_installed_again() {
        let installed = Installed {
            components: "cargo-x86_64-unknown-linux-gnu\nclippy-x86_64-unknown-linux-gnu\n"
                .to_owned(),
            targets: "x86_64-unknown-linux-gnu\n".to_owned(),
        };
        assert!(installed.has(Need::Component("clippy")));
        assert!(!installed.has(Need::Component("rustfmt")));
        assert!(installed.has(Need::Target("x86_64-unknown-linux-gnu")));
        assert!(!installed.has(Need::Target("wasm32-unknown-unknown")));
    }
}
