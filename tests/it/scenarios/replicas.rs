//! Two processes on one PostgreSQL: both take their turns at every instant, requests reach them alternately or at once, and
//! what they leave is what one would have left.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use dontpanic::domain::incident::command::WhileFiring;
use dontpanic::domain::incident::timeline::Origin;
use dontpanic::domain::incident::{Actor, Command};
use dontpanic::ids::{IncidentId, PersonId};
use futures::future::join_all;
use serde_json::json;

use super::crashes;
use crate::harness::alertmanager::{alert, recording};
use crate::harness::database::TestDatabase;
use crate::harness::house::{WEBHOOK_TOKEN, house};
use crate::harness::pagers::Ring;
use crate::harness::slack::{signature, user};
use crate::harness::world::{Span as _, World};

const ROOM: &str = "inc-20261120-high-error-rate-checkout";
/// A dead process's work is taken over by then.
const TAKEN_OVER: TimeDelta = TimeDelta::seconds(15);

/// Plays a story on two processes.
macro_rules! on_two {
    ($name:ident, $story:expr) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            World::plays_on_two(house(), TestDatabase::postgres().await, $story).await;
        }
    };
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_night_on_two_is_the_night_on_one() {
    let (mut on_one, mut on_two) = (None, None);
    let story = async |world: &mut World| on_one = Some(crashes::plays(world).await);
    World::plays(crashes::quiet_house(), TestDatabase::postgres().await, story).await;
    let story = async |world: &mut World| on_two = Some(crashes::plays(world).await);
    World::plays_on_two(crashes::quiet_house(), TestDatabase::postgres().await, story).await;
    let (on_one, on_two) = (on_one.expect("a night"), on_two.expect("a night"));
    on_two.is_like(&on_one);
    assert_eq!(on_two.doubles(&on_one), Vec::<String>::new());
}

on_two!(a_ladder_climbs_once, async |world: &mut World| {
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    world.advance(50.minutes()).await;
    assert_eq!(world.paged(1).await, ["alice", "bob", "diana", "eve"]);
    for who in ["alice", "bob", "diana", "eve"] {
        assert_eq!(world.slack().dm(who).count("HighErrorRate checkout"), 1, "{who} has one message");
        let rings = world.pager(who).all();
        assert!(rings.iter().skip(1).all(Ring::is_repeat), "{who}'s phone: {rings:?}");
    }
    assert_eq!(world.n_events(1, "escalated").await, 3);
    let button = world.slack().dm("eve").button("Acknowledge");
    world.clicks(button).await;
    let n_pages = world.ledger(1).await.len();
    world.advance(2.hours()).await;
    assert_eq!(world.ledger(1).await.len(), n_pages, "the other one knows of it");
});

on_two!(an_end_and_its_beginning_at_the_same_time_leave_nothing_that_fires, async |world: &mut World| {
    let token = format!("Bearer {WEBHOOK_TOKEN}");
    let headers = [("authorization", token.as_str()), ("content-type", "application/json")];
    let ended = world.now();
    let began = ended - 1.minutes();
    for n in 0..8 {
        // Whichever comes first on whichever process: a beginning that is behind its end is stale, one before it ends with it.
        let alert = alert(&format!("Brief{n}")).service("checkout");
        let bodies = [alert.end(began, ended), alert.delivery(began)];
        let posts =
            bodies.iter().map(|body| world.posts_to_all("/webhooks/alertmanager", &headers, body.as_bytes()));
        let answers: Vec<u16> = join_all(posts).await.into_iter().flatten().collect();
        assert_eq!(answers, [200; 4]);
        world.settle().await;
        for incident in world.incidents().await {
            assert_eq!(incident.n_firing, 0, "{} fires though its end was told", incident.id);
        }
        world.advance(2.minutes()).await;
    }
    assert!(world.incidents().await.iter().all(|incident| incident.state.name() != "triggered"));
});

