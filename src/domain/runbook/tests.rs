use chrono::{DateTime, NaiveDate, Utc};
use proptest::prelude::*;

use super::{Field, Part, Runbook, Shape, Source, Value, Why, find, parse};
use crate::domain::alert::{Alert, AlertStatus, Labels};
use crate::domain::house::Service;
use crate::ids::{Fingerprint, RunbookId, ScheduleId, ServiceId};

fn today() -> NaiveDate {
    "2026-11-20".parse().unwrap()
}

fn text(key: &str, text: &str) -> Field {
    Field { line: 2, key: key.to_owned(), value: Value { line: 2, shape: Shape::Text(text.to_owned()) } }
}

fn list(key: &str, items: &[&str]) -> Field {
    let items = items.iter().map(|item| Value { line: 3, shape: Shape::Text((*item).to_owned()) }).collect();
    Field { line: 3, key: key.to_owned(), value: Value { line: 3, shape: Shape::List(items) } }
}

fn runbook(id: &str, fields: &[Field]) -> Runbook {
    let source = Source { id, front: Some(fields), body: "## Overview\n\nText.\n", body_line: 6 };
    parse(source, today()).runbook.unwrap()
}

fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn alert(name: &str, annotations: &[(&str, &str)]) -> Alert {
    Alert {
        fingerprint: Fingerprint::from("f"),
        status: AlertStatus::Firing,
        labels: labels(&[("alertname", name), ("severity", "critical")]),
        annotations: labels(annotations),
        starts_at: DateTime::<Utc>::UNIX_EPOCH,
        ends_at: None,
        generator_url: None,
    }
}

fn service(id: &str, runbook: Option<&str>) -> Service {
    Service {
        id: ServiceId::from(id),
        tier: None,
        owner: None,
        schedule: ScheduleId::from("platform"),
        escalation: std::collections::BTreeMap::new(),
        runbook: runbook.map(RunbookId::from),
        dashboards: Vec::new(),
        slos: Vec::new(),
    }
}

const STEPS: &str = "## Diagnosis Steps

Look before you touch.

1. **Is it up?** `kubectl get pods -l a=**b**` and see [the board](https://example.org/b).
   Second line.

   ```promql
   sum(rate(x[5m])) ** 2
   1. not a step
   ```

   1. nested
2. Next.

Not a step.

## Resolution Steps

1) Roll back.
";

