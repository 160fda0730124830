//! Small memories: dead letters, what was said already, who is who in Slack.

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use super::{Micros, StoreError, Tx, statements};
use crate::ids::{SlackUserId, SourceId};

statements! {
    /// Keeps a delivery that had nothing usable in it.
    DEAD_LETTER = "INSERT INTO dead_letter (id, source, received_at, why, body) VALUES ($1, $2, $3, $4, $5) \
                   ON CONFLICT DO NOTHING";
    /// Says something unless it was said since.
    SAY_ONCE = "INSERT INTO said (what, at) VALUES ($1, $2) ON CONFLICT (what) DO UPDATE SET at = excluded.at \
                WHERE said.at <= $3";
    /// What Slack said about a user.
    USER = "SELECT body, fetched_at FROM slack_user WHERE id = $1";
    /// Remembers what Slack said about a user.
    REMEMBER_USER = "INSERT INTO slack_user (id, body, fetched_at) VALUES ($1, $2, $3) \
                     ON CONFLICT (id) DO UPDATE SET body = excluded.body, fetched_at = excluded.fetched_at";
}

/// Keeps an authenticated delivery that had nothing usable in it.
pub async fn dead_letter(
    tx: &mut Tx,
    id: i64,
    source: &SourceId,
    received_at: DateTime<Utc>,
    why: &str,
    body: &str,
) -> Result<(), StoreError> {
    let query = tx.query(DEAD_LETTER).bind(id).bind(source.as_str()).bind(received_at).bind(why).bind(body);
    query.execute().await?.any();
    Ok(())
}

/// Whether `what` may be said at `now`: it was never said, or not since `since`. If so it counts as said.
pub async fn may_say(
    tx: &mut Tx,
    what: &str,
    now: DateTime<Utc>,
    since: DateTime<Utc>,
) -> Result<bool, StoreError> {
    Ok(tx.query(SAY_ONCE).bind(what).bind(now).bind(since).execute().await?.any() == 1)
}

#[derive(FromRow)]
struct UserRow {
    body: String,
    fetched_at: Micros,
}

/// What Slack said about a user (JSON), and when (wire time).
pub async fn slack_user(
    tx: &mut Tx,
    user: &SlackUserId,
) -> Result<Option<(String, DateTime<Utc>)>, StoreError> {
    let row: Option<UserRow> = tx.query(USER).bind(user.as_str()).optional().await?;
    Ok(row.map(|row| (row.body, row.fetched_at.0)))
}

/// Remembers what Slack said about a user.
pub async fn remember_slack_user(
    tx: &mut Tx,
    user: &SlackUserId,
    body: &str,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    tx.query(REMEMBER_USER).bind(user.as_str()).bind(body).bind(at).execute().await?.any();
    Ok(())
}
