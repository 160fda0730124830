//! Folding: several things break in the same moment, and whoever is on call is rung once and told of all of them.

use chrono::TimeDelta;
use dontpanic::domain::page::Page;
use dontpanic::domain::people::ContactMethod;
use dontpanic::workspace::Fault;
use futures::future::join_all;

use crate::harness::alertmanager::{Alert, alert};
use crate::harness::database::TestDatabase;
use crate::harness::house::{House, WEBHOOK_TOKEN, house};
use crate::harness::world::{Fate, Point, Span as _, World, scenario};

/// The house as it is when nobody configures anything of this.
fn usual() -> House {
    house().with("incidents", "{page_bundle: 5s}")
}

/// The nth alert: a group, and so an incident, of its own.
fn nth(n: usize) -> Alert {
    alert(&format!("Broken{n}")).service("checkout")
}

/// So many groups begin to fire, each `apart` after the one before.
async fn break_one_by_one(world: &mut World, numbers: std::ops::Range<usize>, apart: TimeDelta) {
    for n in numbers {
        world.alertmanager().fires(nth(n)).await;
        world.advance(apart).await;
    }
}

/// So many groups fire in the same instant, in as few transactions as may be.
async fn break_at_once(world: &mut World, numbers: std::ops::Range<usize>) {
    let token = format!("Bearer {WEBHOOK_TOKEN}");
    let headers = [("authorization", token.as_str()), ("content-type", "application/json")];
    let now = world.now();
    let bodies: Vec<String> = numbers.map(|n| nth(n).delivery(now)).collect();
    let posts =
        bodies.iter().map(|body| world.posts_to_all("/webhooks/alertmanager", &headers, body.as_bytes()));
    let answers: Vec<u16> = join_all(posts).await.into_iter().flatten().collect();
    assert!(answers.iter().all(|status| *status == 200), "{answers:?}");
    world.settle().await;
}

/// How many messages Alice has from the bot, answers to her own clicks left out.
fn n_messages(world: &mut World) -> usize {
    if world.slack().has_written_to("alice") { world.slack().dm("alice").count("INC-") } else { 0 }
}

async fn row(world: &World, n: i64, method: ContactMethod) -> Page {
    let rows = world.ledger(n).await;
    let row = rows.iter().find(|row| row.person.as_str() == "alice" && row.method == method);
    row.unwrap_or_else(|| panic!("INC-{n} has no such row: {rows:#?}")).clone()
}

/// Whose page rings for this row.
fn rings_with(row: &Page) -> Option<String> {
    row.folded_into.as_ref().and_then(dontpanic::ids::PageId::incident).map(|id| id.to_string())
}

/// The tests' world ends well when somebody has everything.
async fn take_all(world: &mut World) {
    for incident in world.incidents().await {
        if incident.state.name() == "triggered" {
            world.types("alice", "incidents", &format!("/incident {} ack", incident.id)).await;
        }
    }
}

scenario!(what_follows_within_moments_rings_with_the_first, usual(), async |world: &mut World| {
    break_one_by_one(world, 0..4, 1.seconds()).await;
    world.wire_passes(1.minutes()).await;
    assert_eq!(n_messages(world), 1, "{:#?}", world.slack().dm("alice").text());
    world.slack().dm("alice").reads("and 3 more").reads("Broken1").reads("Broken3");
    for n in 2..=4 {
        let row = row(world, n, ContactMethod::Slack).await;
        assert_eq!(rings_with(&row).as_deref(), Some("INC-1"));
        assert!(row.sent.is_some() && row.accepted.is_some() && row.provider_id.is_none(), "{row:#?}");
        assert!(row.due <= row.sent.unwrap() && row.sent <= row.accepted, "{row:#?}");
        let told = world.timeline_text(n).await;
        assert!(told.contains("goes out together with that of INC-1"), "{told}");
        assert!(told.contains("accepted by the provider, together with that of INC-1"), "{told}");
        let shown = world.gets_api(&format!("incidents/INC-{n}/pages")).await.1;
        assert_eq!(shown["pages"][0]["folded_into"], "INC-1", "{shown}");
    }
    // A moment later it rings again.
    world.advance(2.seconds()).await;
    world.alertmanager().fires(nth(4)).await;
    assert_eq!((n_messages(world), rings_with(&row(world, 5, ContactMethod::Slack).await)), (2, None));
    take_all(world).await;
});

