//! Slack slow, full, broken, or gone: a page takes the next way at once, and Slack catches up in order.

use dontpanic::workspace::Fault;
use serde_json::json;

use crate::harness::alertmanager::alert;
use crate::harness::house::{CAST, House, house};
use crate::harness::pagers::Condition;
use crate::harness::world::{Span as _, World, scenario};

const ROOM: &str = "inc-20261120-high-error-rate-checkout";

/// The page goes by webhook at once although Slack's answer to everything is this; what Slack missed comes in order later.
async fn is_overcome(world: &mut World, fault: Fault) {
    world.may_log("page was not accepted");
    world.may_log("to be tried again");
    world.slack().fails_next("*", fault, usize::MAX);
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    world.pager("alice").rings();
    let pages = world.ledger(1).await;
    let sent = pages.iter().find(|page| page.method.to_string() == "webhook").and_then(|page| page.sent);
    assert_eq!(sent, Some(world.now()), "by the next method, in the same instant");
    world.advance(15.minutes()).await;
    world.pager("bob").rings();

    world.slack().comes_back();
    world.advance(10.minutes()).await;
    world.slack().dm("alice").reads("HighErrorRate checkout");
    let button = world.slack().dm("bob").button("Acknowledge");
    world.clicks(button).await;
    let said = world.slack().room(ROOM).has_topic("P2 · acknowledged").text();
    let place = |words: &str| said.iter().position(|text| text.contains(words));
    let (paged, acked) = (place("paging @bob"), place("@bob acknowledged"));
    assert!(paged.is_some() && paged < acked, "in order: {said:?}");
}

scenario!(slack_answers_500, async |world: &mut World| is_overcome(world, Fault::Http(500)).await);
scenario!(slack_answers_garbage, async |world: &mut World| is_overcome(world, Fault::Garbage).await);
scenario!(slack_says_not_now, async |world: &mut World| is_overcome(world, Fault::RateLimited(30)).await);

scenario!(slack_hangs, async |world: &mut World| {
    world.may_log("page was not accepted");
    world.may_log("to be tried again");
    world.slack().goes_down();
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    world.pager("alice").rings();
    world.slack().comes_back();
    world.wire_passes(2.minutes()).await;
    world.slack().dm("alice").reads("HighErrorRate checkout");
    world.slack().room(ROOM).has_topic("P2 · triggered");
    let button = world.slack().dm("alice").button("Acknowledge");
    world.clicks(button).await;
});

scenario!(what_waited_for_slack_comes_in_order_when_it_answers, async |world: &mut World| {
    world.may_log("page was not accepted");
    world.may_log("to be tried again");
    world.slack().fails_next("*", Fault::Http(500), usize::MAX);
    for n in 1..=5 {
        world.alertmanager().fires(alert(&format!("trouble{n}"))).await;
        world.wire_passes(20.seconds()).await;
    }
    world.slack().comes_back();
    let announced = |world: &mut World| -> Vec<String> {
        let said = world.slack().room("incidents").text();
        let id =
            |text: &String| text.split_whitespace().find(|word| word.starts_with("INC-")).map(str::to_owned);
        said.iter().filter_map(id).collect()
    };
    world
        .patiently("Slack's return is noticed", async |world| {
            world.wire_passes(1.seconds()).await;
            !announced(world).is_empty()
        })
        .await;
    // One message a second and channel.
    world.wire_passes(6.seconds()).await;
    let mut announced = announced(world);
    assert_eq!(announced.len(), 5, "{announced:?}");
    announced.remove(0);
    assert!(announced.is_sorted(), "behind the one that noticed: {announced:?}");
});

scenario!(who_answers_otherwise_has_not_been_reached, by_slack_only(), async |world: &mut World| {
    world.may_log("page was not accepted");
    world.may_log("to be tried again");
    world.slack().fails_next("*", Fault::Http(500), usize::MAX);
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    world.asks_api("incidents/INC-1/ack", json!({"person": "alice"})).await;
    let page = world.ledger(1).await.remove(0);
    assert!(page.failed.is_some() && page.accepted.is_none() && page.acked.is_none(), "{page:?}");
    assert!(page.superseded.is_some(), "nobody is woken any more");
    world.slack().comes_back();
    world.advance(10.minutes()).await;
    world.slack().room(ROOM).reads("@alice by slack: ✗");
    world.asks_api("incidents/INC-1/resolve", json!({"person": "alice"})).await;
    let draft = world.postmortem(1).await;
    assert!(!draft.contains("by slack, sent 03:00:00 (round 1, step 1): acknowledged"), "{draft}");
    assert!(draft.contains("(round 1, step 1): failed"), "{draft}");
});

/// Alice, Bob and the others have Slack and nothing else.
fn by_slack_only() -> House {
    let people: Vec<String> = CAST
        .iter()
        .map(|(key, user, zone)| format!("  {key}: {{slack: {user}, timezone: {zone}}}"))
        .collect();
    house().with("people", &format!("\n{}", people.join("\n")))
}

