//! Handoffs that were attended to, and test pages: what was tried, and whether it was confirmed.

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use super::{Json, Micros, StoreError, Text, Tx, statements};
use crate::domain::effect::ReplyTo;
use crate::domain::people::ContactMethod;
use crate::ids::{PersonId, ScheduleId};

statements! {
    /// The latest handoff that was attended to.
    ATTENDED = "SELECT at FROM handoff WHERE schedule = $1";
    /// A schedule is seen for the first time: what was before is nobody's business.
    FIRST_SEEN = "INSERT INTO handoff (schedule, at) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    /// A handoff is attended to, by whoever is first.
    ATTEND = "UPDATE handoff SET at = $2 WHERE schedule = $1 AND at < $2";
    /// A new test page.
    TEST = "INSERT INTO test_page (id, person, schedule, asked_at, due_at, reply) VALUES ($1, $2, $3, $4, $5, $6)";
    /// A method of it.
    TRY = "INSERT INTO test_page_try (test_page, method, n, tried_at, error) VALUES ($1, $2, $3, $4, $5)";
    /// What became of a method, told once; nobody else writes the same test page meanwhile.
    HOLD = "UPDATE test_page SET asked_at = asked_at WHERE id = $1";
    /// What became of a method.
    TRIED = "UPDATE test_page_try SET tried_at = $3, error = $4 WHERE test_page = $1 AND method = $2 AND tried_at IS NULL";
    /// A test page.
    ONE = "SELECT id, person, schedule, reply FROM test_page WHERE id = $1";
    /// Its methods, in order.
    TRIES = "SELECT method, tried_at, error FROM test_page_try WHERE test_page = $1 ORDER BY n";
    /// It is confirmed.
    CONFIRM = "UPDATE test_page SET confirmed_at = $2 WHERE id = $1 AND confirmed_at IS NULL";
    /// Those that should have been confirmed by now.
    OVERDUE = "SELECT id, person, schedule, reply FROM test_page \
               WHERE due_at <= $1 AND confirmed_at IS NULL AND told_at IS NULL ORDER BY id LIMIT 20";
    /// Somebody is told that it was not confirmed, by whoever is first.
    TELL = "UPDATE test_page SET told_at = $2 WHERE id = $1 AND confirmed_at IS NULL AND told_at IS NULL";
    /// When the next one is due.
    NEXT_DUE = "SELECT due_at AS at FROM test_page WHERE due_at IS NOT NULL AND confirmed_at IS NULL AND told_at IS NULL \
                ORDER BY due_at LIMIT 1";
    /// Forgets old tries.
    FORGET_TRIES = "DELETE FROM test_page_try WHERE test_page IN (SELECT id FROM test_page WHERE asked_at <= $1)";
    /// Forgets old test pages.
    FORGET = "DELETE FROM test_page WHERE asked_at <= $1";
}

#[derive(FromRow)]
struct At {
    at: Micros,
}

/// The latest handoff of a schedule that was attended to (story time); `None` when the schedule is new.
pub async fn attended(tx: &mut Tx, schedule: &ScheduleId) -> Result<Option<DateTime<Utc>>, StoreError> {
    Ok(tx.query(ATTENDED).bind(schedule.as_str()).optional::<At>().await?.map(|row| row.at.0))
}

/// A schedule is new, and its latest handoff was at that time.
pub async fn first_seen(tx: &mut Tx, schedule: &ScheduleId, at: DateTime<Utc>) -> Result<(), StoreError> {
    tx.query(FIRST_SEEN).bind(schedule.as_str()).bind(at).execute().await?.any();
    Ok(())
}

/// Whether this is the first to attend to the handoff at that time.
pub async fn attend(tx: &mut Tx, schedule: &ScheduleId, at: DateTime<Utc>) -> Result<bool, StoreError> {
    Ok(tx.query(ATTEND).bind(schedule.as_str()).bind(at).execute().await?.any() == 1)
}

/// A test page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestPage {
    /// Its number.
    pub id: i64,
    /// Whom it is to reach.
    pub person: PersonId,
    /// By which schedule they have come on call; `None` when they asked for it.
    pub schedule: Option<ScheduleId>,
    /// Who is told what became of it; `None` for one of a handoff.
    pub reply: Option<ReplyTo>,
}

