//! The App Home: who is on call, what is open, and always as it is now.

use dontpanic::workspace::{Answer, Fault, UserKind};

use crate::harness::alertmanager::alert;
use crate::harness::world::{Span as _, World, scenario};

const ROOM: &str = "inc-20261120-high-error-rate-checkout";

scenario!(a_home_says_who_is_on_call_until_when_and_who_is_next, async |world: &mut World| {
    let home = world.opens_home("alice").await;
    assert!(home.contains("*platform*: @alice, then @bob until 2026-11-23 08:00 UTC"), "{home}");
    assert!(home.contains("Next: @bob, then @charlie"), "{home}");
    assert!(home.contains("No open incident is yours."), "{home}");
    assert_eq!(world.n_homes("alice"), 1);
    world.advance_to("2026-11-23T07:59:59Z".parse().expect("a time")).await;
    assert_eq!(world.n_homes("alice"), 1, "nothing has changed");
    world.advance(1.seconds()).await;
    assert_eq!(world.n_homes("alice"), 2);
    let home = world.home("alice");
    assert!(home.contains("*platform*: @bob, then @charlie until 2026-11-30 08:00 UTC"), "{home}");
});

scenario!(a_home_follows_an_incident_from_the_page_to_the_end, async |world: &mut World| {
    world.opens_home("alice").await;
    world.opens_home("charlie").await;
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    let home = world.home("alice");
    assert!(home.contains("P2 · HighErrorRate checkout") && home.contains("INC-1"), "{home}");
    assert!(home.contains("Nobody has acknowledged yet.") && home.contains("Acknowledge\nResolve"), "{home}");
    assert!(home.contains(&format!("#{ROOM}")), "{home}");
    assert!(!home.contains("Other open incidents"), "it is hers: {home}");
    let other = world.home("charlie");
    let (_, others) = other.split_once("Other open incidents").expect("it is not his");
    assert!(others.contains("INC-1") && !other.contains("Acknowledge\n"), "{other}");

    // Somebody else has it.
    world.types("bob", ROOM, "/incident ack").await;
    let home = world.home("alice");
    assert!(home.contains("Acknowledged by @bob") && home.contains("Resolve"), "{home}");
    assert!(!home.contains("Acknowledge\n"), "{home}");

    let n_shown = world.n_homes("alice");
    world.types("bob", ROOM, "/incident note Looking").await;
    world.advance(5.minutes()).await;
    assert_eq!(world.n_homes("alice"), n_shown, "what it says has not changed");

    world.alertmanager().resolves(&alert("HighErrorRate").service("checkout")).await;
    assert!(world.home("alice").contains("Cleared at"), "{}", world.home("alice"));
    world.types("bob", ROOM, "/incident resolve Rolled back").await;
    for who in ["alice", "charlie"] {
        assert!(!world.home(who).contains("INC-1"), "{}", world.home(who));
    }
});

scenario!(an_incident_is_taken_and_ended_at_home, async |world: &mut World| {
    world.opens_home("alice").await;
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    world.clicks_at_home("alice", "Acknowledge").await;
    assert_eq!(world.state(1).await, "acknowledged");
    world.slack().dm("alice").reads("You have INC-1. Paging has stopped.");
    assert!(world.home("alice").contains("Acknowledged by @alice"), "{}", world.home("alice"));
    world.advance(1.hours()).await;
    assert_eq!(world.paged(1).await, ["alice"], "nobody else is woken");

    world.clicks_at_home("alice", "Resolve").await;
    assert_eq!(world.state(1).await, "acknowledged", "its alert fires");
    let button = world.slack().dm("alice").button("Resolve");
    world.clicks(button).await;
    assert_eq!(world.state(1).await, "resolved");
    assert!(world.home("alice").contains("No open incident is yours."), "{}", world.home("alice"));
});

scenario!(an_incident_is_declared_at_home, async |world: &mut World| {
    world.opens_home("charlie").await;
    world.clicks_at_home("charlie", "Declare an incident").await;
    let fields = [("title", "Ledger is down"), ("severity", "P2")];
    assert_eq!(world.fills_in("charlie", &fields).await, Answer::Acknowledged);
    assert_eq!(world.incident(1).await.title, "Ledger is down");
    world.slack().dm("charlie").reads("Opened *INC-1* Ledger is down as P2: paging @alice.");
    assert!(world.home("charlie").contains("Ledger is down"), "{}", world.home("charlie"));
    let button = world.slack().dm("alice").button("Acknowledge");
    world.clicks(button).await;
});

scenario!(a_home_of_somebody_who_may_not_see_it_says_so, async |world: &mut World| {
    let strangers = [
        ("U0G", UserKind::Guest),
        ("U0R", UserKind::UltraRestricted),
        ("U0X", UserKind::External { team: "T0OTHER".to_owned() }),
    ];
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    for (user, kind) in strangers {
        world.workspace().add_user(user, &user.to_lowercase(), kind, "Europe/Paris");
        let home = world.opens_home(user).await;
        assert_eq!(
            home,
            "Only full members of this workspace may see incidents here. Ask somebody of the on-call team."
        );
    }
    world.types("bob", ROOM, "/incident ack").await;
    assert_eq!(world.n_homes("U0G"), 1, "it is not kept up to date");
    world.workspace().add_user("U0M", "mallory", UserKind::Member, "Europe/Paris");
    let home = world.opens_home("U0M").await;
    assert!(home.contains("INC-1"), "a full member sees it: {home}");
});

scenario!(a_home_is_kept_for_a_month_and_no_longer, async |world: &mut World| {
    world.opens_home("alice").await;
    world.advance((29 * 24).hours()).await;
    world.use_cases().forget().await.expect("the database answers");
    world.opens_home("alice").await;
    world.advance((29 * 24).hours()).await;
    world.use_cases().forget().await.expect("the database answers");
    let n_shown = world.n_homes("alice");
    world.types("bob", "incidents", "/incident declare P4 Something small").await;
    assert_eq!(world.n_homes("alice"), n_shown + 1, "she has come back meanwhile");
    world.advance(24.hours()).await;
    world.use_cases().forget().await.expect("the database answers");
    let n_shown = world.n_homes("alice");
    world.types("bob", "incidents", "/incident declare P4 Something else").await;
    assert_eq!(world.n_homes("alice"), n_shown);
});

scenario!(a_home_that_slack_does_not_take_is_shown_later, async |world: &mut World| {
    world.may_log("to be tried again");
    world.opens_home("alice").await;
    world.slack().fails_next("views.publish", Fault::Http(500), 3);
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    assert!(!world.home("alice").contains("INC-1"));
    assert_eq!(world.paged(1).await, ["alice"], "no page waits for it");
    let button = world.slack().dm("alice").button("Acknowledge");
    world.clicks(button).await;
    for _ in 0..5 {
        world.wire_passes(1.minutes()).await;
    }
    assert!(world.home("alice").contains("Acknowledged by @alice"), "{}", world.home("alice"));
});
