//! `explain` as part of a pipe.

use std::fs::File;
use std::process::Stdio;

use tokio::process::Command;

use crate::harness::database::TestDatabase;
use crate::harness::free_port::free_port;
use crate::harness::process::surroundings::{Rules, Surroundings};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alert_is_explained_from_standard_input() {
    let around = Surroundings::new(TestDatabase::sqlite(), Rules::default()).await;
    let config = around.config(free_port());
    let recording = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/alertmanager/unicode/01-firing.json");
    let mut command = Command::new(env!("CARGO_BIN_EXE_dontpanic"));
    command.args(["explain", "-", "-c"]).arg(&config);
    command.stdin(Stdio::from(File::open(recording).expect("a recording")));
    let said = command.output().await.expect("it runs");
    let out = String::from_utf8_lossy(&said.stdout);
    assert!(
        said.status.success() && out.starts_with("P2  severity label: severity=\"critical\""),
        "{said:?}"
    );

    command.stdin(Stdio::null());
    let said = command.output().await.expect("it runs");
    let err = String::from_utf8_lossy(&said.stderr);
    assert!(said.status.code() == Some(2) && err.contains("standard input: this is not JSON"), "{said:?}");
}
