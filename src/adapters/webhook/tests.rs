use serde_json::json;
use wiremock::matchers::{body_json, method};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;

fn page() -> WebhookPage {
    WebhookPage {
        message: None,
        id: "INC-42/platform/1/1/alice".to_owned(),
        incident: "INC-42".to_owned(),
        title: "HighErrorRate".to_owned(),
        severity: "P1".to_owned(),
        person: "alice".to_owned(),
        round: 1,
        step: 2,
        repeat: false,
        url: Url::parse("https://pager.example/i/42").ok(),
    }
}

async fn answered(response: ResponseTemplate) -> Result<Accepted, WebhookFault> {
    let receiver = MockServer::start().await;
    let expected = json!({
        "id": "INC-42/platform/1/1/alice", "incident": "INC-42", "title": "HighErrorRate", "severity": "P1",
        "person": "alice", "round": 1, "step": 2, "repeat": false, "url": "https://pager.example/i/42",
    });
    Mock::given(method("POST")).and(body_json(expected)).respond_with(response).mount(&receiver).await;
    let to = Url::parse(&receiver.uri()).unwrap();
    Webhook::new(Duration::from_secs(2)).unwrap().send(&to, &page()).await
}

#[tokio::test]
async fn the_answer_decides_what_becomes_of_the_page() {
    let accepted = |id: Option<&str>| Ok(Accepted { provider_id: id.map(str::to_owned) });
    let answer = ResponseTemplate::new;
    let cases = [
        (answer(200), accepted(None)),
        (answer(201).insert_header("Location", "/m/7"), accepted(Some("/m/7"))),
        (
            answer(302).insert_header("Location", "https://elsewhere.example"),
            Err(WebhookFault::Refused { status: 302 }),
        ),
        (answer(404), Err(WebhookFault::Refused { status: 404 })),
        (answer(429), Err(WebhookFault::Busy { status: 429 })),
        (answer(503), Err(WebhookFault::Busy { status: 503 })),
        (answer(200).set_delay(Duration::from_secs(20)), Err(WebhookFault::NoAnswer)),
    ];
    for (response, expected) in cases {
        assert_eq!(answered(response).await, expected);
    }
}

#[tokio::test]
async fn a_receiver_that_is_not_there_never_got_the_page_and_its_secret_is_not_told() {
    let to = Url::parse("http://127.0.0.1:1/hook?key=secret").unwrap();
    let fault = Webhook::new(Duration::from_secs(2)).unwrap().send(&to, &page()).await.unwrap_err();
    assert_eq!(fault, WebhookFault::Connection);
    assert!(fault.is_retryable() && !fault.outcome_unknown());
    assert!(!format!("{fault} {fault:?}").contains("secret"));
}
