use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

use super::*;
use crate::ports::tests::{house, view};

/// The incident's view with alice's receiver at this address.
fn with_receiver(address: Option<String>) -> View {
    let mut house = house();
    house.people.get_mut(&"alice".into()).unwrap().webhook = address;
    View { house: Arc::new(house), ..view() }
}

async fn perform(view: View, repeat: u32, in_doubt: i64) -> Performed {
    let performer = WebhookPerformer::new(Webhook::new(Duration::from_secs(2)).unwrap());
    let page = view.pages.iter().find(|page| page.method == ContactMethod::Webhook).unwrap().id.clone();
    let effect = Effect::Page { page, method: ContactMethod::Webhook, repeat };
    let began_at = view.now;
    let (about, shown) = (About::Incident(Box::new(view)), Arc::default());
    performer.perform(&Errand { effect, about, attempt: 2, in_doubt, began_at, shown }).await
}

#[tokio::test]
async fn a_repeat_has_the_same_id_and_says_that_it_is_one() {
    let receiver = MockServer::start().await;
    Mock::given(matchers::any()).respond_with(ResponseTemplate::new(202)).mount(&receiver).await;
    for (repeat, in_doubt) in [(0, 0), (1, 0), (0, 1)] {
        let performed = perform(with_receiver(Some(receiver.uri())), repeat, in_doubt).await;
        assert_eq!(performed, Performed::Done(Receipt::Accepted { provider_id: None }));
    }
    let bodies = receiver.received_requests().await.unwrap();
    let bodies: Vec<Value> = bodies.iter().map(|request| request.body_json().unwrap()).collect();
    let page = |repeat: bool| {
        json!({
            "id": "INC-42/platform/1/1/1/alice/webhook",
            "incident": "INC-42",
            "title": "High error rate on svc-ledger",
            "severity": "P2",
            "person": "alice",
            "round": 1,
            "step": 1,
            "repeat": repeat,
            "url": "https://dontpanic.example/incidents/INC-42?until=1&signature=s",
        })
    };
    assert_eq!(bodies, [page(false), page(true), page(true)]);
}

#[tokio::test]
async fn what_the_receiver_answers_decides_whether_it_is_tried_again() {
    for (status, is_tried_again) in [(500, true), (429, true), (404, false), (302, false)] {
        let receiver = MockServer::start().await;
        Mock::given(matchers::any()).respond_with(ResponseTemplate::new(status)).mount(&receiver).await;
        let performed = perform(with_receiver(Some(format!("{}/secret", receiver.uri()))), 0, 0).await;
        let (again, why) = match performed {
            Performed::TryAgain { why, .. } | Performed::Wait { why, .. } | Performed::NotYet { why } => {
                (true, why)
            }
            Performed::Refused { why } => (false, why),
            done @ Performed::Done(_) => (false, format!("{done:?}")),
        };
        assert_eq!(again, is_tried_again, "{status}: {why}");
        assert!(!why.contains("secret"), "{why}");
    }
}

#[tokio::test]
async fn a_person_without_a_receiver_is_refused_with_advice() {
    for address in [None, Some("not a url".to_owned())] {
        let performed = perform(with_receiver(address), 0, 0).await;
        let Performed::Refused { why } = performed else { unreachable!("{performed:?}") };
        assert!(why.contains("`webhook`"), "{why}");
    }
}

#[tokio::test]
async fn what_somebody_says_to_the_person_they_ask_for_arrives() {
    let receiver = MockServer::start().await;
    Mock::given(matchers::any()).respond_with(ResponseTemplate::new(202)).mount(&receiver).await;
    for message in [Some("Is this <yours>?".to_owned()), None] {
        let mut view = with_receiver(Some(receiver.uri()));
        for page in &mut view.pages {
            page.cause = Cause::Asked { message: message.clone() };
        }
        perform(view, 0, 0).await;
    }
    let bodies = receiver.received_requests().await.unwrap();
    let bodies: Vec<Value> = bodies.iter().map(|request| request.body_json().unwrap()).collect();
    assert_eq!(bodies[0]["message"], "Is this <yours>?", "as it was typed");
    assert!(bodies[1].get("message").is_none(), "nothing is said for nobody");
}
