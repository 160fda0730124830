//! Silences in Alertmanager that people ask for, and what they do to paging.

use dontpanic::workspace::Answer;

use crate::harness::alertmanager::alert;
use crate::harness::house::house;
use crate::harness::world::{Span as _, World, scenario};

const ROOM: &str = "inc-20261120-high-error-rate-checkout";

scenario!(a_silence_pauses_paging_and_gives_it_back, house().with_partner(1), async |world: &mut World| {
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    assert_eq!(world.paged(1).await, ["alice"]);
    world.types("alice", ROOM, "/incident silence 2h new <disk> is on its way").await;
    let [silence] = &world.partner().in_force()[..] else { panic!("{:?}", world.partner().in_force()) };
    assert_eq!(silence.created_by, "alice");
    assert!(silence.comment.starts_with("new <disk> is on its way (INC-1 https://"), "{}", silence.comment);
    let labels: Vec<&str> = silence.matchers.iter().map(|(name, ..)| name.as_str()).collect();
    assert_eq!(labels, ["alertname", "service", "severity"]);
    assert!(silence.matchers.iter().all(|(_, _, is_regex)| !is_regex));
    assert_eq!(silence.ends_at, world.now() + 2.hours());
    world
        .slack()
        .room(ROOM)
        .reads("silenced the alert that fires")
        .reads("new &lt;disk&gt;")
        .reads("*Silenced*");
    world.slack().dm("alice").reads("Silenced").reads("nobody is paged before");
    assert_eq!(world.n_events(1, "silence_created").await, 1);
    let end = world.now() + 2.hours();
    assert_eq!(world.silences_ending_by(end).await, ["INC-1 main alice"]);
    assert_eq!(world.silences_ending_by(end - 1.minutes()).await, Vec::<String>::new());
    assert_eq!(world.state(1).await, "triggered", "a silence is no acknowledgement");

    world.advance(104.minutes()).await;
    assert_eq!(world.paged(1).await, ["alice"], "nobody is woken meanwhile");
    world.slack().room(ROOM).never_reads("Silence 1 ends at");
    world.advance(2.minutes()).await;
    world.slack().room(ROOM).reads("Silence 1 ends at").reads("1 of its alerts still fires");
    world.advance(15.minutes()).await;
    world
        .slack()
        .room(ROOM)
        .reads("Silence 1 of @alice is over; 1 of its alerts still fires")
        .reads("paging goes on");
    world.advance(15.minutes()).await;
    assert_eq!(world.paged(1).await, ["alice", "bob"], "the ladder goes on with the wait it had left");
    world.types("bob", ROOM, "/incident ack").await;
});

scenario!(a_silence_survives_a_restart, house().with_partner(1), async |world: &mut World| {
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    world.types("alice", ROOM, "/incident silence 20m").await;
    world.restart().await;
    world.advance(9.minutes()).await;
    world.slack().room(ROOM).never_reads("Silence 1 ends at");
    world.advance(2.minutes()).await;
    world.slack().room(ROOM).reads("Silence 1 ends at");
    world.restart().await;
    world.advance(10.minutes()).await;
    assert_eq!(world.slack().room(ROOM).count("Silence 1 ends at"), 1);
    world.slack().room(ROOM).reads("is over; 1 of its alerts still fires");
    world.types("alice", ROOM, "/incident ack").await;
});

scenario!(what_has_cleared_under_a_silence_is_said_so, house().with_partner(1), async |world: &mut World| {
    let alert = alert("HighErrorRate").service("checkout");
    world.alertmanager().fires(alert.clone()).await;
    world.types("alice", ROOM, "/incident silence 30m").await;
    // Alertmanager tells nobody that a silenced alert has ended.
    world.partner().ends(&alert);
    world.advance(5.minutes()).await;
    assert_eq!(world.state(1).await, "monitoring");
    world.slack().room(ROOM).never_reads("paging goes on");
    world.advance(20.minutes()).await;
    assert_eq!(world.state(1).await, "resolved");
    world.advance(10.minutes()).await;
    world.slack().room(ROOM).reads("Silence 1 of @alice is over; what it silenced has cleared");
    assert_eq!(world.paged(1).await, ["alice"]);
});

