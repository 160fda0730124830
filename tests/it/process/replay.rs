//! `explain --replay`: the incidents of the last weeks under other rules, from the running service or from its database.

use std::path::Path;

use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::harness::database::TestDatabase;
use crate::harness::free_port::free_port;
use crate::harness::process::PATIENCE;
use crate::harness::process::bot::{API_TOKEN, Process, WEBHOOK_TOKEN};
use crate::harness::process::surroundings::{Rules, Surroundings};

/// Standard output, and the exit status.
async fn replay(config: &Path, words: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dontpanic"));
    command.arg("explain").args(words).arg("-c").arg(config).env("DONTPANIC_TOKEN", API_TOKEN);
    let mut process = Process::spawn(command);
    let status = process.ends_within(PATIENCE).await;
    (status.code(), process.everything_said().await)
}

fn delivery(alertname: &str, labels: &Value) -> Value {
    let mut labels = labels.clone();
    labels["alertname"] = json!(alertname);
    json!({
        "version": "4", "receiver": "dontpanic", "groupKey": format!("{{}}:{{alertname={alertname:?}}}"),
        "alerts": [{
            "status": "firing", "labels": labels, "annotations": {"team": "shop"}, "startsAt": "2026-11-20T03:00:00Z",
            "endsAt": "0001-01-01T00:00:00Z", "fingerprint": alertname,
        }],
    })
}

async fn rules_of_now_are_asked_about_incidents_of_then(database: TestDatabase) {
    let around = Surroundings::new(database, Rules::default()).await;
    let port = free_port();
    let bot = around.bot_on(port).await;
    for body in [
        delivery("LedgerSlow", &json!({"severity": "critical", "app": "ledger"})),
        delivery("DiskFull", &json!({"severity": "critical"})),
        delivery("Noise", &json!({"severity": "critical"})),
        delivery("Cosmetic", &json!({"severity": "critical"})),
    ] {
        assert_eq!(bot.receives(&body).await.unwrap(), StatusCode::OK);
    }
    let config = around.config_file(port);

    let (code, said) = replay(&config, &["--replay", "30d"]).await;
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("all 4 incidents since ") && said.contains(" would be judged the same"), "{said}");

    let other = around.folder().join("other.yaml");
    let text = std::fs::read_to_string(&config).unwrap();
    let rules = "
severity_rules:
  - {name: ledger first, match: ['alertname=~\"Ledger.+\"', 'annotation.team=\"shop\"'], severity: P1}
  - {name: cosmetics, match: ['alertname=\"Cosmetic\"'], severity: P4}
services: {ledger: {tier: 1, schedule: platform}}
";
    let token = format!("webhook_token: {WEBHOOK_TOKEN}");
    let text = text.replace(&token, &format!("{token}, heartbeat: {{matcher: 'alertname=\"Noise\"'}}"));
    assert!(!text.contains("severity_rules") && !text.contains("\nservices"), "{text}");
    std::fs::write(&other, format!("{text}{rules}")).unwrap();

    let told = async |when: &str| {
        let (code, said) = replay(&other, &["--replay", "30d", "--json"]).await;
        assert_eq!(code, Some(0), "{when}: {said}");
        let answer: Value = serde_json::from_str(&said).unwrap_or_else(|_| panic!("{when}: {said}"));
        assert_eq!((&answer["judged"], &answer["without_rules"]), (&json!(4), &json!(0)), "{when}");
        let brief = |changed: &Value| {
            let (then, now) = (&changed["then"], &changed["now"]);
            json!([
                changed["incident"],
                then["severity"],
                now["severity"],
                now["rule"],
                then["services"],
                now["services"]
            ])
        };
        answer["changed"].as_array().unwrap().iter().map(brief).collect::<Vec<_>>()
    };
    let expected = [
        json!(["INC-4", "P2", "P4", "cosmetics", [], []]),
        json!(["INC-3", "P2", null, "none", [], []]),
        json!(["INC-1", "P2", "P1", "ledger first", [], ["ledger"]]),
    ];
    assert_eq!(told("from the running service").await, expected);
    let (code, said) = replay(&other, &["--replay", "30d"]).await;
    assert_eq!(code, Some(0), "{said}");
    for words in [
        "P2 → P1",
        "severity label → ledger first",
        "service none → ledger",
        "policy default → critical",
        "policy default → none",
        "annotation.team=\"shop\"",
        "P2 → opens nothing",
        "3 of 4 incidents since ",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let before = bot.settled_incidents().await;
    bot.kill().await;
    assert_eq!(told("from the database").await, expected);
    let bot = around.bot_on(port).await;
    assert_eq!(bot.settled_incidents().await, before, "nothing has changed");
}

crate::harness::on_both!(rules_of_now_are_asked_about_incidents_of_then);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_meant_is_said() {
    let around = Surroundings::new(TestDatabase::sqlite(), Rules::default()).await;
    let config = around.config(free_port());
    for (words, code, says) in [
        (&["--replay", "30"][..], 2, "has no unit"),
        (&["--replay", "0s"], 2, "as 30d"),
        (&["--replay", "30d", "alert.json"], 2, "cannot be used with"),
        (&["--replay", "30d"], 1, "there is no database at"),
        (&[], 2, "required"),
    ] {
        let (ended, said) = replay(&config, words).await;
        assert_eq!(ended, Some(code), "{words:?}: {said}");
        assert!(said.contains(says), "{words:?}: {said}");
    }
}
