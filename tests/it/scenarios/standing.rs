//! People of the configuration who are no members of the workspace any more: refused whatever they do in Slack, paged all the same.

use dontpanic::workspace::{Answer, Fault, User, UserKind};

use crate::harness::alertmanager::alert;
use crate::harness::house::house;
use crate::harness::slack::user;
use crate::harness::world::{Span as _, World, scenario};

const ROOM: &str = "inc-20261120-high-error-rate-checkout";
const REFUSED: &str = "Slack says that you are not a full member of this workspace, so nothing was changed.";

/// Somebody of the cast as they are in Slack.
fn in_slack(world: &World, who: &str) -> User {
    let users = world.workspace().users().into_iter();
    users.into_iter().find(|known| known.id == user(who)).expect("one of the cast")
}

/// Somebody becomes something else, and the app hears of it if it listens.
async fn becomes(world: &mut World, who: &str, kind: UserKind) {
    let changed = User { kind, ..in_slack(world, who) };
    assert!(world.workspace().change_user(changed).await.is_good(), "the app takes it");
    world.settle().await;
}

fn n_asked(world: &World) -> usize {
    world.workspace().calls().iter().filter(|call| call.method == "users.info").count()
}

scenario!(who_became_a_guest_is_paged_and_may_nothing, house().that_hears(), async |world: &mut World| {
    world.opens_home("alice").await;
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    let before = n_asked(world);
    becomes(world, "alice", UserKind::Guest).await;
    assert_eq!(n_asked(world), before + 1);
    let admins = world.slack().room("dontpanic-admin");
    admins.reads("alice is under `people`, but in Slack is a guest.").reads("pages to alice go on");

    let button = world.slack().dm("alice").button("Acknowledge");
    world.clicks(button).await;
    world.slack().dm("alice").reads(REFUSED);
    for command in ["INC-1 ack", "INC-1 note let me in", "list", "declare P1 mine"] {
        let answer = world.types("alice", ROOM, &format!("/incident {command}")).await;
        assert!(answer.contains(REFUSED), "{command}: {answer}");
    }
    let answer = world.types("alice", ROOM, "/oncall take 2h").await;
    assert!(answer.contains(REFUSED), "{answer}");
    let home = world.opens_home("alice").await;
    assert!(home.starts_with("Only full members of this workspace"), "{home}");
    assert_eq!((world.state(1).await, world.incidents().await.len()), ("triggered", 1));

    // The ladder goes on past her; the next incident pages her first, as the schedule says.
    world.advance(16.minutes()).await;
    assert_eq!(world.paged(1).await, ["alice", "bob"]);
    world.types("bob", ROOM, "/incident ack").await;
    world.alertmanager().fires(alert("DiskFull").service("checkout")).await;
    assert_eq!(world.paged(2).await, ["alice"]);
    assert!(world.ledger(2).await.iter().all(|page| page.accepted.is_some()), "her page is delivered");
    world.advance(3.hours()).await;
    assert_eq!(world.slack().room("dontpanic-admin").count("in Slack is a guest"), 1, "said once");

    becomes(world, "alice", UserKind::Member).await;
    world.types("alice", "incidents", "/incident INC-2 ack").await;
    assert_eq!(world.state(2).await, "acknowledged");
    becomes(world, "alice", UserKind::Guest).await;
    assert_eq!(world.slack().room("dontpanic-admin").count("in Slack is a guest"), 2, "it is news again");
});

// Slack tells of changes at least once, or never: an app that was down for long hears nothing.
scenario!(what_was_not_heard_is_found_out_within_the_hour, async |world: &mut World| {
    // Slack lets nobody write to somebody deactivated.
    world.may_log("page was not accepted");
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    let kinds = [
        ("alice", UserKind::UltraRestricted, "a guest"),
        ("charlie", UserKind::External { team: "T0OTHER".to_owned() }, "a member of another workspace"),
        ("eve", UserKind::Bot, "an app"),
    ];
    for (who, kind, _) in &kinds {
        becomes(world, who, kind.clone()).await;
    }
    world.workspace().put_user(User { deleted: true, ..in_slack(world, "diana") });
    world.advance(66.minutes()).await;
    for (who, _, said) in &kinds {
        world
            .slack()
            .room("dontpanic-admin")
            .reads(&format!("{who} is under `people`, but in Slack is {said}"));
    }
    world.slack().room("dontpanic-admin").reads("diana is under `people`, but in Slack is deactivated");
    let answer = world.types("alice", ROOM, "/incident ack").await;
    assert!(answer.contains(REFUSED), "{answer}");
    world.restart().await;
    world.slack().fails_next("users.info", Fault::Http(500), usize::MAX);
    let answer = world.types("alice", ROOM, "/incident ack").await;
    assert!(answer.contains(REFUSED), "what Slack said last stands: {answer}");
    assert_eq!(world.state(1).await, "triggered");
    world.types("bob", ROOM, "/incident ack").await;
    assert_eq!(world.state(1).await, "acknowledged", "of whom it said well stands too");
});

