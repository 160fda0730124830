//! Who has opened their App Home, and what was last asked to be shown there.

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use super::{StoreError, Tx, statements};
use crate::ids::SlackUserId;

statements! {
    /// Somebody opens their home.
    OPENED = "INSERT INTO home (id, opened_at) VALUES ($1, $2) \
              ON CONFLICT (id) DO UPDATE SET opened_at = excluded.opened_at";
    /// Everybody who has.
    ALL_HOMES = "SELECT id, shows FROM home ORDER BY id";
    /// It is to show something else now.
    SHOWS = "UPDATE home SET shows = $2 WHERE id = $1 AND (shows IS NULL OR shows <> $2)";
    /// It is kept up to date no longer.
    LEAVE = "DELETE FROM home WHERE id = $1";
    /// Forgets those who have not come back.
    FORGET_HOMES = "DELETE FROM home WHERE opened_at <= $1";
}

/// A home that is kept up to date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    /// Whose.
    pub user: SlackUserId,
    /// A hash of what it shows, or is about to; `None` when nothing was asked for yet.
    pub shows: Option<String>,
}

#[derive(FromRow)]
struct Row {
    id: String,
    shows: Option<String>,
}

/// Somebody opens their home at `at` (wire time): it is kept up to date from now on.
pub async fn opened(tx: &mut Tx, user: &SlackUserId, at: DateTime<Utc>) -> Result<(), StoreError> {
    tx.query(OPENED).bind(user.as_str()).bind(at).execute().await?.any();
    Ok(())
}

/// All that are kept up to date.
pub async fn all(tx: &mut Tx) -> Result<Vec<Home>, StoreError> {
    let rows: Vec<Row> = tx.query(ALL_HOMES).all().await?;
    Ok(rows.into_iter().map(|row| Home { user: row.id.into(), shows: row.shows }).collect())
}

/// The home is to show what has this hash. Whether that is news: nobody else asked for the same before, and it is kept up
/// to date.
pub async fn shows(tx: &mut Tx, user: &SlackUserId, hash: &str) -> Result<bool, StoreError> {
    Ok(tx.query(SHOWS).bind(user.as_str()).bind(hash).execute().await?.any() == 1)
}

/// The home is kept up to date no longer.
pub async fn leave(tx: &mut Tx, user: &SlackUserId) -> Result<(), StoreError> {
    tx.query(LEAVE).bind(user.as_str()).execute().await?.any();
    Ok(())
}

/// Forgets homes that were last opened before `before` (wire time).
pub async fn forget(tx: &mut Tx, before: DateTime<Utc>) -> Result<u64, StoreError> {
    Ok(tx.query(FORGET_HOMES).bind(before).execute().await?.any())
}
