//! Somebody outside hears every minute that pages get through, and does not when one does not.

use dontpanic::engine::workers::Progress;
use dontpanic::workspace::Fault;

use crate::harness::alertmanager::alert;
use crate::harness::house::{CAST, House, house};
use crate::harness::pagers::Condition;
use crate::harness::world::{Span as _, World, scenario};

const ROOM: &str = "inc-20261120-high-error-rate-checkout";

fn watched() -> House {
    house().with("heartbeat_ping", "\"${BASE}/ping\"")
}

async fn is_pinged(world: &mut World) -> bool {
    let before = world.partner().n_pings();
    let progress = world.use_cases().tick_pings().await.expect("the database answers");
    let is_pinged = world.partner().n_pings() > before;
    assert_eq!(progress == Progress::Some, is_pinged);
    is_pinged
}

scenario!(it_is_pinged_while_pages_get_through, watched(), async |world: &mut World| {
    world.may_log("page was not accepted");
    world.may_log("to be tried again");
    world.may_log("no provider takes a page for too long");
    assert!(is_pinged(world).await);
    world.slack().fails_next("*", Fault::Http(500), usize::MAX);
    for (person, ..) in CAST {
        world.pager(person).is(Condition::Answers(500));
    }
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    world.advance(4.minutes()).await;
    assert!(is_pinged(world).await, "a few minutes may pass");
    world.advance(2.minutes()).await;
    assert!(!is_pinged(world).await);
    for (person, ..) in CAST {
        world.pager(person).is(Condition::Works);
    }
    world.slack().comes_back();
    world.advance(3.minutes()).await;
    assert!(is_pinged(world).await, "what got through at last is through");
    world.types("alice", ROOM, "/incident ack").await;
});

scenario!(one_method_that_works_is_enough, watched(), async |world: &mut World| {
    world.may_log("page was not accepted");
    world.pager("alice").is(Condition::Answers(500));
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    world.advance(14.minutes()).await;
    assert!(is_pinged(world).await);
    world.types("alice", ROOM, "/incident ack").await;
});

scenario!(without_an_address_nobody_is_pinged, async |world: &mut World| {
    assert!(!is_pinged(world).await);
});
