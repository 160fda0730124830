use std::sync::Mutex;

use axum::http::header::CONTENT_TYPE;
use chrono::{DateTime, TimeDelta, Utc};
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};
use http_body_util::BodyExt;
use tower::ServiceExt;

use super::*;
use crate::clock::ManualClock;
use crate::engine::inbox::Inbound;

/// What the store does with what is handed over.
#[derive(Clone, Copy)]
enum Store {
    Works,
    Fails,
    Hangs,
}

struct Inbox {
    store: Store,
    things: Mutex<Vec<Inbound>>,
}

impl Accept for Inbox {
    fn accept(&self, inbound: Inbound) -> BoxFuture<'_, Result<Accepted, Unavailable>> {
        async move {
            match self.store {
                Store::Works => {}
                Store::Fails => return Err(Unavailable),
                Store::Hangs => futures::future::pending().await,
            }
            let mut things = self.things.lock().unwrap();
            if things.iter().any(|thing| thing.dedup_key == inbound.dedup_key) {
                return Ok(Accepted::Seen);
            }
            things.push(inbound);
            Ok(Accepted::New)
        }
        .boxed()
    }

    fn unheard(&self, why: &'static str) -> BoxFuture<'_, ()> {
        unreachable!("this way in needs no connection: {why}")
    }
}

struct World {
    inbox: Arc<Inbox>,
    clock: Arc<ManualClock>,
    router: Router,
}

fn world(store: Store) -> World {
    let inbox = Arc::new(Inbox { store, things: Mutex::default() });
    let clock = Arc::new(ManualClock::at(DateTime::from_timestamp(1_800_000_000, 0).unwrap()));
    let http =
        SlackHttp::new(secret(), clock.clone(), inbox.clone()).answering_within(Duration::from_secs(2));
    World { inbox, clock, router: http.router() }
}

fn secret() -> SigningSecret {
    SigningSecret::new("shhh".to_owned())
}

impl World {
    async fn post_signed(
        &self,
        route: &str,
        body: impl Into<Vec<u8>>,
        sent_at: DateTime<Utc>,
    ) -> (u16, Value) {
        let (body, timestamp) = (body.into(), sent_at.timestamp().to_string());
        let signature = signature::sign(&secret(), &timestamp, &body).unwrap();
        let request = Request::post(route)
            .header("x-slack-request-timestamp", timestamp)
            .header("x-slack-signature", signature)
            .header(CONTENT_TYPE, "anything/slack-likes");
        self.send(request.body(body.into()).unwrap()).await
    }

    async fn post(&self, route: &str, body: impl Into<Vec<u8>>) -> (u16, Value) {
        use crate::clock::Clock as _;
        self.post_signed(route, body, self.clock.now()).await
    }

    async fn send(&self, request: Request<Body>) -> (u16, Value) {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&body).unwrap_or_default())
    }

    fn stored(&self) -> Vec<(InboundKind, String)> {
        self.inbox.things.lock().unwrap().iter().map(|thing| (thing.kind, shown(&thing.dedup_key))).collect()
    }
}

const COMMAND: &str = "token=t&command=%2Fincident&text=ack+now&user_id=U1&trigger_id=1.2.x";
const CLICK: &str = "payload=%7B%22type%22%3A%22block_actions%22%2C%22trigger_id%22%3A%223.4.y%22%7D";
const EVENT: &str = r#"{"type":"event_callback","event_id":"Ev1","event":{"type":"app_mention"}}"#;

/// A key without the hash of what was said.
fn shown(key: &str) -> String {
    key.split(':').take(2).collect::<Vec<_>>().join(":")
}

