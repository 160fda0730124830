use chrono::{DateTime, Duration, Utc};
use proptest::prelude::*;

use super::markdown::{escape, without_marks};
use super::*;
use crate::domain::people::ContactMethod;
use crate::ids::{IncidentId, PersonId, ServiceId};

fn at(time: &str) -> DateTime<Utc> {
    format!("2026-11-20T{time}Z").parse().unwrap()
}

fn event(seq: Seq, time: &str, kind: EventKind, actor: Option<&str>, text: &str) -> Event {
    let source = "alertmanager/main".to_owned();
    Event { seq, at: at(time), kind, source, actor: actor.map(str::to_owned), text: text.to_owned() }
}

fn page(seq: Seq, person: &str, method: ContactMethod, sent: &str, outcome: PageOutcome) -> PageFact {
    let (due_at, sent_at) = (at(sent), Some(at(sent)));
    PageFact { seq, person: PersonId::from(person), method, round: 1, step: 1, due_at, sent_at, outcome }
}

/// An incident of an ordinary night: the webhook fails, Slack wakes alice, half an hour of work, one silence.
pub(crate) fn a_night() -> Facts {
    let note = |seq, time, text| event(seq, time, EventKind::Note, Some("alice"), text);
    let alert = |seq, starts: &str, ends: &str| AlertFact {
        name: "HighErrorRate".to_owned(),
        service: Some("svc-ledger".to_owned()),
        starts_at: at(starts),
        ends_at: Some(at(ends)),
        seq,
    };
    Facts {
        incident: IncidentFact {
            id: IncidentId(42),
            title: "High error rate on svc-ledger".to_owned(),
            severity: Severity::P1,
            severity_rule: "override".to_owned(),
            severity_reason: "payments fail".to_owned(),
            severity_by: Some("alice".to_owned()),
            severity_seq: 6,
            service: Some(ServiceId::from("svc-ledger")),
            env: Some("prod".to_owned()),
            channel: Some("inc-20261120-higherrorrate-svc-ledger".to_owned()),
            started_at: at("03:05:00"),
            opened_at: at("03:06:10"),
            opened_seq: 1,
            acked: Some(Acknowledgement {
                at: at("03:09:20"),
                by: "alice".to_owned(),
                after: Duration::seconds(190),
                seq: 5,
            }),
            resolved: Some(Resolution {
                at: at("03:41:00"),
                by: Some("alice".to_owned()),
                how: "rolled back to 41".to_owned(),
                seq: 10,
            }),
        },
        alerts: vec![alert(1, "03:05:00", "03:38:00"), alert(6, "03:12:00", "03:39:30")],
        events: vec![
            event(1, "03:06:10", EventKind::Other, None, "received HighErrorRate"),
            event(2, "03:06:10", EventKind::Other, None, "opened as P2"),
            event(3, "03:06:11", EventKind::Other, None, "page to alice by webhook failed: timeout"),
            event(4, "03:06:11", EventKind::Other, None, "page to alice by slack sent"),
            event(5, "03:09:20", EventKind::Other, Some("alice"), "acknowledged"),
            event(6, "03:12:30", EventKind::Severity, Some("alice"), "P2 to P1: payments fail"),
            note(7, "03:14:00", "restarting the pods did not help"),
            note(8, "03:33:05", "rolling back to revision 41"),
            event(9, "03:39:40", EventKind::Clear, None, "all alerts clear"),
            event(10, "03:41:00", EventKind::Other, Some("alice"), "resolved: rolled back to 41"),
            event(11, "04:20:00", EventKind::Other, Some("alice"), "action item for bob"),
        ],
        pages: vec![
            page(
                4,
                "alice",
                ContactMethod::Slack,
                "03:06:11",
                PageOutcome::Acknowledged { at: at("03:09:20") },
            ),
            page(
                3,
                "alice",
                ContactMethod::Webhook,
                "03:06:10",
                PageOutcome::Failed { why: "timeout".to_owned() },
            ),
            PageFact {
                sent_at: None,
                due_at: at("03:21:10"),
                step: 2,
                ..page(5, "bob", ContactMethod::Slack, "03:21:10", PageOutcome::Superseded)
            },
        ],
        action_items: vec![ActionItem {
            seq: 11,
            text: "alert on the error rate of a canary".to_owned(),
            owner: Some("bob".to_owned()),
            due: "2026-12-04".parse().ok(),
            done_at: None,
        }],
        budgets: vec![BudgetFact {
            seq: 10,
            objective: "availability 99.9 %".to_owned(),
            used_percent: 79.86,
            basis: Basis::Duration,
            policy: "75-90 %: feature freeze, reliability work".to_owned(),
        }],
        feedback: vec![
            Feedback { seq: 10, question: Question::PageNeeded, answer: Answer::Yes, by: "alice".to_owned() },
            Feedback {
                seq: 10,
                question: Question::RunbookHelped,
                answer: Answer::No,
                by: "alice".to_owned(),
            },
        ],
        ack_target: Some(AckTarget { severity: Severity::P2, target: Duration::minutes(15), missed: None }),
    }
}

