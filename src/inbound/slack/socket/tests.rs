use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use chrono::{DateTime, Utc};
use futures::future::BoxFuture;
use futures::{FutureExt, SinkExt, StreamExt};
use proptest::prelude::*;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use wiremock::matchers::{header, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::adapters::slack::socket::SlackSockets;
use crate::adapters::slack::{Patience, SlackClient};
use crate::clock::ManualClock;
use crate::engine::inbox::{Accepted, Inbound, Unavailable};

/// A clock on which nobody waits: whoever sleeps moves it to where they wanted to wake up.
struct JumpingClock(ManualClock);

impl Clock for JumpingClock {
    fn now(&self) -> DateTime<Utc> {
        self.0.now()
    }

    fn sleep_until(&self, at: DateTime<Utc>) -> BoxFuture<'_, ()> {
        self.0.advance_to(at);
        self.0.sleep_until(at)
    }
}

/// Slack's side of Socket Mode: connections arrive here in order.
struct World {
    /// Where the bot asks for connections; its presence keeps it up.
    _web: MockServer,
    listener: TcpListener,
    clock: Arc<JumpingClock>,
    inbox: Arc<Inbox>,
    stop: watch::Sender<bool>,
    bot: tokio::task::JoinHandle<()>,
}

/// A store whose answers are prepared, and which can be made to hold things up.
struct Inbox {
    answers: Mutex<VecDeque<Result<Accepted, Unavailable>>>,
    arrived: mpsc::UnboundedSender<Inbound>,
    arrivals: tokio::sync::Mutex<mpsc::UnboundedReceiver<Inbound>>,
    slow: Semaphore,
    /// What those who run the service were told.
    told: Mutex<Vec<&'static str>>,
}

impl Inbox {
    fn new(answers: impl IntoIterator<Item = Result<Accepted, Unavailable>>) -> Arc<Self> {
        let (arrived, arrivals) = mpsc::unbounded_channel();
        let answers = Mutex::new(answers.into_iter().collect());
        Arc::new(Self {
            answers,
            arrived,
            arrivals: arrivals.into(),
            slow: Semaphore::new(0),
            told: Mutex::default(),
        })
    }

    async fn next(&self) -> Inbound {
        self.arrivals.lock().await.recv().await.unwrap()
    }
}

impl Accept for Inbox {
    fn accept(&self, inbound: Inbound) -> BoxFuture<'_, Result<Accepted, Unavailable>> {
        async move {
            let is_slow = inbound.raw.get("slow").is_some();
            self.arrived.send(inbound).unwrap();
            if is_slow {
                self.slow.acquire().await.unwrap().forget();
            }
            self.answers.lock().unwrap().pop_front().unwrap_or(Ok(Accepted::New))
        }
        .boxed()
    }

    fn unheard(&self, why: &'static str) -> BoxFuture<'_, ()> {
        self.told.lock().unwrap().push(why);
        async {}.boxed()
    }
}

/// One connection, seen from Slack.
struct Connection(WebSocketStream<TcpStream>);

impl Connection {
    async fn sends(&mut self, message: Value) {
        self.0.send(Message::text(message.to_string())).await.unwrap();
    }

    async fn sends_event(&mut self, envelope: &str, payload: Value) {
        self.sends(json!({"type": "events_api", "envelope_id": envelope, "payload": payload})).await;
    }

    async fn acknowledged(&mut self) -> String {
        loop {
            if let Message::Text(text) = self.0.next().await.unwrap().unwrap() {
                let ack: Value = serde_json::from_str(&text).unwrap();
                return ack["envelope_id"].as_str().unwrap().to_owned();
            }
        }
    }
}

impl World {
    async fn new(inbox: Arc<Inbox>) -> Self {
        Self::with(inbox, Limits::default()).await
    }

