//! Somebody has it and nobody is heard of: they are asked, and on a P1 the ladder goes on without an answer.

use dontpanic::domain::incident::timeline::What;
use dontpanic::workspace::{Fault, UserKind};

use crate::harness::alertmanager::alert;
use crate::harness::house::house;
use crate::harness::slack::user;
use crate::harness::world::{Span as _, World, scenario};

const ROOM: &str = "inc-20261120-high-error-rate-checkout";

async fn is_taken(world: &mut World, severity: &str) {
    world.alertmanager().fires(alert("HighErrorRate").service("checkout").severity(severity)).await;
    world.types("alice", ROOM, "/incident ack").await;
    if severity == "p1" {
        world.types("diana", ROOM, "/incident ack").await;
    }
}

async fn n_nudges(world: &World) -> usize {
    world.timeline(1).await.iter().filter(|told| matches!(told.entry.what, What::Nudged { .. })).count()
}

async fn says(world: &mut World, who: &str, name: &str, text: &str, thread: Option<&str>) {
    let channel = world.workspace().channel_by_name(name).expect("there is such a channel");
    if !channel.members.contains(&user(who)) {
        world.workspace().join(&user(who), &channel.id).await.expect("it is public");
    }
    world.workspace().post(&user(who), &channel.id, text, thread).await.expect("they may write here");
    world.settle().await;
}

/// How often the incident was written, and how many letters are kept.
async fn written(world: &World) -> i64 {
    let calls = world.use_cases();
    let counted = calls.db().read("version", |tx| {
        Box::pin(async move {
            tx.query("SELECT version + (SELECT COUNT(*) FROM inbox) AS n FROM incident WHERE n = 1")
                .one::<(i64,)>()
                .await
        })
    });
    let counted: Result<(i64,), dontpanic::store::StoreError> = counted.await;
    counted.expect("the database answers").0
}

scenario!(a_silent_p1_goes_on_with_the_next_step, async |world: &mut World| {
    is_taken(world, "p1").await;
    world.types("alice", ROOM, "/incident commander @charlie").await;
    world.advance(14.minutes()).await;
    assert_eq!(n_nudges(world).await, 0);
    world.advance(2.minutes()).await;
    let room = world.slack().room(ROOM);
    room.reads("@alice, @charlie: nothing was heard for 15 min. Still on it?");
    room.reads("Without a word the next step is paged at");
    assert_eq!((world.state(1).await, n_nudges(world).await), ("acknowledged", 1));
    let n_pages = world.ledger(1).await.len();
    world.advance(13.minutes()).await;
    assert_eq!(world.ledger(1).await.len(), n_pages);
    let old = world.slack().room(ROOM).button("Still on it");
    world.advance(2.minutes()).await;
    assert_eq!(world.state(1).await, "triggered");
    assert_eq!(
        world.paged(1).await.last().map(String::as_str),
        Some("bob"),
        "the next step, not alice again"
    );
    world.slack().room(ROOM).reads("No answer to the question whether somebody is still on it: paging @bob");
    // The question of then is no answer of now.
    world.clicks_late("alice", &old).await;
    assert_eq!(world.state(1).await, "triggered");
    let button = world.slack().dm("bob").button("Acknowledge");
    world.clicks(button).await;
    assert_eq!(world.n_events(1, "nudged").await, 1);
});

scenario!(whoever_is_still_on_it_says_so_with_one_tap, async |world: &mut World| {
    is_taken(world, "p1").await;
    world.advance(16.minutes()).await;
    let button = world.slack().room(ROOM).button("Still on it");
    world.clicks_as("alice", button.clone()).await;
    world.slack().room(ROOM).reads("@alice is still on it");
    // Tapped twice it is said once, and it holds for as long as the silence before.
    world.clicks_as("alice", button).await;
    assert!(world.timeline_text(1).await.matches("is still on it").count() == 1);
    world.advance(14.minutes()).await;
    assert_eq!((world.state(1).await, n_nudges(world).await), ("acknowledged", 1));
    world.advance(2.minutes()).await;
    assert_eq!(n_nudges(world).await, 2);
    let button = world.slack().room(ROOM).button("Escalate");
    world.clicks_as("alice", button).await;
    assert_eq!(world.paged(1).await.last().map(String::as_str), Some("bob"));
    assert!(world.timeline_text(1).await.contains("alice escalated: paging bob"));
    world.types("bob", ROOM, "/incident ack").await;
});

scenario!(a_p2_is_asked_once_and_nobody_is_paged, async |world: &mut World| {
    is_taken(world, "critical").await;
    let n_pages = world.ledger(1).await.len();
    world.advance(3.hours()).await;
    assert_eq!((world.state(1).await, n_nudges(world).await), ("acknowledged", 1));
    assert_eq!(world.ledger(1).await.len(), n_pages);
    world
        .slack()
        .room(ROOM)
        .reads("@alice: nothing was heard for 15 min. Still on it?")
        .never_reads("Without a word");
});

