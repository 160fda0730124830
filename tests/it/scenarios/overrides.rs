//! Shifts that change hands by a word in Slack: overrides, `take`, forms and buttons, and what follows for those who are paged.

use dontpanic::workspace::{Answer, Fault, UserKind};
use serde_json::json;

use crate::harness::alertmanager::alert;
use crate::harness::house::house;
use crate::harness::world::{Span as _, World, scenario};

const ROOM: &str = "inc-20261120-high-error-rate-checkout";

/// What the API says of who is on call at an instant.
async fn primary(world: &World, at: &str) -> String {
    let (status, answer) = world.gets_api(&format!("oncall?at={at}")).await;
    assert_eq!(status, 200, "{answer}");
    answer["primary"].as_str().unwrap_or("nobody").to_owned()
}

scenario!(whoever_takes_the_pager_is_paged, async |world: &mut World| {
    let answer = world.types("bob", "incidents", "/oncall take 2h").await;
    assert_eq!(
        answer,
        "Override 1: @bob on call for *platform*, 2026-11-20 03:00 UTC to 2026-11-20 05:00 UTC, instead of @alice.\n\
         *platform* is now:\n\
         2026-11-20 03:00 UTC to 2026-11-20 05:00 UTC: @bob, then @charlie"
    );
    world.slack().dm("alice").reads("@bob changed who is on call for *platform*.");
    world
        .slack()
        .dm("alice")
        .reads("You are not on call* 2026-11-20 03:00 UTC to 2026-11-20 05:00 UTC: @bob is.");
    let home = world.opens_home("alice").await;
    assert!(home.contains("*platform*: @bob, then @charlie until 2026-11-20 05:00 UTC"), "{home}");
    assert!(home.contains("Next: @alice, then @bob"), "{home}");
    let answer = world.types("eve", "incidents", "/oncall").await;
    assert_eq!(answer, "*platform*: @bob, then @charlie (until 2026-11-20 05:00 UTC)");
    let answer = world.types("eve", "incidents", "/oncall schedule 1").await;
    assert!(answer.contains("2026-11-20 03:00 UTC to 2026-11-20 05:00 UTC: @bob, then @charlie"), "{answer}");
    assert_eq!(primary(world, "2026-11-20T04:59:59Z").await, "bob");
    assert_eq!(primary(world, "2026-11-20T05:00:00Z").await, "alice");

    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    assert_eq!(world.paged(1).await, ["bob"]);
    let button = world.slack().dm("bob").button("Acknowledge");
    world.clicks(button).await;
});

scenario!(an_override_in_the_middle_of_a_ladder_pages_the_new_primary_at_once, async |world: &mut World| {
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    world.slack().dm("alice").reads("Next: pages @bob at 03:15 UTC unless acknowledged.");
    world.advance(5.minutes()).await;
    world.types("bob", "incidents", "/oncall take").await;
    assert_eq!(world.paged(1).await, ["alice", "bob"], "he is the primary now");
    assert!(world.timeline_text(1).await.contains("bob"), "{}", world.timeline_text(1).await);
    world.slack().dm("alice").reads("Next: pages @charlie at 03:15 UTC unless acknowledged.");
    world.advance(10.minutes()).await;
    assert_eq!(world.paged(1).await, ["alice", "bob", "charlie"], "the step keeps its wait");
    world.types("bob", ROOM, "/incident ack").await;
    // What nobody waits for stays as it is.
    world.types("eve", "incidents", "/oncall take 1h").await;
    let button = world.answer_button("eve", "incidents", "Replace it");
    world.clicks_as("eve", button).await;
    assert_eq!(world.paged(1).await, ["alice", "bob", "charlie"]);
});

scenario!(an_override_that_begins_and_ends_while_nobody_answers, async |world: &mut World| {
    world.types("alice", "incidents", "/oncall override @charlie 2026-11-20T04:05 +10m platform").await;
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    assert_eq!(world.paged(1).await, ["alice"]);
    world.advance(4.minutes()).await;
    assert_eq!(world.paged(1).await, ["alice"]);
    world.advance(1.minutes()).await;
    assert_eq!(world.paged(1).await, ["alice", "charlie"]);
    world.types("alice", ROOM, "/incident ack").await;
    world
        .slack()
        .dm("charlie")
        .reads("You are on call* 2026-11-20 03:05 UTC to 2026-11-20 03:15 UTC, instead of @alice.");
});

