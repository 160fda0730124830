//! The end of an incident's channel: archived when all is done, opened again when the incident is, and replaced when Slack does
//! not give it back.

use dontpanic::workspace::{ChannelInfo, Fault, UnarchiveByBots};

use crate::harness::alertmanager::{Alert, alert};
use crate::harness::house::house;
use crate::harness::process::{PATIENCE, eventually};
use crate::harness::world::{Span as _, World, scenario};

const ROOM: &str = "inc-20261120-high-error-rate-checkout";
const SECOND: &str = "inc-20261120-high-error-rate-checkout-2";
/// A week.
const WEEK: i64 = 7 * 24;

fn error_rate() -> Alert {
    alert("HighErrorRate").service("checkout")
}

fn room(world: &World, name: &str) -> ChannelInfo {
    world.workspace().channel_by_name(name).unwrap_or_else(|| panic!("there is no #{name}"))
}

/// Acknowledged, mended, resolved; the post-mortem is published.
async fn is_closed(world: &mut World) {
    world.alertmanager().fires(error_rate()).await;
    let button = world.slack().dm("alice").button("Acknowledge");
    world.clicks(button).await;
    world.advance(20.minutes()).await;
    world.alertmanager().resolves(&error_rate()).await;
    world.advance(10.minutes()).await;
    world.types("bob", ROOM, "/incident postmortem publish").await;
    assert_eq!(world.state(1).await, "closed");
}

async fn is_archived(world: &mut World) {
    is_closed(world).await;
    world.advance(WEEK.hours()).await;
    assert!(room(world, ROOM).is_archived);
}

/// The incident goes on in a new channel, and both know of it.
async fn goes_on_in_the_second(world: &mut World) {
    assert_eq!(world.slack().rooms(), [ROOM, SECOND]);
    let said = world.slack().room(SECOND);
    said.has_topic("P2 · triggered").reads(&format!("takes the place of #{ROOM}")).reads("Runbook:");
    assert!(said.has("alice"), "whom it concerns is brought in");
    let new = room(world, SECOND);
    assert_eq!(new.pins.len(), 1, "the card is pinned");
    assert!(!new.bookmarks.is_empty());
    let announced = world.slack().room("incidents").text();
    assert!(announced[0].contains(&format!("INC-1 · #{SECOND}")), "{announced:?}");
    assert!(
        announced.iter().any(|line| line.contains("takes the place of")),
        "said in the thread: {announced:?}"
    );
    world.types("bob", SECOND, "/incident note Back at it").await;
    world.slack().room(SECOND).reads("bob: Back at it");
    let kept = world.incident(1).await.room;
    assert_eq!(kept.channel.map(|channel| channel.name).as_deref(), Some(SECOND));
    assert_eq!(kept.former.first().map(|channel| channel.name.as_str()), Some(ROOM));
}

scenario!(a_channel_is_archived_a_week_after_the_postmortem, async |world: &mut World| {
    is_closed(world).await;
    world.advance(WEEK.hours() - 1.seconds()).await;
    assert!(!room(world, ROOM).is_archived);
    world.slack().room(ROOM).never_reads("archived now");
    world.restart().await;
    world.advance(1.seconds()).await;
    assert!(room(world, ROOM).is_archived, "the timer outlives the process");
    world.slack().room(ROOM).has_topic("P2 · closed").reads("archived now");
    assert!(!room(world, ROOM).bookmarks.is_empty());
    world.slack().room("incidents").reads("(archived)");
    world.advance(WEEK.hours()).await;
    let calls = world.workspace().calls();
    let archivings = calls.iter().filter(|call| call.method == "conversations.archive").count();
    assert_eq!(archivings, 1, "once");
    // What is said from here on has another place.
    world.asks_api("incidents/INC-1/note", serde_json::json!({"text": "an afterthought"})).await;
    world.slack().room("incidents").reads("an afterthought");
});

scenario!(without_a_due_postmortem_it_is_archived_a_week_after_the_resolve, async |world: &mut World| {
    world.alertmanager().fires(error_rate()).await;
    world.alertmanager().resolves(&error_rate()).await;
    world.advance(10.minutes()).await;
    assert_eq!(world.state(1).await, "resolved");
    world.advance(WEEK.hours() - 1.minutes()).await;
    assert!(!room(world, ROOM).is_archived);
    world.advance(1.minutes()).await;
    assert!(room(world, ROOM).is_archived);
});

scenario!(
    a_channel_can_be_kept_for_ever,
    house().with("incidents", "{archive_after: 0s, page_bundle: 0s}"),
    async |world: &mut World| {
        is_closed(world).await;
        world.advance((8 * WEEK).hours()).await;
        assert!(!room(world, ROOM).is_archived);
    }
);

scenario!(a_channel_that_is_archived_already_is_fine, house().that_hears(), async |world: &mut World| {
    is_closed(world).await;
    let id = room(world, ROOM).id;
    world.workspace().archive("U0B", &id).await.expect("he may");
    world.settle().await;
    assert!(world.timeline_text(1).await.contains("bob archived #"));
    world.advance((2 * WEEK).hours()).await;
    let calls = world.workspace().calls();
    assert!(calls.iter().all(|call| call.method != "conversations.archive"), "nothing is left to archive");
});

