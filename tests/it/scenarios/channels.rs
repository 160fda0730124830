//! What humans do to an incident's places in Slack: each of it is noticed, and mended or said.

use dontpanic::workspace::{Answer, ChannelInfo};
use serde_json::json;

use crate::harness::alertmanager::{Alert, alert};
use crate::harness::house::house;
use crate::harness::slack::texts;
use crate::harness::world::{Span as _, World, scenario};

const ROOM: &str = "inc-20261120-high-error-rate-checkout";
const SECOND: &str = "inc-20261120-high-error-rate-checkout-2";

fn error_rate() -> Alert {
    alert("HighErrorRate").service("checkout")
}

fn room(world: &World, name: &str) -> ChannelInfo {
    world.workspace().channel_by_name(name).unwrap_or_else(|| panic!("there is no #{name}"))
}

/// Nobody minds, and what follows is done.
async fn done(world: &mut World, act: Result<Answer, dontpanic::workspace::CannotAct>) {
    assert!(act.as_ref().is_ok_and(Answer::is_good), "{act:?}");
    world.settle().await;
}

async fn is_taken(world: &mut World) {
    world.alertmanager().fires(error_rate()).await;
    world.types("alice", ROOM, "/incident ack").await;
}

/// Something is said by a script, which knows no channel.
async fn notes(world: &mut World, text: &str) {
    let (status, _) = world.asks_api("incidents/INC-1/note", json!({ "text": text })).await;
    assert_eq!(status, 200);
}

async fn goes_on_in_the_second(world: &mut World) {
    assert_eq!(world.incident(1).await.room.channel.map(|channel| channel.name).as_deref(), Some(SECOND));
    let said = world.slack().room(SECOND);
    said.has_topic("P2 · acknowledged").reads("takes the place of").reads("Runbook:");
    assert!(said.has("alice"));
    assert_eq!(room(world, SECOND).pins.len(), 1);
    let link = format!("INC-1 · #{SECOND}");
    world.slack().room("incidents").reads("takes the place of").reads(&link);
    world.types("bob", SECOND, "/incident note Here now").await;
    world.slack().room(SECOND).reads("bob: Here now");
}

scenario!(a_renamed_channel_stays_the_incidents, house().that_hears(), async |world: &mut World| {
    is_taken(world).await;
    let id = room(world, ROOM).id;
    let act = world.workspace().rename("U0B", &id, "checkout-is-down").await;
    done(world, act).await;
    let kept = world.incident(1).await.room.channel.expect("its channel");
    assert_eq!((kept.id.as_str(), kept.name.as_str()), (id.as_str(), "checkout-is-down"));
    assert!(
        world.timeline_text(1).await.contains(&format!("Channel #{ROOM} is called #checkout-is-down now"))
    );
    world.types("bob", "checkout-is-down", "/incident note Still here").await;
    world.slack().room("checkout-is-down").reads("bob: Still here");
    let (_, shown) = world.asks_api("incidents/INC-1/ack", json!({})).await;
    assert_eq!(shown["channel"]["name"], "checkout-is-down");
    // The name is free, and another incident may have it.
    world.alertmanager().fires(alert("HighErrorRate-").service("checkout")).await;
    assert_eq!(world.incident(2).await.room.channel.map(|channel| channel.name).as_deref(), Some(ROOM));
    world.types("alice", ROOM, "/incident ack").await;
});

scenario!(a_channel_archived_in_mid_incident_is_replaced, house().that_hears(), async |world: &mut World| {
    is_taken(world).await;
    let id = room(world, ROOM).id;
    let act = world.workspace().archive("U0B", &id).await;
    done(world, act).await;
    goes_on_in_the_second(world).await;
    let told = world.timeline_text(1).await;
    assert!(told.contains(&format!("bob archived #{ROOM}")), "{told}");
});

scenario!(an_archived_channel_is_noticed_by_the_next_word_in_it, async |world: &mut World| {
    is_taken(world).await;
    world.slack().archives(ROOM).await;
    notes(world, "first").await;
    notes(world, "second").await;
    goes_on_in_the_second(world).await;
    let said = world.slack().room(SECOND).text();
    let place = |words: &str| said.iter().position(|said| said.contains(words));
    assert!(place("first").is_some() && place("first") < place("second"), "nothing is lost: {said:#?}");
    world.slack().room("incidents").never_reads("first");
});

scenario!(a_deleted_channel_is_replaced, house().that_hears(), async |world: &mut World| {
    is_taken(world).await;
    let id = room(world, ROOM).id;
    let act = world.workspace().delete_channel("U0A", &id).await;
    done(world, act).await;
    goes_on_in_the_second(world).await;
});

