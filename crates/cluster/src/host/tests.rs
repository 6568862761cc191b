use super::*;

fn at(micros: u64) -> SimTime {
    SimTime::from_nanos(micros * 1_000)
}

fn micros(micros: u64) -> SimDuration {
    SimDuration::from_nanos(micros * 1_000)
}

/// Launches a batch; when the accelerator works on it.
fn launch<B>(
    host: &mut HostLoop<B>,
    batch: B,
    host_us: u64,
    time_us: Option<u64>,
) -> Option<(SimTime, SimTime)> {
    let mut seen = None;
    let keep = |run| {
        seen = run;
        batch
    };
    host.launch(micros(host_us), time_us.map(micros), keep).unwrap();
    seen
}

/// One request with two tokens: the second batch is planned at once, a third finds nothing to do,
/// a fourth clears the books; each of the empty ones is followed by a rest.
#[test]
fn a_lone_request_of_two_tokens() {
    let mut host = HostLoop::new(EMPTY_STEP_SLEEP);
    assert!(host.is_idle(false) && !host.is_idle(true));
    host.wake(at(0));
    assert_eq!(launch(&mut host, 0, 0, Some(5_800)), Some((at(0), at(5_800))));
    assert!(!host.must_wait(true), "the queue has room");
    host.rest(true).unwrap();
    host.wake(at(0));
    assert_eq!(launch(&mut host, 1, 0, Some(5_020)), Some((at(5_800), at(10_820))));
    assert!(host.must_wait(true));
    assert_eq!((host.due(), host.take(), host.clock()), (at(5_800), 0, at(5_800)));
    host.rest(true).unwrap();
    host.wake(host.clock());
    assert_eq!(launch(&mut host, 2, 0, None), None);
    assert!(host.must_wait(true));
    assert_eq!((host.due(), host.take()), (at(10_820), 1));
    host.note_ended();
    host.rest(false).unwrap();
    assert_eq!(host.clock(), at(11_820), "a rest after a turn that computed nothing");
    host.wake(host.clock());
    assert!(host.has_work(false), "the scheduler has to hear of the end");
    assert_eq!(launch(&mut host, 3, 0, None), None);
    assert!(host.must_wait(false));
    assert_eq!(host.take(), 2);
    host.rest(false).unwrap();
    assert_eq!(host.clock(), at(11_820), "no work is left, so no rest");
    host.wake(host.clock());
    assert!(!host.is_idle(false) && host.must_wait(false));
    assert_eq!(host.take(), 3);
    assert!(host.is_idle(false));
}

#[test]
fn the_host_works_while_the_accelerator_runs() {
    let mut host = HostLoop::new(EMPTY_STEP_SLEEP);
    host.wake(at(100));
    let first = launch(&mut host, (), 50, Some(200));
    assert_eq!(first, Some((at(150), at(350))));
    let hidden = launch(&mut host, (), 50, Some(10));
    assert_eq!(hidden, Some((at(350), at(360))));
    let late = launch(&mut host, (), 500, Some(10));
    assert_eq!(late, Some((at(700), at(710))));
}

#[test]
fn an_end_beyond_the_clock_is_an_error() {
    let mut host = HostLoop::new(SimDuration::ZERO);
    host.wake(SimTime::MAX);
    assert!(host.launch(SimDuration::ZERO, Some(micros(1)), |_| ()).is_err());
}