scenario!(an_override_is_cancelled_by_its_button_or_its_number, async |world: &mut World| {
    world.types("alice", "incidents", "/oncall override @bob 2026-11-21 2026-11-22").await;
    assert_eq!(primary(world, "2026-11-21T12:00:00Z").await, "bob");
    // Paris is an hour ahead of UTC.
    assert_eq!(primary(world, "2026-11-20T22:59:59Z").await, "alice");
    assert_eq!(primary(world, "2026-11-20T23:00:00Z").await, "bob");
    let button = world.answer_button("alice", "incidents", "Cancel override 1");
    world.clicks_as("alice", button.clone()).await;
    assert_eq!(primary(world, "2026-11-21T12:00:00Z").await, "alice");
    world
        .slack()
        .dm("bob")
        .reads("You are not on call* 2026-11-20 23:00 UTC to 2026-11-21 23:00 UTC: @alice is.");
    world.clicks_as("alice", button).await;
    let answer = world.types("alice", "incidents", "/oncall override cancel 1").await;
    assert_eq!(answer, "There is no override 1 that holds. No override does.");

    // One that runs ends now, and what was stays as it was.
    world.types("bob", "incidents", "/oncall take 4h").await;
    world.advance(1.hours()).await;
    let answer = world.types("alice", "incidents", "/oncall override cancel 7").await;
    assert!(answer.starts_with("There is no override 7 that holds. These do:\n3: @bob on call"), "{answer}");
    let answer = world.types("alice", "incidents", "/oncall override cancel #3").await;
    assert!(answer.starts_with("Override 3 ends now: @bob on call for *platform*"), "{answer}");
    assert_eq!(primary(world, "2026-11-20T03:30:00Z").await, "bob", "it was his");
    assert_eq!(primary(world, "2026-11-20T04:00:00Z").await, "alice");
});

scenario!(what_cannot_be_is_refused_with_the_reason, async |world: &mut World| {
    let refused = [
        ("override @bob 2026-11-22 2026-11-21", "That ends before it begins"),
        ("override @bob 2026-11-21 2026-11-21", "That ends before it begins"),
        ("override @bob 2020-01-01 2020-01-02", "is in the past. Nothing was changed."),
        ("override @bob now 2028-01-01", "is too far ahead: an override ends within a year"),
        ("override @alice now +2h", "@alice is on call for *platform* then anyway."),
        (
            "override @bbo now +2h",
            "There is nobody called `bbo` in Don't Panic's configuration. Did you mean `bob`?",
        ),
        ("override <@U0M|mallory> now +2h", "@mallory is not in Don't Panic's configuration"),
        (
            "override @bob now +2h plattform",
            "There is no schedule `plattform`. There is `platform`. Did you mean `platform`?",
        ),
        ("override @bob soon +2h", "`override` is used like this"),
        ("override @bob now", "`override` is used like this"),
        ("override cancel seven", "`override` is used like this"),
        ("take 2", "`take` is used like this"),
        ("take 0h", "`take` is used like this"),
        ("swap @bob", "`swap` is used like this"),
        ("overide @bob now +2h", "There is no `overide`; did you mean `override`?"),
    ];
    world.workspace().add_user("U0M", "mallory", UserKind::Member, "Europe/Paris");
    for (text, words) in refused {
        let answer = world.types("alice", "incidents", &format!("/oncall {text}")).await;
        let plain = answer.to_lowercase();
        assert!(plain.contains(&words.to_lowercase()), "{text}: {answer}");
    }
    let answer = world.types("U0M", "incidents", "/oncall take 2h").await;
    assert!(answer.starts_with("Only people in Don't Panic's configuration can do that."), "{answer}");
    assert_eq!(primary(world, "2026-11-20T03:00:00Z").await, "alice");
    assert_eq!(world.gets_api("oncall/overrides").await.1, json!({"overrides": []}));
});

scenario!(what_others_have_arranged_is_replaced_with_one_tap, async |world: &mut World| {
    world.types("alice", "incidents", "/oncall override @bob now +4h").await;
    let answer = world.types("charlie", "incidents", "/oncall take 2h").await;
    assert!(
        answer.starts_with("@alice has arranged something else, override 1: @bob on call for *platform*"),
        "{answer}"
    );
    assert_eq!(primary(world, "2026-11-20T03:30:00Z").await, "bob", "nothing was changed");
    let button = world.answer_button("charlie", "incidents", "Replace it");
    world.clicks_as("charlie", button).await;
    assert_eq!(primary(world, "2026-11-20T03:30:00Z").await, "charlie");
    assert_eq!(primary(world, "2026-11-20T05:30:00Z").await, "bob", "the rest is as it was arranged");
    world
        .slack()
        .dm("bob")
        .reads("You are not on call* 2026-11-20 03:00 UTC to 2026-11-20 05:00 UTC: @charlie is.");
    // One's own arrangements stand in nobody's way.
    let answer = world.types("charlie", "incidents", "/oncall override @diana now +1h").await;
    assert!(answer.contains("@alice has arranged something else"), "but hers still does: {answer}");
});

