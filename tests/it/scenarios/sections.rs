//! The post-mortem is written in Slack: section by section, in a form, and nobody's words are lost.

use dontpanic::domain::incident::Actor;
use dontpanic::domain::postmortem::Part;
use dontpanic::ids::IncidentId;
use dontpanic::workspace::{Answer, Fault, UserKind, Values};
use serde_json::json;

use crate::harness::alertmanager::alert;
use crate::harness::slack::user;
use crate::harness::transcript::plain;
use crate::harness::world::{Span as _, World, scenario};

const ROOM: &str = "inc-20261120-high-error-rate-checkout";

async fn is_over(world: &mut World) {
    let error_rate = alert("HighErrorRate").service("checkout");
    world.alertmanager().fires(error_rate.clone()).await;
    world.types("alice", ROOM, "/incident ack").await;
    world.alertmanager().resolves(&error_rate).await;
    world.types("alice", ROOM, "/incident resolve Rolled back").await;
}

async fn edits(world: &mut World, who: &str) {
    let button = world.slack().room(ROOM).button("Edit");
    world.clicks_as(who, button).await;
}

/// What somebody sees in the form they have open.
fn form(world: &World, who: &str) -> String {
    world.form(who).unwrap_or_else(|| panic!("{who} sees no form")).to_string()
}

async fn human(world: &World, part: Part) -> Option<String> {
    let postmortem = world.use_cases().postmortem(IncidentId(1)).await.expect("the database answers");
    let sections = postmortem.expect("it is drafted").sections;
    sections.into_iter().find(|section| section.part == part).expect("it is there").human
}

async fn is_written_by_api(world: &mut World, part: Part, words: &str) {
    let actor = Actor::Token("ci".to_owned());
    let written = world.use_cases().write_postmortem(IncidentId(1), part, words.to_owned(), &actor).await;
    assert_eq!(written, Ok(true));
    world.settle().await;
}

/// What only this person was told, the latest last: in the channel, or directly when they are not in it.
fn told(world: &World, who: &str) -> Vec<String> {
    let channel = world.workspace().channel_by_name(ROOM).expect("it is there").id;
    let said = world.workspace().ephemerals(&channel);
    let here = said.iter().filter(|said| said.to == user(who)).map(|said| said.message.text.clone());
    let direct = world.workspace().direct_messages(&user(who)).map(|(_, messages)| messages);
    let direct = direct.into_iter().flatten().map(|message| message.text);
    direct.chain(here).map(|text| plain(&text, world.workspace())).collect()
}

scenario!(a_section_is_written_in_a_form_and_the_channel_shows_it, async |world: &mut World| {
    is_over(world).await;
    edits(world, "charlie").await;
    let shown = form(world, "charlie");
    assert!(shown.contains("Received: 2026-11-20 03:00:00"), "what is generated: {shown}");
    assert!(shown.contains("What happened, in two sentences"), "{shown}");
    let words = "A deploy broke <checkout> & *nobody* noticed <!channel>.\n\nIt was rolled back.";
    assert_eq!(world.fills_in("charlie", &[("summary", words)]).await, Answer::Acknowledged);
    assert_eq!(
        told(world, "charlie").last().map(String::as_str),
        Some("Saved: Summary of the post-mortem of INC-1.")
    );
    assert_eq!(human(world, Part::Summary).await.as_deref(), Some(words), "to the letter");
    let room = world.slack().room(ROOM);
    room.reads("A deploy broke").never_reads("<!channel>");
    assert_eq!(room.count("Post-mortem draft for INC-1"), 1, "the message is edited in place");

    // The next one that nobody has written comes by itself; any other is chosen.
    edits(world, "bob").await;
    assert!(form(world, "bob").contains("What happened that no event above shows"), "{}", form(world, "bob"));
    world.chooses("bob", "choose_section", "summary").await;
    let shown = form(world, "bob");
    assert!(shown.contains("\"initial_value\":\"A deploy broke <checkout>"), "filled in: {shown}");
    world.chooses("bob", "choose_section", "root-cause").await;
    let shown = form(world, "bob");
    assert!(!shown.contains("A deploy broke") && shown.contains("Ask why until the answer"), "{shown}");
    let fields = [("root-cause", "Nobody reviewed the migration.")];
    assert_eq!(world.fills_in("bob", &fields).await, Answer::Acknowledged);
    world.slack().room(ROOM).reads("Nobody reviewed the migration.").reads("A deploy broke");
    assert_eq!(human(world, Part::Timeline).await, None);

    // An empty text takes theirs away.
    edits(world, "bob").await;
    world.chooses("bob", "choose_section", "summary").await;
    assert_eq!(world.fills_in("bob", &[("summary", "")]).await, Answer::Acknowledged);
    assert_eq!(human(world, Part::Summary).await, None);
    world.slack().room(ROOM).never_reads("A deploy broke");
});

