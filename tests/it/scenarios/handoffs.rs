//! The pager changes hands: a note for both people and the team, and a test page that somebody has to confirm.

use dontpanic::workspace::Fault;
use serde_json::json;

use crate::harness::alertmanager::alert;
use crate::harness::database::TestDatabase;
use crate::harness::house::house;
use crate::harness::pagers::Condition;
use crate::harness::world::{Span as _, World, scenario};

/// Monday, nine in the morning in Paris: Alice hands over to Bob.
const HANDOFF: &str = "2026-11-23T08:00:00Z";

fn at(text: &str) -> chrono::DateTime<chrono::Utc> {
    text.parse().expect("a time")
}

scenario!(at_a_handoff_both_people_and_the_team_get_the_note, async |world: &mut World| {
    for _ in 0..2 {
        world.alertmanager().fires(alert("DiskFull").service("checkout")).await;
        world.types("alice", "incidents", "/incident list").await;
        let n = world.incidents().await.len();
        world.types("alice", "incidents", &format!("/incident INC-{n} ack")).await;
        world.alertmanager().resolves(&alert("DiskFull").service("checkout")).await;
        world.advance(2.hours()).await;
    }
    world.types("charlie", "incidents", "/incident declare P3 Slow <reports>").await;
    world.advance_to(at("2026-11-23T07:59:59Z")).await;
    world.slack().room("incidents").never_reads("Handoff of platform");
    world.advance(1.seconds()).await;
    let note = "*Handoff of platform*: @alice hands over to @bob, until 2026-11-30 08:00 UTC";
    world.slack().dm("alice").reads(note);
    world.slack().dm("bob").reads(note);
    let team = world.slack().room("incidents");
    team.reads(note);
    team.reads("*Open:* 1\n• *INC-3* Slow &lt;reports&gt;: P3");
    team.reads("*The last 7 days:* 2 more (2 P2)");
    team.reads("• DiskFull checkout: 2 incidents; owner: shop");
    world.restart().await;
    world.advance(6.hours()).await;
    assert_eq!(world.slack().room("incidents").count("Handoff of platform"), 1, "once");
    world.may_give_up();
});

scenario!(the_note_names_silences_that_end_soon, house().with_partner(1), async |world: &mut World| {
    for (n, span) in [(1, "6d"), (2, "9d")] {
        world.alertmanager().fires(alert(&format!("DiskFull{n}")).service("checkout")).await;
        world.types("bob", "incidents", &format!("/incident INC-{n} ack")).await;
        world.types("bob", "incidents", &format!("/incident INC-{n} silence {span} waits for a disk")).await;
    }
    world.types("bob", "incidents", "/oncall handoff").await;
    let team = world.slack().room("incidents").text().join("\n");
    let note = team.split("*Handoff of platform*").nth(1).expect("a note");
    assert!(note.contains("*Silences that end within 7 days:*\n• *INC-1* "), "{note}");
    assert!(note.contains(" until 2026-11-26 ") && note.contains(", by @bob"), "{note}");
    let (_, silences) = note.split_once("*Silences").expect("a list");
    assert!(!silences.contains("INC-2") && !note.contains("Overdue"), "{note}");
});

scenario!(the_note_names_what_should_have_been_done, async |world: &mut World| {
    world.types("charlie", "incidents", "/incident declare P3 Slow reports").await;
    let private = json!({"title": "Data leaked", "severity": "P3", "private": true, "person": "charlie"});
    assert_eq!(world.asks_api("incidents", private).await.0, 201);
    for words in [
        "INC-1 action @charlie 2026-11-21 Order a <bigger> disk",
        "INC-1 action @eve 2026-11-23 Not late yet",
        "INC-2 action @charlie 2026-11-21 Tell the customers",
    ] {
        world.types("charlie", "incidents", &format!("/incident {words}")).await;
    }
    world.advance_to(at(HANDOFF)).await;
    let team = world.slack().room("incidents").text().join("\n");
    let note = team.split("*Handoff of platform*").nth(1).expect("a note");
    let (_, late) = note.split_once("*Overdue action items:*\n").expect("a list");
    assert!(
        late.contains("• @charlie, since 2026-11-21: Order a &lt;bigger&gt; disk (*INC-1* Slow reports)"),
        "{note}"
    );
    assert!(late.contains("• @charlie, since 2026-11-21 (*INC-2* A private incident)"), "{note}");
    for words in ["Not late yet", "Tell the customers", "leaked"] {
        assert!(!late.contains(words), "{words}: {note}");
    }
    world.may_give_up();
});

