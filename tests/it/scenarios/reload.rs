//! The configuration changes while the service runs: what is good is in force at once, what is bad changes nothing, and whoever
//! it concerns is told, once.

use dontpanic::app::Outcome;
use serde_json::json;

use crate::harness::alertmanager::alert;
use crate::harness::database::TestDatabase;
use crate::harness::house::{House, house};
use crate::harness::world::{Span as _, World, scenario};

const ADMINS: &str = "dontpanic-admin";
const ROOM: &str = "inc-20261120-high-error-rate-checkout";

/// The schedule with other people.
fn rota(people: &str) -> House {
    let schedule = format!(
        "\n  platform:\n    timezone: Europe/Paris\n    handoff: {{day: Mon, time: 09:00}}\n    \
         rotation: {{every: 1w, start: 2026-11-16, people: [{people}]}}\n    secondary: next"
    );
    house().with("schedules", &schedule)
}

/// People by key and Slack user, each with a pager.
fn people(all: &[(&str, &str)]) -> String {
    let person = |(key, user): &(&str, &str)| {
        format!(
            "\n  {key}: {{slack: {user}, contact: [slack, webhook], webhook: \"${{BASE}}/phones/{key}\"}}"
        )
    };
    all.iter().map(person).collect()
}

fn faulty() -> House {
    house().with("default_schedule", "platfrom")
}

fn is_reloaded(outcomes: &[Outcome]) {
    assert!(matches!(outcomes, [Outcome::Reloaded(_), ..]), "{outcomes:?}");
}

scenario!(another_rota_moves_the_pager_at_once_and_those_concerned_are_told, async |world: &mut World| {
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    assert_eq!(world.paged(1).await, ["alice"]);
    let outcomes = world.reads_anew(rota("bob, alice, charlie, diana, eve")).await;
    is_reloaded(&outcomes);
    world.slack().room(ADMINS).reads("The configuration was reloaded:\n• `schedules`: platform changed");
    assert_eq!(world.paged(1).await, ["alice", "bob"], "he is the primary now");
    let told = "The configuration of *platform* has changed, and with it who is on call.";
    world.slack().dm("alice").reads(told);
    world
        .slack()
        .dm("alice")
        .reads("*You are not on call* 2026-11-20 03:00 UTC to 2026-11-23 08:00 UTC: @bob is.");
    world
        .slack()
        .dm("alice")
        .reads("*You are on call* 2026-11-23 08:00 UTC to 2026-11-30 08:00 UTC, instead of @bob.");
    world
        .slack()
        .dm("bob")
        .reads("*You are on call* 2026-11-20 03:00 UTC to 2026-11-23 08:00 UTC, instead of @alice.");
    assert!(!world.slack().has_written_to("charlie"), "his shifts are what they were");
    let (_, answer) = world.gets_api("oncall").await;
    assert_eq!(answer["primary"], "bob", "{answer}");

    world.restart().await;
    let outcomes = world.reads_anew(rota("bob, alice, charlie, diana, eve")).await;
    assert_eq!(outcomes, [Outcome::Same]);
    assert_eq!(world.slack().dm("bob").count(told), 1, "once");
    assert_eq!(world.slack().room(ADMINS).count("The configuration was reloaded"), 1);
    world.types("bob", ROOM, "/incident ack").await;
});

scenario!(
    a_rota_that_changed_while_the_service_was_down_is_told_when_it_is_back,
    async |world: &mut World| {
        world.settle().await;
        world.dies().await;
        world.will_read(rota("bob, alice, charlie, diana, eve"));
        world.starts().await;
        world.slack().dm("bob").reads("*You are on call* 2026-11-20 03:00 UTC to 2026-11-23 08:00 UTC");
        assert!(!world.slack().has_written_to("charlie"));
    }
);

