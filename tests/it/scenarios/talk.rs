//! What people say becomes part of the timeline: by a reaction, a pin or the message's menu, dated as it was said, and followed.

use chrono::{DateTime, Utc};
use dontpanic::commands::talk::posted_at;
use dontpanic::domain::incident::Actor;
use dontpanic::domain::incident::timeline::What;
use dontpanic::store::timeline::Told;
use dontpanic::workspace::{Answer, Fault, UserKind};
use serde_json::{Value, json};

use crate::harness::alertmanager::alert;
use crate::harness::house::house;
use crate::harness::slack::user;
use crate::harness::transcript::plain;
use crate::harness::world::{Span as _, World, scenario};

const ROOM: &str = "inc-20261120-high-error-rate-checkout";

async fn is_taken(world: &mut World) {
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    world.types("alice", ROOM, "/incident ack").await;
}

async fn is_over(world: &mut World) {
    world.alertmanager().resolves(&alert("HighErrorRate").service("checkout")).await;
    world.types("alice", ROOM, "/incident resolve It was the deploy").await;
    assert_eq!(world.state(1).await, "resolved");
}

fn channel(world: &World, name: &str) -> String {
    world.workspace().channel_by_name(name).expect("there is such a channel").id
}

async fn says(world: &mut World, who: &str, name: &str, text: &str, thread: Option<&str>) -> String {
    let id = channel(world, name);
    if !world.workspace().channel(&id).expect("it is there").members.contains(&user(who)) {
        world.workspace().join(&user(who), &id).await.expect("it is public");
    }
    let posted = world.workspace().post(&user(who), &id, text, thread).await.expect("they may write here");
    world.settle().await;
    posted.ts
}

async fn reacts(world: &mut World, who: &str, name: &str, ts: &str) {
    let id = channel(world, name);
    if !world.workspace().channel(&id).expect("it is there").members.contains(&user(who)) {
        world.workspace().join(&user(who), &id).await.expect("it is public");
    }
    let answer = world.workspace().react(&user(who), &id, ts, "pushpin").await;
    assert_eq!(answer, Ok(Answer::Acknowledged), "{who} reacts");
    world.settle().await;
}

async fn chooses(world: &mut World, who: &str, name: &str, ts: &str) -> String {
    let id = channel(world, name);
    let answer = world.workspace().message_shortcut(&user(who), &id, ts, "add_to_timeline").await;
    assert_eq!(answer, Ok(Answer::Acknowledged));
    world.settle().await;
    told_privately(world, who, name).pop().unwrap_or_default()
}

/// What only this person sees in a channel.
fn told_privately(world: &World, who: &str, name: &str) -> Vec<String> {
    let said = world.workspace().ephemerals(&channel(world, name));
    let theirs = said.iter().filter(|said| said.to == user(who));
    theirs.map(|said| plain(&said.message.text, world.workspace())).collect()
}

/// The events about what people said.
async fn noted(world: &World, n: i64) -> Vec<Told> {
    let mut told = world.timeline(n).await;
    told.retain(|told| told.entry.what.kind() == "note");
    told
}

async fn notes(world: &World, n: i64) -> Vec<String> {
    noted(world, n).await.into_iter().map(|told| told.text).collect()
}

fn has_sign(world: &World, name: &str, ts: &str) -> bool {
    let messages = world.workspace().messages(&channel(world, name));
    let message = messages.into_iter().find(|message| message.ts == ts).expect("the message is there");
    message
        .reactions
        .iter()
        .any(|reaction| reaction.name == "white_check_mark" && reaction.users == ["U0BOT"])
}

fn at(ts: &str) -> DateTime<Utc> {
    posted_at(&ts.into()).expect("a message's name is its time")
}

