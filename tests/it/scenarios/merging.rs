//! Two incidents that are one problem: one goes into the other, with everything that feeds it, and nothing is lost on the way.

use dontpanic::domain::incident::timeline::What;
use dontpanic::workspace::UserKind;
use serde_json::json;

use crate::harness::alertmanager::{Alert, alert};
use crate::harness::house::{WEBHOOK_TOKEN, house};
use crate::harness::slack::user;
use crate::harness::transcript::plain;
use crate::harness::world::{Span as _, World, scenario};

const ERRORS_ROOM: &str = "inc-20261120-high-error-rate-checkout";
const LATENCY_ROOM: &str = "inc-20261120-high-latency-checkout";

fn errors() -> Alert {
    alert("HighErrorRate").service("checkout")
}

fn latency() -> Alert {
    alert("HighLatency").service("checkout")
}

/// INC-1 is about errors and INC-2 about latency, a minute apart; nobody has either.
async fn two_fire(world: &mut World) {
    world.alertmanager().fires(errors()).await;
    world.advance(1.minutes()).await;
    world.alertmanager().fires(latency()).await;
}

scenario!(one_incident_goes_into_another_with_all_that_feeds_it, async |world: &mut World| {
    two_fire(world).await;
    world.types("bob", LATENCY_ROOM, "/incident ack").await;
    let answer = world.types("charlie", ERRORS_ROOM, "/incident merge INC-2").await;
    assert!(answer.starts_with("Merged INC-1 into *INC-2* "), "{answer}");
    assert!(answer.contains(&format!("#{LATENCY_ROOM}")), "the way there: {answer}");
    assert!(answer.contains("INC-2 is P2, acknowledged by @bob"), "{answer}");

    // The one is over, the other has it all.
    let (gone, kept) = (world.incident(1).await, world.incident(2).await);
    assert_eq!((gone.state.name(), kept.state.name()), ("closed", "acknowledged"));
    assert_eq!((gone.n_firing, gone.feeds.len(), kept.n_firing, kept.feeds.len()), (0, 0, 2, 2));
    assert_eq!(kept.started_at, gone.started_at, "it began with the first of its alerts");
    let shown = world.gets_api("incidents/INC-1").await.1;
    assert_eq!((&shown["parent"], &shown["state"]), (&json!("INC-2"), &json!("closed")));
    assert_eq!(world.gets_api("incidents/INC-2").await.1["alerts"].as_array().map(Vec::len), Some(2));
    assert_eq!((world.n_events(1, "merged").await, world.n_events(2, "merged").await), (1, 1));
    assert_eq!(world.n_events(1, "resolved").await, 0);

    // Everybody can see it and go there.
    world.slack().dm("alice").reads("Merged into INC-2").reads("by @charlie").has_no_button("Acknowledge");
    let room = world.slack().room(ERRORS_ROOM);
    room.has_topic("P2 · merged into INC-2").reads("@charlie merged this into INC-2");
    room.reads(&format!("#{LATENCY_ROOM}")).has_no_button("Resolve");
    world.slack().room(ERRORS_ROOM).button("Go to INC-2");
    let room = world.slack().room(LATENCY_ROOM);
    room.reads("@charlie merged INC-1").reads(&format!("#{ERRORS_ROOM}"));
    for who in ["alice", "bob", "charlie"] {
        assert!(room.has(who), "{who} is brought over");
    }
    world.slack().room("incidents").reads("Merged into INC-2");

    // A repeat, an end and a new beginning go there.
    let n_events = world.timeline(1).await.len();
    world.alertmanager().repeats(&errors()).await;
    world.alertmanager().resolves(&errors()).await;
    assert_eq!((world.state(2).await, world.incident(2).await.n_firing), ("acknowledged", 1));
    world.advance(2.minutes()).await;
    world.alertmanager().fires(errors()).await;
    assert_eq!(world.incident(2).await.n_flaps, 1);
    world.types("bob", LATENCY_ROOM, "/incident ack").await;
    world.alertmanager().resolves(&errors()).await;
    world.advance(20.minutes()).await;
    assert_eq!(world.state(2).await, "acknowledged", "the other half still fires");
    world.alertmanager().resolves(&latency()).await;
    assert_eq!(world.state(2).await, "monitoring");
    world.advance(11.minutes()).await;
    assert_eq!(world.state(2).await, "resolved");
    assert_eq!(world.timeline(1).await.len(), n_events, "nothing more happens there");
    assert_eq!(world.incidents().await.len(), 2);
    let draft = world.postmortem(2).await;
    assert!(draft.contains("merged INC-1") && draft.contains("HighErrorRate"), "{draft}");
    assert_eq!(world.n_events(1, "postmortem_drafted").await, 0, "none is due for what was merged away");
});

