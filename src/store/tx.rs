//! The one view that a job has of the database.
//!
//! A [`Tx`] is an open transaction. Table functions take `&mut Tx` and a job can neither commit nor roll back: it returns
//! `Ok` or `Err`. After a statement has failed every other one fails too, on both databases alike, because PostgreSQL
//! would answer a commit of such a transaction with a silent rollback.

use std::time::Duration;

use sqlx::any::{AnyArguments, AnyRow};
use sqlx::error::BoxDynError;
use sqlx::{Any, AnyConnection, Arguments, Connection, Executor, FromRow, Row, SqlSafeStr};

use super::snapshot::Snapshot;
use super::{Places, Rows, Storable, StoreError};

/// How long the database may take for a `BEGIN`, `COMMIT` or `ROLLBACK` before the connection is given up.
const PATIENCE: Duration = Duration::from_secs(5);

/// An open transaction.
#[derive(Debug)]
pub struct Tx {
    held: Held,
    places: Places,
    /// The first statement that failed.
    failure: Option<StoreError>,
    /// Whether the job at hand may have changed a row.
    changed: bool,
}

#[derive(Debug)]
enum Held {
    /// A writer's own connection; the writer begins and ends the transactions.
    Writing(AnyConnection),
    /// A reader's snapshot.
    Reading(Snapshot),
}

impl Tx {
    pub(super) fn writing(connection: AnyConnection, places: Places) -> Self {
        Self { held: Held::Writing(connection), places, failure: None, changed: false }
    }

    pub(super) fn reading(snapshot: Snapshot, places: Places) -> Self {
        Self { held: Held::Reading(snapshot), places, failure: None, changed: false }
    }

    /// Starts a statement; values are bound in the order of `$1`, `$2`, ….
    pub fn query(&mut self, statement: &'static str) -> Query<'_> {
        Query { tx: self, statement, arguments: AnyArguments::default(), refused: None }
    }

    /// Writes any number of rows with as few statements as their number allows; `bind` binds one row's columns.
    /// Answers how many rows the database took (fewer than given when the statement ignores conflicts).
    pub async fn with_rows<T, B>(
        &mut self,
        statement: &'static Rows,
        mut items: &[T],
        bind: B,
    ) -> Result<Affected, StoreError>
    where
        B: for<'q> Fn(Query<'q>, &T) -> Query<'q>,
    {
        let mut taken = 0;
        while let Some((text, size)) = statement.largest(self.places, items.len()) {
            let (now, later) = items.split_at(size);
            taken += now.iter().fold(self.query(text), &bind).execute().await?.0;
            items = later;
        }
        Ok(Affected(taken))
    }

    /// Reads what concerns any of `items`, with as few statements as their number allows; `bind` binds one item. The rows
    /// come in no order.
    pub async fn about<T, B, R>(
        &mut self,
        statement: &'static Rows,
        mut items: &[T],
        bind: B,
    ) -> Result<Vec<R>, StoreError>
    where
        B: for<'q> Fn(Query<'q>, &T) -> Query<'q>,
        R: for<'r> FromRow<'r, AnyRow>,
    {
        let mut found = vec![];
        while let (Some(last), Some((text, size))) = (items.last(), statement.roomy(self.places, items.len()))
        {
            let (now, later) = items.split_at(size.min(items.len()));
            // Room that is left is filled with the last item once more.
            let filled = now.iter().chain(std::iter::repeat_n(last, size - now.len()));
            found.extend(filled.fold(self.query(text), &bind).all::<R>().await?);
            items = later;
        }
        Ok(found)
    }

    /// Prepares a statement without running it: what a test of every declared statement calls.
    pub async fn prepare(&mut self, statement: &'static str) -> Result<(), StoreError> {
        let prepared = self.connection()?.prepare(statement.into_sql_str()).await.map(drop);
        self.note(prepared)
    }

    fn connection(&mut self) -> Result<&mut AnyConnection, StoreError> {
        match &mut self.held {
            Held::Writing(connection) => Ok(connection),
            Held::Reading(snapshot) => snapshot.connection(),
        }
    }

    /// Runs one of the writer's own words (`BEGIN`, `COMMIT`, `ROLLBACK`).
    pub(super) async fn control(&mut self, word: &'static str) -> Result<(), StoreError> {
        say(self.connection()?, word).await
    }

    /// Ends a writer's connection in good order; what is left undone is rolled back by the database.
    pub(super) async fn close(self) {
        if let Held::Writing(connection) = self.held
            && let Err(error) = connection.close().await
        {
            tracing::debug!(%error, "the database did not take leave");
        }
    }

    /// Ends a reader's snapshot. One that is dropped instead takes its connection with it.
    pub(super) fn end(self) {
        if let Held::Reading(snapshot) = self.held {
            snapshot.end();
        }
    }

    /// Forgets what the last job did.
    pub(super) fn next_job(&mut self) {
        self.failure = None;
        self.changed = false;
    }

    /// The first statement that failed in this job.
    pub(super) fn failure(&self) -> Option<&StoreError> {
        self.failure.as_ref()
    }

    /// Whether the job may have changed a row. A job that refused without having changed anything need not be undone.
    pub(super) fn changed(&self) -> bool {
        self.changed
    }
}

