//! What real Alertmanagers sent, and what becomes of it: a table with a row for every recording.
//!
//! Each recording is delivered through the webhook in its order and at its own times, also what our receiver of that day
//! refused: whoever repeats himself is heard once. Eleven minutes later the story ends.

use std::collections::BTreeSet;
use std::path::Path;

use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use serde_json::Value;

use crate::harness::alertmanager::recording;
use crate::harness::house::{House, WEBHOOK_TOKEN, house};
use crate::harness::world::{Span as _, World, scenario};

/// When the first recordings were made.
const RECORDED: &str = "2026-11-20T23:22:00Z";

/// The table: test, directory, the reason in words, and the incidents in order (a body that is refused shows before them).
/// Of each incident: severity and title; whom it paged; its state when the recording ends and eleven minutes later; what
/// fires then.
macro_rules! table {
    ($($name:ident $directory:literal, $because:literal: [$($became:literal),* $(,)?];)+) => {
        const DIRECTORIES: &[&str] = &[$($directory),+];

        $(scenario!($name, house_of($directory), async |world: &mut World| {
            let expected: &[&str] = &[$($became),*];
            let became = played(world, $directory).await;
            assert_eq!(became, expected, "{}: {}", $directory, $because);
        });)+
    };
}

table! {
    api_ends_before_starts "api-ends-before-starts", "Alertmanager refuses the alert, and nothing ever arrives": [];
    api_no_labels "api-no-labels", "Alertmanager refuses the alert, and nothing ever arrives": [];
    bare "bare", "without a severity it is P3, which waits for business hours":
        ["P3 Bare | paged nobody | triggered, triggered | 1 of 1"];
    basic "basic", "two groups are two problems, and the credentials are right": [
        "P2 High error rate on checkout | paged alice | triggered, triggered | 1 of 1",
        "P2 Pod shop/api-0 is crash looping | paged alice | triggered, triggered | 1 of 1",
    ];
    bearer "bearer", "two groups are two problems, and the credentials are right": [
        "P2 Pod shop/api-0 is crash looping | paged alice | triggered, triggered | 1 of 1",
        "P2 High error rate on checkout | paged alice | triggered, triggered | 1 of 1",
    ];
    blip "blip", "it was over before the group was first sent, and nothing ever arrives": [];
    expired "expired", "what nobody sends any more is resolved by Alertmanager, and its word counts":
        ["P2 High error rate on checkout | paged alice | monitoring, resolved | 0 of 1"];
    fail_301 "fail-301", "the POST counts; the GET to which the redirect led carries nothing":
        ["P2 High error rate on checkout | paged alice | triggered, triggered | 1 of 1"];
    fail_307 "fail-307", "the same body again after the redirect is no news":
        ["P2 High error rate on checkout | paged alice | triggered, triggered | 1 of 1"];
    fail_400 "fail-400", "what is sent again at every flush is one problem":
        ["P2 High error rate on checkout | paged alice | triggered, triggered | 1 of 1"];
    fail_429 "fail-429", "what is sent again at every flush is one problem":
        ["P2 High error rate on checkout | paged alice | triggered, triggered | 1 of 1"];
    fail_500_60s "fail-500-60s", "a hundred attempts in eight minutes are one problem, and the ladder climbs by its own clock":
        ["P2 High error rate on checkout | paged alice, bob | triggered, triggered | 1 of 1"];
    fail_500 "fail-500", "what is tried again and again is one problem":
        ["P2 High error rate on checkout | paged alice | triggered, triggered | 1 of 1"];
    fail_500x3 "fail-500x3", "the fourth attempt is no news after the first":
        ["P2 High error rate on checkout | paged alice | triggered, triggered | 1 of 1"];
    fail_hang "fail-hang", "what was sent again because the answer was late is one problem":
        ["P2 High error rate on checkout | paged alice | triggered, triggered | 1 of 1"];
    fail_refused "fail-refused", "nobody listened, so nothing was ever sent": [];
    fail_reset "fail-reset", "what is tried again and again is one problem":
        ["P2 High error rate on checkout | paged alice | triggered, triggered | 1 of 1"];
    fail_slow_ok "fail-slow-ok", "one delivery, one problem":
        ["P2 High error rate on checkout | paged alice | triggered, triggered | 1 of 1"];
    flap "flap", "the same alert with a new beginning is the same incident: alice, who was paged, is not paged twice":
        ["P2 High error rate on checkout | paged alice | monitoring, resolved | 0 of 1; back 1×"];
    group "group", "three pods, a fourth, one that ends, and the end of all are one problem and one page":
        ["P2 PodCrashLooping checkout | paged alice | monitoring, resolved | 0 of 4"];
    ha_pair "ha-pair", "of two peers one delivers":
        ["P2 High error rate on checkout | paged alice | monitoring, resolved | 0 of 1"];
    ha_partition "ha-partition", "two peers that do not know each other deliver the same event twice":
        ["P2 High error rate on checkout | paged alice | monitoring, resolved | 0 of 1"];
    ha_slow_receiver "ha-slow-receiver", "two peers that were cut off deliver the same event eight times":
        ["P2 High error rate on checkout | paged alice | triggered, triggered | 1 of 1"];
    huge_label "huge-label", "a warning waits for business hours, however large it is":
        ["P3 huge | paged nobody | triggered, triggered | 1 of 1"];
    inhibited_first "inhibited-first", "the warning appears when what hid it has ended: a problem of its own, for business hours": [
        "P2 High error rate on checkout | paged alice | monitoring, resolved | 0 of 1",
        "P3 p95 above 1s | paged nobody | monitoring, resolved | 0 of 1",
    ];
    many "many", "five hundred alerts of one group are one problem and one page":
        ["P2 PodCrashLooping checkout | paged alice | triggered, triggered | 500 of 500"];
    mrkdwn "mrkdwn", "text that shouts is text": [
        "P2 <!channel> <!here> <!everyone> <@U012ABC> <#C012ABC> <!subte | paged alice | triggered, triggered | 1 of 1",
    ];
    no_alertname "no-alertname", "an alert without a name and a severity is P3":
        ["P3 Alert without a name on x | paged nobody | triggered, triggered | 1 of 1"];
    no_grouping "no-grouping", "one group for each alert: two problems": [
        "P2 Pod shop/api-0 is crash looping | paged alice | triggered, triggered | 1 of 1",
        "P2 High error rate on checkout | paged alice | triggered, triggered | 1 of 1",
    ];
    no_resolved "no-resolved", "without resolves everything fires on, as far as we were told":
        ["P2 PodCrashLooping checkout | paged alice | triggered, triggered | 3 of 3"];
    old_start "old-start", "it began an hour ago, and is paged now":
        ["P2 High error rate on checkout | paged alice | triggered, triggered | 1 of 1"];
    prometheus_killed "prometheus-killed", "no heartbeat is known that could be missing, so the resolve is believed":
        ["P2 High error rate on checkout | paged alice | monitoring, resolved | 0 of 1"];
    prometheus_rules "prometheus-rules", "three rules are three problems; the warning waits for business hours": [
        "P2 PodCrashLooping knobs | paged alice | monitoring, resolved | 0 of 3",
        "P2 High error rate on checkout | paged alice | monitoring, resolved | 0 of 1",
        "P3 95th percentile response time above 1s on search | paged nobody | monitoring, resolved | 0 of 1",
    ];
    reload_same "reload-same", "one delivery, one problem":
        ["P2 High error rate on checkout | paged alice | triggered, triggered | 1 of 1"];
    repeat "repeat", "the same bytes every 20 s are no news":
        ["P2 High error rate on checkout | paged alice | monitoring, resolved | 0 of 1"];
    restart_resolved_meanwhile "restart-resolved-meanwhile", "the resolve that comes after the restart counts":
        ["P2 High error rate on checkout | paged alice | monitoring, resolved | 0 of 1"];
    restart_term "restart-term", "nothing was sent twice":
        ["P2 High error rate on checkout | paged alice | triggered, triggered | 1 of 1"];
    silenced_before "silenced-before", "it is delivered when the silence ends":
        ["P2 High error rate on checkout | paged alice | monitoring, resolved | 0 of 1"];
    truncated "truncated", "what the sender left out may still fire: it is not clear, and the ladder goes on":
        ["P2 PodCrashLooping checkout | paged alice | triggered, triggered | 0 of 4 and 1 unseen"];
    unicode "unicode", "every script there is":
        ["P2 Sonde n°5 hors ligne — перегрев 温度超過 🔥🚒 | paged alice | triggered, triggered | 1 of 1"];
    utf8_annotation_name "utf8-annotation-name", "that release refuses the alert, and nothing ever arrives": [];
    utf8_label_name "utf8-label-name", "that release refuses the alert, and nothing ever arrives": [];
    newer_new_payload "v0.33/new-payload", "a payload of the sender's own making names no alerts: refused, with the field":
        ["01-custom.json: 400 `alerts` is missing; send an array of alerts\n"];
    newer_repeat "v0.33/repeat", "a repeat with another `notification_reason` is no news":
        ["P2 High error rate on checkout | paged alice | monitoring, resolved | 0 of 1"];
    watchdog "watchdog", "beats open nothing; the fourth is the last, and ten minutes later monitoring is down": [
        "P1 Monitoring is down: the heartbeat of main is missing | paged alice, diana | not open, triggered | 1 of 1",
    ];
}

