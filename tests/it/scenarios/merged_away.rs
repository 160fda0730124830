//! What hangs on an incident that is merged away goes on with the other one: silences, what polls and heartbeats say, the groups
//! that feed it. What would have woken people about it does not.

use crate::harness::alertmanager::{Alert, alert};
use crate::harness::house::house;
use crate::harness::world::{Span as _, World, scenario};

const ERRORS_ROOM: &str = "inc-20261120-high-error-rate-checkout";
const LATENCY_ROOM: &str = "inc-20261120-high-latency-checkout";

fn errors() -> Alert {
    alert("HighErrorRate").service("checkout")
}

fn latency() -> Alert {
    alert("HighLatency").service("checkout")
}

scenario!(
    a_silence_goes_along_and_keeps_quiet_what_it_kept_quiet,
    house().with_partner(1),
    async |world: &mut World| {
        world.alertmanager().fires(errors()).await;
        world.alertmanager().fires(latency()).await;
        world.types("alice", ERRORS_ROOM, "/incident silence 2h").await;
        world.types("bob", LATENCY_ROOM, "/incident silence 1h").await;
        let (extend, expire) = (
            world.slack().room(ERRORS_ROOM).button("Extend 1h"),
            world.slack().room(ERRORS_ROOM).button("Expire"),
        );
        world.types("charlie", ERRORS_ROOM, "/incident merge INC-2").await;
        let (gone, kept) = (world.incident(1).await, world.incident(2).await);
        assert!(gone.silences.is_empty() && gone.silenced.is_empty() && gone.wake_at().is_none());
        assert_eq!(kept.silences.iter().map(|silence| silence.n).collect::<Vec<_>>(), [1, 2]);
        assert!(kept.muted().is_some(), "all that fires is silenced as it was before");
        let end = world.now() + 2.hours();
        assert_eq!(world.silences_ending_by(end).await, ["INC-2 main bob", "INC-2 main alice"]);
        world.advance(30.minutes()).await;
        assert_eq!((world.paged(1).await.len(), world.paged(2).await), (1, vec!["alice".to_owned()]));

        // What is old shows the way, and ends nothing.
        for old in [extend, expire] {
            world.clicks_late("alice", &old).await;
        }
        for text in ["silence", "silence 3h", "silence 1h too late"] {
            let answer = world.types("alice", ERRORS_ROOM, &format!("/incident {text}")).await;
            assert!(answer.starts_with("INC-1 goes on as *INC-2*"), "{text}: {answer}");
        }
        assert_eq!(world.partner().in_force().len(), 2);
        let listed = world.types("alice", LATENCY_ROOM, "/incident silence").await;
        assert!(listed.contains("by @alice until") && listed.contains("by @bob until"), "{listed}");

        // Bob's ends; then not everything is silenced any more.
        world.advance(31.minutes()).await;
        world.slack().room(LATENCY_ROOM).reads("Silence 1 of @bob is over; 1 of its alerts still fires");
        assert!(world.incident(2).await.muted().is_none());
        world.advance(15.minutes()).await;
        assert_eq!(world.paged(2).await, ["alice", "bob"], "the ladder goes on with the wait it had left");
        world.types("bob", LATENCY_ROOM, "/incident ack").await;

        // Alice's is warned of there, and ended there.
        world.advance(32.minutes()).await;
        world.slack().room(LATENCY_ROOM).reads("Silence 2 ends at");
        let expire = world.slack().room(LATENCY_ROOM).button("Expire");
        world.clicks_as("bob", expire).await;
        assert_eq!(world.partner().in_force().len(), 0);
        world.slack().room(LATENCY_ROOM).reads("@bob ended silence 2 of @alice");
        assert!(world.incident(2).await.silences.is_empty());
        world.types("bob", LATENCY_ROOM, "/incident ack").await;
    }
);

