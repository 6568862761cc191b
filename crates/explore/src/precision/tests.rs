use super::*;

const GOAL: Precision = Precision { share: 0.01, trials_first: 1, trials_max: 1_000 };

#[test]
fn the_next_batch_follows_from_the_widest_interval() {
    for (done, widths, expect) in [
        (None, vec![], Some(10)),
        // Narrow enough, also where nothing varies and where there is nothing to look at.
        (Some(10), vec![Some(0.01), Some(0.0)], None),
        (Some(10), vec![], None),
        // 40 * (0.012 / 0.01)^2 = 57.6.
        (Some(40), vec![Some(0.012), Some(0.001)], Some(58)),
        // A quarter more at least, as many again at most.
        (Some(40), vec![Some(0.010_1)], Some(50)),
        (Some(10), vec![Some(0.010_1)], Some(13)),
        (Some(40), vec![Some(0.5)], Some(80)),
        (Some(40), vec![Some(0.005), None], Some(80)),
        (Some(600), vec![Some(0.5)], Some(1_000)),
        (Some(1_000), vec![Some(0.5)], None),
    ] {
        let shares: Vec<_> = widths.iter().map(|width| ("figure", *width)).collect();
        assert_eq!(Goal::Precision(GOAL).next(done, &shares), expect, "{done:?} {widths:?}");
    }
    assert_eq!(Goal::Trials(7).next(None, &[]), Some(7));
    assert_eq!(Goal::Trials(7).next(Some(7), &[]), None);
    let few = Precision { trials_max: 4, ..GOAL };
    assert_eq!(Goal::Precision(few).next(None, &[]), Some(4));
    let many = Precision { trials_first: 50, ..GOAL };
    assert_eq!(Goal::Precision(many).next(None, &[]), Some(50));
}

#[test]
fn shares_of_nothing() {
    assert_eq!(share_of(0.5, -10.0), Some(0.05));
    assert_eq!(share_of(0.0, 0.0), Some(0.0));
    assert_eq!(share_of(0.5, 0.0), None);
}

#[test]
fn notices_name_the_widest() {
    let shares = vec![("a", Some(0.002)), ("b", Some(0.009_96)), ("c", Some(0.001))];
    let expect = "20 trials were enough for ± 1 % (95 %) of the means; the widest is b, ± 0.996 %";
    assert_eq!(GOAL.reached(shares.clone()).notice(20, "means"), expect);
    let strict = Precision { share: 0.005, ..GOAL }.reached(shares);
    assert!(!strict.is_reached && strict.notice(1_000, "means").contains("b is ± 0.996 %"));
    assert!(GOAL.reached(vec![("a", None)]).notice(2, "means").contains("a is of unknown width"));
    assert!(GOAL.reached(vec![]).notice(10, "means").contains("nothing to hold for"));
}