scenario!(what_fires_again_soon_reopens_the_incident_that_went_on, async |world: &mut World| {
    two_fire(world).await;
    // The younger into the older, by its name and from elsewhere.
    let answer = world.types("alice", "incidents", "/incident INC-2 merge INC-1").await;
    assert!(answer.starts_with("Merged INC-2 into *INC-1* "), "{answer}");
    world.alertmanager().resolves(&errors()).await;
    world.alertmanager().resolves(&latency()).await;
    world.advance(11.minutes()).await;
    assert_eq!(world.state(1).await, "resolved");
    world.advance(5.minutes()).await;
    world.alertmanager().fires(latency()).await;
    assert_eq!((world.state(1).await, world.state(2).await), ("triggered", "closed"));
    assert_eq!(world.incidents().await.len(), 2);
    world.types("alice", ERRORS_ROOM, "/incident ack").await;
    // And much later it is a new one, which follows the one that went on.
    world.alertmanager().resolves(&latency()).await;
    world.advance(2.hours()).await;
    world.alertmanager().fires(latency()).await;
    assert_eq!(world.incident(3).await.follows.map(|id| id.to_string()), Some("INC-1".to_owned()));
    world.types("alice", "incidents", "/incident INC-3 ack").await;
});

scenario!(
    an_unacknowledged_incident_goes_on_paging_and_the_one_merged_into_it_stops,
    async |world: &mut World| {
        two_fire(world).await;
        let answer = world.types("charlie", ERRORS_ROOM, "/incident merge INC-2").await;
        assert!(answer.ends_with("Nobody has acknowledged it, so its paging goes on."), "{answer}");
        let n_pages = world.ledger(1).await.len();
        world.advance(16.minutes()).await;
        assert_eq!(world.ledger(1).await.len(), n_pages, "the merged one's ladder stopped");
        assert!(world.ledger(1).await.iter().all(|page| page.superseded.is_some()));
        assert_eq!(world.paged(2).await, ["alice", "bob"], "and the other one's goes on as it would have");
        // The answer has the button.
        let button = world.answer_button("charlie", ERRORS_ROOM, "Acknowledge");
        world.clicks_as("charlie", button).await;
        assert_eq!(
            world.incident(2).await.state.ack().map(|ack| ack.by.to_string()),
            Some("charlie".to_owned())
        );
        let n_pages = world.ledger(2).await.len();
        world.pager("alice").rings();
        world.advance(1.hours()).await;
        assert_eq!(world.ledger(2).await.len(), n_pages);
    }
);

scenario!(what_was_acknowledged_does_not_acknowledge_what_it_is_merged_into, async |world: &mut World| {
    two_fire(world).await;
    world.types("alice", ERRORS_ROOM, "/incident ack").await;
    world.types("alice", ERRORS_ROOM, "/incident merge INC-2").await;
    assert_eq!(world.state(2).await, "triggered");
    world.advance(16.minutes()).await;
    assert_eq!(world.paged(2).await, ["alice", "bob"]);
    world.types("alice", LATENCY_ROOM, "/incident ack").await;
});

scenario!(something_worse_raises_what_it_is_merged_into, async |world: &mut World| {
    world.alertmanager().fires(errors().severity("warning")).await;
    world.types("alice", "incidents", "/incident INC-1 ack").await;
    world.advance(1.minutes()).await;
    world.alertmanager().fires(latency().severity("p1")).await;
    assert_eq!(world.paged(2).await, ["alice", "diana"]);
    let answer = world.types("bob", LATENCY_ROOM, "/incident merge INC-1").await;
    assert!(answer.contains("It rises from P3 to P1."), "{answer}");
    assert_eq!(
        (world.incident(1).await.severity().to_string(), world.state(1).await),
        ("P1".to_owned(), "triggered")
    );
    assert_eq!(world.paged(1).await, ["alice", "diana"], "everybody is paged by the usual rule");
    assert!(world.timeline_text(1).await.contains("from P3 to P1 (merged: INC-2)"));
    // A P3 had no channel; now it has one, and the old room shows the way to it.
    let room = world.incident(1).await.room.channel.expect("it rose").name;
    assert!(world.slack().room(&room).has("diana"), "who worked on the other one is here");
    assert!(world.slack().room(&room).has("bob"), "and whoever was there");
    world.advance(10.seconds()).await;
    world.slack().room(LATENCY_ROOM).reads(&format!("#{room}"));
    world.types("diana", &room, "/incident ack").await;
    world.types("alice", &room, "/incident ack").await;
    assert_eq!(world.state(1).await, "acknowledged");
});