#[tokio::test]
async fn each_thing_is_stored_once_and_every_delivery_acknowledged() {
    let world = world(Store::Works);
    for _delivery in 0..2 {
        assert_eq!(world.post("/slack/commands", COMMAND).await.0, 200);
        assert_eq!(world.post("/slack/interactions", CLICK).await.0, 200);
        assert_eq!(world.post("/slack/events", EVENT).await.0, 200);
    }
    assert_eq!(
        world.stored(),
        [
            (InboundKind::Command, "command:1.2.x".to_owned()),
            (InboundKind::Interaction, "interaction:3.4.y".to_owned()),
            (InboundKind::Event, "event:Ev1".to_owned()),
        ]
    );
    let raw = world.inbox.things.lock().unwrap()[0].raw.clone();
    assert_eq!(
        raw,
        json!({"command": "/incident", "text": "ack now", "user_id": "U1", "trigger_id": "1.2.x"})
    );
}

#[tokio::test]
async fn what_is_not_stored_is_not_acknowledged() {
    for store in [Store::Fails, Store::Hangs] {
        let world = world(store);
        let (status, answer) = world.post("/slack/commands", COMMAND).await;
        assert_eq!((status, answer["response_type"].as_str()), (200, Some("ephemeral")));
        assert!(answer["text"].as_str().is_some_and(|text| text.contains("try again")));
        assert_eq!(world.post("/slack/interactions", CLICK).await.0, 503);
        assert_eq!(world.post("/slack/events", EVENT).await.0, 503);
    }
}

#[tokio::test]
async fn a_stranger_gets_nowhere() {
    use crate::clock::Clock as _;
    let world = world(Store::Works);
    let unsigned = Request::post("/slack/events").body(EVENT.into()).unwrap();
    assert_eq!(world.send(unsigned).await.0, 401);
    let forged = Request::post("/slack/events")
        .header("x-slack-request-timestamp", world.clock.now().timestamp().to_string())
        .header("x-slack-signature", "v0=00")
        .body(EVENT.into())
        .unwrap();
    assert_eq!(world.send(forged).await.0, 401);
    let yesterday = world.clock.now() - TimeDelta::days(1);
    assert_eq!(world.post_signed("/slack/events", EVENT, yesterday).await.0, 401);
    assert_eq!(world.post("/slack/events", vec![b' '; BODY_LIMIT + 1]).await.0, 413);
    assert_eq!(world.stored(), []);
}

#[tokio::test]
async fn odd_but_genuine_requests_are_answered_as_slack_expects() {
    let world = world(Store::Works);
    let challenge = r#"{"type":"url_verification","challenge":"3eZb"}"#;
    assert_eq!(world.post("/slack/events", challenge).await, (200, json!({"challenge": "3eZb"})));
    let cases = [
        ("/slack/commands", "ssl_check=1&token=t", 200),
        ("/slack/commands", "text=no+command", 400),
        ("/slack/interactions", "payload=%7Bbroken", 400),
        ("/slack/interactions", "payload=7", 400),
        ("/slack/interactions", "nothing=here", 400),
        ("/slack/events", r#"{"type":"something_new"}"#, 200),
        ("/slack/events", r#"{"type":"app_rate_limited","minute_rate_limited":1}"#, 200),
        ("/slack/events", "not json", 400),
        ("/slack/events", "{}", 400),
    ];
    for (route, body, status) in cases {
        assert_eq!(world.post(route, body).await.0, status, "{route} {body}");
    }
    assert_eq!(world.stored(), []);
}

#[tokio::test]
async fn who_trickles_is_a_stranger_until_proven() {
    use crate::clock::Clock as _;
    let world = world(Store::Works);
    for route in ["/slack/commands", "/slack/interactions", "/slack/events"] {
        let trickle = futures::stream::once(async { Ok::<_, std::io::Error>("command=%2Finc") })
            .chain(futures::stream::pending());
        let request = Request::post(route)
            .header("x-slack-request-timestamp", world.clock.now().timestamp().to_string())
            .header("x-slack-signature", "v0=00")
            .body(Body::from_stream(trickle))
            .unwrap();
        assert_eq!(world.send(request).await.0, 408, "{route}");
    }
    assert_eq!(world.stored(), []);
}
