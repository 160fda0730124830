use std::collections::BTreeMap;

use serde_json::json;
use wiremock::matchers::{body_partial_json, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::domain::reconcile::Standing;

const LIMIT: Duration = Duration::from_millis(500);

fn api(members: &[&MockServer]) -> AlertmanagerApi {
    let urls = members.iter().map(|member| format!("{}/base/", member.uri()).parse().unwrap());
    at(urls.collect())
}

fn at(urls: Vec<Url>) -> AlertmanagerApi {
    AlertmanagerApi::new(BTreeMap::from([(SourceId::from("main"), urls)]), LIMIT).unwrap()
}

async fn answers(member: &MockServer, verb: &str, below: &str, response: ResponseTemplate) {
    let path = path(format!("/base/api/v2/{below}"));
    Mock::given(method(verb)).and(path).respond_with(response).mount(member).await;
}

/// A member that answers as version 0.25 does.
async fn well() -> MockServer {
    let member = MockServer::start().await;
    let alert = json!({
        "annotations": {"summary": "s"}, "endsAt": "2026-11-25T10:03:14.202Z", "fingerprint": "21a41760ed5e2922",
        "receivers": [{"name": "dontpanic"}], "startsAt": "2026-11-25T09:00:00.123Z",
        "status": {"inhibitedBy": [], "silencedBy": ["8d06891d"], "state": "suppressed"},
        "updatedAt": "2026-11-25T09:58:14.202Z", "labels": {"alertname": "Big", "x": "a\u{0}b"},
    });
    let silence = json!({
        "id": "8d06891d", "status": {"state": "active"}, "updatedAt": "2026-11-25T09:58:15.317Z", "comment": "c",
        "createdBy": "alice", "endsAt": "2036-01-01T00:00:00.000Z", "startsAt": "2026-11-25T09:58:15.317Z",
        "matchers": [{"isEqual": true, "isRegex": false, "name": "alertname", "value": "Big"}],
    });
    let ok = || ResponseTemplate::new(200);
    answers(&member, "GET", "status", ok().set_body_json(json!({"uptime": "2026-11-25T09:58:12.184Z"})))
        .await;
    answers(&member, "GET", "alerts", ok().set_body_json(json!([alert]))).await;
    answers(&member, "GET", "silences", ok().set_body_json(json!([silence]))).await;
    answers(&member, "GET", "silence/8d06891d", ok().set_body_json(silence)).await;
    member
}

fn wanted() -> NewSilence {
    NewSilence {
        labels: [("alertname".to_owned(), "Big".to_owned())].into(),
        starts_at: "2026-11-25T09:00:00Z".parse().unwrap(),
        ends_at: "2026-11-25T11:00:00Z".parse().unwrap(),
        created_by: "alice".to_owned(),
        comment: "c".to_owned(),
    }
}

fn made() -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({"silenceID": "made"}))
}

#[tokio::test]
async fn a_whole_answer_is_read() {
    let look = api(&[&well().await]).look(&"main".into()).await;
    assert_eq!(look.faults, Vec::<String>::new());
    let [member] = &look.members[..] else { panic!("{look:?}") };
    assert_eq!(member.alerts[0].standing, Standing::Suppressed);
    assert_eq!(member.alerts[0].silenced_by, ["8d06891d".into()]);
    assert_eq!(member.alerts[0].labels["x"], "a\u{FFFD}b");
    assert!(!member.silences[0].is_over);
    assert_eq!(member.silences[0].labels.as_ref().unwrap()["alertname"], "Big");
}

#[tokio::test]
async fn half_an_answer_is_none_and_no_address_is_told() {
    let (broken, hangs) = (MockServer::start().await, MockServer::start().await);
    let ok = || ResponseTemplate::new(200);
    answers(&broken, "GET", "status", ok().set_body_json(json!({"uptime": "2026-11-25T09:58:12Z"}))).await;
    answers(&broken, "GET", "silences", ok().set_body_json(json!([]))).await;
    answers(&broken, "GET", "alerts", ok().set_body_string("[{")).await;
    let late = ResponseTemplate::new(200).set_delay(LIMIT * 4);
    Mock::given(method("GET")).respond_with(late).mount(&hangs).await;
    let well = well().await;
    let mut urls: Vec<Url> =
        [&broken, &hangs, &well].map(|member| format!("{}/base", member.uri()).parse().unwrap()).into();
    urls.push("http://127.0.0.1:1".parse().unwrap());
    let look = at(urls).look(&"main".into()).await;
    assert_eq!(look.members.len(), 1);
    assert_eq!(look.faults.len(), 3, "{:?}", look.faults);
    assert!(look.faults.iter().all(|fault| !fault.contains("127.0.0.1")), "{:?}", look.faults);
}

#[tokio::test]
async fn the_first_that_answers_does_it() {
    let (ill, well) = (MockServer::start().await, well().await);
    answers(&ill, "POST", "silences", ResponseTemplate::new(503)).await;
    let exact = json!({
        "matchers": [{"name": "alertname", "value": "Big", "isRegex": false, "isEqual": true}],
        "createdBy": "alice", "comment": "c", "endsAt": "2026-11-25T11:00:00Z",
    });
    let right = Mock::given(method("POST")).and(path("/base/api/v2/silences")).and(body_partial_json(exact));
    right.respond_with(made()).mount(&well).await;
    let api = api(&[&ill, &well]);
    assert_eq!(api.silence(&"main".into(), &wanted()).await, Ok("made".into()));
    assert_eq!(api.silence(&"other".into(), &wanted()).await, Err(NotDone::NoAddress));
}

#[tokio::test]
async fn a_refusal_is_final_and_repeated_in_its_own_words() {
    let (refuses, well) = (MockServer::start().await, well().await);
    let no = ResponseTemplate::new(400).set_body_json(json!("silence invalid"));
    answers(&refuses, "POST", "silences", no).await;
    answers(&well, "POST", "silences", made()).await;
    let why = "answers with http status 400: silence invalid".to_owned();
    let refused = api(&[&refuses, &well]).silence(&"main".into(), &wanted()).await;
    assert_eq!(refused, Err(NotDone::Refused { why }));
}

#[tokio::test]
async fn what_is_gone_is_said_to_be_and_what_is_there_keeps_its_beginning() {
    let knows_nothing = MockServer::start().await;
    let unknown = |status| ResponseTemplate::new(status).set_body_json(json!("silence not found"));
    Mock::given(method("DELETE")).respond_with(unknown(500)).mount(&knows_nothing).await;
    Mock::given(method("GET")).respond_with(unknown(404)).mount(&knows_nothing).await;
    let forgetful = api(&[&knows_nothing]);
    assert_eq!(forgetful.expire(&"main".into(), &"x/../y".into()).await, Err(NotDone::Gone));
    let until = "2026-11-25T12:00:00Z".parse().unwrap();
    assert_eq!(forgetful.extend(&"main".into(), &"x".into(), until).await, Err(NotDone::Gone));
    let well = well().await;
    let same = json!({
        "id": "8d06891d", "startsAt": "2026-11-25T09:58:15.317Z", "endsAt": "2026-11-25T12:00:00Z", "createdBy": "alice",
    });
    Mock::given(method("POST")).and(body_partial_json(same)).respond_with(made()).mount(&well).await;
    assert_eq!(api(&[&well]).extend(&"main".into(), &"8d06891d".into(), until).await, Ok("made".into()));
}
