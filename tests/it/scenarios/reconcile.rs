//! Comparing notes with Alertmanager: what never came is healed, and nothing is concluded from what cannot be known.

use crate::harness::alertmanager::alert;
use crate::harness::house::house;
use crate::harness::world::{Span as _, World, scenario};

const ROOM: &str = "inc-20261120-high-error-rate-checkout";

scenario!(a_resolve_that_never_came_is_inferred, house().with_partner(1), async |world: &mut World| {
    let alert = alert("HighErrorRate").service("checkout");
    world.alertmanager().fires(alert.clone()).await;
    world.types("alice", ROOM, "/incident ack").await;
    world.advance(10.minutes()).await;
    world.partner().ends(&alert);
    world.advance(2.minutes()).await;
    assert_eq!(world.state(1).await, "acknowledged", "not before it was missed three times");
    world.advance(2.minutes()).await;
    assert_eq!(world.state(1).await, "monitoring");
    assert!(
        world.timeline_text(1).await.contains("HighErrorRate resolved (inferred"),
        "{}",
        world.timeline_text(1).await
    );
    world.advance(10.minutes()).await;
    assert_eq!(world.state(1).await, "resolved");
});

scenario!(what_was_inferred_wrongly_is_taken_back, house().with_partner(1), async |world: &mut World| {
    let alert = alert("HighErrorRate").service("checkout");
    world.alertmanager().fires(alert.clone()).await;
    let began = world.now();
    world.advance(10.minutes()).await;
    world.partner().ends(&alert);
    world.advance(4.minutes()).await;
    assert_eq!(world.state(1).await, "monitoring");
    world.partner().fires(&alert, began);
    world.advance(2.minutes()).await;
    assert_eq!(world.state(1).await, "triggered");
    world.types("alice", ROOM, "/incident ack").await;
});

scenario!(
    what_goes_from_the_list_with_the_heartbeat_is_not_over,
    house().with_partner(1),
    async |world: &mut World| {
        let watchdog = alert("Watchdog").severity("none");
        let high = alert("HighErrorRate").service("checkout");
        for _ in 0..3 {
            world.alertmanager().fires(watchdog.clone()).await;
            world.advance(1.minutes()).await;
        }
        world.alertmanager().fires(high.clone()).await;
        world.advance(10.seconds()).await;
        world.alertmanager().repeats(&watchdog).await;
        world.advance(2.minutes()).await;
        // Prometheus dies: before anybody misses the heartbeat, Alertmanager takes all that it does not hear of any more from its list.
        world.partner().ends(&watchdog);
        world.partner().ends(&high);
        let paged = world.paged(1).await.len();
        world.advance(7.minutes()).await;
        assert_eq!(world.state(1).await, "triggered", "{}", world.timeline_text(1).await);
        world.advance(2.minutes()).await;
        world.slack().dm("alice").reads("Monitoring is down: the heartbeat of main is missing");
        world.advance(20.minutes()).await;
        assert_eq!(world.state(1).await, "triggered");
        assert!(world.paged(1).await.len() > paged, "the ladder goes on");
        for n in [1, 2] {
            world.types("alice", "incidents", &format!("/incident INC-{n} ack")).await;
        }
    }
);

scenario!(silenced_and_inhibited_is_still_firing, house().with_partner(1), async |world: &mut World| {
    let (silenced, inhibited) =
        (alert("HighErrorRate").service("checkout"), alert("DiskFull").service("ledger"));
    world.alertmanager().fires(silenced.clone()).await;
    world.alertmanager().fires(inhibited.clone()).await;
    let until = world.now() + 5.hours();
    world.partner().silences(&silenced, until, "carol");
    world.partner().inhibits(&inhibited);
    world.advance(20.minutes()).await;
    assert_eq!((world.state(1).await, world.state(2).await), ("triggered", "triggered"));
    assert!(world.incident(1).await.muted().is_some());
    assert!(world.incident(2).await.muted().is_none(), "who inhibits gives no end, so nobody waits for one");
    for n in [1, 2] {
        world.types("alice", "incidents", &format!("/incident INC-{n} ack")).await;
    }
});