scenario!(whoever_comes_on_call_confirms_a_test_page, async |world: &mut World| {
    world.advance_to(at(HANDOFF)).await;
    let dm = world.slack().dm("bob");
    dm.reads("*Test page:* you are on call for *platform* now.");
    let got_it = dm.button("Got it");
    let rings = world.pager("bob").all();
    assert_eq!(rings.len(), 1, "by every method: {rings:?}");
    assert_eq!(rings[0].text("incident"), "TEST");
    assert!(rings[0].text("title").starts_with("Test page: you are on call for platform now."), "{rings:?}");
    assert!(world.pager("alice").all().is_empty(), "she goes off call");
    world.advance(50.minutes()).await;
    world.clicks_as("bob", got_it).await;
    world.slack().dm("bob").reads("Thank you. Your pages reach you.");
    world.advance(2.hours()).await;
    world.slack().room("dontpanic-admin").never_reads("has not confirmed the test page");
});

scenario!(an_unconfirmed_test_page_is_told_after_an_hour, async |world: &mut World| {
    world.may_log("a test page was not accepted");
    world.pager("bob").is(Condition::Answers(500));
    world.advance_to(at(HANDOFF)).await;
    world.advance(59.minutes()).await;
    world.slack().room("dontpanic-admin").never_reads("has not confirmed the test page");
    world.restart().await;
    world.advance(1.minutes()).await;
    let words = "bob has come on call for `platform` and has not confirmed the test page within an hour \
                 (slack accepted, webhook failed).";
    world.slack().room("dontpanic-admin").reads(words);
    world.advance(3.hours()).await;
    assert_eq!(world.slack().room("dontpanic-admin").count(words), 1);
});

scenario!(a_service_that_was_down_over_a_handoff_attends_to_it_when_it_is_back, async |world: &mut World| {
    world.settle().await;
    world.dies().await;
    world.time_moves((4 * 24).hours());
    world.starts().await;
    world.slack().dm("bob").reads("*Test page:* you are on call for *platform* now.");
    assert_eq!(world.slack().room("incidents").count("Handoff of platform"), 1);
    let got_it = world.slack().dm("bob").button("Got it");
    world.clicks_as("bob", got_it).await;
});

scenario!(an_override_says_who_takes_over, async |world: &mut World| {
    world.types("eve", "incidents", "/oncall override @charlie 2026-11-22T12:00 2026-11-24T12:00").await;
    world.advance_to(at(HANDOFF)).await;
    world.slack().room("incidents").reads("@charlie hands over to @charlie");
    let got_it = world.slack().dm("charlie").button("Got it");
    world.clicks_as("charlie", got_it).await;
    world.advance(12.hours()).await;
    assert_eq!(world.slack().room("incidents").count("Handoff of platform"), 1, "its end is no handoff");
});

scenario!(the_note_is_posted_on_demand, async |world: &mut World| {
    let answer = world.types("alice", "incidents", "/oncall handoff").await;
    assert_eq!(
        answer,
        "The handoff note of *platform* goes to the announcement channel and to @alice and @bob."
    );
    world.slack().dm("bob").reads("*Handoff of platform*: @alice hands over to @bob");
    world.slack().room("incidents").reads("*Open:* nothing.");
    let answer = world.types("alice", "incidents", "/oncall handoff nights").await;
    assert_eq!(answer, "There is no schedule `nights`. There is `platform`.");
});

