//! What is to be compared with what is now: by kind and name, as text. Of several processes that see the same change, one is
//! the first.

use chrono::{DateTime, Utc};

use super::{StoreError, Tx, statements};

statements! {
    /// Everything of a kind.
    ALL_OF = "SELECT name, value FROM remembered WHERE kind = $1 ORDER BY name";
    /// Remembers something else, unless the same was remembered since.
    BECOMES = "INSERT INTO remembered (kind, name, value, at) VALUES ($1, $2, $3, $4) \
               ON CONFLICT (kind, name) DO UPDATE SET value = excluded.value, at = excluded.at \
               WHERE remembered.value <> excluded.value OR remembered.at <= $5";
    /// Forgets something.
    FORGET = "DELETE FROM remembered WHERE kind = $1 AND name = $2";
}

/// Everything of a kind: names and values.
pub async fn all(tx: &mut Tx, kind: &str) -> Result<Vec<(String, String)>, StoreError> {
    tx.query(ALL_OF).bind(kind).all().await
}

/// From `now` (wire time) on this is the value. Whether that is news: it was another, or the same before `since`.
pub async fn becomes(
    tx: &mut Tx,
    (kind, name): (&str, &str),
    value: &str,
    now: DateTime<Utc>,
    since: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let query = tx.query(BECOMES).bind(kind).bind(name).bind(value).bind(now).bind(since);
    Ok(query.execute().await?.any() == 1)
}

/// Forgets one. Whether it was remembered.
pub async fn forget(tx: &mut Tx, kind: &str, name: &str) -> Result<bool, StoreError> {
    Ok(tx.query(FORGET).bind(kind).bind(name).execute().await?.any() == 1)
}
