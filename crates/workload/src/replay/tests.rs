use proptest::prelude::*;

use super::*;

fn rows(arrivals_s: &[u64]) -> Rows {
    let rows: Vec<_> = arrivals_s
        .iter()
        .enumerate()
        .map(|(i, &s)| {
            Ok(TraceRow {
                index: i as u32,
                arrival_ns: s * 1_000_000_000,
                input_tokens: 10,
                output_tokens: 5,
                ..TraceRow::default()
            })
        })
        .collect();
    Box::new(rows.into_iter())
}

fn replay(rows: Rows, spec: ReplaySpec) -> Replay {
    Replay::new(rows, spec, None, None, None, &Streams::new(1, 0)).unwrap()
}

fn served(source: &mut Replay) -> Vec<(u32, u64)> {
    std::iter::from_fn(|| source.next_request().unwrap())
        .map(|r| (r.index, r.arrival.as_nanos() / 1_000_000))
        .collect()
}

#[test]
fn rows_out_of_order_are_put_in_order_and_counted() {
    let mut source = replay(rows(&[0, 3, 1, 3, 2]), ReplaySpec::default());
    let order = [(0, 0), (2, 1_000), (4, 2_000), (1, 3_000), (3, 3_000)];
    assert_eq!(served(&mut source), order);
    assert!(source.notices()[0].starts_with("2 rows"), "{:?}", source.notices());
}

proptest! {
    /// Whatever the order of the rows, they come sorted by arrival, equals as in the trace.
    #[test]
    fn rows_come_in_order_of_their_arrival(
        arrivals_s in prop::collection::vec(0..20_u64, 0..40),
    ) {
        let mut source = replay(rows(&arrivals_s), ReplaySpec::default());
        let mut expect: Vec<(u32, u64)> = (0..).zip(arrivals_s.iter().map(|s| s * 1_000)).collect();
        expect.sort_by_key(|&(_, arrival_ms)| arrival_ms);
        prop_assert_eq!(served(&mut source), expect);
        let ahead = |at: usize| arrivals_s[..at].iter().any(|before| before > &arrivals_s[at]);
        let late = (0..arrivals_s.len()).filter(|&at| ahead(at)).count() as u64;
        prop_assert_eq!(source.rows.reordered, late);
    }
}

#[test]
fn disorder_beyond_the_window_is_an_error() {
    let mut arrivals = vec![5; REORDER_WINDOW + 1];
    arrivals.push(0);
    let mut source = replay(rows(&arrivals), ReplaySpec::default());
    source.next_request().unwrap();
    source.next_request().unwrap();
    let error = source.next_request().unwrap_err().to_string();
    assert!(error.contains("row 65538") && error.contains("sort the trace"), "{error}");
}

#[test]
fn a_part_can_be_replayed_faster() {
    let spec = ReplaySpec { speedup: 4.0, start_s: 2.0, limit: Some(2), ..ReplaySpec::default() };
    let mut source = replay(rows(&[0, 1, 2, 6, 10]), spec);
    assert_eq!(served(&mut source), [(2, 0), (3, 1_000)]);
}

#[test]
fn recorded_times_can_be_replaced() {
    let arrivals = ArrivalsSpec::FixedRate { rate_per_s: 10.0 };
    let streams = Streams::new(1, 0);
    let mut source = Replay::new(
        rows(&[0, 50, 100]),
        ReplaySpec::default(),
        Some(&arrivals),
        Some(0.25),
        None,
        &streams,
    )
    .unwrap();
    assert_eq!(served(&mut source), [(0, 100), (1, 200)]);
}

#[test]
fn classes_are_numbered_as_they_occur() {
    let named = |index, class: Option<&str>| {
        Ok(TraceRow {
            index,
            input_tokens: 1,
            output_tokens: 1,
            slo_class: class.map(str::to_owned),
            ..TraceRow::default()
        })
    };
    let rows: Rows = Box::new(
        vec![named(0, Some("b")), named(1, None), named(2, Some("a")), named(3, None)].into_iter(),
    );
    let mut source = replay(rows, ReplaySpec::default());
    let classes: Vec<_> =
        std::iter::from_fn(|| source.next_request().unwrap()).map(|r| r.class.0).collect();
    assert_eq!(classes, [0, 1, 2, 1]);
    assert_eq!(source.classes(), ["b", "", "a"]);
}

fn hashed(rows: &[(u32, &[u64])]) -> Rows {
    let row = |(i, &(input_tokens, ids)): (usize, &(u32, &[u64]))| TraceRow {
        index: i as u32,
        arrival_ns: i as u64,
        input_tokens,
        output_tokens: 5,
        hash_ids: ids.to_vec(),
        ..TraceRow::default()
    };
    let rows: Vec<_> = rows.iter().enumerate().map(row).map(Ok).collect();
    Box::new(rows.into_iter())
}

/// The runs of each request as (id, end), up to an error.
fn contents(source: &mut Replay) -> Result<Vec<Vec<(u64, u32)>>, String> {
    let mut contents = Vec::new();
    while let Some(request) = source.next_request().map_err(|error| error.0)? {
        contents.push(request.content.iter().map(|run| (run.id, run.end)).collect());
    }
    Ok(contents)
}

