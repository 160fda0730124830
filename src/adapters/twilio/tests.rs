use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;
use wiremock::matchers::{basic_auth, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::domain::effect::Effect;
use crate::ports::{About, Shown};

const SID: &str = "AC0123456789abcdef";

fn errand(by: ContactMethod, phone: Option<&str>) -> Errand {
    let mut view = crate::ports::tests::view();
    let row = crate::ports::tests::row("alice", by, 1, "03:02");
    let effect = Effect::Page { page: row.id.clone(), method: by, repeat: 0 };
    view.pages = vec![row];
    let mut house = (*view.house).clone();
    if let Some(alice) = house.people.get_mut(&"alice".into()) {
        alice.phone = phone.map(str::to_owned);
    }
    view.house = Arc::new(house);
    Errand {
        effect,
        about: About::Incident(Box::new(view)),
        attempt: 1,
        in_doubt: 0,
        began_at: crate::ports::tests::at("03:02"),
        shown: Arc::new(Shown::default()),
    }
}

fn twilio(api: &str, by: ContactMethod) -> Twilio {
    let account = Account {
        api: api.parse().unwrap(),
        sid: SID.to_owned(),
        token: "hush".to_owned(),
        from: "+15005550006".to_owned(),
        public_url: Some("https://dontpanic.example".to_owned()),
    };
    match by {
        ContactMethod::Voice => Twilio::voice(account, Duration::from_secs(1)).unwrap(),
        _ => Twilio::sms(account, Duration::from_secs(1)).unwrap(),
    }
}

async fn answered(by: ContactMethod, response: ResponseTemplate) -> (Performed, BTreeMap<String, String>) {
    let server = MockServer::start().await;
    let what = if by == ContactMethod::Voice { "Calls" } else { "Messages" };
    let place = format!("/2010-04-01/Accounts/{SID}/{what}.json");
    let asked = Mock::given(method("POST")).and(path(place)).and(basic_auth(SID, "hush"));
    asked.respond_with(response).mount(&server).await;
    let performed = twilio(&server.uri(), by).perform(&errand(by, Some("+33600000001"))).await;
    let asked = server.received_requests().await.unwrap();
    let form = url::form_urlencoded::parse(&asked[0].body).into_owned().collect();
    (performed, form)
}

fn fields(form: &BTreeMap<String, String>) -> String {
    form.iter().map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn a_message_and_a_call_say_where_they_are_answered() {
    let taken = |sid: &str| {
        ResponseTemplate::new(201)
            .set_body_json(json!({ "sid": sid, "status": "queued", "error_code": null }))
    };
    let accepted = |sid: &str| Performed::Done(Receipt::Accepted { provider_id: Some(sid.to_owned()) });
    let (performed, form) = answered(ContactMethod::Sms, taken("SM1")).await;
    assert_eq!(performed, accepted("SM1"));
    insta::assert_snapshot!(fields(&form), @r"
    Body: P2 INC-42: High error rate on svc-ledger (svc-ledger, prod)
    Reply ACK 42 or https://dontpanic.example/ack/token
    From: +15005550006
    StatusCallback: https://dontpanic.example/webhooks/twilio/sms?page=INC-42%2Fplatform%2F1%2F1%2F1%2Falice%2Fsms
    To: +33600000001
    ");
    let (performed, form) = answered(ContactMethod::Voice, taken("CA1")).await;
    assert_eq!(performed, accepted("CA1"));
    insta::assert_snapshot!(fields(&form), @r"
    From: +15005550006
    Method: POST
    StatusCallback: https://dontpanic.example/webhooks/twilio/voice?page=INC-42%2Fplatform%2F1%2F1%2F1%2Falice%2Fvoice
    StatusCallbackMethod: POST
    Timeout: 25
    To: +33600000001
    Url: https://dontpanic.example/webhooks/twilio/voice?page=INC-42%2Fplatform%2F1%2F1%2F1%2Falice%2Fvoice
    ");
}

#[tokio::test]
async fn the_providers_errors_decide_and_are_kept_without_numbers() {
    let error = |status: u16, code: u32, message: &str| {
        let more = format!("https://www.twilio.com/docs/errors/{code}");
        ResponseTemplate::new(status)
            .set_body_json(json!({ "code": code, "message": message, "more_info": more, "status": status }))
    };
    let refused = |why: &str| Performed::Refused { why: format!("twilio refuses with http status {why}") };
    let passing = |why: &str, after| Performed::TryAgain {
        after,
        why: why.to_owned(),
        // Who has had enough has not taken it.
        in_doubt: !why.contains("429"),
    };
    let cases = [
        (
            error(400, 21211, "The 'To' number +33600000001 is not a valid phone number."),
            refused("400 (error 21211: The 'To' number … is not a valid phone number.)"),
        ),
        (
            error(400, 21610, "Attempt to send to unsubscribed recipient"),
            refused("400 (error 21610: Attempt to send to unsubscribed recipient)"),
        ),
        (
            error(
                400,
                21408,
                "Permission to send an SMS has not been enabled for the region indicated by the 'To' number: +33600000001.",
            ),
            refused(
                "400 (error 21408: Permission to send an SMS has not been enabled for the region indicated by the 'To' number: ….)",
            ),
        ),
        (error(401, 20003, "Authenticate"), refused("401 (error 20003: Authenticate)")),
        (
            error(429, 20429, "Too Many Requests").insert_header("Retry-After", "3"),
            passing(
                "twilio answered with http status 429 (error 20429: Too Many Requests); it is tried again",
                Some(Duration::from_secs(3)),
            ),
        ),
        (
            error(500, 20500, "Internal server error"),
            passing(
                "twilio answered with http status 500 (error 20500: Internal server error); it is tried again",
                None,
            ),
        ),
        (
            ResponseTemplate::new(503).set_body_string("<html>no</html>"),
            passing("twilio answered with http status 503; it is tried again", None),
        ),
        (
            ResponseTemplate::new(200).set_body_string("<html>welcome</html>"),
            refused("200 and not as twilio does; check `twilio.url`"),
        ),
        (
            ResponseTemplate::new(201).set_delay(Duration::from_secs(20)),
            passing("twilio did not answer in time", None),
        ),
    ];
    for (response, expected) in cases {
        assert_eq!(answered(ContactMethod::Sms, response).await.0, expected);
    }
}

#[tokio::test]
async fn who_has_no_number_is_not_called_and_the_token_is_never_told() {
    let no_number = twilio("http://127.0.0.1:1", ContactMethod::Voice);
    let performed = no_number.perform(&errand(ContactMethod::Voice, None)).await;
    let why = "the person has no `phone`; add one under `people`".to_owned();
    assert_eq!(performed, Performed::Refused { why });
    let performed = no_number.perform(&errand(ContactMethod::Voice, Some("+33600000001"))).await;
    let said = format!("{performed:?}");
    assert!(
        matches!(performed, Performed::TryAgain { .. }) && !said.contains("hush") && !said.contains("+336"),
        "{said}"
    );
}

async fn hung_up(name: &str, response: ResponseTemplate) -> (Performed, Vec<String>) {
    let server = MockServer::start().await;
    let place = format!("/2010-04-01/Accounts/{SID}/Calls/CA7.json");
    let asked = Mock::given(method("POST")).and(path(place)).and(basic_auth(SID, "hush"));
    asked.respond_with(response).mount(&server).await;
    let mut errand = errand(ContactMethod::Voice, None);
    let About::Incident(view) = &mut errand.about else { panic!("it is about an incident") };
    view.pages[0].provider_id = Some(name.to_owned());
    errand.effect = Effect::HangUp { page: view.pages[0].id.clone() };
    let performed = twilio(&server.uri(), ContactMethod::Voice).perform(&errand).await;
    let asked = server.received_requests().await.unwrap();
    let bodies = asked.iter().map(|request| String::from_utf8_lossy(&request.body).into_owned());
    (performed, bodies.collect())
}

#[tokio::test]
async fn a_call_is_ended_by_its_latest_name_and_what_is_over_is_over() {
    let taken = ResponseTemplate::new(200).set_body_json(json!({ "sid": "CA7", "status": "completed" }));
    let done = Performed::Done(Receipt::Nothing);
    let asked = vec!["Status=completed".to_owned()];
    assert_eq!(hung_up("CA6 CA7", taken.clone()).await, (done.clone(), asked.clone()));
    for (status, code) in [(400, 21220), (404, 20404)] {
        let refused = ResponseTemplate::new(status).set_body_json(json!({ "code": code, "message": "no" }));
        assert_eq!(hung_up("CA7", refused).await, (done.clone(), asked.clone()), "{code}");
    }
    let busy = hung_up("CA7", ResponseTemplate::new(503)).await;
    assert!(matches!(busy.0, Performed::TryAgain { .. }), "{busy:?}");
    let odd = hung_up("../Messages/SM1", taken).await;
    assert!(matches!(odd, (Performed::Refused { .. }, ref asked) if asked.is_empty()), "{odd:?}");
}