on_two!(a_replica_dies_and_the_other_sends_its_page, async |world: &mut World| {
    let delivery = alert("HighErrorRate").service("checkout").delivery(world.now());
    let status = world.alertmanager().posts(delivery).await;
    assert_eq!(status, 200);
    // It held the page, and nothing has left.
    world.dies().await;
    world.settle().await;
    world.wire_passes(TAKEN_OVER).await;
    assert_eq!(world.paged(1).await, ["alice"]);
    assert_eq!(world.slack().dm("alice").count("HighErrorRate checkout"), 1);
    world.slack().room(ROOM).has_topic("P2 · triggered");
    world.advance(15.minutes()).await;
    assert_eq!(world.paged(1).await, ["alice", "bob"], "and climbs on time");
    let button = world.slack().dm("bob").button("Acknowledge");
    world.clicks(button).await;
});

on_two!(a_replica_dies_with_a_click_and_the_other_does_it, async |world: &mut World| {
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    let button = world.slack().dm("alice").button("Acknowledge");
    world.sends_click("alice", &button).await;
    // Whichever of the two has it, it is in the inbox.
    world.dies().await;
    world.settle().await;
    assert_eq!(world.state(1).await, "acknowledged");
    world.slack().dm("alice").has_no_button("Acknowledge");
    world.starts().await;
    world.advance(1.hours()).await;
    assert_eq!(world.paged(1).await, ["alice"]);
});

on_two!(one_after_the_other_dies_and_is_replaced, async |world: &mut World| {
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    for _ in 0..6 {
        world.dies().await;
        world.advance(5.minutes()).await;
        world.starts().await;
        world.advance(5.minutes()).await;
    }
    assert_eq!(world.paged(1).await, ["alice", "bob", "diana", "eve", "alice"]);
    for page in world.ledger(1).await {
        assert_eq!(page.sent, Some(page.due), "{} left late", page.id);
    }
    assert_eq!(world.slack().rooms(), [ROOM]);
    let button = world.slack().dm("eve").button("Acknowledge");
    world.clicks(button).await;
});

on_two!(the_same_webhook_at_both_at_once, async |world: &mut World| {
    let token = format!("Bearer {WEBHOOK_TOKEN}");
    let headers = [("authorization", token.as_str()), ("content-type", "application/json")];
    let names: Vec<String> = (0..9).map(|n| format!("Load{n}")).collect();
    let bodies: Vec<String> =
        names.iter().map(|name| alert(name).service("checkout").delivery(world.now())).collect();
    let posting =
        bodies.iter().map(|body| world.posts_to_all("/webhooks/alertmanager", &headers, body.as_bytes()));
    let statuses: Vec<u16> = join_all(posting).await.concat();
    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
    world.settle().await;
    assert_eq!(world.incidents().await.len(), 9, "one less than a storm");
    assert_eq!(world.slack().rooms().len(), 9);
    for n in 1..=9 {
        let of = world.incidents().await[n - 1].id.0;
        assert_eq!(world.n_events(of, "alert_firing").await, 1);
        assert_eq!(world.paged(of).await, ["alice"]);
        world.asks_api(&format!("incidents/INC-{of}/ack"), json!({"person": "alice"})).await;
    }
});

/// Slack delivers the same form to both at once, signed.
async fn both_are_told(world: &mut World, path: &str, fields: &[(&str, &str)]) {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let timestamp = world.wire_now().timestamp();
    let (stamp, signature) = (timestamp.to_string(), signature(timestamp, &body));
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("x-slack-request-timestamp", stamp.as_str()),
        ("x-slack-signature", signature.as_str()),
    ];
    assert_eq!(world.posts_to_all(path, &headers, body.as_bytes()).await, [200, 200]);
    world.settle().await;
}

// Of all buttons the one that does something anew each time it is meant.
on_two!(the_same_click_at_both_at_once, async |world: &mut World| {
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    let button = world.slack().room(ROOM).button("Escalate");
    world.may_log("to be tried again");
    world.may_give_up();
    for (who, trigger) in [("alice", "1.2.the-same"), ("alice", "1.2.the-same"), ("bob", "1.2.a-later-one")] {
        let payload = json!({
            "type": "block_actions", "team": {"id": "T0"}, "user": {"id": user(who), "team_id": "T0"},
            "trigger_id": trigger, "channel": {"id": button.channel},
            "container": {"type": "message", "message_ts": button.ts, "channel_id": button.channel},
            "actions": [button.element],
        });
        both_are_told(world, "/slack/interactions", &[("payload", &payload.to_string())]).await;
        assert_eq!(world.paged(1).await, ["alice", "bob"], "{who}: one step further and no more");
    }
    assert_eq!(world.n_events(1, "escalated").await, 1);
    world.types("bob", ROOM, "/incident ack").await;
});

