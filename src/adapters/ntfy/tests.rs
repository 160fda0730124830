use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::domain::effect::Effect;
use crate::ports::{About, Shown, View};

fn errand(mut view: View, repeat: u32) -> Errand {
    let row = crate::ports::tests::row("alice", ContactMethod::Ntfy, 1, "03:02");
    let effect = Effect::Page { page: row.id.clone(), method: ContactMethod::Ntfy, repeat };
    view.pages = vec![row];
    let mut house = (*view.house).clone();
    if let Some(alice) = house.people.get_mut(&"alice".into()) {
        alice.ntfy = Some("secret-topic".to_owned());
    }
    view.house = std::sync::Arc::new(house);
    Errand {
        effect,
        about: About::Incident(Box::new(view)),
        attempt: 1,
        in_doubt: 0,
        began_at: crate::ports::tests::at("03:02"),
        shown: std::sync::Arc::new(Shown::default()),
    }
}

async fn answered(response: ResponseTemplate) -> (Performed, Value) {
    let server = MockServer::start().await;
    Mock::given(method("POST")).and(path("/")).respond_with(response).mount(&server).await;
    let ntfy = Ntfy::new(server.uri().parse().unwrap(), Duration::from_secs(1)).unwrap();
    let performed = ntfy.perform(&errand(crate::ports::tests::view(), 0)).await;
    let asked = server.received_requests().await.unwrap();
    (performed, asked.first().map_or(Value::Null, |asked| asked.body_json().unwrap()))
}

fn untaken(status: u16, code: u32, error: &str) -> ResponseTemplate {
    let link = "https://ntfy.sh/docs/publish/#limitations";
    ResponseTemplate::new(status)
        .set_body_json(json!({ "code": code, "http": status, "error": error, "link": link }))
}

#[tokio::test]
async fn a_message_rings_through_and_has_a_button_that_acknowledges() {
    let taken = json!({ "id": "sPs71M8A2T", "time": 1_763_607_720, "expires": 1_763_650_920, "event": "message",
                        "topic": "secret-topic", "message": "…" });
    let (performed, asked) = answered(ResponseTemplate::new(200).set_body_json(taken)).await;
    let accepted = Receipt::Accepted { provider_id: Some("sPs71M8A2T".to_owned()) };
    assert_eq!(performed, Performed::Done(accepted));
    insta::assert_snapshot!(format!("{asked:#}"));
}

#[tokio::test]
async fn the_answer_decides_what_becomes_of_the_message() {
    let passing = |why: &str, after| Performed::TryAgain {
        after,
        why: why.to_owned(),
        // Who has had enough has not taken it.
        in_doubt: !why.contains("429"),
    };
    let refused = |why: &str| Performed::Refused { why: why.to_owned() };
    let check = "; check `ntfy.url` and the person's `ntfy` topic";
    let cases = [
        (
            untaken(429, 42901, "limit reached: too many requests").insert_header("Retry-After", "7"),
            passing(
                "the ntfy server answered with http status 429 (42901: limit reached: too many requests); it is tried again",
                Some(Duration::from_secs(7)),
            ),
        ),
        (
            untaken(507, 50701, "cannot publish to UnifiedPush topic without previously active subscriber"),
            passing(
                "the ntfy server answered with http status 507 (50701: cannot publish to UnifiedPush topic without previously \
                 active subscriber); it is tried again",
                None,
            ),
        ),
        (
            untaken(403, 40301, "forbidden"),
            refused(&format!(
                "the ntfy server refuses the message with http status 403 (40301: forbidden){check}"
            )),
        ),
        (
            untaken(400, 40009, "invalid request: topic invalid"),
            refused(&format!(
                "the ntfy server refuses the message with http status 400 (40009: invalid request: topic invalid){check}"
            )),
        ),
        (
            ResponseTemplate::new(200).set_body_string("<html>Welcome to nginx!</html>"),
            refused(&format!(
                "the ntfy server refuses the message with http status 200 and not as ntfy does{check}"
            )),
        ),
        (
            ResponseTemplate::new(301).insert_header("Location", "https://elsewhere.example"),
            refused(&format!("the ntfy server refuses the message with http status 301{check}")),
        ),
        (
            ResponseTemplate::new(502).set_body_string("<html>bad gateway</html>"),
            passing("the ntfy server answered with http status 502; it is tried again", None),
        ),
        (
            ResponseTemplate::new(200).set_delay(Duration::from_secs(20)),
            passing("the ntfy server did not answer in time", None),
        ),
    ];
    for (response, expected) in cases {
        assert_eq!(answered(response).await.0, expected);
    }
}

#[tokio::test]
async fn nobody_reads_the_servers_password_in_a_fault() {
    let server: Url = "http://me:hush@127.0.0.1:1/".parse().unwrap();
    let ntfy = Ntfy::new(server, Duration::from_secs(1)).unwrap();
    let performed = ntfy.perform(&errand(crate::ports::tests::view(), 0)).await;
    let said = format!("{performed:?}");
    assert!(matches!(performed, Performed::TryAgain { .. }), "{said}");
    assert!(!said.contains("hush") && !said.contains("secret-topic"), "{said}");
}

#[test]
fn whatever_an_alert_says_the_message_stays_a_message() {
    let mut view = crate::ports::tests::view();
    view.incident.title = format!("\u{202e}evil\u{0} {}", "ü".repeat(5000));
    let steps = vec!["ß".repeat(9000); 9];
    view.runbook.as_mut().unwrap().diagnosis = steps;
    let errand = errand(view, 1);
    let asked = errands::read(&errand, ContactMethod::Ntfy).unwrap();
    let message = message(&asked, "topic");
    assert!(
        message.title.starts_with("Repeat: P2 \u{fffd}evil\u{fffd} ") && message.title.chars().count() < 150
    );
    assert!(message.message.len() <= LONGEST);
    let read = errands::read(&errand, ContactMethod::Email);
    assert!(read.is_err(), "{read:?}");
}
