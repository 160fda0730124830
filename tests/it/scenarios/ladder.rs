//! Who is woken, when, and what stops it.

use crate::harness::alertmanager::alert;
use crate::harness::world::{Span as _, World, scenario};

scenario!(an_unanswered_page_climbs_the_ladder_and_goes_round_again, async |world: &mut World| {
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    world.slack().dm("alice").reads("HighErrorRate checkout").reads("pages @bob at 03:15");
    assert!(!world.slack().has_written_to("bob"));
    world.advance(3.minutes()).await;
    assert_eq!(world.pager("alice").rings().text("severity"), "P2");

    world.advance(12.minutes()).await;
    world.slack().dm("bob").reads("You are the secondary on-call of platform.");
    world.advance(15.minutes()).await;
    world.slack().dm("diana").reads("You are paged as incident commander.");
    world.advance(15.minutes()).await;
    world.slack().dm("eve").reads("You are paged as management.");
    world.slack().room("incidents").never_reads("Nobody answered");

    world.advance(15.minutes()).await;
    world.slack().room("incidents").reads("Nobody answered in round 1");
    assert_eq!(
        world.slack().dm("alice").count("You are the primary on-call of platform. This is round 2"),
        1
    );
    assert_eq!(world.paged(1).await, ["alice", "bob", "diana", "eve", "alice"]);

    let button = world.slack().dm("alice").button("Acknowledge");
    world.clicks(button).await;
    world.slack().room("inc-20261120-high-error-rate-checkout").reads("alice acknowledged");
    world.advance(3.hours()).await;
    assert_eq!(world.paged(1).await.len(), 5, "nobody else is woken");
});
