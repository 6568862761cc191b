//! Where a measurement was taken.

use std::fs;
use std::thread;

/// The processor and how many of its cores can be used.
pub(super) fn line() -> String {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = model(&info).unwrap_or(std::env::consts::ARCH);
    format!("Machine: {name}, {cores} core{}", if cores == 1 { "" } else { "s" })
}

fn model(info: &str) -> Option<&str> {
    let line = info.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_is_named() {
        let info = "processor\t: 0\nmodel name\t: Some CPU @ 2.0GHz\nprocessor\t: 1\n";
        assert_eq!(model(info), Some("Some CPU @ 2.0GHz"));
        assert_eq!(model(""), None);
    }
}