scenario!(
    a_pushpin_keeps_a_message_once_and_as_of_its_own_time,
    house().that_hears(),
    async |world: &mut World| {
        is_taken(world).await;
        let ts = says(world, "bob", ROOM, "<@U0A> rolled &lt;checkout&gt; back", None).await;
        assert!(notes(world, 1).await.is_empty(), "nobody asked for it");
        world.advance(15.minutes()).await;
        world.types("alice", ROOM, "/incident note errors are falling").await;
        reacts(world, "charlie", ROOM, &ts).await;

        let kept = noted(world, 1).await.pop().expect("it is there");
        assert_eq!(kept.text, "bob: @U0A rolled <checkout> back");
        assert_eq!((kept.entry.at, kept.entry.actor), (at(&ts), Actor::Person("bob".into())));
        let What::MessageNoted { added_by, .. } = kept.entry.what else { panic!("{:?}", kept.entry.what) };
        assert_eq!(added_by, Actor::Person("charlie".into()));
        assert!(has_sign(world, ROOM, &ts), "the bot reacts back");
        world.slack().room(ROOM).never_reads("bob: ");

        // By other people, in other ways, and taken back: it stays one note.
        reacts(world, "diana", ROOM, &ts).await;
        let id = channel(world, ROOM);
        world.workspace().pin(&user("alice"), &id, &ts).await.expect("she may pin it");
        world.settle().await;
        world.workspace().unreact(&user("charlie"), &id, &ts, "pushpin").await.expect("it is his");
        world.settle().await;
        assert_eq!(
            chooses(world, "bob", ROOM, &ts).await,
            "That message is on the timeline of INC-1 already."
        );
        assert_eq!(notes(world, 1).await.len(), 2);
        assert!(
            told_privately(world, "charlie", ROOM).is_empty()
                && told_privately(world, "diana", ROOM).is_empty()
        );

        is_over(world).await;
        let draft = world.postmortem(1).await;
        let place = |words: &str| draft.find(words).unwrap_or_else(|| panic!("no {words:?} in:\n{draft}"));
        assert!(place("back") < place("errors are falling"), "in the order in which it was said:\n{draft}");
    }
);

scenario!(the_menu_and_a_pin_keep_a_message_too, house().that_hears(), async |world: &mut World| {
    is_taken(world).await;
    let first = says(world, "bob", ROOM, "Scaling up", None).await;
    let answer = chooses(world, "charlie", ROOM, &first).await;
    assert_eq!(answer, "That message is on the timeline of INC-1 now. Edits are followed.");
    let second = says(world, "bob", ROOM, "Scaled up", None).await;
    let id = channel(world, ROOM);
    world.workspace().pin(&user("bob"), &id, &second).await.expect("he may pin it");
    world.settle().await;
    assert_eq!(notes(world, 1).await, ["bob: Scaling up", "bob: Scaled up"]);
    assert!(has_sign(world, ROOM, &first) && has_sign(world, ROOM, &second));
});

scenario!(
    an_edit_is_followed_and_a_deletion_takes_the_words,
    house().that_hears(),
    async |world: &mut World| {
        is_taken(world).await;
        let ts = says(world, "bob", ROOM, "the password is hunter2", None).await;
        let other = says(world, "bob", ROOM, "hunter2 is not on any timeline", None).await;
        reacts(world, "charlie", ROOM, &ts).await;
        world.advance(5.minutes()).await;
        let id = channel(world, ROOM);
        world.workspace().edit(&user("bob"), &id, &ts, "the password was changed").await.expect("it is his");
        world.workspace().edit(&user("bob"), &id, &other, "never mind").await.expect("it is his");
        world.settle().await;
        let event = noted(world, 1).await.first().expect("it is there").entry.seq;
        assert_eq!(
            notes(world, 1).await,
            ["bob: the password was changed".to_owned(), format!("bob edited the message of event {event}")]
        );
        assert_eq!(
            noted(world, 1).await.first().map(|told| told.entry.at),
            Some(at(&ts)),
            "as of when it was said"
        );

        is_over(world).await;
        assert!(world.postmortem(1).await.contains("the password was changed"));
        world.workspace().delete(&user("bob"), &id, &ts).await.expect("it is his");
        world.workspace().delete(&user("bob"), &id, &other).await.expect("it is his");
        world.settle().await;
        assert_eq!(
            notes(world, 1).await,
            [
                "bob: (text removed)".to_owned(),
                format!("bob edited the message of event {event}"),
                format!("The message of event {event} was deleted in Slack"),
            ]
        );
        let all = format!("{:?}", world.timeline(1).await);
        assert!(!all.contains("hunter2") && !all.contains("password"), "{all}");
        let draft = world.postmortem(1).await;
        assert!(!draft.contains("password") && draft.contains("(text removed)"), "{draft}");
        let shared = world.slack().room(ROOM).text();
        let shared = shared.iter().find(|said| said.contains("Post-mortem draft")).expect("it is shown");
        assert!(!shared.contains("password") && shared.contains("(text removed)"), "{shared}");
    }
);