scenario!(
    what_is_silenced_does_not_silence_what_it_is_merged_into,
    house().with_partner(1),
    async |world: &mut World| {
        world.alertmanager().fires(errors()).await;
        world.alertmanager().fires(latency()).await;
        world.types("alice", ERRORS_ROOM, "/incident silence 2h").await;
        world.types("charlie", ERRORS_ROOM, "/incident merge INC-2").await;
        assert!(world.incident(2).await.muted().is_none());
        world.advance(16.minutes()).await;
        assert_eq!(world.paged(2).await, ["alice", "bob"]);
        // The other way round: what stood still goes on.
        world.types("bob", LATENCY_ROOM, "/incident silence 2h").await;
        assert!(world.incident(2).await.muted().is_some());
        world.alertmanager().fires(alert("DiskFull").service("checkout")).await;
        world.types("bob", "incidents", "/incident INC-3 merge INC-2").await;
        assert!(world.incident(2).await.muted().is_none());
        world.slack().room(LATENCY_ROOM).reads("paging goes on");
        world.types("bob", LATENCY_ROOM, "/incident ack").await;
    }
);

scenario!(
    a_resolve_that_never_came_is_inferred_where_the_alert_is_now,
    house().with_partner(1),
    async |world: &mut World| {
        world.alertmanager().fires(errors()).await;
        world.alertmanager().fires(latency()).await;
        world.types("alice", ERRORS_ROOM, "/incident merge INC-2").await;
        world.types("alice", LATENCY_ROOM, "/incident ack").await;
        world.advance(11.minutes()).await;
        world.partner().ends(&errors());
        world.advance(5.minutes()).await;
        assert_eq!((world.state(2).await, world.incident(2).await.n_firing), ("acknowledged", 1));
        world.partner().ends(&latency());
        world.advance(5.minutes()).await;
        assert_eq!((world.state(2).await, world.incident(2).await.n_firing), ("monitoring", 0));
        assert_eq!(world.incidents().await.len(), 2, "and nothing is found firing that nobody told of");
        assert_eq!(world.n_events(1, "alert_resolved").await, 0);
    }
);

scenario!(a_heartbeat_is_back_where_its_absence_is_now, async |world: &mut World| {
    let watchdog = alert("Watchdog").severity("none");
    for _ in 0..3 {
        world.alertmanager().fires(watchdog.clone()).await;
        world.advance(1.minutes()).await;
    }
    world.alertmanager().fires(errors()).await;
    world.advance(11.minutes()).await;
    assert_eq!(world.incident(2).await.alertname.as_deref(), Some("MonitoringDown"));
    // An end that is not believed goes along, whichever way.
    world.alertmanager().resolves(&errors()).await;
    world.types("alice", "incidents", "/incident INC-2 merge INC-1").await;
    assert_eq!(
        (world.state(1).await, world.incident(1).await.severity().to_string()),
        ("triggered", "P1".into())
    );
    world.types("alice", ERRORS_ROOM, "/incident ack").await;
    world.types("diana", ERRORS_ROOM, "/incident ack").await;
    world.advance(3.minutes()).await;
    assert_eq!(world.incidents().await.len(), 2, "that it is missing is known");
    assert_eq!(world.incident(1).await.n_firing, 2);
    world.alertmanager().fires(watchdog.clone()).await;
    assert_eq!(world.incident(1).await.n_firing, 1, "it is back");
    for _ in 0..12 {
        world.alertmanager().repeats(&watchdog).await;
        world.advance(1.minutes()).await;
    }
    assert_eq!(world.incident(1).await.n_firing, 0, "nobody has said since that it fires");
    assert_eq!(world.incidents().await.len(), 2);
    world.alertmanager().repeats(&watchdog).await;
});

