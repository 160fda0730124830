//! Storms: everything breaks at once, and whoever is on call is woken often enough to know, and not for each of it.

use chrono::TimeDelta;
use dontpanic::domain::severity::Severity;
use dontpanic::ids::IncidentId;
use futures::future::join_all;
use serde_json::json;

use crate::harness::alertmanager::{Alert, alert};
use crate::harness::database::TestDatabase;
use crate::harness::house::{House, WEBHOOK_TOKEN, house};
use crate::harness::world::{Span as _, World, scenario};

/// The umbrella opens with the tenth.
const UMBRELLA: i64 = 11;
const UMBRELLA_ROOM: &str = "inc-20261120-storm-platform";

/// Bob's own schedule and service beside Alice's.
fn two_teams() -> House {
    let schedule = |name: &str, people: &str| {
        format!(
            "\n  {name}:\n    timezone: Europe/Paris\n    handoff: {{day: Mon, time: 09:00}}\n    \
             rotation: {{every: 1w, start: 2026-11-16, people: [{people}]}}\n    secondary: next"
        )
    };
    let schedules = format!("{}{}", schedule("platform", "alice, charlie"), schedule("search", "bob, eve"));
    let service = |name: &str, schedule: &str| format!("\n  {name}: {{tier: 2, schedule: {schedule}}}");
    let services = ["checkout", "ledger", "mail"].map(|name| service(name, "platform")).concat();
    house()
        .with("schedules", &schedules)
        .with("services", &format!("{services}{}", service("index", "search")))
        .with("incidents", "{page_bundle: 5s}")
}

/// The nth alert: a group, and so an incident, of its own.
fn nth(n: i64) -> Alert {
    let service = ["checkout", "ledger", "mail"][usize::try_from(n).expect("a number") % 3];
    alert(&format!("Broken{n}")).service(service)
}

/// So many groups begin to fire, the first of them now, each `apart` after the one before.
async fn break_at_once(world: &mut World, numbers: std::ops::Range<i64>, apart: TimeDelta) {
    for n in numbers {
        world.alertmanager().fires(nth(n)).await;
        world.advance(apart).await;
    }
}

/// Everybody's pages about anything: the first attempts.
async fn n_pages(world: &World, person: &str) -> usize {
    let mut n = 0;
    for incident in world.incidents().await {
        n += world.ledger(incident.id.0).await.iter().filter(|page| page.person.as_str() == person).count();
    }
    n
}

async fn all_under(world: &World) -> Vec<i64> {
    let incidents = world.incidents().await;
    let mut under: Vec<i64> = incidents
        .iter()
        .filter(|incident| incident.umbrella == Some(IncidentId(UMBRELLA)))
        .map(|incident| incident.id.0)
        .collect();
    under.sort_unstable();
    under
}

scenario!(forty_groups_in_thirty_seconds_are_one_storm, two_teams(), async |world: &mut World| {
    break_at_once(world, 0..20, TimeDelta::milliseconds(700)).await;
    // Another schedule's page does not wait for any of it.
    world.alertmanager().fires(alert("IndexStale").service("index")).await;
    let index = world
        .incidents()
        .await
        .into_iter()
        .find(|incident| incident.service_shown.as_deref() == Some("index"));
    let index = index.expect("it is open");
    assert_eq!((index.umbrella, world.paged(index.id.0).await), (None, vec!["bob".to_owned()]));
    world.slack().dm("bob").reads("IndexStale");
    break_at_once(world, 20..40, TimeDelta::milliseconds(700)).await;

    assert_eq!(world.incidents().await.len(), 42, "forty, the other team's, and the umbrella");
    assert_eq!(n_pages(world, "alice").await, 10, "nine, and the umbrella");
    let under = all_under(world).await;
    assert_eq!(under.len(), 31);
    let umbrella = world.incident(UMBRELLA).await;
    assert_eq!(umbrella.title, "Storm on platform: 31 incidents");
    assert_eq!((umbrella.severity(), world.paged(UMBRELLA).await), (Severity::P2, vec!["alice".to_owned()]));
    for n in &under {
        let child = world.incident(*n).await;
        assert!(child.state.is_open() && child.room.channel.is_none(), "{n}");
        assert_eq!((child.paged.len(), world.ledger(*n).await.len(), child.room.announcement), (0, 0, None));
    }
    let rooms = world.slack().rooms();
    assert!(rooms.len() < 16, "no channel for each of them: {rooms:?}");

    // One card tells of all, and so does the page; edits keep to Slack's pace.
    world.wire_passes(1.minutes()).await;
    world
        .slack()
        .room(UMBRELLA_ROOM)
        .reads("Storm on platform: 31 incidents")
        .reads("checkout: 11 incidents");
    world.slack().dm("alice").reads("Storm on platform: 31 incidents");
    let shown = world.gets_api(&format!("incidents/INC-{}", under[0])).await.1;
    assert_eq!((&shown["parent"], &shown["channel"]), (&json!("INC-11"), &json!(null)));
    let list = world.types("alice", "incidents", "/incident list").await;
    assert!(list.contains("INC-11") && !list.contains(&format!("INC-{}*", under[0])), "{list}");
    let stats = world.gets_api("stats?window=1d").await.1;
    assert_eq!(stats["incidents"]["P2"], json!(11), "nine, the umbrella and the other team's");
    take_all(world).await;
});

