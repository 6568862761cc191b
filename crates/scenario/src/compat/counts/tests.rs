use crate::{Change, Format, Input, load};

const BASE: &str = "model = \"llama-2-70b\"\nhardware = \"mi300x\"\n";

/// Replicas of the cluster, accelerators per node, and notices; or what is wrong.
fn read(text: &str, sets: &[&str]) -> Result<(u32, u32, Vec<String>), String> {
    let text = format!("{BASE}{text}");
    let input = Input::Text { name: "test".to_owned(), text, format: Format::Toml };
    let changes: Vec<Change> =
        sets.iter().map(|set| Change::assignment("--set", set).unwrap()).collect();
    let loaded = load(&input, &changes).map_err(|problems| problems.to_string())?;
    let per_node = loaded.scenario.hardware.unwrap().accelerators_per_node;
    Ok((loaded.scenario.cluster.replicas, per_node, loaded.notices))
}

#[track_caller]
fn replicas(text: &str, sets: &[&str], expect: (u32, u32)) {
    assert_eq!(read(text, sets), Ok((expect.0, expect.1, vec![])), "{text} {sets:?}");
}

#[track_caller]
fn refused(text: &str, expect: &str) {
    let found = read(text, &[]).unwrap_err();
    assert!(found.contains(expect), "{found}");
}

#[test]
fn accelerators_become_replicas() {
    replicas("cluster.n_xpus_per_node = 8\nparallelism.tp = 8", &[], (1, 8));
    replicas("cluster.n_xpus_per_node = 8\nparallelism.tp = 2", &[], (4, 8));
    replicas("cluster.n_xpus_per_node = 4", &[], (4, 4));
    let nodes = "parallelism = { tp = 4, pp = 2 }\ncluster = { n_xpus_per_node = 4, n_nodes = 6 }";
    replicas(nodes, &[], (3, 4));
}

#[test]
fn what_comes_over_the_file_counts() {
    let file = "cluster.n_xpus_per_node = 8\nparallelism.tp = 8";
    replicas(file, &["parallelism.tp=4"], (2, 8));
    replicas(file, &["cluster.n_nodes=3"], (3, 8));
    replicas(file, &["hardware.accelerators_per_node=16"], (1, 16));
}

#[test]
fn replicas_may_use_less_than_there_is_and_not_more() {
    let of = |replicas| {
        format!("parallelism.tp = 2\ncluster = {{ n_xpus_per_node = 8, replicas = {replicas} }}")
    };
    let (replicas, _, notices) = read(&of(3), &[]).unwrap();
    assert_eq!(replicas, 3);
    assert!(notices[0].starts_with("6 of the 8 accelerators of `[cluster]` are used"));
    assert_eq!(read(&of(4), &[]), Ok((4, 8, vec![])));
    refused(&of(5), "5 replicas of 2 accelerators are more than the 8 of `[cluster]`");
}

#[test]
fn counts_that_make_no_replicas_are_refused() {
    refused(
        "cluster.n_xpus_per_node = 8\nparallelism.tp = 3",
        "8 accelerators of `[cluster]` are no whole number of replicas: one takes 3",
    );
    refused("cluster.n_xpus_per_node = 4\nparallelism.tp = 8", "one takes 8");
    refused("cluster.n_nodes = 2", "`n_nodes` without `n_xpus_per_node`");
    for count in ["0", "-1", "1.5", "\"x\""] {
        let text = format!("cluster.n_xpus_per_node = {count}");
        refused(&text, "`n_xpus_per_node` must be a whole number from 1 to 1000000; found ");
    }
}

#[test]
fn pools_count_for_themselves() {
    let text = "model = \"llama-2-70b\"\nparallelism.tp = 4\n\
                [disaggregation.prefill]\nhardware = \"a100-sxm-80gb\"\nn_xpus_per_node = 8\n\
                [disaggregation.decode]\nhardware = \"mi300x\"\nn_xpus_per_node = 8\n\
                parallelism.tp = 8";
    let input =
        Input::Text { name: "test".to_owned(), text: text.to_owned(), format: Format::Toml };
    let pools = load(&input, &[]).unwrap().scenario.disaggregation.unwrap();
    assert_eq!((pools.prefill.replicas, pools.decode.replicas), (2, 1));
    refused(
        "cluster.n_xpus_per_node = 8\n[disaggregation]",
        "with two pools, each counts its own accelerators",
    );
}
