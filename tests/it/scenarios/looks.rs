//! Slack takes no looks: everything is said all the same, with commands in the place of buttons, and an admin hears why.

use dontpanic::workspace::Fault;

use crate::harness::alertmanager::alert;
use crate::harness::house::house;
use crate::harness::world::{Span as _, World, scenario};

const ROOM: &str = "inc-20261120-high-error-rate-checkout";

/// From the alert to the post-mortem, while Slack refuses all blocks for this reason.
async fn is_said_plainly(world: &mut World, code: &'static str) {
    world.may_log("a message goes out again as plain text");
    for method in ["chat.postMessage", "chat.update", "chat.postEphemeral"] {
        world.slack().fails_next(method, Fault::Looks(code), usize::MAX);
    }
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    world
        .slack()
        .dm("alice")
        .reads("HighErrorRate checkout")
        .reads("`/incident INC-1 ack`")
        .never_reads("Repeat");
    world.pager("alice").is_silent();
    world.slack().room("incidents").reads("HighErrorRate checkout").reads("triggered");
    let room = world.slack().room(ROOM);
    room.has_topic("P2 · triggered");
    for words in [
        "HighErrorRate checkout",
        "Nobody has acknowledged yet",
        "*Why P2:*",
        "Acknowledge: `/incident INC-1 ack`",
        "Escalate: `/incident INC-1 escalate`",
        "Resolve: `/incident INC-1 resolve`",
        "Dashboard: <https://grafana.example.org/d/checkout>",
    ] {
        room.reads(words);
    }
    world.advance(15.minutes()).await;
    world.slack().room(ROOM).reads("No acknowledgement: paging @bob");
    world.types("bob", ROOM, "/incident ack").await;
    world.slack().room("incidents").reads("acknowledged by @bob");
    world.slack().dm("alice").reads("Acknowledged by @bob").never_reads("INC-1 ack`");
    let room = world.slack().room(ROOM);
    room.reads("@bob acknowledged").never_reads("Acknowledge: `");
    world.alertmanager().resolves(&alert("HighErrorRate").service("checkout")).await;
    world.types("bob", ROOM, "/incident resolve rolled back").await;
    world.advance(1.minutes()).await;
    world.slack().room(ROOM).reads("Reopen: `/incident INC-1 reopen`").reads("Post-mortem");
    world.slack().room("incidents").reads("resolved");

    let admins = world.slack().room("dontpanic-admin");
    admins.reads("Slack does not take the looks of a message (page)").reads(code);
    assert_eq!(admins.count("looks of a message (page)"), 1, "once");
    admins.reads("looks of a message (post card)").reads("looks of a message (announce)");
    admins.never_reads("Given up in Slack");
}

macro_rules! said_plainly {
    ($($code:ident),+ $(,)?) => {
        $( scenario!($code, house(), async |world: &mut World| is_said_plainly(world, stringify!($code)).await); )+
    };
}

said_plainly!(invalid_blocks, invalid_blocks_format, msg_blocks_too_long, msg_too_long);