scenario!(a_deleted_channel_is_noticed_by_the_next_word_in_it, async |world: &mut World| {
    is_taken(world).await;
    let id = room(world, ROOM).id;
    let act = world.workspace().delete_channel("U0A", &id).await;
    done(world, act).await;
    notes(world, "first").await;
    goes_on_in_the_second(world).await;
    world.slack().room(SECOND).reads("first");
});

scenario!(whoever_unarchives_a_channel_gives_it_back, house().that_hears(), async |world: &mut World| {
    is_taken(world).await;
    world.types("alice", ROOM, "/incident resolve --").await;
    let id = room(world, ROOM).id;
    if world.state(1).await != "resolved" {
        let button = world.answer_button("alice", ROOM, "Resolve");
        world.clicks_as("alice", button).await;
    }
    let act = world.workspace().archive("U0B", &id).await;
    done(world, act).await;
    notes(world, "in the thread").await;
    world.slack().room("incidents").reads("in the thread");
    let act = world.workspace().unarchive("U0B", &id).await;
    done(world, act).await;
    notes(world, "in the channel").await;
    world.slack().room(ROOM).reads("in the channel");
    world.slack().room("incidents").never_reads("in the channel");
    world.alertmanager().resolves(&error_rate()).await;
});

scenario!(
    a_bot_that_is_taken_out_of_its_channel_comes_back,
    house().that_hears(),
    async |world: &mut World| {
        is_taken(world).await;
        let id = room(world, ROOM).id;
        let act = world.workspace().remove("U0A", &id, "U0BOT").await;
        done(world, act).await;
        assert!(room(world, ROOM).members.contains("U0BOT"));
        world.slack().room(ROOM).reads("is in use again");
        assert_eq!(world.slack().rooms(), [ROOM]);
        world.types("bob", ROOM, "/incident severity P1").await;
        world.slack().room(ROOM).has_topic("P1 · triggered");
        world.types("alice", ROOM, "/incident ack").await;
    }
);

scenario!(a_bot_that_is_taken_out_unheard_comes_back_when_it_must, async |world: &mut World| {
    is_taken(world).await;
    let id = room(world, ROOM).id;
    let act = world.workspace().remove("U0A", &id, "U0BOT").await;
    done(world, act).await;
    world.types("bob", ROOM, "/incident severity P1").await;
    world.slack().room(ROOM).has_topic("P1 · triggered");
    assert!(room(world, ROOM).members.contains("U0BOT"));
    world.types("alice", ROOM, "/incident ack").await;
});

/// The card, as it is pinned now.
fn card(world: &World) -> String {
    let room = room(world, ROOM);
    assert_eq!(room.pins.len(), 1, "one card is pinned");
    let message = world.workspace().message(&room.id, &room.pins[0]).expect("it is there");
    message.blocks.iter().flat_map(texts).collect::<Vec<_>>().join("\n")
}

scenario!(a_deleted_card_is_posted_and_pinned_again, house().that_hears(), async |world: &mut World| {
    is_taken(world).await;
    let before = room(world, ROOM);
    let act = world.workspace().delete_as_owner("U0A", &before.id, &before.pins[0]).await;
    done(world, act).await;
    assert_ne!(room(world, ROOM).pins, before.pins);
    assert!(card(world).contains("Acknowledged by"), "{}", card(world));
    notes(world, "on the card too").await;
    world.types("alice", ROOM, "/incident severity P1").await;
    assert!(card(world).contains("P1"), "the new one is kept up to date: {}", card(world));
    world.types("alice", ROOM, "/incident ack").await;
});

scenario!(a_deleted_card_is_missed_by_its_next_edit, async |world: &mut World| {
    is_taken(world).await;
    let before = room(world, ROOM);
    let act = world.workspace().delete_as_owner("U0A", &before.id, &before.pins[0]).await;
    done(world, act).await;
    world.types("bob", ROOM, "/incident severity P1").await;
    assert!(card(world).contains("P1"), "{}", card(world));
    world.types("alice", ROOM, "/incident ack").await;
});