scenario!(nobody_is_woken_at_the_opening_for_what_was_merged_away, async |world: &mut World| {
    let slow = |name: &str| alert(name).service("checkout").severity("warning");
    for name in ["HighResponseTime", "QueueGrows", "CacheMisses"] {
        world.alertmanager().fires(slow(name)).await;
    }
    world.types("bob", "incidents", "/incident INC-1 merge INC-2").await;
    world.advance(5.hours()).await;
    assert!(world.ledger(1).await.is_empty());
    let dm = world.slack().dm("alice");
    dm.reads("2 incidents waited for you").reads("QueueGrows").reads("CacheMisses");
    // What is merged once it was told is settled in that message.
    world.types("bob", "incidents", "/incident INC-3 merge INC-2").await;
    assert!(world.ledger(3).await.iter().all(|page| page.superseded.is_some()));
    let dm = world.slack().dm("alice");
    dm.has_no_button("Acknowledge INC-3").reads("Merged into INC-2");
    let button = world.slack().dm("alice").button("Acknowledge INC-2");
    world.clicks(button).await;
    world.advance(2.hours()).await;
    world.pager("alice").is_silent();
});

scenario!(whoever_takes_the_pager_is_not_paged_about_what_was_merged_away, async |world: &mut World| {
    world.alertmanager().fires(errors()).await;
    world.alertmanager().fires(latency()).await;
    world.types("alice", ERRORS_ROOM, "/incident merge INC-2").await;
    world.types("bob", "incidents", "/oncall take").await;
    assert_eq!(world.paged(1).await, ["alice"]);
    assert_eq!(world.paged(2).await, ["alice", "bob"], "he is the primary now");
    world.types("bob", LATENCY_ROOM, "/incident ack").await;
    // Nor is it counted as an incident of its own.
    world.types("alice", "incidents", "/oncall handoff").await;
    world.slack().room("incidents").reads("*Open:* 1").reads("*The last 7 days:* nothing else.");
});

/// What fed one incident before and feeds another now: INC-1, reopened by hand, and INC-2 have the same group.
async fn one_group_two_incidents(world: &mut World) {
    world.alertmanager().fires(errors()).await;
    world.types("alice", "incidents", "/incident INC-1 ack").await;
    world.alertmanager().resolves(&errors()).await;
    world.advance(2.hours()).await;
    world.alertmanager().fires(errors()).await;
    assert_eq!(world.state(2).await, "triggered");
    world.types("alice", "incidents", "/incident INC-1 reopen").await;
    world.types("alice", "incidents", "/incident INC-1 ack").await;
}

scenario!(what_feeds_both_feeds_the_one_that_goes_on, async |world: &mut World| {
    one_group_two_incidents(world).await;
    let answer = world.types("alice", "incidents", "/incident INC-2 merge INC-1").await;
    assert!(answer.starts_with("Merged INC-2"), "{answer}");
    let kept = world.incident(1).await;
    assert_eq!((kept.feeds.len(), kept.n_alerts, kept.n_firing), (1, 1, 1), "the same alert is one");
    world.alertmanager().repeats(&errors()).await;
    world.alertmanager().fires(errors().label("region", "eu")).await;
    assert_eq!((world.incidents().await.len(), world.incident(1).await.n_firing), (2, 2));
    world.types("alice", "incidents", "/incident INC-1 ack").await;
});

scenario!(what_fed_the_one_that_is_merged_away_before_stays_with_whom_it_feeds, async |world: &mut World| {
    one_group_two_incidents(world).await;
    world.alertmanager().fires(latency()).await;
    // INC-1 knows the group, but it feeds INC-2.
    let answer = world.types("alice", "incidents", "/incident INC-1 merge INC-3").await;
    assert!(answer.starts_with("Merged INC-1"), "{answer}");
    world.alertmanager().fires(errors().label("region", "eu")).await;
    assert_eq!((world.incidents().await.len(), world.incident(2).await.n_firing), (3, 2));
    let answer = world.types("alice", "incidents", "/incident INC-2 merge INC-3").await;
    assert!(answer.starts_with("Merged INC-2"), "{answer}");
    world.alertmanager().fires(errors().label("region", "us")).await;
    assert_eq!((world.incidents().await.len(), world.incident(3).await.n_firing), (3, 4));
    world.types("alice", "incidents", "/incident INC-3 ack").await;
});