scenario!(a_time_is_read_on_the_wall_of_whoever_types_it, async |world: &mut World| {
    // Charlie is in New York, five hours behind UTC.
    let answer = world.types("charlie", "incidents", "/oncall override @bob 2026-11-21T18:00 +2h").await;
    assert!(answer.contains("2026-11-21 23:00 UTC to 2026-11-22 01:00 UTC"), "{answer}");
    let answer = world.types("eve", "incidents", "/oncall override @bob 2026-11-22 2026-11-23").await;
    // And Eve in Kolkata, five and a half ahead.
    assert!(
        answer.contains("2026-11-21 18:30 UTC to 2026-11-22 18:30 UTC") || answer.contains("Replace"),
        "{answer}"
    );
});

const TWO_SCHEDULES: &str = "\n  platform:\n    timezone: Europe/Paris\n    rotation: {every: 1w, start: 2026-11-16, people: [alice, bob]}\n  \
                             payments:\n    timezone: Europe/Paris\n    rotation: {every: 1w, start: 2026-11-16, people: [diana, eve]}";

scenario!(
    the_schedule_is_ones_own_unless_it_is_named,
    house().with("schedules", TWO_SCHEDULES),
    async |world: &mut World| {
        let answer = world.types("eve", "incidents", "/oncall take 1h").await;
        assert!(
            answer.contains("@eve on call for *payments*") && answer.contains("instead of @diana"),
            "{answer}"
        );
        let answer = world.types("eve", "incidents", "/oncall take 1h platform").await;
        assert!(answer.contains("@eve is not in the rotation of *platform*; that is allowed."), "{answer}");
        let answer = world.types("bob", "incidents", "/oncall override @charlie now +1h payments").await;
        assert!(answer.contains("@eve has arranged something else"), "{answer}");
    }
);

scenario!(a_form_asks_who_takes_what, async |world: &mut World| {
    let answer = world.types("bob", "incidents", "/oncall override").await;
    assert_eq!(answer, "", "the form says it all");
    let calls: Vec<String> = world.workspace().calls().into_iter().map(|call| call.method).collect();
    assert!(calls.ends_with(&["views.open".to_owned(), "views.update".to_owned()]), "{calls:?}");
    let form = world.form("bob").expect("the form is shown").to_string();
    assert!(form.contains("Who is on call?") && form.contains("datetimepicker"), "{form}");
    let at = |text: &str| json!(text.parse::<chrono::DateTime<chrono::Utc>>().expect("a time").timestamp());
    let (six, eight) = (at("2026-11-20T06:00:00Z"), at("2026-11-20T08:00:00Z"));

    world.workspace().add_user("U0M", "mallory", UserKind::Member, "Europe/Paris");
    let wrong = [
        ("U0C", &eight, &six, "to", "That is not after the beginning."),
        (
            "U0M",
            &six,
            &eight,
            "person",
            "They are not in Don't Panic's configuration, so they cannot be on call.",
        ),
        ("U0A", &six, &eight, "person", "They are on call then anyway."),
        ("U0C", &six, &at("2028-01-01T00:00:00Z"), "to", "An override ends within a year."),
        ("U0C", &at("2026-11-01T00:00:00Z"), &eight, "from", "That is in the past."),
    ];
    for (person, from, to, field, fault) in wrong {
        let fields = [("person", json!(person)), ("from", from.clone()), ("to", to.clone())];
        let answer = world.enters("bob", &fields).await;
        let Answer::InputErrors(faults) = answer else { panic!("{answer:?}") };
        assert_eq!(faults[field], fault);
    }
    assert_eq!(
        world.gets_api("oncall/overrides").await.1,
        json!({"overrides": []}),
        "nothing partial is stored"
    );

    let fields = [("person", json!("U0C")), ("from", six), ("to", eight)];
    assert_eq!(world.enters("bob", &fields).await, Answer::Acknowledged);
    assert_eq!(primary(world, "2026-11-20T06:30:00Z").await, "charlie");
    world.slack().dm("charlie").reads("@bob changed who is on call for *platform*.");
    world
        .slack()
        .dm("alice")
        .reads("You are not on call* 2026-11-20 06:00 UTC to 2026-11-20 08:00 UTC: @charlie is.");
});