scenario!(
    whoever_talks_types_or_clicks_in_the_channel_is_at_work,
    house().that_hears(),
    async |world: &mut World| {
        world.workspace().add_user("U0GUEST", "gus", UserKind::Guest, "Europe/Paris");
        is_taken(world, "critical").await;
        for what in 0..4 {
            world.advance(14.minutes()).await;
            match what {
                0 => says(world, "bob", ROOM, "the cache is cold", None).await,
                1 => drop(world.types("bob", ROOM, "/incident runbook").await),
                2 => drop(world.types("bob", ROOM, "/incident snooze 30h").await),
                _ => drop(world.types("bob", ROOM, "/oncall").await),
            }
        }
        assert_eq!(n_nudges(world).await, 0);
        world.advance(14.minutes()).await;
        let card = world.slack().room(ROOM).button("Runbook");
        world.clicks_as("charlie", card).await;
        world.advance(14.minutes()).await;
        world.slack().lets_in("U0GUEST", ROOM).await;
        says(world, "U0GUEST", ROOM, "we see it too", None).await;
        world.advance(14.minutes()).await;
        assert_eq!(n_nudges(world).await, 0, "all of that was work");
        // What is said elsewhere, and what the bot says, is none.
        says(world, "bob", "incidents", "lunch?", None).await;
        world.advance(2.minutes()).await;
        assert_eq!(n_nudges(world).await, 1);
        // A word after the question answers it.
        says(world, "alice", ROOM, "still looking", None).await;
        world.advance(14.minutes()).await;
        assert_eq!(n_nudges(world).await, 1);
        world.advance(3.minutes()).await;
        assert_eq!(n_nudges(world).await, 2);
    }
);

scenario!(a_busy_channel_is_not_written_down, house().that_hears(), async |world: &mut World| {
    is_taken(world, "critical").await;
    world.advance(10.minutes()).await;
    let before = written(world).await;
    for n in 0..30 {
        says(world, "bob", ROOM, &format!("attempt {n}"), None).await;
        world.advance(1.seconds()).await;
    }
    let after = written(world).await;
    assert!(after - before <= 2, "thirty messages in half a minute, {} rows", after - before);
    // And each of them counts: the silence begins with the last one.
    world.advance(14.minutes()).await;
    world.advance(50.seconds()).await;
    assert_eq!(n_nudges(world).await, 0);
    world.advance(2.minutes()).await;
    assert_eq!(n_nudges(world).await, 1);
    let kept = world.use_cases();
    let kept = kept.db().read("kept", |tx| {
        Box::pin(async move {
            tx.query("SELECT COUNT(*) AS n FROM inbox WHERE body LIKE '%attempt%'").one::<(i64,)>().await
        })
    });
    let kept: Result<(i64,), dontpanic::store::StoreError> = kept.await;
    assert_eq!(kept.expect("the database answers").0, 0, "what people say is nobody's business");
});

scenario!(
    without_a_channel_the_thread_is_asked_and_heard,
    house().that_hears().with("severities", "{P2: {channel: on_demand}}"),
    async |world: &mut World| {
        world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
        world.types("alice", "incidents", "/incident INC-1 ack").await;
        world.advance(14.minutes()).await;
        let line = world.incident(1).await.room.announcement.expect("it is announced").ts.to_string();
        says(world, "bob", "incidents", "on it too", Some(&line)).await;
        world.advance(14.minutes()).await;
        assert_eq!(n_nudges(world).await, 0);
        world.advance(3.minutes()).await;
        assert_eq!(n_nudges(world).await, 1);
        let button = world.slack().room("incidents").button("Still on it");
        world.clicks_as("alice", button).await;
        assert!(world.timeline_text(1).await.contains("alice is still on it"));
    }
);

scenario!(without_any_place_whoever_has_it_is_asked_directly, async |world: &mut World| {
    world.may_give_up();
    world.slack().fails_next("conversations.create", Fault::Error("restricted_action"), 1000);
    world.slack().archives("incidents").await;
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    let button = world.slack().dm("alice").button("Acknowledge");
    world.clicks(button).await;
    world.advance(16.minutes()).await;
    world.slack().dm("alice").reads("nothing was heard for 15 min");
    let button = world.slack().dm("alice").button("Still on it");
    world.clicks(button).await;
    assert!(world.timeline_text(1).await.contains("alice is still on it"));
});

scenario!(
    switched_off_nobody_is_asked,
    house().with("incidents", "{nudge_after: 0s, page_bundle: 0s}"),
    async |world: &mut World| {
        is_taken(world, "p1").await;
        let n_pages = world.ledger(1).await.len();
        world.advance(3.hours()).await;
        assert_eq!((world.state(1).await, n_nudges(world).await), ("acknowledged", 0));
        assert_eq!(world.ledger(1).await.len(), n_pages);
    }
);
