//! When it is over, whoever had it is asked how it went, in one tap.

use dontpanic::workspace::UserKind;
use serde_json::json;

use crate::harness::alertmanager::{Alert, alert};
use crate::harness::slack::user;
use crate::harness::world::{World, scenario};

const ROOM: &str = "inc-20261120-high-error-rate-checkout";
const ASKED: &str = "INC-1 is over. One tap each, please.";

async fn is_over(world: &mut World, error_rate: Alert) {
    world.alertmanager().fires(error_rate.clone()).await;
    world.types("alice", "incidents", "/incident INC-1 ack").await;
    world.alertmanager().resolves(&error_rate).await;
    world.types("bob", "incidents", "/incident INC-1 resolve Rolled back").await;
}

scenario!(a_question_turns_into_its_answer_and_the_answer_may_change, async |world: &mut World| {
    is_over(world, alert("HighErrorRate").service("checkout")).await;
    let room = world.slack().room(ROOM);
    room.reads(&format!("@alice: {ASKED}")).reads("Did the runbook help?").reads("Was the page needed?");
    let question = world.slack().room(ROOM).button("Yes");
    world.clicks_as("alice", question.clone()).await;
    assert_eq!(world.n_events(1, "runbook_feedback").await, 1);
    let room = world.slack().room(ROOM);
    room.never_reads("Did the runbook help?").reads("@alice says that the runbook helped.");
    room.reads("Was the page needed?");

    // The same once more, on a screen that has not changed yet, is the same answer.
    world.clicks_late("alice", &question).await;
    assert_eq!(world.n_events(1, "runbook_feedback").await, 1);
    let button = world.slack().room(ROOM).button("No");
    world.clicks_as("alice", button).await;
    let room = world.slack().room(ROOM);
    room.never_reads("Was the page needed?").reads("@alice says that the page was not needed.");
    assert_eq!(room.count(ASKED), 1, "all in one message");

    let button = world.slack().room(ROOM).button("It did not help");
    world.clicks_as("alice", button).await;
    assert_eq!(world.n_events(1, "runbook_feedback").await, 3);
    let room = world.slack().room(ROOM);
    let message = room.text().into_iter().find(|text| text.contains(ASKED)).expect("the question");
    assert!(message.contains("@alice says that the runbook did not help."), "{message}");
    assert!(!message.contains("the runbook helped"), "it has one answer: {message}");
    let draft = world.postmortem(1).await;
    assert!(draft.contains("alice said: the runbook did not help"), "{draft}");
    assert!(draft.contains("alice said: the page was not needed"), "{draft}");

    // Somebody else has an answer of their own.
    let button = world.slack().room(ROOM).button("It was needed");
    world.clicks_as("bob", button).await;
    let room = world.slack().room(ROOM);
    room.reads("@alice says that the page was not needed.").reads("@bob says that the page was needed.");
    assert_eq!(world.incident(1).await.feedback.len(), 3);
});

scenario!(an_answer_that_is_typed_is_answered, async |world: &mut World| {
    is_over(world, alert("HighErrorRate").service("checkout")).await;
    let answer = world.types("alice", ROOM, "/incident feedback runbook yes").await;
    assert_eq!(answer, "Noted for INC-1. Thank you.");
    world.slack().room(ROOM).reads("@alice says that the runbook helped.");
    assert_eq!(world.n_events(1, "runbook_feedback").await, 1);
});

scenario!(a_p3_is_asked_about_in_its_thread_and_only_what_can_be_asked, async |world: &mut World| {
    world.story_is("2026-11-20T10:00:00Z");
    is_over(world, alert("SlowQueue").severity("warning")).await;
    let room = world.slack().room("incidents");
    room.reads(&format!("@alice: {ASKED}")).reads("Was the page needed?");
    room.never_reads("Did the runbook help?");
});

scenario!(nobody_is_asked_about_what_nobody_had, async |world: &mut World| {
    let error_rate = alert("HighErrorRate").service("checkout");
    world.alertmanager().fires(error_rate.clone()).await;
    world.alertmanager().resolves(&error_rate).await;
    world.advance(chrono::TimeDelta::hours(1)).await;
    assert!(world.incident(1).await.resolved_at().is_some());
    world.slack().room(ROOM).never_reads(ASKED);
});

scenario!(strangers_are_not_heard, async |world: &mut World| {
    is_over(world, alert("HighErrorRate").service("checkout")).await;
    world.workspace().add_user("U0M", "mallory", UserKind::Member, "Europe/Paris");
    let button = world.slack().room(ROOM).button("Yes");
    world.clicks_as("U0M", button).await;
    assert_eq!(world.n_events(1, "runbook_feedback").await, 1, "a member is");
    let channel = world.workspace().channel_by_name("incidents").expect("it is there").id;
    let strangers = [
        ("U0G", UserKind::Guest),
        ("U0R", UserKind::UltraRestricted),
        ("U0X", UserKind::External { team: "T0OTHER".to_owned() }),
        ("U0Z", UserKind::Bot),
    ];
    for (stranger, kind) in strangers {
        let is_bot = kind == UserKind::Bot;
        world.workspace().add_user(stranger, &stranger.to_lowercase(), kind, "Europe/Paris");
        let click = json!({
            "type": "block_actions", "user": {"id": user(stranger), "team_id": "T0"},
            "trigger_id": format!("{stranger}.1"), "channel": {"id": channel},
            "actions": [{"type": "button", "action_id": "feedback_page_no", "value": "INC-1/1"}],
        });
        let payload = click.to_string();
        let fields = [("payload", payload.as_str())];
        assert_eq!(world.slack().delivers("/slack/interactions", &fields, None).await, 200);
        let fields = [
            ("command", "/incident"),
            ("text", "stats"),
            ("user_id", stranger),
            ("channel_id", &channel),
            ("team_id", "T0"),
            ("trigger_id", stranger),
        ];
        assert_eq!(world.slack().delivers("/slack/commands", &fields, None).await, 200);
        if !is_bot {
            let n = world.slack().dm(stranger).count("Only full members of this workspace can do that");
            assert_eq!(n, 2, "each refusal is said to {stranger}");
        }
    }
    assert_eq!(world.n_events(1, "runbook_feedback").await, 1);
    // Slack lets nobody write to a bot.
    world.may_give_up();
});
