use std::path::{Path, PathBuf};

use super::*;

#[test]
fn one_is_not_several() {
    assert_eq!(counted(0_u32, "alert", "alerts"), "0 alerts");
    assert_eq!(counted(1_usize, "alert still fires", "alerts still fire"), "1 alert still fires");
    assert_eq!(counted(2_i64, "alert", "alerts"), "2 alerts");
    assert_eq!((agreeing(1_u64, "is", "are"), agreeing(11_u64, "is", "are")), ("is", "are"));
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|kind| kind == "rs") && !path.ends_with("tests.rs") {
            found.push(path);
        }
    }
}

/// Things that are counted somewhere. A number right before one of them is right for every number but one.
const THINGS: [&str; 15] = [
    "alerts",
    "incidents",
    "services",
    "shifts",
    "weeks",
    "days",
    "steps",
    "holes",
    "runbooks",
    "faults",
    "people",
    "things",
    "overrides",
    "silences",
    "items",
];

/// Whether a value that is no constant stands right before the thing.
fn counts(line: &str, thing: &str) -> bool {
    let is_varying = |at: usize| {
        let name = line[..at].rsplit('{').next().unwrap_or_default();
        !name.chars().any(char::is_uppercase)
    };
    let ends = [format!("}} {thing}"), format!("}} more {thing}")];
    ends.iter().any(|end| line.match_indices(end.as_str()).any(|(at, _)| is_varying(at)))
}

#[test]
fn no_sentence_counts_things_without_looking_whether_there_is_one() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = vec![];
    for room in ["words", "cli"] {
        sources(&root.join(room), &mut found);
    }
    let mut faults = vec![];
    for path in found {
        let text = std::fs::read_to_string(&path).unwrap();
        for (line, n) in text.lines().zip(1..) {
            let is_said = line.contains('"') && !line.trim_start().starts_with("//");
            if is_said && THINGS.iter().any(|thing| counts(line, thing)) {
                faults.push(format!("{}:{n}: {}", path.display(), line.trim()));
            }
        }
    }
    assert_eq!(faults, Vec::<String>::new(), "use `counted`");
}
