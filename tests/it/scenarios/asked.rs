//! What people ask of an incident besides taking it: somebody who leads, somebody else, a while of silence, a word to all.

use crate::harness::alertmanager::alert;
use crate::harness::world::{Span as _, World, scenario};

const ROOM: &str = "inc-20261120-high-error-rate-checkout";

scenario!(somebody_leads_from_now_on, async |world: &mut World| {
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    assert_eq!(world.types("alice", ROOM, "/incident commander").await, "@alice is the commander of INC-1.");
    world.slack().room(ROOM).has_topic("P2 · triggered · IC @alice");
    let answer = world.types("alice", ROOM, "/incident commander @charlie").await;
    assert_eq!(answer, "@charlie is the commander of INC-1.");
    let room = world.slack().room(ROOM);
    room.has_topic("P2 · triggered · IC @charlie").reads("@charlie is incident commander now");
    assert!(room.has("charlie"), "whoever leads is brought in");
    assert_eq!(world.n_events(1, "role_changed").await, 2);
    world.advance(31.minutes()).await;
    assert_eq!(
        world.paged(1).await,
        ["alice", "bob", "charlie"],
        "and not diana, whose role it is elsewhere"
    );
    let answer = world.types("alice", ROOM, "/incident commander @stranger").await;
    assert!(answer.contains("not in Don't Panic's configuration"), "{answer}");
    world.types("alice", ROOM, "/incident ack").await;
});

scenario!(somebody_is_woken_with_a_word, async |world: &mut World| {
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    let answer = world.types("alice", ROOM, "/incident page @eve Is this <!channel> *yours*?").await;
    assert_eq!(answer, "INC-1: paging @eve.");
    world.slack().dm("eve").reads("They say: Is this").never_reads("<!channel>");
    world.slack().room(ROOM).reads("@alice asked for @eve");
    world.types("alice", ROOM, "/incident ack").await;
    let n_pages = world.ledger(1).await.iter().filter(|page| page.person.as_str() == "eve").count();
    world.pager("eve").is_silent();
    world.advance(4.minutes()).await;
    assert_eq!(world.pager("eve").rings().text("message"), "Is this <!channel> *yours*?");
    let answer = world.types("eve", ROOM, "/incident ack").await;
    assert!(answer.starts_with("Your page has stopped. INC-1 is acknowledged by @alice"), "{answer}");
    let answer = world.types("alice", ROOM, "/incident page platform").await;
    assert_eq!(answer, "INC-1: paging @alice.");
    let answer = world.types("alice", ROOM, "/incident page nights please").await;
    assert!(answer.contains("There is no such schedule either, only `platform`"), "{answer}");
    let ended = |page: &&dontpanic::domain::page::Page| page.person.as_str() == "eve" && page.acked.is_some();
    assert_eq!(world.ledger(1).await.iter().filter(ended).count(), n_pages + 1, "only eve ends her page");
    world.types("alice", ROOM, "/incident ack").await;
});

scenario!(a_snooze_pages_again_at_its_end, async |world: &mut World| {
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    let answer = world.types("alice", ROOM, "/incident snooze 25h").await;
    assert_eq!(answer, "A snooze lasts at most 24 hours. Nothing was changed.");
    assert_eq!(world.state(1).await, "triggered");
    let answer = world.types("alice", ROOM, "/incident snooze 30m").await;
    assert!(answer.starts_with("You have INC-1. Snoozed until "), "{answer}");
    world.slack().room(ROOM).reads("Snoozed until").reads("@alice snoozed it until");
    world.advance(29.minutes()).await;
    assert_eq!(world.paged(1).await, ["alice"]);
    world.advance(2.minutes()).await;
    assert_eq!((world.state(1).await, world.paged(1).await.len()), ("triggered", 2));
    world.slack().room(ROOM).reads("The snooze is over");
    world.slack().dm("alice").reads("The snooze is over.");
    world.types("alice", ROOM, "/incident ack").await;
    world.advance(20.minutes()).await;
    assert_eq!(world.paged(1).await.len(), 2, "she has it");
});

