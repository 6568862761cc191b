use super::*;

/// A file of this name and content.
fn file(name: &str, bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

fn packed(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    write::<io::Error, _>(&mut out, true, |out| out.write_all(text.as_bytes())).unwrap();
    out
}

#[track_caller]
fn check(name: &str, bytes: &[u8], expect: &str) {
    let (_folder, path) = file(name, bytes);
    let found = match read_text(&path) {
        Ok(text) => text,
        Err(error) => error.to_string().replace(&path.display().to_string(), "FILE"),
    };
    assert_eq!(found, expect);
}

#[test]
fn plain_and_gzipped_files_are_told_apart_by_content() {
    check("a.json", b"{}", "{}");
    check("a.json.gz", &packed("{}"), "{}");
    check("a.json", &packed("{}"), "{}");
    check("a.json", "\u{feff}ü".as_bytes(), "ü");
    check("a.json", b"", "");
}

#[test]
fn what_is_written_is_read_again() {
    let text = "line\n".repeat(100_000);
    let bytes = packed(&text);
    assert!(bytes.len() < text.len() / 20, "{}", bytes.len());
    check("a.gz", &bytes, &text);
}

#[test]
fn broken_files_are_told() {
    let whole = packed(&"text ".repeat(1_000));
    check("a.gz", b"{}", "FILE: not gzip data, as the name says; is the file plain, or broken?");
    check(
        "a.gz",
        &whole[..whole.len() / 2],
        "FILE: the gzip data are cut off (incomplete deflate stream); make the file again",
    );
    let mut damaged = whole.clone();
    damaged[whole.len() - 6] ^= 1;
    check(
        "a.gz",
        &damaged,
        "FILE: the gzip data are damaged (corrupt gzip stream does not have a matching checksum); \
         make the file again",
    );
    check("a.json", b"ab\xff", "FILE: not UTF-8 text (at byte 2)");
}

#[test]
fn missing_files_and_folders_are_told() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(read(&folder.path().join("x")), Err(FileError::NotFound { .. })));
    assert!(matches!(read(folder.path()), Err(FileError::IsFolder { .. })));
}
