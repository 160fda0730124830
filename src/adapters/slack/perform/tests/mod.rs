mod channels;
mod room;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use super::*;
use crate::adapters::slack::Patience;
use crate::clock::ManualClock;
use crate::domain::effect::{Place, Shout};
use crate::domain::incident::Channel;
use crate::domain::people::ContactMethod;
use crate::ports::Shown;
use crate::ports::tests::{acknowledged, at, row, settled, view};

/// What messages show: a hash by place.
type Shows = BTreeMap<String, String>;

/// A Slack that answers what it is told to, and a performer that talks to it.
struct World {
    slack: MockServer,
    performer: SlackPerformer,
}

impl World {
    async fn new() -> Self {
        crate::adapters::install_tls();
        let slack = MockServer::start().await;
        let api = Url::parse(&format!("{}/api", slack.uri())).unwrap();
        let patience = Patience { page: Duration::from_secs(2), ..Patience::default() };
        let clock = Arc::new(ManualClock::at(at("03:05")));
        let client = SlackClient::new(&api, "xoxb-secret".to_owned(), clock, patience, Arc::new(|_, _| {}));
        let names = Names {
            oncall_command: "/oncall".to_owned(),
            schedules: vec!["platform".to_owned()],
            services: vec!["checkout".to_owned()],
            announce_channel: "incidents".to_owned(),
            admin_channel: "dontpanic-admin".to_owned(),
            incident_command: "/incident".to_owned(),
        };
        Self { performer: SlackPerformer::new(client.unwrap(), names), slack }
    }

    async fn answers(&self, method: &str, response: impl Respond + 'static) {
        Mock::given(path(format!("/api/{method}"))).respond_with(response).mount(&self.slack).await;
    }

    async fn says(&self, method: &str, answer: Value) {
        self.answers(method, ResponseTemplate::new(200).set_body_json(answer)).await;
    }

    async fn refuses(&self, method: &str, code: &str) {
        self.says(method, json!({"ok": false, "error": code})).await;
    }

    async fn perform(&self, effect: Effect, view: View) -> Performed {
        self.attempt(effect, view, 1, at("03:02")).await
    }

    async fn attempt(&self, effect: Effect, view: View, attempt: i64, began_at: DateTime<Utc>) -> Performed {
        let (about, in_doubt, shown) = (About::Incident(Box::new(view)), attempt - 1, Arc::default());
        let errand = Errand { effect, about, attempt, in_doubt, began_at, shown };
        self.performer.perform(&errand).await
    }

    /// Performs an effect when messages show this; what they show then.
    async fn perform_over(&self, effect: Effect, view: View, shown: Shows) -> (Performed, Shows) {
        let notes = Arc::new(Shown::new(shown.clone()));
        let (attempt, began_at, about) = (1, at("03:02"), About::Incident(Box::new(view)));
        let errand = Errand { effect, about, attempt, in_doubt: 0, began_at, shown: notes.clone() };
        let performed = self.performer.perform(&errand).await;
        let mut shown = shown;
        for (place, hash) in notes.since() {
            match hash {
                Some(hash) => shown.insert(place, hash),
                None => shown.remove(&place),
            };
        }
        (performed, shown)
    }

    /// The bodies of the calls of a method, in order.
    async fn calls(&self, method: &str) -> Vec<Value> {
        let requests = self.slack.received_requests().await.unwrap();
        let of_method = requests.iter().filter(|request| request.url.path().ends_with(method));
        of_method.map(|request| serde_json::from_slice(&request.body).unwrap_or_default()).collect()
    }
}

fn page_of(view: &View) -> Effect {
    Effect::Page { page: view.pages.first().unwrap().id.clone(), method: ContactMethod::Slack, repeat: 0 }
}

fn done() -> Performed {
    Performed::Done(Receipt::Nothing)
}

fn posted(channel: &str) -> Value {
    json!({"ok": true, "channel": channel, "ts": "7.7"})
}

#[tokio::test]
async fn a_page_goes_to_its_person_and_is_proven_by_the_message() {
    let world = World::new().await;
    world.says("chat.postMessage", posted("D0A")).await;
    let performed = world.perform(page_of(&view()), view()).await;
    let provider_id = Some("D0A/7.7".to_owned());
    assert_eq!(performed, Performed::Done(Receipt::Accepted { provider_id }));
    let [call] = world.calls("chat.postMessage").await.try_into().unwrap();
    assert_eq!(call["channel"], "U0A");
    let again = world.attempt(page_of(&view()), view(), 2, at("03:02")).await;
    assert!(matches!(again, Performed::Done(_)));
    let calls = world.calls("chat.postMessage").await;
    assert!(calls.last().unwrap()["text"].as_str().unwrap().starts_with("Repeat: "));
}

#[tokio::test]
async fn a_page_that_is_refused_for_its_looks_goes_out_again_as_plain_text() {
    let world = World::new().await;
    let only_plain = |request: &Request| {
        let body: Value = request.body_json().unwrap();
        let is_plain = body["blocks"].as_array().is_none_or(Vec::is_empty);
        let answer = if is_plain { posted("D0A") } else { json!({"ok": false, "error": "invalid_blocks"}) };
        ResponseTemplate::new(200).set_body_json(answer)
    };
    world.answers("chat.postMessage", only_plain).await;
    assert!(matches!(world.perform(page_of(&view()), view()).await, Performed::Done(_)));
    let calls = world.calls("chat.postMessage").await;
    let text = calls.last().unwrap()["text"].as_str().unwrap();
    assert!(text.contains("`/incident INC-42 ack`") && text.contains("Next: pages <@U0B>"), "{text}");
}