scenario!(shifts_are_exchanged_when_the_other_agrees, async |world: &mut World| {
    let answer = world.types("alice", "incidents", "/oncall swap @charlie 2026-11-21").await;
    assert_eq!(
        answer,
        "I asked @charlie. Nothing changes unless they agree; then *platform* is:\n\
         2026-11-20 03:00 UTC to 2026-11-23 08:00 UTC: @charlie\n\
         2026-11-30 08:00 UTC to 2026-12-07 08:00 UTC: @alice"
    );
    assert_eq!(primary(world, "2026-11-21T12:00:00Z").await, "alice", "not before they agree");
    let dm = world.slack().dm("charlie");
    dm.reads("@alice asks you to exchange shifts of *platform*:");
    let agree = dm.button("Swap");
    world.clicks_as("charlie", agree.clone()).await;
    assert_eq!(primary(world, "2026-11-21T12:00:00Z").await, "charlie");
    assert_eq!(primary(world, "2026-12-01T12:00:00Z").await, "alice");
    world
        .slack()
        .dm("alice")
        .reads("@alice and @charlie have exchanged shifts (overrides 1 and 2). *platform* is now:");
    let dm = world.slack().dm("charlie");
    dm.has_no_button("Swap").has_no_button("No").never_reads("asks you to exchange");
    dm.reads("@alice asked @charlie to exchange shifts of *platform*:");
    dm.reads("@charlie agreed at 2026-11-20 03:00 UTC: overrides 1 and 2.");
    world.clicks_late("charlie", &agree).await;
    world.slack().dm("charlie").reads("That exchange was answered already, or is too old.");
    let (_, made) = world.gets_api("oncall/overrides").await;
    assert_eq!(made["overrides"].as_array().map(Vec::len), Some(2), "once");

    world.types("alice", "incidents", "/oncall swap @bob 2026-12-01").await;
    let no = world.slack().dm("bob").button("No");
    world.clicks_as("bob", no).await;
    world.slack().dm("alice").reads("@bob does not exchange shifts with you. Nothing was changed.");
    world.slack().dm("bob").reads("@bob declined at 2026-11-20 03:00 UTC.").has_no_button("Swap");
    assert_eq!(primary(world, "2026-12-01T12:00:00Z").await, "alice");

    let refused = [
        ("swap @alice 2026-12-01", "You cannot exchange a shift with yourself."),
        ("swap @bob 2026-11-24", "You are not on call for *platform* then: @bob is. Nothing was asked."),
        ("swap @bob 2026-10-01", "There is nothing left of that shift"),
        ("swap @diann 2026-12-01", "Did you mean `diana`?"),
    ];
    for (text, words) in refused {
        let answer = world.types("alice", "incidents", &format!("/oncall {text}")).await;
        assert!(answer.contains(words), "{text}: {answer}");
    }
});

scenario!(an_exchange_that_no_longer_holds_is_not_made, async |world: &mut World| {
    world.types("alice", "incidents", "/oncall swap @charlie 2026-11-21").await;
    let agree = world.slack().dm("charlie").button("Swap");
    world.types("bob", "incidents", "/oncall take 2h").await;
    world.slack().dm("charlie").reads("It can be exchanged no more").has_no_button("Swap");
    let told = "You asked @charlie to exchange shifts. It can be exchanged no more";
    assert_eq!(world.slack().dm("alice").count(told), 1);
    world.clicks_late("charlie", &agree).await;
    world.slack().dm("charlie").reads("That exchange was answered already, or is too old.");
    assert_eq!(primary(world, "2026-11-21T12:00:00Z").await, "alice");
    // Nobody changes anything, and its time comes.
    world.types("alice", "incidents", "/oncall swap @diana 2026-11-21").await;
    world.slack().dm("diana").button("Swap");
    world.advance((4 * 24).hours()).await;
    world.slack().dm("diana").reads("It can be exchanged no more").has_no_button("Swap");
});