/// An incident about which next to nothing is recorded.
fn a_bare_one() -> Facts {
    let mut facts = a_night();
    facts.incident.acked = None;
    facts.incident.resolved = None;
    facts.incident.service = None;
    facts.ack_target = None;
    facts.alerts.clear();
    facts.events.clear();
    facts.pages.clear();
    facts.action_items.clear();
    facts.budgets.clear();
    facts.feedback.clear();
    facts
}

#[test]
fn what_is_clear_needs_no_record() {
    let mut facts = a_night();
    let clear_at =
        facts.events.iter().find(|event| event.kind == EventKind::Clear).map(|event| event.at).unwrap();
    let quiet = facts.gaps();
    // It resolves by itself, ten minutes and something after it was clear.
    let resolved_at = clear_at + Duration::milliseconds(600_300);
    for event in facts.events.iter_mut().filter(|event| event.at > clear_at) {
        event.at = resolved_at;
    }
    facts.incident.resolved.as_mut().unwrap().at = resolved_at;
    assert_eq!(facts.gaps(), quiet);
    // The same span with something firing is a silence.
    for event in &mut facts.events {
        if event.kind == EventKind::Clear {
            event.kind = EventKind::Fires;
        }
    }
    assert_eq!(facts.gaps().len(), quiet.len() + 1);
}

#[test]
fn it_is_due_for_what_woke_someone_or_lasted() {
    let (acked, nobody) = (Some(at("03:00:00")), None);
    let table = [
        (Severity::P1, acked, 1, true),
        (Severity::P2, acked, 1, true),
        (Severity::P2, nobody, 15, false),
        (Severity::P2, nobody, 16, true),
        (Severity::P3, acked, 90, false),
        (Severity::P4, nobody, 90, false),
    ];
    for (severity, acked_at, minutes, due) in table {
        assert_eq!(is_due(severity, acked_at, Duration::minutes(minutes)), due, "{severity} {minutes}");
    }
}

#[test]
fn spans_are_measured_from_the_alerts() {
    let mut facts = a_night();
    assert_eq!(facts.time_to_acknowledge(), Some(Duration::seconds(190)));
    assert_eq!(facts.time_to_resolve(), Some(at("03:39:30") - at("03:05:00")));
    facts.alerts[0].ends_at = None;
    assert_eq!(facts.ended_at(), Some(at("03:41:00")), "one still fires: the resolve counts");
    facts.incident.started_at = at("03:02:00");
    assert_eq!(
        facts.time_to_resolve(),
        Some(at("03:41:00") - at("03:02:00")),
        "what the incident knows counts"
    );
    facts.alerts.clear();
    facts.incident.started_at = facts.incident.opened_at;
    assert_eq!(facts.time_to_resolve(), Some(at("03:41:00") - at("03:06:10")));
    facts.incident.resolved = None;
    assert_eq!(facts.time_to_resolve(), None);
}

