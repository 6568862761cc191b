use super::*;

#[track_caller]
fn check(text: &str, expect: Option<(i128, bool)>) {
    let found = moment(text.as_bytes()).map(|moment| (moment.unix_ns, moment.zoned));
    assert_eq!(found, expect, "{text}");
}

#[test]
fn known_times_are_read() {
    check("1970-01-01 00:00:00", Some((0, false)));
    check("1970-01-01T00:00:00.000000001Z", Some((1, true)));
    check("1969-12-31 23:59:59.5", Some((-500_000_000, false)));
    check("2000-03-01 00:00:00", Some((951_868_800 * NANOS_PER_SEC, false)));
    let azure = 1_700_158_546_680_590_000;
    check("2023-11-16 18:15:46.6805900", Some((azure, false)));
    check("2023-11-16 18:15:46.6805900+00:00", Some((azure, true)));
    check("2023-11-16 20:15:46.68059 +0200", Some((azure, true)));
    check("2023-11-16 12:45:46.68059-05:30", Some((azure, true)));
    check("2023-11-17 00:15:46.6805900999+06", Some((azure + 99, true)));
    check("2023-11-17 00:15:46.680590099999+06", Some((azure + 99, true)));
}

#[test]
fn dates_that_do_not_exist_are_refused() {
    for text in [
        "2023-02-29 00:00:00",
        "1900-02-29 00:00:00",
        "2023-04-31 00:00:00",
        "2023-00-10 00:00:00",
        "2023-13-10 00:00:00",
        "2023-01-00 00:00:00",
        "2023-01-32 00:00:00",
        "0000-01-01 00:00:00",
        "2023-01-01 24:00:00",
        "2023-01-01 00:60:00",
        "2023-01-01 00:00:60",
        "2023-01-01 00:00:00+24:00",
        "2023-01-01 00:00:00+00:60",
    ] {
        check(text, None);
    }
    assert!(moment(b"2024-02-29 00:00:00").is_some());
    assert!(moment(b"2000-02-29 00:00:00").is_some());
}

#[test]
fn what_is_no_time_is_refused() {
    let whole = "2023-11-16 18:15:46.6805900+00:00";
    for end in 0..19 {
        check(&whole[..end], None);
    }
    for text in ["2023-11-16 18:15:46.", "2023-11-16 18:15:46.x", "2023-11-16 18:15:46 CET"] {
        check(text, None);
    }
    for text in ["2023/11/16 18:15:46", "16-11-2023 18:15:46", "2023-11-16 18:15:46+0", "NaN"] {
        check(text, None);
    }
    for text in ["2023-11-16 18:15:46+00:00x", "2023-11-16 18:15:46+00:", "-023-11-16 18:15:46"] {
        check(text, None);
    }
}

/// Walks 800 years day by day: each date is one day after the one before.
#[test]
fn every_day_is_one_day_long() {
    let mut expect = days_from_civil(1600, 1, 1);
    for year in 1600..2400 {
        for month in 1..=12 {
            for day in 1..=days_in_month(year, month) {
                assert_eq!(days_from_civil(year, month, day), expect, "{year}-{month}-{day}");
                expect += 1;
            }
        }
    }
    assert_eq!(days_from_civil(1, 1, 1), -719_162);
}

#[test]
fn month_ends_are_passed() {
    for (end, start) in [
        ("2023-11-30 23:59:59.9999999", "2023-12-01 00:00:00.0000001"),
        ("2023-12-31 23:59:59.9999999", "2024-01-01 00:00:00.0000001"),
        ("2024-02-29 23:59:59.9999999", "2024-03-01 00:00:00.0000001"),
        ("2023-02-28 23:59:59.9999999", "2023-03-01 00:00:00.0000001"),
    ] {
        let ns = |text: &str| moment(text.as_bytes()).unwrap().unix_ns;
        assert_eq!(ns(start) - ns(end), 200, "{end}");
        assert_eq!(ns(start) - ns(&end.replace("23:59:", "00:00:")), 86_340 * NANOS_PER_SEC + 200);
    }
}