#[derive(FromRow)]
struct Row {
    id: i64,
    person: String,
    schedule: Option<String>,
    reply: Option<Json<ReplyTo>>,
}

impl From<Row> for TestPage {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            person: row.person.into(),
            schedule: row.schedule.map(Into::into),
            reply: row.reply.map(|reply| reply.0),
        }
    }
}

/// Keeps a test page that was asked for at `at`, to be confirmed by `due_at` (story time). Methods with an error are not tried.
pub async fn test(
    tx: &mut Tx,
    page: &TestPage,
    methods: &[(ContactMethod, Option<String>)],
    at: DateTime<Utc>,
    due_at: Option<DateTime<Utc>>,
) -> Result<(), StoreError> {
    tx.query(TEST)
        .bind(page.id)
        .bind(page.person.as_str())
        .bind(page.schedule.as_ref().map(ScheduleId::as_str))
        .bind(at)
        .bind(due_at)
        .bind(page.reply.as_ref().map(Json))
        .execute()
        .await?
        .or_missing()?;
    for (n, (method, error)) in (0_i64..).zip(methods) {
        let tried_at = error.as_ref().map(|_| at);
        let query = tx.query(TRY).bind(page.id).bind(method.as_str()).bind(n).bind(tried_at);
        query.bind(error.as_deref()).execute().await?.or_missing()?;
    }
    Ok(())
}

#[derive(FromRow)]
struct TryRow {
    method: Text<ContactMethod>,
    tried_at: Option<Micros>,
    error: Option<String>,
}

/// A method and what became of it: not tried yet, accepted, or why not.
pub type Try = (ContactMethod, Option<Result<(), String>>);

/// Writes down what became of one method at `at`. Whether that was news.
pub async fn tried(
    tx: &mut Tx,
    id: i64,
    method: ContactMethod,
    error: Option<&str>,
    at: DateTime<Utc>,
) -> Result<bool, StoreError> {
    tx.query(HOLD).bind(id).execute().await?.any();
    Ok(tx.query(TRIED).bind(id).bind(method.as_str()).bind(at).bind(error).execute().await?.any() == 1)
}

/// A test page; `None` when it is forgotten.
pub async fn find(tx: &mut Tx, id: i64) -> Result<Option<TestPage>, StoreError> {
    Ok(tx.query(ONE).bind(id).optional::<Row>().await?.map(TestPage::from))
}

/// What became of its methods, in order.
pub async fn tries(tx: &mut Tx, id: i64) -> Result<Vec<Try>, StoreError> {
    let rows: Vec<TryRow> = tx.query(TRIES).bind(id).all().await?;
    let outcome = |row: TryRow| (row.method.0, row.tried_at.map(|_| row.error.map_or(Ok(()), Err)));
    Ok(rows.into_iter().map(outcome).collect())
}

/// It is confirmed at `at`.
pub async fn confirm(tx: &mut Tx, id: i64, at: DateTime<Utc>) -> Result<(), StoreError> {
    tx.query(CONFIRM).bind(id).bind(at).execute().await?.any();
    Ok(())
}

/// Test pages that should have been confirmed by `now` (story time), and about which nobody was told.
pub async fn overdue(tx: &mut Tx, now: DateTime<Utc>) -> Result<Vec<TestPage>, StoreError> {
    let rows: Vec<Row> = tx.query(OVERDUE).bind(now).all().await?;
    Ok(rows.into_iter().map(TestPage::from).collect())
}

/// Whether this is the first to tell that it was not confirmed.
pub async fn tell(tx: &mut Tx, id: i64, at: DateTime<Utc>) -> Result<bool, StoreError> {
    Ok(tx.query(TELL).bind(id).bind(at).execute().await?.any() == 1)
}

/// When the next test page should be confirmed, story time.
pub async fn next_due(tx: &mut Tx) -> Result<Option<DateTime<Utc>>, StoreError> {
    Ok(tx.query(NEXT_DUE).optional::<At>().await?.map(|row| row.at.0))
}

/// Forgets test pages that were asked for before `before`.
pub async fn forget(tx: &mut Tx, before: DateTime<Utc>) -> Result<u64, StoreError> {
    tx.query(FORGET_TRIES).bind(before).execute().await?.any();
    Ok(tx.query(FORGET).bind(before).execute().await?.any())
}
