use ::parquet::file::reader::{FileReader, SerializedFileReader};
use ::parquet::record::Field;
use tokendrome::units::{ReplicaId, SimTime};
use tokendrome_metrics::Rejection;

use super::*;

fn completed(index: u32) -> RequestRecord {
    RequestRecord {
        transfer_end: None,
        index,
        class: 0,
        arrival: SimTime::from_nanos(1),
        first_scheduled: Some(SimTime::from_nanos(5)),
        first_token: Some(SimTime::from_nanos(1_000_000_001)),
        prefill_end: None,
        decode_start: None,
        end: Some(SimTime::from_nanos(345_678_910_111_213)),
        prompt_tokens: 1000,
        output_tokens: 3,
        cached_tokens: 16,
        preemptions: 2,
        replica: Some(ReplicaId(7)),
        status: Status::Completed,
    }
}

fn waiting(index: u32, status: Status) -> RequestRecord {
    RequestRecord {
        class: 1,
        first_scheduled: None,
        first_token: None,
        prefill_end: None,
        decode_start: None,
        end: None,
        output_tokens: 0,
        cached_tokens: 0,
        preemptions: 0,
        replica: None,
        status,
        ..completed(index)
    }
}

/// In an order other than the input's, with every outcome.
fn every_outcome() -> (Vec<RequestRecord>, Vec<String>) {
    let why =
        Rejection { kind: "prompt-too-long", detail: "9,000 tokens, \"8,192\" at most".to_owned() };
    let begun =
        RequestRecord { end: None, output_tokens: 1, status: Status::Unfinished, ..completed(2) };
    let single = RequestRecord {
        output_tokens: 1,
        end: Some(SimTime::from_nanos(1_000_000_001)),
        ..completed(4)
    };
    let records = vec![
        single,
        waiting(1, Status::Rejected(why)),
        completed(0),
        waiting(3, Status::Unfinished),
        begun,
    ];
    (records, vec!["chat".to_owned(), "batch, slow".to_owned()])
}

fn csv_of(records: &[RequestRecord], classes: &[String]) -> String {
    let mut bytes = Vec::new();
    write_csv(records, classes, TimeUnit::Second, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn csv_is_exact_and_has_a_row_for_every_request() {
    let (records, classes) = every_outcome();
    let expect = "\
request_index,arrival_s,ttft_s,e2e_s,tpot_s,input_tokens,output_tokens,cached_tokens,queue_s,\
preemptions,replica,status,class,reason
0,0.000000001,1.000000000,345678.910111212,172838.955055606,1000,3,16,0.000000004,2,7,\
completed,chat,
1,0.000000001,,,,1000,0,0,,0,,rejected,\"batch, slow\",\
\"prompt-too-long: 9,000 tokens, \"\"8,192\"\" at most\"
2,0.000000001,1.000000000,,,1000,1,16,0.000000004,2,7,unfinished,chat,
3,0.000000001,,,,1000,0,0,,0,,unfinished,\"batch, slow\",
4,0.000000001,1.000000000,1.000000000,,1000,1,16,0.000000004,2,7,completed,chat,
";
    assert_eq!(csv_of(&records, &classes), expect);
}

#[test]
fn time_per_output_token_is_rounded_to_the_nearest_nanosecond() {
    let check = |decode_ns: u64, output_tokens: u32, expect: Option<u64>| {
        let mut record = completed(0);
        record.output_tokens = output_tokens;
        record.end = Some(SimTime::from_nanos(1_000_000_001 + decode_ns));
        assert_eq!(tpot_nanos(&record), expect, "{decode_ns} ns for {output_tokens}");
    };
    check(10, 4, Some(3));
    check(11, 4, Some(4));
    check(3, 3, Some(2));
    check(1, 1, None);
    check(1, 0, None);
    let large = (1 << 60) + 1;
    check(large, 2, Some(large));
}

#[test]
fn no_requests_is_a_table_without_rows() {
    assert_eq!(csv_of(&[], &[]).lines().count(), 1);
    let mut bytes = Vec::new();
    write_parquet(&[], &[], TimeUnit::Second, &mut bytes).unwrap();
    let reader = SerializedFileReader::new(bytes::Bytes::from(bytes)).unwrap();
    assert_eq!(reader.metadata().file_metadata().num_rows(), 0);
}

/// A value as CSV has it.
fn text_of(field: &Field) -> String {
    match field {
        Field::Null => String::new(),
        Field::Long(value) => value.to_string(),
        Field::Double(value) => format!("{value:.9}"),
        Field::Str(text) => text.clone(),
        other => panic!("a column of an unexpected type: {other:?}"),
    }
}

#[test]
fn parquet_holds_what_csv_holds() {
    let (records, classes) = every_outcome();
    let mut bytes = Vec::new();
    write_parquet(&records, &classes, TimeUnit::Second, &mut bytes).unwrap();
    let reader = SerializedFileReader::new(bytes::Bytes::from(bytes)).unwrap();
    let rows = reader.get_row_iter(None).unwrap();
    let from_parquet: Vec<Vec<String>> = rows
        .map(|row| row.unwrap().get_column_iter().map(|(_, field)| text_of(field)).collect())
        .collect();
    let csv = csv_of(&records, &classes);
    let from_csv: Vec<Vec<String>> = ::csv::Reader::from_reader(csv.as_bytes())
        .records()
        .map(|row| row.unwrap().iter().map(str::to_owned).collect())
        .collect();
    assert_eq!(from_parquet, from_csv);
}

#[test]
fn a_failing_disk_is_an_error() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let (records, classes) = every_outcome();
    for format in [Format::Csv, Format::Parquet] {
        let error = write(format, &records, &classes, TimeUnit::Second, Full).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull, "{format:?}: {error}");
    }
}

#[test]
fn formats_are_known_by_their_ending() {
    let check = |path: &str| Format::from_path(Path::new(path)).map_err(|e| e.to_string());
    assert_eq!(check("a.csv"), Ok(Format::Csv));
    assert_eq!(check("b/a.PARQUET"), Ok(Format::Parquet));
    let expect = "cannot tell what to write to `a.xlsx`: the name of a table of requests must end \
                  in `.csv` or `.parquet`";
    assert_eq!(check("a.xlsx"), Err(expect.to_owned()));
    assert!(check("csv").is_err());
}
