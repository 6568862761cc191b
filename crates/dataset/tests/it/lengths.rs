//! Files of lengths.

use std::fs;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::tempdir;
use tokendrome_dataset::read_lengths;

/// Reads a file with this content: the lengths, or the error without the file's name.
fn read(content: &[u8]) -> Result<Vec<u32>, String> {
    let folder = tempdir().unwrap();
    let path = folder.path().join("lengths.txt");
    fs::write(&path, content).unwrap();
    read_lengths(&path).map_err(|error| {
        error.to_string().strip_prefix(&*path.display().to_string()).unwrap().to_owned()
    })
}

#[test]
fn lengths_are_read() {
    assert_eq!(read(b"17\n4294967295\n"), Ok(vec![17, u32::MAX]));
    assert_eq!(read(b"\xef\xbb\xbf# tokens\r\n\r\n 17 \r\n3"), Ok(vec![17, 3]));
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(b"5\n6\n").unwrap();
    assert_eq!(read(&packed.finish().unwrap()), Ok(vec![5, 6]));
}

#[test]
fn what_is_no_length_is_refused() {
    let check = |content: &[u8], expect: &str| assert_eq!(read(content).unwrap_err(), expect);
    check(b"", ": the file is empty");
    check(b"# nothing\n\n", ": the file has no lengths; write one a line");
    for value in ["0", "-1", "1.5", "NaN", "12,13", "4294967296"] {
        let expect = format!(
            ":3:2: a length must be a whole number from 1 to 4,294,967,295; found \"{value}\"; \
             write one length a line"
        );
        check(format!("5\n\n {value}\n7").as_bytes(), &expect);
    }
    check(b"5\n\xff\n", ":2:1: byte 0xff is not UTF-8; save the file as UTF-8");
    check(b"PK\x03\x04", ": this is a zip archive; unpack it, and name the file in it");
}