scenario!(a_faulty_file_changes_nothing_and_is_told_with_its_faults, async |world: &mut World| {
    world.may_log("the configuration cannot be used");
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    let bad = faulty().with("colour", "red");
    let outcomes = world.reads_anew(bad.clone()).await;
    assert!(
        matches!(outcomes.as_slice(), [Outcome::Refused(refused)] if refused.faults.len() == 2),
        "{outcomes:?}"
    );
    let told = world.slack().room(ADMINS).text().join("\n");
    assert!(
        told.contains("The configuration cannot be used. The one before stays in force. 2 faults:"),
        "{told}"
    );
    assert!(
        told.contains(
            "default_schedule: `platfrom` is not defined under `schedules`; did you mean platform?"
        ),
        "{told}"
    );
    assert!(told.contains("colour: is not a known key"), "{told}");
    assert!(told.contains("dontpanic.yaml:"), "with its place: {told}");
    // The same file says nothing new.
    world.reads_anew(bad).await;
    assert_eq!(world.slack().room(ADMINS).count("cannot be used"), 1);
    // The ladder goes on by the rules of before.
    world.advance(15.minutes()).await;
    assert_eq!(world.paged(1).await, ["alice", "bob"]);

    let outcomes = world.reads_anew(house()).await;
    is_reloaded(&outcomes);
    world.slack().room(ADMINS).reads("The configuration file is in order again. Nothing has changed.");
    assert_eq!(world.reads_anew(house()).await, [Outcome::Same]);
    world.reads_anew(faulty()).await;
    assert_eq!(world.slack().room(ADMINS).count("cannot be used"), 2, "bad again is news");
    world.types("alice", ROOM, "/incident ack").await;
});

scenario!(what_needs_a_restart_is_named_once_and_the_rest_is_in_force, async |world: &mut World| {
    world.may_log("needs a restart");
    let other =
        house().with("listen", "127.0.0.1:2").with("admins", "[alice, bob]").with("log", "{level: debug}");
    is_reloaded(&world.reads_anew(other.clone()).await);
    let admins = world.slack().room(ADMINS).text().join("\n");
    assert!(admins.contains("• `admins` changed"), "{admins}");
    assert!(admins.contains("`listen`, `log` need a restart."), "{admins}");
    world.reads_anew(other.with("admins", "[alice, bob, eve]")).await;
    assert_eq!(world.slack().room(ADMINS).count("need a restart"), 1);
});

scenario!(tokens_are_exchanged_without_a_restart_and_never_told, async |world: &mut World| {
    world.may_log("a webhook was refused");
    let body = alert("DiskFull").delivery(world.now());
    let (status, _) = world.alertmanager().tries("main", "Bearer a-webhook-token", body.clone()).await;
    assert_eq!(status, 200);
    let other = house().with("alertmanagers", "{main: {webhook_token: another-secret}}").with(
        "api_tokens",
        "[{name: ci, token: yet-another, scope: act}, {name: grafana, token: its-own, scope: read}]",
    );
    is_reloaded(&world.reads_anew(other).await);
    let (status, _) = world.alertmanager().tries("main", "Bearer a-webhook-token", body.clone()).await;
    assert_eq!(status, 401, "the old one lets nobody in");
    let (status, _) = world.alertmanager().tries("main", "Bearer another-secret", body).await;
    assert_eq!(status, 200);
    assert_eq!(world.asks("/api/v1/incidents", "yet-another").await.0, 200);
    let admins = world.slack().room(ADMINS).text().join("\n");
    assert!(admins.contains("• `api_tokens`: grafana added; ci changed"), "{admins}");
    assert!(admins.contains("• `alertmanagers`: main changed"), "{admins}");
    for secret in ["another-secret", "yet-another", "its-own"] {
        assert!(!admins.contains(secret), "{admins}");
    }
    world.types("alice", "incidents", "/incident ack INC-1").await;
});

scenario!(whoever_leaves_the_configuration_silences_nothing, async |world: &mut World| {
    world.may_log("an override does not count");
    world.may_log("page was not accepted");
    world.may_log("worth knowing about the configuration");
    world.types("eve", "incidents", "/oncall take 3h").await;
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    assert_eq!(world.paged(1).await, ["eve"]);
    let left = rota("alice, bob, charlie, diana")
        .with("people", &people(&[("alice", "U0A"), ("bob", "U0B"), ("charlie", "U0C"), ("diana", "U0D")]))
        .with("roles", "{incident_commander: [person:diana], management: [person:diana]}");
    is_reloaded(&world.reads_anew(left).await);
    assert_eq!(world.paged(1).await, ["eve", "alice"], "the rotation counts, at once");
    let admins = world.slack().room(ADMINS).text().join("\n");
    assert!(admins.contains("`people`: eve removed"), "{admins}");
    assert!(admins.contains("override 1 does not count any more: `eve` is not under `people`"), "{admins}");
    world.slack().dm("eve").reads("The configuration of *platform* has changed");
    world.advance(15.minutes()).await;
    assert_eq!(world.paged(1).await, ["eve", "alice", "bob"], "and the ladder climbs on");
    world.types("bob", ROOM, "/incident ack").await;
    world.may_give_up();
});

