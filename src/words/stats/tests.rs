use super::*;
use crate::domain::severity::Severity;
use crate::domain::stats::Window;
use crate::ports::tests::house;

fn stats() -> Stats {
    let to = "2026-11-30T12:00:00Z".parse().unwrap();
    Stats {
        window: Window { from: to - Duration::days(30), to },
        incidents: [(Severity::P1, 1), (Severity::P2, 4), (Severity::P3, 7), (Severity::P4, 0)].into(),
        open: 2,
        mtta: Some(Duration::seconds(250)),
        mttr: None,
        ack_targets_missed: 1,
        pages: 14,
        night_pages: 5,
        people: vec![
            Share { person: "alice".into(), pages: 12, at_night: 5, on_call: Duration::minutes(10_083) },
            Share { person: "=cmd".into(), pages: 2, at_night: 0, on_call: Duration::zero() },
        ],
        noise: vec![Noise {
            alertname: "=HYPERLINK(\"x\")".to_owned(),
            service: Some("<!channel>".to_owned()),
            owner: Some("shop".to_owned()),
            incidents: 7,
            flaps: 12,
        }],
        runbook_helped: Votes { yes: 3, no: 1 },
        page_needed: Votes::default(),
        postmortems_overdue: 0,
    }
}

#[test]
fn the_figures_are_readable_at_three_in_the_morning() {
    insta::assert_snapshot!(answer(&stats(), &house()), @r#"
    *The last 30d*, since <!date^1793448000^{date_short_pretty} {time}|2026-10-31 12:00 UTC>
    *12 incidents*: P1 1 · P2 4 · P3 7 · P4 0 · 2 still open
    *MTTA* 4 min 10 s · *MTTR* – · 1 ack target missed
    *14 pages*, 5 at night
    • <@U0A>: 12, 5 at night · 168.1 h on call
    • =cmd: 2, 0 at night · 0.0 h on call
    *Nobody ever acted on*
    • =HYPERLINK("x") on &lt;!channel&gt; (owner shop): 7 incidents, back 12 times
    *The runbook helped*: 3 yes, 1 no
    "#);
}

#[test]
fn the_table_holds_no_formula() {
    let table = csv(&stats());
    let rows: Vec<&str> = table.split("\r\n").collect();
    assert_eq!(
        rows,
        [
            "figure,of,value",
            "from,,2026-10-31T12:00:00Z",
            "to,,2026-11-30T12:00:00Z",
            "incidents,P1,1",
            "incidents,P2,4",
            "incidents,P3,7",
            "incidents,P4,0",
            "open,,2",
            "mtta_seconds,,250",
            "mttr_seconds,,",
            "ack_target_missed,,1",
            "pages,alice,12",
            "night_pages,alice,5",
            "hours_on_call,alice,168.05",
            "pages,'=cmd,2",
            "night_pages,'=cmd,0",
            "hours_on_call,'=cmd,0.00",
            "never_acted_on,\"'=HYPERLINK(\"\"x\"\") / <!channel> / shop\",7",
            "runbook_helped,yes,3",
            "runbook_helped,no,1",
            "page_needed,yes,0",
            "page_needed,no,0",
            "postmortems_overdue,,0",
            "",
        ]
    );
}

#[test]
fn a_window_is_written_as_it_is_asked_for() {
    assert_eq!(
        [Duration::days(30), Duration::hours(36), Duration::hours(1)].map(window),
        ["30d", "36h", "1h"]
    );
}
