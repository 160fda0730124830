//! Nothing but incidents grows without end.

use std::sync::Arc;

use dontpanic::clock::{Clock as _, ManualClock};

use super::Alone;
use crate::harness::database::TestDatabase;
use crate::harness::on_both;
use crate::harness::world::Span as _;

on_both!(what_is_of_no_use_any_more_is_forgotten, ends_are_forgotten_when_no_beginning_can_be_that_late);

const TABLES: [(&str, &str); 6] = [
    ("inbox", "SELECT COUNT(*) AS n FROM inbox"),
    ("effect", "SELECT COUNT(*) AS n FROM effect"),
    ("slack_user", "SELECT COUNT(*) AS n FROM slack_user"),
    ("dead_letter", "SELECT COUNT(*) AS n FROM dead_letter"),
    ("said", "SELECT COUNT(*) AS n FROM said"),
    ("home", "SELECT COUNT(*) AS n FROM home"),
];

async fn counts(alone: &Alone) -> Vec<(&'static str, i64)> {
    let mut counts = vec![];
    for (table, statement) in TABLES {
        counts.push((table, alone.number(statement).await));
    }
    counts
}

async fn what_is_of_no_use_any_more_is_forgotten(place: TestDatabase) {
    let alone = Alone::on(&place).await;
    // All of it happened at 2026-11-20T03:00:00Z; of each sort that may wait, one waits still.
    for statement in [
        "INSERT INTO inbox (id, kind, body, received_at, attempt, done_at) VALUES ('a', 'event', '{}', 1, 1, 1795143600000000)",
        "INSERT INTO inbox (id, kind, body, received_at, attempt) VALUES ('b', 'event', '{}', 1, 1)",
        "INSERT INTO effect (id, lane, urgency, kind, body, due_at, attempt, buried_at) VALUES (1, 'a', 1, 'say', '{}', 1, 1, 1795143600000000)",
        "INSERT INTO effect (id, lane, urgency, kind, body, due_at, attempt) VALUES (2, 'b', 1, 'say', '{}', 1, 1)",
        "INSERT INTO slack_user (id, body, fetched_at) VALUES ('U1', '{}', 1795143600000000)",
        "INSERT INTO dead_letter (id, source, received_at, why, body) VALUES (1, 'main', 1795143600000000, '', '')",
        "INSERT INTO said (what, at) VALUES ('a', 1795143600000000)",
        "INSERT INTO home (id, opened_at) VALUES ('U1', 1795143600000000)",
    ] {
        alone.spoils(statement).await;
    }
    let left = |inbox, effect, slack_user, dead_letter, said, home| {
        let n = [inbox, effect, slack_user, dead_letter, said, home];
        TABLES.map(|(table, _)| table).into_iter().zip(n).collect::<Vec<_>>()
    };
    assert_eq!(alone.engine.forget().await, Ok(0));
    assert_eq!(counts(&alone).await, left(2, 2, 1, 1, 1, 1));
    for (hours, expected) in [
        (23, left(2, 2, 1, 1, 1, 1)),
        (1, left(1, 2, 0, 1, 1, 1)),
        (6 * 24, left(1, 2, 0, 1, 0, 1)),
        (22 * 24, left(1, 2, 0, 1, 0, 1)),
        (24, left(1, 1, 0, 0, 0, 0)),
        (365 * 24, left(1, 1, 0, 0, 0, 0)),
    ] {
        alone.passes(hours.hours());
        alone.engine.forget().await.unwrap();
        assert_eq!(counts(&alone).await, expected, "after another {hours} hours");
    }
}

async fn ends_are_forgotten_when_no_beginning_can_be_that_late(place: TestDatabase) {
    let story = Arc::new(ManualClock::at("2026-11-20T03:00:00Z".parse().unwrap()));
    let alone = Alone::with_story(&place, story.clone()).await;
    alone
        .spoils(
            "INSERT INTO told_end (fingerprint, source, starts_at, ends_at, heard_at) \
             VALUES ('a', 'main', 1, 1, 1795143600000000)",
        )
        .await;
    for (minutes, left) in [(0, 1), (14, 1), (1, 0)] {
        story.advance_to(story.now() + minutes.minutes());
        alone.engine.forget().await.unwrap();
        assert_eq!(alone.number("SELECT COUNT(*) AS n FROM told_end").await, left);
    }
}
