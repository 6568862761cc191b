use std::fs;

use super::*;
use crate::sweep::tests::trials;

fn key(number: usize) -> Key {
    Key(format!("{number:032x}"))
}

/// A journal of three points, and the folder that it is in.
fn written() -> (tempfile::TempDir, PathBuf, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    let path = Journal::path_beside(&folder.path().join("points.csv"));
    let journal = Journal::open(&path, false).unwrap();
    assert!(path.exists(), "others see that it is taken");
    drop(journal);
    assert!(!path.exists(), "nothing was finished");
    let mut journal = Journal::open(&path, false).unwrap();
    (0..3).for_each(|number| journal.add(&key(number), &trials(number)).unwrap());
    drop(journal);
    let bytes = fs::read(&path).unwrap();
    (folder, path, bytes)
}

#[test]
fn any_beginning_is_used_as_far_as_it_goes() {
    let (_folder, path, bytes) = written();
    let text = String::from_utf8(bytes.clone()).unwrap();
    assert_eq!(text.lines().next(), Some(HEADER));
    assert_eq!(text.lines().count(), 4);
    for length in 0..=bytes.len() {
        fs::write(&path, &bytes[..length]).unwrap();
        let mut journal = Journal::open(&path, false).unwrap();
        let ends = bytes[..length].iter().filter(|&&byte| byte == b'\n').count();
        for number in 0..3 {
            let expect = (number + 1 < ends).then(|| trials(number));
            assert_eq!(journal.find(&key(number)), expect.as_ref(), "{length} bytes");
            if expect.is_none() {
                journal.add(&key(number), &trials(number)).unwrap();
            }
        }
        drop(journal);
        assert_eq!(fs::read(&path).unwrap(), bytes, "{length} bytes");
    }
}

#[test]
fn numbers_read_back_to_the_last_bit() {
    let (_folder, path, _) = written();
    fs::remove_file(&path).unwrap();
    let mut odd = trials(0);
    let numbers = [0.1 + 0.2, f64::MIN_POSITIVE, 1e300, -0.0, 123_456_789.123_456_79, 5e-324];
    for (estimate, number) in odd.estimates.iter_mut().zip(numbers) {
        (estimate.mean, estimate.std, estimate.ci95) = (number, None, None);
    }
    Journal::open(&path, false).unwrap().add(&key(7), &odd).unwrap();
    let journal = Journal::open(&path, false).unwrap();
    let read = journal.find(&key(7)).unwrap();
    for (a, b) in read.estimates.iter().zip(&odd.estimates) {
        assert_eq!(a.mean.to_bits(), b.mean.to_bits());
    }
    assert_eq!(read, &odd);
}

#[test]
fn what_is_no_journal_is_refused_and_kept() {
    let (_folder, path, bytes) = written();
    let text = String::from_utf8(bytes).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let broken = text.replacen("\"digest\"", "\"digits\"", 1);
    let no_key = text.replacen(&key(1).0, "12", 1);
    let no_number = text.replacen("\"20.5\"", "\"x\"", 1);
    for (content, line, fresh) in [
        ("a,b\n1,2\n", 1, true),
        ("my notes", 1, true),
        (&lines[1..].join("\n"), 1, true),
        (&broken, 2, false),
        (&no_key, 3, false),
        (&no_number, 2, false),
        (&text.replace(lines[2], ""), 3, false),
    ] {
        for fresh in [false, fresh] {
            fs::write(&path, content).unwrap();
            let error = Journal::open(&path, fresh);
            if !fresh || line == 1 {
                let told = error.unwrap_err().to_string();
                assert!(told.contains(&format!("(line {line})")), "{told}");
                assert_eq!(fs::read_to_string(&path).unwrap(), content);
            }
        }
    }
    assert!(matches!(Journal::open(path.parent().unwrap(), false), Err(JournalError::File(_))));
}

#[test]
fn fresh_begins_anew() {
    let (_folder, path, bytes) = written();
    let mut journal = Journal::open(&path, true).unwrap();
    assert_eq!(journal.find(&key(0)), None);
    (0..3).for_each(|number| journal.add(&key(number), &trials(number)).unwrap());
    assert_eq!(fs::read(&path).unwrap(), bytes);
}

#[test]
fn two_sweeps_do_not_share_a_journal() {
    let (_folder, path, _) = written();
    for is_new in [false, true] {
        let first = Journal::open(&path, false).unwrap();
        assert!(matches!(Journal::open(&path, false), Err(JournalError::InUse { .. })));
        drop(first);
        Journal::open(&path, false).unwrap();
        if !is_new {
            fs::remove_file(&path).unwrap();
        }
    }
}

#[test]
fn keys_depend_on_all_that_figures_do() {
    let report = crate::fixtures::full();
    let content = |text: &str| Some(Content::of(text.as_bytes()).unwrap());
    let mut keys = vec![
        Key::of(&report.scenario, None),
        Key::of(&report.scenario, content("a")),
        Key::of(&report.scenario, content("b")),
    ];
    assert_eq!(keys[0], Key::of(&report.scenario.clone(), None));
    let changes: [fn(&mut Scenario); 3] = [
        |scenario| scenario.simulation.seed += 1,
        |scenario| scenario.simulation.trials += 1,
        |scenario| scenario.slo.ttft_ms = Some(77.0),
    ];
    for change in changes {
        let mut scenario = report.scenario.clone();
        change(&mut scenario);
        keys.push(Key::of(&scenario, None));
    }
    let count = keys.len();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), count);
}