#[test]
fn first_steps_are_plain_and_keep_their_code() {
    let source = Source { id: "x", front: Some(&[]), body: STEPS, body_line: 1 };
    let runbook = parse(source, today()).runbook.unwrap();
    let steps = runbook.first_steps(Part::Diagnosis, 5);
    insta::assert_snapshot!(steps.join("\n---\n"), @"
    Is it up? `kubectl get pods -l a=**b**` and see the board (https://example.org/b).
    Second line.
    ```
    sum(rate(x[5m])) ** 2
    1. not a step
    ```

    1. nested
    ---
    Next.
    ");
    assert_eq!(runbook.first_steps(Part::Diagnosis, 1).len(), 1);
    assert_eq!(runbook.first_steps(Part::Resolution, 5), ["Roll back."]);
    assert!(runbook.first_steps(Part::Related, 5).is_empty());
}

#[test]
fn a_runbook_needs_no_title_no_review_and_no_numbers() {
    let body = "# The ledger is down\n\n## Overview\n\nIt is.\n\n## Impact\n\nHigh.\n\n## Prerequisites\n\nNone.\n\n\
                ## Diagnosis Steps\n\n- **Look** at it:\n  `kubectl get pods`\n  - and below it\n- Again.\n\n## Resolution Steps\n\n\
                * Roll back.\n\n## Escalation\n\nBob.\n\n## Related\n\nNothing.\n";
    let parsed = parse(Source { id: "ledger", front: None, body, body_line: 1 }, today());
    assert_eq!(parsed.lints, []);
    let runbook = parsed.runbook.unwrap();
    assert_eq!(runbook.title, "The ledger is down");
    let steps = runbook.first_steps(Part::Diagnosis, 5);
    assert_eq!(steps, ["Look at it:\n`kubectl get pods`\n- and below it", "Again."]);
    assert_eq!(runbook.first_steps(Part::Resolution, 5), ["Roll back."]);
}

#[test]
fn every_fault_is_remarked_on_with_its_line() {
    let fields = [
        list("alerts", &["severity=~\"(\"", "two words"]),
        text("reviewed", "2025-01-01"),
        text("colour", "red"),
    ];
    let body = "## Impact\n\nMuch.\n\n## Overview\n\n## Diagnosis Steps\n\n- look\n1. see\n\n## Resolution Steps\n\nPray.\n\n## Thoughts\n\n## Impact\n\n```\n## Related\n";
    let lints = parse(Source { id: "x", front: Some(&fields), body, body_line: 10 }, today()).lints;
    let said: Vec<_> = lints.iter().map(ToString::to_string).collect();
    let wanted = [
        (2, "2025-01-01 is more than a year ago"),
        (2, "unknown key `colour`"),
        (3, "alerts:"),
        (3, "`two words` is neither"),
        (10, "`## Escalation` is missing"),
        (10, "`## Prerequisites` is missing"),
        (10, "`## Related` is missing"),
        (14, "`Overview` is empty"),
        (14, "`Overview` must stand before `Impact`"),
        (18, "has no number"),
        (21, "has no step"),
        (25, "`Thoughts` is none of the seven"),
        (27, "`Impact` is here twice; the first is on line 10"),
        (29, "code fence is never closed"),
    ];
    assert_eq!(said.len(), wanted.len(), "{said:#?}");
    for (line, what) in wanted {
        let is_said = lints.iter().any(|lint| lint.line == line && lint.what.contains(what));
        assert!(is_said, "{line}: {what} in {said:#?}");
    }
}

#[test]
fn the_url_comes_first_then_the_front_matter_then_the_service() {
    let shelf = [
        runbook("any-error", &[list("alerts", &["HighErrorRate"])]),
        runbook("critical-error", &[list("alerts", &["alertname=\"HighErrorRate\", severity=\"critical\""])]),
        runbook("ledger", &[list("services", &["svc-ledger"])]),
        runbook("ledger-error", &[list("alerts", &["HighErrorRate"]), list("services", &["svc-ledger"])]),
        runbook("service-down", &[]),
    ];
    let found = |alert: &Alert, service: Option<&Service>| {
        find(&shelf, alert, service).map(|found| {
            (found.link.map(str::to_owned), found.runbook.map(|(runbook, why)| (runbook.id.to_string(), why)))
        })
    };
    let ours = |id: &str, why| Some((None, Some((id.to_owned(), why))));
    let (ledger, wallet) = (service("svc-ledger", None), service("svc-wallet", Some("service-down")));
    let plain = alert("HighErrorRate", &[]);
    assert_eq!(found(&plain, None), ours("critical-error", Why::FrontMatter));
    assert_eq!(found(&plain, Some(&wallet)), ours("critical-error", Why::FrontMatter));
    assert_eq!(found(&plain, Some(&ledger)), ours("ledger-error", Why::FrontMatter));
    assert_eq!(found(&alert("Other", &[]), Some(&ledger)), ours("ledger", Why::FrontMatter));
    assert_eq!(found(&alert("Other", &[]), Some(&wallet)), ours("service-down", Why::Service));
    assert_eq!(found(&alert("Other", &[]), None), None);

    let named = alert("HighErrorRate", &[("runbook_url", "runbooks/Service-Down.md")]);
    assert_eq!(found(&named, None), ours("service-down", Why::RunbookUrl));
    let url = "https://git.example.org/ops/service-down.md?plain=1#top";
    let linked = alert("Other", &[("runbook_url", url)]);
    let both = Some((Some(url.to_owned()), Some(("service-down".to_owned(), Why::RunbookUrl))));
    assert_eq!(found(&linked, None), both);
    let elsewhere = alert("Other", &[("runbook_url", "https://example.org/wiki/7")]);
    assert_eq!(found(&elsewhere, None), Some((Some("https://example.org/wiki/7".to_owned()), None)));
    for not_a_link in ["javascript:alert(1)", "https://", "https:// x", "ftp://x/y", "/x", ""] {
        assert_eq!(found(&alert("Other", &[("runbook_url", not_a_link)]), None), None, "{not_a_link}");
    }
}

#[test]
fn an_item_with_a_bad_matcher_is_left_out_whole() {
    let item = Value {
        line: 3,
        shape: Shape::List(vec![
            Value { line: 3, shape: Shape::Text("alertname=~\".+\"".to_owned()) },
            Value { line: 3, shape: Shape::Text("severity=~\"(\"".to_owned()) },
        ]),
    };
    let alerts =
        Field { line: 3, key: "alerts".to_owned(), value: Value { line: 3, shape: Shape::List(vec![item]) } };
    assert!(runbook("x", &[alerts]).alerts.is_empty());
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(body in "(## (Overview|Diagnosis Steps)|```|~~~~|<!--|-->|1\\. |- |\\*\\*|\\[a\\]\\(|`|\\PC|\t|\n){0,60}", url in "\\PC{0,40}") {
        let parsed = parse(Source { id: "x", front: Some(&[text("reviewed", &body)]), body: &body, body_line: 1 }, today());
        if let Some(runbook) = parsed.runbook {
            runbook.first_steps(Part::Diagnosis, 9);
            let _found = find(&[runbook], &alert(&body, &[("runbook_url", &url)]), None);
        }
    }
}
