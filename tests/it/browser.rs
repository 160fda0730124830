//! A newcomer's two minutes with the rehearsal: the real binary, its page in a real browser.
//!
//! Needs Chromium and a Python with playwright, which `scripts/test` brings. With `DONTPANIC_SCREENSHOTS` set to a folder, what was
//! seen is kept there; `scripts/docs` makes `docs/screenshots` and `docs/slack.md` so.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use crate::official::python;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/official/tour.py");

/// The page that shows each kind of message.
const MESSAGES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/slack.md");

fn kept_screenshots() -> Option<PathBuf> {
    std::env::var_os("DONTPANIC_SCREENSHOTS").map(PathBuf::from)
}

#[tokio::test]
async fn two_minutes_from_alert_to_postmortem() {
    let mut demo = Command::new(env!("CARGO_BIN_EXE_dontpanic"))
        .args(["demo", "--port", "0", "--json"])
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut said = BufReader::new(demo.stdout.take().unwrap()).lines();
    let line = said.next_line().await.unwrap().expect("the rehearsal says where it is");
    let addresses: Value = serde_json::from_str(&line).unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let shots = kept_screenshots().unwrap_or_else(|| scratch.path().to_owned());
    let tour = Command::new(python())
        .arg(SCRIPT)
        .arg(addresses["web"].as_str().unwrap())
        .arg(&shots)
        .args(["webhook_url", "webhook_token"].map(|what| addresses[what].as_str().unwrap()))
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    let (out, err) = (String::from_utf8_lossy(&tour.stdout), String::from_utf8_lossy(&tour.stderr));
    assert!(tour.status.success(), "the tour failed: {out}\n{err}");
    demo.kill().await.unwrap();
    let (seen, documented) = (shots.join("slack.md"), Path::new(MESSAGES));
    if kept_screenshots().is_some() {
        std::fs::rename(seen, documented).unwrap();
    } else {
        let [seen, documented] = [&seen, documented].map(|path| std::fs::read_to_string(path).unwrap());
        assert_eq!(documented, seen, "docs/slack.md is out of date: scripts/docs makes it anew");
    }
}