scenario!(whoever_saves_later_does_not_write_over_somebody_elses_words, async |world: &mut World| {
    is_over(world).await;
    edits(world, "alice").await;
    edits(world, "bob").await;
    assert_eq!(world.fills_in("bob", &[("summary", "Bob's words")]).await, Answer::Acknowledged);
    let answer = world.fills_in("alice", &[("summary", "Alice's words")]).await;
    let Answer::InputErrors(faults) = answer else { panic!("{answer:?}") };
    assert!(faults["summary"].starts_with("bob saved this section while you were writing"), "{faults:?}");
    assert_eq!(human(world, Part::Summary).await.as_deref(), Some("Bob's words"));
    assert!(form(world, "alice").contains("Alice's words"), "what she typed is still there");

    // She looks again, sees his, and joins the two.
    edits(world, "alice").await;
    world.chooses("alice", "choose_section", "summary").await;
    assert!(form(world, "alice").contains("Bob's words"));
    assert_eq!(world.fills_in("alice", &[("summary", "Both words")]).await, Answer::Acknowledged);
    assert_eq!(human(world, Part::Summary).await.as_deref(), Some("Both words"));
});

scenario!(of_two_who_save_at_the_same_time_one_gets_their_words_back, async |world: &mut World| {
    is_over(world).await;
    for who in ["alice", "bob"] {
        edits(world, who).await;
    }
    for who in ["alice", "bob"] {
        let form = world.form(who).expect("it is open");
        let mut values = Values::new();
        let typed = json!(format!("{who}'s <words>"));
        values.entry("summary".to_owned()).or_default().insert("summary".to_owned(), typed);
        let view = form["id"].as_str().unwrap_or_default();
        let answer = world.workspace().submit_view(&user(who), view, &values).await;
        assert_eq!(answer, Ok(Answer::Acknowledged), "nobody has written yet");
    }
    world.settle().await;
    let won = human(world, Part::Summary).await.expect("one of them wrote");
    let (winner, loser) = if won == "alice's <words>" { ("alice", "bob") } else { ("bob", "alice") };
    assert_eq!(won, format!("{winner}'s <words>"));
    assert_eq!(
        told(world, winner).last().map(String::as_str),
        Some("Saved: Summary of the post-mortem of INC-1.")
    );
    let back = told(world, loser).pop().expect("they are told");
    assert!(back.starts_with("*Not saved:*") && back.contains(&format!("{loser}'s &lt;words&gt;")), "{back}");
});

scenario!(
    the_form_opens_before_anything_is_read_and_is_filled_when_slack_lets_it,
    async |world: &mut World| {
        world.may_log("to be tried again");
        is_over(world).await;
        world.slack().fails_next("views.update", Fault::Http(500), 2);
        edits(world, "bob").await;
        assert!(form(world, "bob").contains("One moment"), "its cover: {}", form(world, "bob"));
        for _ in 0..4 {
            world.wire_passes(1.minutes()).await;
        }
        assert!(form(world, "bob").contains("What happened, in two sentences"), "{}", form(world, "bob"));
        // A form that was closed meanwhile is nobody's business any more.
        world.slack().fails_next("views.update", Fault::Error("not_found"), 1);
        world.chooses("bob", "choose_section", "impact").await;
        world.may_log("a form could not be shown");
        world.slack().fails_next("views.open", Fault::Error("expired_trigger_id"), 1);
        edits(world, "bob").await;
        let said = told(world, "bob").pop().unwrap_or_default();
        assert!(said.starts_with("The form did not open. Press *Edit* again"), "{said}");
    }
);