// Slack does not say so, and the archiving meets it.
scenario!(a_channel_that_somebody_archives_unheard_is_fine, async |world: &mut World| {
    is_closed(world).await;
    world.slack().archives(ROOM).await;
    world.advance((2 * WEEK).hours()).await;
    world.slack().room("incidents").reads("(archived)");
    assert_eq!(world.slack().rooms(), [ROOM]);
});

scenario!(
    an_archived_incident_that_slack_does_not_give_back_goes_on_in_another_channel,
    async |world: &mut World| {
        is_archived(world).await;
        let answer = world.types("bob", "incidents", "/incident INC-1 reopen").await;
        assert!(answer.contains("INC-1"), "{answer}");
        assert_eq!(world.state(1).await, "triggered");
        goes_on_in_the_second(world).await;
        world.slack().room(SECOND).reads("bob opened it again");
        world.types("alice", SECOND, "/incident ack").await;
        assert_eq!(world.state(1).await, "acknowledged");
        let told = world.timeline(1).await;
        assert!(told.len() > 10 && world.n_events(1, "channel_opened").await == 2, "one timeline goes on");
        // And that one is archived in its turn.
        world.types("alice", SECOND, "/incident resolve").await;
        world.types("alice", SECOND, "/incident postmortem publish").await;
        world.advance(WEEK.hours()).await;
        assert!(room(world, SECOND).is_archived);
        let _again = world.types("bob", "incidents", "/incident INC-1 reopen").await;
        assert_eq!(world.slack().rooms().len(), 3, "each archived name stays taken");
        world.types("alice", &format!("{ROOM}-3"), "/incident ack").await;
    }
);

scenario!(an_archived_channel_that_slack_gives_back_is_used_again, async |world: &mut World| {
    world.workspace().set_unarchive_by_bots(UnarchiveByBots::Allowed);
    is_archived(world).await;
    world.types("bob", "incidents", "/incident INC-1 reopen").await;
    assert_eq!(world.slack().rooms(), [ROOM]);
    let said = world.slack().room(ROOM);
    said.has_topic("P2 · triggered").reads("is in use again").reads("bob opened it again");
    assert!(said.has("alice"), "archiving has emptied it");
    assert_eq!(room(world, ROOM).pins.len(), 1);
    world.types("alice", ROOM, "/incident ack").await;
    assert_eq!(world.state(1).await, "acknowledged");
});

scenario!(
    an_alert_that_comes_back_reopens_an_archived_incident,
    house().with("incidents", "{archive_after: 1m, reopen_within: 30m, page_bundle: 0s}"),
    async |world: &mut World| {
        is_closed(world).await;
        world.advance(1.minutes()).await;
        assert!(room(world, ROOM).is_archived);
        world.alertmanager().fires(error_rate()).await;
        assert_eq!(world.state(1).await, "triggered");
        goes_on_in_the_second(world).await;
        world.slack().dm("alice").reads("HighErrorRate checkout");
        world.types("alice", SECOND, "/incident ack").await;
    }
);

scenario!(a_crash_while_it_is_replaced_makes_no_second_channel, async |world: &mut World| {
    is_archived(world).await;
    world.slack().fails_next("conversations.create", Fault::CommitThenHang, 1);
    let workspace = world.workspace().clone();
    let made = async || workspace.channel_by_name(SECOND).map(drop);
    tokio::select! {
        biased;
        () = eventually("the channel is made", PATIENCE, made) => {}
        () = async { world.types("bob", "incidents", "/incident INC-1 reopen").await; } => panic!("Slack did answer"),
    }
    world.restart().await;
    world.wire_passes(20.seconds()).await;
    goes_on_in_the_second(world).await;
    world.types("alice", SECOND, "/incident ack").await;
});

scenario!(an_answer_lost_after_archiving_does_no_harm, async |world: &mut World| {
    world.may_log("to be tried again");
    is_closed(world).await;
    world.slack().fails_next("conversations.archive", Fault::CommitThenHttp(502), 1);
    world.advance(WEEK.hours()).await;
    world.wire_passes(10.seconds()).await;
    assert!(room(world, ROOM).is_archived);
    assert_eq!(world.slack().room(ROOM).count("archived now"), 1);
    assert!(world.incident(1).await.room.usable().is_none());
});

scenario!(a_channel_that_slack_does_not_archive_is_kept_and_said, async |world: &mut World| {
    is_closed(world).await;
    world.slack().fails_next("conversations.archive", Fault::Error("restricted_action"), 1);
    world.advance(WEEK.hours()).await;
    world.slack().room("dontpanic-admin").reads("archive channel").reads("restricted_action");
    world.asks_api("incidents/INC-1/note", serde_json::json!({"text": "an afterthought"})).await;
    world.slack().room(ROOM).reads("an afterthought");
});

scenario!(when_no_channel_can_be_opened_the_thread_goes_on, async |world: &mut World| {
    is_archived(world).await;
    world.slack().fails_next("conversations.create", Fault::Error("restricted_action"), 1);
    world.types("bob", "incidents", "/incident INC-1 reopen").await;
    assert_eq!(world.slack().rooms(), [ROOM]);
    world.slack().room("dontpanic-admin").reads("restricted_action");
    world.slack().room("incidents").reads("bob opened it again");
    world.types("alice", "incidents", "/incident INC-1 ack").await;
    world.slack().room("incidents").reads("alice acknowledged");
});