scenario!(a_busy_slack_wakes_nobody_but_the_primary, by_slack_only(), async |world: &mut World| {
    world.may_log("page was not accepted");
    world.slack().fails_next("chat.postMessage", Fault::RateLimited(1), 1);
    for n in 1..=6 {
        world.alertmanager().fires(alert(&format!("trouble{n}"))).await;
    }
    let failed = async |world: &World| {
        let mut failed = 0;
        for n in 1..=6 {
            failed += world.n_events(n, "page_failed").await;
        }
        failed
    };
    assert_eq!(failed(world).await, 1, "what was never sent has not failed");
    for _ in 0..5 {
        world.wire_passes(2.seconds()).await;
    }
    world.advance(14.minutes()).await;
    for n in 1..=6 {
        assert_eq!(world.paged(n).await, ["alice"], "INC-{n}");
        assert!(world.ledger(n).await.iter().all(|page| page.accepted.is_some()), "INC-{n}");
    }
    world.advance(1.minutes()).await;
    assert_eq!(world.paged(1).await, ["alice", "bob"], "the ladder keeps its waits");
});

scenario!(
    who_has_only_slack_while_it_is_gone_is_not_waited_for_long,
    by_slack_only(),
    async |world: &mut World| {
        world.may_log("page was not accepted");
        world.may_log("to be tried again");
        world.slack().fails_next("chat.postMessage", Fault::Http(503), usize::MAX);
        world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
        world.advance(74.seconds()).await;
        assert_eq!(world.paged(1).await, ["alice"], "it may be back in a moment");
        world.advance(1.seconds()).await;
        assert_eq!(world.paged(1).await, ["alice", "bob"]);
        world.slack().comes_back();
        world.wire_passes(2.minutes()).await;
        world.slack().room("dontpanic-admin").reads("No contact method of alice worked");
        world.slack().dm("alice").reads("HighErrorRate checkout");
        let button = world.slack().dm("bob").button("Acknowledge");
        world.clicks(button).await;
    }
);

scenario!(repeats_that_slack_missed_do_not_come_in_a_bunch, by_slack_only(), async |world: &mut World| {
    world.may_log("page was not accepted");
    world.may_log("to be tried again");
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    world.slack().fails_next("chat.postMessage", Fault::Http(503), usize::MAX);
    world.advance(10.minutes()).await;
    assert_eq!(world.ledger(1).await[0].repeats, 3);
    assert_eq!(world.slack().dm("alice").count("HighErrorRate"), 1, "the first was taken before");
    world.slack().comes_back();
    world.wire_passes(2.minutes()).await;
    world.advance(2.minutes()).await;
    assert_eq!(world.slack().dm("alice").count("HighErrorRate"), 2, "and one for all that were missed");
    let button = world.slack().dm("alice").button("Acknowledge");
    world.clicks(button).await;
});

scenario!(slack_refuses_a_pages_form_and_gets_plain_text, async |world: &mut World| {
    world.may_log("a message goes out again as plain text");
    world.slack().fails_next("chat.postMessage", Fault::Error("invalid_blocks"), 1);
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    world.slack().dm("alice").reads("HighErrorRate checkout").reads("INC-1");
    world.pager("alice").is_silent();
    world.types("alice", ROOM, "/incident ack").await;
});

scenario!(a_phone_that_refuses_is_tried_again_and_said, async |world: &mut World| {
    world.may_log("page was not accepted");
    world.may_log("to be tried again");
    world.slack().fails_next("chat.postMessage", Fault::Http(500), usize::MAX);
    world.pager("alice").is(Condition::Answers(404));
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    world.slack().comes_back();
    world.wire_passes(5.minutes()).await;
    world.slack().dm("alice").reads("HighErrorRate checkout");
    assert!(world.n_events(1, "page_failed").await > 0, "the timeline says what failed");
    let button = world.slack().dm("alice").button("Acknowledge");
    world.clicks(button).await;
});

scenario!(a_phone_with_trouble_of_its_own_is_tried_again, async |world: &mut World| {
    world.may_log("page was not accepted");
    world.pager("alice").is(Condition::Answers(500));
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    world.advance(4.minutes()).await;
    world.pager("alice").is_silent();
    world.pager("alice").is(Condition::Works);
    world.advance(2.minutes()).await;
    assert!(world.pager("alice").rings().is_repeat(), "it may have rung before");
    let button = world.slack().dm("alice").button("Acknowledge");
    world.clicks(button).await;
});

scenario!(a_phone_that_hangs_may_have_rung, async |world: &mut World| {
    world.may_log("page was not accepted");
    world.pager("alice").is(Condition::Hangs);
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    world.advance(3.minutes()).await;
    assert!(!world.pager("alice").rings().is_repeat());
    world.pager("alice").is(Condition::Works);
    world.advance(2.minutes()).await;
    let ring = world.pager("alice").rings();
    assert!(ring.is_repeat());
    assert_eq!(
        world.pager("alice").all().first().map(|first| first.text("id").to_owned()).as_deref(),
        Some(ring.text("id"))
    );
    let button = world.slack().dm("alice").button("Acknowledge");
    world.clicks(button).await;
});