scenario!(
    a_silence_is_extended_once_and_ended_by_a_button,
    house().with_partner(1),
    async |world: &mut World| {
        world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
        world.types("alice", ROOM, "/incident silence 1h").await;
        let until = world.now() + 1.hours();
        let extend = world.slack().room(ROOM).button("Extend 1h");
        world.clicks_as("bob", extend.clone()).await;
        world.slack().room(ROOM).reads("@bob changed silence 1");
        world.clicks_late("charlie", &extend).await;
        let in_force = world.partner().in_force();
        assert_eq!(in_force.len(), 1);
        assert_eq!(in_force[0].ends_at, until + 1.hours(), "two clicks on one button extend it once");
        let answer = world.types("alice", ROOM, "/incident silence").await;
        assert!(answer.contains("1 alert, which fires, by @alice until"), "{answer}");
        world.advance(20.minutes()).await;
        assert_eq!(world.paged(1).await, ["alice"]);
        let expire = world.slack().room(ROOM).button("Expire");
        world.clicks_as("bob", expire.clone()).await;
        assert_eq!(world.partner().in_force().len(), 0);
        world.slack().room(ROOM).reads("@bob ended silence 1 of @alice; 1 of its alerts still fires");
        world.advance(16.minutes()).await;
        assert_eq!(world.paged(1).await, ["alice", "bob"]);
        world.clicks_late("alice", &expire).await;
        let answer = world.types("alice", ROOM, "/incident silence").await;
        assert_eq!(answer, "Nothing of INC-1 is silenced.");
        world.types("bob", ROOM, "/incident ack").await;
    }
);

scenario!(
    what_is_done_by_hand_is_seen_at_the_next_poll,
    house().with_partner(1),
    async |world: &mut World| {
        let alert = alert("HighErrorRate").service("checkout");
        world.alertmanager().fires(alert.clone()).await;
        let until = world.now() + 3.hours();
        let id = world.partner().silences(&alert, until, "carol@example.org");
        world.advance(1.minutes()).await;
        world.slack().room(ROOM).reads("silenced in Alertmanager by carol@example.org until");
        assert!(world.incident(1).await.muted().is_some());
        world.advance(60.minutes()).await;
        assert_eq!(world.paged(1).await, ["alice"]);
        world.partner().moves_end(&id, world.now());
        world.advance(1.minutes()).await;
        assert!(world.incident(1).await.muted().is_none());
        world.advance(15.minutes()).await;
        assert_eq!(world.paged(1).await, ["alice", "bob"]);
        world.types("bob", ROOM, "/incident silence 1h").await;
        let own = world.partner().in_force()[0].id.clone();
        let later = world.now() + 2.hours();
        world.partner().moves_end(&own, later);
        world.advance(2.minutes()).await;
        assert_eq!(world.incident(1).await.silences[0].until, later);
        world.partner().moves_end(&own, world.now());
        world.advance(2.minutes()).await;
        assert_eq!(world.incident(1).await.silences, []);
        world.slack().room(ROOM).reads("Alertmanager main ended silence 1 of @bob");
        world.types("bob", ROOM, "/incident ack").await;
    }
);

scenario!(
    one_alert_of_several_is_silenced_and_paging_goes_on,
    house().with_partner(1),
    async |world: &mut World| {
        let pod = |name: &str| alert("HighErrorRate").service("checkout").label("pod", name);
        world.alertmanager().fires(pod("a")).await;
        world.alertmanager().fires(pod("b")).await;
        world.types("alice", ROOM, "/incident silence").await;
        let open = world.answer_button("alice", ROOM, "Silence…");
        world.clicks_as("alice", open).await;
        let one = pod("b").fingerprint();
        world.fills_in("alice", &[("alerts", &one), ("span", "1h"), ("reason", "being drained")]).await;
        let [silence] = &world.partner().in_force()[..] else { panic!("{:?}", world.partner().in_force()) };
        assert!(silence.matchers.contains(&("pod".to_owned(), "b".to_owned(), false)));
        world.slack().room(ROOM).reads("silenced 1 of 2 alerts that fire");
        world.advance(16.minutes()).await;
        assert_eq!(world.paged(1).await, ["alice", "bob"]);
        assert!(world.incident(1).await.muted().is_none());
        world.types("alice", ROOM, "/incident silence 1h").await;
        assert_eq!(world.partner().in_force().len(), 2, "what they share is theirs alone");
        world.advance(30.minutes()).await;
        assert_eq!(world.paged(1).await, ["alice", "bob"]);
        // A third one is not among those that were silenced, though it shares their labels with them.
        world.partner().silences(&pod("c"), world.now(), "nobody");
        world.types("alice", ROOM, "/incident ack").await;
    }
);

