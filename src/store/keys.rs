//! Keys that only this service knows: made once, and the same for every process and every restart.

use super::{StoreError, Tx, statements};

statements! {
    /// Keeps a key, unless there is one.
    KEEP = "INSERT INTO secret_key (name, secret) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    /// The key that was kept.
    KEPT = "SELECT secret FROM secret_key WHERE name = $1";
}

/// The key of that name; `proposed` becomes it when there was none. Of several processes that propose one, one wins.
pub async fn keep(tx: &mut Tx, name: &str, proposed: &str) -> Result<String, StoreError> {
    tx.query(KEEP).bind(name).bind(proposed).execute().await?.any();
    Ok(tx.query(KEPT).bind(name).one::<(String,)>().await?.0)
}