scenario!(a_restart_of_alertmanager_resolves_nothing, house().with_partner(1), async |world: &mut World| {
    let alert = alert("HighErrorRate").service("checkout");
    world.alertmanager().fires(alert.clone()).await;
    world.advance(5.minutes()).await;
    world.partner().restarts();
    world.advance(9.minutes()).await;
    assert_eq!(world.state(1).await, "triggered");
    world.partner().fires(&alert, world.now() - 14.minutes());
    world.advance(30.minutes()).await;
    assert_eq!(world.state(1).await, "triggered");
    world.partner().restarts();
    world.advance(14.minutes()).await;
    assert_eq!(world.state(1).await, "monitoring", "when nobody tells it for longer, it is over");
});

scenario!(
    no_answer_and_half_an_answer_resolve_nothing,
    house().with_partner(2),
    async |world: &mut World| {
        let alert = alert("HighErrorRate").service("checkout");
        world.alertmanager().fires(alert.clone()).await;
        world.partner().hides(0, &alert);
        world.advance(10.minutes()).await;
        assert_eq!(world.state(1).await, "triggered", "the other member lists it");
        world.partner().goes_down(0);
        world.advance(10.minutes()).await;
        assert_eq!(world.state(1).await, "triggered");
        world.partner().ends(&alert);
        world.partner().goes_down(1);
        world.advance(10.minutes()).await;
        assert_eq!(world.state(1).await, "triggered", "nobody answers");
        world.slack().room("dontpanic-admin").reads("Alertmanager `main` gives no whole answer");
        assert_eq!(world.slack().room("dontpanic-admin").count("gives no whole answer"), 1);
        world.partner().comes_back(1);
        world.advance(4.minutes()).await;
        assert_eq!(world.state(1).await, "monitoring", "one that answers is enough");
    }
);

scenario!(
    an_alert_nobody_told_us_of_opens_an_incident,
    house().with_partner(1),
    async |world: &mut World| {
        let known = alert("DiskFull").service("ledger");
        world.alertmanager().fires(known.clone()).await;
        let (untold, foreign, quiet) = (
            alert("HighErrorRate").service("checkout"),
            alert("OtherTeam").service("checkout"),
            alert("Quiet").service("checkout"),
        );
        world.partner().fires(&untold, world.now());
        world.partner().fires_for(&foreign, world.now(), "another-team");
        world.partner().fires(&quiet, world.now());
        let until = world.now() + 5.hours();
        world.partner().silences(&quiet, until, "carol");
        world.advance(5.minutes()).await;
        assert_eq!(world.incidents().await.len(), 1);
        world.advance(2.minutes()).await;
        assert_eq!(world.incidents().await.len(), 2);
        world.slack().room(ROOM).reads("it was found firing in Alertmanager");
        assert_eq!(world.paged(2).await, ["alice"]);
        world.advance(3.minutes()).await;
        // The webhook comes at last: it joins.
        let late = untold.delivery(world.now() - 10.minutes());
        world.alertmanager().sends(late).await;
        assert_eq!(world.incidents().await.len(), 2);
        assert_eq!(world.incident(2).await.n_flaps, 0);
        for n in [1, 2] {
            world.types("alice", "incidents", &format!("/incident INC-{n} ack")).await;
        }
    }
);

scenario!(what_was_resolved_by_hand_stays_so, house().with_partner(1), async |world: &mut World| {
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    world.types("alice", ROOM, "/incident resolve not ours").await;
    let anyway = world.answer_button("alice", ROOM, "Resolve");
    world.clicks_as("alice", anyway).await;
    assert_eq!(world.state(1).await, "resolved");
    world.advance(60.minutes()).await;
    assert_eq!(world.incidents().await.len(), 1);
    assert_eq!(world.state(1).await, "resolved");
});

scenario!(two_processes_ask_once, house().with_partner(1), async |world: &mut World| {
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    if world.is_shared() {
        let before = world.partner().n_asked();
        let [one, other] = world.use_cases_of_two().await;
        world.time_moves(61.seconds());
        let (first, second) = futures::join!(one.tick_sources(), other.tick_sources());
        first.expect("it looks");
        second.expect("it looks");
        assert_eq!(world.partner().n_asked() - before, 1);
    }
    world.types("alice", ROOM, "/incident ack").await;
});