scenario!(
    a_schedule_that_is_gone_is_told_once_however_many_incidents_are_on_it,
    async |world: &mut World| {
        let schedules = "\n  platform: {rotation: {every: 1w, start: 2026-11-16, people: [alice, bob]}}\n  \
                     nights: {rotation: {every: 1w, start: 2026-11-16, people: [charlie, diana]}}";
        let services = "{checkout: {schedule: nights}, search: {schedule: nights}}";
        is_reloaded(&world.reads_anew(house().with("schedules", schedules).with("services", services)).await);
        for (name, service) in [("HighErrorRate", "checkout"), ("Down", "search"), ("Slow", "search")] {
            world.alertmanager().fires(alert(name).service(service)).await;
        }
        world.may_log("");
        is_reloaded(&world.reads_anew(house()).await);
        world.advance(2.hours()).await;
        for n in 1..=3 {
            assert!(
                world.paged(n).await.contains(&"alice".to_owned()),
                "INC-{n}: {:?}",
                world.paged(n).await
            );
            let gone = world.timeline_text(n).await;
            assert!(gone.contains("nights"), "each incident knows it: {gone}");
        }
        let told = world.slack().room(ADMINS).count("is no longer configured");
        assert_eq!(told, 1, "{}", world.slack().room(ADMINS).text().join("\n"));
        for n in 1..=3 {
            world.types("alice", "incidents", &format!("/incident ack INC-{n}")).await;
        }
        world.may_give_up();
    }
);

scenario!(a_policy_and_a_schedule_that_vanish_leave_the_ladder_climbing, async |world: &mut World| {
    let schedules = "\n  platform: {rotation: {every: 1w, start: 2026-11-16, people: [alice, bob]}}\n  \
                     nights: {rotation: {every: 1w, start: 2026-11-16, people: [charlie, diana]}}";
    let escalation = "{nights: [{page: [primary], wait: 15m}, {page: [secondary], wait: 15m}]}";
    let services = "{checkout: {schedule: nights, escalation: {P2: nights}}}";
    let two = house().with("schedules", schedules).with("escalation", escalation).with("services", services);
    is_reloaded(&world.reads_anew(two).await);
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    assert_eq!(world.paged(1).await, ["charlie"]);
    // Both go, and the service with them.
    world.may_log("");
    is_reloaded(&world.reads_anew(house()).await);
    world.slack().dm("charlie").reads("The schedule *nights* is not in the configuration any more.");
    let n_before = world.ledger(1).await.len();
    world.advance(2.hours()).await;
    let ledger = world.ledger(1).await;
    assert!(ledger.len() > n_before, "somebody is still paged: {:?}", world.paged(1).await);
    assert!(world.paged(1).await.contains(&"alice".to_owned()), "{:?}", world.paged(1).await);
    world.types("alice", ROOM, "/incident ack").await;
    world.may_give_up();
});

const BROKEN: &str = "---\nalerts: [\n---\n# Disk full\n";
const GOOD: &str =
    "---\nalerts: [DiskFull]\n---\n# Disk full\n\n## Diagnosis Steps\n\n1. Look at the disk.\n";

scenario!(runbooks_are_read_anew_and_a_broken_one_stays_as_it_was, async |world: &mut World| {
    world.may_log("worth knowing about the configuration");
    world.may_log("a document cannot be used as it is");
    world.writes("runbooks/disk-full.md", GOOD);
    is_reloaded(&world.reads_anew(house()).await);
    let admins = world.slack().room(ADMINS).text().join("\n");
    assert!(admins.contains("`runbooks`: disk-full added; high-cpu-memory, "), "{admins}");
    world.writes("templates/p1.md.hbs", "# {{incident.title}}\n{{section \"summary\"}}\n");
    is_reloaded(&world.reads_anew(house()).await);
    world.slack().room(ADMINS).reads("`post-mortem templates`: p1 added");

    world.writes("templates/p1.md.hbs", "# {{incident.nonsense}}\n");
    let outcomes = world.reads_anew(house()).await;
    let [Outcome::Reloaded(reloaded)] = outcomes.as_slice() else { panic!("{outcomes:?}") };
    assert!(reloaded.changes.is_empty(), "the good one is still in use: {reloaded:?}");
    let remark = reloaded.remarks.iter().find(|remark| remark.contains("nonsense"));
    assert!(remark.is_some_and(|remark| remark.contains("p1.md.hbs:1: ")), "{reloaded:?}");
    world.slack().room(ADMINS).reads("there is no value `incident.nonsense`");
    world.writes("runbooks/disk-full.md", BROKEN);
    world.reads_anew(house()).await;
    world.alertmanager().fires(alert("DiskFull").service("checkout")).await;
    world.slack().dm("alice").reads("Look at the disk.");
    world.types("alice", "incidents", "/incident ack INC-1").await;
});

