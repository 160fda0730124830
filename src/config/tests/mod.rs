//! Whole files in, configurations or faults out.

use std::fmt::Write as _;
use std::path::Path;

use chrono::{Duration, NaiveDate, NaiveTime, Weekday};
use proptest::prelude::*;

use super::*;
use crate::domain::house::{ChannelWhen, PageWhen};
use crate::domain::on_call::{Every, Restriction, SecondaryRule};
use crate::domain::severity::Severity;
use crate::ids::PolicyId;

mod faults;

/// The smallest valid file.
const SMALLEST: &str = "\
slack: {bot_token: ${BOT}, app_token: xapp-1}
alertmanagers: {main: {webhook_token: word}}
default_schedule: platform
people: {alice: {slack: U0A}}
schedules: {platform: {rotation: {people: [alice]}}}
";

fn environment(name: &str) -> Option<String> {
    match name {
        "BOT" => Some("xoxb-1".to_owned()),
        "EMPTY" => Some(String::new()),
        "BRACES" => Some("{a: [b, ${BOT}]} # $$".to_owned()),
        "CI_TOKEN"
        | "AM_TOKEN"
        | "SLACK_SIGNING_SECRET"
        | "PD_KEY"
        | "PD_SECRET"
        | "TWILIO_TOKEN"
        | "STATUSPAGE_KEY"
        | "GITHUB_TOKEN" => Some(format!("{name}-value")),
        "SLACK_BOT_TOKEN" => Some("xoxb-2".to_owned()),
        "SLACK_APP_TOKEN" => Some("xapp-2".to_owned()),
        "SMTP_URL" => Some("smtps://user:password@mail.example.com:465".to_owned()),
        _ => None,
    }
}

fn read(text: &str) -> Result<Loaded, Faults> {
    Config::read(text.as_bytes(), Path::new("c.yaml"), &environment)
}

fn faults(text: &str) -> String {
    read(text).map_or_else(|faults| faults.to_string(), |_| "no fault".to_owned())
}

/// The smallest file with more lines; they begin on line 6.
fn with(more: &str) -> String {
    format!("{SMALLEST}{more}")
}

/// The smallest file with one line replaced.
fn replaced(key: &str, line: &str) -> String {
    SMALLEST.lines().fold(String::new(), |mut text, original| {
        let chosen = if original.starts_with(key) { line } else { original };
        let _infallible = writeln!(text, "{chosen}");
        text
    })
}

#[test]
fn restricted_hours_are_read() {
    let clock = |hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap();
    let list = "[{days: [Fri, Mon], from: 09:00, to: 18:00}, {days: sat, from: 22:00, to: 02:00}, {from: 0:00, to: 0:00}]";
    let schedules =
        format!("schedules: {{platform: {{rotation: {{people: [alice]}}, restrictions: {list}}}}}");
    let Loaded { config, .. } = read(&replaced("schedules", &schedules)).unwrap();
    let found = &config.house.schedules[&config.house.default_schedule].restrictions;
    let hours =
        |days: &[Weekday], from, to| Restriction { days: days.to_vec(), from: clock(from), to: clock(to) };
    let week =
        [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];
    let expected =
        [hours(&[Weekday::Mon, Weekday::Fri], 9, 18), hours(&[Weekday::Sat], 22, 2), hours(&week, 0, 0)];
    assert_eq!(*found, expected);
}