scenario!(a_missing_heartbeat_is_an_incident_and_resolves_are_not_believed, async |world: &mut World| {
    let watchdog = alert("Watchdog").severity("none");
    let high = alert("HighErrorRate").service("checkout");
    for _ in 0..3 {
        world.alertmanager().fires(watchdog.clone()).await;
        world.advance(1.minutes()).await;
    }
    world.alertmanager().fires(high.clone()).await;
    world.advance(11.minutes()).await;
    let down = world.incident(2).await;
    assert_eq!(
        (down.severity().to_string().as_str(), down.alertname.as_deref()),
        ("P1", Some("MonitoringDown"))
    );
    assert_eq!(down.service_shown.as_deref(), Some("main"));
    world.slack().dm("alice").reads("Monitoring is down: the heartbeat of main is missing");

    world.alertmanager().resolves(&high).await;
    assert_eq!(world.state(1).await, "triggered");
    world.slack().room(ROOM).reads("not believed: monitoring is lost");
    assert!(world.timeline_text(1).await.contains("monitoring lost, resolve not believed"));
    let paged = world.paged(1).await.len();
    world.advance(20.minutes()).await;
    assert!(world.paged(1).await.len() > paged, "the ladder goes on");

    world.alertmanager().fires(watchdog.clone()).await;
    assert_eq!(world.state(2).await, "resolved", "its return resolves it");
    assert_eq!(world.state(1).await, "triggered", "it was missing a moment ago");
    for _ in 0..11 {
        world.alertmanager().repeats(&watchdog).await;
        world.advance(1.minutes()).await;
    }
    assert_eq!(world.state(2).await, "resolved");
    assert_eq!(world.state(1).await, "monitoring", "nobody has said since that it fires");
    world.alertmanager().repeats(&watchdog).await;
});

scenario!(ends_told_shortly_before_the_heartbeat_is_missed_are_taken_back, async |world: &mut World| {
    let watchdog = alert("Watchdog").severity("none");
    let (high, full) = (alert("HighErrorRate").service("checkout"), alert("DiskFull").service("ledger"));
    for _ in 0..3 {
        world.alertmanager().fires(watchdog.clone()).await;
        world.advance(1.minutes()).await;
    }
    world.alertmanager().fires(high.clone()).await;
    world.alertmanager().fires(full.clone()).await;
    world.types("bob", "incidents", "/incident INC-2 ack").await;
    world.alertmanager().repeats(&watchdog).await;
    world.advance(1.minutes()).await;
    // Prometheus dies. Its alerts end all at once, and the heartbeat's group is not the first to have its turn.
    for alert in [&high, &full] {
        world.alertmanager().resolves(alert).await;
    }
    assert_eq!((world.state(1).await, world.state(2).await), ("monitoring", "monitoring"));
    let paged = world.paged(1).await.len();
    world.advance(30.seconds()).await;
    world.alertmanager().resolves(&watchdog).await;
    assert_eq!((world.state(1).await, world.state(2).await), ("triggered", "acknowledged"));
    assert_eq!(world.incident(1).await.n_firing, 1);
    world.slack().room(ROOM).reads("not believed: monitoring is lost");
    assert_eq!(world.paged(2).await, ["alice"], "whoever has it hears that monitoring is down, not of this");
    world.restart().await;
    world.advance(20.minutes()).await;
    assert!(world.paged(1).await.len() > paged, "the ladder goes on");
    assert_eq!((world.state(1).await, world.state(2).await), ("triggered", "acknowledged"));
    world.alertmanager().fires(watchdog.clone()).await;
    for _ in 0..11 {
        world.alertmanager().repeats(&watchdog).await;
        world.advance(1.minutes()).await;
    }
    assert_eq!((world.state(1).await, world.state(2).await), ("monitoring", "monitoring"));
    world.alertmanager().repeats(&watchdog).await;
});

scenario!(ends_told_since_the_last_beat_are_taken_back_when_it_is_missed, async |world: &mut World| {
    let watchdog = alert("Watchdog").severity("none");
    let (high, full) = (alert("HighErrorRate").service("checkout"), alert("DiskFull").service("ledger"));
    world.alertmanager().fires(watchdog.clone()).await;
    world.alertmanager().fires(high.clone()).await;
    world.alertmanager().fires(full.clone()).await;
    world.advance(2.minutes()).await;
    world.alertmanager().resolves(&full).await;
    world.alertmanager().repeats(&watchdog).await;
    world.advance(5.minutes()).await;
    world.alertmanager().resolves(&high).await;
    assert_eq!((world.state(1).await, world.state(2).await), ("monitoring", "monitoring"));
    world.advance(6.minutes()).await;
    assert_eq!(world.state(1).await, "triggered", "monitoring was lost before it said so");
    assert_eq!(world.state(2).await, "resolved", "it said so while it lived");
    world.types("alice", ROOM, "/incident ack").await;
    world.types("alice", "incidents", "/incident INC-3 ack").await;
});