/// Somebody takes whatever pages.
async fn take_all(world: &mut World) {
    for incident in world.incidents().await {
        if incident.umbrella.is_none() && incident.state.name() == "triggered" {
            world.types("alice", "incidents", &format!("/incident {} ack", incident.id)).await;
        }
    }
}

scenario!(who_takes_the_umbrella_takes_what_was_under_it, two_teams(), async |world: &mut World| {
    break_at_once(world, 0..15, 1.seconds()).await;
    world.types("alice", UMBRELLA_ROOM, "/incident ack").await;
    let before = all_under(world).await;
    assert_eq!(before.len(), 6);
    for n in &before {
        let child = world.incident(*n).await;
        let by = child.state.ack().map(|ack| ack.by.to_string());
        assert_eq!((world.state(*n).await, by.as_deref()), ("acknowledged", Some("alice")), "{n}");
    }
    // What comes later is counted and shown; nobody has taken it, and nobody is woken.
    let n_before = n_pages(world, "alice").await;
    break_at_once(world, 15..20, 1.seconds()).await;
    let later = *all_under(world).await.last().expect("it came");
    assert_eq!((world.state(later).await, world.ledger(later).await.len()), ("triggered", 0));
    assert_eq!(n_pages(world, "alice").await, n_before);
    assert_eq!(world.state(UMBRELLA).await, "acknowledged");
    world.wire_passes(1.minutes()).await;
    world.slack().room(UMBRELLA_ROOM).reads("Storm on platform: 11 incidents");
    take_all(world).await;
});

/// What pages the umbrella sent to somebody.
async fn asked_about_storm(world: &World, person: &str) -> usize {
    world.ledger(UMBRELLA).await.iter().filter(|page| page.person.as_str() == person).count()
}

scenario!(
    what_joins_a_taken_storm_is_nobodys_until_somebody_answers,
    two_teams(),
    async |world: &mut World| {
        break_at_once(world, 0..15, 1.seconds()).await;
        take_all(world).await;
        break_at_once(world, 15..20, 1.seconds()).await;
        let later = all_under(world).await.split_off(6);
        let n_before = asked_about_storm(world, "alice").await;
        world.advance(5.minutes()).await;
        assert_eq!(asked_about_storm(world, "alice").await, n_before + 1, "one page for all of them");
        world.slack().dm("alice").reads("5 more incidents have joined the storm").reads("Acknowledge");
        world.wire_passes(1.minutes()).await;
        world.slack().room(UMBRELLA_ROOM).reads("5 more incidents have joined the storm");
        // One more is told by the same page.
        world.alertmanager().fires(nth(30)).await;
        world.slack().dm("alice").reads("6 more incidents have joined the storm");
        assert_eq!(asked_about_storm(world, "alice").await, n_before + 1);
        // She does not answer. Whether anybody took them in time is measured; then the storm's ladder goes on.
        world.advance(11.minutes()).await;
        for n in &later {
            assert_eq!(
                (world.n_events(*n, "ack_target_missed").await, world.ledger(*n).await.len()),
                (1, 0),
                "{n}"
            );
        }
        world.wire_passes(1.minutes()).await;
        world.slack().room(UMBRELLA_ROOM).reads(":rotating_light:");
        assert_eq!(asked_about_storm(world, "charlie").await, 0);
        world.advance(6.minutes()).await;
        assert_eq!(
            (world.state(UMBRELLA).await, asked_about_storm(world, "charlie").await),
            ("triggered", 1)
        );
        world
            .slack()
            .room(UMBRELLA_ROOM)
            .reads("The storm is over")
            .reads("Nobody has acknowledged 6 of them");
        world.types("charlie", UMBRELLA_ROOM, "/incident ack").await;
        for n in &later {
            let by = world.incident(*n).await.state.ack().map(|ack| ack.by.to_string());
            assert_eq!(by.as_deref(), Some("charlie"), "{n}");
        }
        assert_eq!(
            world.incident(later[0] - 1).await.state.ack().map(|ack| ack.by.to_string()).as_deref(),
            Some("alice")
        );
        take_all(world).await;
    }
);

