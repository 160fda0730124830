use super::*;
use crate::domain::alert::AlertStatus;
use crate::domain::grafana;
use crate::domain::incident::{AlertKey, Feed, Next, SeverityOverride};
use crate::ports::tests::{acknowledged, at, child, monitoring, settled, view};

#[test]
fn a_line_is_one_line_cut_and_escaped_once() {
    let cases = [
        ("  two\n\twords ", 20, "two words"),
        ("a <b> & c", 20, "a &lt;b&gt; &amp; c"),
        ("<<<<<", 3, "&lt;&lt;&lt;…"),
        ("exact", 5, "exact"),
        (" \n ", 5, ""),
    ];
    for (text, limit, shown) in cases {
        assert_eq!(line(text, limit), shown);
    }
}

#[test]
fn five_alerts_are_named_and_the_others_counted() {
    let mut view = view();
    view.children = (0..20).map(|n| child(&format!("ledger-{n}"))).collect();
    view.children.first_mut().unwrap().alert.starts_at = at("03:04");
    (view.incident.n_firing, view.incident.n_alerts) = (30, 31);
    let key = AlertKey { source: "main".into(), receiver: "r".to_owned(), group_key: "k".into() };
    view.incident.feeds = vec![Feed { key, n_truncated: 7 }];
    insta::assert_snapshot!(fires(&view), @r"
    *Fires* (30 of 31)
    • HighErrorRate · instance=ledger-0 · since <!date^1795143840^{date_short_pretty} {time}|2026-11-20 03:04 UTC>
    • HighErrorRate · instance=ledger-1
    • HighErrorRate · instance=ledger-2
    • HighErrorRate · instance=ledger-3
    • HighErrorRate · instance=ledger-4
    and 26 more
    and 7 that the sender left out
    ");
}

#[test]
fn what_grafana_measured_stands_beside_the_alert_that_fires() {
    let mut view = view();
    view.children = ["ledger-0", "ledger-1"].map(child).into();
    for child in &mut view.children {
        let values = r#"{"B":44.23943737541908,"<!here>":1}"#;
        child.alert.annotations.insert(grafana::VALUES.to_owned(), values.to_owned());
    }
    let last = view.children.last_mut().unwrap();
    (last.alert.status, last.alert.ends_at) = (AlertStatus::Resolved, Some(at("03:30")));
    view.incident.n_firing = 1;
    insta::assert_snapshot!(fires(&view), @r"
    *Fires* (1 of 2)
    • HighErrorRate · &lt;!here&gt;=1, B=44.2394 · instance=ledger-0
    ◦ HighErrorRate · instance=ledger-1 · cleared <!date^1795145400^{time}|03:30 UTC>
    ");
}

#[test]
fn an_alert_of_its_own_kind_says_what_it_is() {
    let mut view = view();
    let odd = &mut view.children.last_mut().unwrap().alert;
    odd.labels.insert("alertname".to_owned(), "PodCrashLooping".to_owned());
    odd.annotations.insert("summary".to_owned(), "ledger-1 restarts".to_owned());
    insta::assert_snapshot!(fires(&view), @r"
    *Fires* (2)
    • HighErrorRate · instance=ledger-0
    • PodCrashLooping · ledger-1 restarts · instance=ledger-1
    ");
}

#[test]
fn the_reason_names_the_rule_or_the_human() {
    let mut view = view();
    assert_eq!(why(&view), "*Why P2:* severity label (severity=\"critical\", env=\"prod\")");
    let human = SeverityOverride {
        severity: Severity::P3,
        by: Actor::Person("alice".into()),
        reason: Some("only the canary".to_owned()),
        seen: Severity::P2,
    };
    view.incident.severity_override = Some(human);
    assert_eq!(
        why(&view),
        "*Why P3:* set by <@U0A>: only the canary; the rules say P2: severity label (severity=\"critical\", env=\"prod\")"
    );
}

#[test]
fn what_happens_next_is_promised_only_when_it_is_known() {
    let mut view = view();
    assert_eq!(next(&view), "Next: pages <@U0B> at <!date^1795144620^{time}|03:17 UTC> unless acknowledged.");
    view.next = Some(Next { at: at("03:17"), people: vec![] });
    assert!(next(&view).contains("nobody is on that step now"));
    view.next = None;
    assert_eq!(next(&view), "Next: nobody else is paged by itself.");
}

#[test]
fn where_it_stands_says_who_and_when() {
    assert_eq!(standing(&settled()), "Nobody has acknowledged yet.");
    let mut unpaged = acknowledged();
    unpaged.incident.paged.clear();
    let acked = "Acknowledged by <@U0A> at <!date^1795144140^{time}|03:09 UTC> (was not paged).";
    assert_eq!(standing(&unpaged), acked);
    let mut kept = monitoring();
    kept.incident.kept_open = true;
    assert!(standing(&kept).ends_with("Stays open until somebody resolves it."));
}
