//! A server that is named is asked, and no file is needed.

use serde_json::json;
use wiremock::matchers::{path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::Desk;
use crate::cli::Ending;

#[test]
fn shifts_come_from_the_server_that_was_named() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(async {
        let server = MockServer::start().await;
        let shift = |start: &str, end: &str, primary: Option<&str>| json!({"start": start, "end": end, "primary": primary, "secondary": null});
        let shifts = json!({"schedule": "nights", "timezone": "Asia/Kolkata", "shifts": [
            shift("2026-11-23T03:30:00Z", "2026-11-23T12:30:00Z", Some("alice")),
            shift("2026-11-23T12:30:00Z", "2026-11-24T03:30:00Z", None),
        ]});
        Mock::given(path("/api/v1/oncall/shifts"))
            .and(query_param("schedule", "nights"))
            .and(query_param("from", "2026-11-23"))
            .and(query_param("weeks", "1"))
            .respond_with(ResponseTemplate::new(200).set_body_json(shifts))
            .mount(&server)
            .await;
        server
    });
    let (elsewhere, uri) = (tempfile::tempdir().unwrap(), server.uri());
    let no_file = elsewhere.path().join("dontpanic.yaml").display().to_string();
    let asked = [
        "oncall",
        "schedule",
        "--schedule",
        "nights",
        "--from",
        "2026-11-23",
        "--weeks",
        "1",
        "--server",
        &uri,
        "-c",
        &no_file,
    ];
    let desk = Desk::with(super::CONFIG);
    let said = desk.run_bare(&asked);
    assert_eq!(said.ending, Ending::Fine, "{}", said.err);
    assert!(said.out.contains("nights, times in Asia/Kolkata"), "{}", said.out);
    assert!(said.out.contains("Mon 2026-11-23 09:00"), "{}", said.out);
    let said = desk.run_bare(&[&asked[..], &["--json"]].concat()).json();
    let alone = json!({"start": "2026-11-23T03:30:00Z", "end": "2026-11-23T12:30:00Z", "primary": "alice", "secondary": null});
    assert_eq!(said, json!({"shifts": [alone]}), "times with nobody are seen between the others");
}

#[test]
fn a_month_that_is_none_is_wrong_usage() {
    let desk = Desk::with(super::CONFIG);
    for month in [&["foo"][..], &["2026-13"], &["--month", "2026-1"]] {
        let said = desk.run_bare(&[&["oncall", "report"], month].concat());
        assert_eq!(said.ending, Ending::Unusable, "{month:?}");
        assert!(said.err.contains("write the month as 2026-11"), "{}", said.err);
    }
}
