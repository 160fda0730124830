//! Action items: written down in the channel, mostly when all is over; shown to their owner until they are done.

use dontpanic::workspace::UserKind;

use crate::harness::alertmanager::alert;
use crate::harness::house::house;
use crate::harness::slack::user;
use crate::harness::world::{Span as _, World, scenario};

const ROOM: &str = "inc-20261120-high-error-rate-checkout";

async fn is_over(world: &mut World) {
    let error_rate = alert("HighErrorRate").service("checkout");
    world.alertmanager().fires(error_rate.clone()).await;
    world.types("alice", ROOM, "/incident ack").await;
    world.alertmanager().resolves(&error_rate).await;
    world.types("alice", ROOM, "/incident resolve Rolled back").await;
}

scenario!(an_action_item_is_written_down_shown_and_done, async |world: &mut World| {
    is_over(world).await;
    world.opens_home("bob").await;
    let answer = world
        .types("alice", ROOM, "/incident action @bob 2026-12-01 Alert on <queue> depth <!channel>")
        .await;
    assert_eq!(
        answer,
        "Action item 1 of INC-1 is @bob's until 2026-12-01. First reminder 2026-11-29 08:00 UTC."
    );
    assert_eq!(world.n_events(1, "action_added").await, 1);
    let room = world.slack().room(ROOM);
    room.reads("*Action item 1* for @bob: Alert on").reads("until 2026-12-01").never_reads("<!channel>");
    let home = world.home("bob");
    assert!(
        home.contains("My action items") && home.contains("INC-1 · due in 11 days (2026-12-01)"),
        "{home}"
    );
    let draft = world.postmortem(1).await;
    assert!(draft.contains("- [ ] Alert on") && draft.contains("owner: bob; due: 2026-12-01"), "{draft}");

    let listed = world.types("charlie", "incidents", "/incident INC-1 action").await;
    assert!(listed.starts_with("*Action items of INC-1*: 1 open of 1\n1. Alert on"), "{listed}");
    let again = world.answer_button("charlie", "incidents", "Done 1");
    let button = world.slack().room(ROOM).button("Done");
    world.clicks_as("charlie", button).await;
    assert_eq!(world.n_events(1, "action_done").await, 1);
    let room = world.slack().room(ROOM);
    room.reads("done by @charlie").reads("@charlie says that action item 1 is done");
    assert_eq!(room.count("until 2026-12-01"), 0, "the first message follows");
    assert!(!world.home("bob").contains("My action items"), "{}", world.home("bob"));
    assert!(world.postmortem(1).await.contains("- [x] Alert on"));

    world.clicks_as("charlie", again).await;
    assert_eq!(world.n_events(1, "action_done").await, 1, "it is done once");
    let said = world.types("charlie", "incidents", "/incident INC-1 action").await;
    assert!(said.contains("0 open of 1") && said.contains("done by @charlie"), "{said}");
});

scenario!(an_owner_is_reminded_at_nine_in_their_own_morning, async |world: &mut World| {
    is_over(world).await;
    // Charlie is in New York, where it is four hours to midnight.
    world.types("alice", ROOM, "/incident action charlie 2026-11-24 Write the runbook").await;
    world.types("alice", ROOM, "/incident action @charlie 2026-11-24 Delete the old queue").await;
    let told = |world: &mut World| world.slack().dm("charlie").count("*Action item*");
    world.advance_to("2026-11-22T13:59:59Z".parse().expect("a time")).await;
    assert!(!world.slack().has_written_to("charlie"));
    world.advance(1.seconds()).await;
    assert_eq!(told(world), 2);
    world.slack().dm("charlie").reads("*Action item* due in 2 days (2026-11-24): Write the runbook");
    world.restart().await;
    let button = world.slack().dm("charlie").button("Done");
    world.clicks(button).await;
    world.slack().dm("charlie").reads("Action item 2 of INC-1 is done.");
    world.advance_to("2026-11-24T14:00:00Z".parse().expect("a time")).await;
    assert_eq!(told(world), 3);
    world.slack().dm("charlie").reads("*Action item* *due today* (2026-11-24): Write the runbook");
    world.advance((6 * 24).hours()).await;
    assert_eq!(told(world), 3);
    // The service sleeps through two mornings.
    world.dies().await;
    world.time_moves((9 * 24).hours());
    world.starts().await;
    assert_eq!(told(world), 4, "once, however late it is");
    world.slack().dm("charlie").reads("*Action item* *overdue for 15 days* (2026-11-24): Write the runbook");
    world.types("bob", "incidents", "/incident INC-1 action").await;
    let button = world.answer_button("bob", "incidents", "Done 1");
    world.clicks_as("bob", button).await;
    world.advance((30 * 24).hours()).await;
    assert_eq!(told(world), 4);
});