#[tokio::test]
async fn pages_are_tried_again_or_not_by_what_slack_says() {
    let late = ResponseTemplate::new(200).set_body_json(posted("D0A")).set_delay(Duration::from_secs(20));
    let cases = [
        (too_many(), Some(Some(Duration::from_secs(7)))),
        (late, Some(None)),
        (ResponseTemplate::new(503), Some(None)),
        (code("internal_error"), Some(None)),
        (code("token_revoked"), None),
        (code("channel_not_found"), None),
        (code("missing_scope"), None),
    ];
    for (answer, expected) in cases {
        let world = World::new().await;
        world.answers("chat.postMessage", answer).await;
        let (after, why) = match world.perform(page_of(&view()), view()).await {
            Performed::TryAgain { after, why, .. } => (Some(after), why),
            Performed::Refused { why } => (None, why),
            other @ (Performed::Wait { .. } | Performed::NotYet { .. } | Performed::Done(_)) => {
                panic!("another way to the person is tried at once, not {other:?}")
            }
        };
        assert_eq!(after, expected, "{why}");
        assert!(!why.contains("xoxb") && !why.contains("http://"), "{why}");
    }
}

#[tokio::test]
async fn whatever_is_no_page_waits_for_a_busy_slack_and_for_a_mended_token() {
    let world = World::new().await;
    world.answers("chat.update", too_many()).await;
    let busy = world.perform(Effect::RefreshPages, acknowledged()).await;
    let Performed::Wait { after, why } = busy else { panic!("{busy:?}") };
    assert_eq!(after, Duration::from_secs(7), "{why}");

    let world = World::new().await;
    world.answers("chat.update", code("token_revoked")).await;
    let broken = world.perform(Effect::RefreshPages, acknowledged()).await;
    let Performed::TryAgain { after, why, .. } = broken else { panic!("{broken:?}") };
    assert_eq!(after, Some(Duration::from_secs(30)), "{why}");
}

fn too_many() -> ResponseTemplate {
    let limit = ResponseTemplate::new(429).insert_header("Retry-After", "7");
    limit.set_body_json(json!({"ok": false, "error": "ratelimited"}))
}

fn code(code: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({"ok": false, "error": code}))
}

#[tokio::test]
async fn direct_messages_that_would_not_change_are_left_alone_and_the_rest_is_taken_up_again() {
    let world = World::new().await;
    let counted = Arc::new(Mutex::new(0));
    let seen = counted.clone();
    let limited = move |_request: &Request| {
        let mut n = seen.lock().unwrap();
        *n += 1;
        let too_many = ResponseTemplate::new(429).insert_header("Retry-After", "0");
        if *n == 2 { too_many } else { ResponseTemplate::new(200).set_body_json(json!({"ok": true})) }
    };
    world.answers("chat.update", limited).await;
    let mut view = acknowledged();
    let mut second = row("bob", ContactMethod::Slack, 2, "03:07");
    second.provider_id = Some("D0B/2.2".to_owned());
    view.pages.push(second);
    let (performed, shown) = world.perform_over(Effect::RefreshPages, view.clone(), Shows::new()).await;
    assert!(matches!(performed, Performed::Wait { .. }), "{performed:?}");
    assert_eq!(shown.len(), 1, "what was edited is known");
    let (performed, shown) = world.perform_over(Effect::RefreshPages, view.clone(), shown).await;
    assert_eq!((performed, shown.len()), (done(), 2));
    assert_eq!(world.calls("chat.update").await.len(), 3, "the first one is not edited again");
    assert_eq!(world.perform_over(Effect::RefreshPages, view, shown).await.0, done());
    assert_eq!(world.calls("chat.update").await.len(), 3);
}

#[tokio::test]
async fn every_sent_message_is_edited_although_one_is_gone() {
    let world = World::new().await;
    let gone = |request: &Request| {
        let body: Value = request.body_json().unwrap();
        let answer = match body["channel"].as_str() {
            Some("D0A") => json!({"ok": false, "error": "message_not_found"}),
            _ => json!({"ok": true}),
        };
        ResponseTemplate::new(200).set_body_json(answer)
    };
    world.answers("chat.update", gone).await;
    let mut view = acknowledged();
    let mut second = row("bob", ContactMethod::Slack, 2, "03:07");
    second.provider_id = Some("D0B/2.2".to_owned());
    view.pages.push(second);
    assert_eq!(world.perform(Effect::RefreshPages, view).await, done());
    let calls = world.calls("chat.update").await;
    let mut edited: Vec<_> = calls.iter().filter_map(|call| call["channel"].as_str()).collect();
    edited.sort_unstable();
    assert_eq!(edited, ["D0A", "D0B"]);
}

#[tokio::test]
async fn an_answer_finds_another_way_when_its_address_is_used_up() {
    let world = World::new().await;
    Mock::given(path("/respond")).respond_with(ResponseTemplate::new(404)).mount(&world.slack).await;
    world.refuses("chat.postEphemeral", "user_not_in_channel").await;
    world.says("chat.postMessage", posted("D0A")).await;
    let to = ReplyTo {
        question: "q1".to_owned(),
        response_url: Some(format!("{}/respond", world.slack.uri())),
        channel: "C9".into(),
        user: "U0A".into(),
    };
    let choice = Choice {
        label: "Resolve anyway".to_owned(),
        action: "resolve_anyway".to_owned(),
        value: "INC-42/3".to_owned(),
    };
    let answer = Effect::Answer { to, text: "2 alerts still fire.".to_owned(), choices: vec![choice] };
    assert_eq!(world.perform(answer, view()).await, done());
    let [call] = world.calls("chat.postMessage").await.try_into().unwrap();
    assert_eq!(call["channel"], "U0A");
    assert_eq!(call["blocks"][1]["elements"][0]["action_id"], "resolve_anyway");
}