#[test]
fn where_nothing_is_recorded_it_says_so() {
    let draft = Draft::new(&a_bare_one());
    let told: Vec<_> = draft.sections.iter().skip(1).map(|section| section.generated.as_str()).collect();
    insta::assert_snapshot!(told.join("\n---\n"), @"
    Nothing recorded.

    Pages: Nothing recorded.
    ---
    Cause: Nothing recorded.

    What was seen and tried: Nothing recorded.
    ---
    - Not over yet [#1]
    - Users affected: Nothing recorded.
    - Revenue: Nothing recorded.

    Error budget: Nothing recorded.

    Alerts: Nothing recorded.
    ---
    Nothing recorded.
    ---
    Nothing recorded.
    ---
    Nothing recorded.
    ---
    Nothing recorded.
    ");
}

#[test]
fn contradicting_times_are_not_made_into_a_number() {
    let mut facts = a_night();
    facts.alerts.truncate(1);
    facts.alerts[0].ends_at = Some(at("03:00:00"));
    let draft = Draft::new(&facts);
    assert!(draft.section(Part::Summary).unwrap().generated.contains("MTTR: not measurable"));
    assert!(draft.section(Part::Impact).unwrap().generated.contains("is not measurable"));
}

#[test]
fn drafting_again_keeps_what_people_wrote() {
    let text = "  The cache was cold.\n\n## Why\n\n<!-- draft -->\n";
    let draft = Draft::new(&a_bare_one()).with_human(Part::RootCause, text).with_human(Part::Impact, " \n");
    let fresh = draft.refreshed(&a_night());
    assert_eq!(fresh.section(Part::RootCause).unwrap().human.as_deref(), Some(text));
    assert_eq!(fresh.section(Part::Impact).unwrap().human, None);
    assert_eq!(fresh.section(Part::RootCause).unwrap().generated, {
        Draft::new(&a_night()).section(Part::RootCause).unwrap().generated.clone()
    });
    let block = fresh.section(Part::RootCause).unwrap().block();
    let (_, after) = block.split_once("<!-- /generated:root-cause -->").unwrap();
    assert_eq!(after.trim(), text.trim());
}

#[test]
fn outside_text_stays_text() {
    let table = [
        ("# title", "\\# title"),
        ("- [x](https://evil.example)", "\\- \\[x\\](https\\://evil.example)"),
        ("1. first", "1\\. first"),
        ("=== x", "\\=\\=\\= x"),
        ("a\r\n\n## b\tc", "a \\#\\# b c"),
        ("<!-- /generated:summary --><b>&lt;", "&lt;!-- /generated:summary --&gt;&lt;b&gt;&amp;lt;"),
        ("`x` | *y* _z_ ~w~ \\", "\\`x\\` \\| \\*y\\* \\_z\\_ \\~w\\~ \\\\"),
        ("see WWW.evil.example", "see WWW\\.evil.example"),
        ("abc\u{202e}def\u{0}ghi", "abcdef ghi"),
        ("svc-ledger 99.9 % (prod)", "svc-ledger 99.9 % (prod)"),
        ("{{incident.id}}", "{{incident.id}}"),
        ("Überlast-日本語-🔥", "Überlast-日本語-🔥"),
    ];
    for (text, escaped) in table {
        assert_eq!(escape(text), escaped);
    }
}

#[test]
fn a_person_cannot_write_our_marks() {
    let text = "a <!-- generated:impact --> b <!--/ generated:x --> c <!-- mine --> d <!--";
    let clean = "a &lt;!-- generated:impact --> b &lt;!--/ generated:x --> c <!-- mine --> d <!--";
    assert_eq!(without_marks(text), clean);
}

proptest! {
    #[test]
    fn no_text_breaks_the_marks(text in "(<!--|-->|/|generated:|summary|#|\n|\\[|\\]|`|\\PC){0,40}") {
        let mut facts = a_night();
        facts.incident.title.clone_from(&text);
        facts.incident.severity_reason.clone_from(&text);
        for event in &mut facts.events {
            event.text.clone_from(&text);
            event.actor = Some(text.clone());
        }
        facts.alerts[0].name.clone_from(&text);
        facts.pages[1].outcome = PageOutcome::Failed { why: text.clone() };
        facts.action_items[0].text.clone_from(&text);
        let draft = Draft::new(&facts).with_human(Part::Impact, &text);
        for section in &draft.sections {
            let block = section.block();
            let (open, close) =
                (format!("<!-- generated:{} -->", section.part.slug()), format!("<!-- /generated:{} -->", section.part.slug()));
            prop_assert_eq!(block.matches(&open).count(), 1);
            prop_assert_eq!(block.matches(&close).count(), 1);
            prop_assert!(!section.generated.contains('<'));
            let is_heading = section.generated.lines().any(|line| line.starts_with('#'));
            prop_assert!(!is_heading);
        }
    }
}

#[test]
fn the_account_of_a_resolve_without_an_acknowledgement_does_not_contradict_itself() {
    let mut facts = a_night();
    facts.incident.acked = None;
    facts.pages[0].outcome = PageOutcome::AnsweredByResolve { at: at("03:41:00") };
    let draft = Draft::new(&facts);
    let said = |part| draft.section(part).unwrap().generated.clone();
    assert!(said(Part::Summary).contains("Acknowledged: by nobody before alice resolved it [#10]"));
    assert!(!said(Part::Timeline).contains("acknowledged 03"), "{}", said(Part::Timeline));
    assert!(said(Part::WhatWentWell).contains("answered by resolving 03:41:00"));
    assert!(!said(Part::WhatWentWrong).contains("Acknowledged"), "{}", said(Part::WhatWentWrong));
}

#[test]
fn the_target_that_counts_is_the_one_that_was_in_force() {
    let mut facts = a_night();
    let said = |facts: &Facts, part| Draft::new(facts).section(part).unwrap().generated.clone();
    let well = said(&facts, Part::WhatWentWell);
    assert!(well.contains("Acknowledged within the target of P2 (15 min): after 3 min 10 s [#5]"), "{well}");
    facts.ack_target.as_mut().unwrap().missed = Some(4);
    let wrong = said(&facts, Part::WhatWentWrong);
    assert!(
        wrong.contains("Acknowledged after the target of P2 (15 min): after 3 min 10 s [#4], [#5]"),
        "{wrong}"
    );
    assert!(!said(&facts, Part::WhatWentWell).contains("target"));
}
