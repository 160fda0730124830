use chrono::DateTime;
use serde_json::json;
use slack_morphism::blocks::{SlackBlock, SlackDividerBlock};
use wiremock::matchers::{body_partial_json, header, method, path, query_param};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::*;
use crate::adapters::slack::{Audience, Message, Replaces, Standing, To, Visibility};
use crate::clock::ManualClock;

/// A Slack that answers what it is told to, and a client of it.
struct World {
    slack: MockServer,
    clock: Arc<ManualClock>,
    client: SlackClient,
}

impl World {
    async fn new() -> Self {
        let slack = MockServer::start().await;
        let clock = Arc::new(ManualClock::at(DateTime::from_timestamp(1_800_000_000, 0).unwrap()));
        let client = client_of(&slack.uri(), clock.clone());
        Self { slack, clock, client }
    }

    async fn answers(&self, name: &str, response: ResponseTemplate) {
        Mock::given(path(format!("/api/{name}"))).respond_with(response).mount(&self.slack).await;
    }

    async fn says(&self, name: &str, answer: Value) {
        self.answers(name, ResponseTemplate::new(200).set_body_json(answer)).await;
    }

    async fn requests(&self) -> Vec<Request> {
        self.slack.received_requests().await.unwrap()
    }

    async fn posts(&self, urgency: Urgency) -> Result<(), SlackFault> {
        let message = Message::plain("hello");
        self.client.post_message(To::Channel(&"C1".into()), &message, urgency).await.map(drop)
    }
}

fn client_of(uri: &str, clock: Arc<ManualClock>) -> SlackClient {
    let patience =
        Patience { page: Duration::from_secs(2), ordinary: Duration::from_secs(3), ..Patience::default() };
    let api = Url::parse(&format!("{uri}/api")).unwrap();
    SlackClient::new(&api, "xoxb-secret".to_owned(), clock, patience, Arc::new(|_, _| {})).unwrap()
}

fn too_many() -> ResponseTemplate {
    ResponseTemplate::new(429)
        .insert_header("Retry-After", "30")
        .set_body_json(json!({"ok": false, "error": "ratelimited"}))
}

#[tokio::test]
async fn calls_have_the_shape_slack_documents() {
    let world = World::new().await;
    let sends = |verb: &str, name: &str, body: Value, answer: Value| {
        Mock::given(method(verb))
            .and(path(format!("/api/{name}")))
            .and(header("authorization", "Bearer xoxb-secret"))
            .and(body_partial_json(body))
            .respond_with(ResponseTemplate::new(200).set_body_json(answer))
            .expect(1)
            .mount(&world.slack)
    };
    let done = json!({"ok": true});
    let channel = json!({"ok": true, "channel": {"id": "C1", "name": "inc-1", "created": 1_700_000_000, "creator": "UB"}});
    let posted = json!({"ok": true, "channel": "D1", "ts": "1.2", "message": "anything at all"});
    let link = "https://runbook.example/";
    let page = json!({"channel": "U1", "text": "hi", "unfurl_links": false, "blocks": [{"type": "divider"}, {"type": "new"}]});
    sends("POST", "chat.postMessage", page, posted).await;
    sends(
        "POST",
        "chat.update",
        json!({"channel": "D1", "ts": "1.2", "text": "bye", "blocks": []}),
        done.clone(),
    )
    .await;
    sends("POST", "conversations.create", json!({"name": "inc-1", "is_private": true}), channel.clone())
        .await;
    sends("POST", "conversations.unarchive", json!({"channel": "C1"}), done.clone()).await;
    sends("POST", "conversations.open", json!({"users": "U1"}), json!({"ok": true, "channel": {"id": "D1"}}))
        .await;
    sends(
        "POST",
        "pins.add",
        json!({"channel": "D1", "timestamp": "1.2"}),
        json!({"ok": false, "error": "already_pinned"}),
    )
    .await;
    sends(
        "POST",
        "bookmarks.add",
        json!({"channel_id": "C1", "title": "Runbook", "type": "link", "link": link}),
        json!({"ok": true, "bookmark": {"id": "Bk1", "title": "Runbook", "link": link}}),
    )
    .await;
    Mock::given(method("GET"))
        .and(path("/api/users.info"))
        .and(query_param("user", "U1"))
        .respond_with(ResponseTemplate::new(200).set_body_json(
            json!({"ok": true, "user": {"id": "U1", "tz": "Europe/Paris", "is_restricted": true, "profile": []}}),
        ))
        .mount(&world.slack)
        .await;

    let client = &world.client;
    let (user, room) = ("U1".into(), "C1".into());
    let blocks = vec![SlackDividerBlock::new().into(), SlackBlock::Unknown(json!({"type": "new"}))];
    let page = Message { text: "hi".to_owned(), blocks, instead: None };
    let posted = client.post_message(To::Person(&user), &page, Urgency::Page).await.unwrap();
    assert_eq!((posted.channel.as_str(), posted.ts.as_str()), ("D1", "1.2"));
    client.update_message(&posted, &Message::plain("bye"), Urgency::Ordinary).await.unwrap();
    let created = client.create_channel("inc-1", Visibility::Private).await.unwrap();
    assert_eq!((created.id.as_str(), created.created), ("C1", 1_700_000_000));
    client.unarchive(&room).await.unwrap();
    assert_eq!(client.open_dm(&user, Urgency::Page).await.unwrap().as_str(), "D1");
    client.pin(&posted).await.unwrap();
    client.add_bookmark(&room, "Runbook", &Url::parse(link).unwrap()).await.unwrap();
    let person = client.user_info(&user).await.unwrap();
    assert_eq!((person.standing, person.tz.as_deref()), (Standing::Guest, Some("Europe/Paris")));
}

