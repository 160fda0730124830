//! Small memories: dead letters, what was said already, who is who in Slack.

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use super::{Micros, StoreError, Tx, statements};
use crate::ids::SlackUserId;

statements! {
    /// Keeps a delivery that had nothing usable in it.
    DEAD_LETTER = "INSERT INTO dead_letter (id, source, received_at, why, body) VALUES ($1, $2, $3, $4, $5) \
                   ON CONFLICT DO NOTHING";
    /// Says something unless it was said since.
    SAY_ONCE = "INSERT INTO said (what, at) VALUES ($1, $2) ON CONFLICT (what) DO UPDATE SET at = excluded.at \
                WHERE said.at <= $3";
    /// Whether something was said.
    SAID = "SELECT at FROM said WHERE what = $1";
    /// What Slack said about a user.
    USER = "SELECT body, fetched_at FROM slack_user WHERE id = $1";
    /// Remembers what Slack said about a user.
    REMEMBER_USER = "INSERT INTO slack_user (id, body, fetched_at) VALUES ($1, $2, $3) \
                     ON CONFLICT (id) DO UPDATE SET body = excluded.body, fetched_at = excluded.fetched_at";
    /// Forgets old dead letters.
    FORGET_DEAD_LETTERS = "DELETE FROM dead_letter WHERE received_at <= $1";
    /// Forgets what was said long ago.
    FORGET_SAID = "DELETE FROM said WHERE at <= $1";
    /// Forgets what Slack said about users long ago.
    FORGET_USERS = "DELETE FROM slack_user WHERE fetched_at <= $1";
    /// Where the dead letters came from, and what is wrong with them.
    DEAD_LETTERS = "SELECT source, why FROM dead_letter ORDER BY received_at, id";
}

/// Keeps a delivery that nothing could be done with. `source` is an alert source, or `slack/` and a kind of letter; `received_at`
/// is wire time.
pub async fn dead_letter(
    tx: &mut Tx,
    id: i64,
    source: &str,
    received_at: DateTime<Utc>,
    why: &str,
    body: &str,
) -> Result<(), StoreError> {
    let query = tx.query(DEAD_LETTER).bind(id).bind(source).bind(received_at).bind(why).bind(body);
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

/// Whether `what` was said, as far as that is remembered.
pub async fn was_said(tx: &mut Tx, what: &str) -> Result<bool, StoreError> {
    let said: Option<(i64,)> = tx.query(SAID).bind(what).optional().await?;
    Ok(said.is_some())
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

/// Where the dead letters came from and what is wrong with them, oldest first.
pub async fn dead_letters(tx: &mut Tx) -> Result<Vec<(String, String)>, StoreError> {
    tx.query(DEAD_LETTERS).all().await
}

/// Forgets dead letters that came before `before` (wire time).
pub async fn forget_dead_letters(tx: &mut Tx, before: DateTime<Utc>) -> Result<u64, StoreError> {
    Ok(tx.query(FORGET_DEAD_LETTERS).bind(before).execute().await?.any())
}

/// Forgets what was said before `before` (wire time).
pub async fn forget_said(tx: &mut Tx, before: DateTime<Utc>) -> Result<u64, StoreError> {
    Ok(tx.query(FORGET_SAID).bind(before).execute().await?.any())
}

/// Forgets what Slack said about users before `before` (wire time).
pub async fn forget_users(tx: &mut Tx, before: DateTime<Utc>) -> Result<u64, StoreError> {
    Ok(tx.query(FORGET_USERS).bind(before).execute().await?.any())
}
