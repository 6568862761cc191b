//! What `meta.yaml` says of how tables were measured.

use std::path::Path;

use serde::Deserialize;

use crate::DatasetError;

/// Of all that it says, what matters here.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Meta {
    skew_fit: SkewFit,
}

#[derive(Debug, Deserialize)]
#[serde(default)]
struct SkewFit {
    enabled: bool,
}

impl Default for SkewFit {
    fn default() -> Self {
        Self { enabled: true }
    }
}

/// Whether the correction for unequal contexts was fitted on these measurements.
pub(super) fn has_skew(folder: &Path) -> Result<bool, DatasetError> {
    let above = folder.parent().map(|folder| folder.join("meta.yaml"));
    let own = [Some(folder.join("meta.yaml")), above].into_iter().flatten();
    let Some(path) = own.into_iter().find(|path| path.is_file()) else { return Ok(true) };
    let name = path.display().to_string();
    let text = std::fs::read_to_string(&path).map_err(|source| DatasetError::Unreadable {
        name: name.clone(),
        line: 0,
        source,
    })?;
    let meta: Meta = serde_saphyr::from_str(&text).map_err(|error| DatasetError::Content {
        name,
        what: format!("this is no description of operator tables: {error}"),
    })?;
    Ok(meta.skew_fit.enabled)
}
