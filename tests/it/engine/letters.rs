//! A letter that fails every time is given up, once, with a word to everybody concerned.

use std::sync::atomic::Ordering;

use dontpanic::domain::effect::{Effect, Warning};
use dontpanic::engine::inbox::{Accept as _, Accepted, Inbound, InboundKind};
use dontpanic::engine::workers::Progress;
use dontpanic::store::{StoreError, inbox, notes};
use serde_json::json;

use super::Alone;
use crate::harness::database::TestDatabase;
use crate::harness::on_both;
use crate::harness::world::Span as _;

on_both!(
    a_letter_that_panics_every_time_is_given_up,
    a_letter_that_fails_every_time_is_given_up,
    a_letter_that_kills_the_process_is_given_up,
);

/// A stranger's command, which asks the directory, which panics.
async fn arrives(alone: &Alone, key: &str) {
    is_typed(alone, key, "U0STRANGER", "list").await;
}

async fn is_typed(alone: &Alone, key: &str, user: &str, text: &str) {
    let raw = json!({
        "command": "/incident", "text": text, "user_id": user, "channel_id": "C0ROOM",
        "response_url": "https://hooks.slack.example/secret", "trigger_id": "secret",
    });
    let received_at = dontpanic::clock::Clock::now(&*alone.wire);
    let inbound = Inbound { kind: InboundKind::Command, dedup_key: key.to_owned(), raw, received_at };
    assert_eq!(alone.engine.accept(inbound).await, Ok(Accepted::New));
}

async fn waiting(alone: &Alone) -> i64 {
    let waiting: Result<i64, StoreError> =
        alone.db.read("waiting", |tx| Box::pin(async move { inbox::waiting(tx).await })).await;
    waiting.unwrap()
}

async fn dead(alone: &Alone) -> Vec<(String, String)> {
    let dead: Result<_, StoreError> =
        alone.db.read("dead", |tx| Box::pin(async move { notes::dead_letters(tx).await })).await;
    dead.unwrap()
}

async fn all_is_performed(alone: &Alone) {
    while alone.engine.tick_outbox().await.unwrap() == Progress::Some {}
}

async fn a_letter_that_panics_every_time_is_given_up(place: TestDatabase) {
    let alone = Alone::on(&place).await;
    alone.outside.asking_panics.store(true, Ordering::SeqCst);
    arrives(&alone, "command:1").await;
    for attempt in 1..=8 {
        assert_eq!(alone.outside.asked.load(Ordering::SeqCst), attempt - 1);
        assert_eq!(alone.engine.tick_inbox().await, Ok(Progress::Some));
        assert_eq!(alone.engine.tick_inbox().await, Ok(Progress::None), "it waits");
        alone.passes(65.seconds());
    }
    assert_eq!(waiting(&alone).await, 0);
    alone.passes(1.hours());
    assert_eq!(alone.engine.tick_inbox().await, Ok(Progress::None));
    assert_eq!(alone.outside.asked.load(Ordering::SeqCst), 8);
    let dead = dead(&alone).await;
    assert!(
        matches!(dead.as_slice(), [(source, why)] if source == "slack/command" && why.contains("panic")),
        "{dead:?}"
    );
    let secrets = "SELECT COUNT(*) AS n FROM dead_letter WHERE body LIKE '%secret%'";
    assert_eq!(alone.number(secrets).await, 0);

    all_is_performed(&alone).await;
    let performed = alone.performed();
    let answered = performed.iter().any(|effect| {
        matches!(effect, Effect::Answer { to, text, .. } if to.user.as_str() == "U0STRANGER"
            && to.response_url.is_some() && text.contains("*not* done"))
    });
    let told = |performed: &[Effect]| {
        let told = performed
            .iter()
            .filter(|effect| matches!(effect, Effect::TellAdmins { what: Warning::LetterGivenUp { .. } }));
        told.count()
    };
    assert!(answered, "{performed:?}");
    assert_eq!(told(&performed), 1);
}

/// What it is about cannot be read.
async fn a_letter_that_fails_every_time_is_given_up(place: TestDatabase) {
    let alone = Alone::on(&place).await;
    alone.outside.asking_panics.store(true, Ordering::SeqCst);
    let id = alone.declares().await.id;
    alone.spoils("UPDATE incident SET body = '{}'").await;
    is_typed(&alone, "command:1", "U0A", &format!("{id} ack")).await;
    for _ in 0..7 {
        assert_eq!(alone.engine.tick_inbox().await, Ok(Progress::Some));
        alone.passes(65.seconds());
    }
    assert_eq!((waiting(&alone).await, dead(&alone).await.len()), (1, 0));
    assert_eq!(alone.engine.tick_inbox().await, Ok(Progress::Some));
    let dead = dead(&alone).await;
    assert_eq!(waiting(&alone).await, 0);
    assert!(matches!(dead.as_slice(), [(_, why)] if why.contains("incident")), "{dead:?}");
}

/// Whoever claimed it died before anything could be written down, again and again.
async fn a_letter_that_kills_the_process_is_given_up(place: TestDatabase) {
    let alone = Alone::on(&place).await;
    alone.outside.asking_panics.store(true, Ordering::SeqCst);
    for key in ["command:1", "command:2"] {
        arrives(&alone, key).await;
    }
    alone.spoils("UPDATE inbox SET attempt = 8").await;
    assert_eq!(alone.engine.tick_inbox().await, Ok(Progress::Some));
    assert_eq!(alone.outside.asked.load(Ordering::SeqCst), 0, "it is not tried once more");
    assert_eq!((waiting(&alone).await, dead(&alone).await.len()), (0, 2));
    all_is_performed(&alone).await;
    let performed = alone.performed();
    let count = |name: &str| performed.iter().filter(|effect| effect.name() == name).count();
    assert_eq!((count("answer"), count("tell_admins")), (2, 1), "said once an hour");
}
