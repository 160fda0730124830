use std::fs;
use std::path::Path;

use chrono::NaiveDate;
use proptest::prelude::*;

use super::runbooks::{self, SHIPPED};
use super::templates::{self, Loaded};
use crate::domain::postmortem::tests::a_night;
use crate::domain::postmortem::{self, Draft};
use crate::domain::runbook::Part;
use crate::domain::severity::Severity;
use crate::ids::ServiceId;

fn today() -> NaiveDate {
    "2026-11-20".parse().unwrap()
}

#[test]
fn the_shipped_runbooks_are_without_fault_and_their_first_steps_stand_alone() {
    let shelf = runbooks::shipped(today());
    assert_eq!(shelf.remarks, []);
    assert_eq!(shelf.runbooks.len(), SHIPPED.len());
    for runbook in &shelf.runbooks {
        assert_eq!(runbook.sections.len(), Part::ALL.len(), "{}", runbook.id);
        for part in [Part::Diagnosis, Part::Resolution] {
            let first = runbook.first_steps(part, 1).concat();
            assert!((40..1_200).contains(&first.len()), "{} {part}: {first}", runbook.id);
            assert!(!first.contains("**"), "{} {part}: {first}", runbook.id);
        }
    }
}

#[test]
fn usual_alerts_have_a_shipped_runbook() {
    let table = [
        ("HighErrorRate", "high-error-rate"),
        ("HighResponseTime", "high-response-time"),
        ("PodCrashLooping", "pod-crash-looping"),
        ("KubePodCrashLooping", "pod-crash-looping"),
        ("KubePodNotReady", "pod-crash-looping"),
        ("CPUThrottlingHigh", "high-cpu-memory"),
        ("ServiceDown", "service-down"),
        ("LedgerServiceDown", "service-down"),
        ("TargetDown", "service-down"),
        ("Watchdog", "monitoring-down"),
        ("MonitoringDown", "monitoring-down"),
    ];
    let shelf = runbooks::shipped(today()).runbooks;
    for (name, wanted) in table {
        let labels = [("alertname".to_owned(), name.to_owned())].into();
        let holds = |item: &Vec<crate::domain::matcher::Matcher>| {
            item.iter().all(|matcher| matcher.matches(&labels, &std::collections::BTreeMap::new()))
        };
        let of: Vec<_> =
            shelf.iter().filter(|book| book.alerts.iter().any(holds)).map(|book| book.id.as_str()).collect();
        assert_eq!(of, [wanted], "{name}");
    }
}

#[test]
fn a_bad_file_is_remarked_on_and_the_good_ones_stay() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("good.md"), SHIPPED[0].1).unwrap();
    fs::write(path("half.md"), "---\ntitle: [\n---\n## Overview\n\nText.\n").unwrap();
    fs::write(path("latin.md"), [0xff, 0xfe]).unwrap();
    fs::write(path("letter.md"), "Dear all").unwrap();
    fs::write(path("README.md"), "About this folder").unwrap();
    fs::write(path("notes.txt"), "x").unwrap();
    fs::create_dir(path("..2026_11_20")).unwrap();
    fs::create_dir(path("folder.md")).unwrap();

    let shelf = runbooks::load(folder.path(), today());
    let ids: Vec<_> = shelf.runbooks.iter().map(|book| book.id.as_str()).collect();
    assert_eq!(ids, ["good", "half"]);
    let says = |start: &str| shelf.remarks.iter().any(|remark| remark.to_string().contains(start));
    assert!(says("half.md:2: front matter is not YAML") || says("half.md:3: front matter is not YAML"));
    assert!(says("half.md:4: section `## Impact` is missing"));
    assert!(says("latin.md:1: cannot be read"));
    assert!(says("letter.md:1: front matter is missing"));
    assert!(!says("good.md") && !says("README") && !says("notes"), "{:#?}", shelf.remarks);
}

#[test]
fn without_a_folder_the_shipped_runbooks_are_there() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(runbooks::load(&folder.path().join("none"), today()), runbooks::shipped(today()));
    assert_eq!(runbooks::load(folder.path(), today()), runbooks::Shelf::default());
}

