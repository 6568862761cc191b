use std::fs;

use super::*;

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder for the test")
}

fn write(folder: &Path, files: &[(&str, &str)]) {
    fs::create_dir_all(folder).expect("the folder can be made");
    for (name, text) in files {
        fs::write(folder.join(name), text).expect("the file can be written");
    }
}

const DENSE: &str = "layer,tokens,time_us\nqkv_proj,1,10\nqkv_proj,8,12.5\n";
const SEQUENCES: &str = "layer,sequences,time_us\nlm_head,1,100\n";
const ATTENTION: &str = "prefill_chunk,kv_prefill,n_decode,kv_decode,time_us\n0,0,1,16,4\n";

#[test]
fn a_folder_is_read_with_the_experts_of_the_one_beside() {
    let dir = folder();
    let skew = "pc,n_label,skew_rate_label,kv_big_label,kp_label,alpha,n_samples\n\
                0,n<=8,sr<=15%,kvB<=4k,kp=0,0.25,2\n16,n>256,sr>70%,kvB>16k,kp<=512,-0.5,4\n";
    let files =
        [("dense.csv", DENSE), ("per_sequence.csv", SEQUENCES), ("attention.csv", ATTENTION)];
    let own = dir.path().join("tp2");
    write(&own, &files);
    write(&own, &[("skew_fit.csv", skew)]);
    let moe = "time_us,tokens,activated_experts\n50.5,1,8\n";
    write(&dir.path().join("tp1"), &[("moe.csv", moe)]);
    let tables = read_operator_tables(&own).expect("the folder is whole");
    assert_eq!(tables.ranks, Some(2));
    assert_eq!(tables.dense.len(), 2);
    assert_eq!((tables.dense[1].count, tables.dense[1].time_us), (8, 12.5));
    assert_eq!(tables.per_sequence[0].operator, "lm_head");
    assert_eq!(tables.attention[0].kv_decode, 16);
    let experts = ExpertsTime { tokens: 1, activated: 8, time_us: 50.5 };
    assert_eq!((tables.experts, tables.experts_ranks), (vec![experts], 1));
    let meta = "gpu: a card\nskew_fit:\n  enabled: false\n";
    write(dir.path(), &[("meta.yaml", meta)]);
    let without = read_operator_tables(&own).expect("the folder is whole");
    assert_eq!(without.skew, Vec::new(), "it was not fitted here");
    let bounds = |of: &Skew| [of.n_decode, of.share, of.kv_longest, of.kv_prefill];
    assert_eq!(bounds(&tables.skew[0]), [8.0, 0.15, 4096.0, 0.0]);
    assert_eq!(bounds(&tables.skew[1]), [f64::INFINITY, f64::INFINITY, f64::INFINITY, 512.0]);
}

#[test]
fn what_is_wrong_says_where() {
    let check = |file: &str, text: &str, expect: &str| {
        let dir = folder();
        let files =
            [("dense.csv", DENSE), ("per_sequence.csv", SEQUENCES), ("attention.csv", ATTENTION)];
        write(dir.path(), &files);
        write(dir.path(), &[(file, text)]);
        let error = read_operator_tables(dir.path()).expect_err("the file is wrong").to_string();
        assert!(error.contains(expect), "{error}");
    };
    check("dense.csv", "layer,tokens\n", "dense.csv:1:1: there is no column `time_us`");
    check("dense.csv", "layer,tokens,time_us\nx,a,1\n", "dense.csv:2:1: `tokens` must be a whole");
    check("dense.csv", "layer,tokens,time_us\nx,1,-1\n", "`time_us` must be 0 or more");
    check("dense.csv", "layer,tokens,time_us\nx,1\n", "the row has 2 fields");
    check("dense.csv", "layer,tokens,time_us\n", "the table has no rows");
    let dir = folder();
    let error = read_operator_tables(dir.path()).expect_err("the folder is empty").to_string();
    assert!(error.contains("dense.csv: no such file; operator tables are a folder"), "{error}");
}