scenario!(what_joins_a_silenced_incident_is_heard, house().with_partner(1), async |world: &mut World| {
    let pod = |name: &str| alert("HighErrorRate").service("checkout").label("pod", name);
    world.alertmanager().fires(pod("a")).await;
    world.types("alice", ROOM, "/incident silence 2h").await;
    world.advance(30.minutes()).await;
    assert_eq!(world.paged(1).await, ["alice"]);
    world.alertmanager().fires(pod("b")).await;
    world.slack().room(ROOM).reads("2 alerts fire, and not all of it is silenced any more");
    world.advance(16.minutes()).await;
    assert_eq!(world.paged(1).await, ["alice", "bob"]);
    world.types("alice", ROOM, "/incident ack").await;
});

scenario!(
    somebody_who_escalates_is_heard_in_spite_of_a_silence,
    house().with_partner(1),
    async |world: &mut World| {
        world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
        world.types("alice", ROOM, "/incident silence 2h").await;
        world.types("alice", ROOM, "/incident escalate").await;
        assert_eq!(world.paged(1).await, ["alice", "bob"]);
        world.advance(16.minutes()).await;
        assert_eq!(world.paged(1).await, ["alice", "bob", "diana"], "and no poll stops it");
        world.types("alice", ROOM, "/incident ack").await;
    }
);

scenario!(
    alertmanager_down_is_said_and_the_wish_is_kept_for_a_while,
    house().with_partner(1),
    async |world: &mut World| {
        world.may_log("alertmanager was not reached");
        world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
        world.partner().goes_down(0);
        let answer = world.types("alice", ROOM, "/incident silence 2h").await;
        assert!(
            answer.contains("Nothing of INC-1 is silenced yet: Alertmanager `main` gives no answer"),
            "{answer}"
        );
        world.wire_passes(1.minutes()).await;
        world.partner().comes_back(0);
        world.wire_passes(30.seconds()).await;
        assert_eq!(world.partner().in_force().len(), 1);
        world.slack().room(ROOM).reads("@alice silenced the alert that fires");
        assert!(world.incident(1).await.muted().is_some());

        world.partner().goes_down(0);
        let expire = world.slack().room(ROOM).button("Expire");
        world.clicks_as("alice", expire).await;
        for _ in 0..12 {
            world.wire_passes(30.seconds()).await;
        }
        let room = world.workspace().channel_by_name(ROOM).expect("it is there").id;
        let said: Vec<String> =
            world.workspace().ephemerals(&room).into_iter().map(|said| said.message.text).collect();
        assert!(said.iter().any(|said| said.contains("*Not done*: Alertmanager `main`")), "{said:?}");
        assert_eq!(world.incident(1).await.silences.len(), 1);
        world.types("alice", ROOM, "/incident ack").await;
    }
);

scenario!(
    an_answer_that_is_lost_makes_no_second_silence,
    house().with_partner(2),
    async |world: &mut World| {
        world.may_log("alertmanager was not reached");
        world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
        world.partner().loses_answers(1);
        world.partner().goes_down(1);
        world.types("alice", ROOM, "/incident silence 2h").await;
        world.wire_passes(10.seconds()).await;
        assert_eq!(world.partner().in_force().len(), 1);
        assert_eq!(world.incident(1).await.silences.len(), 1);
        world.partner().comes_back(1);
        world.partner().goes_down(0);
        let extend = world.slack().room(ROOM).button("Extend 1h");
        world.clicks_as("alice", extend).await;
        assert_eq!(
            world.partner().in_force()[0].ends_at,
            world.now() + 3.hours(),
            "the other member does it"
        );
        world.types("alice", ROOM, "/incident ack").await;
    }
);