scenario!(a_snooze_holds_against_an_equal_and_breaks_on_something_worse, async |world: &mut World| {
    two_fire(world).await;
    world.types("bob", LATENCY_ROOM, "/incident snooze 2h").await;
    world.types("bob", ERRORS_ROOM, "/incident merge INC-2").await;
    assert!(world.incident(2).await.snoozed_until.is_some(), "as bad as before");
    world.alertmanager().fires(alert("LedgerOutage").service("checkout").severity("p1")).await;
    world.types("bob", "incidents", "/incident INC-3 merge INC-2").await;
    assert_eq!((world.incident(2).await.snoozed_until, world.state(2).await), (None, "triggered"));
    world.types("bob", LATENCY_ROOM, "/incident ack").await;
    world.types("diana", LATENCY_ROOM, "/incident ack").await;
});

scenario!(what_cannot_be_merged_is_said, async |world: &mut World| {
    two_fire(world).await;
    let mut said = vec![];
    for text in ["merge", "merge INC-1", "merge checkout", "merge INC-9", "INC-9 merge INC-1"] {
        said.push(format!(
            "{text}\n{}\n",
            world.types("bob", ERRORS_ROOM, &format!("/incident {text}")).await
        ));
    }
    said.push(world.types("bob", "incidents", "/incident merge INC-1").await);
    world.types("bob", ERRORS_ROOM, "/incident merge INC-2").await;
    world.alertmanager().fires(alert("DiskFull").service("checkout")).await;
    for text in ["INC-1 merge INC-2", "INC-3 merge INC-1", "INC-2 merge INC-1"] {
        said.push(format!(
            "{text}\n{}\n",
            world.types("bob", "incidents", &format!("/incident {text}")).await
        ));
    }
    world.types("bob", "incidents", "/incident INC-3 resolve").await;
    let button = world.answer_button("bob", "incidents", "Resolve");
    world.clicks_as("bob", button).await;
    for text in ["INC-3 merge INC-2", "INC-2 merge INC-3"] {
        said.push(format!(
            "{text}\n{}\n",
            world.types("bob", "incidents", &format!("/incident {text}")).await
        ));
    }
    insta::assert_snapshot!("what_cannot_be_merged_is_said", said.join("\n"));
    assert_eq!(world.n_events(2, "merged").await, 1);
    world.types("bob", LATENCY_ROOM, "/incident ack").await;
});

scenario!(everything_old_says_where_it_went, async |world: &mut World| {
    world.alertmanager().fires(errors()).await;
    let page = world.slack().dm("alice").button("Acknowledge");
    let card = world.slack().room(ERRORS_ROOM).button("Resolve");
    world.alertmanager().fires(latency()).await;
    world.types("bob", LATENCY_ROOM, "/incident ack").await;
    world.types("bob", ERRORS_ROOM, "/incident merge INC-2").await;
    let before = (world.incident(1).await, world.incident(2).await);
    let there = format!("INC-1 goes on as *INC-2* in #{LATENCY_ROOM}, nothing was changed here.");
    for text in [
        "ack",
        "note too late",
        "severity P1",
        "severity",
        "escalate",
        "escalate @eve",
        "page @eve",
        "commander",
        "snooze 30m",
        "update it is better",
        "update",
        "keep-open",
        "resolve",
        "reopen",
        "postmortem",
        "postmortem publish",
        "postmortem decline a drill",
    ] {
        let answer = world.types("alice", ERRORS_ROOM, &format!("/incident {text}")).await;
        assert!(answer.starts_with(&there), "{text}: {answer}");
    }
    assert!(world.form("alice").is_none(), "no form is shown for nothing");
    let answer = world.types("alice", "incidents", "/incident INC-1").await;
    assert!(answer.contains("merged into INC-2"), "{answer}");
    for old in [page, card] {
        world.clicks_late("alice", &old).await;
    }
    world.slack().dm("alice").reads("INC-1 goes on as *INC-2*");
    assert_eq!((world.incident(1).await, world.incident(2).await), before, "nothing was changed");
    for act in ["ack", "note", "resolve"] {
        let (status, answer) = world.asks_api(&format!("incidents/INC-1/{act}"), json!({"text": "x"})).await;
        let (status, answer) = if act == "note" {
            (status, answer)
        } else {
            world.asks_api(&format!("incidents/INC-1/{act}"), json!({})).await
        };
        assert_eq!(status, 409, "{act}: {answer}");
        assert!(answer.to_string().contains("INC-1 was merged into INC-2"), "{answer}");
    }
    // The page behind a link that somebody kept.
    let link = world.use_cases().view(dontpanic::ids::IncidentId(1)).await.expect("the database answers");
    let link = link.and_then(|view| view.page_url).expect("there is a public address");
    let (status, html) = world.reads(&link[url::Position::BeforePath..]).await;
    assert_eq!(status, 200);
    assert!(html.contains("Merged into INC-2 by bob") && html.contains("Go to INC-2"), "{html}");
});

