use super::*;

fn names_in(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn the_file_appears_when_it_is_complete() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.txt");
    fs::write(&path, "before").unwrap();
    let mut file = AtomicFile::create(&path).unwrap();
    file.write_all(b"after").unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "before");
    file.persist().unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "after");
    assert_eq!(names_in(folder.path()), ["out.txt"]);
}

#[test]
fn a_failure_leaves_nothing_and_names_the_path() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.txt");
    let failed = write(&path, |file| {
        file.write_all(b"half")?;
        Err(io::Error::other("the disk is full"))
    });
    let message = failed.unwrap_err().to_string();
    assert_eq!(message, format!("cannot write `{}`: the disk is full", path.display()));
    assert!(names_in(folder.path()).is_empty());
}

#[test]
fn what_stands_in_the_way_is_named_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::write(root.join("file"), "").unwrap();
    let missing = AtomicFile::create(&root.join("no/such/out.json")).unwrap_err();
    assert!(matches!(missing, OutputError::MissingDirectory { .. }));
    assert!(missing.to_string().ends_with("such`; create it first"));
    let directory = AtomicFile::create(root).unwrap_err();
    assert!(directory.to_string().ends_with("name a file in it"));
    let below_file = AtomicFile::create(&root.join("file/out.json")).unwrap_err();
    assert!(below_file.to_string().ends_with("is not a directory"));
    let mut permissions = fs::metadata(root.join("file")).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(root.join("file"), permissions).unwrap();
    let read_only = AtomicFile::create(&root.join("file")).unwrap_err();
    assert!(read_only.to_string().ends_with("permission denied"));
}

#[test]
fn a_name_without_directory_is_in_the_current_one() {
    assert_eq!(directory_of(Path::new("report.json")), Path::new("."));
    assert_eq!(directory_of(Path::new("a/report.json")), Path::new("a"));
}

#[cfg(unix)]
#[test]
fn links_stay_links_and_devices_stay_devices() {
    use std::os::unix::fs::{FileTypeExt, PermissionsExt};
    let folder = tempfile::tempdir().unwrap();
    let (file, link) = (folder.path().join("file"), folder.path().join("link"));
    fs::write(&file, "before").unwrap();
    std::os::unix::fs::symlink(&file, &link).unwrap();
    write(&link, |out| out.write_all(b"after")).unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::read_to_string(&file).unwrap(), "after");
    let null = Path::new("/dev/null");
    write(null, |out| out.write_all(b"gone")).unwrap();
    assert!(fs::metadata(null).unwrap().file_type().is_char_device());
    let plain = folder.path().join("plain");
    fs::write(&plain, "").unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(&file), mode(&plain));
}
