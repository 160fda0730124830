use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use tokio::sync::watch;
use tower::ServiceExt;

use super::in_process;
use crate::clock::{Clocks, ManualClock};
use crate::config::Config;
use crate::documents::Documents;
use crate::engine::{Engine, Ports, Settings};
use crate::http::alertmanager::body::Reader;
use crate::http::{Web, openapi};
use crate::store::{Db, Target};
use crate::telemetry::Metrics;

const CONFIG: &str = "
timezone: Europe/Paris
api_tokens: [{name: ci, token: may-act, scope: act}, {name: eye, token: may-look}]
slack: {bot_token: xoxb-1, app_token: xapp-1}
alertmanagers: {main: {webhook_token: hook}}
default_schedule: platform
compensation: {currency: EUR, week: 150, night: {bonus: 50}}
people: {alice: {slack: U0A}, bob: {slack: U0B}}
schedules: {platform: {timezone: Europe/Paris, rotation: {every: 1w, start: 2026-01-05, people: [alice, bob]}}}
";

/// The edge over an engine whose errands go nowhere.
struct House {
    router: Router,
    engine: Arc<Engine>,
    db: Db,
    stop: watch::Sender<bool>,
    _folder: tempfile::TempDir,
}

impl House {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("dontpanic.yaml");
        let config = Config::read(CONFIG.as_bytes(), &file, &|_| None).unwrap().config;
        let db = Db::open(&Target::Sqlite(folder.path().join("test.db"))).await.unwrap();
        let at = "2026-11-22T02:00:00Z".parse().unwrap();
        let clock = Arc::new(ManualClock::at(at));
        let clocks = Clocks { story: clock.clone(), wire: clock };
        let documents = Arc::new(Documents::load(Path::new("none"), Path::new("none"), at.date_naive()));
        let metrics = Arc::new(Metrics::default());
        let (engine, _outgoing) = Engine::new(
            db.clone(),
            clocks,
            Settings::of(&config),
            documents,
            Ports::to_nobody(),
            metrics.clone(),
        );
        let (stop, stopping) = watch::channel(false);
        let router = Web::new(&config, engine.clone(), metrics, Reader::default(), stopping).router();
        Self { router, engine, db, stop, _folder: folder }
    }

    async fn send(&self, method: &str, path: &str, token: Option<&str>, body: &str) -> (StatusCode, String) {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let status = answer.status();
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(bytes.to_vec()).unwrap())
    }

    async fn act(&self, method: &str, path: &str, body: Value) -> (StatusCode, Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let (status, text) = self.send(method, &format!("/api/v1/{path}"), Some("may-act"), &body).await;
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    async fn look(&self, path: &str) -> Value {
        let (status, body) = self.act("GET", path, Value::Null).await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        body
    }

    async fn declare(&self) {
        let body = json!({"title": "Ledger is slow", "severity": "P2", "service": "svc-ledger"});
        let (status, _) = self.act("POST", "incidents", body).await;
        assert_eq!(status, StatusCode::CREATED);
    }
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap()
}

fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test]
async fn an_incident_lives_its_life_through_the_api() {
    let house = House::new().await;
    house.declare().await;
    insta::assert_snapshot!(pretty(&house.look("incidents/INC-1").await), @r#"
    {
      "acked_at": null,
      "acked_by": null,
      "alerts": [],
      "alerts_total": 0,
      "channel": null,
      "env": null,
      "flaps": 0,
      "id": "INC-1",
      "opened_at": "2026-11-22T02:00:00Z",
      "parent": null,
      "private": false,
      "resolved_at": null,
      "service": "svc-ledger",
      "severity": "P2",
      "severity_reason": "declared as P2 by token:ci",
      "severity_rule": "declared",
      "state": "triggered",
      "title": "Ledger is slow",
      "truncated_alerts": 0
    }
    "#);

    let (status, acked) = house.act("POST", "incidents/INC-1/ack", json!({"person": "alice"})).await;
    assert_eq!(
        (status, &acked["acked_by"], &acked["state"]),
        (StatusCode::OK, &json!("alice"), &json!("acknowledged"))
    );
    let (status, again) = house.act("POST", "incidents/INC-1/ack", Value::Null).await;
    assert_eq!((status, again), (StatusCode::OK, acked), "a repeated acknowledgement changes nothing");

    let (status, _) = house.act("POST", "incidents/INC-1/note", json!({"text": "rolled back"})).await;
    assert_eq!(status, StatusCode::OK);
    let (status, done) =
        house.act("POST", "incidents/INC-1/resolve/", json!({"summary": "it was DNS"})).await;
    assert_eq!(
        (status, &done["state"], &done["acked_by"]),
        (StatusCode::OK, &json!("resolved"), &json!("alice"))
    );
    let (status, refused) = house.act("POST", "incidents/INC-1/ack", Value::Null).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert!(refused["error"].as_str().unwrap().starts_with("INC-1 ended"), "{refused}");

    let timeline = house.look("incidents/INC-1/timeline").await;
    let told: Vec<String> = timeline["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| {
            format!(
                "{} {} {} {} | {}",
                event["seq"], event["kind"], event["source"], event["actor"], event["data"]
            )
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    4 "resolved" "api" "token:ci" | {"still_firing":0,"summary":"it was DNS"}
    3 "note" "api" "token:ci" | {"text":"rolled back"}
    2 "acked" "api" "alice" | {"after_seconds":0,"was_paged":false}
    1 "incident_opened" "api" "token:ci" | {"follows":null,"reason":"declared as P2 by token:ci","rule":"declared","severity":"P2","title":"Ledger is slow"}
    "#);
    let newest = house.look("incidents/INC-1/timeline?limit=3").await;
    let seqs = |list: &Value| -> Vec<i64> {
        list["events"].as_array().unwrap().iter().map(|event| event["seq"].as_i64().unwrap()).collect()
    };
    assert_eq!((seqs(&newest), newest["next_cursor"].as_str()), (vec![4, 3, 2], Some("1")));
    let rest = house.look("incidents/INC-1/timeline?limit=3&cursor=1").await;
    assert_eq!((seqs(&rest), &rest["next_cursor"]), (vec![1], &Value::Null));
    for wrong in ["limit=0", "limit=201", "limit=all", "cursor=x", "order=asc"] {
        for list in ["timeline", "pages"] {
            let (status, refused) =
                house.act("GET", &format!("incidents/INC-1/{list}?{wrong}"), Value::Null).await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{list} {wrong}: {refused}");
        }
    }
    insta::assert_snapshot!(pretty(&house.look("incidents/INC-1/pages").await), @r#"
    {
      "next_cursor": null,
      "pages": [
        {
          "accepted": null,
          "acked": null,
          "cause": "ladder",
          "delivered": null,
          "due": "2026-11-22T02:00:00Z",
          "error": null,
          "failed": null,
          "folded_into": null,
          "method": "slack",
          "person": "bob",
          "provider_id": null,
          "repeats": 0,
          "round": 1,
          "schedule": "platform",
          "sent": null,
          "step": 1,
          "superseded": "2026-11-22T02:00:00Z"
        }
      ]
    }
    "#);
    assert_eq!(
        house.look("incidents").await["incidents"],
        json!([]),
        "the open ones, unless all are asked for"
    );
    assert_eq!(house.look("incidents?state=all").await["incidents"][0], done);
}

#[tokio::test]
async fn a_human_text_stays_beside_the_generated_one() {
    let house = House::new().await;
    house.declare().await;
    let (status, _) = house.act("GET", "incidents/INC-1/postmortem", Value::Null).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    house.act("POST", "incidents/INC-1/resolve", Value::Null).await;
    house.engine.draft_postmortem("INC-1".parse().unwrap()).await.unwrap();

    for section in ["root-cause", "Root%20Cause"] {
        let path = format!("incidents/INC-1/postmortem/{section}");
        let (status, written) = house.act("PUT", &path, json!({"human": "A missing index."})).await;
        assert_eq!((status, &written["sections"][2]["human"]), (StatusCode::OK, &json!("A missing index.")));
        assert!(written["markdown"].as_str().unwrap().contains("A missing index."));
    }
    for nothing in [json!({}), json!({"human": null})] {
        let (status, answer) = house.act("PUT", "incidents/INC-1/postmortem/root-cause", nothing).await;
        assert_eq!(
            (
                status.as_u16(),
                answer["error"].as_str().is_some_and(|said| said.contains("`human` is needed"))
            ),
            (400, true),
            "{answer}"
        );
    }
    let (_, kept) = house.act("GET", "incidents/INC-1/postmortem", Value::Null).await;
    assert_eq!(kept["sections"][2]["human"], json!("A missing index."), "nothing was erased");
    let (_, cleared) = house.act("PUT", "incidents/INC-1/postmortem/root-cause", json!({"human": ""})).await;
    assert_eq!(
        cleared["sections"][2],
        json!({"name": "Root Cause", "generated": cleared["sections"][2]["generated"], "human": null})
    );
    let (status, _) = house.act("PUT", "incidents/INC-1/postmortem/blame", json!({"human": "x"})).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn lists_go_on_where_they_ended() {
    let house = House::new().await;
    for _ in 0..3 {
        house.declare().await;
    }
    let ids = |list: &Value| -> Vec<String> {
        list["incidents"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["id"].as_str().unwrap().to_owned())
            .collect()
    };
    let first = house.look("incidents?limit=2").await;
    assert_eq!(
        (ids(&first), &first["next_cursor"]),
        (vec!["INC-3".to_owned(), "INC-2".to_owned()], &json!("INC-2"))
    );
    let second = house.look("incidents?limit=2&cursor=INC-2").await;
    assert_eq!((ids(&second), &second["next_cursor"]), (vec!["INC-1".to_owned()], &Value::Null));
}

#[tokio::test]
async fn what_is_wrong_is_said_in_a_sentence() {
    let house = House::new().await;
    house.declare().await;
    let cases = [
        ("POST", "incidents", r#"{"title": "x"}"#, 400, "`severity` is needed, a string that is not empty"),
        (
            "POST",
            "incidents",
            r#"{"title": "x", "severity": "bad"}"#,
            400,
            "`severity` is `bad`; it is P1, P2, P3 or P4",
        ),
        ("POST", "incidents", r#"{"title": 5, "severity": "P1"}"#, 400, "`title` must be a string"),
        ("POST", "incidents", "[]", 400, "the body must be a JSON object"),
        (
            "POST",
            "incidents/INC-1/ack",
            r#"{"person": "zoe"}"#,
            400,
            "`zoe` is not a key under `people` in the configuration",
        ),
        (
            "POST",
            "incidents/INC-1/resolve",
            r#"{"summry": "x"}"#,
            400,
            "`summry` is not known here; known are: person, text, summary",
        ),
        ("POST", "incidents/INC-1/note", "", 400, "`text` is needed, a string that is not empty"),
        ("POST", "incidents/INC-7/ack", "", 404, "there is no INC-7"),
        ("GET", "incidents/INC-7/postmortem", "", 404, "there is no INC-7"),
        ("PUT", "incidents/INC-7/postmortem/impact", r#"{"human": "x"}"#, 404, "there is no INC-7"),
        ("GET", "incidents/7", "", 404, "`7` is not an incident id; it looks like INC-42"),
        ("GET", "incidents?state=closed", "", 400, "`state` is `closed`; it is open or all"),
        ("GET", "incidents?limit=0", "", 400, "`limit` is a number from 1 to 200"),
        ("GET", "incidents?cursor=x", "", 400, "`cursor` is the `next_cursor` of an earlier list"),
        ("GET", "oncall?schedule=moon", "", 404, "there is no schedule `moon`"),
        ("GET", "oncall?at=tomorrow", "", 400, "`at` is `tomorrow`; write it as 2026-11-22T03:00:00Z"),
        (
            "GET",
            "incidents?sate=all",
            "",
            400,
            "the address cannot be read: sate: unknown field `sate`, expected one of `state`, `limit`, `cursor`",
        ),
        ("GET", "stats?window=30", "", 400, "`window` is `30`; it is a span from 1h to 366d, as 30d"),
        ("GET", "stats?window=367d", "", 400, "`window` is `367d`; it is a span from 1h to 366d, as 30d"),
        ("GET", "stats?window=59m", "", 400, "`window` is `59m`; it is a span from 1h to 366d, as 30d"),
        ("GET", "stats?format=xls", "", 400, "`format` is `xls`; it is json or csv"),
        ("GET", "incidents/%FF", "", 404, "there is nothing at this address"),
        ("GET", "nothing", "", 404, "there is nothing at this address; see /api/v1/openapi.json"),
        (
            "DELETE",
            "incidents/INC-1",
            "",
            405,
            "this address does not take that method; see /api/v1/openapi.json",
        ),
    ];
    for (method, path, body, status, sentence) in cases {
        let (got, text) = house.send(method, &format!("/api/v1/{path}"), Some("may-act"), body).await;
        assert_eq!(
            (got.as_u16(), text),
            (status, json!({"error": sentence}).to_string()),
            "{method} {path} {body}"
        );
    }
    let (status, text) = house.send("POST", "/api/v1/incidents", Some("may-act"), "{").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(text.contains("the body is not JSON"), "{text}");
    let large = format!(r#"{{"text": "{}"}}"#, "x".repeat(super::asked::MAX_BODY));
    let (status, _) = house.send("POST", "/api/v1/incidents/INC-1/note", Some("may-act"), &large).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn nobody_passes_without_a_token_and_looks_are_not_acts() {
    let house = House::new().await;
    house.declare().await;
    for token in [None, Some(""), Some("may-ac"), Some("may-act2"), Some("hook")] {
        for path in ["/api/v1/incidents", "/api/v1/openapi.json", "/api/v1/nothing"] {
            let (status, _) = house.send("GET", path, token, "").await;
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{token:?} {path}");
        }
    }
    let (status, _) = house.send("GET", "/api/v1/incidents/", Some("may-look"), "").await;
    assert_eq!(status, StatusCode::OK);
    let (status, text) = house.send("POST", "/api/v1/incidents/INC-1/ack", Some("may-look"), "").await;
    assert_eq!(
        (status, text.contains("the token `eye` may only read")),
        (StatusCode::FORBIDDEN, true),
        "{text}"
    );
    let request = Request::post("/api/v1/incidents/INC-1/ack").body(Body::empty()).unwrap();
    let answer = in_process(house.engine.clone()).oneshot(request).await.unwrap();
    assert_eq!(answer.status(), StatusCode::FORBIDDEN, "in process one only looks");
}

#[tokio::test]
async fn a_token_that_may_only_read_does_not_learn_what_a_private_incident_is_about() {
    let house = House::new().await;
    let asked = r#"{"title": "A leak", "severity": "P2", "service": "svc-ledger", "private": true}"#;
    let (status, _) = house.send("POST", "/api/v1/incidents", Some("may-act"), asked).await;
    assert_eq!(status, StatusCode::CREATED);
    for path in ["incidents", "incidents/INC-1"] {
        let (status, text) = house.send("GET", &format!("/api/v1/{path}"), Some("may-look"), "").await;
        assert_eq!(status, StatusCode::OK, "{path}: {text}");
        assert!(text.contains(r#""title":"A private incident""#) && text.contains("INC-1"), "{text}");
        assert!(!text.contains("leak") && !text.contains("ledger"), "{path}: {text}");
        let (_, text) = house.send("GET", &format!("/api/v1/{path}"), Some("may-act"), "").await;
        assert!(text.contains("A leak") && text.contains("svc-ledger"), "{path}: {text}");
    }
    for path in ["judgement", "timeline", "pages", "postmortem"] {
        let path = format!("/api/v1/incidents/INC-1/{path}");
        let (status, text) = house.send("GET", &path, Some("may-look"), "").await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{path}: {text}");
        assert!(text.contains("INC-1 is private; this needs a token with `scope: act`"), "{path}: {text}");
        assert_ne!(house.send("GET", &path, Some("may-act"), "").await.0, StatusCode::FORBIDDEN, "{path}");
    }
    let (status, _) = house.send("GET", "/api/v1/incidents/INC-2/timeline", Some("may-look"), "").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn who_is_on_call_is_known_for_any_instant() {
    let house = House::new().await;
    insta::assert_snapshot!(pretty(&house.look("oncall").await), @r#"
    {
      "at": "2026-11-22T02:00:00Z",
      "primary": "bob",
      "schedule": "platform",
      "secondary": "alice",
      "until": "2026-11-23T08:00:00Z"
    }
    "#);
    let unescaped = house.look("oncall?schedule=platform&at=2026-11-22T03:00:00+01:00").await;
    assert_eq!(unescaped, house.look("oncall?at=2026-11-22T02:00:00Z").await);
}

#[tokio::test]
async fn the_last_weeks_are_told_in_figures_and_as_a_table() {
    let house = House::new().await;
    house.declare().await;
    house.act("POST", "incidents/INC-1/resolve", Value::Null).await;
    let stats = house.look("stats?window=2d").await;
    assert_eq!(stats["incidents"], json!({"P1": 0, "P2": 0, "P3": 0, "P4": 0}), "this instant is not over");
    assert_eq!((&stats["window"], &stats["from"]), (&json!("2d"), &json!("2026-11-20T02:00:00Z")));
    assert_eq!((&stats["mtta_seconds"], &stats["mttr_seconds"]), (&Value::Null, &Value::Null));
    assert_eq!(house.look("stats").await["window"], "30d");
    let (status, table) = house.send("GET", "/api/v1/stats?format=csv", Some("may-look"), "").await;
    assert_eq!(status, StatusCode::OK);
    assert!(table.starts_with("figure,of,value\r\nfrom,,2026-10-23T02:00:00Z\r\n"), "{table}");
}

#[tokio::test]
async fn the_description_is_true_to_the_answers() {
    let house = House::new().await;
    house.declare().await;
    house.act("POST", "incidents/INC-1/resolve", Value::Null).await;
    house.engine.draft_postmortem("INC-1".parse().unwrap()).await.unwrap();
    let document = openapi::document();
    assert_eq!(house.look("openapi.json").await, document);
    let mut n_operations = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            n_operations += 1;
            if method == "post" && path != "/incidents" {
                house.declare().await;
            }
            let open = &house.look("incidents").await["incidents"][0]["id"];
            let id = if method == "post" { open.as_str().unwrap_or("INC-1") } else { "INC-1" };
            let address = path.replace("{id}", id).replace("{section}", "impact");
            let body = match operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
                .as_str()
            {
                Some(schema) if schema.ends_with("/Declaration") => json!({"title": "x", "severity": "P3"}),
                Some(schema) if schema.ends_with("/HumanText") => json!({"human": "x"}),
                Some(_) => json!({"person": "bob", "text": "x", "summary": "x"}),
                None => Value::Null,
            };
            let (status, answer) =
                house.act(&method.to_uppercase(), address.trim_start_matches('/'), body).await;
            let described = &operation["responses"][status.as_str()];
            assert!(status.is_success() && described.is_object(), "{method} {path}: {status} {answer}");
            let schema = &described["content"]["application/json"]["schema"]["$ref"];
            let Some(name) = schema.as_str().and_then(|schema| schema.rsplit('/').next()) else { continue };
            let schema = &document["components"]["schemas"][name];
            assert_eq!(keys(&answer), keys(&schema["properties"]), "{method} {path}");
            for (field, schema) in schema["properties"].as_object().unwrap() {
                let (Some(one), Some(described)) = (answer[field].get(0), schema["items"].get("properties"))
                else {
                    continue;
                };
                assert_eq!(keys(one), keys(described), "{method} {path}: {field}");
            }
        }
    }
    assert_eq!(n_operations, 18);
}

#[tokio::test]
async fn health_is_the_database_and_not_being_told_to_stop() {
    let house = House::new().await;
    house.declare().await;
    assert_eq!(house.send("GET", "/health/ready", None, "").await.0, StatusCode::OK);
    let (_, text) = house.send("GET", "/metrics", None, "").await;
    assert!(text.contains("dontpanic_incidents{severity=\"P2\",state=\"triggered\"} 1"), "{text}");
    assert!(text.ends_with("# EOF\n"));

    house.stop.send_replace(true);
    assert_eq!(house.send("GET", "/health/ready", None, "").await.0, StatusCode::SERVICE_UNAVAILABLE);
    house.stop.send_replace(false);
    house.db.close().await;
    assert_eq!(house.send("GET", "/health/live", None, "").await.0, StatusCode::OK);
    assert_eq!(house.send("GET", "/health/ready", None, "").await.0, StatusCode::SERVICE_UNAVAILABLE);
    let (status, text) = house.send("GET", "/api/v1/incidents", Some("may-look"), "").await;
    let sentence = r#"{"error":"the database does not answer; ask again"}"#;
    assert_eq!((status, text.as_str()), (StatusCode::SERVICE_UNAVAILABLE, sentence));
    let (status, text) = house.send("GET", "/metrics", None, "").await;
    assert!(status.is_success() && text.contains("dontpanic_oldest_undelivered_page_seconds NaN"), "{text}");
}