const ODD_PEOPLE: &str = "\n  alice: {slack: U0A, contact: [slack, webhook, sms, email], webhook: \"${BASE}/phones/alice\", phone: +33600000001}\n  \
                          bob: {slack: U0B, contact: [slack]}\n  diana: {slack: U0D}\n  eve: {slack: U0E}\n  charlie: {slack: U0C}";

scenario!(
    everybody_may_test_their_own_methods,
    house().with("people", ODD_PEOPLE),
    async |world: &mut World| {
        world.may_log("a test page was not accepted");
        let answer = world.types("alice", "incidents", "/oncall test-page").await;
        let said = answer.replace("Trying all of your contact methods…\n", "");
        assert!(
            said.contains(":white_check_mark: `slack`: accepted\n:white_check_mark: `webhook`: accepted"),
            "{said}"
        );
        assert!(said.contains(":x: `email`: not accepted: "), "{said}");
        world
            .slack()
            .dm("alice")
            .reads("*Test page*, as you asked. Nothing is wrong.")
            .has_no_button("Got it");
        world.pager("alice").rings();

        world.pager("alice").is(Condition::Answers(403));
        world.slack().fails_next("chat.postMessage", Fault::Http(500), 1);
        let answer = world.types("alice", "incidents", "/oncall test-page").await;
        assert!(
            answer.contains(":x: `webhook`: not accepted: the webhook refuses the page with http status 403"),
            "{answer}"
        );
        assert!(answer.contains(":x: `slack`: not accepted: "), "{answer}");
        // Nothing is tried again.
        world.advance(1.hours()).await;
        assert_eq!(world.pager("alice").all().len(), 1);
    }
);

/// Monday, ten in the morning in Paris.
const WEEK: &str = "2026-11-23T09:00:00Z";
const LOOKS: &str = "*Your next four weeks on call*";

scenario!(everybody_hears_of_their_own_shifts_once_a_week, async |world: &mut World| {
    world.settle().await;
    world.types("eve", "incidents", "/oncall override @eve 2026-12-01T20:00 2026-12-02T08:00").await;
    world.advance_to(at("2026-11-23T08:59:59Z")).await;
    assert_eq!(world.slack().dm("bob").count(LOOKS), 0);
    world.advance(1.seconds()).await;
    let dm = world.slack().dm("bob");
    dm.reads(LOOKS).reads("• *platform* 2026-11-23 08:00 UTC – 2026-11-30 08:00 UTC");
    dm.reads("• secondary: *platform* 2026-12-21 08:00");
    dm.never_reads("Changed since last week");
    // Charlie is in New York, where it is four in the morning.
    assert_eq!(world.slack().dm("charlie").count(LOOKS), 0);
    let eve = world.slack().dm("eve");
    eve.reads("• yours now: *platform* 2026-12-01 14:30 UTC – 2026-12-02 02:30 UTC");
    world.restart().await;
    world.advance(6.hours()).await;
    world.slack().dm("charlie").reads(LOOKS);
    world.slack().dm("charlie").reads("• not yours any more: *platform* 2026-12-01 14:30 UTC");
    for person in ["alice", "bob", "charlie", "diana", "eve"] {
        assert_eq!(world.slack().dm(person).count(LOOKS), 1, "{person}");
    }
    // A standstill over two Mondays makes up for the latest alone.
    world.dies().await;
    world.time_moves((15 * 24).hours());
    world.starts().await;
    world.settle().await;
    assert_eq!(world.slack().dm("alice").count(LOOKS), 2);
    world.may_give_up();
});

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_tell_everybody_once() {
    World::plays_on_two(house(), TestDatabase::postgres().await, async |world: &mut World| {
        world.settle().await;
        world.advance_to(at(WEEK)).await;
        world.advance(1.minutes()).await;
        for person in ["alice", "bob", "diana", "eve"] {
            assert_eq!(world.slack().dm(person).count(LOOKS), 1, "{person}");
        }
        world.may_give_up();
    })
    .await;
}
