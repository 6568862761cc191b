use super::*;

fn rows(count: u32) -> Rows {
    let row = |index| TraceRow {
        index,
        input_tokens: 10 + index,
        output_tokens: if index == 1 { 7 } else { 0 },
        max_tokens: (index == 2).then_some(3),
        hash_ids: vec![u64::from(index), 9],
        ..TraceRow::default()
    };
    Box::new((0..count).map(move |index| Ok(row(index))))
}

fn spec(arrivals: ArrivalsSpec) -> PromptsSpec {
    PromptsSpec {
        arrivals,
        output_tokens: Some(LengthsSpec::Fixed { tokens: 5 }),
        max_tokens: None,
        requests: None,
        duration_s: None,
        block_tokens: Some(4),
    }
}

fn source(spec: PromptsSpec, count: u32) -> Prompts {
    Prompts::new(rows(count), spec, &Streams::new(1, 0)).expect("times are small")
}

fn all(source: &mut Prompts) -> Vec<Request> {
    std::iter::from_fn(|| source.next_request().expect("rows are right")).collect()
}

const EVERY_SECOND: ArrivalsSpec = ArrivalsSpec::FixedRate { rate_per_s: 1.0 };

#[test]
fn rows_bring_the_prompts_and_chance_the_rest() {
    let mut source = source(spec(EVERY_SECOND), 3);
    let requests = all(&mut source);
    let found = |of: fn(&Request) -> u32| requests.iter().map(of).collect::<Vec<u32>>();
    assert_eq!(found(|request| request.prompt_tokens), [10, 11, 12]);
    assert_eq!(found(|request| request.output_tokens), [5, 7, 5]);
    assert_eq!(found(|request| request.max_tokens), [5, 7, 3]);
    let expect = [TokenRun { id: 2, end: 4 }, TokenRun { id: 9, end: 8 }];
    assert_eq!(requests[2].content, expect);
    let arrivals: Vec<u64> =
        requests.iter().map(|request| request.arrival.as_nanos() / 1_000_000_000).collect();
    assert_eq!(arrivals, [1, 2, 3]);
    assert_eq!(source.notices(), Vec::<String>::new());
}

#[test]
fn a_workload_ends_with_its_requests_its_time_or_its_rows() {
    let check = |requests, duration_s, expect: usize, notices: &[&str]| {
        let spec = PromptsSpec { requests, duration_s, ..spec(EVERY_SECOND) };
        let mut source = source(spec, 5);
        assert_eq!(all(&mut source).len(), expect, "{requests:?} {duration_s:?}");
        assert_eq!(source.notices(), notices);
    };
    check(None, None, 5, &[]);
    check(Some(2), None, 2, &[]);
    check(None, Some(3.5), 3, &[]);
    check(Some(5), None, 5, &[]);
    check(Some(9), None, 5, &["the dataset has 5 requests, fewer than the 9 asked for"]);
}

#[test]
fn users_of_a_closed_loop_ask_what_comes_next() {
    let arrivals = ArrivalsSpec::ClosedLoop { users: 2, think_s: 1.0, random_think: false };
    let mut source = source(spec(arrivals), 3);
    let first = all(&mut source);
    let users: Vec<_> = first.iter().map(|request| (request.index, request.user)).collect();
    assert_eq!(users, [(0, Some(0)), (1, Some(1))]);
    let now = at_secs(4.0).expect("a time");
    let next = source.ended(1, now, true).expect("rows are right").expect("a third row");
    assert_eq!((next.index, next.user), (2, Some(1)));
    assert_eq!(next.arrival, at_secs(5.0).expect("a time"));
    assert_eq!(source.ended(0, now, true), Ok(None));
}

#[test]
fn outputs_must_come_from_somewhere() {
    let mut source = source(PromptsSpec { output_tokens: None, ..spec(EVERY_SECOND) }, 3);
    let error = source.next_request().expect_err("row 0 tells no output");
    let expect = "prompt 1 of the dataset does not tell how long its answer is: give the workload \
                  lengths of outputs (`output_tokens`)";
    assert_eq!(error.0, expect);
}

#[test]
fn without_blocks_nothing_is_shared() {
    let mut source = source(PromptsSpec { block_tokens: None, ..spec(EVERY_SECOND) }, 1);
    assert_eq!(all(&mut source)[0].content, []);
}