/// Says a word to the database, which has to answer in time.
pub(super) async fn say(connection: &mut AnyConnection, word: &'static str) -> Result<(), StoreError> {
    match tokio::time::timeout(PATIENCE, sqlx::raw_sql(word).execute(connection)).await {
        Ok(said) => said.map(drop).map_err(StoreError::from),
        Err(_elapsed) => Err(StoreError::unavailable(format!("no answer to {word} within {PATIENCE:?}"))),
    }
}

/// How many rows a statement changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "a statement that changed no row may be a lost update"]
pub struct Affected(pub u64);

impl Affected {
    /// Refuses with `otherwise` unless exactly `n` rows were changed.
    pub fn ensure(self, n: u64, otherwise: StoreError) -> Result<(), StoreError> {
        if self.0 == n { Ok(()) } else { Err(otherwise) }
    }

    /// One row was changed, or it is not as it was read: [`StoreError::Stale`].
    pub fn or_stale(self) -> Result<(), StoreError> {
        self.ensure(1, StoreError::Stale)
    }

    /// One row was changed, or there is none: [`StoreError::Missing`].
    pub fn or_missing(self) -> Result<(), StoreError> {
        self.ensure(1, StoreError::Missing)
    }

    /// Any number of rows is right; this many it was.
    pub fn any(self) -> u64 {
        self.0
    }
}

/// A statement being given its values. Prepared once per connection and kept.
#[must_use = "a query does nothing until it is executed or fetched"]
pub struct Query<'t> {
    tx: &'t mut Tx,
    statement: &'static str,
    arguments: AnyArguments,
    /// The first value that could not be written down.
    refused: Option<BoxDynError>,
}

impl Query<'_> {
    /// Binds the next parameter.
    pub fn bind(mut self, value: impl Storable) -> Self {
        if let Err(why) = value.column().and_then(|column| self.arguments.add(column)) {
            self.refused.get_or_insert(why);
        }
        self
    }

    /// Runs it and answers how many rows it changed.
    pub async fn execute(self) -> Result<Affected, StoreError> {
        let (tx, query) = self.ready()?;
        let done = query.execute(tx.connection()?).await;
        let rows = tx.note(done)?.rows_affected();
        tx.changed |= rows > 0;
        Ok(Affected(rows))
    }

    /// All rows.
    pub async fn all<R>(self) -> Result<Vec<R>, StoreError>
    where
        R: for<'r> FromRow<'r, AnyRow>,
    {
        let statement = self.statement;
        let (tx, query) = self.ready()?;
        let rows = query.fetch_all(tx.connection()?).await;
        let rows = tx.note(rows)?;
        tx.changed |= !rows.is_empty() && writes(statement);
        rows.iter().map(|row| read(statement, row)).collect()
    }

    /// The first row, if there is one.
    pub async fn optional<R>(self) -> Result<Option<R>, StoreError>
    where
        R: for<'r> FromRow<'r, AnyRow>,
    {
        let statement = self.statement;
        let (tx, query) = self.ready()?;
        let row = query.fetch_optional(tx.connection()?).await;
        let row = tx.note(row)?;
        tx.changed |= row.is_some() && writes(statement);
        row.map(|row| read(statement, &row)).transpose()
    }

    /// The first row, or [`StoreError::Missing`].
    pub async fn one<R>(self) -> Result<R, StoreError>
    where
        R: for<'r> FromRow<'r, AnyRow>,
    {
        self.optional().await?.ok_or(StoreError::Missing)
    }
}

type Ready<'t> = (&'t mut Tx, sqlx::query::Query<'static, Any, AnyArguments>);

impl<'t> Query<'t> {
    fn ready(self) -> Result<Ready<'t>, StoreError> {
        if let Some(failure) = &self.tx.failure {
            return Err(failure.clone());
        }
        match self.refused {
            Some(why) => Err(StoreError::Refused { why: why.to_string() }),
            None => Ok((self.tx, sqlx::query_with(self.statement, self.arguments))),
        }
    }
}

impl Tx {
    /// Remembers the first failure: it ends the transaction.
    fn note<T>(&mut self, outcome: Result<T, sqlx::Error>) -> Result<T, StoreError> {
        outcome.map_err(|error| {
            let error = StoreError::from(error);
            self.failure.get_or_insert_with(|| error.clone());
            error
        })
    }
}

/// Whether a statement that returns rows may have changed them.
fn writes(statement: &str) -> bool {
    !statement.trim_start().get(..6).is_some_and(|word| word.eq_ignore_ascii_case("select"))
}

fn read<R>(statement: &str, row: &AnyRow) -> Result<R, StoreError>
where
    R: for<'r> FromRow<'r, AnyRow>,
{
    R::from_row(row).map_err(|error| {
        let id = row
            .try_get::<String, _>("id")
            .or_else(|_not_text| row.try_get::<i64, _>("id").map(|id| id.to_string()))
            .unwrap_or_else(|_not_read| "?".to_owned());
        StoreError::Corrupt { table: table(statement).to_owned(), id, why: error.to_string() }
    })
}

/// The table a statement speaks of first.
fn table(statement: &str) -> &str {
    let mut words = statement.split_whitespace();
    words.find(|word| ["from", "into", "update"].iter().any(|before| word.eq_ignore_ascii_case(before)));
    words.next().unwrap_or("?")
}