scenario!(an_exchange_is_answered_in_words_too, async |world: &mut World| {
    let answer = world.types("charlie", "incidents", "/oncall swap accept").await;
    assert!(answer.starts_with("Nobody waits for an answer of yours"), "{answer}");
    world.types("alice", "incidents", "/oncall swap @charlie 2026-11-21").await;
    world.types("bob", "incidents", "/oncall swap @charlie 2026-11-24").await;
    let answer = world.types("charlie", "incidents", "/oncall swap accept").await;
    assert_eq!(answer, "@alice and @bob have asked you. Say whom you answer: `/oncall swap accept @alice`.");
    world.types("charlie", "incidents", "/oncall swap decline @bob").await;
    world.slack().dm("bob").reads("@charlie does not exchange shifts with you.");
    let answer = world.types("charlie", "incidents", "/oncall swap accept").await;
    assert!(answer.starts_with("@alice and @charlie have exchanged shifts"), "{answer}");
    assert_eq!(primary(world, "2026-11-21T12:00:00Z").await, "charlie");
    world.slack().dm("charlie").has_no_button("Swap").reads("@charlie agreed at");
});

scenario!(a_question_that_slack_takes_only_as_text_says_what_to_type, async |world: &mut World| {
    world.may_log("a message goes out again as plain text");
    world.slack().fails_next("chat.postMessage", Fault::Looks("invalid_blocks"), 1);
    world.types("alice", "incidents", "/oncall swap @charlie 2026-11-21").await;
    let dm = world.slack().dm("charlie");
    dm.reads("Swap: `/oncall swap accept`").reads("No: `/oncall swap decline`");
    world.types("charlie", "incidents", "/oncall swap accept").await;
    assert_eq!(primary(world, "2026-11-21T12:00:00Z").await, "charlie");
});

scenario!(a_question_that_cannot_be_edited_holds_nothing_up, async |world: &mut World| {
    world.may_log("to be tried again");
    world.types("alice", "incidents", "/oncall swap @charlie 2026-11-21").await;
    let agree = world.slack().dm("charlie").button("Swap");
    world.slack().fails_next("chat.update", Fault::Error("edit_window_closed"), 1);
    world.clicks_as("charlie", agree).await;
    world.slack().dm("charlie").button("Swap");
    world.types("alice", "incidents", "/oncall swap @bob 2026-12-01").await;
    let no = world.slack().dm("bob").button("No");
    world.slack().fails_next("chat.update", Fault::Http(500), 2);
    world.clicks_as("bob", no).await;
    for _ in 0..3 {
        world.wire_passes(30.seconds()).await;
    }
    world.slack().dm("bob").reads("@bob declined").has_no_button("Swap");
});

scenario!(overrides_outlive_a_restart, async |world: &mut World| {
    world.types("bob", "incidents", "/oncall take 5h").await;
    world.restart().await;
    assert_eq!(primary(world, "2026-11-20T04:00:00Z").await, "bob");
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    assert_eq!(world.paged(1).await, ["bob"]);
    world.types("bob", ROOM, "/incident ack").await;
});

scenario!(the_api_lists_shifts_and_overrides, async |world: &mut World| {
    world.types("bob", "incidents", "/oncall take 2h").await;
    let (status, shifts) =
        world.gets_api("oncall/shifts?from=2026-11-20T03:00:00Z&to=2026-11-21T00:00:00Z").await;
    assert_eq!(status, 200);
    let people: Vec<&str> = shifts["shifts"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|shift| shift["primary"].as_str().unwrap())
        .collect();
    assert_eq!(people, ["bob", "alice"]);
    let (_, made) = world.gets_api("oncall/overrides").await;
    assert_eq!(
        made,
        json!({"overrides": [{
            "id": 1, "schedule": "platform", "person": "bob", "from": "2026-11-20T03:00:00Z",
            "to": "2026-11-20T05:00:00Z", "by": "bob", "made_at": "2026-11-20T03:00:00Z",
        }]})
    );
    for (path, why) in [
        ("oncall/shifts?schedule=nights", 404),
        ("oncall/shifts?from=yesterday", 400),
        ("oncall/shifts?from=2026-11-20T03:00:00Z&to=2037-11-20T03:00:00Z", 400),
        ("oncall/shifts?from=2026-11-21T03:00:00Z&to=2026-11-20T03:00:00Z", 400),
        ("oncall/overrides?all=1", 400),
    ] {
        assert_eq!(world.gets_api(path).await.0, why, "{path}");
    }
    assert_eq!(world.reads("/api/v1/oncall/overrides").await.0, 401);
});
