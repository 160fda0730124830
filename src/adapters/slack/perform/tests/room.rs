//! The announcement, the channel and its furniture.

use super::*;
use crate::domain::incident::timeline::{Entry, Origin, What};
use crate::domain::incident::{Actor, Loss, Message, Uninvited};
use crate::ids::PersonId;
use crate::ports::Lost;

#[tokio::test]
async fn the_house_channels_are_found_once_and_joined() {
    let world = World::new().await;
    let listed = json!({"id": "C01", "name": "incidents", "is_member": false});
    world.says("conversations.list", json!({"ok": true, "channels": [listed]})).await;
    world.says("conversations.join", json!({"ok": true})).await;
    world.says("chat.postMessage", posted("C01")).await;
    let message = Message { channel: "C01".into(), ts: "7.7".into() };
    assert_eq!(world.perform(Effect::Announce, view()).await, Performed::Done(Receipt::Posted(message)));
    assert_eq!(world.perform(Effect::Shout { what: Shout::Unanswered(1) }, view()).await, done());
    assert_eq!(world.calls("conversations.list").await.len(), 1);
    assert_eq!(world.calls("conversations.join").await, [json!({"channel": "C01"})]);
    let what = Warning::SlackRefused { what: "bookmark".to_owned(), why: "no".to_owned() };
    let Performed::Refused { why } = world.perform(Effect::TellAdmins { what }, view()).await else {
        unreachable!("there is no admin channel")
    };
    assert!(why.contains("create it") && why.contains("`dontpanic-admin`"), "{why}");
}

/// Alice has just said something about it.
fn noted(mut view: View) -> View {
    view.entry = Some(Entry {
        seq: 5,
        at: at("03:06"),
        actor: Actor::Person("alice".into()),
        origin: Origin::Slack,
        what: What::Note { text: "now <watching>".to_owned() },
    });
    view
}

#[tokio::test]
async fn what_is_said_before_there_is_a_place_waits_for_one() {
    let world = World::new().await;
    let mut view = noted(view());
    (view.incident.room.channel, view.incident.room.announcement) = (None, None);
    for place in [Place::Channel, Place::Thread] {
        let performed = world.perform(Effect::Say { seq: 5, place }, view.clone()).await;
        assert!(matches!(performed, Performed::NotYet { .. }), "{place:?}: {performed:?}");
    }
}

#[tokio::test]
async fn only_missing_bookmarks_are_added_and_a_plan_without_them_is_no_fault() {
    let world = World::new().await;
    let there =
        json!([{"id": "Bk1", "title": "Runbook", "link": "https://runbooks.example/high-error-rate"}]);
    world.says("bookmarks.list", json!({"ok": true, "bookmarks": there})).await;
    world.says("bookmarks.add", json!({"ok": true, "bookmark": {"id": "Bk2"}})).await;
    assert_eq!(world.perform(Effect::Bookmark, settled()).await, done());
    let [added] = world.calls("bookmarks.add").await.try_into().unwrap();
    assert_eq!(
        (&added["title"], &added["link"]),
        (&json!("Ledger"), &json!("https://grafana.example/d/ledger"))
    );

    let world = World::new().await;
    world.refuses("bookmarks.list", "missing_scope").await;
    assert_eq!(world.perform(Effect::Bookmark, settled()).await, done());
}

#[tokio::test]
async fn a_channel_that_cannot_be_used_is_said_to_be_lost() {
    let world = World::new().await;
    world.refuses("conversations.setTopic", "is_archived").await;
    let lost = Performed::Done(Receipt::Lost(Lost::Channel("C42".into(), Loss::Archived)));
    assert_eq!(world.perform(Effect::SetTopic, settled()).await, lost);
    let [call] = world.calls("conversations.setTopic").await.try_into().unwrap();
    assert_eq!(call, json!({"channel": "C42", "topic": "P2 · triggered · IC @diana"}));
}

#[tokio::test]
async fn what_is_said_goes_to_the_channel_or_else_the_thread() {
    let world = World::new().await;
    world.says("chat.postMessage", posted("C42")).await;
    let mut threaded = noted(settled());
    threaded.incident.room.channel = None;
    for view in [noted(settled()), threaded] {
        assert_eq!(world.perform(Effect::Say { seq: 5, place: Place::Channel }, view).await, done());
    }
    let [said, threaded] = world.calls("chat.postMessage").await.try_into().unwrap();
    assert_eq!((&said["channel"], &said["thread_ts"]), (&json!("C42"), &Value::Null));
    assert_eq!((&threaded["channel"], &threaded["thread_ts"]), (&json!("C01"), &json!("1.5")));
    assert_eq!(said["text"], "<@U0A>: now &lt;watching&gt;");
}

#[tokio::test]
async fn what_was_posted_is_edited_instead_of_posted_again() {
    let world = World::new().await;
    world.says("chat.update", json!({"ok": true})).await;
    let room = settled().incident.room;
    let (card, line) = (room.card.unwrap(), room.announcement.unwrap());
    assert_eq!(world.perform(Effect::PostCard, settled()).await, Performed::Done(Receipt::Posted(card)));
    assert_eq!(world.perform(Effect::Announce, settled()).await, Performed::Done(Receipt::Posted(line)));
    for refresh in [Effect::RefreshCard, Effect::RefreshAnnouncement] {
        assert_eq!(world.perform(refresh, settled()).await, done());
    }
    let calls = world.calls("chat.update").await;
    let edited: Vec<_> = calls.iter().filter_map(|call| call["ts"].as_str()).collect();
    assert_eq!(edited, ["2.1", "1.5", "2.1", "1.5"]);
    assert!(world.calls("chat.postMessage").await.is_empty());
}