#[test]
fn the_smallest_file_has_every_default() {
    let Loaded { config, notes, .. } = read(SMALLEST).unwrap();
    let house = &config.house;
    assert_eq!(config.slack.bot_token.expose(), "xoxb-1");
    assert_eq!(config.slack.commands.incident, "/incident");
    assert_eq!(config.slack.announce_channel, "incidents");
    assert_eq!(config.listen.port(), 8080);
    assert!(matches!(&config.database, DatabaseUrl::Sqlite(path) if path == Path::new("data/dontpanic.db")));
    assert_eq!(config.postmortems.remind_at, [Duration::hours(24), Duration::hours(44)]);

    let schedule = &house.schedules[&house.default_schedule];
    assert_eq!(schedule.timezone, chrono_tz::UTC);
    assert_eq!(schedule.rotation.every, Every::Weeks(1));
    assert_eq!(schedule.rotation.start, NaiveDate::from_ymd_opt(1970, 1, 5).unwrap());
    assert_eq!(
        (schedule.handoff_day, schedule.handoff_time),
        (Weekday::Mon, NaiveTime::from_hms_opt(9, 0, 0).unwrap())
    );
    assert_eq!(schedule.business_hours.days.len(), 5);
    assert_eq!(schedule.secondary, SecondaryRule::Next);
    assert_eq!(schedule.restrictions, []);

    let policies: Vec<(&str, usize)> =
        house.policies.iter().map(|(id, policy)| (id.as_str(), policy.steps.len())).collect();
    assert_eq!(
        policies,
        [("critical", 2), ("default", 2), ("primary", 1)],
        "steps of unheld roles are left out"
    );
    let p4 = &house.severities[&Severity::P4];
    assert_eq!(
        (p4.page, p4.channel, p4.ticket, p4.ack_target),
        (PageWhen::Never, ChannelWhen::Never, true, None)
    );
    assert_eq!(house.severities[&Severity::P1].escalation, Some(PolicyId::from("critical")));
    assert_eq!(house.times.storm_threshold, Some(10));

    let notes: Vec<String> = notes.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(notes.join("\n"), @r"
    c.yaml: roles.incident_commander: nobody holds this role, so it is left out of step 1 of `critical` and of step 3 of `default`; add it as incident_commander: [person:…]
    c.yaml: roles.management: nobody holds this role, so it is left out of step 3 of `critical` and of step 4 of `default`; add it as management: [person:…]
    c.yaml:4: people.alice.contact: alice may be paged, but only by slack, which cannot wake someone who sleeps
    c.yaml:5: schedules.platform.rotation: has one person, so there is no secondary: steps that page the secondary are skipped
    ");
}

#[test]
fn the_example_is_complete_and_fine() {
    let file = Path::new("dontpanic.example.yaml");
    let loaded = Config::read(Config::example().as_bytes(), file, &environment);
    let Loaded { config, notes, .. } = loaded.unwrap_or_else(|faults| panic!("{faults}"));
    assert_eq!(config.house.people.len(), 5);
    assert_eq!(config.house.severity_rules.len(), 2);
    assert_eq!(config.house.policies[&"default".into()].steps.len(), 4);
    assert!(config.pagerduty.is_some() && config.tickets.is_some() && config.compensation.is_some());
    assert_eq!(config.compensation.map(|c| c.weekend.time_off), Some(Hundredths(150)));
    assert!(notes.iter().all(|note| note.kind != NoteKind::Hole), "{notes:?}");
}

/// What the example says to be the default is the default: the sections without secrets may be left out.
#[test]
fn the_example_shows_the_defaults() {
    let example =
        Config::read(Config::example().as_bytes(), Path::new("c.yaml"), &environment).unwrap().config;
    let roles = "roles: {incident_commander: [person:alice], management: [person:alice]}\n";
    let smallest = read(&with(roles)).unwrap().config;
    assert_eq!(example.house.severities, smallest.house.severities);
    assert_eq!(example.house.times, smallest.house.times);
    assert_eq!(example.house.policies, smallest.house.policies);
    assert_eq!(example.house.non_production, smallest.house.non_production);
    assert_eq!(example.house.service_labels, smallest.house.service_labels);
    assert_eq!(example.slack.commands, smallest.slack.commands);
    assert_eq!(example.postmortems, smallest.postmortems);
    assert_eq!(example.runbooks_dir, smallest.runbooks_dir);
    assert_eq!(example.log, smallest.log);
    assert_eq!(example.listen, smallest.listen);
    assert_eq!(example.ntfy.url, smallest.ntfy.url);
}

#[test]
fn scalars_are_read_as_written() {
    let text =
        replaced("people", "people: {no: {slack: U0A, phone: +33600000001}, 0755: {slack: U0B, phone: ~}}")
            .replace("[alice]", "[no, 0755]")
            + "admins: [0755]\nnon_production: [no, 1e3, 18:00, \"~\", \"$$x${EMPTY:-y}$\"]\n";
    let house = read(&text).unwrap().config.house;
    assert_eq!(house.people[&"no".into()].phone.as_deref(), Some("+33600000001"));
    assert_eq!(house.people[&"0755".into()].phone, None);
    assert_eq!(house.admins, ["0755".into()]);
    assert_eq!(house.non_production, ["no", "1e3", "18:00", "~", "$xy$"]);
}

#[test]
fn a_variable_never_becomes_structure() {
    let text = with(
        "non_production: [${BRACES}, a${BOT}b, 'it: ${NONE:-a b}', '$${x}', ${EMPTY:-${x}, '\u{e000}0\u{e001}']\n",
    );
    let words = read(&text).unwrap().config.house.non_production;
    assert_eq!(words, ["{a: [b, ${BOT}]} # $$", "axoxb-1b", "it: a b", "${x}", "${x", "\u{e000}0\u{e001}"]);
}

#[test]
fn secrets_come_from_files_and_are_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("token"), "xoxb-from a file\r\n").unwrap();
    std::fs::write(folder.path().join("empty"), "\n").unwrap();
    let load = |slack: &str| {
        std::fs::write(folder.path().join("c.yaml"), replaced("slack", slack)).unwrap();
        let shown = folder.path().display().to_string();
        Config::load(&folder.path().join("c.yaml"), &environment)
            .map_err(|faults| faults.to_string().replace(&shown, ""))
    };
    let config = load("slack: {bot_token_file: token, app_token: xapp-${BOT}}").unwrap().config;
    assert_eq!(config.slack.bot_token.expose(), "xoxb-from a file");
    assert!(!format!("{config:?}").contains("xoxb"), "{config:?}");
    insta::assert_snapshot!(
        load("slack: {bot_token_file: none, bot_token: x, app_token_file: none}").unwrap_err(), @r"
    /c.yaml:1: slack.app_token_file: cannot read /none: No such file or directory (os error 2); create the file, or let this user read it
    /c.yaml:1: slack.bot_token_file: is given beside `bot_token`; keep one of the two
    ");
    insta::assert_snapshot!(load("slack: {bot_token_file: empty, app_token: [x]}").unwrap_err(), @r"
    /c.yaml:1: slack.app_token: must be a single value; remove the brackets or the keys below it
    /c.yaml:1: slack.bot_token_file: /empty is empty; write the secret into it
    ");
}

#[test]
fn a_missing_file_is_one_fault() {
    let faults = Config::load(Path::new("/nowhere/c.yaml"), &environment).unwrap_err();
    insta::assert_snapshot!(faults, @r"
    /nowhere/c.yaml: cannot be read: No such file or directory (os error 2); name another with `-c`, or begin with a copy of dontpanic.example.yaml
    ");
}

#[test]
fn a_zero_switches_off() {
    let text = with(
        "incidents: {resolve_after: 0s, archive_after: 0s}\npostmortems: {due_after: 0s, remind_at: [0s]}\n\
         severities: {p2: ~, P2: {ack_target: 0s, page: business_hours}}\n",
    )
    .replace("p2: ~, ", "")
    .replace("token: word", "token: word, reconcile_every: 0s, heartbeat: {timeout: 0s}");
    let config = read(&text).unwrap().config;
    assert_eq!((config.house.times.resolve_after, config.house.times.archive_after), (None, None));
    assert_eq!((config.postmortems.due_after, config.postmortems.remind_at.len()), (None, 0));
    assert_eq!(config.house.severities[&Severity::P2].ack_target, None);
    let source = &config.alertmanagers[&"main".into()];
    assert_eq!(
        (source.reconcile_every, source.heartbeat.timeout, source.heartbeat.matchers.len()),
        (None, None, 1)
    );
}

#[test]
fn storms_begin_at_a_number_that_can_be_reached_or_never() {
    for (word, threshold) in [("2", Some(2)), ("1000", Some(1000)), ("1001", None), ("0", None)] {
        let config = read(&with(&format!("incidents: {{storm_threshold: {word}}}\n"))).unwrap().config;
        assert_eq!(config.house.times.storm_threshold, threshold, "{word}");
    }
}

#[test]
fn notes_name_holes_advice_and_what_is_not_in_use() {
    let text = replaced("people", "people: {alice: {contact: [slack, sms]}, bob: {slack: U0B, webhook: https://x.example, contact: [webhook]}}")
        .replace("[alice]", "[alice, bob]")
        .replace("xapp-1", "xoxb-1")
        .replace("webhook_token: word", "webhook_auth: none, url: http://am:9093");
    let notes =
        read(&(text + "public_url: https://x.example\ntickets: {webhook: {url: https://x.example}}\n"))
            .unwrap()
            .notes;
    let notes: Vec<String> = notes.iter().map(|note| format!("{:?} {note}", note.kind)).collect();
    insta::assert_snapshot!(notes.join("\n"), @r"
    Advice c.yaml: roles.incident_commander: nobody holds this role, so it is left out of step 1 of `critical` and of step 3 of `default`; add it as incident_commander: [person:…]
    Advice c.yaml: roles.management: nobody holds this role, so it is left out of step 3 of `critical` and of step 4 of `default`; add it as management: [person:…]
    Advice c.yaml:1: slack.app_token: does not begin with `xapp-`: is it the right token?
    Advice c.yaml:2: alertmanagers.main.webhook_auth: anybody who reaches the port can open incidents and wake people
    Hole c.yaml:4: people.alice.contact: lists slack, but alice has no `slack`
    Hole c.yaml:4: people.alice.contact: lists sms, but alice has no `phone`
    Hole c.yaml:4: people.alice.contact: lists sms, but nothing sends it: there is no `twilio`
    Hole c.yaml:4: people.alice.contact: alice may be paged, but no listed method can reach them
    Advice c.yaml:5: schedules.platform.rotation.start: is not given, so turns are counted from Monday 1970-01-05; set it to the first day of the first person's turn
    NotYetInUse c.yaml:7: tickets: not yet in use
    ");
}

#[test]
fn aliases_are_copied_within_bounds() {
    let shared = SMALLEST.replace("{alice: {slack: U0A}}", "{alice: &a {slack: U0A}, bob: *a}");
    assert!(
        faults(&shared).contains("people.bob.slack: `alice` has the same Slack user"),
        "{}",
        faults(&shared)
    );
    let bomb = (1..12).fold("a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned(), |mut text, n| {
        let _infallible = writeln!(text, "a{n}: &a{n} [{}]", vec![format!("*a{}", n - 1); 9].join(", "));
        text
    });
    assert_eq!(faults(&bomb), "c.yaml:6: the file has too many values; use fewer aliases");
    assert_eq!(faults("a: &a [*a]"), "c.yaml:1: an alias refers to what it is part of; write the value out");
    assert_eq!(faults(&"[".repeat(100)), "c.yaml:1: values are nested too deeply; use fewer brackets");
}

proptest! {
    #[test]
    fn nothing_panics_on_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _either = Config::read(&bytes, Path::new("c.yaml"), &environment);
    }

    #[test]
    fn nothing_panics_on_what_looks_like_yaml(text in "([-:?\\[\\]{}#&*!|>'\"%@`,~$ \t\na-c0\u{e000}é]|\\$\\{|people|slack){0,60}") {
        let _either = read(&text);
    }

    #[test]
    fn nothing_panics_on_a_damaged_example(at in 0usize..18_000, damage in "[-:\\[\\]{}&*'\"\n ]{0,4}") {
        let mut text: Vec<char> = Config::example().chars().collect();
        let at = at.min(text.len());
        text.splice(at..(at + 2).min(text.len()), damage.chars());
        let _either = read(&text.into_iter().collect::<String>());
    }
}
