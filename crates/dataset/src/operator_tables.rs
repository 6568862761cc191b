//! Folders of operator tables: measured times of single operators, one file a kind.
//!
//! A folder holds `dense.csv` (`layer,tokens,time_us`), `per_sequence.csv`
//! (`layer,sequences,time_us`), `attention.csv`
//! (`prefill_chunk,kv_prefill,n_decode,kv_decode,time_us`), and where they apply `moe.csv`
//! (`tokens,activated_experts,time_us`) and `skew_fit.csv`
//! (`pc,n_label,skew_rate_label,kv_big_label,kp_label,alpha,n_samples`), each plain or gzipped. A
//! `meta.yaml` in the folder or above it may say that the skew was not fitted for this accelerator
//! (`skew_fit: { enabled: false }`): then `skew_fit.csv` is left alone. Times are microseconds of
//! one layer on one rank. A folder called `tpN` is of `N` ranks; experts that it lacks are taken
//! from the folder `tp1` beside it.
//!
//! The layout is that of the operator profiles of LLMServingSim 2 (MIT licence).

mod meta;
mod table;

use std::path::{Path, PathBuf};

use tokendrome_steptime::{AttentionTime, ExpertsTime, OperatorTables, OperatorTime, Skew};

use crate::DatasetError;
use table::{Row, Table};

/// Reads a folder of operator tables.
///
/// # Errors
/// A file that must be there is missing, cannot be read, lacks a column, or has a row that is
/// something else than numbers in their columns.
pub fn read_operator_tables(folder: &Path) -> Result<OperatorTables, DatasetError> {
    let ranks = ranks_of(folder);
    let (experts, experts_ranks) = experts(folder, ranks)?;
    Ok(OperatorTables {
        dense: operators(&required(folder, "dense.csv")?, "tokens")?,
        per_sequence: operators(&required(folder, "per_sequence.csv")?, "sequences")?,
        attention: attention(&required(folder, "attention.csv")?)?,
        experts,
        experts_ranks,
        skew: match present(folder, "skew_fit.csv") {
            Some(path) if meta::has_skew(folder)? => skew(&path)?,
            _ => Vec::new(),
        },
        ranks,
    })
}

/// The ranks that a folder's name tells.
fn ranks_of(folder: &Path) -> Option<u32> {
    folder.file_name()?.to_str()?.strip_prefix("tp")?.parse().ok()
}

/// The file of this name, or the same packed.
fn present(folder: &Path, name: &str) -> Option<PathBuf> {
    [folder.join(name), folder.join(format!("{name}.gz"))].into_iter().find(|path| path.is_file())
}

fn required(folder: &Path, name: &str) -> Result<PathBuf, DatasetError> {
    present(folder, name).ok_or_else(|| DatasetError::NotFound {
        path: folder.join(name),
        hint: "operator tables are a folder with dense.csv, per_sequence.csv and attention.csv, \
               plain or gzipped"
            .to_owned(),
    })
}

fn operators(path: &Path, count: &str) -> Result<Vec<OperatorTime>, DatasetError> {
    Table::open(path, &["layer", count, "time_us"])?.rows(|row: &Row<'_>| {
        Ok(OperatorTime {
            operator: row.text(0).to_owned(),
            count: row.count(1)?,
            time_us: row.time(2)?,
        })
    })
}

fn attention(path: &Path) -> Result<Vec<AttentionTime>, DatasetError> {
    let columns = ["prefill_chunk", "kv_prefill", "n_decode", "kv_decode", "time_us"];
    Table::open(path, &columns)?.rows(|row| {
        Ok(AttentionTime {
            prefill_chunk: row.count(0)?,
            kv_prefill: row.count(1)?,
            n_decode: row.count(2)?,
            kv_decode: row.count(3)?,
            time_us: row.time(4)?,
        })
    })
}

/// Times of experts, and the ranks that they were cut for.
fn experts(folder: &Path, ranks: Option<u32>) -> Result<(Vec<ExpertsTime>, u32), DatasetError> {
    let beside = folder.with_file_name("tp1");
    let own = present(folder, "moe.csv").map(|path| (path, ranks.unwrap_or(1)));
    let whole = || Some((present(&beside, "moe.csv").filter(|_| ranks.is_some())?, 1));
    let Some((path, ranks)) = own.or_else(whole) else { return Ok((Vec::new(), 1)) };
    let rows = Table::open(&path, &["tokens", "activated_experts", "time_us"])?.rows(|row| {
        Ok(ExpertsTime { tokens: row.count(0)?, activated: row.count(1)?, time_us: row.time(2)? })
    });
    Ok((rows?, ranks))
}

fn skew(path: &Path) -> Result<Vec<Skew>, DatasetError> {
    let columns =
        ["pc", "n_label", "skew_rate_label", "kv_big_label", "kp_label", "alpha", "n_samples"];
    Table::open(path, &columns)?.rows(|row| {
        Ok(Skew {
            prefill_chunk: row.count(0)?,
            n_decode: row.bound(1)?,
            share: row.bound(2)?,
            kv_longest: row.bound(3)?,
            kv_prefill: row.bound(4)?,
            alpha: row.number(5)?,
            samples: row.number(6)?,
        })
    })
}

#[cfg(test)]
mod tests;
