//! Starts commands whose output goes where ours goes, and says what happens.

use std::io::{self, Write};
use std::process::Command;
use std::time::Duration;

use crate::error::Error;

/// Runs a command whose output goes where ours goes.
pub(crate) fn succeed(mut command: Command, shown: &str) -> Result<(), Error> {
    let status =
        command.status().map_err(|source| Error::Start { command: shown.to_owned(), source })?;
    if status.success() {
        Ok(())
    } else {
        Err(Error::Step { command: shown.to_owned(), status: status.to_string() })
    }
}

/// Prints a line at once, so that it stands before what a command prints after it.
pub(crate) fn say(line: &str) -> Result<(), Error> {
    let mut out = io::stdout();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}

/// A duration as people say it: `0.4 s`, `12 s`, `4 min 12 s`.
pub(crate) fn took(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    let whole = seconds.round();
    if seconds < 10.0 {
        format!("{seconds:.1} s")
    } else if whole < 60.0 {
        format!("{whole} s")
    } else {
        format!("{} min {} s", (whole / 60.0).floor(), whole % 60.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::cargo;

    #[test]
    fn durations_as_people_say_them() {
        for (seconds, shown) in [
            (0.42, "0.4 s"),
            (12.3, "12 s"),
            (59.7, "1 min 0 s"),
            (252.0, "4 min 12 s"),
            (3723.0, "62 min 3 s"),
        ] {
            assert_eq!(took(Duration::from_secs_f64(seconds)), shown);
        }
    }

    #[test]
    fn a_failed_command_is_an_error_that_names_it() {
        let mut broken = Command::new(cargo());
        broken.arg("--no-such-flag").stderr(std::process::Stdio::null());
        let error = succeed(broken, "cargo --no-such-flag").unwrap_err();
        assert!(error.to_string().starts_with("`cargo --no-such-flag` failed (exit status"));
    }
}