scenario!(only_people_of_the_configuration_may_merge, async |world: &mut World| {
    two_fire(world).await;
    for (who, kind, refusal) in [
        ("U0M", UserKind::Member, Some("Only people in Don't Panic's configuration")),
        ("U0GUEST", UserKind::Guest, Some("Only full members of this workspace")),
        (
            "U0FAR",
            UserKind::External { team: "T0OTHER".to_owned() },
            Some("Only full members of this workspace"),
        ),
    ] {
        world.workspace().add_user(who, &who.to_lowercase(), kind, "Europe/Paris");
        let channel = world.workspace().channel_by_name("incidents").expect("it is there").id;
        let trigger = format!("{who}.merge");
        let fields = [
            ("command", "/incident"),
            ("text", "INC-1 merge INC-2"),
            ("user_id", who),
            ("channel_id", &channel),
            ("team_id", "T0"),
            ("trigger_id", &trigger),
        ];
        assert_eq!(world.slack().delivers("/slack/commands", &fields, None).await, 200);
        if let Some(refusal) = refusal {
            world.slack().dm(who).reads(refusal);
        }
        assert_eq!(world.n_events(1, "merged").await, 0, "{who} may not");
    }
    let answer = world.types("eve", "incidents", "/incident INC-1 merge INC-2").await;
    assert!(answer.starts_with("Merged INC-1"), "{answer}");
    world.types("eve", LATENCY_ROOM, "/incident ack").await;
});

fn two_sources() -> crate::harness::house::House {
    house().with(
        "alertmanagers",
        "{main: {webhook_token: \"${WEBHOOK_TOKEN}\"}, eu: {webhook_token: \"${WEBHOOK_TOKEN}\"}}",
    )
}

// The same labels, and so the same fingerprint, at two senders are two alerts.
scenario!(
    incidents_of_two_sources_merge_and_their_alerts_stay_apart,
    two_sources(),
    async |world: &mut World| {
        let authorization = format!("Bearer {WEBHOOK_TOKEN}");
        let firing = errors().delivery(world.now());
        let ended = |body: &str, at: &str| {
            body.replace("\"firing\"", "\"resolved\"").replace("0001-01-01T00:00:00Z", at)
        };
        for source in ["main", "eu"] {
            let (status, answer) = world.alertmanager().tries(source, &authorization, firing.clone()).await;
            assert_eq!(status, 200, "{answer}");
        }
        world.types("alice", "incidents", "/incident INC-2 ack").await;
        let answer = world.types("alice", "incidents", "/incident INC-1 merge INC-2").await;
        assert!(answer.starts_with("Merged INC-1"), "{answer}");
        let kept = world.incident(2).await;
        assert_eq!((kept.n_firing, kept.n_alerts, kept.feeds.len()), (2, 2, 2));
        world.advance(5.minutes()).await;
        world.alertmanager().tries("eu", &authorization, ended(&firing, "2026-11-20T03:04:00Z")).await;
        assert_eq!((world.state(2).await, world.incident(2).await.n_firing), ("acknowledged", 1));
        world.alertmanager().tries("eu", &authorization, firing.clone()).await;
        assert_eq!(world.incident(2).await.n_firing, 1, "an old firing of the one is no news of the other");
        world.alertmanager().tries("main", &authorization, ended(&firing, "2026-11-20T03:04:30Z")).await;
        assert_eq!((world.state(2).await, world.incident(2).await.n_firing), ("monitoring", 0));
    }
);

