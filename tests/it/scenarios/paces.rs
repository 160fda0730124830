//! Slack takes only so much of everything: what has to wait waits in order, loses nothing, and holds nobody up.

use dontpanic::workspace::Fault;

use crate::harness::alertmanager::{Alert, alert};
use crate::harness::house::{House, house};
use crate::harness::world::{Span as _, World, scenario};

const ROOM: &str = "inc-20261120-high-error-rate-checkout";

/// Everything has a channel of its own.
fn no_storms() -> House {
    house().with("incidents", "{storm_threshold: 0, page_bundle: 0s}")
}

fn error_rate() -> Alert {
    alert("HighErrorRate").service("checkout")
}

scenario!(
    channels_open_the_worst_first_and_then_the_oldest_twenty_a_minute,
    no_storms(),
    async |world: &mut World| {
        world.slack().fails_next("conversations.create", Fault::RateLimited(600), 1);
        let mut expected: Vec<String> = (11..=40).map(|n| format!("inc-20261120-trouble{n}")).collect();
        for n in 11..=40 {
            world.alertmanager().fires(alert(&format!("trouble{n}"))).await;
        }
        world.alertmanager().fires(alert("disaster").severity("P1")).await;
        expected.insert(0, "inc-20261120-disaster".to_owned());
        assert!(world.slack().rooms().is_empty(), "Slack wants to be left alone");
        for n in 1..=31 {
            assert!(!world.paged(n).await.is_empty(), "no page waits for a channel");
        }

        world.slack().comes_back();
        world.wire_passes(10.minutes()).await;
        for _ in 0..8 {
            world.wire_passes(20.seconds()).await;
        }
        let opened = world.slack().rooms();
        let (at_once, one_by_one) = opened.split_at(10);
        // The first are made in the same second, in which the list knows no order.
        assert!(at_once.iter().all(|room| expected[..10].contains(room)), "{opened:?}");
        assert_eq!(one_by_one, &expected[10..]);
        let mut made: Vec<i64> = world.workspace().channels().iter().map(|room| room.created).collect();
        made.sort_unstable();
        let made = &made[made.len() - 31..];
        assert!(made[30] - made[0] <= 100, "31 channels took {} s", made[30] - made[0]);
        for n in 1..=31 {
            let room = world.incident(n).await.room;
            assert!(room.card.is_some() && room.announcement.is_some(), "INC-{n} is shown: {room:?}");
        }
    }
);

scenario!(a_channel_opens_although_nothing_can_be_announced, async |world: &mut World| {
    world.may_log("to be tried again");
    world.slack().fails_next("conversations.list", Fault::Http(503), usize::MAX);
    world.alertmanager().fires(error_rate()).await;
    world.slack().room(ROOM).has_topic("P2 · triggered").reads("HighErrorRate");
    assert!(world.slack().room("incidents").text().is_empty());
    world.slack().comes_back();
    world.wire_passes(2.minutes()).await;
    world.slack().room("incidents").reads("HighErrorRate").reads(ROOM);
    let button = world.slack().dm("alice").button("Acknowledge");
    world.clicks(button).await;
});

scenario!(what_is_said_of_a_p3_comes_under_its_announcement, async |world: &mut World| {
    world.story_is("2026-11-20T10:00:00Z");
    world.may_log("to be tried again");
    world.slack().fails_next("conversations.list", Fault::Http(503), usize::MAX);
    world.alertmanager().fires(alert("HighResponseTime").service("checkout").severity("warning")).await;
    let button = world.slack().dm("alice").button("Acknowledge");
    world.clicks(button).await;
    world.slack().comes_back();
    world.wire_passes(2.minutes()).await;
    let said = world.slack().room("incidents").text();
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said[0].contains("P3 · HighResponseTime") && said[1].contains("alice acknowledged"), "{said:?}");
    assert!(world.slack().rooms().is_empty());
});

scenario!(the_card_comes_before_what_was_said_while_slack_was_down, async |world: &mut World| {
    world.may_log("to be tried again");
    world.slack().fails_next("conversations.create", Fault::Http(500), usize::MAX);
    world.alertmanager().fires(error_rate()).await;
    let button = world.slack().dm("alice").button("Acknowledge");
    world.clicks(button).await;
    world.slack().comes_back();
    world.wire_passes(2.minutes()).await;
    let said = world.slack().room(ROOM).text();
    let card = said.iter().position(|text| text.contains("P2 · ") && text.contains("INC-1"));
    let line = said.iter().position(|text| text.contains("alice acknowledged"));
    assert_eq!(card, Some(0), "{said:?}");
    assert!(line.is_some(), "{said:?}");
});

scenario!(what_shows_the_same_is_not_edited, async |world: &mut World| {
    let edits =
        |world: &World| world.workspace().calls().iter().filter(|call| call.method == "chat.update").count();
    world.alertmanager().fires(error_rate()).await;
    let button = world.slack().dm("alice").button("Acknowledge");
    world.clicks(button).await;
    world.wire_passes(1.minutes()).await;
    let before = edits(world);
    assert!(before > 0, "an acknowledgement is shown everywhere");
    world.types("alice", ROOM, "/incident note looking").await;
    world.restart().await;
    world.types("alice", ROOM, "/incident note found it").await;
    world.wire_passes(1.minutes()).await;
    assert_eq!(edits(world), before, "no message of ours shows notes");
    world.asks_api("incidents/INC-1/resolve", serde_json::json!({})).await;
    assert!(edits(world) > before);
});
