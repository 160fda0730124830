//! The rehearsal as a script drives it.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::harness::free_port::free_port;
use crate::harness::process::bot::{Invocation, Process};
use crate::harness::process::{PATIENCE, eventually};

/// A rehearsal and where it is.
struct Rehearsal {
    _process: Process,
    addresses: Value,
    client: reqwest::Client,
}

impl Rehearsal {
    async fn begins() -> Self {
        dontpanic::adapters::install_tls();
        let process = Process::start(&Invocation::Demo(free_port()));
        let line = eventually("the rehearsal says where it is", PATIENCE, async || {
            process.said().lines().find(|line| line.starts_with('{')).map(str::to_owned)
        })
        .await;
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { _process: process, addresses: serde_json::from_str(&line).unwrap(), client }
    }

    fn text(&self, key: &str) -> &str {
        self.addresses[key].as_str().unwrap()
    }

    async fn receives(&self, alertname: &str) {
        let alert = json!({"status": "firing", "startsAt": "2026-01-05T00:00:00Z", "fingerprint": alertname,
            "labels": {"alertname": alertname, "severity": "none"}, "annotations": {}});
        let body = json!({"version": "4", "groupKey": alertname, "receiver": "r", "status": "firing", "alerts": [alert]});
        let request = self.client.post(self.text("webhook_url")).bearer_auth(self.text("webhook_token"));
        request.json(&body).send().await.unwrap().error_for_status().unwrap();
    }

    async fn advances(&self, span: &str) {
        let request = self.client.post(format!("{}/demo/clock", self.text("web")));
        request.json(&json!({ "advance": span })).send().await.unwrap().error_for_status().unwrap();
    }

    async fn api(&self, path: &str) -> Value {
        let request = self.client.get(format!("{}/api/v1/{path}", self.text("web")));
        let request = request.bearer_auth(self.text("webhook_token"));
        request.send().await.unwrap().error_for_status().unwrap().json().await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_clock_stops_for_the_page_about_a_heartbeat_that_is_missed() {
    let rehearsal = Rehearsal::begins().await;
    rehearsal.receives("Watchdog").await;
    rehearsal.advances("2m").await;
    rehearsal.receives("Watchdog").await;
    rehearsal.advances("25m").await;
    let pages = rehearsal.api("incidents/INC-1/pages").await;
    let pages = pages["pages"].as_array().unwrap();
    assert!(pages.len() > 2, "{pages:?}");
    for page in pages.iter().filter(|page| !page["sent"].is_null()) {
        let [due, sent] = ["due", "sent"].map(|when| {
            page[when]
                .as_str()
                .and_then(|at| at.parse::<DateTime<Utc>>().ok())
                .unwrap_or_else(|| panic!("{page}"))
        });
        assert!((sent - due).num_seconds() < 5, "{page}");
    }
}
