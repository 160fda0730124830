//! What people type, and who may.

use dontpanic::workspace::UserKind;
use serde_json::json;

use crate::harness::alertmanager::alert;
use crate::harness::world::{Span as _, World, scenario};

const ROOM: &str = "inc-20261120-high-error-rate-checkout";

scenario!(somebody_declares_an_incident, async |world: &mut World| {
    let answer =
        world.types("charlie", "incidents", "/incident declare P2 Checkout <is> slow & *bold*").await;
    assert_eq!(answer, "Opened *INC-1* Checkout &lt;is&gt; slow &amp; ∗bold∗ as P2: paging @alice.");
    assert_eq!(world.slack().rooms().len(), 1);
    world.slack().dm("alice").reads("declared as P2 by charlie");
    let room = world.slack().rooms().remove(0);
    world.types("alice", &room, "/incident ack").await;
    world.advance(3.hours()).await;
    assert_eq!(world.state(1).await, "acknowledged", "it never resolves by itself");
    world.types("alice", &room, "/incident resolve Restarted the cache").await;
    assert_eq!(world.state(1).await, "resolved");
    assert!(world.postmortem(1).await.contains("Restarted the cache"));
    world.types("alice", &room, "/incident reopen").await;
    assert_eq!(world.state(1).await, "triggered");
    world.types("alice", &room, "/incident ack").await;
});

scenario!(a_note_stands_on_the_timeline_and_in_the_channel, async |world: &mut World| {
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    let answer = world.types("alice", ROOM, "/incident note Rolled back 4.2 <!channel>").await;
    assert_eq!(answer, "Noted on the timeline of INC-1.");
    assert!(world.timeline_text(1).await.contains("alice: Rolled back 4.2"));
    world.slack().room(ROOM).reads("Rolled back 4.2").never_reads("<!channel>");
    world.types("alice", ROOM, "/incident ack").await;
});

scenario!(people_of_the_configuration_change_the_severity, async |world: &mut World| {
    world.workspace().add_user("U0M", "mallory", UserKind::Member, "Europe/Paris");
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    let answer = world.types("U0M", ROOM, "/incident severity P1").await;
    assert!(answer.starts_with("Only people in Don't Panic's configuration"), "{answer}");
    assert_eq!(world.incident(1).await.severity().to_string(), "P2");
    assert!(world.types("U0M", ROOM, "/incident ack").await.starts_with("You have INC-1"));

    world.types("bob", ROOM, "/incident severity P1 all customers").await;
    assert_eq!(world.incident(1).await.severity().to_string(), "P1");
    assert_eq!(world.state(1).await, "triggered", "it is worse than what was acknowledged");
    assert_eq!(world.paged(1).await, ["alice", "alice", "diana"]);
    world.slack().dm("diana").reads("set by @bob: all customers");

    world.types("bob", ROOM, "/incident severity P4").await;
    assert_eq!(world.state(1).await, "acknowledged", "what pages nobody is taken");
    let n_pages = world.ledger(1).await.len();
    world.advance(10.minutes()).await;
    let more: Vec<String> =
        world.ledger(1).await.iter().skip(n_pages).map(|page| page.person.to_string()).collect();
    assert!(more.iter().all(|person| person == "diana"), "only the commander's own page goes on: {more:?}");
    world.types("diana", ROOM, "/incident ack").await;
});

scenario!(everything_typed_is_answered, async |world: &mut World| {
    let mut said = Vec::new();
    for text in [
        "/incident",
        "/incident help",
        "/incident list",
        "/incident sevrity P2",
        "/incident severity P9",
        "/incident declare",
        "/incident INC-7 ack",
        "/incident ack",
        "/oncall",
        "/oncall help",
        "/oncall nwo",
        "/oncall schedule platform 2",
        "/oncall schedule nights",
    ] {
        let answer = world.types("bob", "incidents", text).await;
        said.push(format!("{text}\n{answer}\n"));
    }
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    said.push(format!("/incident list\n{}\n", world.types("bob", "incidents", "/incident list").await));
    said.push(format!("/incident INC-1\n{}\n", world.types("bob", "incidents", "/incident INC-1").await));
    insta::assert_snapshot!("everything_typed_is_answered", said.join("\n"));
    world.types("bob", ROOM, "/incident ack").await;
});

scenario!(strangers_are_refused_with_a_sentence, async |world: &mut World| {
    let strangers = [
        ("U0G", UserKind::Guest),
        ("U0R", UserKind::UltraRestricted),
        ("U0X", UserKind::External { team: "T0OTHER".to_owned() }),
        ("U0Z", UserKind::Bot),
    ];
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    let channel = world.workspace().channel_by_name("incidents").expect("it is there").id;
    for (user, kind) in strangers {
        let is_bot = kind == UserKind::Bot;
        world.workspace().add_user(user, &user.to_lowercase(), kind, "Europe/Paris");
        for (n, text) in ["INC-1 ack", "declare P1 let me in", "list"].into_iter().enumerate() {
            let trigger = format!("{user}.{n}");
            let fields = [
                ("command", "/incident"),
                ("text", text),
                ("user_id", user),
                ("channel_id", &channel),
                ("team_id", "T0"),
                ("trigger_id", &trigger),
            ];
            assert_eq!(world.slack().delivers("/slack/commands", &fields, None).await, 200);
        }
        if !is_bot {
            world.slack().dm(user).reads("Only full members of this workspace can do that");
        }
    }
    assert_eq!(world.state(1).await, "triggered");
    assert_eq!(world.incidents().await.len(), 1);
    // Slack lets nobody write to a bot.
    world.may_give_up();
    world.types("bob", ROOM, "/incident ack").await;
});

scenario!(what_slack_delivers_three_times_happens_once, async |world: &mut World| {
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    let channel = world.workspace().channel_by_name(ROOM).expect("it is open").id;
    let fields = [
        ("command", "/incident"),
        ("text", "note once"),
        ("user_id", "U0A"),
        ("channel_id", &channel),
        ("team_id", "T0"),
        ("trigger_id", "1.the-same"),
    ];
    for retry in [None, Some(1), Some(2)] {
        assert_eq!(world.slack().delivers("/slack/commands", &fields, retry).await, 200);
    }
    assert_eq!(world.n_events(1, "note").await, 1);

    let event = json!({
        "type": "event_callback", "event_id": "Ev1", "team_id": "T0", "event_time": 1,
        "event": {"type": "app_mention", "user": "U0A", "channel": channel, "text": "hello", "ts": "1.0"},
    });
    for retry in [None, Some(1), Some(2)] {
        assert_eq!(world.slack().delivers_event(&event, retry).await, 200);
    }

    let button = world.slack().dm("alice").button("Acknowledge");
    world.clicks(button).await;
    assert_eq!(world.n_events(1, "acked").await, 1);
});