scenario!(what_a_human_declared_takes_alerts_in_and_still_never_ends_by_itself, async |world: &mut World| {
    world.types("charlie", "incidents", "/incident declare P2 Customers cannot pay").await;
    world.alertmanager().fires(errors()).await;
    world.types("bob", ERRORS_ROOM, "/incident merge INC-1").await;
    world.alertmanager().resolves(&errors()).await;
    assert_eq!(world.state(1).await, "triggered", "nobody has answered what a human reported");
    world.advance(16.minutes()).await;
    assert_eq!(world.paged(1).await, ["alice", "bob"], "so its ladder goes on");
    world.types("alice", "incidents", "/incident INC-1 ack").await;
    world.advance(2.hours()).await;
    assert_eq!(world.state(1).await, "acknowledged");
    // And a report goes into what alerts began, which then ends with them.
    world.alertmanager().fires(latency()).await;
    world.types("alice", LATENCY_ROOM, "/incident ack").await;
    world.types("alice", "incidents", "/incident INC-1 merge INC-3").await;
    world.alertmanager().resolves(&latency()).await;
    world.advance(11.minutes()).await;
    assert_eq!(world.state(3).await, "resolved");
});

scenario!(what_was_clear_is_not_clear_any_more, async |world: &mut World| {
    two_fire(world).await;
    world.types("alice", LATENCY_ROOM, "/incident ack").await;
    world.alertmanager().resolves(&latency()).await;
    assert_eq!(world.state(2).await, "monitoring");
    world.advance(5.minutes()).await;
    world.types("bob", ERRORS_ROOM, "/incident merge INC-2").await;
    assert_eq!(world.state(2).await, "acknowledged");
    assert_eq!(world.paged(2).await, ["alice", "alice"], "whoever has it hears that it is not over");
    world.types("alice", LATENCY_ROOM, "/incident ack").await;
    world.alertmanager().resolves(&errors()).await;
    assert_eq!(world.state(2).await, "monitoring");
    // Something clear goes into something clear: the quiet time begins anew.
    world.advance(6.minutes()).await;
    world.alertmanager().fires(alert("DiskFull").service("checkout")).await;
    world.types("alice", "incidents", "/incident INC-3 ack").await;
    world.alertmanager().resolves(&alert("DiskFull").service("checkout")).await;
    world.types("alice", "incidents", "/incident INC-3 merge INC-2").await;
    world.advance(6.minutes()).await;
    assert_eq!(world.state(2).await, "monitoring");
    world.advance(5.minutes()).await;
    assert_eq!(world.state(2).await, "resolved");
});

scenario!(two_merge_each_into_the_other_at_once, async |world: &mut World| {
    two_fire(world).await;
    let channel = world.workspace().channel_by_name("incidents").expect("it is there").id;
    let (one, other) = (
        world.workspace().type_command("U0A", &channel, "/incident INC-1 merge INC-2").await,
        world.workspace().type_command("U0B", &channel, "/incident INC-2 merge INC-1").await,
    );
    assert!(one.is_ok() && other.is_ok());
    world.settle().await;
    let (one, other) = (world.incident(1).await, world.incident(2).await);
    assert_ne!(one.merged_into.is_some(), other.merged_into.is_some(), "one of them goes on");
    let kept = if one.merged_into.is_some() { other } else { one };
    assert_eq!((kept.n_firing, kept.feeds.len()), (2, 2));
    world.types("alice", "incidents", &format!("/incident {} ack", kept.id)).await;
});

scenario!(everybody_who_was_there_is_brought_over, house().that_hears(), async |world: &mut World| {
    world.workspace().add_user("U0M", "mallory", UserKind::Member, "Europe/Paris");
    two_fire(world).await;
    world.types("bob", LATENCY_ROOM, "/incident ack").await;
    let old = world.workspace().channel_by_name(ERRORS_ROOM).expect("it is open").id;
    for who in ["U0M", "U0E"] {
        world.workspace().join(who, &old).await.expect("it is public");
    }
    world.types("bob", ERRORS_ROOM, "/incident merge INC-2").await;
    for who in ["U0M", "eve"] {
        assert!(world.slack().room(LATENCY_ROOM).has(who), "{who} is brought over");
    }
    // What is said in the old room belongs to the one that goes on.
    let said =
        world.workspace().post("U0M", &old, "The cache was cold", None).await.expect("they may write here");
    world.workspace().react(&user("bob"), &old, &said.ts, "pushpin").await.expect("he may react");
    world.settle().await;
    let noted =
        |told: &dontpanic::store::timeline::Told| matches!(told.entry.what, What::MessageNoted { .. });
    assert!(world.timeline(2).await.iter().any(noted) && !world.timeline(1).await.iter().any(noted));
    let answers = world.workspace().ephemerals(&old);
    let answers: Vec<String> =
        answers.iter().map(|said| plain(&said.message.text, world.workspace())).collect();
    assert!(answers.iter().all(|answer| answer.starts_with("Merged")), "{answers:?}");
});