/// One line of a recording's `timeline.jsonl` in which something was posted to us.
struct Delivery {
    /// Since the recording's first action.
    after: TimeDelta,
    body: String,
    authorization: Option<String>,
}

/// What was posted to the webhook, in order. Where a redirect led, no alert arrived.
fn deliveries(directory: &str) -> Vec<Delivery> {
    let text = String::from_utf8(recording(&format!("{directory}/timeline.jsonl"))).expect("a timeline");
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("a line of a timeline"));
    let posted = lines.filter_map(|line| {
        let body = line["body"].as_str()?.to_owned();
        let seconds = line["s"].as_f64().expect("when it was");
        #[expect(clippy::cast_possible_truncation, reason = "a recording lasts minutes")]
        let after = TimeDelta::milliseconds((seconds * 1000.0).round() as i64);
        let authorization = line["headers"]["Authorization"].as_str().map(str::to_owned);
        Some(Delivery { after, body, authorization })
    });
    posted.collect()
}

/// The latest beginning of a recording for which nothing was sent before it had happened.
fn began(directory: &str, deliveries: &[Delivery]) -> DateTime<Utc> {
    let happened = deliveries.iter().flat_map(|Delivery { after, body, .. }| {
        let body: Value = serde_json::from_slice(&recording(&format!("{directory}/{body}"))).expect("JSON");
        let alerts = body["alerts"].as_array().cloned().unwrap_or_default();
        alerts.into_iter().map(move |alert| {
            let ended = if alert["status"] == "resolved" { "endsAt" } else { "startsAt" };
            alert[ended].as_str().and_then(|at| at.parse::<DateTime<Utc>>().ok()).expect("a time") - *after
        })
    });
    let began = happened.max().unwrap_or_else(|| RECORDED.parse().expect("a time"));
    began.duration_round_up(1.seconds()).expect("a time with room")
}