scenario!(whoever_snoozed_is_paged_first_and_then_the_ladder_goes_on, async |world: &mut World| {
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    // Nobody's shift: he happened to be awake.
    world.types("charlie", ROOM, "/incident snooze 30m").await;
    world.advance(30.minutes()).await;
    assert_eq!(world.paged(1).await, ["alice", "charlie"], "he is woken, and not whoever is on call");
    let button = world.slack().dm("charlie").button("Acknowledge");
    world.clicks_as("charlie", button).await;
    world.advance(30.minutes()).await;
    assert_eq!(world.paged(1).await, ["alice", "charlie"]);
    // Once more, and he sleeps on: by every method he has, and then the ladder goes on where it was.
    world.types("charlie", ROOM, "/incident snooze 30m").await;
    world.advance(44.minutes()).await;
    assert_eq!(world.paged(1).await, ["alice", "charlie", "charlie"]);
    assert_eq!(world.state(1).await, "triggered");
    world.advance(1.minutes()).await;
    assert_eq!(
        (world.state(1).await, world.paged(1).await.last().map(String::as_str)),
        ("triggered", Some("bob"))
    );
    world.types("bob", ROOM, "/incident ack").await;
});

scenario!(an_update_reaches_those_who_only_follow, async |world: &mut World| {
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    let answer = world.types("alice", ROOM, "/incident update Half of the <customers> are back").await;
    assert_eq!(answer, "Posted the update of INC-1.");
    let said = "Update by @alice: Half of the";
    world.slack().room(ROOM).reads(said);
    world.slack().room("incidents").reads(said);
    assert_eq!(world.types("alice", ROOM, "/incident update").await, "", "the form says it all");
    world.fills_in("alice", &[("update", "All of them are")]).await;
    world.slack().room("incidents").reads("Update by @alice: All of them are");
    assert_eq!(world.n_events(1, "status_update").await, 2);
    world.types("alice", ROOM, "/incident ack").await;
});

scenario!(a_snooze_is_broken_by_something_worse_and_by_nothing_else, async |world: &mut World| {
    let errors = || alert("HighErrorRate").service("checkout");
    world.alertmanager().fires(errors()).await;
    world.types("alice", ROOM, "/incident snooze 2h").await;
    let old = world.slack().room(ROOM).button("Escalate");
    let n_pages = world.ledger(1).await.len();
    world.alertmanager().resolves(&errors()).await;
    world.advance(1.minutes()).await;
    world.alertmanager().fires(errors()).await;
    world.alertmanager().fires(errors().label("region", "eu")).await;
    world.advance(20.minutes()).await;
    assert_eq!(world.ledger(1).await.len(), n_pages, "a flap and one more of the same sleep on");
    assert_eq!(world.n_events(1, "nudged").await, 0, "nobody is asked whether they are at work");
    world.alertmanager().fires(errors().label("region", "us").severity("p1")).await;
    assert_eq!((world.state(1).await, world.incident(1).await.snoozed_until), ("triggered", None));
    assert!(world.ledger(1).await.len() > n_pages);
    // The button of before is no order of now.
    let n_pages = world.ledger(1).await.len();
    world.clicks_late("bob", &old).await;
    assert_eq!(world.ledger(1).await.len(), n_pages);
    world.types("alice", ROOM, "/incident ack").await;
    world.types("diana", ROOM, "/incident ack").await;
});

scenario!(kept_open_it_stays_until_somebody_ends_it, async |world: &mut World| {
    let errors = || alert("HighErrorRate").service("checkout");
    world.alertmanager().fires(errors()).await;
    // Said before it is clear, it counts as well; a button of then counts no more.
    world.types("bob", ROOM, "/incident keep-open").await;
    world.alertmanager().resolves(&errors()).await;
    world.slack().room(ROOM).reads("Stays open until somebody resolves it").has_no_button("Keep open");
    world.advance(3.hours()).await;
    assert_eq!(world.state(1).await, "monitoring");
    // It fires again: the ladder goes on where it was, and clear again it still stays.
    world.alertmanager().fires(errors()).await;
    assert_eq!(world.state(1).await, "triggered");
    world.types("alice", ROOM, "/incident ack").await;
    world.alertmanager().resolves(&errors()).await;
    world.advance(3.hours()).await;
    assert_eq!(world.state(1).await, "monitoring");
    world.types("alice", ROOM, "/incident resolve").await;
    assert_eq!(world.state(1).await, "resolved");
    let answer = world.types("alice", ROOM, "/incident keep-open").await;
    assert!(answer.starts_with("INC-1 has ended"), "{answer}");
});

