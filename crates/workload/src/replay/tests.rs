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
    let spec = ReplaySpec { speedup: 4.0, start_s: 2.0, limit: Some(2) };
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
