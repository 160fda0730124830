//! Every order in which what senders say of one alert can arrive.

use std::fmt::Write as _;

use chrono::{DateTime, TimeZone, Utc};
use insta::assert_snapshot;

use super::super::child::{Child, Known, News, compare};
use super::Night;
use super::night::alert;
use crate::domain::alert::{Alert, AlertStatus};
use crate::domain::severity::Severity;

fn minute(minute: u32) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 17, 2, minute, 0).unwrap()
}

/// `2-`: fires since minute 2; `2-5`: ended at minute 5; `2-?`: ended, nobody says when.
fn said(span: &str) -> Alert {
    reported(span).alert
}

fn reported(span: &str) -> Child {
    let (start, end) = span.split_once('-').unwrap();
    let mut report = alert("A", Severity::P2);
    let said = &mut report.alert;
    said.starts_at = minute(start.parse().unwrap());
    said.status = if end.is_empty() { AlertStatus::Firing } else { AlertStatus::Resolved };
    said.ends_at = end.parse().ok().map(minute);
    report
}

/// What is known after all of that was believed.
fn known(spans: &str) -> Option<Known> {
    let believed =
        |known: Option<Known>, span| Some(Known::after(known.as_ref(), &reported(span), minute(30)));
    spans.split_whitespace().fold(None, believed)
}

#[test]
fn what_each_delivery_means() {
    let mut table = String::new();
    for before in ["", "4-", "4-6", "4-?", "4-6 8-", "4-6 8-9", "6-4"] {
        write!(table, "[{before}]").unwrap();
        for span in ["2-", "4-", "5-", "7-", "8-", "9-", "2-3", "2-5", "4-4", "4-6", "5-9", "2-?", "9-9"] {
            write!(table, " {span} {:?},", compare(known(before).as_ref(), &said(span), minute(30))).unwrap();
        }
        table.push('\n');
    }
    assert_snapshot!(table, @r"
    [] 2- Joined, 4- Joined, 5- Joined, 7- Joined, 8- Joined, 9- Joined, 2-3 Missed, 2-5 Missed, 4-4 Missed, 4-6 Missed, 5-9 Missed, 2-? Missed, 9-9 Missed,
    [4-] 2- Earlier, 4- Repeated, 5- Flapped, 7- Flapped, 8- Flapped, 9- Flapped, 2-3 Stale, 2-5 Resolved, 4-4 Resolved, 4-6 Resolved, 5-9 Resolved, 2-? Resolved, 9-9 Resolved,
    [4-6] 2- Stale, 4- Stale, 5- Stale, 7- Flapped, 8- Flapped, 9- Flapped, 2-3 Repeated, 2-5 Repeated, 4-4 Repeated, 4-6 Repeated, 5-9 Repeated, 2-? Repeated, 9-9 Missed,
    [4-?] 2- Stale, 4- Stale, 5- Flapped, 7- Flapped, 8- Flapped, 9- Flapped, 2-3 Repeated, 2-5 Repeated, 4-4 Repeated, 4-6 Repeated, 5-9 Missed, 2-? Repeated, 9-9 Missed,
    [4-6 8-] 2- Stale, 4- Stale, 5- Stale, 7- Earlier, 8- Repeated, 9- Flapped, 2-3 Stale, 2-5 Stale, 4-4 Stale, 4-6 Stale, 5-9 Resolved, 2-? Resolved, 9-9 Resolved,
    [4-6 8-9] 2- Stale, 4- Stale, 5- Stale, 7- Stale, 8- Stale, 9- Stale, 2-3 Repeated, 2-5 Repeated, 4-4 Repeated, 4-6 Repeated, 5-9 Repeated, 2-? Repeated, 9-9 Repeated,
    [6-4] 2- Stale, 4- Stale, 5- Stale, 7- Flapped, 8- Flapped, 9- Flapped, 2-3 Repeated, 2-5 Repeated, 4-4 Repeated, 4-6 Repeated, 5-9 Repeated, 2-? Repeated, 9-9 Missed,
    ");
}

#[test]
fn what_fires_long_after_its_end_was_heard_fires_again() {
    let means = |late: u32| compare(known("4-6").as_ref(), &said("4-"), minute(30 + late));
    assert_eq!([means(0), means(14), means(15)], [News::Stale, News::Stale, News::Flapped]);
    // What fires indeed is known to.
    assert_eq!(compare(known("4-6 4-").as_ref(), &said("4-"), minute(59)), News::Repeated);
}

#[test]
fn an_end_under_an_earlier_beginning_ends_it() {
    let mut night = Night::begins("Tue 03:00");
    night.fires("A", Severity::P2);
    let (seen, seen_first) = (night.now, night.now - chrono::Duration::seconds(10));
    let mut of_the_other = alert("A", Severity::P2);
    of_the_other.alert.starts_at = seen_first;
    night.waits(1).delivers(vec![of_the_other.clone()], 0);
    assert_eq!(night.incident().started_at, seen_first);
    assert_eq!(night.incident().n_flaps, 0);

    // The sender that has not heard of the other's beginning does not report a new one.
    let mut of_this = alert("A", Severity::P2);
    of_this.alert.starts_at = seen;
    night.waits(1).delivers(vec![of_this], 0);
    assert_eq!(night.incident().n_flaps, 0);

    let mut end = night.end_of("A");
    end.alert.starts_at = seen_first;
    night.waits(1).so_far().delivers(vec![end.clone()], 0);
    assert_snapshot!(night.transcript(), @r"
    Tue 03:03 A ends
    Tue 03:03 monitoring
    Tue 03:03 -> monitoring
    ");
    // As late as a delivery may be.
    night.until("03:17").so_far().delivers(vec![end], 0).delivers(vec![of_the_other], 0);
    assert_snapshot!(night.transcript(), @"");
}