scenario!(a_page_by_hand_outlives_everything_but_its_addressee_and_the_end, async |world: &mut World| {
    let errors = || alert("HighErrorRate").service("checkout");
    world.alertmanager().fires(errors()).await;
    world.types("alice", ROOM, "/incident ack").await;
    let n_asked = async |world: &World| {
        world
            .ledger(1)
            .await
            .iter()
            .filter(|page| page.person.as_str() == "eve" && page.superseded.is_none())
            .count()
    };
    world.types("alice", ROOM, "/incident page @eve").await;
    // Neither a clear sky, nor a rise, nor anybody else's word.
    world.alertmanager().resolves(&errors()).await;
    world.advance(4.minutes()).await;
    assert_eq!(n_asked(world).await, 2, "her next method, although the alerts are clear");
    world.alertmanager().fires(errors()).await;
    world.types("bob", ROOM, "/incident severity P1").await;
    world.types("bob", ROOM, "/incident ack").await;
    world.types("diana", ROOM, "/incident ack").await;
    world.types("bob", ROOM, "/incident snooze 1h").await;
    assert_eq!(n_asked(world).await, 2);
    assert!(world.incident(1).await.walks.iter().any(|walk| walk.person.as_str() == "eve"));
    world.types("bob", ROOM, "/incident resolve").await;
    let button = world.answer_button("bob", ROOM, "Resolve");
    world.clicks_as("bob", button).await;
    assert!(world.incident(1).await.walks.is_empty(), "the end ends it");
    world.pager("eve").rings();
});

// Who may do nothing does not keep it from being asked about either.
scenario!(every_member_may_say_that_they_are_at_work_and_no_guest, async |world: &mut World| {
    use dontpanic::workspace::UserKind;
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    for (who, kind) in [("U0M", UserKind::Member), ("U0GUEST", UserKind::Guest)] {
        world.workspace().add_user(who, &who.to_lowercase(), kind, "Europe/Paris");
    }
    world.types("alice", ROOM, "/incident ack").await;
    world.advance(16.minutes()).await;
    let (button, asked) = (world.slack().room(ROOM).button("Still on it"), world.incident(1).await);
    world.clicks_late("U0GUEST", &button).await;
    world.slack().dm("U0GUEST").reads("Only full members of this workspace can do that");
    assert_eq!(world.incident(1).await, asked, "the question stands");
    world.clicks_late("U0M", &button).await;
    assert!(world.timeline_text(1).await.contains("is still on it"));
});

scenario!(an_ack_during_a_snooze_never_ends_it_in_silence, async |world: &mut World| {
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    world.types("alice", ROOM, "/incident snooze 30m").await;
    let before = world.incident(1).await;
    let answer = world.types("alice", ROOM, "/incident ack").await;
    assert!(answer.contains("acknowledged already") && answer.contains("Snoozed until"), "{answer}");
    let (status, answer) = world.asks_api("incidents/INC-1/ack", serde_json::json!({})).await;
    assert_eq!((status, answer["acked_by"].as_str()), (200, Some("alice")), "a script wakes up for nobody");
    let (status, _) = world.asks_api("incidents/INC-1/ack", serde_json::json!({"person": "alice"})).await;
    assert_eq!((status, world.incident(1).await), (200, before), "200 unchanged");
    assert_eq!(world.n_events(1, "acked").await, 1);
    world.advance(31.minutes()).await;
    assert_eq!(world.paged(1).await.len(), 2, "she is paged again");
    world.types("alice", ROOM, "/incident ack").await;
});