scenario!(
    an_owner_without_direct_messages_is_reminded_where_everybody_reads_it,
    {
        let people = "\n  alice: {slack: U0A}\n  bob: {slack: U0B}\n  gus: {webhook: \"${BASE}/phones/gus\", contact: [webhook]}";
        let schedule = "\n  platform: {timezone: Europe/Paris, rotation: {every: 1w, start: 2026-11-16, people: [alice, bob]}}";
        house()
            .with("people", people)
            .with("schedules", schedule)
            .with("roles", "{incident_commander: [person:alice], management: [person:alice]}")
    },
    async |world: &mut World| {
        is_over(world).await;
        world.types("bob", ROOM, "/incident action gus 2026-11-21 Order a disk").await;
        world.advance_to("2026-11-21T08:00:00Z".parse().expect("a time")).await;
        world.slack().room(ROOM).reads("gus: *Action item* *due today* (2026-11-21): Order a disk");
    }
);

scenario!(what_is_wrong_with_an_action_item_is_named, async |world: &mut World| {
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    world.types("alice", ROOM, "/incident ack").await;
    let long = "x".repeat(1001);
    for (typed, words) in [
        ("2026-12-01 rollback", "Say first who does it"),
        ("@bob", "Say until when"),
        ("@bob tomorrow rollback", "`tomorrow` is no day; write it as 2026-12-01"),
        ("@bob 2026-02-30 rollback", "`2026-02-30` is no day"),
        ("@bob 12026-12-01 rollback", "is no day"),
        ("@bob 2026-12-01", "Say what is to be done"),
        ("@bob 2026-11-18 rollback", "2026-11-18 is past: today is 2026-11-20 where you are"),
        ("@nobody 2026-12-01 rollback", "`nobody` is not in Don't Panic's configuration"),
        ("<@U0NOBODY> 2026-12-01 rollback", "is not in Don't Panic's configuration"),
        (&format!("@bob 2026-12-01 {long}"), "at most 1000 characters, this one has 1001"),
    ] {
        let answer = world.types("alice", ROOM, &format!("/incident action {typed}")).await;
        assert!(answer.contains(words), "{typed}: {answer}");
    }
    let answer = world.types("alice", ROOM, "/incident action @bob tomorrow x").await;
    assert!(answer.contains("`action` is used like this: `action ["), "{answer}");
    // Where charlie is, yesterday has not ended.
    let answer = world.types("charlie", ROOM, "/incident action @bob 2026-11-19 rollback").await;
    assert!(answer.starts_with("Action item 1 of INC-1"), "{answer}");
    assert_eq!(world.incident(1).await.actions.len(), 1, "nothing partial is stored");
    let answer = world.types("alice", "incidents", "/incident action").await;
    assert!(answer.starts_with("Which incident?"), "{answer}");
});

scenario!(members_write_action_items_down_and_strangers_do_not, async |world: &mut World| {
    let strangers = [
        ("U0G", UserKind::Guest),
        ("U0R", UserKind::UltraRestricted),
        ("U0X", UserKind::External { team: "T0OTHER".to_owned() }),
        ("U0Z", UserKind::Bot),
    ];
    is_over(world).await;
    world.workspace().add_user("U0M", "mallory", UserKind::Member, "Europe/Paris");
    let answer = world.types("U0M", "incidents", "/incident INC-1 action @bob 2026-12-01 rollback").await;
    assert!(answer.starts_with("Action item 1 of INC-1"), "a full member may: {answer}");
    let channel = world.workspace().channel_by_name("incidents").expect("it is there").id;
    for (stranger, kind) in strangers {
        let is_bot = kind == UserKind::Bot;
        world.workspace().add_user(stranger, &stranger.to_lowercase(), kind, "Europe/Paris");
        for (n, text) in ["INC-1 action @bob 2026-12-01 mine", "INC-1 action"].into_iter().enumerate() {
            let trigger = format!("{stranger}.{n}");
            let fields = [
                ("command", "/incident"),
                ("text", text),
                ("user_id", stranger),
                ("channel_id", &channel),
                ("team_id", "T0"),
                ("trigger_id", &trigger),
            ];
            assert_eq!(world.slack().delivers("/slack/commands", &fields, None).await, 200);
        }
        let click = serde_json::json!({
            "type": "block_actions", "team": {"id": "T0"}, "user": {"id": user(stranger), "team_id": "T0"},
            "trigger_id": format!("{stranger}.click"), "channel": {"id": channel},
            "actions": [{"type": "button", "action_id": "action_done_1", "value": "INC-1/1"}],
        });
        let payload = click.to_string();
        let fields = [("payload", payload.as_str())];
        assert_eq!(world.slack().delivers("/slack/interactions", &fields, None).await, 200);
        if !is_bot {
            let refusals =
                world.slack().dm(stranger).count("Only full members of this workspace can do that");
            assert_eq!(refusals, 3, "each refusal is said");
        }
    }
    assert_eq!(world.n_events(1, "action_added").await, 1);
    assert_eq!(world.n_events(1, "action_done").await, 0);
    // Slack lets nobody write to a bot.
    world.may_give_up();
});
