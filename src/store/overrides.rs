//! Overrides of schedules: who takes which span, in the order in which they were made.
//!
//! One counter numbers them and rises with every change, so whoever keeps a copy sees with one look whether it is still
//! true. Whoever changes anything holds the counter's row, so of two who take the same span one comes second, and sees it.

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use super::{Json, Micros, StoreError, Tx, statements};
use crate::domain::incident::Actor;
use crate::domain::on_call::{Made, Override};
use crate::ids::OverrideId;

statements! {
    /// Keeps others from changing anything until this transaction ends.
    HOLD = "UPDATE counter SET n = n WHERE name = 'override'";
    /// The next number, which says as well that something has changed.
    NEXT = "UPDATE counter SET n = n + 1 WHERE name = 'override' RETURNING n";
    /// Which change was the last.
    REVISION = "SELECT n FROM counter WHERE name = 'override'";
    /// A new override.
    INSERT = "INSERT INTO shift_override (id, schedule, person, from_at, to_at, made_by, made_at) \
              VALUES ($1, $2, $3, $4, $5, $6, $7)";
    /// Those that hold, or have held.
    STANDING = "SELECT id, schedule, person, from_at, to_at, made_by, made_at FROM shift_override \
                WHERE cancelled_at IS NULL ORDER BY id";
    /// One that holds, or has held.
    ONE = "SELECT id, schedule, person, from_at, to_at, made_by, made_at FROM shift_override \
           WHERE id = $1 AND cancelled_at IS NULL";
    /// It has not begun: it never will.
    CANCEL = "UPDATE shift_override SET cancelled_at = $2 WHERE id = $1 AND cancelled_at IS NULL";
    /// It ends now.
    END = "UPDATE shift_override SET to_at = $2 WHERE id = $1 AND to_at > $2";
}

#[derive(FromRow)]
struct Row {
    id: i64,
    schedule: String,
    person: String,
    from_at: Micros,
    to_at: Micros,
    made_by: Json<Actor>,
    made_at: Micros,
}

impl From<Row> for Made {
    fn from(row: Row) -> Self {
        let taken = Override {
            schedule: row.schedule.into(),
            person: row.person.into(),
            from: row.from_at.0,
            to: row.to_at.0,
        };
        Self { id: OverrideId(row.id), taken, by: row.made_by.0, at: row.made_at.0 }
    }
}

#[derive(FromRow)]
struct Number {
    n: i64,
}

/// Keeps others from changing overrides until this transaction ends: to be called before anything is read that decides.
pub async fn hold(tx: &mut Tx) -> Result<(), StoreError> {
    tx.query(HOLD).execute().await?.or_missing()
}

/// Which change was the last: it rises with each.
pub async fn revision(tx: &mut Tx) -> Result<i64, StoreError> {
    Ok(tx.query(REVISION).one::<Number>().await?.n)
}

/// Every override that holds or has held, in the order in which they were made.
pub async fn standing(tx: &mut Tx) -> Result<Vec<Made>, StoreError> {
    let rows: Vec<Row> = tx.query(STANDING).all().await?;
    Ok(rows.into_iter().map(Made::from).collect())
}

/// One of them; `None` when there is none of that number, or it was cancelled before it began.
pub async fn find(tx: &mut Tx, id: OverrideId) -> Result<Option<Made>, StoreError> {
    Ok(tx.query(ONE).bind(id.0).optional::<Row>().await?.map(Made::from))
}

/// Makes an override at `at`, and numbers it.
pub async fn make(
    tx: &mut Tx,
    taken: &Override,
    by: &Actor,
    at: DateTime<Utc>,
) -> Result<OverrideId, StoreError> {
    let id = tx.query(NEXT).one::<Number>().await?.n;
    tx.query(INSERT)
        .bind(id)
        .bind(taken.schedule.as_str())
        .bind(taken.person.as_str())
        .bind(taken.from)
        .bind(taken.to)
        .bind(Json(by))
        .bind(at)
        .execute()
        .await?
        .or_missing()?;
    Ok(OverrideId(id))
}

/// Ends an override at `at`; one that has not begun never will. What of it has passed stays as it was.
pub async fn end(tx: &mut Tx, made: &Made, at: DateTime<Utc>) -> Result<(), StoreError> {
    let statement = if at <= made.taken.from { CANCEL } else { END };
    tx.query(statement).bind(made.id.0).bind(at).execute().await?.any();
    tx.query(NEXT).one::<Number>().await.map(drop)
}
