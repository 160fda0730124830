use serde_json::json;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::ports::{About, Shown};

const ROUTING_KEY: &str = "R0123456789ABCDEF0123456789ABCDE";

fn errand(view: View, event: EventAction) -> Errand {
    Errand {
        effect: Effect::TellPagerDuty { event },
        about: About::Incident(Box::new(view)),
        attempt: 1,
        in_doubt: 0,
        began_at: crate::ports::tests::at("03:02"),
        shown: std::sync::Arc::new(Shown::default()),
    }
}

async fn answered(response: ResponseTemplate, errand: &Errand) -> (Performed, Value) {
    let server = MockServer::start().await;
    Mock::given(method("POST")).and(path("/v2/enqueue")).respond_with(response).mount(&server).await;
    let api = server.uri().parse().unwrap();
    let pagerduty = PagerDuty::new(&api, ROUTING_KEY.to_owned(), Duration::from_millis(300)).unwrap();
    let performed = pagerduty.perform(errand).await;
    let asked = server.received_requests().await.unwrap();
    (performed, asked.first().map_or(Value::Null, |asked| asked.body_json().unwrap()))
}

fn taken() -> ResponseTemplate {
    let body =
        json!({ "status": "success", "message": "Event processed", "dedup_key": "dontpanic/here/INC-42" });
    ResponseTemplate::new(202).set_body_json(body)
}

#[tokio::test]
async fn a_trigger_says_what_is_wrong() {
    let errand = errand(crate::ports::tests::view(), EventAction::Trigger);
    let (performed, asked) = answered(taken(), &errand).await;
    assert_eq!(performed, Performed::Done(Receipt::Nothing));
    insta::assert_snapshot!(format!("{asked:#}"));
}

#[tokio::test]
async fn what_follows_is_known_by_its_key() {
    for (event, word) in [(EventAction::Acknowledge, "acknowledge"), (EventAction::Resolve, "resolve")] {
        let (_, asked) = answered(taken(), &errand(crate::ports::tests::view(), event)).await;
        let expected = json!({ "routing_key": ROUTING_KEY, "event_action": word, "client": "Don't Panic",
                               "dedup_key": "dontpanic/here/INC-42" });
        assert_eq!(asked, expected);
    }
}

#[tokio::test]
async fn long_texts_are_cut_to_what_is_taken() {
    let mut view = crate::ports::tests::view();
    view.incident.title = "🔥é ".repeat(5000);
    view.incident.service_shown = Some("s".repeat(70_000));
    for child in &mut view.children {
        child.alert.labels.insert("long".to_owned(), "x".repeat(64 << 10));
    }
    let (_, asked) = answered(taken(), &errand(view, EventAction::Trigger)).await;
    assert!(asked["payload"]["summary"].as_str().unwrap().chars().count() <= 1024);
    assert!(asked.to_string().len() < 64 << 10, "{} bytes", asked.to_string().len());
}

#[tokio::test]
async fn the_answer_decides_what_becomes_of_the_event() {
    let untaken = |status: u16| {
        let error = format!("Invalid routing key {ROUTING_KEY}");
        ResponseTemplate::new(status).set_body_json(
            json!({ "status": "invalid event", "message": "Event object is invalid", "errors": [error] }),
        )
    };
    let busy = |status: u16, after| Performed::TryAgain {
        after,
        why: format!("pagerduty answered with http status {status}; it is tried again"),
        in_doubt: status >= 500,
    };
    let refused = |status: u16, said: &str| Performed::Refused {
        why: format!(
            "it refuses the event with http status {status}{said}; check `pagerduty.routing_key` and `pagerduty.url`"
        ),
    };
    let why = "pagerduty did not answer in time".to_owned();
    let no_answer = Performed::TryAgain { after: None, why, in_doubt: true };
    let cases = [
        (untaken(400), refused(400, " (Event object is invalid Invalid routing key …)")),
        (ResponseTemplate::new(404), refused(404, "")),
        (untaken(429).insert_header("Retry-After", "7"), busy(429, Some(Duration::from_secs(7)))),
        (untaken(500), busy(500, None)),
        (ResponseTemplate::new(503), busy(503, None)),
        (
            ResponseTemplate::new(302).insert_header("Location", "https://elsewhere.example.org"),
            busy(302, None),
        ),
        (taken().set_delay(Duration::from_secs(5)), no_answer),
    ];
    for (response, expected) in cases {
        let errand = errand(crate::ports::tests::view(), EventAction::Trigger);
        assert_eq!(answered(response, &errand).await.0, expected);
    }
    let nowhere = "http://127.0.0.1:1".parse().unwrap();
    let pagerduty = PagerDuty::new(&nowhere, ROUTING_KEY.to_owned(), Duration::from_secs(1)).unwrap();
    let performed = pagerduty.perform(&errand(crate::ports::tests::view(), EventAction::Trigger)).await;
    assert!(matches!(performed, Performed::TryAgain { .. }), "{performed:?}");
}