#[tokio::test]
async fn a_channel_is_found_on_a_later_page_and_only_by_its_exact_name() {
    let world = World::new().await;
    let page = |channels: Value, next: &str| {
        ResponseTemplate::new(200).set_body_json(
            json!({"ok": true, "channels": channels, "response_metadata": {"next_cursor": next}}),
        )
    };
    Mock::given(query_param("cursor", "p2"))
        .respond_with(page(json!([{"id": "C2", "name": "inc-1", "is_archived": true}]), ""))
        .mount(&world.slack)
        .await;
    Mock::given(query_param("exclude_archived", "false"))
        .respond_with(page(json!([{"id": "C1", "name": "inc-1-2"}]), "p2"))
        .mount(&world.slack)
        .await;
    let found = world.client.find_channel("inc-1", Visibility::Public).await.unwrap().unwrap();
    assert!(found.id.as_str() == "C2" && found.is_archived);
    assert_eq!(world.client.find_channel("inc", Visibility::Public).await.unwrap(), None);
    assert!(world.client.find_own_channel("inc-1-2", Visibility::Private).await.unwrap().is_some());
    let asked = world.requests().await.last().map(|request| request.url.to_string()).unwrap();
    assert!(asked.contains("/users.conversations?types=private_channel"), "{asked}");
}

#[tokio::test]
async fn one_who_cannot_be_invited_keeps_nobody_out() {
    let world = World::new().await;
    let refuses = |users: &str, answer: Value| {
        Mock::given(body_partial_json(json!({"users": users})))
            .respond_with(ResponseTemplate::new(200).set_body_json(answer))
            .expect(1)
            .mount(&world.slack)
    };
    let named =
        json!([{"user": "U1", "error": "already_in_channel"}, {"user": "U2", "error": "user_not_found"}]);
    refuses("U1,U2,U3,U4", json!({"ok": false, "error": "user_not_found", "errors": named})).await;
    refuses("U3,U4", json!({"ok": false, "error": "cant_invite"})).await;
    refuses("U3", json!({"ok": true})).await;
    refuses("U4", json!({"ok": false, "error": "cant_invite"})).await;

    let everybody: Vec<_> = ["U1", "U2", "U3", "U4"].map(Into::into).into();
    let uninvited = world.client.invite(&"C1".into(), &everybody).await.unwrap();
    let uninvited: Vec<_> = uninvited.iter().map(|one| (one.user.as_str(), one.code.as_str())).collect();
    assert_eq!(uninvited, [("U2", "user_not_found"), ("U4", "cant_invite")]);
}