scenario!(a_snooze_is_of_what_there_was, two_teams(), async |world: &mut World| {
    break_at_once(world, 0..15, 1.seconds()).await;
    take_all(world).await;
    world.types("alice", UMBRELLA_ROOM, "/incident snooze 4h").await;
    let n_before = asked_about_storm(world, "alice").await;
    break_at_once(world, 15..17, 1.seconds()).await;
    world.advance(5.minutes()).await;
    assert_eq!(asked_about_storm(world, "alice").await, n_before + 1, "nobody has taken these");
    world.slack().dm("alice").reads("2 more incidents have joined the storm");
    let button = world.slack().dm("alice").button("Acknowledge");
    world.clicks_as("alice", button).await;
    for n in all_under(world).await {
        assert_eq!(world.state(n).await, "acknowledged", "{n}");
    }
    // Hers goes on.
    assert!(world.incident(UMBRELLA).await.snoozed_until.is_some());
    world.advance(1.hours()).await;
    assert_eq!(asked_about_storm(world, "alice").await, n_before + 1);
});

scenario!(one_tap_takes_what_has_joined_since, two_teams(), async |world: &mut World| {
    break_at_once(world, 0..15, 1.seconds()).await;
    take_all(world).await;
    break_at_once(world, 15..17, 1.seconds()).await;
    world.advance(5.minutes()).await;
    let button = world.slack().dm("alice").button("Acknowledge");
    world.clicks_as("alice", button).await;
    for n in all_under(world).await {
        assert_eq!((world.state(n).await, world.n_events(n, "acked").await), ("acknowledged", 1), "{n}");
    }
    assert_eq!(world.incident(UMBRELLA).await.back_due, None);
    // Nothing is left to ask about, also long after the storm.
    let n_before = n_pages(world, "alice").await;
    world.advance(40.minutes()).await;
    assert_eq!((world.state(UMBRELLA).await, n_pages(world, "alice").await), ("acknowledged", n_before));
    // One that is back after the storm is asked about, and no more once it has ended by itself.
    let child = *all_under(world).await.last().expect("it came");
    world.alertmanager().resolves(&nth(16)).await;
    world.advance(12.minutes()).await;
    world.alertmanager().fires(nth(16)).await;
    assert_eq!((world.state(child).await, n_pages(world, "alice").await), ("triggered", n_before + 1));
    world.alertmanager().resolves(&nth(16)).await;
    world.advance(20.minutes()).await;
    assert_eq!((world.state(UMBRELLA).await, n_pages(world, "alice").await), ("acknowledged", n_before + 1));
    take_all(world).await;
});

scenario!(a_storm_that_nobody_takes_pages_on_after_its_end, two_teams(), async |world: &mut World| {
    break_at_once(world, 0..15, 1.seconds()).await;
    for n in 1..10 {
        world.types("alice", "incidents", &format!("/incident INC-{n} ack")).await;
    }
    world.advance(10.minutes()).await;
    world.slack().room(UMBRELLA_ROOM).reads("The storm is over").reads("Nobody has acknowledged 6 of them");
    world.advance(55.minutes()).await;
    let rounds: std::collections::BTreeSet<u32> =
        world.ledger(UMBRELLA).await.iter().map(|page| page.round).collect();
    assert!(rounds.len() >= 2, "it never ends in silence: {rounds:?}");
    for n in all_under(world).await {
        assert_eq!(world.n_events(n, "ack_target_missed").await, 1, "{n}");
    }
    take_all(world).await;
});