    async fn with(inbox: Arc<Inbox>, limits: Limits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}/link?ticket=secret", listener.local_addr().unwrap());
        let web = MockServer::start().await;
        Mock::given(path("/api/apps.connections.open"))
            .and(header("authorization", "Bearer xapp-1"))
            .respond_with(ResponseTemplate::new(200).set_body_json(json!({"ok": true, "url": url})))
            .mount(&web)
            .await;
        let clock =
            Arc::new(JumpingClock(ManualClock::at(DateTime::from_timestamp(1_800_000_000, 0).unwrap())));
        let api = format!("{}/api", web.uri()).parse().unwrap();
        let count = Arc::new(|_: &'static str, _: &'static str| {});
        let client =
            SlackClient::new(&api, "xoxb".into(), clock.clone(), Patience::default(), count).unwrap();
        let sockets = Arc::new(SlackSockets::new(client, "xapp-1".into()));
        let mode = SocketMode::new(sockets, NonZeroU8::MIN, clock.clone(), inbox.clone(), 7);
        let (stop, stopped) = watch::channel(false);
        let bot = tokio::spawn(async move { mode.limited_by(limits).run(stopped).await });
        Self { _web: web, listener, clock, inbox, stop, bot }
    }

    async fn connection(&self) -> Connection {
        let (stream, _) = self.listener.accept().await.unwrap();
        let mut connection = Connection(tokio_tungstenite::accept_async(stream).await.unwrap());
        connection.sends(json!({"type": "hello", "num_connections": 1})).await;
        connection
    }

    fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }
}

#[tokio::test]
async fn what_is_stored_is_acknowledged_and_what_is_not_comes_again() {
    let world = World::new(Inbox::new([Err(Unavailable), Ok(Accepted::New), Ok(Accepted::Seen)])).await;
    let mut slack = world.connection().await;
    slack.sends_event("e1", json!({"event_id": "Ev1"})).await;
    world.inbox.next().await;
    slack.sends_event("e2", json!({"event_id": "Ev2"})).await;
    assert_eq!(slack.acknowledged().await, "e2", "e1 was not stored");
    slack.sends_event("e1", json!({"event_id": "Ev1"})).await;
    assert_eq!(slack.acknowledged().await, "e1");
    slack.sends(json!({"type": "something_new", "envelope_id": "e3", "payload": {}})).await;
    assert_eq!(slack.acknowledged().await, "e3", "what has no use must not come for ever");
    slack
        .sends(json!({"type": "slash_commands", "envelope_id": "e4", "payload": {"trigger_id": "1.2.x"}}))
        .await;
    let keys: Vec<_> = [world.inbox.next().await, world.inbox.next().await, world.inbox.next().await]
        .map(|thing| thing.dedup_key.split(':').take(2).collect::<Vec<_>>().join(":"))
        .into();
    assert_eq!(keys, ["event:Ev2", "event:Ev1", "command:1.2.x"]);
}

#[tokio::test]
async fn a_slow_thing_holds_nothing_else_up() {
    let world = World::new(Inbox::new([])).await;
    let mut slack = world.connection().await;
    slack.sends_event("slow", json!({"event_id": "Ev1", "slow": true})).await;
    slack.sends_event("fast", json!({"event_id": "Ev2"})).await;
    assert_eq!(slack.acknowledged().await, "fast");
    world.inbox.slow.add_permits(1);
    assert_eq!(slack.acknowledged().await, "slow");
}

#[tokio::test]
async fn a_connection_is_replaced_before_it_ends() {
    let world = World::new(Inbox::new([])).await;
    let mut old = world.connection().await;
    old.sends_event("e1", json!({"event_id": "Ev1"})).await;
    old.acknowledged().await;
    world.clock.0.advance_to(world.now() + TimeDelta::hours(1));
    old.sends(json!({"type": "disconnect", "reason": "warning"})).await;
    let mut new = world.connection().await;
    old.sends_event("e2", json!({"event_id": "Ev2"})).await;
    assert_eq!(old.acknowledged().await, "e2", "the old one still delivers");
    new.sends_event("e3", json!({"event_id": "Ev3"})).await;
    assert_eq!(new.acknowledged().await, "e3");
}

