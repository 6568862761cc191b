//! Who may use whom: the allowed dependency edges between the crates of the workspace, as data.
//!
//! One row per crate, lowest first, and a row names only crates of rows above it, so the table
//! itself cannot hold a cycle. `tidy` compares it with `cargo metadata`; the wasm32 check takes
//! from it which crates are the engine. `ARCHITECTURE.md` shows the same map to people.

/// The API boundary. It and all it may use are the engine: no IO, no clock, builds for wasm32.
pub(crate) const FACADE: &str = "tokendrome";

/// One crate and the workspace crates that it may name in `[dependencies]`.
pub(crate) struct Layer {
    pub(crate) name: &'static str,
    pub(crate) may_use: &'static [&'static str],
}

/// The engine below the facade.
const ENGINE: &[&str] = &[
    "tokendrome-units",
    "tokendrome-kernel",
    "tokendrome-catalog",
    "tokendrome-steptime",
    "tokendrome-kv",
    "tokendrome-sched",
    "tokendrome-workload",
    "tokendrome-metrics",
    "tokendrome-cluster",
];

/// The engine below `cluster`, which is the last of the list.
const PARTS: &[&str] = ENGINE.split_at(ENGINE.len() - 1).0;

/// What the fronts put together. The facade is among it: it is the API that a front shows.
const FRONT: &[&str] = &[
    FACADE,
    "tokendrome-scenario",
    "tokendrome-dataset",
    "tokendrome-explore",
    "tokendrome-conformance",
    "tokendrome-accuracy",
    "tokendrome-report",
];

/// The table. A new crate gets its row here in the change that adds it.
pub(crate) const TABLE: &[Layer] = &[
    Layer { name: "tokendrome-units", may_use: &[] },
    Layer { name: "tokendrome-kernel", may_use: &["tokendrome-units"] },
    Layer { name: "tokendrome-catalog", may_use: &["tokendrome-units"] },
    Layer { name: "tokendrome-steptime", may_use: &["tokendrome-units", "tokendrome-catalog"] },
    Layer { name: "tokendrome-kv", may_use: &["tokendrome-units"] },
    Layer { name: "tokendrome-sched", may_use: &["tokendrome-units", "tokendrome-kv"] },
    Layer { name: "tokendrome-workload", may_use: &["tokendrome-units", "tokendrome-kernel"] },
    Layer { name: "tokendrome-metrics", may_use: &["tokendrome-units"] },
    Layer { name: "tokendrome-cluster", may_use: PARTS },
    Layer { name: FACADE, may_use: ENGINE },
    Layer { name: "tokendrome-scenario", may_use: &[FACADE] },
    Layer { name: "tokendrome-dataset", may_use: &["tokendrome-steptime", "tokendrome-workload"] },
    Layer { name: "tokendrome-explore", may_use: &[FACADE] },
    Layer {
        name: "tokendrome-conformance",
        may_use: &[
            FACADE,
            "tokendrome-units",
            "tokendrome-kv",
            "tokendrome-sched",
            "tokendrome-cluster",
        ],
    },
    Layer {
        name: "tokendrome-accuracy",
        may_use: &[FACADE, "tokendrome-scenario", "tokendrome-dataset"],
    },
    Layer {
        name: "tokendrome-report",
        may_use: &[FACADE, "tokendrome-metrics", "tokendrome-explore"],
    },
    Layer { name: "tokendrome-cli", may_use: FRONT },
    Layer { name: "tokendrome-python", may_use: FRONT },
    Layer { name: "tokendrome-wasm", may_use: FRONT },
    Layer { name: "tokendrome-serve", may_use: FRONT },
    Layer { name: "xtask", may_use: &[] },
];

/// The row of a crate, if it has one.
pub(crate) fn layer(name: &str) -> Option<&'static Layer> {
    TABLE.iter().find(|layer| layer.name == name)
}

/// Is this crate the facade or below it?
pub(crate) fn is_engine(name: &str) -> bool {
    name == FACADE || layer(FACADE).is_some_and(|facade| facade.may_use.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_names_only_rows_above_it() {
        for (place, row) in TABLE.iter().enumerate() {
            for used in row.may_use {
                assert!(
                    TABLE[..place].iter().any(|above| above.name == *used),
                    "{} names {used}, which has no row above it",
                    row.name
                );
            }
        }
    }

    #[test]
    fn the_engine_is_closed_under_use() {
        for row in TABLE.iter().filter(|row| is_engine(row.name)) {
            assert!(row.may_use.iter().all(|used| is_engine(used)), "{}", row.name);
        }
        assert!(is_engine("tokendrome-cluster"));
        assert!(!is_engine("tokendrome-scenario"));
        assert!(!is_engine("xtask"));
    }
}
