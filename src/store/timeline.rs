//! Timelines: events are written once and never changed. The words of messages lie beside their events and are read with them.

use sqlx::FromRow;

use super::{Json, StoreError, Tx, statements};
use crate::domain::incident::Message;
use crate::domain::incident::timeline::{Entry, What, Words};
use crate::ids::IncidentId;

statements! {
    /// Appends several events.
    APPEND[6] = "INSERT INTO event (incident, seq, at, kind, text, body) VALUES {rows}";
    /// A timeline in order.
    READ = "SELECT COALESCE(w.sentence, e.text) AS text, e.body AS body, w.words AS words FROM event e \
            LEFT JOIN message_words w ON w.incident = e.incident AND w.seq = e.seq WHERE e.incident = $1 ORDER BY e.seq";
    /// One event.
    ONE = "SELECT COALESCE(w.sentence, e.text) AS text, e.body AS body, w.words AS words FROM event e \
           LEFT JOIN message_words w ON w.incident = e.incident AND w.seq = e.seq WHERE e.incident = $1 AND e.seq = $2";
    /// What a message says from now on.
    SAYS = "INSERT INTO message_words (incident, seq, channel, ts, words, sentence) VALUES ($1, $2, $3, $4, $5, $6) \
            ON CONFLICT (incident, seq) DO UPDATE SET words = excluded.words, sentence = excluded.sentence";
    /// On whose timeline a message is.
    HAS = "SELECT incident AS n FROM message_words WHERE channel = $1 AND ts = $2 LIMIT 1";
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
    words: Option<String>,
}

impl From<Row> for Told {
    fn from(row: Row) -> Self {
        let mut entry = row.body.0;
        if let What::MessageNoted { text, .. } = &mut entry.what {
            *text = row.words;
        }
        Self { entry, text: row.text }
    }
}

#[derive(FromRow)]
struct Number {
    n: i64,
}

/// Appends events with their sentences to the timelines of these incidents.
pub async fn append(tx: &mut Tx, told: &[(IncidentId, Told)]) -> Result<(), StoreError> {
    tx.with_rows(&APPEND, told, |query, (incident, told)| {
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

/// Puts a message's words, and the sentence with them, in place of those it had; `None` for both takes them away.
pub async fn says(
    tx: &mut Tx,
    incident: IncidentId,
    words: &Words,
    sentence: Option<&str>,
) -> Result<(), StoreError> {
    let Words { seq, message, text } = words;
    tx.query(SAYS)
        .bind(incident.0)
        .bind(*seq)
        .bind(message.channel.as_str())
        .bind(message.ts.as_str())
        .bind(text.as_deref())
        .bind(sentence)
        .execute()
        .await?
        .any();
    Ok(())
}

/// The incident on whose timeline this message is.
pub async fn that_has(tx: &mut Tx, message: &Message) -> Result<Option<IncidentId>, StoreError> {
    let query = tx.query(HAS).bind(message.channel.as_str()).bind(message.ts.as_str());
    Ok(query.optional::<Number>().await?.map(|row| IncidentId(row.n)))
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
