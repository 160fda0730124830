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
