//! The database server goes away and comes back.

use std::time::Duration;

use dontpanic::store::Target;
use futures::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::Value;
use sqlx::{Connection, PgConnection, SqliteConnection};
use url::Url;

use crate::harness::database::TestDatabase;
use crate::harness::free_port::free_port;
use crate::harness::process::bot::Bot;
use crate::harness::process::surroundings::{Rules, Surroundings, firing};
use crate::harness::process::{PATIENCE, eventually, pause};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn alerts_are_refused_while_the_server_is_gone_and_taken_when_it_is_back() {
    let mut around = Surroundings::new(TestDatabase::postgres_of_its_own(), Rules::default()).await;
    let bot = around.bot().await;
    assert_eq!(bot.receives(&firing("LedgerDown", "before")).await.unwrap(), StatusCode::OK);
    is_paged(&bot, "INC-1").await;

    around.database.is_lost();
    assert_eq!(bot.status("/health/ready").await, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(bot.status("/health/live").await, StatusCode::OK);
    for _ in 0..3 {
        // An answer that does not come in time is an error here, as it is for Alertmanager.
        let answer = bot.receives(&firing("LedgerDown", "during")).await.unwrap();
        assert_eq!(answer, StatusCode::SERVICE_UNAVAILABLE, "Alertmanager repeats nothing but 5xx");
    }

    around.database.is_back();
    is_ready_again(&bot).await;
    eventually("alerts are taken again", PATIENCE, async || {
        let answer = bot.receives(&firing("LedgerDown", "during")).await;
        answer.is_ok_and(|status| status == StatusCode::OK).then_some(())
    })
    .await;
    assert_eq!(bot.incidents().await.len(), 2);
    is_paged(&bot, "INC-2").await;
    assert_eq!(around.pagers.rings("alice").len(), 2, "each page leaves once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_api_says_that_the_server_is_gone_and_answers_when_it_is_back() {
    const LOOKS: [&str; 6] = [
        "incidents",
        "incidents/INC-1",
        "incidents/INC-1/timeline",
        "incidents/INC-1/pages",
        "incidents/INC-1/judgement",
        "stats",
    ];
    let mut around = Surroundings::new(TestDatabase::postgres_of_its_own(), Rules::default()).await;
    let bot = around.bot().await;
    assert_eq!(bot.receives(&firing("LedgerDown", "before")).await.unwrap(), StatusCode::OK);
    let look = async |path| (path, bot.asks(Method::GET, path).await);
    for (path, (status, answer)) in join_all(LOOKS.map(look)).await {
        assert_eq!(status, StatusCode::OK, "{path}: {answer}");
    }

    let refused = |what: &str, (status, answer): &(StatusCode, Value)| {
        assert_eq!(*status, StatusCode::SERVICE_UNAVAILABLE, "{what}: {answer}");
        assert_eq!(answer["error"], "the database does not answer; ask again", "{what}");
    };
    // What is asked while the server goes is cut short in the middle; afterwards nobody is there to be asked.
    let (asked, around) = tokio::join!(
        join_all((0..400).map(async |n: usize| {
            pause(Duration::from_millis(u64::try_from(n).unwrap())).await;
            bot.asks(Method::GET, LOOKS[n % LOOKS.len()]).await
        })),
        async {
            pause(Duration::from_millis(200)).await;
            let stopping = tokio::task::spawn_blocking(move || {
                around.database.is_lost();
                around
            });
            stopping.await.unwrap()
        }
    );
    let answered = asked.iter().filter(|(status, _)| *status == StatusCode::OK).count();
    assert!(0 < answered && answered < asked.len(), "{answered} of {}", asked.len());
    asked
        .iter()
        .filter(|(status, _)| *status != StatusCode::OK)
        .for_each(|asked| refused("in the middle", asked));
    for (path, answer) in join_all(LOOKS.map(look)).await {
        refused(path, &answer);
    }
    refused("an act", &bot.asks(Method::POST, "incidents/INC-1/ack").await);

    let mut around = around;
    around.database.is_back();
    eventually("the api answers again", PATIENCE, async || {
        (bot.asks(Method::GET, "incidents/INC-1").await.0 == StatusCode::OK).then_some(())
    })
    .await;
    assert_eq!(bot.asks(Method::POST, "incidents/INC-1/ack").await.1["state"], "acknowledged");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_takes_no_change_is_not_ready() {
    let around = Surroundings::new(TestDatabase::sqlite(), Rules::default()).await;
    let bot = around.bot().await;
    let Target::Sqlite(file) = around.database.target() else { panic!("no file") };
    let mut other = SqliteConnection::connect(&format!("sqlite://{}", file.display())).await.unwrap();
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    assert_eq!(bot.status("/health/ready").await, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(bot.status("/health/live").await, StatusCode::OK);
    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.unwrap();
    is_ready_again(&bot).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_takes_nobody_in_is_as_good_as_gone() {
    let around = Surroundings::new(TestDatabase::postgres_of_its_own(), Rules::default()).await;
    let bot = around.bot().await;
    let Target::Postgres(address) = around.database.target() else { panic!("no server") };
    let mut beside = Url::parse(address).unwrap();
    beside.set_path("template1");
    let mut admin = PgConnection::connect(beside.as_str()).await.unwrap();
    for word in [
        "ALTER DATABASE postgres ALLOW_CONNECTIONS false",
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'postgres'",
    ] {
        sqlx::raw_sql(word).execute(&mut admin).await.unwrap();
    }
    for (status, answer) in
        [bot.asks(Method::GET, "incidents").await, bot.asks(Method::POST, "incidents/INC-1/ack").await]
    {
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{answer}");
        assert_eq!(answer["error"], "the database does not answer; ask again");
    }
    assert_eq!(bot.status("/health/ready").await, StatusCode::SERVICE_UNAVAILABLE);
    sqlx::raw_sql("ALTER DATABASE postgres ALLOW_CONNECTIONS true").execute(&mut admin).await.unwrap();
    is_ready_again(&bot).await;
    assert_eq!(bot.asks(Method::GET, "incidents").await.0, StatusCode::OK);
}

async fn is_ready_again(bot: &Bot) {
    eventually("it is ready again", PATIENCE, async || {
        (bot.status("/health/ready").await == StatusCode::OK).then_some(())
    })
    .await;
}

async fn is_paged(bot: &Bot, id: &str) {
    eventually(&format!("the page of {id} is accepted"), PATIENCE, async || {
        let pages = bot.api(&format!("incidents/{id}/pages")).await;
        pages["pages"][0]["accepted"].is_string().then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_not_up_yet_is_waited_for() {
    let mut around = Surroundings::new(TestDatabase::postgres_of_its_own(), Rules::default()).await;
    around.database.is_lost();
    let port = free_port();
    let mut bot = Bot::begin(&around.config(port), port);
    pause(Duration::from_millis(1500)).await;
    assert!(bot.process.is_running(), "it gave up");
    assert_eq!(bot.status("/health/live").await, StatusCode::OK, "restarting it would not help");
    assert_eq!(bot.status("/health/ready").await, StatusCode::SERVICE_UNAVAILABLE);
    let answer = bot.receives(&firing("LedgerDown", "early")).await.unwrap();
    assert_eq!(answer, StatusCode::SERVICE_UNAVAILABLE, "it is sent again");
    around.database.is_back();
    bot.is_ready().await;
    assert_eq!(bot.receives(&firing("LedgerDown", "early")).await.unwrap(), StatusCode::OK);
    is_paged(&bot, "INC-1").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_waits_for_a_server_stops_when_told() {
    for signal in ["TERM", "INT"] {
        let mut around = Surroundings::new(TestDatabase::postgres_of_its_own(), Rules::default()).await;
        around.database.is_lost();
        let port = free_port();
        let mut bot = Bot::begin(&around.config(port), port);
        eventually("it waits", PATIENCE, async || {
            bot.process.said().contains("the database cannot be used yet").then_some(())
        })
        .await;
        bot.process.signal(signal);
        // Had it waited on, it would have given up in the end, with another code.
        let status = bot.process.ends_within(PATIENCE).await;
        assert_eq!(status.code(), Some(0), "SIG{signal}: {status}");
    }
}
