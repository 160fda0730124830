//! Five zones over both changes of their clocks: whoever asks, and however, is told the same, and the same person is paged.

use chrono::{DateTime, Duration, Utc};
use dontpanic::domain::house::House as Rules;
use dontpanic::domain::on_call::{Override, next_handoff, who};
use serde_json::Value;

use super::calendars::parsed;
use crate::harness::alertmanager::alert;
use crate::harness::house::{House, house};
use crate::harness::world::{Span as _, World, scenario};

/// Schedules and their zones.
const ZONES: [(&str, &str); 5] = [
    ("apia", "Pacific/Apia"),
    ("howe", "Australia/Lord_Howe"),
    ("kolkata", "Asia/Kolkata"),
    ("paris", "Europe/Paris"),
    ("york", "America/New_York"),
];

/// Among the changes of the spring, and among those of the autumn: a calendar shows thirty days back and ninety ahead.
const STOPS: [&str; 2] = ["2027-03-20T03:00:00Z", "2027-10-20T03:00:00Z"];

fn five() -> House {
    let schedule = |(name, zone): &(&str, &str)| {
        format!(
            "\n  {name}: {{timezone: {zone}, handoff: {{day: Sun, time: 02:30}}, \
             rotation: {{every: 1w, start: 2026-11-16, people: [alice, bob, charlie, diana, eve]}}}}"
        )
    };
    let service = |(name, _): &(&str, &str)| format!("\n  svc-{name}: {{schedule: {name}}}");
    house()
        .with("default_schedule", "paris")
        .with("schedules", &ZONES.iter().map(schedule).collect::<String>())
        .with("services", &ZONES.iter().map(service).collect::<String>())
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

fn text(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Who is the primary, by the one resolver.
fn primary(rules: &Rules, overrides: &[Override], schedule: &str, at: DateTime<Utc>) -> String {
    who(&rules.schedules[&schedule.into()], overrides, at).primary.expect("somebody always is").to_string()
}

/// Each handoff of the span, a second before and after it, and every seven hours.
fn samples(rules: &Rules, schedule: &str, from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    let schedule = &rules.schedules[&schedule.into()];
    let mut found = vec![];
    let mut handoff = next_handoff(schedule, from);
    while handoff < to {
        found.extend([handoff - Duration::seconds(1), handoff, handoff + Duration::seconds(1)]);
        handoff = next_handoff(schedule, handoff);
    }
    let hours = (to - from).num_hours() / 7;
    found.extend((0..hours).map(|n| from + Duration::hours(7 * n)));
    found.retain(|at| *at < to);
    found
}

/// The calendar of a schedule as a program of others reads it: from, to and summary of each event.
async fn calendar(world: &mut World, schedule: &str) -> Vec<(DateTime<Utc>, DateTime<Utc>, String)> {
    let (_, listed) = world.gets_api("oncall/ical").await;
    let calendars = listed["calendars"].as_array().expect("a list");
    let theirs = calendars.iter().find(|calendar| calendar["schedule"] == schedule).expect("its calendar");
    let read = parsed(&world.reads(theirs["path"].as_str().expect("a path")).await.1);
    let word = |event: &Value, field: &str| event[field].as_str().expect("a text").to_owned();
    let events = read["events"].as_array().expect("a list");
    let event = |event: &Value| (at(&word(event, "start")), at(&word(event, "end")), word(event, "summary"));
    events.iter().map(event).collect()
}

scenario!(everybody_is_told_the_same_in_five_zones, five(), async |world: &mut World| {
    let folder = tempfile::tempdir().expect("a folder");
    let rules = five().read("http://127.0.0.1:1", folder.path()).config.house;
    // Bob takes a night of Paris in which an hour is missing there, and with it the time of the handoff.
    world.story_is(STOPS[0]);
    world.settle().await;
    let said = world
        .types("eve", "incidents", "/oncall override @bob 2027-03-28T06:00 2027-03-28T12:00 paris")
        .await;
    let overrides = vec![Override {
        schedule: "paris".into(),
        person: "bob".into(),
        from: at("2027-03-28T00:30:00Z"),
        to: at("2027-03-28T06:30:00Z"),
    }];
    let (_, made) = world.gets_api("oncall/overrides").await;
    let made = &made["overrides"][0];
    assert_eq!(
        (&made["from"], &made["to"]),
        (&"2027-03-28T00:30:00Z".into(), &"2027-03-28T06:30:00Z".into()),
        "{said}"
    );
    let mut n = 0;
    for stop in STOPS.map(at) {
        world.story_is(&text(stop.max(world.now())));
        world.settle().await;
        let (from, to) = (world.now() - Duration::days(29), world.now() + Duration::days(89));
        for (schedule, _) in ZONES {
            let events = calendar(world, schedule).await;
            assert!(events.windows(2).all(|pair| pair[0].1 == pair[1].0), "{schedule}: {events:#?}");
            for at in samples(&rules, schedule, from, to) {
                let expected = primary(&rules, &overrides, schedule, at);
                let told: Vec<&str> = events
                    .iter()
                    .filter(|(start, end, _)| *start <= at && at < *end)
                    .map(|(.., summary)| summary.as_str())
                    .collect();
                assert_eq!(
                    told,
                    [format!("{expected} on call ({schedule})")],
                    "the calendar, {schedule} at {at}"
                );
            }
            // The API is asked about each turn, and about all of them at once.
            let span = format!("schedule={schedule}&from={}&to={}", text(from), text(to));
            let (_, shifts) = world.gets_api(&format!("oncall/shifts?{span}")).await;
            for shift in shifts["shifts"].as_array().expect("a list") {
                let start = at(shift["start"].as_str().expect("a time"));
                assert_eq!(
                    shift["primary"],
                    primary(&rules, &overrides, schedule, start),
                    "{schedule}: {shift}"
                );
                let (_, one) =
                    world.gets_api(&format!("oncall?schedule={schedule}&at={}", text(start))).await;
                assert_eq!(
                    (&one["primary"], &one["secondary"], &one["until"]),
                    (&shift["primary"], &shift["secondary"], &shift["end"]),
                    "{schedule} at {start}"
                );
            }
        }
        // Around the first handoff after all clocks have changed, an alert of each schedule pages first the one and then the other.
        let changed = world.now() + Duration::days(25);
        let handoff = |schedule: &str| next_handoff(&rules.schedules[&schedule.into()], changed);
        let mut in_order = ZONES.map(|(schedule, _)| (handoff(schedule), schedule));
        in_order.sort_unstable();
        for (handoff, schedule) in in_order {
            n += 1;
            world.story_is(&text(handoff - Duration::seconds(1)));
            world.settle().await;
            let fires = alert(&format!("Trouble{n}")).service(&format!("svc-{schedule}"));
            world.alertmanager().fires(fires.clone()).await;
            let (before, after) = (
                primary(&rules, &overrides, schedule, world.now()),
                primary(&rules, &overrides, schedule, handoff),
            );
            assert_ne!(before, after);
            assert_eq!(world.paged(n).await, [before.as_str()], "{schedule} before {handoff}");
            world.advance(1.seconds()).await;
            assert_eq!(world.paged(n).await, [before.as_str(), after.as_str()], "{schedule} at {handoff}");
            world.types(&after, "incidents", &format!("/incident INC-{n} ack")).await;
            world.alertmanager().resolves(&fires).await;
            world.advance(11.minutes()).await;
        }
    }
    world.may_give_up();
    // A year later the runbooks want to be read again.
    world.may_log("a document cannot be used as it is");
});
