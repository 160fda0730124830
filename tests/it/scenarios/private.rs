//! A private incident: those whom it concerns have a channel, and nobody else reads what it is about.

use dontpanic::workspace::{Answer, ChannelInfo, ChannelKind, UserKind};
use serde_json::{Value, json};

use crate::harness::house::house;
use crate::harness::slack::user;
use crate::harness::world::{Span as _, World, scenario};

const TITLE: &str = "Customer data leaked by mail";
const ROOM: &str = "inc-20261120-customer-data-leaked-by-mail";
const SECOND: &str = "inc-20261120-customer-data-leaked-by-mail-2";

fn room(world: &World, name: &str) -> ChannelInfo {
    world.workspace().channel_by_name(name).unwrap_or_else(|| panic!("there is no #{name}"))
}

/// Charlie declares it; Alice is paged, and nobody else.
async fn is_declared(world: &mut World) {
    world.types("charlie", "incidents", "/incident declare P2").await;
    let fields = [("title", TITLE), ("private", "private")];
    assert_eq!(world.fills_in("charlie", &fields).await, Answer::Acknowledged);
    assert_eq!(world.paged(1).await, ["alice"]);
}

async fn home(world: &mut World, who: &str) -> String {
    world.workspace().open_home(&user(who)).await.expect("they may");
    world.settle().await;
    world.workspace().home(&user(who)).as_ref().map(Value::to_string).unwrap_or_default()
}

fn nobody_reads(world: &mut World, words: &str) {
    for name in ["incidents", "dontpanic-admin"] {
        world.slack().room(name).never_reads(words);
    }
}

scenario!(only_those_whom_it_concerns_read_what_it_is, async |world: &mut World| {
    is_declared(world).await;
    let made = room(world, ROOM);
    assert_eq!(made.kind, ChannelKind::Private);
    assert!(made.members.contains("U0A") && made.members.contains("U0C"), "{:?}", made.members);
    world.slack().room(ROOM).reads(TITLE).has_topic("P2 · triggered");
    world.slack().dm("alice").reads(TITLE);
    world.slack().room("incidents").reads("A private incident").reads("INC-1");

    let listed = world.types("bob", "incidents", "/incident list").await;
    assert!(listed.contains("INC-1") && !listed.contains("leaked"), "{listed}");
    let listed = world.types("charlie", "incidents", "/incident list").await;
    assert!(listed.contains(TITLE), "{listed}");
    for ask in ["show", "runbook", "note I am curious", "resolve", "postmortem", "severity P1"] {
        let said = world.types("bob", "incidents", &format!("/incident INC-1 {ask}")).await;
        assert!(said.contains("INC-1 is private") && !said.contains("leaked"), "{ask}: {said}");
    }
    assert!(!home(world, "bob").await.contains("leaked"));
    assert!(home(world, "alice").await.contains(TITLE));

    // Whoever only works here cannot make it their business; Bob is on call, and once he has it, it concerns him.
    world.workspace().add_user("U0M", "mallory", UserKind::Member, "Europe/Paris");
    let said = world.types("U0M", "incidents", "/incident INC-1 ack").await;
    assert!(said.contains("INC-1 is private") && !said.contains("leaked"), "{said}");
    assert_eq!(world.state(1).await, "triggered");
    world.types("bob", "incidents", "/incident INC-1 ack").await;
    assert_eq!(world.state(1).await, "acknowledged");
    assert!(room(world, ROOM).members.contains("U0B"));
    let said = world.types("bob", "incidents", "/incident INC-1 show").await;
    assert!(said.contains(TITLE), "{said}");
    world.types("bob", ROOM, "/incident update The mail is called back").await;
    world.types("bob", ROOM, "/incident resolve It was a test account").await;
    world.slack().room(ROOM).reads("The mail is called back").reads("It was a test account");
    nobody_reads(world, "leaked");
    nobody_reads(world, "mail");
    nobody_reads(world, "test account");
});

scenario!(what_nobody_answers_is_shouted_and_handed_over_without_its_name, async |world: &mut World| {
    is_declared(world).await;
    world.advance(3.hours()).await;
    world.slack().room("incidents").reads("Nobody answered in round");
    world.types("alice", ROOM, "/incident ack").await;
    world.advance((4 * 24).hours()).await;
    world.slack().room("incidents").reads("Handoff of platform").reads("*INC-1* A private incident");
    nobody_reads(world, "leaked");
    let id = room(world, ROOM).id;
    for name in ["incidents", "dontpanic-admin"] {
        let there = room(world, name).id;
        let all = format!("{:?}", world.workspace().messages(&there));
        assert!(!all.contains(&id) && !all.contains(ROOM) && !all.contains("leaked"), "{name}: {all}");
    }
});

