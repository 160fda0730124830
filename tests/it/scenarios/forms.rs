//! Forms: shown within Slack's three seconds, filled in as far as they can be, and refused at the field that is wrong.

use dontpanic::workspace::{Answer, Fault, UserKind};
use serde_json::json;

use crate::harness::alertmanager::alert;
use crate::harness::world::{Span as _, World, scenario};

const ROOM: &str = "inc-20261120-high-error-rate-checkout";

scenario!(somebody_declares_with_the_form, async |world: &mut World| {
    assert_eq!(world.types("charlie", "incidents", "/incident declare P2").await, "", "the form says it all");
    let form = world.form("charlie").expect("the form is shown").to_string();
    assert!(form.contains("P2 high") && form.contains("checkout"), "{form}");

    let answer = world.fills_in("charlie", &[("title", "   ")]).await;
    let Answer::InputErrors(faults) = answer else { panic!("{answer:?}") };
    assert_eq!(faults["title"], "Say in a few words what is wrong.");
    assert!(world.incidents().await.is_empty(), "nothing partial is stored");

    let fields = [("title", "Checkout is <down>"), ("service", "checkout")];
    assert_eq!(world.fills_in("charlie", &fields).await, Answer::Acknowledged);
    let incident = world.incident(1).await;
    assert_eq!(
        (incident.title.as_str(), incident.severity().to_string()),
        ("Checkout is <down>", "P2".to_owned())
    );
    assert_eq!(incident.service.map(|service| service.to_string()), Some("checkout".to_owned()));
    assert_eq!(world.paged(1).await, ["alice"]);
    assert_eq!(world.form("charlie"), None);
    let room = world.slack().rooms().remove(0);
    world.types("alice", &room, "/incident ack").await;
});

scenario!(a_severity_is_chosen_in_a_form, async |world: &mut World| {
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    world.types("bob", ROOM, "/incident severity").await;
    let fields = [("severity", "P1"), ("reason", "all customers")];
    assert_eq!(world.fills_in("bob", &fields).await, Answer::Acknowledged);
    assert_eq!(world.incident(1).await.severity().to_string(), "P1");
    assert!(world.timeline_text(1).await.contains("all customers"));
    world.types("alice", ROOM, "/incident ack").await;
    world.types("diana", ROOM, "/incident ack").await;
});

// Between the look at it and the word about it an alert may have made it worse, and somebody be paged for that.
scenario!(a_form_that_saw_it_less_bad_does_not_lower_what_it_became, async |world: &mut World| {
    world.alertmanager().fires(alert("HighErrorRate").service("checkout").severity("warning")).await;
    world.types("bob", "incidents", "/incident INC-1 severity").await;
    world
        .alertmanager()
        .fires(alert("HighErrorRate").service("checkout").severity("p1").label("region", "us"))
        .await;
    let raised = world.incident(1).await;
    assert_eq!((raised.severity().to_string().as_str(), world.paged(1).await.len()), ("P1", 2));
    let Answer::InputErrors(errors) = world.fills_in("bob", &[("severity", "P4")]).await else {
        panic!("it is open")
    };
    assert_eq!(
        errors["severity"],
        "It was P3 when you opened this form and is P1 by now. Close it and look again: nothing was changed."
    );
    assert_eq!(world.incident(1).await, raised, "the ladder goes on");
    // Opened anew it says P1, and that may be lowered.
    world.types("bob", "incidents", "/incident INC-1 severity").await;
    assert_eq!(world.fills_in("bob", &[("severity", "P2")]).await, Answer::Acknowledged);
    assert_eq!(world.incident(1).await.severity().to_string(), "P2");
    world.types("alice", "incidents", "/incident INC-1 ack").await;
});

scenario!(a_form_that_saw_less_fire_asks_before_it_resolves, async |world: &mut World| {
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    world.types("alice", "incidents", "/incident INC-1 ack").await;
    let button = world.slack().room(ROOM).button("Resolve with summary…");
    world.clicks_as("bob", button).await;
    assert!(world.form("bob").expect("it is shown").to_string().contains("1 alert still fires"));
    world
        .alertmanager()
        .fires(alert("HighErrorRate").service("checkout").severity("p1").label("region", "us"))
        .await;
    assert_eq!(world.state(1).await, "triggered");
    let n_pages = world.ledger(1).await.len();
    assert_eq!(world.fills_in("bob", &[("summary", "It was the cable")]).await, Answer::Acknowledged);
    assert_eq!(world.state(1).await, "triggered", "nobody has seen what joined");
    world.slack().dm("bob").reads("2 alerts still fire in INC-1. Resolve it all the same?");
    assert!(world.ledger(1).await.iter().any(|page| page.superseded.is_none() && page.acked.is_none()));
    world.advance(15.minutes()).await;
    assert!(world.ledger(1).await.len() > n_pages, "the ladder goes on");
    world.types("bob", "incidents", "/incident INC-1 ack").await;
});