#[tokio::test]
async fn every_failure_says_whether_to_try_again_and_whether_it_may_have_happened() {
    let html = ResponseTemplate::new(200).set_body_raw("<html>Please log in</html>", "text/html");
    let refusal =
        json!({"ok": false, "error": "missing_scope", "needed": "chat:write", "provided": "commands"});
    let answer = |body: Value| ResponseTemplate::new(200).set_body_json(body);
    let cases = [
        (answer(refusal), "refused", false, false),
        (answer(json!({"ok": false, "error": "fatal_error"})), "refused", true, true),
        (answer(json!({"ok": true, "ts": "1.2"})), "garbage", true, true),
        (answer(json!({"ok": false})), "garbage", true, true),
        (answer(json!({})), "garbage", true, true),
        (html, "garbage", true, true),
        (ResponseTemplate::new(502), "server_error", true, true),
        (ResponseTemplate::new(403), "server_error", false, false),
        (too_many(), "rate_limited", true, false),
        (ResponseTemplate::new(429), "rate_limited", true, false),
        (ResponseTemplate::new(200).set_delay(Duration::from_secs(20)), "timeout", true, true),
    ];
    for (response, label, retryable, unknown) in cases {
        let world = World::new().await;
        world.answers("chat.postMessage", response).await;
        let fault = world.posts(Urgency::Page).await.unwrap_err();
        assert_eq!(
            (fault.label(), fault.is_retryable(), fault.outcome_unknown()),
            (label, retryable, unknown),
            "{fault}"
        );
        assert!(!fault.to_string().contains("xoxb") && !fault.to_string().contains('{'), "{fault}");
    }
    let nobody = client_of("http://127.0.0.1:1", Arc::new(ManualClock::at(DateTime::UNIX_EPOCH)));
    let fault = nobody.auth_test().await.unwrap_err();
    assert!(fault.label() == "connection" && fault.is_retryable() && !fault.outcome_unknown(), "{fault}");
}

#[tokio::test]
async fn a_broken_connection_leaves_the_outcome_open() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}", listener.local_addr().unwrap());
    let hangs_up = tokio::spawn(async move {
        use tokio::io::AsyncReadExt as _;
        let (mut stream, _) = listener.accept().await.unwrap();
        let _read = stream.read(&mut [0; 64]).await.unwrap();
    });
    let client = client_of(&uri, Arc::new(ManualClock::at(DateTime::UNIX_EPOCH)));
    let fault = client.auth_test().await.unwrap_err();
    assert!(fault.label() == "cut_off" && fault.outcome_unknown(), "{fault}");
    hangs_up.await.unwrap();
}

#[tokio::test]
async fn retry_after_closes_that_method_until_the_clock_has_moved() {
    let world = World::new().await;
    Mock::given(path("/api/chat.postMessage"))
        .respond_with(too_many())
        .up_to_n_times(1)
        .mount(&world.slack)
        .await;
    world.says("chat.postMessage", json!({"ok": true, "channel": "C1", "ts": "1.2"})).await;
    world.says("chat.update", json!({"ok": true})).await;

    for _ in 0..2 {
        let fault = world.posts(Urgency::Ordinary).await.unwrap_err();
        assert_eq!(fault.retry_after(), Some(Duration::from_secs(30)));
    }
    assert_eq!(world.requests().await.len(), 1, "the second never left");
    world.posts(Urgency::Page).await.unwrap();
    let posted = super::super::Posted { channel: "C1".into(), ts: "1.2".into() };
    world.client.update_message(&posted, &Message::plain("x"), Urgency::Ordinary).await.unwrap();
    world.clock.advance_to(world.clock.now() + TimeDelta::seconds(30));
    world.posts(Urgency::Ordinary).await.unwrap();
}

#[tokio::test]
async fn retry_after_is_heeded_whatever_else_the_answer_says() {
    let says = |seconds: &str| ResponseTemplate::new(429).insert_header("Retry-After", seconds);
    let cases = [
        (says("7"), 7),
        (says(" 7 "), 7),
        (says("7").set_body_raw("", "application/json"), 7),
        (says("7").set_body_raw("<html>Slow down</html>", "text/html"), 7),
        (says("7").set_body_raw("{\"ok\":fal", "application/json"), 7),
        (says("soon"), 5),
        (says("100000"), 3600),
    ];
    for (answer, seconds) in cases {
        let world = World::new().await;
        world.answers("chat.postMessage", answer.clone()).await;
        let fault = world.posts(Urgency::Page).await.unwrap_err();
        assert_eq!(fault.retry_after(), Some(Duration::from_secs(seconds)), "{answer:?}");
    }
}

#[tokio::test]
async fn a_response_url_gets_the_answer_and_not_the_token() {
    let world = World::new().await;
    Mock::given(path("/respond/1"))
        .and(body_partial_json(
            json!({"text": "done", "response_type": "ephemeral", "replace_original": true}),
        ))
        .respond_with(ResponseTemplate::new(200).set_body_string("ok"))
        .expect(1)
        .mount(&world.slack)
        .await;
    let url = Url::parse(&format!("{}/respond/1", world.slack.uri())).unwrap();
    let done = Message::plain("done");
    world.client.respond(&url, &done, Audience::Ephemeral, Replaces::Original).await.unwrap();
    assert!(!world.requests().await[0].headers.contains_key("authorization"));
}