scenario!(only_the_latest_of_several_messages_shows_the_draft, async |world: &mut World| {
    is_over(world).await;
    world.types("bob", ROOM, "/incident postmortem").await;
    let room = world.slack().room(ROOM);
    room.reads("The post-mortem of INC-1 is shown again further down.");
    assert_eq!(room.count("Post-mortem draft for INC-1"), 1);
    is_written_by_api(world, Part::Impact, "Through the API").await;
    world.slack().room(ROOM).reads("Through the API");
    world.types("bob", ROOM, "/incident postmortem publish").await;
    world.slack().room(ROOM).reads("Published");
});

scenario!(what_is_too_long_for_a_form_is_not_cut, async |world: &mut World| {
    is_over(world).await;
    let long = "x".repeat(3001);
    is_written_by_api(world, Part::Summary, &long).await;
    edits(world, "bob").await;
    world.chooses("bob", "choose_section", "summary").await;
    let shown = form(world, "bob");
    assert!(shown.contains("What people wrote here is too long for this form"), "{shown}");
    assert!(!shown.contains("plain_text_input"), "there is nothing to write in: {shown}");
    assert_eq!(human(world, Part::Summary).await, Some(long));
});

scenario!(strangers_write_in_no_postmortem, async |world: &mut World| {
    is_over(world).await;
    world.workspace().add_user("U0M", "mallory", UserKind::Member, "Europe/Paris");
    edits(world, "U0M").await;
    assert_eq!(world.fills_in("U0M", &[("summary", "A member's")]).await, Answer::Acknowledged);
    let channel = world.workspace().channel_by_name("incidents").expect("it is there").id;
    let form = json!({"form": "section", "incident": "INC-1", "part": "summary", "revision": 0});
    let back = json!({"form": form, "channel": channel}).to_string();
    let strangers = [
        ("U0G", UserKind::Guest),
        ("U0R", UserKind::UltraRestricted),
        ("U0X", UserKind::External { team: "T0OTHER".to_owned() }),
        ("U0Z", UserKind::Bot),
    ];
    for (stranger, kind) in strangers {
        let is_bot = kind == UserKind::Bot;
        world.workspace().add_user(stranger, &stranger.to_lowercase(), kind, "Europe/Paris");
        let who = json!({"id": user(stranger), "team_id": "T0"});
        let typed = json!({"type": "plain_text_input", "value": "mine"});
        let view = json!({
            "id": "V1", "hash": "h", "callback_id": "dontpanic_form", "private_metadata": back,
            "state": {"values": {"summary": {"summary": typed}}},
        });
        let edit = json!({"type": "button", "action_id": "edit_postmortem", "value": "INC-1/1"});
        let choice = json!({
            "type": "static_select", "action_id": "choose_section", "selected_option": {"value": "impact"},
        });
        let acts = [
            json!({"type": "block_actions", "user": who, "channel": {"id": channel}, "actions": [edit]}),
            json!({"type": "block_actions", "user": who, "view": view, "actions": [choice]}),
            json!({"type": "view_submission", "user": who, "view": view}),
        ];
        for (n, mut act) in acts.into_iter().enumerate() {
            act["trigger_id"] = json!(format!("{stranger}.{n}"));
            let payload = act.to_string();
            let fields = [("payload", payload.as_str())];
            assert_eq!(world.slack().delivers("/slack/interactions", &fields, None).await, 200);
        }
        if !is_bot {
            let n = world.slack().dm(stranger).count("Only full members of this workspace can do that");
            assert_eq!(n, 3, "each refusal is said to {stranger}");
        }
        assert_eq!(world.form(stranger), None);
    }
    assert_eq!(human(world, Part::Summary).await.as_deref(), Some("A member's"));
    // Slack lets nobody write to a bot.
    world.may_give_up();
});