scenario!(too_many_alerts_are_refused_with_a_way_out, house().with_partner(1), async |world: &mut World| {
    for n in 0..11 {
        let pod = format!("pod-{n}");
        world.alertmanager().fires(alert("HighErrorRate").service("checkout").label("pod", &pod)).await;
    }
    let elsewhere = alert("HighErrorRate").service("checkout").label("pod", "of-another-team");
    world.partner().fires_for(&elsewhere, world.now(), "another-team");
    let answer = world.types("alice", ROOM, "/incident silence 2h").await;
    assert!(
        answer.contains("the 11 alerts of INC-1 that fire share no labels that only they have"),
        "{answer}"
    );
    assert_eq!(world.partner().in_force().len(), 0);
    world.partner().ends(&elsewhere);
    world.types("alice", ROOM, "/incident silence 2h").await;
    assert_eq!(world.partner().in_force().len(), 1);
    world.slack().room(ROOM).reads("silenced all 11 alerts that fire");
    world.types("alice", ROOM, "/incident ack").await;
});

scenario!(what_cannot_be_silenced_is_answered, house().with_partner(1), async |world: &mut World| {
    let high = alert("HighErrorRate").service("checkout");
    world.alertmanager().fires(high.clone()).await;
    let answer = world.types("alice", ROOM, "/incident silence 8d").await;
    assert_eq!(answer, "A silence lasts at most 7 days. Nothing was silenced.");
    let answer = world.types("alice", ROOM, "/incident silence for a while").await;
    assert!(answer.contains("silence [2h] [reason]"), "{answer}");
    world.alertmanager().resolves(&high).await;
    let answer = world.types("alice", ROOM, "/incident silence 1h").await;
    assert_eq!(answer, "No alert of INC-1 fires, so there is nothing to silence.");
    world.types("alice", ROOM, "/incident resolve").await;
});

scenario!(without_an_address_nothing_can_be_silenced, async |world: &mut World| {
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    let answer = world.types("alice", ROOM, "/incident silence 1h").await;
    assert!(answer.contains("I do not know the address of Alertmanager `main`"), "{answer}");
    world.types("alice", ROOM, "/incident ack").await;
});

scenario!(
    only_people_of_the_configuration_may_silence,
    house().with_partner(1),
    async |world: &mut World| {
        use dontpanic::workspace::UserKind;
        world.workspace().add_user("U0M", "mallory", UserKind::Member, "Europe/Paris");
        world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
        let answer = world.types("U0M", ROOM, "/incident silence 1h").await;
        assert!(answer.contains("Only people in Don't Panic's configuration can do that"), "{answer}");
        assert_eq!(world.partner().in_force().len(), 0);
        world.types("alice", ROOM, "/incident ack").await;
    }
);

scenario!(
    a_form_silences_nothing_that_it_did_not_show,
    house().with_partner(1),
    async |world: &mut World| {
        world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
        world.types("alice", "incidents", "/incident INC-1 ack").await;
        world.types("bob", "incidents", "/incident INC-1 silence").await;
        let open = world.answer_button("bob", "incidents", "Silence…");
        world.clicks_as("bob", open).await;
        world
            .alertmanager()
            .fires(alert("HighErrorRate").service("checkout").severity("p1").label("region", "us"))
            .await;
        let fields = [("alerts", "all"), ("span", "2h")];
        let Answer::InputErrors(errors) = world.fills_in("bob", &fields).await else { panic!("it is open") };
        assert_eq!(
            errors["alerts"],
            "By now 2 alerts fire and it is P1, which this form did not show. Close it and look again: nothing was silenced."
        );
        assert!(world.partner().in_force().is_empty());
        world.types("alice", "incidents", "/incident INC-1 ack").await;
        world.types("diana", "incidents", "/incident INC-1 ack").await;
    }
);
