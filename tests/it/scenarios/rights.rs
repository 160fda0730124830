//! Who may do what. The tables of commands, buttons and forms are the product's own, so whatever is added to them must find its line
//! here before anything passes.

use chrono::TimeDelta;
use dontpanic::commands::buttons::{self, Button, SilenceButton};
use dontpanic::commands::forms::{self, Back};
use dontpanic::commands::{INCIDENT, ONCALL, on_call, shortcuts};
use dontpanic::domain::effect::Form;
use dontpanic::domain::on_call::Override;
use dontpanic::domain::postmortem::{Answer, Part, Question};
use dontpanic::ids::{ChannelId, IncidentId, PersonId, ScheduleId};
use dontpanic::workspace::{User, UserKind};
use serde_json::{Value, json};

use crate::harness::alertmanager::alert;
use crate::harness::slack::user;
use crate::harness::world::{World, scenario};

const ROOM: &str = "inc-20261120-high-error-rate-checkout";
const NO_MEMBER: &str = "Only full members of this workspace can do that";
const NOT_CONFIGURED: &str = "Only people in Don't Panic's configuration can do that";

/// Who may ask for something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum For {
    /// Every full member of the workspace.
    Members,
    /// Those who are under `people`.
    People,
}
use For::{Members, People};

/// What somebody does: its name here, who may do it, and what Slack delivers.
struct Deed {
    name: String,
    is_for: For,
    path: &'static str,
    fields: Vec<(&'static str, String)>,
}

/// What is typed after each command, in every sense that has a right of its own.
fn typed(word: &str) -> Vec<(For, &'static str)> {
    match word {
        "declare" => vec![(Members, "P3 Cellar is wet")],
        "ack" | "escalate" | "commander" | "update" | "runbook" | "keep-open" | "reopen" | "show"
        | "list" | "stats" | "help" | "now" | "schedule" | "ical" => vec![(Members, "")],
        "severity" => vec![(People, ""), (People, "P1 it is worse")],
        "note" => vec![(Members, "let me in")],
        "page" => vec![(Members, "@eve wake up")],
        "snooze" => vec![(Members, "30m")],
        "silence" => vec![(Members, ""), (People, "2h too loud")],
        "merge" => vec![(People, "INC-2")],
        "resolve" => vec![(Members, ""), (Members, "it was the cable")],
        "postmortem" => vec![(Members, ""), (People, "publish"), (People, "decline a drill")],
        "action" => vec![(Members, ""), (Members, "@eve 2026-12-01 buy a cable")],
        "feedback" => vec![(Members, "page yes")],
        "override" => {
            vec![(People, ""), (People, "@eve 2026-11-20T04:00 +2h platform"), (People, "cancel 1")]
        }
        "take" => vec![(People, "2h platform")],
        "swap" => vec![(People, "@bob 2026-11-22 platform"), (People, "accept"), (People, "decline")],
        "handoff" => vec![(People, "platform")],
        "report" | "test-page" => vec![(People, "")],
        other => panic!("say who may do `{other}`"),
    }
}

/// Where all of it happens.
struct Scene {
    /// The channel of INC-1.
    room: String,
    /// What the buttons of INC-1 were shown in.
    epoch: u32,
    /// What bob wrote there.
    said: String,
}

fn commands(who: &str, channel: &str) -> Vec<Deed> {
    let all =
        INCIDENT.iter().map(|word| ("/incident", word)).chain(ONCALL.iter().map(|word| ("/oncall", word)));
    let mut deeds = vec![];
    for (command, word) in all {
        for (is_for, rest) in typed(word.name) {
            let about =
                if command == "/incident" && !["declare", "list", "stats", "help"].contains(&word.name) {
                    "INC-1 "
                } else {
                    ""
                };
            let text = format!("{about}{} {rest}", word.name);
            let name = format!("{command} {text}");
            let fields = vec![
                ("command", command.to_owned()),
                ("trigger_id", format!("{who}.{name}")),
                ("text", text),
                ("user_id", who.to_owned()),
                ("channel_id", channel.to_owned()),
                ("team_id", "T0".to_owned()),
            ];
            deeds.push(Deed { name, is_for, path: "/slack/commands", fields });
        }
    }
    deeds
}

fn interaction(name: String, is_for: For, who: &str, mut payload: Value) -> Deed {
    payload["user"] = json!({"id": who, "team_id": "T0"});
    payload["team"] = json!({"id": "T0"});
    payload["trigger_id"] = json!(format!("{who}.{name}"));
    Deed { name, is_for, path: "/slack/interactions", fields: vec![("payload", payload.to_string())] }
}

fn clicks(world: &World, who: &str, channel: &str, epoch: u32) -> Vec<Deed> {
    let incident = IncidentId(1);
    let shown = buttons::value(incident, epoch);
    let mut all: Vec<(String, String, For)> = vec![];
    for button in Button::ALL {
        let is_for = if button == Button::Silence { People } else { Members };
        all.push((button.action_id().to_owned(), shown.clone(), is_for));
    }
    for question in [Question::RunbookHelped, Question::PageNeeded] {
        for answer in [Answer::Yes, Answer::No] {
            all.push((buttons::feedback_action(question, answer), shown.clone(), Members));
        }
    }
    all.push((buttons::done_action(1), buttons::done_value(incident, 1), Members));
    for button in SilenceButton::ALL {
        let until = world.now() + TimeDelta::hours(1);
        all.push((button.action_id().to_owned(), SilenceButton::value(incident, 1, until), People));
    }
    all.push((buttons::DECLARE.to_owned(), String::new(), Members));
    let wish = Override {
        schedule: ScheduleId::from("platform"),
        person: PersonId::from("eve"),
        from: world.now(),
        to: world.now() + TimeDelta::hours(2),
    };
    all.push((on_call::REPLACE.to_owned(), on_call::wish_value(&wish), People));
    for action in [on_call::CANCEL, on_call::AGREE, on_call::DECLINE] {
        all.push((action.to_owned(), "1".to_owned(), People));
    }
    let click = |(action, value, is_for): (String, String, For)| {
        let payload = json!({
            "type": "block_actions", "channel": {"id": channel},
            "container": {"type": "message", "message_ts": "1.0", "channel_id": channel},
            "actions": [{"type": "button", "action_id": action, "block_id": "b", "value": value}],
        });
        interaction(format!("[{action}]"), is_for, who, payload)
    };
    all.into_iter().map(click).collect()
}

/// Every form, filled in well.
fn filled_in(world: &World, who: &str, channel: &str) -> Vec<Deed> {
    let incident = IncidentId(1);
    let (from, to) = (world.now() + TimeDelta::hours(1), world.now() + TimeDelta::hours(3));
    let all = [
        Form::Declare { severity: None, title: None },
        Form::Severity { incident, saw: None },
        Form::Update { incident },
        Form::Silence { incident, saw: None },
        Form::Resolve { incident, saw: None },
        Form::Override { schedule: ScheduleId::from("platform"), from, to },
        Form::Postmortem { incident },
        Form::Section { incident, part: Some(Part::RootCause), revision: 0 },
    ];
    let option = |value: &str| json!({"selected_option": {"value": value}});
    let text = |value: &str| json!({"value": value});
    let values = json!({
        "severity": {"severity": option("P1")}, "title": {"title": text("Cellar is wet")},
        "reason": {"reason": text("because")}, "update": {"update": text("all fine")},
        "summary": {"summary": text("the cable")}, "span": {"span": option("2h")},
        "alerts": {"alerts": option(forms::ALL_ALERTS)}, "person": {"person": {"selected_user": user("eve")}},
        "from": {"from": {"selected_date_time": from.timestamp()}},
        "to": {"to": {"selected_date_time": to.timestamp()}},
        "schedule": {"schedule": option("platform")},
        Part::RootCause.slug(): {Part::RootCause.slug(): text("the cable")},
    });
    let send = |form: Form| {
        let is_for = match &form {
            Form::Severity { .. } | Form::Silence { .. } | Form::Override { .. } => People,
            Form::Declare { .. }
            | Form::Update { .. }
            | Form::Resolve { .. }
            | Form::Postmortem { .. }
            | Form::Section { .. } => Members,
        };
        let name = format!("the form {form:?}");
        let back = json!(Back { form, channel: ChannelId::from(channel) }).to_string();
        let view = json!({
            "id": "V1", "callback_id": forms::CALLBACK, "private_metadata": back, "state": {"values": values},
        });
        interaction(name, is_for, who, json!({"type": "view_submission", "view": view}))
    };
    all.into_iter().map(send).collect()
}

fn chosen(who: &str, scene: &Scene) -> Vec<Deed> {
    let (room, ts) = (&scene.room, &scene.said);
    let message = json!({"type": "message", "user": user("bob"), "ts": ts, "text": "the cellar is wet"});
    let on_message = |callback_id: &str| {
        let payload = json!({
            "type": "message_action", "callback_id": callback_id, "channel": {"id": room}, "message": message,
            "message_ts": ts, "action_ts": format!("{who}.{callback_id}"),
        });
        interaction(format!("shortcut {callback_id}"), Members, who, payload)
    };
    let payload =
        json!({"type": "shortcut", "callback_id": shortcuts::DECLARE, "action_ts": format!("{who}.declare")});
    vec![
        interaction("shortcut declare".to_owned(), Members, who, payload),
        on_message(shortcuts::DECLARE_FROM_MESSAGE),
        on_message(shortcuts::ADD_TO_TIMELINE),
    ]
}

fn everything(world: &World, who: &str, scene: &Scene) -> Vec<Deed> {
    let mut deeds = commands(who, &scene.room);
    deeds.extend(clicks(world, who, &scene.room, scene.epoch));
    deeds.extend(filled_in(world, who, &scene.room));
    deeds.extend(chosen(who, scene));
    deeds
}

async fn does(world: &mut World, deed: &Deed) {
    let fields: Vec<(&str, &str)> = deed.fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(world.slack().delivers(deed.path, &fields, None).await, 200, "{}", deed.name);
}

/// All that anybody could change.
async fn as_it_is(world: &World) -> Value {
    let mut all = vec![];
    for incident in world.incidents().await {
        let n = incident.id.0;
        all.push(json!({
            "incident": format!("{incident:?}"), "timeline": world.timeline_text(n).await,
            "pages": format!("{:?}", world.ledger(n).await),
            "postmortem": world.gets_api(&format!("incidents/INC-{n}/postmortem")).await,
        }));
    }
    let (_, overrides) = world.gets_api("oncall/overrides").await;
    let (_, now) = world.gets_api("oncall").await;
    json!({"incidents": all, "overrides": overrides, "now": now})
}

async fn two_incidents(world: &mut World) -> Scene {
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    world.alertmanager().fires(alert("DiskFull").service("ledger")).await;
    let (room, bob) = (world.workspace().channel_by_name(ROOM).expect("it is there").id, user("bob"));
    if !world.workspace().channel(&room).expect("it is there").members.contains(&bob) {
        world.workspace().join(&bob, &room).await.expect("it is public");
    }
    let posted = world.workspace().post(&bob, &room, "the cellar is wet", None).await;
    world.settle().await;
    Scene { room, epoch: world.incident(1).await.epoch, said: posted.expect("he may write here").ts }
}

/// Somebody puts the sign for the timeline under what bob wrote.
async fn pins(world: &mut World, who: &str, scene: &Scene) {
    let event = json!({
        "type": "event_callback", "team_id": "T0", "event_id": format!("Ev{who}"), "event_time": 1_763_600_000,
        "event": {
            "type": "reaction_added", "user": who, "reaction": "pushpin", "item_user": user("bob"),
            "item": {"type": "message", "channel": scene.room, "ts": scene.said}, "event_ts": "1763600001.000100",
        },
    });
    assert_eq!(world.slack().delivers_event(&event, None).await, 200);
}

/// What somebody was told by the bot, wherever that was.
fn n_told(world: &mut World, who: &str, scene: &Scene, words: &str) -> usize {
    let direct = if world.slack().has_written_to(who) { world.slack().dm(who).count(words) } else { 0 };
    let beside = world.workspace().ephemerals(&scene.room).into_iter();
    direct + beside.filter(|said| said.to == user(who) && said.message.text.contains(words)).count()
}

scenario!(guests_and_strangers_may_nothing_and_are_told_so, async |world: &mut World| {
    let scene = two_incidents(world).await;
    let kinds = [
        ("U0GUEST", UserKind::Guest),
        ("U0R", UserKind::UltraRestricted),
        ("U0FAR", UserKind::External { team: "T0OTHER".to_owned() }),
    ];
    let before = as_it_is(world).await;
    for (who, kind) in kinds {
        world.workspace().add_user(who, &who.to_lowercase(), kind, "Europe/Paris");
        let deeds = everything(world, who, &scene);
        for (n, deed) in deeds.iter().enumerate() {
            does(world, deed).await;
            let told = n_told(world, who, &scene, NO_MEMBER);
            assert_eq!(told, n + 1, "{who}: {} is refused in words", deed.name);
            assert!(world.form(who).is_none(), "{who}: {} shows nothing", deed.name);
        }
        pins(world, who, &scene).await;
        assert_eq!(n_told(world, who, &scene, NO_MEMBER), deeds.len() + 1, "{who}: so is the sign");
        assert_eq!(as_it_is(world).await, before, "{who} has changed nothing");
    }
});

// Slack delivers neither to apps nor to those who have left, so whatever seems to come from them changes nothing.
scenario!(apps_and_those_who_left_change_nothing, async |world: &mut World| {
    world.may_give_up();
    let scene = two_incidents(world).await;
    world.workspace().add_user("U0APP", "app", UserKind::Bot, "Europe/Paris");
    world.workspace().add_user("U0GONE", "gone", UserKind::Member, "Europe/Paris");
    let users = world.workspace().users();
    let gone = users.into_iter().find(|user| user.id == "U0GONE").expect("she was here");
    world.workspace().put_user(User { deleted: true, ..gone });
    let before = as_it_is(world).await;
    for who in ["U0APP", "U0GONE"] {
        for deed in everything(world, who, &scene) {
            does(world, &deed).await;
        }
        pins(world, who, &scene).await;
        assert_eq!(as_it_is(world).await, before, "{who} has changed nothing");
    }
});

scenario!(members_who_are_not_configured_change_nothing_that_others_rely_on, async |world: &mut World| {
    // What is delivered here comes with triggers that Slack never gave out.
    world.may_log("a form could not be shown");
    let scene = two_incidents(world).await;
    world.workspace().add_user("U0M", "mallory", UserKind::Member, "Europe/Paris");
    let before = as_it_is(world).await;
    let deeds = everything(world, "U0M", &scene);
    let (theirs, others): (Vec<&Deed>, Vec<&Deed>) = deeds.iter().partition(|deed| deed.is_for == Members);
    for (n, deed) in others.into_iter().enumerate() {
        does(world, deed).await;
        assert_eq!(n_told(world, "U0M", &scene, NOT_CONFIGURED), n + 1, "{} is refused in words", deed.name);
        assert!(world.form("U0M").is_none(), "{} shows nothing", deed.name);
    }
    assert_eq!(as_it_is(world).await, before);
    let n = n_told(world, "U0M", &scene, "Only");
    for deed in theirs {
        does(world, deed).await;
        assert_eq!(n_told(world, "U0M", &scene, "Only"), n, "{} is theirs", deed.name);
    }
    pins(world, "U0M", &scene).await;
    assert!(world.timeline_text(1).await.contains("the cellar is wet"), "and so is the sign");
    assert_eq!(world.incidents().await.len(), 4, "one declared in words and one by the form");
    for n in 1..=4 {
        world.types("alice", "incidents", &format!("/incident INC-{n} ack")).await;
    }
});