scenario!(a_hole_is_told_in_the_night_and_not_again_until_it_was_mended, async |world: &mut World| {
    world.may_log("worth knowing about the configuration");
    world.settle().await;
    let gone = "\n  alice: {slack: U0A, contact: [slack]}\n  bob: {slack: U0GONE, contact: [slack]}\n  \
                charlie: {slack: U0C, contact: [slack]}\n  diana: {slack: U0D, contact: [slack]}\n  \
                eve: {slack: U0E, contact: [slack]}";
    is_reloaded(&world.reads_anew(house().with("people", gone)).await);
    let told = "schedules.platform: bob is on call, has no contact method but slack, and slack knows nobody of the id U0GONE";
    world.slack().room(ADMINS).reads(told);
    world.advance((3 * 24).hours()).await;
    assert_eq!(world.slack().room(ADMINS).count(told), 1, "not every night");
    is_reloaded(&world.reads_anew(house()).await);
    assert_eq!(world.slack().room(ADMINS).count(told), 1);
    is_reloaded(&world.reads_anew(house().with("people", gone)).await);
    assert_eq!(world.slack().room(ADMINS).count(told), 2, "it was mended and is back");
    world.may_give_up();
    world.may_log("");
});

scenario!(somebody_whom_slack_deactivates_is_a_hole_from_the_next_night_on, async |world: &mut World| {
    let only_slack = "\n  alice: {slack: U0A, contact: [slack]}\n  bob: {slack: U0B, contact: [slack]}\n  \
                      charlie: {slack: U0C, contact: [slack]}\n  diana: {slack: U0D, contact: [slack]}\n  \
                      eve: {slack: U0E, contact: [slack]}";
    world.may_log("worth knowing about the configuration");
    is_reloaded(&world.reads_anew(house().with("people", only_slack)).await);
    let mut charlie =
        world.workspace().users().into_iter().find(|user| user.id == "U0C").expect("he is there");
    charlie.deleted = true;
    world.workspace().put_user(charlie);
    world.settle().await;
    world.slack().room(ADMINS).never_reads("Pages ahead would reach nobody");
    // Three in the morning in Paris.
    world.advance_to("2026-11-21T01:59:59Z".parse().expect("a time")).await;
    world.slack().room(ADMINS).never_reads("Pages ahead would reach nobody");
    world.advance(1.seconds()).await;
    world.slack().room(ADMINS).reads("slack has deactivated U0C");
});

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_tell_once() {
    World::plays_on_two(house(), TestDatabase::postgres().await, async |world: &mut World| {
        world.may_log("the configuration cannot be used");
        world.settle().await;
        let outcomes = world.reads_anew(rota("bob, alice, charlie, diana, eve")).await;
        assert_eq!(outcomes.len(), 2);
        assert_eq!(outcomes[0], outcomes[1], "both have it");
        world.advance(1.minutes()).await;
        assert_eq!(world.slack().room(ADMINS).count("The configuration was reloaded"), 1);
        assert_eq!(world.slack().dm("bob").count("The configuration of *platform* has changed"), 1);
        world.reads_anew(faulty()).await;
        assert_eq!(world.slack().room(ADMINS).count("cannot be used"), 1);
        world.reads_anew(rota("alice, bob, charlie, diana, eve")).await;
        assert_eq!(world.slack().room(ADMINS).count("The configuration was reloaded"), 2);
        assert_eq!(world.slack().dm("bob").count("The configuration of *platform* has changed"), 2);
        let (status, answer) = world.asks_api("incidents", json!({"title": "x", "severity": "P4"})).await;
        assert_eq!(status, 201, "{answer}");
    })
    .await;
}