on_two!(the_same_letter_at_both_at_once, async |world: &mut World| {
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    let room = world.workspace().channel_by_name(ROOM).expect("its channel").id;
    let whose = user("bob");
    let fields = [
        ("command", "/incident"),
        ("text", "note Looking"),
        ("user_id", whose.as_str()),
        ("channel_id", room.as_str()),
        ("team_id", "T0"),
        ("trigger_id", "1.2.the-same"),
        ("response_url", "http://127.0.0.1:1/nobody"),
    ];
    world.may_log("to be tried again");
    world.may_give_up();
    both_are_told(world, "/slack/commands", &fields).await;
    both_are_told(world, "/slack/commands", &fields).await;
    assert_eq!(world.n_events(1, "note").await, 1);
    let button = world.slack().dm("alice").button("Acknowledge");
    world.clicks(button).await;
});

on_two!(two_people_answer_at_both_at_once, async |world: &mut World| {
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    world.advance(15.minutes()).await;
    let [one, other] = world.both();
    let ack = |who: &str| Command::Acknowledge { by: Actor::Person(PersonId::from(who)) };
    let (first, second) = tokio::join!(
        one.handle(IncidentId(1), ack("alice"), Origin::Api),
        other.handle(IncidentId(1), ack("bob"), Origin::Api),
    );
    assert!(first.is_ok() || second.is_ok(), "{first:?} {second:?}");
    world.settle().await;
    assert_eq!(world.n_events(1, "acked").await, 1, "one of them has it");
    let n_pages = world.ledger(1).await.len();
    world.advance(2.hours()).await;
    assert_eq!(world.ledger(1).await.len(), n_pages);
});

on_two!(an_acknowledgement_races_a_resolve_elsewhere, async |world: &mut World| {
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    let [one, other] = world.both();
    let ack = Command::Acknowledge { by: Actor::Person(PersonId::from("alice")) };
    let by = Actor::Person(PersonId::from("bob"));
    let resolve = Command::Resolve { by, summary: None, while_firing: WhileFiring::Resolve };
    let (acked, resolved) = tokio::join!(
        one.handle(IncidentId(1), ack, Origin::Api),
        other.handle(IncidentId(1), resolve, Origin::Api),
    );
    resolved.expect("the resolve is taken, before or after");
    world.settle().await;
    assert_eq!(world.n_events(1, "acked").await, usize::from(acked.is_ok()));
    assert_eq!(world.state(1).await, "resolved");
    assert_eq!(world.n_events(1, "postmortem_drafted").await, 1);
});

on_two!(an_acknowledgement_races_the_next_step, async |world: &mut World| {
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    world.advance(899.seconds()).await;
    world.time_moves(1.seconds());
    let [one, other] = world.both();
    let ack = Command::Acknowledge { by: Actor::Person(PersonId::from("alice")) };
    let (acked, woken) = tokio::join!(one.handle(IncidentId(1), ack, Origin::Api), other.tick_timers());
    acked.expect("the acknowledgement is taken, before or after");
    woken.expect("the timers turn");
    world.settle().await;
    assert_eq!(world.state(1).await, "acknowledged");
    let paged = world.paged(1).await;
    assert_eq!(
        paged.len() - 1,
        world.n_events(1, "escalated").await,
        "bob is woken before it or not at all: {paged:?}"
    );
    world.advance(2.hours()).await;
    assert_eq!(world.paged(1).await, paged, "nobody is woken after it");
});

on_two!(two_halves_of_a_group_at_both_at_once, async |world: &mut World| {
    world.story_is("2026-11-20T23:22:00Z");
    let token = format!("Bearer {WEBHOOK_TOKEN}");
    let headers = [("authorization", token.as_str()), ("content-type", "application/json")];
    let files = ["ha-partition/01-firing.json", "ha-partition/02-firing.json"];
    for _ in 0..3 {
        let posting = files.map(|file| world.post("/webhooks/alertmanager", &headers, recording(file)));
        let answers = join_all(posting).await;
        assert!(answers.iter().all(|(status, _)| status.as_u16() == 200), "{answers:?}");
    }
    world.settle().await;
    assert_eq!(world.incidents().await.len(), 1, "one incident");
    assert_eq!(world.slack().rooms().len(), 1, "one channel");
    assert_eq!(world.ledger(1).await.len(), 1, "one page");
});