scenario!(whoever_acks_somebody_elses_snooze_has_it_from_then_on, async |world: &mut World| {
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    world.types("alice", ROOM, "/incident snooze 30m").await;
    let answer = world.types("bob", ROOM, "/incident ack").await;
    assert_eq!(answer, "You have INC-1 now. The snooze of @alice has ended.");
    // Slack notifies her: the line mentions her.
    world.slack().room(ROOM).reads("@bob took over (was not paged): the snooze of @alice has ended");
    world.slack().dm("alice").reads("Acknowledged by @bob");
    let (_, incident) = world.asks_api("incidents/INC-1/ack", serde_json::json!({"person": "bob"})).await;
    assert_eq!(incident["acked_by"], "bob");
    assert_eq!(world.n_events(1, "acked").await, 2);
    world.advance(3.hours()).await;
    assert_eq!(world.paged(1).await, ["alice"], "bob has it");
});

scenario!(whoever_had_it_last_is_named_after_its_end, async |world: &mut World| {
    let (error_rate, nothing) = (alert("HighErrorRate").service("checkout"), serde_json::json!({}));
    world.alertmanager().fires(error_rate.clone()).await;
    let acked = async |world: &mut World| {
        let (_, incident) = world.gets_api("incidents/INC-1").await;
        (incident["acked_by"].clone(), incident["acked_at"].clone())
    };
    let nobody = (serde_json::Value::Null, serde_json::Value::Null);
    world.types("alice", ROOM, "/incident ack").await;
    assert_eq!(acked(world).await, ("alice".into(), "2026-11-20T03:00:00Z".into()));
    // She gives it back, and Bob takes it.
    world.types("alice", ROOM, "/incident escalate").await;
    assert_eq!(acked(world).await, nobody);
    world.advance(1.minutes()).await;
    world.types("bob", ROOM, "/incident ack").await;
    let bob = ("bob".into(), "2026-11-20T03:01:00Z".into());
    assert_eq!(acked(world).await, bob);
    world.asks_api("incidents/INC-1/resolve", nothing.clone()).await;
    assert_eq!((world.state(1).await, acked(world).await), ("resolved", bob.clone()), "not the first one");
    // Opened again nobody has it; when it ends so, Bob had it last.
    world.types("alice", ROOM, "/incident reopen").await;
    assert_eq!(acked(world).await, nobody);
    world.asks_api("incidents/INC-1/resolve", nothing).await;
    assert_eq!(acked(world).await, bob);
    let told = world.timeline_text(1).await;
    let (alice, bob) = (told.find("alice acknowledged"), told.find("bob acknowledged"));
    assert!(alice.is_some() && alice < bob, "the timeline keeps both: {told}");
    assert_eq!(world.n_events(1, "acked").await, 2);
    world.alertmanager().resolves(&error_rate).await;
});

scenario!(a_snooze_moved_is_one_event_and_takes_it_from_nobody, async |world: &mut World| {
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    world.types("alice", ROOM, "/incident snooze 30m").await;
    world.types("alice", ROOM, "/incident snooze 1h").await;
    let answer = world.types("bob", ROOM, "/incident snooze 2h").await;
    assert!(answer.starts_with("@alice has INC-1. Snoozed until "), "{answer}");
    assert_eq!((world.n_events(1, "acked").await, world.n_events(1, "snoozed").await), (1, 3));
    assert_eq!(world.slack().room(ROOM).count("acknowledged after"), 1);
    world.advance(119.minutes()).await;
    assert_eq!(world.paged(1).await, ["alice"]);
    world.advance(2.minutes()).await;
    assert_eq!(world.paged(1).await.len(), 2);
    world.types("alice", ROOM, "/incident ack").await;
});

scenario!(a_page_says_that_nobody_has_answered_only_when_nobody_has, async |world: &mut World| {
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    world.types("alice", ROOM, "/incident ack").await;
    world.types("bob", ROOM, "/incident severity P1").await;
    let again = world.slack().dm("alice").text().last().cloned().unwrap_or_default();
    assert!(again.contains("This is round ") && !again.contains("nobody has answered"), "{again}");
    world.types("diana", ROOM, "/incident ack").await;
    world.types("alice", ROOM, "/incident resolve").await;

    world.alertmanager().fires(alert("DiskFull").service("ledger")).await;
    world.advance(65.minutes()).await;
    world.slack().dm("alice").reads("This is round 2: nobody has answered so far.");
    world.types("alice", "incidents", "/incident INC-2 ack").await;
});