scenario!(a_late_older_edit_changes_nothing, house().that_hears(), async |world: &mut World| {
    is_taken(world).await;
    let ts = says(world, "bob", ROOM, "first", None).await;
    reacts(world, "bob", ROOM, &ts).await;
    let channel = channel(world, ROOM);
    let edit = |id: &str, text: &str, edited: &str| {
        let message = json!({"user": "U0B", "ts": ts, "text": text, "edited": {"user": "U0B", "ts": edited}});
        event(
            id,
            &json!({"type": "message", "subtype": "message_changed", "channel": channel, "message": message}),
        )
    };
    let (newer, older) =
        (edit("Ev9", "third", "1999999999.000300"), edit("Ev8", "second", "1999999999.000200"));
    assert_eq!(world.slack().delivers_event(&newer, None).await, 200);
    assert_eq!(world.slack().delivers_event(&older, None).await, 200);
    assert_eq!(notes(world, 1).await.first().map(String::as_str), Some("bob: third"));
});

fn event(id: &str, event: &Value) -> Value {
    json!({
        "type": "event_callback", "event_id": id, "team_id": "T0", "event_time": 1, "event": event,
        "authorizations": [{"user_id": "U0BOT", "is_bot": true}],
    })
}

// Here the scenario delivers the events itself.
scenario!(an_event_delivered_three_times_counts_once, async |world: &mut World| {
    is_taken(world).await;
    let ts = says(world, "bob", ROOM, "Scaling up", None).await;
    let channel = channel(world, ROOM);
    let reaction = json!({
        "type": "reaction_added", "user": "U0C", "reaction": "pushpin", "item_user": "U0B",
        "item": {"type": "message", "channel": channel, "ts": ts}, "event_ts": "9.9",
    });
    for retry in [None, Some(1), Some(2)] {
        assert_eq!(world.slack().delivers_event(&event("Ev1", &reaction), retry).await, 200);
    }
    let deleted = json!({
        "type": "message", "subtype": "message_deleted", "channel": channel, "deleted_ts": ts, "ts": "9.9",
        "previous_message": {"user": "U0B", "ts": ts, "text": "Scaling up"},
    });
    assert_eq!(notes(world, 1).await, ["bob: Scaling up"]);
    for (id, retry) in [("Ev2", None), ("Ev2", Some(1)), ("Ev3", None)] {
        assert_eq!(world.slack().delivers_event(&event(id, &deleted), retry).await, 200);
    }
    assert_eq!(notes(world, 1).await.len(), 2, "once noted, once deleted");
    for id in ["Ev1", "Ev2", "Ev3"] {
        let kept = world.letter(&format!("event:{id}")).await;
        assert_eq!(kept.as_deref(), Some(""), "that it came is known, and not what it said");
    }
    assert_eq!(world.slack().delivers_event(&event("Ev4", &reaction), None).await, 200);
    assert_eq!(notes(world, 1).await.len(), 2, "what is gone does not come back");
});