#[tokio::test]
async fn silence_is_noticed_and_a_sign_of_life_believed() {
    let limits = Limits { quiet: Duration::from_secs(1), ..Limits::default() };
    let world = World::with(Inbox::new([]), limits).await;
    let (silent, _) = world.listener.accept().await.unwrap();
    let mut silent = tokio_tungstenite::accept_async(silent).await.unwrap();
    silent.send(Message::text(r#"{"type":"hello"}"#)).await.unwrap();
    // Not reading is not answering: the bot's pings stay without a pong until it gives the connection up.
    let mut alive = world.connection().await;
    for _ping in 0..4 {
        // Reading answers the pings.
        assert!(matches!(alive.0.next().await, Some(Ok(Message::Ping(_)))));
    }
}

#[tokio::test]
async fn a_server_that_hangs_up_at_once_is_not_hammered() {
    let world = World::new(Inbox::new([])).await;
    let end = world.now() + TimeDelta::minutes(10);
    let mut connections = 0;
    while world.now() < end {
        drop(world.connection().await);
        connections += 1;
    }
    assert!((20..=50).contains(&connections), "{connections} connections in ten minutes");
}

#[tokio::test]
async fn socket_mode_switched_off_is_asked_for_rarely() {
    let world = World::new(Inbox::new([])).await;
    let mut slack = world.connection().await;
    let switched_off_at = world.now();
    slack.sends(json!({"type": "disconnect", "reason": "link_disabled"})).await;
    world.connection().await;
    assert_eq!(world.now() - switched_off_at, TimeDelta::minutes(5));
    assert_eq!(*world.inbox.told.lock().unwrap(), [SWITCHED_OFF]);
}

#[tokio::test]
async fn stopping_acknowledges_what_is_in_hand_and_says_goodbye() {
    let world = World::new(Inbox::new([])).await;
    let mut slack = world.connection().await;
    slack.sends_event("e1", json!({"event_id": "Ev1", "slow": true})).await;
    world.inbox.next().await;
    world.stop.send(true).unwrap();
    world.inbox.slow.add_permits(1);
    assert_eq!(slack.acknowledged().await, "e1");
    assert!(matches!(slack.0.next().await, Some(Ok(Message::Close(_)))));
    drop(slack);
    world.bot.await.unwrap();
}

/// Every sample of what Slack sends, in the envelope it comes in.
fn sampled_envelopes() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/slack/payload-samples");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|ending| ending == "json"));
    let enveloped = |(n, path): (usize, PathBuf)| {
        let payload: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let kind = match name {
            _ if name.starts_with("events.") => "events_api",
            _ if name.contains("slash-commands") => "slash_commands",
            _ => "interactive",
        };
        json!({"type": kind, "envelope_id": format!("e{n}"), "payload": payload}).to_string()
    };
    files.enumerate().map(enveloped).collect()
}

#[tokio::test]
async fn whatever_slack_sends_is_acknowledged_and_what_is_broken_ends_nothing() {
    let world = World::new(Inbox::new([])).await;
    let mut slack = world.connection().await;
    let envelopes = sampled_envelopes();
    assert!(envelopes.len() > 90);
    for (n, envelope) in envelopes.iter().enumerate() {
        for piece in 0..8 {
            let end = envelope.floor_char_boundary(envelope.len() * piece / 8);
            slack.0.send(Message::text(&envelope[..end])).await.unwrap();
        }
        let whole: Value = serde_json::from_str(envelope).unwrap();
        for field in ["type", "payload"] {
            let mut rest = whole.clone();
            rest.as_object_mut().unwrap().remove(field);
            slack.sends(rest).await;
            assert_eq!(slack.acknowledged().await, format!("e{n}"), "it must not come for ever");
        }
        let mut nameless = whole.clone();
        nameless.as_object_mut().unwrap().remove("envelope_id");
        slack.sends(nameless).await;
        for field in whole["payload"].as_object().unwrap().keys() {
            let mut rest = whole.clone();
            rest["payload"].as_object_mut().unwrap().remove(field);
            slack.sends(rest).await;
            assert_eq!(slack.acknowledged().await, format!("e{n}"), "without {field}");
        }
        slack.sends(whole).await;
        assert_eq!(slack.acknowledged().await, format!("e{n}"), "{envelope}");
    }
}

proptest! {
    #[test]
    fn pauses_grow_to_half_a_minute_and_no_further(attempt in 1_u32..1000, seed: u64) {
        let pause = backoff(attempt, seed);
        let full = Duration::from_millis(500 * 2_u64.pow(attempt.min(7) - 1)).min(Duration::from_secs(30));
        prop_assert!(pause >= full / 2 && pause <= full, "{pause:?} of {full:?}");
        prop_assert_eq!(backoff(0, seed), Duration::ZERO);
    }
}