scenario!(nobody_is_refused_because_slack_does_not_say_who_they_are, async |world: &mut World| {
    world.slack().fails_next("users.info", Fault::Http(503), usize::MAX);
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    let before = n_asked(world);
    let button = world.slack().dm("alice").button("Acknowledge");
    world.clicks(button).await;
    assert_eq!(world.state(1).await, "acknowledged");
    assert!(n_asked(world) <= before + 1, "nobody waits for Slack to say who she is");
});

scenario!(whom_slack_does_not_find_may_answer_what_it_delivered, async |world: &mut World| {
    world.slack().fails_next("users.info", Fault::Error("user_not_found"), usize::MAX);
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    world.advance(66.minutes()).await;
    world.types("bob", ROOM, "/incident ack").await;
    assert_eq!(world.state(1).await, "acknowledged");
});

scenario!(who_is_a_member_again_is_not_refused_on_an_old_word, async |world: &mut World| {
    becomes(world, "alice", UserKind::Guest).await;
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    world.advance(66.minutes()).await;
    becomes(world, "alice", UserKind::Member).await;
    world.advance(2.minutes()).await;
    world.types("alice", ROOM, "/incident ack").await;
    assert_eq!(world.state(1).await, "acknowledged", "Slack is asked before anybody is refused");
});

scenario!(
    a_change_that_slack_does_not_explain_is_asked_about_again,
    house().that_hears(),
    async |world: &mut World| {
        world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
        world.slack().fails_next("users.info", Fault::RateLimited(30), 1);
        becomes(world, "alice", UserKind::Guest).await;
        world.slack().room("dontpanic-admin").never_reads("in Slack is a guest");
        world.advance(5.minutes()).await;
        world.slack().room("dontpanic-admin").reads("in Slack is a guest");
        let answer = world.types("alice", ROOM, "/incident ack").await;
        assert!(answer.contains(REFUSED), "{answer}");
        world.types("bob", ROOM, "/incident ack").await;
    }
);

scenario!(a_form_of_a_guest_is_refused, house().that_hears(), async |world: &mut World| {
    world.types("alice", "incidents", "/incident declare").await;
    assert!(world.form("alice").is_some());
    becomes(world, "alice", UserKind::Guest).await;
    let fields = [("title", "Ledger is down"), ("severity", "P2")];
    assert_eq!(world.fills_in("alice", &fields).await, Answer::Acknowledged);
    assert!(world.incidents().await.is_empty());
});

// Of strangers the hour's memory is cut short as well, and of others' status nothing is kept.
scenario!(
    changes_of_strangers_matter_only_to_whoever_asked,
    house().that_hears(),
    async |world: &mut World| {
        world.workspace().add_user("U0M", "mallory", UserKind::Member, "Europe/Paris");
        let incidents = world.workspace().channel_by_name("incidents").expect("it is there").id;
        world.workspace().join("U0M", &incidents).await.expect("everybody may");
        world.settle().await;
        let before = n_asked(world);
        becomes(world, "U0M", UserKind::Member).await;
        assert_eq!(n_asked(world), before, "nobody wanted to know");
        world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
        world.types("U0M", "incidents", "/incident INC-1 note seen").await;
        becomes(world, "U0M", UserKind::Guest).await;
        let answer = world.types("U0M", "incidents", "/incident INC-1 ack").await;
        assert!(answer.contains("Only full members"), "{answer}");
        world.types("bob", ROOM, "/incident ack").await;
    }
);