scenario!(
    guests_and_strangers_may_not_but_what_they_say_may_be_kept,
    house().that_hears(),
    async |world: &mut World| {
        world.workspace().add_user("U0GUEST", "gus", UserKind::Guest, "Europe/Paris");
        world.workspace().add_user("U0FAR", "fay", UserKind::Guest, "Europe/Paris");
        is_taken(world).await;
        for stranger in ["U0GUEST", "U0FAR"] {
            world.slack().lets_in(stranger, ROOM).await;
        }
        // Their own workspace has brought this one in; an app cannot.
        let team = "T0ELSEWHERE".to_owned();
        world.workspace().add_user("U0FAR", "fay", UserKind::External { team }, "Europe/Paris");
        let ts = says(world, "U0GUEST", ROOM, "we see it too", None).await;
        for stranger in ["U0GUEST", "U0FAR"] {
            reacts(world, stranger, ROOM, &ts).await;
            let said = told_privately(world, stranger, ROOM);
            assert!(said.len() == 1 && said[0].contains("Only full members"), "{said:?}");
            assert!(chooses(world, stranger, ROOM, &ts).await.contains("Only full members"));
        }
        assert!(notes(world, 1).await.is_empty() && !has_sign(world, ROOM, &ts));

        reacts(world, "bob", ROOM, &ts).await;
        let kept = noted(world, 1).await.pop().expect("it is there");
        assert_eq!(
            (kept.entry.actor, kept.text.as_str()),
            (Actor::Slack("U0GUEST".into()), "Slack user U0GUEST: we see it too")
        );
    }
);

scenario!(
    what_the_bot_writes_and_what_is_said_elsewhere_is_ignored,
    house().that_hears(),
    async |world: &mut World| {
        is_taken(world).await;
        let id = channel(world, ROOM);
        let card = world.workspace().messages(&id).first().expect("the card").ts.clone();
        reacts(world, "bob", ROOM, &card).await;
        assert_eq!(
            chooses(world, "bob", ROOM, &card).await,
            "I wrote that myself; the timeline has what it tells."
        );
        let elsewhere = says(world, "bob", "incidents", "lunch?", None).await;
        reacts(world, "charlie", "incidents", &elsewhere).await;
        assert!(told_privately(world, "charlie", "incidents").is_empty());
        assert!(
            chooses(world, "charlie", "incidents", &elsewhere)
                .await
                .starts_with("No incident is talked about here.")
        );
        let empty = says(world, "bob", ROOM, "  ", None).await;
        reacts(world, "charlie", ROOM, &empty).await;
        assert!(told_privately(world, "charlie", ROOM)[0].starts_with("That message has no text"));
        assert!(notes(world, 1).await.is_empty());
    }
);

scenario!(
    a_thread_under_an_announcement_belongs_to_its_incident,
    house().that_hears(),
    async |world: &mut World| {
        world.story_is("2026-11-20T10:00:00Z");
        for name in ["HighResponseTime", "SlowQueue"] {
            world.alertmanager().fires(alert(name).service("checkout").severity("warning")).await;
        }
        let announcement = world.incident(2).await.room.announcement.expect("it is announced").ts.to_string();
        let ts = says(world, "bob", "incidents", "the queue is stuck", Some(&announcement)).await;
        reacts(world, "charlie", "incidents", &ts).await;
        assert_eq!(notes(world, 2).await, ["bob: the queue is stuck"]);
        assert!(notes(world, 1).await.is_empty());
        assert!(has_sign(world, "incidents", &ts));
        let id = channel(world, "incidents");
        world.workspace().edit(&user("bob"), &id, &ts, "the queue moves").await.expect("it is his");
        world.settle().await;
        assert_eq!(notes(world, 2).await.first().map(String::as_str), Some("bob: the queue moves"));
        for n in 1..=2 {
            world.types("alice", "incidents", &format!("/incident INC-{n} ack")).await;
        }
    }
);

scenario!(a_slack_that_does_not_answer_is_asked_again, house().that_hears(), async |world: &mut World| {
    world.may_log("it is tried again");
    world.may_log("to be tried again");
    is_taken(world).await;
    let ts = says(world, "bob", ROOM, "Scaling up", None).await;
    world.slack().fails_next("conversations.replies", Fault::Http(500), 2);
    world.slack().fails_next("reactions.add", Fault::Http(500), 1);
    reacts(world, "charlie", ROOM, &ts).await;
    for _ in 0..5 {
        world.wire_passes(1.minutes()).await;
    }
    assert_eq!(notes(world, 1).await, ["bob: Scaling up"]);
    assert!(has_sign(world, ROOM, &ts));
});
