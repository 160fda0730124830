//! One whole night, from the alert to the post-mortem, as everybody saw it.

use crate::harness::alertmanager::alert;
use crate::harness::world::{Span as _, World, scenario};

const ROOM: &str = "inc-20261120-high-error-rate-checkout";

scenario!(one_whole_night, async |world: &mut World| {
    let error_rate = alert("HighErrorRate")
        .service("checkout")
        .label("env", "prod")
        .summary("High error rate on checkout")
        .annotation("description", "12.5 % of requests fail");
    world.alertmanager().fires(error_rate.clone()).await;
    world.advance(66.minutes()).await;
    assert_eq!(world.paged(1).await, ["alice", "bob", "diana", "eve", "alice"]);
    let button = world.slack().dm("bob").button("Acknowledge");
    world.clicks(button).await;
    world.advance(9.minutes()).await;
    world.types("bob", ROOM, "/incident note Rolled checkout back to 4.1").await;
    world.advance(5.minutes()).await;
    world.alertmanager().resolves(&error_rate).await;
    world.advance(2.minutes()).await;
    world.types("bob", ROOM, "/incident resolve A bad deploy; rolled back").await;
    world.advance(3.hours()).await;

    insta::assert_snapshot!("one_whole_night", world.transcript());
    insta::assert_snapshot!("its_timeline", world.timeline_text(1).await);
    insta::assert_snapshot!("its_postmortem", world.postmortem(1).await);
});