scenario!(one_tap_takes_all_that_the_message_names, usual(), async |world: &mut World| {
    break_one_by_one(world, 0..3, 1.seconds()).await;
    world.wire_passes(1.minutes()).await;
    let all = world.slack().dm("alice").button("Acknowledge all 3");
    // What nobody has seen by then is not taken with it.
    world.alertmanager().fires(nth(3)).await;
    world.clicks_late("alice", &all).await;
    for n in 1..=3 {
        assert_eq!(world.state(n).await, "acknowledged", "INC-{n}");
        assert!(row(world, n, ContactMethod::Slack).await.acked.is_some(), "INC-{n}");
    }
    assert_eq!(world.state(4).await, "triggered");
    world.wire_passes(1.minutes()).await;
    world.slack().dm("alice").reads("INC-2, INC-3 have been taken");
    world.slack().dm("alice").has_no_button("Acknowledge all 3").has_no_button("Only INC-1");
    let other = world.slack().dm("alice").button("Acknowledge the other one");
    world.clicks_as("alice", other).await;
    assert_eq!(world.state(4).await, "acknowledged");
    world.wire_passes(1.minutes()).await;
    world.slack().dm("alice").has_no_button("Acknowledge the other one");
    // A second tap of an old message changes nothing, and nobody is paged any more.
    let before = world.pager("alice").all().len();
    world.advance(1.hours()).await;
    assert_eq!(world.pager("alice").all().len(), before);
});

scenario!(who_takes_one_is_paged_on_about_the_others, usual(), async |world: &mut World| {
    break_one_by_one(world, 0..3, 1.seconds()).await;
    world.wire_passes(1.minutes()).await;
    let only = world.slack().dm("alice").button("Only INC-1");
    world.clicks_as("alice", only).await;
    assert_eq!(
        [world.state(1).await, world.state(2).await, world.state(3).await],
        ["acknowledged", "triggered", "triggered"]
    );
    world.wire_passes(1.minutes()).await;
    world.slack().dm("alice").button("Acknowledge the other 2");
    // Their walks go on by themselves: the next method, and the next person.
    world.advance(4.minutes()).await;
    for n in [2, 3] {
        let webhook = row(world, n, ContactMethod::Webhook).await;
        assert!(webhook.folded_into.is_none() && webhook.accepted.is_some(), "{webhook:#?}");
    }
    assert!(world.ledger(1).await.iter().all(|row| row.method != ContactMethod::Webhook));
    world.advance(13.minutes()).await;
    assert_eq!(world.paged(2).await, ["alice", "bob"]);
    assert_eq!(world.paged(3).await, ["alice", "bob"]);
    assert_eq!(world.paged(1).await, ["alice"]);
    take_all(world).await;
});

scenario!(what_is_worse_rings_by_itself, usual(), async |world: &mut World| {
    world.story_is("2026-11-20T10:00:00Z");
    world.alertmanager().fires(nth(0).severity("warning")).await;
    world.alertmanager().fires(nth(1)).await;
    world.alertmanager().fires(nth(2)).await;
    world.alertmanager().fires(nth(3).severity("p1")).await;
    world.alertmanager().fires(nth(4).severity("p1")).await;
    let mut with = vec![];
    for n in 1..=5 {
        with.push(rings_with(&row(world, n, ContactMethod::Slack).await));
    }
    assert_eq!(with, [None, None, Some("INC-2".to_owned()), None, None]);
    // The least of it may ring with the worst.
    world.alertmanager().fires(nth(5).severity("warning")).await;
    assert!(row(world, 6, ContactMethod::Slack).await.folded_into.is_some());
    for n in [4, 5] {
        world.types("diana", "incidents", &format!("/incident INC-{n} ack")).await;
    }
    take_all(world).await;
});

scenario!(the_repetitions_ring_together_too, usual().reached_by("slack"), async |world: &mut World| {
    break_one_by_one(world, 0..3, 1.seconds()).await;
    assert_eq!(n_messages(world), 1);
    world.advance(3.minutes()).await;
    world.advance(5.seconds()).await;
    assert_eq!(n_messages(world), 2, "one repetition for the three of them");
    for n in 2..=3 {
        let row = row(world, n, ContactMethod::Slack).await;
        assert_eq!((row.repeats, rings_with(&row).as_deref()), (1, Some("INC-1")));
    }
    // The first has been taken: the others repeat by themselves, together.
    world.types("alice", "incidents", "/incident INC-1 ack").await;
    let n_before = n_messages(world);
    world.advance(3.minutes()).await;
    world.advance(5.seconds()).await;
    assert_eq!(n_messages(world), n_before + 1);
    assert_eq!(rings_with(&row(world, 3, ContactMethod::Slack).await).as_deref(), Some("INC-2"));
    take_all(world).await;
});