on_two!(two_people_take_the_same_span_at_both_at_once, async |world: &mut World| {
    let channel = world.workspace().channel_by_name("incidents").expect("it is there").id;
    for (n, who) in ["bob", "charlie", "diana"].into_iter().enumerate() {
        let (whose, trigger) = (user(who), format!("take.{n}"));
        let fields = [
            ("command", "/oncall"),
            ("text", "take 2h"),
            ("user_id", whose.as_str()),
            ("channel_id", channel.as_str()),
            ("team_id", "T0"),
            ("trigger_id", trigger.as_str()),
        ];
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let kind = "application/x-www-form-urlencoded";
        assert_eq!(world.delivers("/slack/commands", kind, body, None).await, 200);
    }
    world.settle().await;
    let (_, made) = world.gets_api("oncall/overrides").await;
    let made = made["overrides"].as_array().expect("a list").clone();
    assert_eq!(made.len(), 1, "{made:?}");
    let winner = made[0]["person"].as_str().expect("a person").to_owned();
    for who in ["bob", "charlie", "diana"] {
        let said = world.workspace().ephemerals(&channel);
        let said: Vec<&str> =
            said.iter().filter(|said| said.to == user(who)).map(|said| said.message.text.as_str()).collect();
        let words = if who == winner { "Override 1:" } else { "has arranged something else, override 1" };
        assert!(said.len() == 1 && said[0].contains(words), "{who}: {said:?}");
    }
});

on_two!(an_override_at_one_is_followed_by_the_other, async |world: &mut World| {
    world.types("bob", "incidents", "/oncall take 2h").await;
    // Whoever made it dies; the one that only heard of it pages.
    world.dies().await;
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    assert_eq!(world.paged(1).await, ["bob"]);
    world.starts().await;
    world.types("charlie", "incidents", "/oncall take 1h").await;
    let button = world.answer_button("charlie", "incidents", "Replace it");
    world.clicks_as("charlie", button).await;
    assert_eq!(world.paged(1).await, ["bob", "charlie"], "once, although both look");
    assert_eq!(world.n_events(1, "escalated").await, 1);
    let button = world.slack().dm("charlie").button("Acknowledge");
    world.clicks(button).await;
});

on_two!(a_handoff_is_attended_to_once, async |world: &mut World| {
    world.advance_to("2026-11-23T08:00:00Z".parse().expect("a time")).await;
    assert_eq!(world.slack().room("incidents").count("Handoff of platform"), 1);
    assert_eq!(world.slack().dm("bob").count("Test page"), 1);
    assert_eq!(world.pager("bob").all().len(), 1);
    world.advance(1.hours()).await;
    assert_eq!(world.slack().room("dontpanic-admin").count("has not confirmed the test page"), 1);
});

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pagerduty_hears_of_each_step_once() {
    let house = house().beside_pagerduty();
    World::plays_on_two(house, TestDatabase::postgres().await, async |world: &mut World| {
        let error_rate = alert("HighErrorRate").service("checkout");
        // An HA pair tells both of them, and somebody answers both at once.
        world.alertmanager().fires(error_rate.clone()).await;
        world.alertmanager().repeats(&error_rate).await;
        world.types("alice", ROOM, "/incident ack").await;
        world.types("bob", ROOM, "/incident ack").await;
        world.alertmanager().resolves(&error_rate).await;
        world.advance(11.minutes()).await;
        assert_eq!(world.state(1).await, "resolved");
        let told = world.pagerduty().all();
        let steps: Vec<(&str, &str)> =
            told.iter().map(|event| (event.headline.as_str(), event.to.as_str())).collect();
        assert_eq!(steps, ["trigger", "acknowledge", "resolve"].map(|step| (step, "dontpanic/here/INC-1")));
        let keys: BTreeSet<String> = told.iter().map(|event| event.whole["dedup_key"].to_string()).collect();
        assert_eq!(keys.len(), 1, "whichever replica tells it: {keys:?}");
    })
    .await;
}