scenario!(a_form_about_what_has_ended_meanwhile_keeps_its_words, async |world: &mut World| {
    let errors = alert("HighErrorRate").service("checkout");
    world.alertmanager().fires(errors.clone()).await;
    world.types("alice", "incidents", "/incident INC-1 ack").await;
    let button = world.slack().room(ROOM).button("Resolve with summary…");
    world.clicks_as("bob", button.clone()).await;
    world.types("alice", "incidents", "/incident INC-1 severity").await;
    world.alertmanager().resolves(&errors).await;
    world.types("diana", "incidents", "/incident INC-1 resolve rolled back").await;
    assert_eq!(world.state(1).await, "resolved");
    for (who, field, entered) in [("bob", "summary", "It was the cable"), ("alice", "severity", "P1")] {
        let Answer::InputErrors(errors) = world.fills_in(who, &[(field, entered)]).await else {
            panic!("{who}")
        };
        assert!(errors[field].starts_with("INC-1 has ended while this form was open"), "{errors:?}");
    }
    // Asked for now, there is no form to fill in for nothing.
    let answer = world.types("eve", "incidents", "/incident INC-1 severity").await;
    assert!(answer.starts_with("INC-1 has ended: P2, resolved"), "{answer}");
    world.clicks_late("charlie", &button).await;
    assert!(world.form("eve").is_none() && world.form("charlie").is_none());
});

scenario!(what_resolved_it_is_asked_in_a_form_that_says_what_still_fires, async |world: &mut World| {
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    world.types("alice", ROOM, "/incident ack").await;
    let button = world.slack().room(ROOM).button("Resolve with summary…");
    world.clicks_as("alice", button).await;
    let form = world.form("alice").expect("it is shown").to_string();
    assert!(form.contains("1 alert still fires"), "{form}");
    assert_eq!(world.fills_in("alice", &[("summary", "rolled back to v41")]).await, Answer::Acknowledged);
    assert_eq!(world.state(1).await, "resolved", "the form has asked already");
    assert!(world.timeline_text(1).await.contains("rolled back to v41"));
});

scenario!(a_form_that_saw_nothing_fire_does_not_resolve_what_fires_by_then, async |world: &mut World| {
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    world.types("alice", ROOM, "/incident ack").await;
    world.alertmanager().resolves(&alert("HighErrorRate").service("checkout")).await;
    let button = world.slack().room(ROOM).button("Resolve with summary…");
    world.clicks_as("alice", button).await;
    assert!(!world.form("alice").expect("it is shown").to_string().contains("still fire"));
    world.advance(1.minutes()).await;
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    assert_eq!(world.fills_in("alice", &[("summary", "rolled back to v41")]).await, Answer::Acknowledged);
    assert_ne!(world.state(1).await, "resolved");
    let button = world.answer_button("alice", ROOM, "Resolve");
    world.clicks_as("alice", button).await;
    assert_eq!(world.state(1).await, "resolved");
    assert!(world.timeline_text(1).await.contains("rolled back to v41"), "what was written is kept");
});

scenario!(a_form_that_slack_does_not_show_is_answered_in_words, async |world: &mut World| {
    world.may_log("a form could not be shown");
    world.slack().fails_next("views.open", Fault::Error("expired_trigger_id"), 1);
    let answer = world.types("charlie", "incidents", "/incident declare").await;
    assert_eq!(answer, "Say how bad it is and what it is: `/incident declare P2 checkout is slow`.");
});

scenario!(a_shortcut_declares_what_a_message_says, async |world: &mut World| {
    let channel = world.workspace().channel_by_name("incidents").expect("it is there").id;
    let ts = world.workspace().post("U0C", &channel, "Ledger answers nothing\nsince noon", None).await;
    let ts = ts.expect("charlie may write here").ts;
    let answer = world.workspace().message_shortcut("U0C", &channel, &ts, "declare_from_message").await;
    assert_eq!(answer, Ok(Answer::Acknowledged));
    world.settle().await;
    assert_eq!(world.fills_in("charlie", &[("severity", "P3")]).await, Answer::Acknowledged);
    assert_eq!(world.incident(1).await.title, "Ledger answers nothing");
    world.may_give_up();
});

// What is wrong in a form is nobody's business who may not send it off, and they hear the same whatever they have entered.
scenario!(whoever_may_not_is_refused_before_anything_in_a_form_is_judged, async |world: &mut World| {
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    world.workspace().add_user("U0M", "mallory", UserKind::Member, "Europe/Paris");
    world.workspace().add_user("U0G", "gus", UserKind::Guest, "Europe/Paris");
    let channel = world.workspace().channel_by_name("incidents").expect("it is there").id;
    let forms = [
        (json!({"form": "severity", "incident": "INC-1"}), "severity"),
        (json!({"form": "silence", "incident": "INC-1"}), "span"),
        (json!({"form": "update", "incident": "INC-1"}), "update"),
        (json!({"form": "declare", "severity": null, "title": null}), "title"),
    ];
    for (who, refusals) in [("U0G", 4), ("U0M", 2)] {
        for (n, (form, field)) in forms.iter().enumerate() {
            let back = json!({"form": form, "channel": channel}).to_string();
            let typed = json!({"type": "plain_text_input", "value": " "});
            let view = json!({
                "id": "V1", "hash": "h", "callback_id": "dontpanic_form", "private_metadata": back,
                "state": {"values": {*field: {*field: typed}}},
            });
            let act = json!({
                "type": "view_submission", "user": {"id": who, "team_id": "T0"}, "view": view,
                "trigger_id": format!("{who}.{n}"),
            });
            let payload = act.to_string();
            let fields = [("payload", payload.as_str())];
            assert_eq!(world.slack().delivers("/slack/interactions", &fields, None).await, 200);
        }
        let said = world.slack().dm(who).text();
        assert_eq!(said.len(), refusals, "{who}: {said:?}");
        assert!(
            said.iter().all(|said| said.contains("Only full members") || said.contains("Only people")),
            "{said:?}"
        );
    }
    world.types("alice", ROOM, "/incident ack").await;
});