scenario!(a_snooze_into_another_day_says_which, async |world: &mut World| {
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    world.types("alice", ROOM, "/incident snooze 24h").await;
    world.slack().room(ROOM).reads("Snoozed until 2026-11-2");
    world.types("bob", ROOM, "/incident ack").await;
});

scenario!(what_is_kept_open_and_who_cannot_lead_is_said_as_it_is, async |world: &mut World| {
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    let answer = world.types("alice", ROOM, "/incident keep-open").await;
    assert!(answer.starts_with("INC-1 stays open until somebody resolves it."), "{answer}");
    let answer = world.types("alice", ROOM, "/incident commander @zed").await;
    assert_eq!(answer, "`zed` is not in Don't Panic's configuration, so they cannot be the commander.");
    let answer = world.types("alice", ROOM, "/oncall schedule platform 9999").await;
    assert!(answer.contains("1-26"), "{answer}");
    world.types("alice", ROOM, "/incident ack").await;
});

scenario!(everybody_who_is_named_is_woken, async |world: &mut World| {
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    let answer =
        world.types("alice", ROOM, "/incident page @bob, @eve and @charlie: all of you please").await;
    assert_eq!(answer, "INC-1: paging @bob, @eve and @charlie.");
    for who in ["bob", "eve", "charlie"] {
        world.slack().dm(who).reads("all of you please");
    }
    // Without the mentions that Slack offers, and with a slip among them.
    let answer = world.types("alice", ROOM, "/incident page diana eve").await;
    assert_eq!(answer, "INC-1: paging @diana and @eve.");
    let answer = world.types("alice", ROOM, "/incident page @zed @diana").await;
    assert_eq!(
        answer,
        "INC-1: paging @diana.\n*Not paged:* `zed`, who is not in Don't Panic's configuration."
    );
    let n_pages = world.ledger(1).await.len();
    let answer = world.types("alice", ROOM, "/incident page @zed @zoe").await;
    assert!(answer.contains("There is no such schedule either"), "{answer}");
    for wrong in ["escalate @bob @eve", "commander @bob @eve"] {
        let answer = world.types("alice", ROOM, &format!("/incident {wrong}")).await;
        assert!(answer.starts_with("One person "), "{wrong}: {answer}");
    }
    assert_eq!(world.ledger(1).await.len(), n_pages);
    assert_eq!(world.incident(1).await.commander, None);
    for who in ["alice", "bob", "charlie", "diana", "eve"] {
        world.types(who, ROOM, "/incident ack").await;
    }
});

scenario!(me_is_whoever_says_it_and_an_incident_has_many_names, async |world: &mut World| {
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    let answer = world.types("bob", "incidents", "/incident #1 page me").await;
    assert_eq!(answer, "INC-1: paging @bob.");
    assert_eq!(
        world.types("bob", "incidents", "/incident INC1 commander me").await,
        "@bob is the commander of INC-1."
    );
    let answer = world.types("bob", "incidents", "/incident inc 1 note INC-1 it is").await;
    assert_eq!(answer, "Noted on the timeline of INC-1.");
    world.types("bob", "incidents", "/incident 1 ack").await;
    assert_eq!(world.state(1).await, "acknowledged");
    world.types("alice", "incidents", "/incident ack 1").await;
    let answer = world.types("bob", "incidents", "/oncall override me now +2h").await;
    assert!(answer.contains("@bob"), "{answer}");
    world.workspace().add_user("U0M", "mallory", dontpanic::workspace::UserKind::Member, "Europe/Paris");
    let answer = world.types("U0M", "incidents", "/incident INC-1 page me").await;
    assert!(answer.contains("not in Don't Panic's configuration"), "{answer}");
});
