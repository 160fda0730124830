//! Action items, by whom they are owned. What they are lies in their incident too, which decides about them; a row follows it in
//! the same transaction.

use sqlx::FromRow;

use super::{Json, StoreError, Text, Tx, statements};
use crate::domain::action_item::ActionItem;
use crate::domain::incident::Incident;
use crate::ids::IncidentId;

statements! {
    /// Stores several as they are now.
    UPSERT[6] = "INSERT INTO action_item (incident, n, owner, due, done_at, body) VALUES {rows} \
                 ON CONFLICT (incident, n) DO UPDATE SET done_at = excluded.done_at, body = excluded.body";
    /// Those that are not done, the earliest due first.
    OPEN = "SELECT incident, body FROM action_item WHERE done_at IS NULL ORDER BY due, incident, n LIMIT $1";
}

/// An action item and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owned {
    /// The incident it came from.
    pub incident: IncidentId,
    /// What is to be done.
    pub item: ActionItem,
}

#[derive(FromRow)]
struct Row {
    incident: i64,
    body: Json<ActionItem>,
}

/// Stores those of an incident that are not as they were.
pub(super) async fn follow(tx: &mut Tx, before: &Incident, next: &Incident) -> Result<(), StoreError> {
    let changed: Vec<&ActionItem> =
        next.actions.iter().filter(|item| before.action(item.n) != Some(item)).collect();
    tx.with_rows(&UPSERT, &changed, |query, item| {
        query
            .bind(next.id.0)
            .bind(item.n)
            .bind(item.owner.as_str())
            .bind(Text(item.due))
            .bind(item.done.as_ref().map(|done| done.at))
            .bind(Json(item))
    })
    .await?
    .any();
    Ok(())
}

/// At most `limit` that are not done, of all incidents, the earliest due first.
pub async fn open(tx: &mut Tx, limit: u32) -> Result<Vec<Owned>, StoreError> {
    let rows: Vec<Row> = tx.query(OPEN).bind(limit).all().await?;
    Ok(rows.into_iter().map(|row| Owned { incident: IncidentId(row.incident), item: row.body.0 }).collect())
}