scenario!(
    a_storm_ends_with_a_summary_and_its_umbrella_with_the_last_of_it,
    two_teams(),
    async |world: &mut World| {
        break_at_once(world, 0..20, 1.seconds()).await;
        take_all(world).await;
        for n in 0..19 {
            world.alertmanager().resolves(&nth(n)).await;
        }
        world.advance(5.minutes()).await;
        assert_eq!(world.timeline_text(UMBRELLA).await.matches("The storm is over").count(), 0);
        world.advance(2.minutes()).await;
        world.slack().room(UMBRELLA_ROOM).reads("The storm is over after").reads("11 incidents");
        world.advance(6.minutes()).await;
        let umbrella = world.incident(UMBRELLA).await;
        assert_eq!((umbrella.state.name(), umbrella.n_firing), ("acknowledged", 1), "one still fires");
        world.slack().room(UMBRELLA_ROOM).reads("1 open");
        // A new one pages by itself again.
        world.alertmanager().fires(alert("Fresh").service("checkout")).await;
        let fresh =
            world.incidents().await.into_iter().map(|incident| incident.id.0).max().expect("it is there");
        assert_eq!((world.incident(fresh).await.umbrella, world.paged(fresh).await.len()), (None, 1));
        world.alertmanager().resolves(&nth(19)).await;
        world.advance(13.minutes()).await;
        assert_eq!(world.state(UMBRELLA).await, "resolved");
        assert_eq!(world.n_events(UMBRELLA, "resolved").await, 1);
        for n in all_under(world).await {
            assert_eq!(world.n_events(n, "postmortem_drafted").await, 0, "one for all of them is enough");
        }
        // Fires again, and no umbrella stands for it: it pages by itself.
        let back = *all_under(world).await.last().expect("it was there");
        world.alertmanager().fires(nth(19)).await;
        assert_eq!((world.state(back).await, world.paged(back).await.len()), ("triggered", 1));
        take_all(world).await;
    }
);

scenario!(what_is_as_bad_as_it_gets_pages_by_itself_in_any_storm, two_teams(), async |world: &mut World| {
    break_at_once(world, 0..12, 1.seconds()).await;
    world.alertmanager().fires(alert("LedgerOutage").service("ledger").severity("p1")).await;
    let outage = world.incidents().await.into_iter().find(|incident| incident.severity() == Severity::P1);
    let outage = outage.expect("it is open");
    assert_eq!(
        (outage.umbrella, world.paged(outage.id.0).await),
        (None, vec!["alice".to_owned(), "diana".to_owned()])
    );
    // One of the storm becomes that bad.
    let child = all_under(world).await[0];
    world.alertmanager().fires(nth(9).severity("p1")).await;
    let risen = world.incident(child).await;
    assert_eq!((risen.severity(), risen.umbrella), (Severity::P1, None));
    assert_eq!(world.paged(child).await, ["alice", "diana"]);
    world.advance(5.seconds()).await;
    assert!(world.incident(child).await.room.channel.is_some(), "it has a channel of its own now");
    world.types("diana", "incidents", &format!("/incident INC-{child} ack")).await;
    world.types("diana", "incidents", &format!("/incident {} ack", outage.id)).await;
    take_all(world).await;
});

scenario!(of_many_that_become_worse_the_first_tells_of_it, two_teams(), async |world: &mut World| {
    for n in 0..14 {
        world.alertmanager().fires(nth(n).severity("warning")).await;
        world.advance(1.seconds()).await;
    }
    let under = all_under(world).await;
    assert_eq!((under.len(), world.incident(UMBRELLA).await.severity()), (5, Severity::P3));
    for n in 9..14 {
        world.alertmanager().fires(nth(n)).await;
    }
    assert_eq!(all_under(world).await, under[1..], "the first has left");
    assert_eq!(world.paged(under[0]).await, ["alice"]);
    assert_eq!(world.incident(UMBRELLA).await.severity(), Severity::P2);
    assert_eq!(world.paged(UMBRELLA).await, ["alice"], "nobody had been told of it at night");
    take_all(world).await;
});