/// The house with the credentials that the recording shows.
fn house_of(directory: &str) -> House {
    let shown = deliveries(directory).into_iter().find_map(|delivery| delivery.authorization);
    match shown.as_deref().and_then(|shown| shown.split_once(' ')) {
        None => house(),
        Some(("Bearer", token)) => {
            house().with("alertmanagers", &format!("{{main: {{webhook_token: {token}}}}}"))
        }
        Some(("Basic", "YWxlcnRtYW5hZ2VyOmV4YW1wbGUtcGFzc3dvcmQ=")) => house().with(
            "alertmanagers",
            "{main: {webhook_basic: {user: alertmanager, password: example-password}}}",
        ),
        Some(unknown) => panic!("{directory} shows credentials that this test does not know: {unknown:?}"),
    }
}

/// Plays a recording; what became of it.
async fn played(world: &mut World, directory: &str) -> Vec<String> {
    world.may_log("a webhook was refused");
    let deliveries = deliveries(directory);
    let began = began(directory, &deliveries);
    world.story_is(&(began - 1.minutes()).to_rfc3339());
    let mut became = vec![];
    for Delivery { after, body, authorization } in &deliveries {
        world.advance_to(began + *after).await;
        let bytes = recording(&format!("{directory}/{body}"));
        let ours = format!("Bearer {WEBHOOK_TOKEN}");
        let shown = authorization.as_ref().unwrap_or(&ours);
        let (status, _) = world.alertmanager().tries("", "Bearer a-wrong-token", bytes.clone()).await;
        assert_eq!(status, 401, "{body} was taken without credentials");
        let (status, answer) = world.alertmanager().tries("", shown, bytes).await;
        if status != 200 {
            became.push(format!("{body}: {status} {answer}"));
        }
    }
    let mut then = vec![];
    for incident in world.incidents().await {
        then.push(incident.state.name());
    }
    world.advance(11.minutes()).await;
    for (n, incident) in world.incidents().await.into_iter().enumerate() {
        let paged = world.paged(incident.id.0).await;
        let paged = if paged.is_empty() { "nobody".to_owned() } else { paged.join(", ") };
        let title: String = incident.title.chars().take(60).collect();
        let unseen = match incident.n_truncated() {
            0 => String::new(),
            n => format!(" and {n} unseen"),
        };
        let flaps = match incident.n_flaps {
            0 => String::new(),
            n => format!("; back {n}×"),
        };
        became.push(format!(
            "{} {title} | paged {paged} | {}, {} | {} of {}{unseen}{flaps}",
            incident.severity(),
            then.get(n).unwrap_or(&"not open"),
            incident.state.name(),
            incident.n_firing,
            incident.n_alerts,
        ));
    }
    became
}

