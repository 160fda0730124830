//! A rotation that puts people on call in some hours only: what is paged outside of them, and who hears of it when.

use serde_json::Value;

use super::calendars::parsed;
use crate::harness::alertmanager::alert;
use crate::harness::house::{House, house};
use crate::harness::world::{Span as _, World, scenario};

/// Alice, then Bob, on working days from nine to six in Paris; whoever is needed at night is Eve.
fn office() -> House {
    let schedule = "\n  platform:\n    timezone: Europe/Paris\n    \
                    rotation: {every: 1w, start: 2026-11-16, people: [alice, bob]}\n    \
                    restrictions: [{days: [Mon, Tue, Wed, Thu, Fri], from: 09:00, to: 18:00}]\n    \
                    usergroup: oncall-platform";
    house()
        .with("schedules", schedule)
        .with("escalation", "{default: [{page: [primary], wait: 15m}, {page: [person:eve], wait: 30m}]}")
}

fn at(text: &str) -> chrono::DateTime<chrono::Utc> {
    text.parse().expect("a time")
}

scenario!(
    at_night_the_next_step_is_paged_and_in_the_morning_the_primary,
    office(),
    async |world: &mut World| {
        world.workspace().add_user_group("oncall-platform", &["U0E"]);
        world.story_is("2026-11-20T07:50:00Z");
        world.alertmanager().fires(alert("DiskFull").service("checkout")).await;
        assert_eq!(world.paged(1).await, ["eve"], "at once");
        world
            .slack()
            .room("dontpanic-admin")
            .reads("step 1 of `default` on schedule `platform` reaches nobody");
        world.advance(10.minutes() - 1.seconds()).await;
        assert_eq!(world.paged(1).await, ["eve"]);
        world.advance(1.seconds()).await;
        assert_eq!(world.paged(1).await, ["eve", "alice"], "the primary, at nine o'clock");
        let button = world.slack().dm("alice").button("Acknowledge");
        world.clicks(button).await;
        assert_eq!(world.state(1).await, "acknowledged");
    }
);

scenario!(a_night_empties_no_user_group_and_is_no_handoff, office(), async |world: &mut World| {
    world.workspace().add_user_group("oncall-platform", &["U0E"]);
    world.settle().await;
    let group = |world: &World| world.workspace().user_groups().swap_remove(0).users;
    world.advance_to(at("2026-11-20T08:00:00Z")).await;
    assert_eq!(group(world), ["U0A"]);
    world.advance_to(at("2026-11-20T18:00:00Z")).await;
    assert_eq!(group(world), ["U0A"], "nobody is on call, and the group is not emptied");
    assert!(world.types("charlie", "incidents", "/oncall").await.contains("*platform*: nobody (until "));
    let coming = world.types("charlie", "incidents", "/oncall schedule platform").await;
    assert!(coming.contains("@bob") && !coming.contains("nobody"), "{coming}");

    let (_, listed) = world.gets_api("oncall/ical").await;
    let path = listed["calendars"][0]["path"].as_str().expect("a path").to_owned();
    let read = parsed(&world.reads(&path).await.1);
    let events = read["events"].as_array().expect("a list");
    assert!(events.iter().all(|event| !event["summary"].as_str().unwrap_or_default().contains("nobody")));
    let starts = |event: &Value| event["start"].as_str().map(str::to_owned);
    assert!(
        events.iter().any(|event| starts(event).as_deref() == Some("2026-11-24T08:00:00Z")),
        "{events:?}"
    );

    world.advance_to(at("2026-11-23T07:59:59Z")).await;
    world.slack().room("incidents").never_reads("Handoff of platform");
    world.advance(1.seconds()).await;
    let note = "*Handoff of platform*: @alice hands over to @bob, until 2026-11-27 17:00 UTC";
    world.slack().room("incidents").reads(note);
    assert_eq!(group(world), ["U0B"]);
    let n_rings = world.pager("bob").all().len();
    assert_eq!(n_rings, 1, "the test page");
    world.advance_to(at("2026-11-24T08:30:00Z")).await;
    assert_eq!(world.slack().room("incidents").count("Handoff of platform"), 1, "not every morning");
    assert_eq!(world.pager("bob").all().len(), n_rings);
});

/// Alice, Bob and Charlie take turns of a day, from noon to noon, on working days from nine to six; who is on call and who stands
/// behind are paged a quarter of an hour apart, and after them Eve.
fn days(handoff: &str) -> House {
    let schedule = format!(
        "\n  platform:\n    timezone: Europe/Paris\n    handoff: {{time: {handoff}}}\n    \
         rotation: {{every: 1d, start: 2026-11-19, people: [alice, bob, charlie]}}\n    \
         restrictions: [{{days: [Mon, Tue, Wed, Thu, Fri], from: 09:00, to: 18:00}}]"
    );
    let ladder = "{default: [{page: [primary], wait: 15m}, {page: [secondary], wait: 15m}, {page: [person:eve], wait: 30m}]}";
    house().with("schedules", &schedule).with("escalation", ladder)
}

