mod elsewhere;
mod explain;
mod lint;
mod nobody;
mod zones;

use std::path::{Path, PathBuf};

use clap::CommandFactory;
use serde_json::{Value, json};
use wiremock::matchers::{body_json, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;

const CONFIG: &str = "
listen: 127.0.0.1:1
timezone: Europe/Paris
slack: {bot_token: xoxb-1, app_token: xapp-1}
alertmanagers: {main: {webhook_token: hook}}
default_schedule: platform
severity_rules: [{name: ledger down, match: ['alertname=\"LedgerUnreachable\"'], severity: P1}]
services: {svc-ledger: {tier: 1, schedule: platform}}
people: {alice: {slack: U0A}, bob: {slack: U0B, webhook: 'https://bob.example/', contact: [webhook, slack]}, diana: {slack: U0D}, eve: {slack: U0E}}
schedules: {platform: {timezone: Europe/Paris, rotation: {every: 1w, start: 2026-01-05, people: [alice, bob]}}}
roles: {incident_commander: [person:diana], management: [person:eve]}
";

/// A folder with a configuration, and what a command said in it.
struct Desk {
    folder: tempfile::TempDir,
}

struct Said {
    ending: Ending,
    out: String,
    err: String,
}

impl Desk {
    fn with(config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("dontpanic.yaml"), config).unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    /// Runs a command with this folder's configuration.
    fn run(&self, words: &[&str]) -> Said {
        let config = self.path("dontpanic.yaml").display().to_string();
        self.run_bare(&[words, &["-c", &config]].concat())
    }

    fn run_bare(&self, words: &[&str]) -> Said {
        let (mut out, mut err) = (vec![], vec![]);
        let environment = |name: &str| (name == "DONTPANIC_TOKEN").then(|| "may-act".to_owned());
        let now = "2026-11-22T02:00:00Z".parse().unwrap();
        let mut terminal = Terminal { out: &mut out, err: &mut err, environment: &environment, now };
        let arguments = std::iter::once("dontpanic").chain(words.iter().copied()).map(OsString::from);
        let ending = run_on(&mut terminal, arguments);
        let text = |bytes| {
            String::from_utf8(bytes).unwrap().replace(&self.folder.path().display().to_string(), "DIR")
        };
        Said { ending, out: text(out), err: text(err) }
    }
}

impl Said {
    fn json(&self) -> Value {
        assert_eq!(self.ending, Ending::Fine, "{}", self.err);
        serde_json::from_str(&self.out).unwrap()
    }
}

#[test]
fn the_commands_are_well_formed_and_say_what_they_are_for() {
    Cli::command().debug_assert();
    let desk = Desk::with(CONFIG);
    let help = desk.run_bare(&["--help"]);
    assert_eq!(help.ending, Ending::Fine);
    insta::assert_snapshot!(help.out, @r#"
    Takes alerts, pages until a human answers, keeps the timeline and drafts the post-mortem

    Usage: dontpanic <COMMAND>

    Commands:
      demo            Rehearse on this machine: the whole service with a Slack workspace of its own
      serve           Run the service
      check           Check the configuration, schedules, runbooks and templates
      explain         Show what would happen for an alert: severity and why, channel, runbook, who is paged when
      oncall          Show who is on call
      incident        Look at incidents and act on them
      postmortem      Print the post-mortem of an incident as Markdown
      runbook         Work on runbooks
      backup          Copy the database into a file while the service runs
      slack-manifest  Print the manifest to create the Slack app from
      completions     Print a completion script for a shell
      help            Print this message or the help of the given subcommand(s)

    Options:
      -h, --help     Print help
      -V, --version  Print version
    "#);
    let cases: [&[&str]; 6] = [
        &[],
        &["frobnicate"],
        &["incident"],
        &["incident", "show", "42"],
        &["oncall", "report"],
        &["explain"],
    ];
    for words in cases {
        let said = desk.run_bare(words);
        assert_eq!((said.ending, said.out.as_str()), (Ending::Unusable, ""), "{words:?}");
        assert!(!said.err.is_empty(), "{words:?}");
    }
    assert!(desk.run_bare(&["completions", "bash"]).out.contains("dontpanic"));
}

#[test]
fn check_says_every_fault_every_hole_and_what_is_fine() {
    let fine = Desk::with(CONFIG).run(&["check"]);
    insta::assert_snapshot!(format!("{:?}\n{}", fine.ending, fine.out), @r#"
    Fine
    advice: DIR/dontpanic.yaml:9: people.alice.contact: alice may be paged, but only by slack, which cannot wake someone who sleeps
    advice: DIR/dontpanic.yaml:9: people.diana.contact: diana may be paged, but only by slack, which cannot wake someone who sleeps
    advice: DIR/dontpanic.yaml:9: people.eve.contact: eve may be paged, but only by slack, which cannot wake someone who sleeps
    fine: no page would reach nobody in the next 90 days (people: 4, schedules: 1, services: 1, severity rules: 1, sources of alerts: 1)
    "#);
    let faulty = Desk::with("listen: here\nslack: {bot_token: x}\nwhat: 1\n").run(&["check"]);
    assert_eq!((faulty.ending, faulty.out.as_str()), (Ending::Unusable, ""));
    assert!(
        faulty.err.contains("dontpanic.yaml:1: listen: `here`")
            && faulty.err.contains("dontpanic.yaml:3: what"),
        "{}",
        faulty.err
    );
    let missing = Desk::with(CONFIG).run_bare(&["check", "-c", "no-such.yaml"]);
    assert_eq!(missing.ending, Ending::Unusable);
    let only_sms = CONFIG.replace("alice: {slack: U0A}", "alice: {phone: +33600000001, contact: [sms]}");
    let holes = Desk::with(&(only_sms + "public_url: https://dontpanic.example.com\n"));
    let holes = holes.run(&["check"]);
    insta::assert_snapshot!(format!("{:?}\n{}{}", holes.ending, holes.out, holes.err), @r#"
    Failed
    hole: DIR/dontpanic.yaml:9: people.alice.contact: lists sms, but nothing sends it: there is no `twilio`
    hole: DIR/dontpanic.yaml:9: people.alice.contact: alice may be paged, but no listed method can reach them
    advice: DIR/dontpanic.yaml:9: people.diana.contact: diana may be paged, but only by slack, which cannot wake someone who sleeps
    advice: DIR/dontpanic.yaml:9: people.eve.contact: eve may be paged, but only by slack, which cannot wake someone who sleeps
    hole: DIR/dontpanic.yaml: schedules.platform: alice is on call and has no contact method that works: 7 times in the next 90 days: 2026-11-23 09:00 – 2026-11-30 09:00, 2026-12-07 09:00 – 2026-12-14 09:00, 2026-12-21 09:00 – 2026-12-28 09:00 and 4 more
    hole: DIR/dontpanic.yaml: schedules.platform: alice is the secondary and has no contact method that works: 7 times in the next 90 days: 2026-11-22 03:00 – 2026-11-23 09:00, 2026-11-30 09:00 – 2026-12-07 09:00, 2026-12-14 09:00 – 2026-12-21 09:00 and 4 more
    4 holes: a page could reach nobody
    "#);
}

#[test]
fn hours_with_nobody_on_call_are_one_hole_with_dates_and_no_shifts() {
    let hours = "restrictions: [{days: [Mon, Tue, Wed, Thu, Fri], from: 09:00, to: 18:00}], rotation: ";
    let desk = Desk::with(&CONFIG.replace("rotation: ", hours));
    let said = desk.run(&["check"]);
    let holes: Vec<&str> = said.out.lines().filter(|line| !line.contains("only by slack")).collect();
    assert_eq!(said.ending, Ending::Failed);
    insta::assert_snapshot!(holes.join("\n"), @r"
    hole: DIR/dontpanic.yaml: schedules.platform: nobody is on call: 66 times in the next 90 days: 2026-11-22 03:00 – 2026-11-23 09:00, 2026-11-23 18:00 – 2026-11-24 09:00, 2026-11-24 18:00 – 2026-11-25 09:00 and 63 more
    1 hole: a page could reach nobody
    ");
    let said = desk.run(&["oncall", "schedule", "--from", "2026-10-22", "--weeks", "1"]);
    insta::assert_snapshot!(said.out, @r"
    platform, times in Europe/Paris
    FROM                  TO                    PRIMARY  SECONDARY
    Thu 2026-10-22 09:00  Thu 2026-10-22 18:00  bob      alice
    Fri 2026-10-23 09:00  Fri 2026-10-23 18:00  bob      alice
    Mon 2026-10-26 09:00  Mon 2026-10-26 18:00  alice    bob
    Tue 2026-10-27 09:00  Tue 2026-10-27 18:00  alice    bob
    Wed 2026-10-28 09:00  Wed 2026-10-28 18:00  alice    bob
    ");
}

#[test]
fn check_names_what_is_named_and_not_there() {
    let config = CONFIG.replace("schedule: platform}}", "schedule: platform, runbook: nosuch}}")
        + "runbooks: {dir: nodir}\npostmortems: {templates: nodir2}\n";
    let said = Desk::with(&config).run(&["check"]);
    assert_eq!(said.ending, Ending::Failed, "{}", said.out);
    for line in [
        "missing: DIR/dontpanic.yaml:8: services.svc-ledger.runbook: there is no runbook `nosuch`; ",
        "missing: DIR/dontpanic.yaml:12: runbooks.dir: there is no such folder, so what is shipped is used; create it",
        "missing: DIR/dontpanic.yaml:13: postmortems.templates: there is no such folder",
        "3 things are named and not there, or not as it has to be",
    ] {
        assert!(said.out.contains(line), "{line}\n{}", said.out);
    }
    assert!(!said.out.contains("fine:"), "{}", said.out);
}

#[test]
fn wrong_words_are_answered_with_right_ones() {
    let desk = Desk::with(CONFIG);
    let said = desk.run(&["oncall", "now", "--at", "yesterday"]);
    assert!(said.ending == Ending::Unusable && said.err.contains("2026-11-22T03:00:00Z"), "{}", said.err);
    for server in ["localhost:8080", "ftp://x", "no address"] {
        let said = desk.run_bare(&["incident", "list", "--server", server]);
        assert!(
            said.ending == Ending::Unusable && said.err.contains("http://127.0.0.1:8080"),
            "{}",
            said.err
        );
    }
    // Nobody listens there; to ask, no secret of the file was needed.
    let secret = CONFIG.replace("xoxb-1", "${NOT_IN_THE_ENVIRONMENT}");
    let said = Desk::with(&secret).run(&["incident", "ack", "INC-1"]);
    assert!(said.err.contains("nobody listens at 127.0.0.1:1"), "{}", said.err);
}

#[test]
fn explain_shows_one_round_of_pages_and_why() {
    let desk = Desk::with(CONFIG);
    let alert = json!({"labels": {"alertname": "LedgerUnreachable", "service": "svc-ledger", "env": "prod"}});
    let file = desk.write("alert.json", &alert.to_string());
    let at = ["explain", &file, "--at", "2026-11-22T03:00:00+01:00"];
    insta::assert_snapshot!(desk.run(&[&at[..], &["--json"]].concat()).out, @r#"
    {
      "severity": "P1",
      "rule": "ledger down",
      "reason": "alertname=\"LedgerUnreachable\", env=\"prod\"",
      "channel": "inc-20261122-ledger-unreachable-svc-ledger",
      "service": "svc-ledger",
      "runbook": "service-down",
      "pages": [
        {
          "at": "2026-11-22T02:00:00Z",
          "step": 1,
          "person": "bob",
          "methods": [
            "webhook",
            "slack"
          ]
        },
        {
          "at": "2026-11-22T02:00:00Z",
          "step": 1,
          "person": "diana",
          "methods": [
            "slack"
          ]
        },
        {
          "at": "2026-11-22T02:15:00Z",
          "step": 2,
          "person": "alice",
          "methods": [
            "slack"
          ]
        },
        {
          "at": "2026-11-22T02:30:00Z",
          "step": 3,
          "person": "eve",
          "methods": [
            "slack"
          ]
        }
      ]
    }
    "#);
    insta::assert_snapshot!(desk.run(&at).out, @r#"
    P1  ledger down: alertname="LedgerUnreachable", env="prod"
      channel  #inc-20261122-ledger-unreachable-svc-ledger
      service  svc-ledger
      runbook  service-down

    AT                           STEP  PERSON  BY
    Sun 2026-11-22 03:00:00 CET  1     bob     webhook, then slack
    Sun 2026-11-22 03:00:00 CET  1     diana   slack
    Sun 2026-11-22 03:15:00 CET  2     alice   slack
    Sun 2026-11-22 03:30:00 CET  3     eve     slack

    Then the next round begins, until somebody acknowledges.
    "#);

    let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/alertmanager");
    let explain = |name: &str| {
        let file = recorded.join(name).display().to_string();
        let answer = desk.run(&["explain", &file, "--json"]).json();
        let pages: Vec<String> =
            answer["pages"].as_array().unwrap().iter().map(|page| page["person"].to_string()).collect();
        format!(
            "{name}: {} {} {} {} by {}",
            answer["severity"],
            answer["rule"],
            answer["reason"],
            answer["channel"],
            pages.join(" ")
        )
    };
    let told = [
        "group/01-firing.json",
        "group/04-resolved.json",
        "watchdog/01-firing.json",
        "unicode/01-firing.json",
    ]
    .map(explain);
    insta::assert_snapshot!(told.join("\n"), @r#"
    group/01-firing.json: "P2" "severity label" "severity=\"critical\"" "inc-20261122-pod-crash-looping-checkout" by "bob" "alice" "diana" "eve"
    group/04-resolved.json: null null "nothing in it fires: it opens no incident" null by 
    watchdog/01-firing.json: null null "what fires is a heartbeat, of which only the absence is an incident: it opens none" null by 
    unicode/01-firing.json: "P2" "severity label" "severity=\"critical\"" "inc-20261122-uberlast-ri-ben-yu-fire-zurich-bei-jing" by "bob" "alice" "diana" "eve"
    "#);

    let unusable = desk.write("bad.json", "{\"labels\": {}");
    let said = desk.run(&["explain", &unusable]);
    assert_eq!(
        (said.ending, said.err.contains("DIR/bad.json: this is not JSON")),
        (Ending::Unusable, true),
        "{}",
        said.err
    );
}

#[test]
fn the_coming_shifts_are_known_from_the_file_alone() {
    let desk = Desk::with(CONFIG);
    let weeks = ["oncall", "schedule", "--from", "2026-10-19", "--weeks", "1"];
    insta::assert_snapshot!(desk.run(&weeks).out, @r#"
    platform, times in Europe/Paris
    FROM                  TO                    PRIMARY  SECONDARY
    Mon 2026-10-19 09:00  Mon 2026-10-26 09:00  bob      alice
    "#);
    let shifts = &desk.run(&[&weeks[..], &["--json"]].concat()).json()["shifts"];
    assert_eq!(
        *shifts,
        json!([{"start": "2026-10-19T07:00:00Z", "end": "2026-10-26T08:00:00Z", "primary": "bob", "secondary": "alice"}])
    );
    // A shift that the weeks only touch is whole too.
    let from_wednesday = desk.run(&["oncall", "schedule", "--from", "2026-10-21", "--weeks", "1", "--json"]);
    let starts = from_wednesday.json()["shifts"]
        .as_array()
        .map(|all| all.iter().map(|one| one["start"].clone()).collect());
    assert_eq!(starts, Some(vec![json!("2026-10-19T07:00:00Z"), json!("2026-10-26T08:00:00Z")]));
    assert_eq!(desk.run(&["oncall", "schedule", "--schedule", "moon"]).ending, Ending::Unusable);
}

#[test]
fn when_nobody_listens_one_may_look_and_not_act() {
    let desk = Desk::with(CONFIG);
    let said = desk.run(&["incident", "list"]);
    assert_eq!(
        (said.ending, said.err.contains("there is no database")),
        (Ending::Failed, true),
        "{}",
        said.err
    );
    let now = ["oncall", "now", "--at", "2026-11-22T03:00:00Z", "--json"];
    let by_configuration = desk.run(&now).json();
    assert_eq!(
        (&by_configuration["schedule"], &by_configuration["primary"]),
        (&json!("platform"), &json!("bob"))
    );
    assert_eq!(desk.run(&["oncall", "now", "--schedule", "moon"]).ending, Ending::Unusable);
    std::fs::create_dir(desk.path("data")).unwrap();
    std::fs::write(desk.path("data/dontpanic.db"), "").unwrap();
    assert_eq!(desk.run(&now).json(), by_configuration);
    assert_eq!(desk.run(&["incident", "list"]).out, "no incidents\n");
    let said = desk.run(&["incident", "show", "INC-7"]);
    assert_eq!((said.ending, said.err.as_str()), (Ending::Failed, "there is no INC-7\n"));
    assert_eq!(desk.run(&["oncall", "now", "--json"]).json()["schedule"], "platform");
    let said = desk.run(&["incident", "ack", "INC-7"]);
    assert_eq!(said.ending, Ending::Failed);
    assert!(said.err.contains("to act, the server must run"), "{}", said.err);
}

#[test]
fn the_running_server_is_asked_in_its_own_words() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(async {
        let server = MockServer::start().await;
        let incident = json!({"id": "INC-7", "severity": "P2", "title": "Slow\u{1b}[31m", "state": "acknowledged",
            "severity_rule": "declared", "severity_reason": "declared as P2 by alice", "service": null, "alerts": [],
            "opened_at": "2026-11-22T02:00:00Z", "acked_at": "2026-11-22T02:01:00Z", "acked_by": "alice",
            "resolved_at": null, "channel": {"id": "C1", "name": "inc-20261122-slow"}});
        Mock::given(method("POST"))
            .and(path("/api/v1/incidents/INC-7/ack"))
            .and(header("authorization", "Bearer may-act"))
            .and(body_json(json!({"person": "alice"})))
            .respond_with(ResponseTemplate::new(200).set_body_json(incident))
            .mount(&server)
            .await;
        Mock::given(path("/api/v1/incidents/INC-8/resolve"))
            .respond_with(ResponseTemplate::new(409).set_body_json(json!({"error": "INC-8 ended"})))
            .mount(&server)
            .await;
        server
    });
    let desk = Desk::with(CONFIG);
    let uri = server.uri();
    let said = desk.run_bare(&["incident", "ack", "INC-7", "--person", "alice", "--server", &uri]);
    assert_eq!(said.ending, Ending::Fine, "{}", said.err);
    insta::assert_snapshot!(said.out, @r#"
    INC-7  P2  Slow [31m
      state     acknowledged
      why       declared: declared as P2 by alice
      opened    2026-11-22 02:00:00 UTC
      acked     by alice at 2026-11-22 02:01:00 UTC
      channel   #inc-20261122-slow
      firing    0 of 0 alerts
    "#);
    let said = desk.run_bare(&["incident", "resolve", "INC-8", "--server", &uri]);
    assert_eq!((said.ending, said.err.as_str()), (Ending::Failed, "INC-8 ended\n"));
}

#[test]
fn overrides_count_wherever_schedules_are_walked() {
    use crate::domain::incident::Actor;
    use crate::domain::on_call::Override;
    use crate::store::{Db, StoreError, Target, overrides};

    let desk = Desk::with(CONFIG);
    let alert = json!({"labels": {"alertname": "HighErrorRate", "severity": "P2"}}).to_string();
    let alert = desk.write("alert.json", &alert);
    let explain = ["explain", &alert, "--at", "2026-11-22T03:00:00+01:00", "--json"];
    let first_paged = |said: &Said| said.json()["pages"][0]["person"].clone();
    assert_eq!(first_paged(&desk.run(&explain)), "bob", "there is no database, so there are no overrides");

    let file = desk.path("data/dontpanic.db");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let db = Db::open(&Target::Sqlite(file)).await.unwrap();
        let (from, to) = ("2026-11-22T01:00:00Z".parse().unwrap(), "2026-11-22T05:00:00Z".parse().unwrap());
        let taken = Override { schedule: "platform".into(), person: "eve".into(), from, to };
        let by = Actor::Person("eve".into());
        let made: Result<_, StoreError> = db
            .write("override", move |tx| {
                Box::pin(async move { overrides::make(tx, &taken, &by, from).await })
            })
            .await;
        assert_eq!(made.unwrap().0, 1);
        db.close().await;
    });
    let now = desk.run(&["oncall", "now", "--at", "2026-11-22T03:00:00Z", "--json"]).json();
    assert_eq!((now["primary"].clone(), now["until"].clone()), (json!("eve"), json!("2026-11-22T05:00:00Z")));
    let shifts = desk.run(&["oncall", "schedule", "--weeks", "1", "--json"]).json();
    assert_eq!(shifts["shifts"][0]["primary"], "eve");
    assert_eq!(first_paged(&desk.run(&explain)), "eve");
    assert_eq!(desk.run(&["check"]).ending, Ending::Fine);

    // A database that cannot be asked is no reason to say nothing about the file, but it is said.
    std::fs::write(desk.path("data/dontpanic.db"), "not a database at all, and long enough to be looked at")
        .unwrap();
    let said = desk.run(&["check"]);
    assert!(said.out.contains("advice: overrides made in Slack are left out: "), "{}", said.out);
    assert!(desk.run(&explain).err.contains("overrides made in Slack are left out: "));
    assert_eq!(
        desk.run(&["oncall", "schedule"]).ending,
        Ending::Failed,
        "wrong shifts would be worse than none"
    );
}

#[test]
fn a_report_is_a_table_csv_or_json() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(async {
        let server = MockServer::start().await;
        let person = json!({"person": "alice", "month": "2026-11", "weeks": 1.59, "week_bonus": 238.39,
            "night_incidents": 3, "night_bonus": 100.0, "weekend_incidents": 2, "time_off_hours": 7.0, "total": 338.39,
            "currency": "EUR"});
        let mut odd = person.clone();
        odd["person"] = json!("=cmd|' /C calc'!A0,\"x\"");
        odd["weeks"] = json!(2.0);
        let report = json!({"month": "2026-11", "currency": "EUR", "people": [person, odd]});
        Mock::given(path("/api/v1/oncall/report"))
            .and(wiremock::matchers::query_param("month", "2026-11"))
            .respond_with(ResponseTemplate::new(200).set_body_json(report))
            .mount(&server)
            .await;
        server
    });
    let (desk, uri) = (Desk::with(CONFIG), server.uri());
    let report = ["oncall", "report", "--month", "2026-11", "--server", &uri];
    let csv = desk.run_bare(&[&report[..], &["--csv"]].concat()).out;
    assert_eq!(
        csv,
        "person,month,weeks,week_bonus,night_incidents,night_bonus,weekend_incidents,time_off_hours,total,currency\r\n\
         alice,2026-11,1.59,238.39,3,100.00,2,7.00,338.39,EUR\r\n\
         \"'=cmd|' /C calc'!A0,\"\"x\"\"\",2026-11,2.00,238.39,3,100.00,2,7.00,338.39,EUR\r\n"
    );
    assert_eq!(desk.run_bare(&[&report[..], &["--json"]].concat()).json()["people"][0]["weeks"], 1.59);
    assert!(desk.run_bare(&report).out.contains("338.39"));
    let by_place = desk.run_bare(&["oncall", "report", "2026-11", "--server", &uri]).out;
    assert_eq!(by_place, desk.run_bare(&report).out);
    assert_eq!(desk.run_bare(&[&report[..], &["--json", "--csv"]].concat()).ending, Ending::Unusable);
}
