//! Rubbish over a real socket: a clear answer, nothing stored, no panic, and nobody else waits for it.

use std::io::{Read as _, Write as _};
use std::time::Duration;

use futures::future::join_all;
use reqwest::StatusCode;
use serde_json::json;

use crate::harness::database::TestDatabase;
use crate::harness::on_both;
use crate::harness::process::bot::Bot;
use crate::harness::process::surroundings::{Rules, Surroundings, firing, group};
use crate::harness::process::wire::{Answer, Wire, delivery, head};
use crate::harness::process::{PATIENCE, eventually, pause};

/// The largest body that is read.
const LARGEST: usize = 64 << 20;

async fn around() -> Surroundings {
    Surroundings::new(TestDatabase::sqlite(), Rules::default()).await
}

async fn answer_to(bot: &Bot, bytes: &[u8]) -> Answer {
    let mut wire = Wire::to(bot).await;
    wire.send(bytes).await;
    wire.answer().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_used_is_refused_with_a_sentence_and_not_stored() {
    let around = around().await;
    let bot = around.bot().await;
    let good = firing("LedgerDown", "a").to_string();
    let with_token = |token: &str| {
        let bytes = String::from_utf8(delivery(good.as_bytes())).unwrap();
        bytes.replace("Bearer token-of-alertmanager", token).into_bytes()
    };
    let elsewhere = |path: &str| {
        let bytes = String::from_utf8(delivery(good.as_bytes())).unwrap();
        bytes.replace("/webhooks/alertmanager", path).into_bytes()
    };
    let cases: [(&str, Vec<u8>, u16); 13] = [
        ("no json", delivery(b"this is not json"), 400),
        ("half of it", delivery(&good.as_bytes()[..good.len() / 2]), 400),
        ("no utf-8", delivery(b"{\"alerts\": \"\xff\xfe\"}"), 400),
        ("nothing", delivery(b""), 400),
        ("no alerts", delivery(b"{\"version\": \"4\"}"), 400),
        ("an empty list", delivery(b"{\"alerts\": []}"), 400),
        ("a list instead of an object", delivery(b"[1, 2, 3]"), 400),
        ("very deep", delivery("[".repeat(100_000).as_bytes()), 400),
        ("the wrong token", with_token("Bearer wrong"), 401),
        ("no credentials", with_token("Nothing"), 401),
        ("an unknown source", elsewhere("/webhooks/alertmanager/elsewhere"), 404),
        ("an unknown page", elsewhere("/webhooks/grafana"), 404),
        ("no http", b"EHLO dontpanic\r\n\r\n".to_vec(), 400),
    ];
    for (what, bytes, status) in cases {
        let answer = answer_to(&bot, &bytes).await;
        assert_eq!(answer.status, status, "{what}: {answer:?}");
        let is_ours = bytes.starts_with(b"POST /webhooks/alertmanager");
        assert!(!is_ours || answer.body.trim().len() > 10, "{what} gets no sentence: {answer:?}");
    }
    assert!(bot.incidents().await.is_empty());
    assert_eq!(bot.receives(&firing("LedgerDown", "a")).await.unwrap(), StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_odd_about_a_delivery_is_said_in_its_channel() {
    let around = around().await;
    let bot = around.bot().await;
    let body = firing("LedgerDown", "a");
    assert!(body["alerts"][0]["fingerprint"].is_null());
    assert_eq!(bot.receives(&body).await.unwrap(), StatusCode::OK);
    eventually("the missing fingerprint is mentioned", PATIENCE, async || {
        let channel = around.incident_channels().pop()?;
        let messages = around.slack.messages(&channel.id);
        messages.iter().any(|message| message.text.contains("fingerprint")).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_is_too_large_is_refused_declared_or_not() {
    let around = around().await;
    let bot = around.bot().await;
    let declared = answer_to(&bot, head(&format!("content-length: {}\r\n", LARGEST + 1)).as_bytes()).await;
    assert_eq!(declared.status, 413, "{declared:?}");

    let mut wire = Wire::to(&bot).await;
    wire.send(head("transfer-encoding: chunked\r\n")).await;
    let piece = [b"100000\r\n".as_slice(), &vec![b' '; 1 << 20], b"\r\n"].concat();
    let chunked = wire.send_until_answered(&piece, LARGEST / (1 << 20) + 1).await;
    assert_eq!(chunked.status, 413, "{chunked:?}");
    assert_eq!(bot.receives(&firing("LedgerDown", "a")).await.unwrap(), StatusCode::OK);
}

/// Senders that write their whole body before they look for an answer, as most libraries do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_writes_everything_first_reads_why_it_was_refused() {
    let around = around().await;
    let bot = around.bot().await;
    assert_eq!(bot.receives(&firing("LedgerDown", "a")).await.unwrap(), StatusCode::OK);
    let before = bot.process.peak_memory();
    let with_token =
        |token: &str| head("").replace("Bearer token-of-alertmanager", token).replace("\r\n\r\n", "");
    let api = "POST /api/v1/incidents HTTP/1.1\r\nhost: dontpanic\r\nauthorization: Bearer token-of-the-api"
        .to_owned();
    let elsewhere = "POST /nowhere HTTP/1.1\r\nhost: dontpanic".to_owned();
    let large = LARGEST + (1 << 20);
    let refused = async |head: &str, n: usize, framing: Framing, status: u16| {
        let (port, head) = (bot.port, head.to_owned());
        let told = tokio::task::spawn_blocking(move || framing.writes_all_then_reads(port, &head, n));
        let told = told.await.unwrap().unwrap_or_else(|error| panic!("{status}, {framing:?}: {error}"));
        assert!(told.starts_with(&format!("HTTP/1.1 {status} ")), "{framing:?}: {told}");
    };
    let right = with_token("Bearer token-of-alertmanager");
    for framing in [Framing::Declared, Framing::Chunked] {
        refused(&with_token("Bearer wrong"), large, framing, 401).await;
        refused(&api, 8 << 20, framing, 413).await;
        refused(&elsewhere, 8 << 20, framing, 404).await;
    }
    refused(&right, large, Framing::Declared, 413).await;
    let grown = bot.process.peak_memory().saturating_sub(before);
    assert!(grown < 24 << 20, "{grown} bytes for bodies that nobody wanted");
    // That this one is too large is known only after as much of it was read as is allowed.
    refused(&right, large, Framing::Chunked, 413).await;
    assert_eq!(bot.receives(&firing("LedgerDown", "b")).await.unwrap(), StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_waits_to_go_on_is_told_at_once_that_nobody_wants_it() {
    let around = around().await;
    let bot = around.bot().await;
    for (token, n, status) in [("token-of-alertmanager", LARGEST + 1, 413), ("wrong", 10, 401)] {
        let mut wire = Wire::to(&bot).await;
        let asks = head(&format!("content-length: {n}\r\nexpect: 100-continue\r\n"));
        wire.send(asks.replace("token-of-alertmanager", token)).await;
        let answer = wire.answer().await;
        assert_eq!(answer.status, status, "{answer:?}");
    }
    let body = firing("LedgerDown", "a").to_string();
    let mut wire = Wire::to(&bot).await;
    wire.send(head(&format!("content-length: {}\r\nexpect: 100-continue\r\n", body.len()))).await;
    assert_eq!(wire.answer().await.status, 100);
    wire.send(body).await;
    assert_eq!(wire.answer().await.status, 200);
}

/// How the end of a body is told.
#[derive(Debug, Clone, Copy)]
enum Framing {
    Declared,
    Chunked,
}

impl Framing {
    /// Writes the head and `n` bytes after it, and only then reads what was answered.
    fn writes_all_then_reads(self, port: u16, head: &str, n: usize) -> std::io::Result<String> {
        let mut stream = std::net::TcpStream::connect(("127.0.0.1", port))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let piece = vec![b' '; 1 << 20];
        let (length, before, end) = match self {
            Self::Declared => (format!("content-length: {n}"), "", ""),
            Self::Chunked => ("transfer-encoding: chunked".to_owned(), "100000\r\n", "\r\n"),
        };
        write!(stream, "{head}\r\n{length}\r\n\r\n")?;
        for _ in 0..n / piece.len() {
            stream.write_all(before.as_bytes())?;
            stream.write_all(&piece)?;
            stream.write_all(end.as_bytes())?;
        }
        if !end.is_empty() {
            stream.write_all(b"0\r\n\r\n")?;
        }
        let mut told = [0; 1024];
        let read = stream.read(&mut told)?;
        Ok(String::from_utf8_lossy(&told[..read]).into_owned())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_body_is_taken_and_nobody_waits_for_those_that_never_end() {
    let around = around().await;
    let bot = around.bot().await;
    let mut unending = vec![];
    for _ in 0..50 {
        let mut wire = Wire::to(&bot).await;
        wire.send(head("content-length: 100000\r\n") + "{").await;
        unending.push(wire);
    }
    assert_eq!(bot.receives(&firing("LedgerDown", "quick")).await.unwrap(), StatusCode::OK);
    assert!(unending.iter().all(Wire::is_silent), "it waited until they were sent away");

    let mut slow = Wire::to(&bot).await;
    for piece in delivery(firing("LedgerDown", "slow").to_string().as_bytes()).chunks(64) {
        slow.send(piece).await;
        pause(Duration::from_millis(100)).await;
    }
    assert_eq!(slow.answer().await.status, 200);
    assert_eq!(bot.incidents().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn those_who_announce_much_and_send_little_take_no_room_from_others() {
    let around = around().await;
    let bot = around.bot().await;
    let mut stalled = vec![];
    for _ in 0..8 {
        let mut wire = Wire::to(&bot).await;
        wire.send(head(&format!("content-length: {LARGEST}\r\n")) + "{").await;
        stalled.push(wire);
    }
    let large = json!({"alertname": "LedgerDown", "note": "x".repeat(4 << 20), "severity": "critical"});
    let answer = bot.receives(&group("LedgerDown", "large", &[large])).await.unwrap();
    assert_eq!(answer, StatusCode::OK);
    for mut wire in stalled {
        assert_eq!(wire.answer().await.status, 503, "sent away, to come again");
    }
}

on_both!(strange_texts_are_taken_and_paged);

async fn strange_texts_are_taken_and_paged(place: TestDatabase) {
    let around = Surroundings::new(place, Rules::default()).await;
    let bot = around.bot().await;
    let texts = [
        ("long", "x".repeat(1_000_000)),
        ("nul", "before\u{0}after".to_owned()),
        ("right to left", "\u{202e}\u{645}\u{639}\u{637}\u{644} \u{5e9}\u{5dc}\u{5d5}\u{5dd}".to_owned()),
        ("emoji", "🔥👩‍👩‍👧‍👦 e\u{301}".to_owned()),
        ("slack", "<!channel> <@U0A> <https://evil.example.org|runbook> *_~`".to_owned()),
        ("template", "{{#each x}} {{{y}}} ${HOME} %s".to_owned()),
    ];
    for (alertname, text) in &texts {
        let labels = json!({"alertname": alertname, "instance": text, "severity": "critical"});
        let answer = bot.receives(&group(alertname, text, &[labels])).await.unwrap();
        assert_eq!(answer, StatusCode::OK, "{alertname}");
    }
    assert_eq!(bot.incidents().await.len(), texts.len());
    eventually("every page arrives", PATIENCE, async || {
        (around.pagers.rings("alice").len() >= texts.len()).then_some(())
    })
    .await;
    eventually("every channel opens", PATIENCE, async || {
        (around.incident_channels().len() == texts.len()).then_some(())
    })
    .await;
    let said: Vec<String> = around
        .slack
        .channels()
        .iter()
        .flat_map(|channel| around.slack.messages(&channel.id))
        .map(|message| message.text + &serde_json::to_string(&message.blocks).unwrap())
        .collect();
    assert!(!said.iter().any(|text| text.contains("<https://evil")), "an alert made a link");
    assert!(around.slack.faults_seen().is_empty(), "{:?}", around.slack.faults_seen());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_sent_ahead_on_one_connection_are_answered_in_order() {
    let around = around().await;
    let bot = around.bot().await;
    let mut wire = Wire::to(&bot).await;
    let bodies =
        [firing("LedgerDown", "a").to_string(), "no json".to_owned(), firing("LedgerDown", "b").to_string()];
    let ahead: Vec<u8> = bodies.iter().flat_map(|body| delivery(body.as_bytes())).collect();
    wire.send(ahead).await;
    let mut statuses = vec![];
    for _ in &bodies {
        statuses.push(wire.answer().await.status);
    }
    assert_eq!(statuses, [200, 400, 200]);
    assert_eq!(bot.incidents().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_connections_at_once_are_held() {
    let n = open_files_allowed().saturating_sub(200).min(1000);
    if n < 1000 {
        let few = format!("only {n} connections: raise the limit of open files (ulimit -n) to try 1000\n");
        std::io::stderr().write_all(few.as_bytes()).unwrap();
    }
    let around = around().await;
    let bot = around.bot().await;
    let mut held: Vec<Wire> = vec![];
    for _ in 0..n {
        held.push(Wire::to(&bot).await);
    }
    let asked = held.iter_mut().map(async |wire| {
        wire.send("GET /health/live HTTP/1.1\r\nhost: dontpanic\r\n\r\n").await;
        wire.answer().await.status
    });
    assert!(join_all(asked).await.iter().all(|status| *status == 200));
    let body = delivery(firing("LedgerDown", "a").to_string().as_bytes());
    let asked = held.iter_mut().map(async |wire| {
        wire.send(&body).await;
        wire.answer().await.status
    });
    let statuses = join_all(asked).await;
    assert!(statuses.iter().all(|status| [200, 503].contains(status)), "{statuses:?}");
    assert_eq!(bot.only_incident().await["state"], "triggered");
    around.pagers.rings_within("alice", PATIENCE).await;
    around.pagers.rang_once("alice");
}

/// How many files this process, and so the service that it starts, may have open.
fn open_files_allowed() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap_or_default();
    line.split_whitespace().nth(3).and_then(|soft| soft.parse().ok()).unwrap_or(1024)
}
