//! Socket Mode, with the service running on its own as it does for its users.

use crate::harness::alertmanager::alert;
use crate::harness::house::house;
use crate::harness::world::{Span as _, World, scenario};

const ROOM: &str = "inc-20261120-high-error-rate-checkout";

scenario!(a_night_on_sockets, house().on_sockets(), async |world: &mut World| {
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    world.slack().dm("alice").reads("HighErrorRate checkout");
    world.advance(15.minutes()).await;
    assert_eq!(world.paged(1).await, ["alice", "bob"]);
    let button = world.slack().dm("bob").button("Acknowledge");
    world.clicks(button).await;
    assert_eq!(world.state(1).await, "acknowledged");
    let answer = world.types("bob", ROOM, "/incident note Looking").await;
    assert_eq!(answer, "Noted on the timeline of INC-1.");
    world.advance(1.hours()).await;
    assert_eq!(world.paged(1).await, ["alice", "bob"]);
});

scenario!(a_connection_that_slack_ends_loses_nothing, house().on_sockets(), async |world: &mut World| {
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    world.workspace().disconnect("refresh_requested");
    let button = world.slack().dm("alice").button("Acknowledge");
    world.clicks_until_taken(button).await;
    assert_eq!(world.state(1).await, "acknowledged");
});

// Slack ends every connection again and again, in both of its ways, while people type.
scenario!(a_refresh_loses_and_doubles_nothing, house().on_sockets(), async |world: &mut World| {
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    world.types("alice", ROOM, "/incident ack").await;
    for n in 0..12 {
        let reason = if n % 2 == 0 { "refresh_requested" } else { "warning" };
        if n % 3 == 0 {
            world.workspace().disconnect(reason);
        }
        world.types("bob", ROOM, &format!("/incident note step {n} is done")).await;
    }
    let timeline = world.timeline_text(1).await;
    for n in 0..12 {
        let words = format!("bob: step {n} is done");
        assert_eq!(timeline.matches(&words).count(), 1, "{words}:\n{timeline}");
    }
});

scenario!(socket_mode_switched_off_is_said_to_the_admins, house().on_sockets(), async |world: &mut World| {
    world.may_log("switched socket mode off");
    world.workspace().disconnect("link_disabled");
    world
        .patiently("nobody is told", async |world| {
            world.slack().room("dontpanic-admin").count("Socket Mode is switched off") > 0
        })
        .await;
    assert_eq!(world.slack().room("dontpanic-admin").count("Socket Mode is switched off"), 1);
});
