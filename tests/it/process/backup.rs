//! `backup`: a copy that is taken while the service writes, and from which another one starts.

use std::os::unix::fs::PermissionsExt as _;

use dontpanic::store::Target;
use reqwest::StatusCode;

use crate::harness::database::TestDatabase;
use crate::harness::free_port::free_port;
use crate::harness::process::bot::{Bot, Ended, Invocation, run};
use crate::harness::process::surroundings::{Rules, Surroundings, firing};

async fn backup(config: &str, file: &str) -> Ended {
    run(Invocation::Other(&["backup", file, "-c", config])).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_of_a_running_service_starts() {
    let around = Surroundings::new(TestDatabase::sqlite(), Rules::default()).await;
    let port = free_port();
    let bot = around.bot_on(port).await;
    for n in 0..20 {
        assert_eq!(bot.receives(&firing("LedgerDown", &n.to_string())).await.unwrap(), StatusCode::OK);
    }
    let (config, copy) = (around.config_file(port), around.folder().join("copy.db"));
    let (config, copy) = (config.to_str().unwrap(), copy.to_str().unwrap());
    let writing = async {
        for n in 20..120 {
            assert_eq!(bot.receives(&firing("LedgerDown", &n.to_string())).await.unwrap(), StatusCode::OK);
        }
    };
    let (ended, ()) = tokio::join!(backup(config, copy), writing);
    assert_eq!(ended.code, Some(0), "{}", ended.said);
    assert_eq!(std::fs::metadata(copy).unwrap().permissions().mode() & 0o777, 0o600);

    let before = std::fs::read(copy).unwrap();
    let again = backup(config, copy).await;
    assert_eq!(again.code, Some(1), "{}", again.said);
    assert!(again.said.contains("nothing is overwritten"), "{}", again.said);
    assert_eq!(std::fs::read(copy).unwrap(), before, "it is as it was");
    bot.kill().await;

    let port = free_port();
    let restored = around.config(port);
    let Target::Sqlite(database) = around.database.target() else { panic!("it is on sqlite") };
    let text = std::fs::read_to_string(&restored).unwrap();
    std::fs::write(&restored, text.replace(&database.display().to_string(), copy)).unwrap();
    let bot = Bot::serve(&restored, port).await;
    let n = bot.incidents().await.len();
    assert!((20..=120).contains(&n), "what was committed before is in it: {n}");
    assert_eq!(bot.receives(&firing("LedgerDown", "another")).await.unwrap(), StatusCode::OK);
    assert_eq!(bot.incidents().await.len(), n + 1, "and it goes on");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_copied_leaves_nothing_behind() {
    let around = Surroundings::new(TestDatabase::sqlite(), Rules::default()).await;
    let port = free_port();
    let config = around.config(port);
    let copy = around.folder().join("copy.db");
    let ended = backup(config.to_str().unwrap(), copy.to_str().unwrap()).await;
    assert_eq!(ended.code, Some(1), "{}", ended.said);
    assert!(ended.said.contains("there is no database at"), "{}", ended.said);
    let Target::Sqlite(database) = around.database.target() else { panic!("it is on sqlite") };
    std::fs::create_dir_all(database.parent().unwrap()).unwrap();
    std::fs::write(database, "this is no database, but it is long enough to look like one ".repeat(100))
        .unwrap();
    let ended = backup(config.to_str().unwrap(), copy.to_str().unwrap()).await;
    assert_eq!(ended.code, Some(1), "{}", ended.said);
    assert!(!copy.exists(), "no half copy is left");
    let nowhere = around.folder().join("nowhere/copy.db");
    let ended = backup(config.to_str().unwrap(), nowhere.to_str().unwrap()).await;
    assert_eq!(ended.code, Some(1), "{}", ended.said);
    assert!(ended.said.contains("nowhere/copy.db cannot be written"), "{}", ended.said);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgresql_it_names_the_command_and_no_password() {
    let around = Surroundings::new(TestDatabase::sqlite(), Rules::default()).await;
    let config = around.config(free_port());
    let text = std::fs::read_to_string(&config).unwrap();
    let Target::Sqlite(database) = around.database.target() else { panic!("it is on sqlite") };
    let address = format!("sqlite://{}", database.display());
    std::fs::write(&config, text.replace(&address, "postgres://bot:a-password@db.example.com/dontpanic"))
        .unwrap();
    let ended = backup(config.to_str().unwrap(), "it's a copy").await;
    assert_eq!(ended.code, Some(2), "{}", ended.said);
    let command =
        r"pg_dump --format=custom --file='it'\''s a copy' --dbname='postgres://bot@db.example.com/dontpanic'";
    assert!(ended.said.contains(command), "{}", ended.said);
    assert!(!ended.said.contains("a-password"), "{}", ended.said);
}
