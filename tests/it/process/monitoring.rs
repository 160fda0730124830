//! The alert rules and the dashboard that come with the service: Prometheus takes them, and they ask for what there is.

use std::path::Path;
use std::process::Command;

use regex::Regex;
use serde_json::Value;

use crate::harness::database::TestDatabase;
use crate::harness::process::alertmanager::installed;
use crate::harness::process::surroundings::{Rules, Surroundings};

fn text(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/monitoring").join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn the_alert_rules_do_what_they_say() {
    for words in [["check", "rules", "alerts.yaml"], ["test", "rules", "alerts.test.yaml"]] {
        let mut promtool = Command::new(installed(&["promtool"]));
        promtool.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/monitoring")).args(words);
        let said = promtool.output().expect("promtool cannot be started");
        assert!(said.status.success(), "{words:?}: {said:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rules_and_dashboard_ask_for_what_there_is() {
    let around = Surroundings::new(TestDatabase::sqlite(), Rules::default()).await;
    let bot = around.bot().await;
    let metrics = bot.text("/metrics").await;
    let (rules, dashboard) = (text("alerts.yaml"), text("dashboard.json"));
    let name = Regex::new(r"\bdontpanic_[a-z_]+").expect("a pattern");
    let asked: Vec<&str> =
        name.find_iter(&rules).chain(name.find_iter(&dashboard)).map(|found| found.as_str()).collect();
    assert!(asked.len() > 20, "{asked:?}");
    for name in asked {
        let family =
            ["_total", "_bucket", "_info"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
        assert!(metrics.contains(&format!("# TYPE {family} ")), "there is no {name}:\n{metrics}");
    }
    let board: Value = serde_json::from_str(&dashboard).expect("the dashboard is JSON");
    let panels = board["panels"].as_array().expect("panels");
    assert!(panels.iter().all(|panel| panel["targets"][0]["expr"].is_string() && panel["title"].is_string()));
}
