//! Timelines: written once, never changed.

use sqlx::FromRow;

use super::{Json, StoreError, Tx, statements};
use crate::domain::incident::timeline::Entry;
use crate::ids::IncidentId;

statements! {
    /// Appends several events.
    APPEND[6] = "INSERT INTO event (incident, seq, at, kind, text, body) VALUES {rows}";
    /// A timeline in order.
    READ = "SELECT text, body FROM event WHERE incident = $1 ORDER BY seq";
    /// One event.
    ONE = "SELECT text, body FROM event WHERE incident = $1 AND seq = $2";
}

/// An event with the sentence it was stored with.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// The facts.
    pub entry: Entry,
    /// The sentence.
    pub text: String,
}

#[derive(FromRow)]
struct Row {
    text: String,
    body: Json<Entry>,
}

impl From<Row> for Told {
    fn from(row: Row) -> Self {
        Self { entry: row.body.0, text: row.text }
    }
}

/// Appends events with their sentences to the timelines of these incidents.
pub async fn append(tx: &mut Tx, told: &[(IncidentId, Told)]) -> Result<(), StoreError> {
    tx.insert_rows(&APPEND, told, |query, (incident, told)| {
        query
            .bind(incident.0)
            .bind(told.entry.seq)
            .bind(told.entry.at)
            .bind(told.entry.what.kind())
            .bind(&told.text)
            .bind(Json(&told.entry))
    })
    .await?
    .any();
    Ok(())
}

/// The whole timeline, in order.
pub async fn read(tx: &mut Tx, incident: IncidentId) -> Result<Vec<Told>, StoreError> {
    let rows: Vec<Row> = tx.query(READ).bind(incident.0).all().await?;
    Ok(rows.into_iter().map(Told::from).collect())
}

/// One event of it.
pub async fn one(tx: &mut Tx, incident: IncidentId, seq: i64) -> Result<Option<Told>, StoreError> {
    Ok(tx.query(ONE).bind(incident.0).bind(seq).optional::<Row>().await?.map(Told::from))
}
