//! The copy of a post-mortem in the canvas of its channel.

use dontpanic::domain::incident::Actor;
use dontpanic::domain::postmortem::Part;
use dontpanic::ids::IncidentId;
use dontpanic::workspace::{Canvas, Fault};

use crate::harness::alertmanager::alert;
use crate::harness::world::{Span as _, World, scenario};

const ROOM: &str = "inc-20261120-high-error-rate-checkout";
const COPY: &str = "> **This is a copy.**";

async fn is_over(world: &mut World) {
    let error_rate = alert("HighErrorRate").service("checkout");
    world.alertmanager().fires(error_rate.clone()).await;
    world.types("alice", ROOM, "/incident ack").await;
    world.advance(20.minutes()).await;
    world.alertmanager().resolves(&error_rate).await;
    world.advance(1.hours()).await;
    assert_eq!(world.state(1).await, "resolved");
}

fn room(world: &World) -> String {
    world.workspace().channel_by_name(ROOM).expect("it is there").id
}

fn canvas(world: &World) -> Option<Canvas> {
    world.workspace().canvas(&room(world))
}

fn n_calls(world: &World, method: &str) -> usize {
    world.workspace().calls().iter().filter(|call| call.method == method).count()
}

const CREATE: &str = "conversations.canvases.create";
const EDIT: &str = "canvases.edit";

scenario!(a_canvas_holds_a_copy_that_says_so_and_follows, async |world: &mut World| {
    is_over(world).await;
    let copy = canvas(world).expect("there is a canvas");
    assert_eq!(copy.title, "Post-mortem of INC-1 (copy)");
    assert!(copy.markdown.starts_with(COPY), "{}", copy.markdown);
    assert!(copy.markdown.contains("`/incident INC-1 postmortem`"), "{}", copy.markdown);
    assert!(copy.markdown.contains("## Timeline") && !copy.markdown.contains("<!--"), "{}", copy.markdown);
    assert_eq!((n_calls(world, CREATE), n_calls(world, EDIT)), (1, 0), "made once, with what it says");

    // What people note and write follows, escaped as in the post-mortem itself.
    world.types("bob", ROOM, "/incident note Rolled back <!channel> [here](https://evil.example)").await;
    let copy = canvas(world).expect("there is a canvas").markdown;
    assert!(
        copy.contains("Rolled back") && !copy.contains("<!channel>") && !copy.contains("](https://evil"),
        "{copy}"
    );
    let (id, by) = (IncidentId(1), Actor::Person("bob".into()));
    let written =
        world.use_cases().write_postmortem(id, Part::RootCause, "A bad deploy.".to_owned(), &by).await;
    assert_eq!(written, Ok(true));
    world.settle().await;
    assert!(canvas(world).expect("it is there").markdown.contains("A bad deploy."));
    let n_edits = n_calls(world, EDIT);
    assert!(n_edits >= 1);
    world.advance(1.hours()).await;
    assert_eq!(
        (n_calls(world, CREATE), n_calls(world, EDIT)),
        (1, n_edits),
        "what it says already is not sent again"
    );
});

scenario!(a_workspace_without_canvases_does_without_and_says_so_once, async |world: &mut World| {
    world.slack().fails_next(CREATE, Fault::Error("team_tier_cannot_create_channel_canvases"), usize::MAX);
    is_over(world).await;
    assert_eq!(canvas(world), None);
    world.slack().room(ROOM).reads("Post-mortem");
    for note in ["one", "two", "three"] {
        world.types("bob", ROOM, &format!("/incident note {note}")).await;
        world.advance(1.hours()).await;
    }
    let admins = world.slack().room("dontpanic-admin");
    admins.reads("Post-mortems are not copied into the canvas of their channel").reads("canvases:write");
    assert_eq!(admins.count("not copied into the canvas"), 1);
    // The plan changes.
    world.slack().comes_back();
    world.types("bob", ROOM, "/incident note four").await;
    assert!(canvas(world).expect("there is one now").markdown.contains("four"));
});

scenario!(an_app_without_the_scope_does_without, async |world: &mut World| {
    world.slack().fails_next(CREATE, Fault::Error("missing_scope"), 1);
    is_over(world).await;
    assert_eq!(canvas(world), None);
    world
        .slack()
        .room("dontpanic-admin")
        .reads("Post-mortems are not copied into the canvas of their channel");
    world.types("bob", ROOM, "/incident note found it").await;
    assert!(canvas(world).expect("there is one now").markdown.contains("found it"));
});

scenario!(a_canvas_that_people_made_stays_theirs, async |world: &mut World| {
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    world.types("alice", ROOM, "/incident ack").await;
    let own = world.workspace().write_canvas("U0A", &room(world), "Our own notes");
    own.expect("she is in the channel");
    world.types("alice", ROOM, "/incident resolve Rolled back").await;
    let button = world.answer_button("alice", ROOM, "Resolve");
    world.clicks(button).await;
    world.types("bob", ROOM, "/incident note one more").await;
    assert_eq!(canvas(world).expect("it is there").markdown, "Our own notes");
    assert_eq!(
        world.slack().room("dontpanic-admin").count("canvas"),
        0,
        "nobody has to do anything about it"
    );
});

scenario!(
    a_canvas_that_was_deleted_is_made_anew_and_one_that_is_locked_is_written_later,
    async |world: &mut World| {
        is_over(world).await;
        world.workspace().delete_canvas("U0A", &room(world)).expect("she is in the channel");
        world.types("bob", ROOM, "/incident note after that").await;
        assert!(canvas(world).expect("it is there again").markdown.contains("after that"));
        world.slack().fails_next(EDIT, Fault::Error("canvas_editing_locked"), 1);
        world.types("bob", ROOM, "/incident note while locked").await;
        assert!(!canvas(world).expect("it is there").markdown.contains("while locked"));
        world.types("bob", ROOM, "/incident note and later").await;
        let copy = canvas(world).expect("it is there").markdown;
        assert!(copy.contains("while locked") && copy.contains("and later"), "{copy}");
    }
);

scenario!(a_canvas_whose_making_was_not_answered_is_ours, async |world: &mut World| {
    world.may_log("to be tried again");
    world.slack().fails_next(CREATE, Fault::Garbage, 1);
    is_over(world).await;
    for _ in 0..3 {
        world.wire_passes(30.seconds()).await;
    }
    world.types("bob", ROOM, "/incident note after all").await;
    let copy = canvas(world).expect("it is there").markdown;
    assert!(copy.starts_with(COPY) && copy.contains("after all"), "{copy}");
});

scenario!(nothing_waits_for_a_canvas, async |world: &mut World| {
    world.may_log("to be tried again");
    world.slack().fails_next(CREATE, Fault::Http(500), usize::MAX);
    is_over(world).await;
    world.slack().room(ROOM).reads("Root Cause").has_topic("P2 · resolved");
    world.types("bob", ROOM, "/incident reopen").await;
    assert_eq!(world.paged(1).await.last().map(String::as_str), Some("alice"));
    world.types("bob", ROOM, "/incident ack").await;
    world.slack().comes_back();
});