scenario!(what_fires_after_an_end_that_was_not_believed_goes_on, async |world: &mut World| {
    let watchdog = alert("Watchdog").severity("none");
    let high = alert("HighErrorRate").service("checkout");
    for _ in 0..2 {
        world.alertmanager().fires(watchdog.clone()).await;
        world.advance(1.minutes()).await;
    }
    world.alertmanager().fires(high.clone()).await;
    let began = world.now();
    // A heartbeat that resolves is missing at once.
    world.alertmanager().resolves(&watchdog).await;
    assert_eq!(world.incidents().await.len(), 2);
    world.advance(1.minutes()).await;
    world.alertmanager().resolves(&high).await;
    world.restart().await;
    assert_eq!(world.state(1).await, "triggered");
    world.advance(1.minutes()).await;
    world.alertmanager().fires(watchdog.clone()).await;
    world.alertmanager().sends(high.delivery(began)).await;
    for _ in 0..12 {
        world.alertmanager().repeats(&watchdog).await;
        world.advance(1.minutes()).await;
    }
    assert_eq!(world.state(1).await, "triggered");
    world.types("alice", ROOM, "/incident ack").await;
    world.alertmanager().repeats(&watchdog).await;
});

scenario!(a_heartbeat_that_comes_once_is_told_of_and_never_missed, async |world: &mut World| {
    world.alertmanager().fires(alert("Watchdog").severity("none")).await;
    world.advance(30.minutes()).await;
    assert_eq!(world.incidents().await.len(), 0);
    world.slack().room("dontpanic-admin").reads("group_interval").reads("repeat_interval");
    assert_eq!(world.slack().room("dontpanic-admin").count("no second one within 10 min"), 1);
});

scenario!(
    while_the_heartbeat_is_missing_nothing_is_inferred,
    house().with_partner(1),
    async |world: &mut World| {
        let watchdog = alert("Watchdog").severity("none");
        let high = alert("HighErrorRate").service("checkout");
        for _ in 0..2 {
            world.alertmanager().fires(watchdog.clone()).await;
            world.advance(1.minutes()).await;
        }
        world.alertmanager().fires(high.clone()).await;
        world.alertmanager().resolves(&watchdog).await;
        world.partner().ends(&high);
        world.advance(30.minutes()).await;
        assert_eq!(world.state(1).await, "triggered");
        world.alertmanager().fires(watchdog.clone()).await;
        for _ in 0..15 {
            world.alertmanager().repeats(&watchdog).await;
            world.advance(1.minutes()).await;
        }
        assert_eq!(world.state(1).await, "monitoring");
        world.types("alice", ROOM, "/incident resolve").await;
        world.alertmanager().repeats(&watchdog).await;
    }
);

scenario!(a_group_cut_short_is_seen_whole_by_asking, house().with_partner(1), async |world: &mut World| {
    let pod = |name: &str| alert("HighErrorRate").service("checkout").label("pod", name);
    let (seen, unseen) = (pod("a"), pod("b"));
    world.settle().await;
    world.partner().fires(&unseen, world.now());
    world.partner().fires(&seen, world.now());
    let body = seen.delivery(world.now()).replace("\"truncatedAlerts\":0", "\"truncatedAlerts\":1");
    world.alertmanager().sends(body).await;
    assert_eq!(world.incident(1).await.n_truncated(), 1);
    world.advance(2.minutes()).await;
    let incident = world.incident(1).await;
    assert_eq!((incident.n_truncated(), incident.n_firing), (0, 2));
    assert_eq!(world.paged(1).await, ["alice"], "what is seen at last is counted, and pages nobody");
    world.partner().ends(&seen);
    world.partner().ends(&unseen);
    world.advance(4.minutes()).await;
    assert_eq!(world.state(1).await, "monitoring");
});
