//! The constants of engines that come with the program: name and text of each file.

/// Every profile, by engine and version.
pub(super) static PROFILES: &[(&str, &str)] =
    &[("vllm-0.15", include_str!("../../profiles/vllm-0.15.toml"))];
