//! Several reasons to wake one person about one incident are one page, and each page can be told from the others.

use insta::assert_snapshot;

use super::super::command::{Command, Whom};
use super::super::timeline::What;
use super::*;
use crate::domain::people::ContactMethod::{Slack, Webhook};

/// Alice is the primary of the team and of a schedule of her own; the incident is about a service of each.
fn of_two_schedules(severity: Severity) -> Night {
    let mut night = Night::begins("Tue 03:00").shows(Shown::Ladder);
    night.also_runs("crawl", "crawler", "alice");
    let mut reports = vec![night::alert("A", severity), night::alert("B", severity)];
    for (report, service) in reports.iter_mut().zip(["ledger", "crawler"]) {
        report.alert.starts_at = night.now;
        report.service = Some(service.into());
    }
    night.delivers(reports, 0);
    night
}

#[test]
fn who_is_on_two_ladders_is_paged_once_at_a_time() {
    let mut night = of_two_schedules(Severity::P2);
    night.until("03:31");
    assert_snapshot!(night.transcript(), @r"
    Tue 03:00 A fires
    Tue 03:00 B fires
    Tue 03:00 escalated to round 1 step 1 [alice]: PagedAlready
    Tue 03:00 page alice slack (crawl, round 1 step 1)
    Tue 03:00 open channel
    Tue 03:00 -> triggered
    Tue 03:15 ack target of 15 min missed
    Tue 03:15 escalated to round 1 step 2 []: NoAnswer
    Tue 03:15 escalated to round 1 step 3 [diana]: Nobody
    Tue 03:15 escalated to round 1 step 2 [bob]: NoAnswer
    Tue 03:15 page diana slack (crawl, round 1 step 3)
    Tue 03:15 page bob slack (round 1 step 2)
    Tue 03:15 admins: nobody to page, default step 2
    Tue 03:30 escalated to round 1 step 4 [eve]: NoAnswer
    Tue 03:30 escalated to round 1 step 3 [diana]: NoAnswer
    Tue 03:30 page eve slack (crawl, round 1 step 4)
    Tue 03:30 page diana slack (round 1 step 3)
    ");
    let began = night.timeline[0].at;
    assert_eq!(night.ledger.iter().filter(|page| page.due == began).count(), 1, "{:#?}", night.ledger);
}

#[test]
fn what_is_left_of_a_page_for_a_later_opening_stands_for_none_now() {
    let mut night = Night::begins("Tue 17:59");
    night.also_runs("crawl", "crawler", "alice");
    let hours = &mut night.house.schedules.get_mut(&"crawl".into()).unwrap().business_hours;
    hours.from = chrono::NaiveTime::from_hms_opt(7, 0, 0).unwrap();
    hours.to = chrono::NaiveTime::from_hms_opt(17, 0, 0).unwrap();
    let mut reports = vec![night::alert("A", Severity::P3), night::alert("B", Severity::P3)];
    for (report, service) in reports.iter_mut().zip(["ledger", "crawler"]) {
        report.alert.starts_at = night.now;
        report.service = Some(service.into());
    }
    night.delivers(reports, 0).so_far().until("Wed 07:00");
    assert_snapshot!(night.transcript(), @r"
    Wed 07:00 page alice slack (crawl, round 1 step 1)
    ");
}

#[test]
fn a_page_repeats_for_as_long_as_one_ladder_waits_for_it() {
    let mut night = Night::begins("Tue 03:00").shows(Shown::All);
    night
        .also_runs("crawl", "crawler", "alice")
        .house
        .severities
        .get_mut(&Severity::P2)
        .unwrap()
        .contact_interval = chrono::Duration::minutes(4);
    night.fires_for("A", Severity::P2, Some("ledger")).waits(10);
    night.fires_for("B", Severity::P2, Some("crawler")).so_far().until("03:24");
    assert_snapshot!(night.transcript(), @r"
    Tue 03:12 page alice webhook again
    Tue 03:15 ack target of 15 min missed
    Tue 03:15 escalated to round 1 step 2 [bob]: NoAnswer
    Tue 03:15 page bob slack (round 1 step 2)
    Tue 03:16 page alice webhook again
    Tue 03:19 page bob webhook (round 1 step 2)
    Tue 03:23 page bob webhook again
    ");
}

#[test]
fn both_ladders_climb_when_nobody_takes_the_one_page() {
    let mut night = Night::begins("Tue 03:00").shows(Shown::Ladder);
    night.provider_refuses("alice", Slack).provider_refuses("alice", Webhook);
    night.also_runs("crawl", "crawler", "alice");
    let mut reports = vec![night::alert("A", Severity::P2), night::alert("B", Severity::P2)];
    for (report, service) in reports.iter_mut().zip(["ledger", "crawler"]) {
        report.alert.starts_at = night.now;
        report.service = Some(service.into());
    }
    night.delivers(reports, 0);
    assert_snapshot!(night.transcript(), @r"
    Tue 03:00 A fires
    Tue 03:00 B fires
    Tue 03:00 escalated to round 1 step 1 [alice]: PagedAlready
    Tue 03:00 page alice slack (crawl, round 1 step 1)
    Tue 03:00 open channel
    Tue 03:00 -> triggered
    Tue 03:00 slack of alice failed
    Tue 03:00 webhook of alice failed
    Tue 03:00 escalated to round 1 step 2 []: NotDelivered
    Tue 03:00 escalated to round 1 step 3 [diana]: Nobody
    Tue 03:00 escalated to round 1 step 2 [bob]: NotDelivered
    Tue 03:00 page diana slack (crawl, round 1 step 3)
    Tue 03:00 page bob slack (round 1 step 2)
    Tue 03:00 admins: alice cannot be reached
    Tue 03:00 admins: nobody to page, default step 2
    ");
}

#[test]
fn pages_that_no_ladder_asked_for_have_a_number_of_their_own() {
    let mut night = Night::of(Severity::P2);
    night.acks("alice");
    for at in ["04:00", "04:30"] {
        night.until(at).fires("A", Severity::P2).waits(1).acks("alice");
    }
    let whom = vec![Whom::Person("alice".into())];
    night.does(Command::Page { by: night::person("bob"), whom, message: None });
    let rows: Vec<_> = night
        .ledger
        .iter()
        .map(|page| {
            format!("{} {} {}/{} {}", page.person, page.method, page.round, page.step, page.cause.name())
        })
        .collect();
    assert_eq!(
        rows,
        ["alice slack 1/1 ladder", "alice slack 0/2 back", "alice slack 0/3 back", "alice slack 0/4 asked"]
    );
}

#[test]
fn an_answer_is_measured_from_what_it_answers() {
    let mut night = Night::of(Severity::P2);
    night.waits(2).acks("alice");
    night.until("04:00").fires("A", Severity::P2).waits(1).acks("alice");
    night.until("04:30").now -= chrono::Duration::hours(1);
    night.escalates("alice");
    night.now -= chrono::Duration::minutes(43);
    night.acks("bob");
    let after = |entry: &super::super::timeline::Entry| match entry.what {
        What::Acked { after_seconds, .. } => Some(after_seconds),
        _ => None,
    };
    let after: Vec<i64> = night.timeline.iter().filter_map(after).collect();
    assert_eq!(after, [120, 60, 0], "after the trigger, after the page, and never before it");
}

#[test]
fn at_the_opening_one_page_goes_on_for_all_that_was_left_of_the_day_before() {
    let mut night = Night::begins("Tue 17:50");
    night.fires("A", Severity::P3).so_far().until("Wed 09:16");
    assert_snapshot!(night.transcript(), @r"
    Wed 09:00 escalated to round 2 step 1 [alice]: NoAnswer
    Wed 09:00 page alice slack (round 2 step 1)
    Wed 09:00 shout: round 1 passed
    Wed 09:15 page alice webhook (round 2 step 1)
    ");
}

#[test]
fn what_opens_it_again_is_called_what_it_is() {
    use super::super::timeline::ReopenedBy;
    let by = |night: &Night| {
        night.timeline.iter().rev().find_map(|entry| match &entry.what {
            What::Reopened { by } => Some(by.clone()),
            _ => None,
        })
    };
    let mut night = Night::of(Severity::P2);
    night.ends("alice", super::super::command::WhileFiring::Resolve).waits(5).fires("B", Severity::P2);
    assert_eq!(by(&night), Some(ReopenedBy::NewAlert));
    night.ends("alice", super::super::command::WhileFiring::Resolve).waits(5).fires("B", Severity::P2);
    let again = ReopenedBy::AlertBack { alertname: "B".to_owned(), starts_at: night.now, others: 0 };
    assert_eq!((by(&night), night.incident().n_flaps), (Some(again), 0), "a flap is of what is open");
    night.ends("alice", super::super::command::WhileFiring::Resolve).reopens("bob");
    assert_eq!(by(&night), Some(ReopenedBy::Human));
}