scenario!(a_storm_survives_a_restart_in_the_middle, two_teams(), async |world: &mut World| {
    break_at_once(world, 0..12, 1.seconds()).await;
    world.restart().await;
    break_at_once(world, 12..25, 1.seconds()).await;
    assert_eq!(n_pages(world, "alice").await, 10);
    let incidents = world.incidents().await;
    assert_eq!(incidents.iter().filter(|incident| incident.storm.is_some()).count(), 1, "one umbrella");
    assert_eq!(world.incident(UMBRELLA).await.title, "Storm on platform: 16 incidents");
    // Nobody answers: the umbrella's ladder climbs, and those under it wake nobody.
    world.restart().await;
    world.advance(16.minutes()).await;
    assert_eq!(world.paged(UMBRELLA).await, ["alice", "charlie"]);
    for n in all_under(world).await {
        assert_eq!(world.ledger(n).await.len(), 0, "{n}");
    }
    take_all(world).await;
    assert_eq!(world.state(*all_under(world).await.last().expect("it came")).await, "acknowledged");
});

scenario!(what_flaps_in_a_storm_stays_under_its_umbrella, two_teams(), async |world: &mut World| {
    break_at_once(world, 0..15, 1.seconds()).await;
    take_all(world).await;
    let child = *all_under(world).await.last().expect("it came");
    world.alertmanager().resolves(&nth(14)).await;
    world.advance(12.minutes()).await;
    assert_eq!(world.state(child).await, "resolved");
    let n_before = n_pages(world, "alice").await;
    world.alertmanager().fires(nth(14)).await;
    let back = world.incident(child).await;
    assert_eq!((back.state.name(), back.umbrella), ("triggered", Some(IncidentId(UMBRELLA))));
    assert_eq!(n_pages(world, "alice").await, n_before + 1, "the storm has been taken; this has not");
    assert_eq!(asked_about_storm(world, "alice").await, 2);
    // A human who wants people for it gets them.
    world.types("alice", "incidents", &format!("/incident INC-{child} escalate")).await;
    assert_eq!(
        (world.incident(child).await.umbrella, world.paged(child).await),
        (None, vec!["alice".to_owned()])
    );
    take_all(world).await;
});

scenario!(who_resolves_an_umbrella_is_asked_and_has_what_is_open, two_teams(), async |world: &mut World| {
    break_at_once(world, 0..15, 1.seconds()).await;
    let answer = world.types("alice", UMBRELLA_ROOM, "/incident resolve").await;
    assert!(answer.starts_with("6 incidents are still open in INC-11"), "{answer}");
    let button = world.answer_button("alice", UMBRELLA_ROOM, "Resolve");
    world.clicks_as("alice", button).await;
    assert_eq!(world.state(UMBRELLA).await, "resolved");
    for n in all_under(world).await {
        assert_eq!(world.state(n).await, "acknowledged", "{n}");
    }
    let refused = world.types("alice", "incidents", "/incident INC-1 merge INC-11").await;
    assert!(refused.contains("INC-11"), "{refused}");
    // The storm rages on: it is one page, not one for each.
    break_at_once(world, 15..20, 1.seconds()).await;
    let umbrellas: Vec<i64> =
        world.incidents().await.iter().filter(|it| it.storm.is_some()).map(|it| it.id.0).collect();
    assert_eq!(umbrellas.len(), 2);
    assert_eq!(n_pages(world, "alice").await, 11);
    take_all(world).await;
});

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_open_one_umbrella() {
    World::plays_on_two(two_teams(), TestDatabase::postgres().await, async |world: &mut World| {
        let token = format!("Bearer {WEBHOOK_TOKEN}");
        let headers = [("authorization", token.as_str()), ("content-type", "application/json")];
        let now = world.now();
        let bodies: Vec<String> = (0..60).map(|n| nth(n).delivery(now)).collect();
        let posts =
            bodies.iter().map(|body| world.posts_to_all("/webhooks/alertmanager", &headers, body.as_bytes()));
        let answers: Vec<u16> = join_all(posts).await.into_iter().flatten().collect();
        assert!(answers.iter().all(|status| *status == 200), "{answers:?}");
        world.settle().await;
        let incidents = world.incidents().await;
        assert_eq!(incidents.len(), 61);
        let umbrella = incidents.iter().filter(|incident| incident.storm.is_some()).collect::<Vec<_>>();
        assert_eq!(umbrella.len(), 1);
        assert_eq!(umbrella[0].title, "Storm on platform: 51 incidents");
        assert_eq!(n_pages(world, "alice").await, 10);
        take_all(world).await;
    })
    .await;
}
