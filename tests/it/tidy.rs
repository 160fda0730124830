//! The sources hold to the layers of the crate's map: who may name what, and how long a file may be.
//!
//! Unit tests may reach further than the code they test, so most rules pass over them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use regex::Regex;

/// The longest file, lines.
const LONGEST: usize = 500;

/// A file under `src`.
struct Source {
    /// Where it is, from `src` on, with slashes.
    path: String,
    text: String,
}

impl Source {
    fn is_test(&self) -> bool {
        self.path.split('/').any(|part| part == "tests" || part == "tests.rs")
    }

    /// Whether it is a room, or lies in one; `domain` is both `domain.rs` and everything under `domain/`.
    fn is_in(&self, room: &str) -> bool {
        self.path.strip_prefix(room).is_some_and(|rest| rest.starts_with('/') || rest == ".rs")
    }

    /// The lines that are code, with their numbers.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let numbered = (1..).zip(self.text.lines());
        numbered.filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    /// The places whose code matches.
    fn places<'a>(&'a self, pattern: &'a Regex) -> impl Iterator<Item = String> + 'a {
        let found = self.code().filter(|(_, line)| pattern.is_match(line));
        found.map(|(n, line)| format!("src/{}:{n}: {}", self.path, line.trim()))
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources() -> Vec<Source> {
    let src = root().join("src");
    let mut folders: Vec<PathBuf> = vec![src.clone()];
    let mut found = vec![];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let path = path.strip_prefix(&src).unwrap().to_str().unwrap().replace('\\', "/");
                found.push(Source { path, text });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(found.iter().any(|source| source.path == "lib.rs"), "the sources were not found");
    found
}

fn word(word: &str) -> Regex {
    Regex::new(&format!(r"\b{word}\b")).unwrap()
}

/// The names under which the code knows the crates it depends on.
fn dependencies() -> BTreeSet<String> {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let (_, after) = manifest.split_once("\n[dependencies]\n").expect("the manifest has dependencies");
    let own = after.lines().take_while(|line| !line.starts_with('['));
    let names = own.filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(['=', '.']));
    names.map(|(name, _)| name.trim().replace('-', "_")).filter(|name| !name.is_empty()).collect()
}

/// Fails with everything that was found.
#[track_caller]
fn none(rule: &str, found: impl Iterator<Item = String>) {
    let found: Vec<String> = found.collect();
    assert!(found.is_empty(), "{rule}:\n{}", found.join("\n"));
}

#[test]
fn only_their_own_rooms_name_the_great_libraries() {
    let rules: [(&str, &[&str]); 4] = [
        ("sqlx", &["store"]),
        ("slack_morphism", &["adapters/slack"]),
        ("reqwest", &["adapters", "cli"]),
        ("axum", &["http", "inbound", "demo", "workspace", "app"]),
    ];
    for (library, rooms) in rules {
        let named = word(library);
        let elsewhere = sources();
        let elsewhere = elsewhere.iter().filter(|source| !rooms.iter().any(|room| source.is_in(room)));
        none(
            &format!("only {rooms:?} may name {library}"),
            elsewhere.flat_map(|source| source.places(&named)),
        );
    }
}

/// Every room, and the rooms that it may name: the arrows of the crate's map. Everybody may name `ids`.
const ROOMS: [(&str, &[&str]); 18] = [
    ("ids", &[]),
    ("clock", &[]),
    ("domain", &[]),
    ("workspace", &["clock"]),
    ("commands", &["domain"]),
    ("documents", &["domain"]),
    ("config", &["domain"]),
    ("store", &["domain"]),
    ("ports", &["domain"]),
    ("words", &["commands", "domain", "ports"]),
    ("telemetry", &["config", "domain", "ports"]),
    ("adapters", &["clock", "commands", "domain", "ports", "words"]),
    (
        "engine",
        &["clock", "commands", "config", "documents", "domain", "ports", "store", "telemetry", "words"],
    ),
    ("inbound", &["clock", "engine", "ports"]),
    ("http", &["config", "domain", "engine", "ports", "telemetry", "words"]),
    (
        "app",
        &[
            "adapters",
            "clock",
            "config",
            "documents",
            "domain",
            "engine",
            "http",
            "inbound",
            "ports",
            "store",
            "telemetry",
            "words",
        ],
    ),
    ("demo", &["app", "clock", "commands", "config", "domain", "engine", "store", "workspace"]),
    (
        "cli",
        &[
            "adapters",
            "app",
            "clock",
            "commands",
            "config",
            "demo",
            "documents",
            "domain",
            "engine",
            "http",
            "ports",
            "store",
            "telemetry",
            "words",
        ],
    ),
];

#[test]
fn rooms_name_only_the_rooms_that_the_map_shows() {
    let sources = sources();
    let path = Regex::new(r"\bcrate::(\w+)").unwrap();
    let rooms: BTreeSet<&str> = ROOMS.iter().map(|(room, _)| *room).collect();
    let declared = Regex::new(r"(?m)^pub mod (\w+);$").unwrap();
    let lib = sources.iter().find(|source| source.path == "lib.rs").expect("the map is there");
    let declared: BTreeSet<&str> =
        declared.captures_iter(&lib.text).map(|found| found.get(1).expect("a name").as_str()).collect();
    assert_eq!(declared, rooms, "a room is missing in this list, or in the crate");
    for (room, known) in ROOMS {
        let own: Vec<&Source> =
            sources.iter().filter(|source| source.is_in(room) && !source.is_test()).collect();
        let named = |source: &&Source| {
            let text: Vec<String> = source.code().map(|(_, line)| line.to_owned()).collect();
            path.captures_iter(&text.join("\n")).map(|found| found[1].to_owned()).collect::<Vec<_>>()
        };
        let all: BTreeSet<String> = own.iter().flat_map(named).collect();
        let strangers = own.iter().flat_map(|source| {
            let strange = named(source).into_iter().filter(|name| {
                rooms.contains(name.as_str())
                    && name != room
                    && name != "ids"
                    && !known.contains(&name.as_str())
            });
            strange.map(|name| format!("src/{}: crate::{name}", source.path))
        });
        none(&format!("{room} may name only {known:?}"), strangers);
        let unused = known.iter().filter(|name| !all.contains(**name)).map(ToString::to_string);
        none(&format!("{room} names no more"), unused);
    }
    let grouped = Regex::new(r"\bcrate::\{").unwrap();
    none("rooms are named one by one", sources.iter().flat_map(|source| source.places(&grouped)));
    let beside = Regex::new(r"\bsuper::super::super\b").unwrap();
    none("nobody climbs out of a room", sources.iter().flat_map(|source| source.places(&beside)));
}

#[test]
fn the_domain_is_pure() {
    let sources = sources();
    let pure = ["chrono", "chrono_tz", "deunicode", "serde", "thiserror", "regex"];
    let others: Vec<String> =
        dependencies().into_iter().filter(|name| !pure.contains(&name.as_str())).collect();
    assert!(others.iter().any(|name| name == "tokio"), "the dependencies were not read: {others:?}");
    let named = Regex::new(&format!(r"\b({})::", others.join("|"))).unwrap();
    let own = sources.iter().filter(|source| source.is_in("domain") && !source.is_test());
    none(&format!("the domain may use only std and {pure:?}"), own.flat_map(|source| source.places(&named)));
}

#[test]
fn nothing_but_tests_depends_on_being_tested() {
    let asks = Regex::new(r"\bcfg(_attr)?\((not\()?test\b").unwrap();
    let declares = Regex::new(r"^(pub(\(crate\))? )?mod tests;$").unwrap();
    let sources = sources();
    let forks = sources.iter().flat_map(|source| {
        let lines: Vec<(usize, &str)> = source.code().map(|(n, line)| (n, line.trim())).collect();
        let next = lines.clone().into_iter().skip(1).map(|(_, line)| line).chain([""]);
        let pairs: Vec<_> = lines.into_iter().zip(next).collect();
        let forks = pairs.into_iter().filter(|((_, line), next)| {
            asks.is_match(line) && (*line != "#[cfg(test)]" || !declares.is_match(next))
        });
        forks.map(|((n, line), next)| format!("src/{}:{n}: {line} {next}", source.path))
    });
    none("`cfg(test)` stands before `mod tests;` and nowhere else", forks);
}

#[test]
fn no_file_is_too_long_to_read() {
    let sources = sources();
    let long = sources.iter().map(|source| (source, source.text.lines().count()));
    let long = long.filter(|(_, lines)| *lines > LONGEST);
    none(
        &format!("no file is longer than {LONGEST} lines"),
        long.map(|(source, lines)| format!("src/{}: {lines}", source.path)),
    );
}
