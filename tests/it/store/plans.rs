//! What is asked often is found by an index, however much there is.

use dontpanic::store::{Db, StoreError, every_statement};

use crate::harness::database::TestDatabase;

/// What may look through a whole table, and why.
const LOOKS_THROUGH: [(&str, &str); 9] = [
    ("SELECT severity, state, COUNT(*)", "a scrape counts incidents"),
    ("SELECT kind, CASE WHEN buried_at", "a scrape counts effects"),
    ("SELECT source, why FROM dead_letter", "somebody looks at what is kept for looking at"),
    ("SELECT source, looked_at FROM alert_source", "a row for each source that is polled"),
    ("DELETE FROM inbox", "every ten minutes"),
    ("DELETE FROM dead_letter", "every ten minutes"),
    ("DELETE FROM home", "every ten minutes"),
    ("DELETE FROM test_page", "every ten minutes"),
    ("DELETE FROM s", "every ten minutes: what was said, and Slack's users"),
];

/// How SQLite goes about a statement, step by step.
async fn plan(db: &Db, statement: &str) -> Vec<String> {
    let explained: &'static str = Box::leak(format!("EXPLAIN QUERY PLAN {statement}").into_boxed_str());
    let plan: Result<Vec<(i64, i64, i64, String)>, StoreError> =
        db.read("plan", move |tx| Box::pin(async move { tx.query(explained).all().await })).await;
    let plan = plan.unwrap_or_else(|error| panic!("{statement}: {error}"));
    plan.into_iter().map(|(_, _, _, step)| step).collect()
}

/// Whether a step looks through a table row by row. Some indices hold only what is still open, and `v` are the values that a
/// statement brings with it.
fn looks_through(step: &str) -> bool {
    let table = step.strip_prefix("SCAN ");
    table.is_some_and(|table| {
        !table.contains(" USING ")
            && table != "v"
            && !table.contains("CONSTANT ROW")
            && !table.contains("-ROW VALUES")
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_table_that_grows_is_looked_through() {
    let place = TestDatabase::sqlite();
    let db = Db::open(place.target()).await.unwrap();
    let (mut faults, mut used) = (vec![], vec![]);
    for statement in every_statement(db.places()) {
        if !plan(&db, statement).await.iter().any(|step| looks_through(step)) {
            continue;
        }
        match LOOKS_THROUGH.iter().find(|(beginning, _)| statement.starts_with(beginning)) {
            Some((beginning, _why)) => used.push(*beginning),
            None => faults.push(format!("{statement}\n{:?}", plan(&db, statement).await)),
        }
    }
    assert!(faults.is_empty(), "no index helps:\n{}", faults.join("\n"));
    for (beginning, why) in LOOKS_THROUGH {
        assert!(used.contains(&beginning), "`{beginning}` ({why}) has an index now");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_every_scrape_and_every_channel_asks_is_found_by_its_own_index() {
    let place = TestDatabase::sqlite();
    let db = Db::open(place.target()).await.unwrap();
    for (words, index) in [
        ("ORDER BY due LIMIT 1", "page_undelivered"),
        ("channel_name IN", "incident_channel_name"),
        ("DELETE FROM effect WHERE buried_at", "effect_buried"),
    ] {
        let mut found = 0;
        for statement in every_statement(db.places()).filter(|statement| statement.contains(words)) {
            let plan = plan(&db, statement).await;
            assert!(plan.iter().any(|step| step.contains(index)), "{statement}: {plan:?}");
            found += 1;
        }
        assert!(found > 0, "nothing asks `{words}` any more");
    }
}