scenario!(
    a_telephone_rings_once_for_what_was_told_in_writing,
    usual().reached_by("slack, sms"),
    async |world: &mut World| {
        break_one_by_one(world, 0..3, 1.seconds()).await;
        world.advance(4.minutes()).await;
        assert_eq!(rings_with(&row(world, 1, ContactMethod::Sms).await), None);
        for n in 2..=3 {
            let row = row(world, n, ContactMethod::Sms).await;
            assert_eq!(rings_with(&row).as_deref(), Some("INC-1"));
        }
        take_all(world).await;
    }
);

scenario!(a_page_that_slack_does_not_take_carries_nobody, usual(), async |world: &mut World| {
    world.may_log("page was not accepted");
    world.may_log("to be tried again");
    world.slack().fails_next("chat.postMessage", Fault::Http(500), 40);
    break_at_once(world, 0..3).await;
    for n in 1..=3 {
        let slack = row(world, n, ContactMethod::Slack).await;
        assert!(slack.folded_into.is_none() && slack.accepted.is_none(), "{slack:#?}");
        // Nothing has told of it in writing, so each goes on by its next method at once.
        let webhook = row(world, n, ContactMethod::Webhook).await;
        assert!(webhook.accepted.is_some() && webhook.folded_into.is_none(), "{webhook:#?}");
    }
    world.slack().comes_back();
    world.wire_passes(2.minutes()).await;
    take_all(world).await;
});

scenario!(
    what_is_cleared_before_it_is_sent_lets_go_of_what_it_carried,
    usual().reached_by("slack"),
    async |world: &mut World| {
        world.may_log("page was not accepted");
        world.may_log("to be tried again");
        world.slack().fails_next("chat.postMessage", Fault::Http(500), 60);
        break_at_once(world, 0..2).await;
        world.types("bob", "incidents", "/incident INC-1 ack").await;
        world.slack().comes_back();
        world.wire_passes(2.minutes()).await;
        let left = row(world, 2, ContactMethod::Slack).await;
        assert!(left.folded_into.is_none() && left.accepted.is_some() && left.sent.is_some(), "{left:#?}");
        take_all(world).await;
    }
);

scenario!(
    a_house_may_want_each_page_to_ring,
    house().with("incidents", "{page_bundle: 0s}"),
    async |world: &mut World| {
        break_one_by_one(world, 0..3, TimeDelta::zero()).await;
        assert_eq!(n_messages(world), 3);
        take_all(world).await;
    }
);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_ring_once() {
    World::plays_on_two(usual(), TestDatabase::postgres().await, async |world: &mut World| {
        break_at_once(world, 0..8).await;
        world.wire_passes(1.minutes()).await;
        let mut alone = vec![];
        for n in 1..=8 {
            let row = row(world, n, ContactMethod::Slack).await;
            assert!(row.accepted.is_some(), "{row:#?}");
            alone.extend(row.folded_into.is_none().then_some(n));
        }
        assert_eq!(alone.len(), 1, "rang by themselves: {alone:?}");
        world.slack().dm("alice").reads("and 7 more");
        let all = world.slack().dm("alice").button("Acknowledge all 8");
        world.clicks_as("alice", all).await;
        for n in 1..=8 {
            assert_eq!(world.state(n).await, "acknowledged");
        }
    })
    .await;
}

/// The process dies at one point after the other while three things break, and each of them still reaches somebody.
async fn dies(point: Point) {
    for nth in (1..).step_by(7) {
        let fate = Fate::dies(point, nth);
        World::plays_with_fate(usual(), TestDatabase::sqlite(), fate.clone(), async |world: &mut World| {
            for n in 0..3 {
                world.alertmanager().fires_until_taken(self::nth(n)).await;
            }
            let passes = async |world: &mut World| {
                world.wire_passes(1.minutes()).await;
                true
            };
            world.until_done(passes).await;
            for n in 1..=3 {
                let row = row(world, n, ContactMethod::Slack).await;
                assert!(row.accepted.is_some(), "death {nth} at {point:?}: {row:#?}");
            }
            let all_taken = async |world: &mut World| {
                take_all(world).await;
                true
            };
            world.until_done(all_taken).await;
        })
        .await;
        if !fate.has_come() {
            assert!(nth > 20, "it never dies at {point:?}");
            break;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_death_at_any_commit_loses_nobody() {
    dies(Point::AfterCommit).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_death_at_any_call_loses_nobody() {
    dies(Point::AfterCall).await;
}