scenario!(
    a_step_after_closing_time_reaches_nobody_and_the_next_one_is_paged_at_once,
    days("12:00"),
    async |world: &mut World| {
        // Friday, ten to six in Paris: Bob's turn since noon.
        world.story_is("2026-11-20T16:50:00Z");
        world.alertmanager().fires(alert("DiskFull").service("checkout")).await;
        assert_eq!(world.paged(1).await, ["bob"]);
        world.advance(15.minutes() - 1.seconds()).await;
        assert_eq!(world.paged(1).await, ["bob"], "closing time pages nobody");
        let said = "bob was paged and has not answered; eve is next, at 17:05 UTC";
        world
            .slack()
            .room("dontpanic-admin")
            .reads("From now on nobody is on call on schedule `platform`")
            .reads(said)
            .never_reads("reaches nobody");
        world.advance(1.seconds()).await;
        assert_eq!(
            world.paged(1).await,
            ["bob", "eve"],
            "nobody stands behind any more, so whoever comes next"
        );
        world
            .slack()
            .room("dontpanic-admin")
            .reads("step 2 of `default` on schedule `platform` reaches nobody");
        // Round two finds only her.
        world.advance(30.minutes()).await;
        assert_eq!(world.paged(1).await, ["bob", "eve", "eve"]);
        let button = world.slack().dm("eve").button("Acknowledge");
        world.clicks(button).await;
        assert_eq!(world.state(1).await, "acknowledged");
    }
);

scenario!(
    a_step_at_the_instant_of_a_handoff_pages_whoever_is_on_call_from_then_on,
    days("12:00"),
    async |world: &mut World| {
        // Friday, a quarter to twelve in Paris: Alice's turn still.
        world.story_is("2026-11-20T10:45:00Z");
        world.alertmanager().fires(alert("DiskFull").service("checkout")).await;
        assert_eq!(world.paged(1).await, ["alice"]);
        world.advance(15.minutes() - 1.seconds()).await;
        assert_eq!(world.paged(1).await, ["alice"]);
        world.advance(1.seconds()).await;
        let mut paged = world.paged(1).await;
        paged.sort();
        assert_eq!(
            paged,
            ["alice", "bob", "charlie"],
            "the new primary, and who stands behind him; nobody twice"
        );
        let button = world.slack().dm("bob").button("Acknowledge");
        world.clicks(button).await;
        assert_eq!(world.state(1).await, "acknowledged");
    }
);

scenario!(
    a_step_at_the_instant_of_closing_time_and_handoff_reaches_nobody,
    days("18:00"),
    async |world: &mut World| {
        // Friday, a quarter to six in Paris. The turn ends at six, and with it the hours.
        world.story_is("2026-11-20T16:45:00Z");
        world.alertmanager().fires(alert("DiskFull").service("checkout")).await;
        assert_eq!(world.paged(1).await, ["alice"]);
        world.advance(15.minutes() - 1.seconds()).await;
        assert_eq!(world.paged(1).await, ["alice"]);
        world.advance(1.seconds()).await;
        assert_eq!(world.paged(1).await, ["alice", "eve"], "at six sharp nobody is on call");
        world
            .slack()
            .room("dontpanic-admin")
            .reads("step 2 of `default` on schedule `platform` reaches nobody");
        let button = world.slack().dm("eve").button("Acknowledge");
        world.clicks(button).await;
        assert_eq!(world.state(1).await, "acknowledged");
    }
);

scenario!(a_shift_of_office_hours_is_exchanged_whole, office(), async |world: &mut World| {
    world.workspace().add_user_group("oncall-platform", &["U0E"]);
    // Wednesday of Bob's week, at noon in Paris.
    world.advance_to(at("2026-11-25T11:00:00Z")).await;
    let alices = "2026-11-30 08:00 UTC to 2026-11-30 17:00 UTC: @bob\n\
                  2026-12-01 08:00 UTC to 2026-12-01 17:00 UTC: @bob\n\
                  2026-12-02 08:00 UTC to 2026-12-02 17:00 UTC: @bob\n\
                  2026-12-03 08:00 UTC to 2026-12-03 17:00 UTC: @bob\n\
                  2026-12-04 08:00 UTC to 2026-12-04 17:00 UTC: @bob";
    let bobs = "2026-12-07 08:00 UTC to 2026-12-07 17:00 UTC: @alice\n\
                2026-12-08 08:00 UTC to 2026-12-08 17:00 UTC: @alice\n\
                2026-12-09 08:00 UTC to 2026-12-09 17:00 UTC: @alice\n\
                2026-12-10 08:00 UTC to 2026-12-10 17:00 UTC: @alice\n\
                2026-12-11 08:00 UTC to 2026-12-11 17:00 UTC: @alice";
    for (day, words) in [
        ("2026-12-05", "You are not on call for *platform* then: nobody is. Nothing was asked."),
        ("2026-11-26", "You are not on call for *platform* then: @bob is. Nothing was asked."),
        ("2026-11-17", "There is nothing left of that shift"),
    ] {
        let answer = world.types("alice", "incidents", &format!("/oncall swap @bob {day}")).await;
        assert!(answer.contains(words), "{day}: {answer}");
    }
    let answer = world.types("alice", "incidents", "/oncall swap @bob 2026-12-03").await;
    let then = "I asked @bob. Nothing changes unless they agree; then *platform* is:";
    assert_eq!(answer, format!("{then}\n{alices}\n{bobs}"));
    world
        .slack()
        .dm("bob")
        .reads("@alice asks you to exchange shifts of *platform*:")
        .reads(alices)
        .reads(bobs);
    let agree = world.slack().dm("bob").button("Swap");
    world.clicks_as("bob", agree).await;
    let made = "@alice and @bob have exchanged shifts (overrides 1, 2, 3, 4, 5, 6, 7, 8, 9 and 10). *platform* is now:";
    world.slack().dm("alice").reads(made).reads(alices).reads(bobs);
    let mut people = vec![];
    for day in ["11-30", "12-01", "12-04", "12-05", "12-07", "12-11", "12-14"] {
        let (_, roster) = world.gets_api(&format!("oncall?at=2026-{day}T12:00:00Z")).await;
        people.push(roster["primary"].as_str().unwrap_or("nobody").to_owned());
    }
    assert_eq!(people, ["bob", "bob", "bob", "nobody", "alice", "alice", "alice"]);
});
