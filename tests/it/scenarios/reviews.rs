//! A post-mortem is due: people are reminded, and when it is late, everybody sees it.

use dontpanic::ids::IncidentId;

use crate::harness::alertmanager::alert;
use crate::harness::house::{House, house};
use crate::harness::world::{Span as _, World, scenario};

const ROOM: &str = "inc-20261120-high-error-rate-checkout";

/// Taken by Alice and resolved by Bob, all at three in the morning (UTC).
async fn is_over(world: &mut World) {
    let error_rate = alert("HighErrorRate").service("checkout");
    world.alertmanager().fires(error_rate.clone()).await;
    world.types("alice", ROOM, "/incident ack").await;
    world.alertmanager().resolves(&error_rate).await;
    world.types("bob", ROOM, "/incident resolve Rolled back").await;
}

async fn is_overdue(world: &World) -> bool {
    let postmortem = world.use_cases().postmortem(IncidentId(1)).await.expect("the database answers");
    postmortem.expect("it is drafted").is_overdue
}

/// The house with these settings of post-mortems.
fn with(settings: &str) -> House {
    let folders = "dir: \"${DATA}/postmortems\", templates: \"${DATA}/templates\"";
    house().with("postmortems", &format!("{{{folders}, {settings}}}"))
}

scenario!(people_are_reminded_twice_and_then_it_is_overdue, async |world: &mut World| {
    world.opens_home("alice").await;
    is_over(world).await;
    let due = "2026-11-22 03:00 UTC";
    let room = world.slack().room(ROOM);
    room.reads(&format!("Draft · due {due}")).reads(&format!("*Post-mortem*\ndue {due}"));
    assert!(world.home("alice").contains(&format!("post-mortem due {due}")), "{}", world.home("alice"));
    let listed = world.types("eve", "incidents", "/incident list").await;
    assert!(listed.contains("*Post-mortems*\n*INC-1*") && listed.contains(&format!("due {due}")), "{listed}");

    let reminded = |world: &mut World| world.slack().dm("alice").count("The post-mortem of *INC-1*");
    world.advance(24.hours() - 1.seconds()).await;
    assert_eq!((world.n_events(1, "nudged").await, reminded(world)), (0, 0));
    world.advance(1.seconds()).await;
    assert_eq!((world.n_events(1, "nudged").await, reminded(world)), (1, 1));
    world.slack().room(ROOM).reads(&format!("@alice: the post-mortem is due {due}"));
    world.restart().await;
    world.advance(20.hours()).await;
    assert_eq!((world.n_events(1, "nudged").await, reminded(world)), (2, 2));
    assert!(!is_overdue(world).await);
    world.advance(4.hours()).await;
    assert_eq!((world.n_events(1, "nudged").await, reminded(world)), (3, 2), "the channel is told");
    assert!(is_overdue(world).await);
    let late = format!("*overdue* since {due}");
    let room = world.slack().room(ROOM);
    room.reads(&format!("@alice: the post-mortem is overdue since {due}"));
    room.reads(&format!("Draft · {late}")).reads(&format!("*Post-mortem*\n{late}"));
    assert!(world.home("alice").contains(&late), "{}", world.home("alice"));
    assert!(world.types("eve", "incidents", "/incident list").await.contains(&late));
    world.advance((30 * 24).hours()).await;
    assert_eq!(world.n_events(1, "nudged").await, 3, "it is said once");

    world.types("bob", ROOM, "/incident postmortem publish").await;
    assert!(!is_overdue(world).await);
    assert_eq!(world.types("eve", "incidents", "/incident list").await, "No open incidents.");
    assert!(!world.home("alice").contains("post-mortem"), "{}", world.home("alice"));
    let room = world.slack().room(ROOM);
    room.reads("Published").never_reads("Draft · ");
    assert_eq!(room.count(&late), 0, "no message says so any more");
});

scenario!(what_was_missed_in_a_long_silence_is_said_once, async |world: &mut World| {
    is_over(world).await;
    world.dies().await;
    world.time_moves(50.hours());
    world.starts().await;
    assert_eq!(world.n_events(1, "nudged").await, 1);
    let room = world.slack().room(ROOM);
    room.reads("the post-mortem is overdue since").never_reads("the post-mortem is due");
    assert_eq!(world.slack().dm("alice").count("The post-mortem of *INC-1*"), 0);
});

scenario!(declining_it_or_opening_the_incident_again_ends_the_reminders, async |world: &mut World| {
    is_over(world).await;
    world.advance(1.hours()).await;
    world.types("alice", ROOM, "/incident reopen").await;
    world.types("charlie", ROOM, "/incident commander").await;
    world.types("charlie", ROOM, "/incident ack").await;
    world.advance(24.hours()).await;
    world.slack().dm("charlie").never_reads("The post-mortem of *INC-1*");
    world.types("charlie", ROOM, "/incident resolve").await;
    world.advance(24.hours()).await;
    world.slack().dm("charlie").reads("The post-mortem of *INC-1*");
    world.slack().room(ROOM).reads("@charlie: the post-mortem is due 2026-11-23 04:00 UTC");
    let n_reminders = world.n_events(1, "nudged").await;
    world.types("charlie", ROOM, "/incident postmortem decline a drill").await;
    world.advance((10 * 24).hours()).await;
    assert_eq!(world.n_events(1, "nudged").await, n_reminders, "a declined one is not asked for");
    world.slack().room(ROOM).reads("Declined");
});

scenario!(a_house_without_due_dates_reminds_nobody, with("due_after: 0s"), async |world: &mut World| {
    is_over(world).await;
    assert!(world.postmortem(1).await.contains("Rolled back"), "there is a draft all the same");
    world.advance((10 * 24).hours()).await;
    assert_eq!(world.n_events(1, "nudged").await, 0);
    assert_eq!(world.state(1).await, "closed", "nothing keeps it");
});

scenario!(
    people_are_reminded_as_the_house_says,
    with("due_after: 5d, remind_at: [1h]"),
    async |world: &mut World| {
        is_over(world).await;
        world.advance(1.hours()).await;
        world.slack().room(ROOM).reads("the post-mortem is due 2026-11-25 03:00 UTC");
        world.advance((5 * 24 - 1).hours()).await;
        world.slack().room(ROOM).reads("the post-mortem is overdue since 2026-11-25 03:00 UTC");
        assert_eq!(world.n_events(1, "nudged").await, 2);
    }
);