#[test]
fn lines_are_counted_from_the_top_of_the_file() {
    let text = "---\ntitle: A\nalerts:\n  - Good\n  - ['severity=~\"(\"', x]\nreviewed: soon\nowner: {a: b}\n---\n\n## Overview\n";
    let parsed = runbooks::read("a", text, today());
    let lines: Vec<_> = parsed.lints.iter().map(|lint| lint.line).collect();
    assert!(parsed.lints.iter().any(|lint| lint.line == 5 && lint.what.contains("alerts")), "{lines:?}");
    assert!(parsed.lints.iter().any(|lint| lint.line == 6 && lint.what.contains("`soon`")));
    assert!(parsed.lints.iter().any(|lint| lint.line == 7 && lint.what.contains("one text")));
    assert!(parsed.lints.iter().any(|lint| lint.line == 10 && lint.what.contains("`Overview` is empty")));
}

proptest! {
    #[test]
    fn no_file_makes_it_panic(text in "(---\n|title: |alerts:\n|  - |\\[|\\]|\\{|\\}|&a |\\*a|'|\"|## Overview\n|\\PC|\n){0,40}") {
        runbooks::read("x", &text, today());
        runbooks::read("x", &format!("---\n{text}\n---\n{text}"), today());
    }
}

#[test]
fn a_night_becomes_a_draft() {
    let folder = tempfile::tempdir().unwrap();
    let loaded = templates::load(&folder.path().join("none"));
    assert_eq!(loaded.remarks, []);
    let facts = a_night();
    let draft =
        Draft::new(&facts).with_human(postmortem::Part::LessonsLearned, "Canaries need alerts of their own.");
    insta::assert_snapshot!(loaded.templates.render(&draft, &facts).unwrap());
}

#[test]
fn a_title_cannot_leave_its_line() {
    let mut facts = a_night();
    facts.incident.title =
        "x\n## Root Cause\n<!-- /generated:summary --> {{section \"impact\"}} [a](https://b)".to_owned();
    let templates = templates::load(Path::new("/nonexistent")).templates;
    let text = templates.render(&Draft::new(&facts), &facts).unwrap();
    assert_eq!(text.lines().filter(|line| line.starts_with("## ")).count(), 8);
    assert_eq!(text.matches("<!-- /generated:summary -->").count(), 1);
    assert_eq!(text.matches("<!-- generated:impact -->").count(), 1);
    assert!(!text.contains("https://b"));
}

#[test]
fn the_most_particular_template_is_chosen() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("p1.md.hbs", "P1 {{incident.title}}");
    write("service-svc-ledger.md.hbs", "ledger {{section \"summary\"}}");
    let Loaded { templates, remarks } = templates::load(folder.path());
    assert_eq!(remarks, []);
    let (ledger, wallet) = (ServiceId::from("svc-ledger"), ServiceId::from("svc-wallet"));
    assert_eq!(templates.choose(Severity::P1, Some(&ledger)), "service-svc-ledger");
    assert_eq!(templates.choose(Severity::P1, Some(&wallet)), "p1");
    assert_eq!(templates.choose(Severity::P2, None), "default");
}

#[test]
fn a_bad_template_is_left_out_and_said() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("default.md.hbs", "ok\n{{#if}\n");
    write("p1.md.hbs", "one\ntwo {{incident.titel}}\n");
    write("p2.md.hbs", "{{section \"sumary\"}}\n");
    write("p9.md.hbs", "x");
    let Loaded { templates, remarks } = templates::load(folder.path());
    let said: Vec<_> = remarks
        .iter()
        .map(|remark| remark.to_string().replace(&*folder.path().to_string_lossy(), ""))
        .collect();
    insta::assert_snapshot!(said.join("\n"), @"
    /default.md.hbs:2: is not a template: invalid handlebars syntax: expected identifier, helper_parameter, block_param, or trailing_tilde_to_omit_whitespace
    /p1.md.hbs:2: there is no value `incident.titel`; correct the name
    /p2.md.hbs:1: there is no section `sumary`; they are summary, timeline, root-cause, impact, what-went-well, what-went-wrong, action-items, lessons-learned
    /p9.md.hbs:1: `p9` is never chosen; call it default, p1 to p4, or service-<name>
    ");
    assert_eq!(templates.choose(Severity::P1, None), "default");
    let facts = a_night();
    assert!(templates.render(&Draft::new(&facts), &facts).unwrap().contains("## Lessons Learned"));
}