#[tokio::test]
async fn what_is_said_in_the_thread_stays_there_and_waits_a_little_for_a_place() {
    let said = |place: Place, mut view: View| {
        let what = What::Monitoring;
        let entry = Entry { seq: 5, at: at("03:06"), actor: Actor::Bot, origin: Origin::Timer, what };
        view.entry = Some(entry);
        (Effect::Say { seq: 5, place }, view)
    };
    let world = World::new().await;
    world.says("chat.postMessage", posted("C01")).await;
    let (say, view_of_both) = said(Place::Thread, settled());
    assert_eq!(world.perform(say, view_of_both).await, done());
    assert_eq!(world.calls("chat.postMessage").await[0]["thread_ts"], "1.5");

    let (say, nowhere) = said(Place::Channel, view());
    let first = world.perform(say.clone(), nowhere.clone()).await;
    assert!(matches!(first, Performed::NotYet { .. }), "the announcement may be on its way: {first:?}");
    let last = world.attempt(say, nowhere, 20, at("03:02")).await;
    assert!(matches!(last, Performed::Refused { .. }), "{last:?}");
}

#[tokio::test]
async fn what_a_message_shows_already_is_not_sent_again() {
    let world = World::new().await;
    world.says("chat.update", json!({"ok": true})).await;
    world.says("conversations.setTopic", json!({"ok": true})).await;
    world.says("chat.postMessage", posted("C42")).await;
    let refreshes = [Effect::RefreshCard, Effect::RefreshAnnouncement, Effect::SetTopic];
    let mut shown = Shows::new();
    for view in [settled(), settled(), acknowledged(), acknowledged()] {
        for refresh in &refreshes {
            let performed;
            (performed, shown) = world.perform_over(refresh.clone(), view.clone(), shown).await;
            assert_eq!(performed, done());
        }
    }
    assert_eq!(world.calls("chat.update").await.len(), 4, "two messages, two states");
    assert_eq!(world.calls("conversations.setTopic").await.len(), 2);

    let mut bare = settled();
    bare.incident.room.card = None;
    let (performed, shown) = world.perform_over(Effect::PostCard, bare, Shows::new()).await;
    let card = Message { channel: "C42".into(), ts: "7.7".into() };
    assert_eq!(performed, Performed::Done(Receipt::Posted(card.clone())));
    let mut posted_just_now = settled();
    posted_just_now.incident.room.card = Some(card);
    assert_eq!(world.perform_over(Effect::RefreshCard, posted_just_now, shown).await.0, done());
    assert_eq!(world.calls("chat.update").await.len(), 4, "a card fresh from the press is right");
}

#[tokio::test]
async fn an_edit_of_unknown_outcome_is_made_again() {
    let world = World::new().await;
    world.says("chat.update", json!({"ok": true})).await;
    let (_, shown) = world.perform_over(Effect::RefreshCard, settled(), Shows::new()).await;
    assert_eq!(shown.len(), 1);
    let world = World::new().await;
    world.answers("chat.update", ResponseTemplate::new(502)).await;
    let (performed, shown) = world.perform_over(Effect::RefreshCard, acknowledged(), shown).await;
    assert!(matches!(performed, Performed::TryAgain { .. }), "{performed:?}");
    assert!(shown.is_empty(), "nobody knows what it shows");
}

#[tokio::test]
async fn a_card_without_a_channel_is_no_second_fault() {
    let world = World::new().await;
    assert_eq!(world.perform(Effect::PostCard, view()).await, done());
    assert!(world.calls("chat.postMessage").await.is_empty());
}

#[tokio::test]
async fn a_card_that_was_deleted_by_hand_is_said_to_be_lost_and_an_old_one_is_let_be() {
    let world = World::new().await;
    world.refuses("chat.update", "message_not_found").await;
    let card = Message { channel: "C42".into(), ts: "2.1".into() };
    let lost = Performed::Done(Receipt::Lost(Lost::Message(card)));
    assert_eq!(world.perform(Effect::RefreshCard, settled()).await, lost);
    let world = World::new().await;
    world.refuses("chat.update", "edit_window_closed").await;
    assert_eq!(world.perform(Effect::RefreshCard, settled()).await, done());
}

#[tokio::test]
async fn a_bot_that_was_taken_out_goes_back_once() {
    let world = World::new().await;
    world.refuses("conversations.setTopic", "not_in_channel").await;
    world.says("conversations.join", json!({"ok": true})).await;
    let lost = Performed::Done(Receipt::Lost(Lost::Channel("C42".into(), Loss::Removed)));
    assert_eq!(world.perform(Effect::SetTopic, settled()).await, lost);
    assert_eq!(world.calls("conversations.setTopic").await.len(), 2);
    assert_eq!(world.calls("conversations.join").await, [json!({"channel": "C42"})]);
}

#[tokio::test]
async fn one_who_cannot_come_fails_no_invitation() {
    let world = World::new().await;
    let answer = json!({"ok": true, "errors": [{"user": "U0B", "ok": false, "error": "user_not_found"}]});
    world.says("conversations.invite", answer).await;
    let people = ["alice", "bob", "somebody-without-slack"].map(PersonId::from).into();
    let bob = Uninvited { person: "bob".into(), code: "user_not_found".to_owned() };
    let uninvited = Performed::Done(Receipt::Uninvited(vec![bob]));
    assert_eq!(world.perform(Effect::Invite { people }, settled()).await, uninvited);
    let [call] = world.calls("conversations.invite").await.try_into().unwrap();
    assert_eq!((&call["channel"], &call["users"]), (&json!("C42"), &json!("U0A,U0B")));
}