/// Every directory below that holds bodies or a timeline, with the bodies.
fn recorded(folder: &Path, found: &mut Vec<(String, BTreeSet<String>)>) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/alertmanager");
    let mut files = BTreeSet::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            recorded(&path, found);
        } else if path.extension().is_some_and(|kind| kind == "json" || kind == "jsonl") {
            files.insert(path.file_name().expect("a name").to_string_lossy().into_owned());
        }
    }
    if !files.is_empty() {
        let directory = folder.strip_prefix(&root).expect("below").to_string_lossy().into_owned();
        files.remove("timeline.jsonl");
        found.push((directory, files));
    }
}

#[test]
fn every_recording_has_a_row_that_delivers_all_of_it() {
    let mut found = vec![];
    recorded(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/alertmanager"), &mut found);
    let directories: BTreeSet<&str> = found.iter().map(|(directory, _)| directory.as_str()).collect();
    let rows: BTreeSet<&str> = DIRECTORIES.iter().copied().collect();
    assert_eq!(rows.len(), DIRECTORIES.len(), "one row each");
    assert_eq!(rows, directories);
    for (directory, bodies) in &found {
        let delivered: BTreeSet<String> =
            deliveries(directory).into_iter().map(|delivery| delivery.body).collect();
        assert_eq!(&delivered, bodies, "{directory} is delivered whole");
    }
}

scenario!(two_peers_deliver_at_the_very_same_time, async |world: &mut World| {
    world.story_is(RECORDED);
    let token = "Bearer a-webhook-token";
    let headers = [("authorization", token), ("content-type", "application/json")];
    let (first, second) = tokio::join!(
        world.post("/webhooks/alertmanager", &headers, recording("ha-partition/01-firing.json")),
        world.post("/webhooks/alertmanager", &headers, recording("ha-partition/02-firing.json")),
    );
    assert_eq!((first.0.as_u16(), second.0.as_u16()), (200, 200));
    world.settle().await;
    assert_eq!(world.incidents().await.len(), 1, "one incident");
    assert_eq!(world.slack().rooms().len(), 1, "one channel");
    assert_eq!(world.ledger(1).await.len(), 1, "one page");
});

scenario!(no_text_of_an_alert_ever_calls_anybody, async |world: &mut World| {
    world.story_is(RECORDED);
    world.alertmanager().sends(recording("mrkdwn/01-firing.json")).await;
    world.alertmanager().sends(recording("unicode/01-firing.json")).await;
    world.advance(1.hours()).await;
    let people = ["U0A", "U0B", "U0C", "U0D", "U0E"];
    for call in world.workspace().calls() {
        let sent = call.args.to_string();
        for calls in ["<!channel", "<!everyone", "<!subteam"] {
            assert!(!sent.contains(calls), "{} says {calls}: {sent}", call.method);
        }
        for mention in sent.split("<@").skip(1) {
            let user = mention.split(['>', '|']).next().unwrap_or_default();
            assert!(people.contains(&user), "{} mentions {user}: {sent}", call.method);
        }
    }
});