#[track_caller]
fn check_contents(
    rows: &[(u32, &[u64])],
    block_size: Option<u32>,
    expect: Result<&[&[(u64, u32)]], &str>,
) {
    let spec = ReplaySpec { block_size, ..ReplaySpec::default() };
    let found = contents(&mut replay(hashed(rows), spec));
    match expect {
        Ok(runs) => assert_eq!(found, Ok(runs.iter().map(|runs| runs.to_vec()).collect())),
        Err(part) => {
            let error = found.unwrap_err();
            assert!(error.contains(part), "{error}");
        }
    }
}

#[test]
fn each_hash_id_is_a_run_of_a_block_and_outputs_are_private() {
    // The third row alone leaves 250 to 499 tokens a block, and all rows together 512 alone.
    check_contents(
        &[(655, &[46, 47]), (300, &[]), (1_500, &[46, 50, 51]), (100, &[9])],
        None,
        Ok(&[&[(46, 512), (47, 655)], &[], &[(46, 512), (50, 1_024), (51, 1_500)], &[(9, 100)]]),
    );
    // A prompt that ends with its block.
    check_contents(&[(64, &[1, 2, 3, 4])], Some(16), Ok(&[&[(1, 16), (2, 32), (3, 48), (4, 64)]]));
    // The only size that fits is not a power of two.
    check_contents(
        &[(300, &[1, 2, 3]), (101, &[1, 4])],
        None,
        Ok(&[&[(1, 100), (2, 200), (3, 300)], &[(1, 100), (4, 101)]]),
    );
}

#[test]
fn the_size_of_blocks_makes_no_difference_where_each_prompt_has_one() {
    check_contents(&[(70, &[1]), (90, &[2])], None, Ok(&[&[(1, 70)], &[(2, 90)]]));
}

#[test]
fn a_size_that_the_rows_do_not_tell_must_be_given() {
    let rows: &[(u32, &[u64])] = &[(300, &[1, 2, 3]), (121, &[1, 4])];
    check_contents(rows, None, Err("row 1 of the trace: how many tokens an entry of `hash_ids`"));
    check_contents(rows, Some(110), Ok(&[&[(1, 110), (2, 220), (3, 300)], &[(1, 110), (4, 121)]]));
    check_contents(rows, Some(64), Err("blocks of 64 tokens; give the size that fits all rows"));
}

#[test]
fn rows_behind_the_window_cannot_change_the_size() {
    // Blocks of 300 tokens look like blocks of 256 until a row behind the window.
    let mut rows: Vec<(u32, &[u64])> = vec![(500, &[1, 2]); REORDER_WINDOW];
    rows.push((600, &[1, 3]));
    check_contents(&rows, None, Err("row 65537 of the trace: `hash_ids` has 2 ids for 600"));
    let spec = ReplaySpec { block_size: Some(300), ..ReplaySpec::default() };
    let found = contents(&mut replay(hashed(&rows), spec)).unwrap();
    assert_eq!(found.last().unwrap()[..], [(1, 300), (3, 600)]);
}

#[test]
fn many_ids_shorten_the_window() {
    let ids = vec![7; 1 << 20];
    let mut rows: Vec<(u32, &[u64])> = vec![(1 << 24, &ids); 6];
    rows.push((1, &[7]));
    let read = std::rc::Rc::new(std::cell::Cell::new(0));
    let count = std::rc::Rc::clone(&read);
    let rows = hashed(&rows).inspect(move |_| count.set(count.get() + 1));
    let mut source = replay(Box::new(rows), ReplaySpec::default());
    source.next_request().unwrap();
    assert_eq!(read.get(), 4);
    assert_eq!(contents(&mut source).unwrap().len(), 6);
}

#[test]
fn a_size_of_blocks_that_no_row_has_is_mentioned() {
    let spec = ReplaySpec { block_size: Some(16), ..ReplaySpec::default() };
    let mut source = replay(rows(&[0, 1]), spec);
    assert_eq!(contents(&mut source).unwrap(), [[], []]);
    assert!(source.notices()[0].contains("the trace has no `hash_ids`"));
}

#[test]
fn a_tick_stands_for_a_recorded_millisecond() {
    let nanos = [0, 2_030_000, 285_714, 5_000_000];
    let row = |(index, &arrival_ns): (usize, &u64)| TraceRow {
        arrival_ns,
        ..rows(&[0]).next().unwrap().map(|row| TraceRow { index: index as u32, ..row }).unwrap()
    };
    let mut all: Vec<_> = nanos.iter().enumerate().map(row).collect();
    all.sort_by_key(|row| row.arrival_ns);
    let tick = SimDuration::from_nanos(720_720_000);
    let spec = ReplaySpec { tick: Some(tick), ..ReplaySpec::default() };
    let mut source = replay(Box::new(all.into_iter().map(Ok)), spec);
    let mut arrivals = Vec::new();
    while let Some(request) = source.next_request().unwrap() {
        arrivals.push(request.arrival.as_nanos());
    }
    assert_eq!(arrivals, [0, 205_919_794, 1_463_061_600, 3_603_600_000]);
}