scenario!(
    a_deleted_announcement_is_posted_again_and_calls_nobody,
    house().that_hears(),
    async |world: &mut World| {
        world.alertmanager().fires(error_rate().severity("p1")).await;
        world.types("alice", ROOM, "/incident ack").await;
        let said = world.slack().room("incidents").text();
        assert!(said[0].contains("<!here>") || said[0].contains("@here"), "{said:?}");
        let line = world.incident(1).await.room.announcement.expect("it is announced");
        let act = world.workspace().delete_as_owner("U0A", line.channel.as_str(), line.ts.as_str()).await;
        done(world, act).await;
        let said = world.slack().room("incidents").text();
        let lines: Vec<&String> = said.iter().filter(|said| said.contains("HighErrorRate")).collect();
        assert_eq!(lines.len(), 1, "{said:?}");
        assert!(!lines[0].contains("here"), "nobody is called again: {lines:?}");
        let resolved = world.types("alice", ROOM, "/incident resolve").await;
        assert!(resolved.contains("still fire"), "{resolved}");
        world.slack().room("incidents").reads("acknowledged by @alice");
    }
);

scenario!(a_deleted_announcement_is_missed_by_its_next_edit, async |world: &mut World| {
    is_taken(world).await;
    let line = world.incident(1).await.room.announcement.expect("it is announced");
    let act = world.workspace().delete_as_owner("U0A", line.channel.as_str(), line.ts.as_str()).await;
    done(world, act).await;
    world.types("bob", ROOM, "/incident severity P1").await;
    world.slack().room("incidents").reads("P1 · HighErrorRate");
    world.types("alice", ROOM, "/incident ack").await;
});

// The thread under the announcement is the place of this one, and its head is gone with the line.
scenario!(a_thread_that_loses_its_head_goes_on_under_a_new_one, async |world: &mut World| {
    world.story_is("2026-11-20T10:00:00Z");
    world.alertmanager().fires(alert("Slow").service("checkout").severity("warning")).await;
    world.types("alice", "incidents", "/incident INC-1 ack").await;
    let line = world.incident(1).await.room.announcement.expect("it is announced");
    let act = world.workspace().delete_as_owner("U0A", line.channel.as_str(), line.ts.as_str()).await;
    done(world, act).await;
    notes(world, "where did it go?").await;
    let anew = world.incident(1).await.room.announcement.expect("it is announced again");
    assert_ne!(anew.ts, line.ts);
    let messages = world.workspace().messages(anew.channel.as_str());
    let said = messages.iter().find(|message| message.text.contains("where did it go?")).expect("it is said");
    assert_eq!(said.thread_ts.as_deref(), Some(anew.ts.as_str()));
});

scenario!(
    what_becomes_of_other_channels_is_nobodys_business,
    house().that_hears(),
    async |world: &mut World| {
        is_taken(world).await;
        let other = world.workspace().add_channel("random");
        let before = world.timeline_text(1).await;
        for act in [
            world.workspace().rename("U0B", &other, "chance").await,
            world.workspace().archive("U0B", &other).await,
            world.workspace().delete_channel("U0B", &other).await,
        ] {
            done(world, act).await;
        }
        assert_eq!(world.timeline_text(1).await, before);
        world.advance(1.minutes()).await;
    }
);

scenario!(whoever_cannot_come_keeps_nobody_out_and_is_named_once, async |world: &mut World| {
    let bob = dontpanic::workspace::User {
        id: "U0B".to_owned(),
        name: "bob".to_owned(),
        real_name: "Bob".to_owned(),
        email: None,
        tz: "Europe/Paris".to_owned(),
        kind: dontpanic::workspace::UserKind::External { team: "T0FAR".to_owned() },
        deleted: false,
    };
    world.workspace().put_user(bob);
    world.alertmanager().fires(error_rate()).await;
    world.advance(16.minutes()).await;
    assert_eq!(world.paged(1).await, ["alice", "bob"]);
    world.types("alice", ROOM, "/incident page @bob again please").await;
    world.types("alice", ROOM, "/incident page @eve").await;
    let said = world.slack().room(ROOM);
    assert_eq!(said.count("does not let @bob into the channel"), 1, "{:#?}", said.text());
    assert!(said.has("eve") && said.has("alice") && !said.has("bob"));
    world.types("alice", ROOM, "/incident ack").await;
});

scenario!(a_user_group_is_no_person_to_page, async |world: &mut World| {
    world.workspace().add_user_group("oncall-platform", &["U0A", "U0B"]);
    is_taken(world).await;
    for ask in ["page @oncall-platform", "escalate @oncall-platform", "commander @oncall-platform"] {
        let said = world.types("alice", ROOM, &format!("/incident {ask}")).await;
        assert!(said.contains("is a user group") && said.contains("`platform`"), "{ask}: {said}");
    }
    assert_eq!(world.paged(1).await, ["alice"]);
});
