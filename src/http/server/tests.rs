use axum::routing::get;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

use super::*;

/// Nothing here should take as long as this.
const PATIENCE: Duration = Duration::from_secs(30);
const ASK: &[u8] = b"GET / HTTP/1.1\r\nhost: here\r\n\r\n";

struct World {
    at: std::net::SocketAddr,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

async fn world(limits: Limits, router: Router) -> World {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let (at, (stop, stopped)) = (listener.local_addr().unwrap(), oneshot::channel());
    let serving = tokio::spawn(serve(listener, router, limits, async move {
        let _told_or_gone = stopped.await;
    }));
    World { at, stop, serving }
}

fn hello() -> Router {
    Router::new().route("/", get(async || "hello"))
}

impl World {
    async fn connects(&self) -> TcpStream {
        TcpStream::connect(self.at).await.unwrap()
    }
}

/// What comes next on a connection; nothing when it has ended.
async fn reads(stream: &mut TcpStream) -> String {
    let mut piece = [0; 4096];
    let read =
        tokio::time::timeout(PATIENCE, stream.read(&mut piece)).await.expect("nothing comes, and no end");
    String::from_utf8_lossy(&piece[..read.unwrap_or(0)]).into_owned()
}

async fn asks(stream: &mut TcpStream) -> String {
    stream.write_all(ASK).await.unwrap();
    reads(stream).await
}

#[tokio::test]
async fn who_says_nothing_or_half_a_head_is_let_go_and_who_asks_is_kept() {
    let world =
        world(Limits { connections: 8, head: Duration::from_secs(2), ..Limits::default() }, hello()).await;
    let mut kept = world.connects().await;
    assert!(asks(&mut kept).await.ends_with("hello"));
    let (mut silent, mut half) = (world.connects().await, world.connects().await);
    half.write_all(&ASK[..20]).await.unwrap();
    assert_eq!(reads(&mut silent).await, "");
    let answer = reads(&mut half).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert_eq!(reads(&mut kept).await, "", "a connection that is not used ends as well");
}

#[tokio::test]
async fn more_connections_than_there_are_places_wait_until_one_ends() {
    let world = world(Limits { connections: 2, head: PATIENCE, ..Limits::default() }, hello()).await;
    let (mut first, mut second) = (world.connects().await, world.connects().await);
    assert!(asks(&mut first).await.ends_with("hello"));
    assert!(asks(&mut second).await.ends_with("hello"));
    let mut third = world.connects().await;
    third.write_all(ASK).await.unwrap();
    let too_early = tokio::time::timeout(Duration::from_millis(200), third.readable()).await;
    assert!(too_early.is_err(), "there was no place for it");
    drop(first);
    assert!(reads(&mut third).await.ends_with("hello"));
    assert!(asks(&mut second).await.ends_with("hello"));
}

#[tokio::test]
async fn a_stop_finishes_what_is_in_flight_and_takes_nothing_more() {
    let (begun, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (began, wait) = (begun.clone(), go_on.clone());
    let slow = get(async move || {
        began.notify_one();
        wait.notified().await;
        "done"
    });
    let world = world(Limits::default(), Router::new().route("/", slow)).await;
    let mut asked = world.connects().await;
    asked.write_all(ASK).await.unwrap();
    begun.notified().await;
    world.stop.send(()).unwrap();
    while TcpStream::connect(world.at).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(!world.serving.is_finished());
    go_on.notify_one();
    assert!(reads(&mut asked).await.ends_with("done"));
    tokio::time::timeout(PATIENCE, world.serving).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_handler_that_panics_costs_its_connection_only() {
    let router =
        hello().route("/panics", get(async || -> &'static str { panic!("this panic belongs to the test") }));
    let world = world(Limits { connections: 1, head: PATIENCE, ..Limits::default() }, router).await;
    let mut unlucky = world.connects().await;
    unlucky.write_all(b"GET /panics HTTP/1.1\r\nhost: here\r\n\r\n").await.unwrap();
    assert_eq!(reads(&mut unlucky).await, "");
    let mut next = world.connects().await;
    assert!(asks(&mut next).await.ends_with("hello"), "the place is free again");
}