scenario!(a_restart_in_the_middle_of_a_wait_changes_nothing, async |world: &mut World| {
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    world.advance(7.minutes()).await;
    world.restart().await;
    world.advance(7.minutes()).await;
    assert_eq!(world.paged(1).await, ["alice"]);
    world.advance(1.minutes()).await;
    assert_eq!(world.paged(1).await, ["alice", "bob"], "on time");
    let button = world.slack().dm("alice").button("Acknowledge");
    world.clicks(button).await;
});

scenario!(what_became_due_while_the_service_was_down_fires_at_once, async |world: &mut World| {
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    world.dies().await;
    world.advance(40.minutes()).await;
    world.starts().await;
    assert_eq!(world.paged(1).await, ["alice", "bob"], "the earliest step that was missed");
    world.advance(14.minutes()).await;
    assert_eq!(world.paged(1).await, ["alice", "bob"]);
    world.advance(1.minutes()).await;
    assert_eq!(world.paged(1).await, ["alice", "bob", "diana"], "later steps keep their waits from then");
    let button = world.slack().dm("alice").button("Acknowledge");
    world.clicks(button).await;
});

// Slack has posted it, and its answer is lost: the one that is sent again finds the other, and both are kept up to date.
scenario!(the_double_of_a_page_loses_its_buttons_too, async |world: &mut World| {
    world.may_log("page was not accepted");
    world.slack().fails_next("chat.postMessage", Fault::CommitThenHttp(502), 1);
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    world.wire_passes(10.seconds()).await;
    assert_eq!(world.slack().dm("alice").count("HighErrorRate"), 2, "nobody knew that it was there");
    world.types("bob", "inc-20261120-high-error-rate-checkout", "/incident ack").await;
    world.slack().dm("alice").has_no_button("Acknowledge");
    assert_eq!(world.slack().dm("alice").count("Acknowledged by @bob"), 2);
});

scenario!(what_is_said_twice_by_a_lost_answer_is_said_once, async |world: &mut World| {
    world.may_log("to be tried again");
    let room = "inc-20261120-high-error-rate-checkout";
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    world.types("alice", room, "/incident ack").await;
    let id = world.workspace().channel_by_name(room).expect("its channel").id;
    world.slack().fails_next(&format!("chat.postMessage {id}"), Fault::CommitThenHttp(502), 1);
    world.types("alice", room, "/incident note Rolled back").await;
    world.wire_passes(10.seconds()).await;
    assert_eq!(world.slack().room(room).count("alice: Rolled back"), 1);
});

/// Slack does not take the first page for this reason, which says that nobody can have seen it.
async fn is_no_repeat(world: &mut World, fault: Fault) {
    world.may_log("page was not accepted");
    world.slack().fails_next("chat.postMessage", fault, 1);
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    world.wire_passes(1.minutes()).await;
    world.slack().dm("alice").reads("HighErrorRate checkout").never_reads("Repeat");
}

scenario!(
    nobodys_first_page_is_a_repeat_because_slack_was_busy,
    by_slack_only(),
    async |world: &mut World| {
        is_no_repeat(world, Fault::RateLimited(1)).await;
        world.advance(16.minutes()).await;
        world.slack().dm("alice").reads("Repeat");
        let first = world.slack().dm("alice").text().first().cloned().unwrap_or_default();
        assert!(!first.contains("Repeat"), "what is the first stays it: {first}");
        let button = world.slack().dm("bob").button("Acknowledge");
        world.clicks(button).await;
    }
);

scenario!(
    nobodys_first_page_is_a_repeat_because_slack_refused,
    by_slack_only(),
    async |world: &mut World| {
        is_no_repeat(world, Fault::Error("channel_not_found")).await;
        let button = world.slack().dm("alice").button("Acknowledge");
        world.clicks(button).await;
    }
);

scenario!(what_slack_has_shown_all_the_same_is_shown_once, by_slack_only(), async |world: &mut World| {
    world.may_log("page was not accepted");
    // Of what goes to her alone: the announcement would meet the second one.
    world.slack().fails_next("chat.postMessage U0A", Fault::RateLimited(1), 1);
    world.slack().fails_next("chat.postMessage U0A", Fault::CommitThenHttp(502), 1);
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    world.wire_passes(1.minutes()).await;
    let said = world.slack().dm("alice").text();
    assert!(
        said.len() == 1 && !said[0].contains("Repeat"),
        "it is found again, and stays the only one: {said:?}"
    );
    let button = world.slack().dm("alice").button("Acknowledge");
    world.clicks(button).await;
});

scenario!(a_phone_that_was_full_has_not_rung, async |world: &mut World| {
    world.may_log("page was not accepted");
    world.pager("alice").is(Condition::Answers(429));
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    world.advance(4.minutes()).await;
    world.pager("alice").is(Condition::Works);
    world.advance(1.minutes()).await;
    assert!(!world.pager("alice").rings().is_repeat());
    let button = world.slack().dm("alice").button("Acknowledge");
    world.clicks(button).await;
});