scenario!(scripts_may_declare_and_see_private_incidents, async |world: &mut World| {
    let asked = json!({"title": TITLE, "severity": "P3", "private": true});
    let (status, incident) = world.asks_api("incidents", asked).await;
    assert_eq!((status, &incident["private"], &incident["title"]), (201, &json!(true), &json!(TITLE)));
    assert_eq!(room(world, ROOM).kind, ChannelKind::Private, "a thread is no place for it");
    world.slack().room("incidents").reads("A private incident").never_reads("leaked");
    let (status, refused) =
        world.asks_api("incidents", json!({"title": "x", "severity": "P3", "private": "yes"})).await;
    assert_eq!((status, refused["error"].as_str()), (400, Some("`private` must be `true` or `false`")));
    world.asks_api("incidents/INC-1/ack", json!({})).await;
});

scenario!(without_the_scope_there_is_no_channel_and_no_word_outside, async |world: &mut World| {
    world.may_give_up();
    let scopes = crate::harness::strict::as_installed().scopes;
    let granted: Vec<&str> =
        scopes.iter().map(String::as_str).filter(|scope| *scope != "groups:write").collect();
    world.workspace().grant(&granted);
    is_declared(world).await;
    assert!(world.slack().rooms().is_empty(), "a public one is no way out");
    world.slack().room("dontpanic-admin").reads("missing_scope").reads("groups:write").never_reads("leaked");
    world.types("alice", "incidents", "/incident INC-1 ack").await;
    world.types("alice", "incidents", "/incident INC-1 note The mail is called back").await;
    nobody_reads(world, "mail");
    world.slack().dm("alice").reads("Acknowledged by");
    assert!(world.timeline_text(1).await.contains("called back"), "the timeline has it");
});

scenario!(
    a_bot_that_is_taken_out_of_a_private_channel_says_so,
    house().that_hears(),
    async |world: &mut World| {
        is_declared(world).await;
        world.types("alice", ROOM, "/incident ack").await;
        let id = room(world, ROOM).id;
        world.workspace().remove("U0A", &id, "U0BOT").await.expect("she may");
        world.settle().await;
        world.slack().room("dontpanic-admin").reads("took Don't Panic out of the private channel");
        world.asks_api("incidents/INC-1/note", json!({"text": "The mail is called back"})).await;
        nobody_reads(world, "called back");
        world.types("alice", "incidents", "/incident INC-1 severity P1").await;
        world.slack().room("incidents").reads("P1 · A private incident");
        assert_eq!(
            world.slack().rooms(),
            [ROOM],
            "who took it out of one channel gets no second one unasked"
        );
        world.workspace().invite("U0A", &id, "U0BOT").await.expect("she may");
        world.settle().await;
        world.slack().room(ROOM).has_topic("P1 · triggered").reads("is in use again");
        world.types("alice", ROOM, "/incident ack").await;
    }
);

scenario!(a_private_channel_that_is_gone_for_the_bot_is_noticed, async |world: &mut World| {
    is_declared(world).await;
    world.types("alice", ROOM, "/incident ack").await;
    let id = room(world, ROOM).id;
    world.workspace().remove("U0A", &id, "U0BOT").await.expect("she may");
    world.asks_api("incidents/INC-1/note", json!({"text": "The mail is called back"})).await;
    world
        .slack()
        .room("dontpanic-admin")
        .reads("took Don't Panic out of the private channel")
        .never_reads("leaked");
    assert_eq!(world.slack().rooms(), [ROOM]);
    nobody_reads(world, "called back");
});

scenario!(a_private_channel_is_archived_and_replaced_by_a_private_one, async |world: &mut World| {
    is_declared(world).await;
    world.types("alice", ROOM, "/incident ack").await;
    world.advance(20.minutes()).await;
    world.types("alice", ROOM, "/incident resolve").await;
    world.types("alice", ROOM, "/incident postmortem publish").await;
    world.advance((7 * 24).hours()).await;
    assert!(room(world, ROOM).is_archived);
    world.types("alice", "incidents", "/incident INC-1 reopen").await;
    let second = room(world, SECOND);
    assert_eq!(second.kind, ChannelKind::Private);
    assert!(second.members.contains("U0A") && second.members.contains("U0C"), "{:?}", second.members);
    world.slack().room(SECOND).reads(TITLE);
    nobody_reads(world, "leaked");
    world.types("alice", SECOND, "/incident ack").await;
});
