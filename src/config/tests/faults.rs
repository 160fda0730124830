//! Bad files and exactly what is said about them.

use super::{faults, replaced, with};

/// Each case begins with what was added to, or replaced in, the smallest file.
fn all(cases: &[(&str, String)]) -> String {
    let told: Vec<String> = cases.iter().map(|(name, text)| format!("# {name}\n{}", faults(text))).collect();
    told.join("\n")
}

fn added(lines: &[&'static str]) -> String {
    let cases: Vec<(&str, String)> = lines.iter().map(|line| (*line, with(&format!("{line}\n")))).collect();
    all(&cases)
}

#[test]
fn several_faults_come_at_once_in_line_order() {
    let text = "\
slack:
  mode: sockets
  bot_token: ${NOT_SET}
  admin_chanel: x
  commands: {incident: incident}
alertmanagers:
  a/b: {webhook_token: x}
  main:
    webhook_token: ''
people:
  alice: {slack: U0A, phone: 0612345678}
  alice: {slack: U0B}
  bob: {slack: U0A, email: nowhere, contact: [slack, pigeon]}
schedules:
  platform:
    timezone: Mars/Olympus
    rotation: {every: 90m, start: 2026-02-30, people: [alise]}
  empty: {rotation: {people: []}}
default_schedule: plattform
admins: [carol]
";
    insta::assert_snapshot!(faults(text), @r"
    c.yaml:2: slack.mode: `sockets` is not possible here; did you mean socket?
    c.yaml:3: slack.bot_token: the environment variable NOT_SET is not set; set it, or give a default: ${NOT_SET:-…}
    c.yaml:4: slack.admin_chanel: is not a known key; did you mean admin_channel?
    c.yaml:5: slack.commands.incident: `incident` is not a slash command; begin it with `/`, without spaces: /incident
    c.yaml:7: alertmanagers.a/b: this name cannot stand in the path of a webhook; use letters, digits, `-`, `_` and `.` only
    c.yaml:8: alertmanagers.main: `webhook_token` is empty; give `webhook_token`, `webhook_basic: {user, password}`, or `webhook_auth: none`
    c.yaml:11: people.alice.phone: this is not an international telephone number; write + and digits without spaces: +33600000001
    c.yaml:12: people.alice: is given twice, first on line 11; keep one of them
    c.yaml:13: people.bob.contact[1]: `pigeon` is not possible here; write slack, sms, voice, email, ntfy or webhook
    c.yaml:13: people.bob.email: this is not a mail address; write it as name@example.com
    c.yaml:13: people.bob.slack: `alice` has the same Slack user; give each person their own id
    c.yaml:16: schedules.platform.timezone: `Mars/Olympus` is not a time zone; write an IANA name such as Europe/Paris or UTC
    c.yaml:17: schedules.platform.rotation.every: `90m` is not the length of a turn; write whole days or weeks: 1d, 1w, 2w
    c.yaml:17: schedules.platform.rotation.people[0]: `alise` is not defined under `people`; did you mean alice?
    c.yaml:17: schedules.platform.rotation.start: `2026-02-30` is not a date; write year, month and day: 2026-01-05
    c.yaml:18: schedules.empty.rotation.people: nobody takes a turn; list at least one person
    c.yaml:19: default_schedule: `plattform` is not defined under `schedules`; did you mean platform?
    c.yaml:20: admins[0]: `carol` is not defined under `people`; add it there, or use alice or bob
    ");
}

#[test]
fn an_empty_file_lacks_everything() {
    insta::assert_snapshot!(faults("# nothing\n"), @r"
    c.yaml:1: alertmanagers: is missing; add `alertmanagers:` with its value
    c.yaml:1: default_schedule: is missing; add `default_schedule:` with its value
    c.yaml:1: people: is missing; add `people:` with its value
    c.yaml:1: schedules: is missing; add `schedules:` with its value
    c.yaml:1: slack: is missing; add `slack:` with its value
    ");
}

#[test]
fn what_is_not_yaml_has_a_line() {
    insta::assert_snapshot!(all(&[
        ("tab", "slack:\n\tmode: socket\n".to_owned()),
        ("open", "slack: {mode: socket\npeople: x\n".to_owned()),
        ("second document", "slack: {}\n---\nslack: {}\n".to_owned()),
        ("tag", "slack: !env X\n".to_owned()),
        ("key", "? [a]\n: b\n".to_owned()),
        ("list", "- a\n".to_owned()),
        ("unknown anchor", "a: *b\n".to_owned()),
    ]), @r"
    # tab
    c.yaml:2: this is not YAML: tabs disallowed within this context (block indentation); indent with spaces, and quote what has special characters
    # open
    c.yaml:2: this is not YAML: while parsing a flow mapping, did not find expected ',' or '}'; indent with spaces, and quote what has special characters
    # second document
    c.yaml:2: a second document begins here; keep one document, without `---` inside
    # tag
    c.yaml:1: a value has a tag (`!`); remove it, or quote it
    # key
    c.yaml:1: a key is a list or a mapping; write the key as one word
    # list
    c.yaml:1: must have keys below it; write `key: value` lines, indented, or {key: value}
    # unknown anchor
    c.yaml:1: this is not YAML: while parsing node, found unknown anchor; indent with spaces, and quote what has special characters
    ");
}

#[test]
fn words_must_mean_something() {
    insta::assert_snapshot!(added(&[
        "listen: 8080",
        "public_url: dontpanic.example.com",
        "timezone: Europe/Pariss",
        "database: mysql://user:hunter2@db/x",
        "log: {format: text, level: warning}",
        "incidents: {resolve_after: 10, reopen_within: soon, storm_threshold: 1, nudge_after: 99999w}",
        "api_tokens: [{name: ci, token: a}, {name: ci, token: b, scope: write}]",
        "heartbeat_ping: ftp://x",
        "compensation: {currency: euro, week: 1.234, night: {from: 25:00}}",
        "postmortems: {due_after: 24h, remind_at: [48h]}",
        "timezone: ${1}",
        "timezone: UTC\ntimezone: UTC",
    ]), @r"
    # listen: 8080
    c.yaml:6: listen: `8080` is not an address and a port; write it as 0.0.0.0:8080 or [::]:8080
    # public_url: dontpanic.example.com
    c.yaml:6: public_url: this is not an http or https URL; write it whole: https://example.com/path
    # timezone: Europe/Pariss
    c.yaml:6: timezone: `Europe/Pariss` is not a time zone; did you mean Europe/Paris?
    # database: mysql://user:hunter2@db/x
    c.yaml:6: database: this is neither a SQLite nor a PostgreSQL database; write sqlite://data/dontpanic.db or postgres://user:password@host/database
    # log: {format: text, level: warning}
    c.yaml:6: log.format: `text` is not possible here; write json or pretty
    c.yaml:6: log.level: `warning` is not possible here; write error, warn, info, debug or trace
    # incidents: {resolve_after: 10, reopen_within: soon, storm_threshold: 1, nudge_after: 99999w}
    c.yaml:6: incidents.nudge_after: `99999w` is longer than ten years; write a number with a unit: 90s, 15m, 2h, 7d, 1w
    c.yaml:6: incidents.reopen_within: `soon` is not a duration; write a number with a unit: 90s, 15m, 2h, 7d, 1w
    c.yaml:6: incidents.resolve_after: `10` has no unit; write 10s for seconds, 10m for minutes, 10h for hours or 10d for days
    c.yaml:6: incidents.storm_threshold: `1` is not a whole number from 2 on; write digits only
    # api_tokens: [{name: ci, token: a}, {name: ci, token: b, scope: write}]
    c.yaml:6: api_tokens[1]: another token is called `ci`; give each token a name of its own
    c.yaml:6: api_tokens[1].scope: `write` is not possible here; write read or act
    # heartbeat_ping: ftp://x
    c.yaml:6: heartbeat_ping: this is not an http or https URL; write it whole: https://example.com/path
    # compensation: {currency: euro, week: 1.234, night: {from: 25:00}}
    c.yaml:6: compensation.currency: `euro` is not a currency; write its three letters: EUR
    c.yaml:6: compensation.night.from: `25:00` is not a time of day; write hours and minutes from 00:00 to 23:59
    c.yaml:6: compensation.week: `1.234` is not an amount; write a number such as 150 or 1.5
    # postmortems: {due_after: 24h, remind_at: [48h]}
    c.yaml:6: postmortems.remind_at[0]: `48h` is not before the post-mortem is due; remind earlier than `due_after`
    # timezone: ${1}
    c.yaml:6: timezone: a `${` is not followed by a variable's name and `}`; write `$$` for a dollar
    # timezone: UTC
    timezone: UTC
    c.yaml:7: timezone: is given twice, first on line 6; keep one of them
    ");
}

#[test]
fn names_must_lead_somewhere() {
    insta::assert_snapshot!(added(&[
        "escalation: {default: [{page: [alice], wait: 15m}, {page: [person:bob, schedule:x, secundary]}]}",
        "escalation: {a: [], b: [{page: [], wait: 1m}], c: [{page: [primary], wait: 0s}], d: [{page: [role:x], wait: 1m}]}",
        "roles: {a: [role:b], b: [person:alice]}",
        "severities: {P1: {escalation: crtical}, P4: {page: always}, P5: {page: never}}",
        "severity_rules: [{match: [alertname, 'x=~\"(\"'], severity: bad, tier: 0}, {name: x}]",
        "services: {a: {schedule: b, escalation: {P2: c}, dashboards: [{title: x, url: /y}], slos: [{name: x, objective: 100}]}}",
        "statuspage: {page_id: x, api_key: y, components: {a: b}}",
        "tickets: {github: {repo: x, token: y}, webhook: {url: https://x.example}}",
        "pagerduty: {routing_key: x}",
        "smtp: {url: 'mail:25', from: x}",
    ]), @r#"
    # escalation: {default: [{page: [alice], wait: 15m}, {page: [person:bob, schedule:x, secundary]}]}
    c.yaml:6: escalation.default[0].page[0]: `alice` is nobody who can be paged; did you mean person:alice?
    c.yaml:6: escalation.default[1].page[0]: `bob` is not defined under `people`; add it there, or use alice
    c.yaml:6: escalation.default[1].page[1]: `x` is not defined under `schedules`; add it there, or use platform
    c.yaml:6: escalation.default[1].page[2]: `secundary` is nobody who can be paged; did you mean secondary?
    c.yaml:6: escalation.default[1].wait: is missing; add `wait:` with its value
    # escalation: {a: [], b: [{page: [], wait: 1m}], c: [{page: [primary], wait: 0s}], d: [{page: [role:x], wait: 1m}]}
    c.yaml:6: escalation.a: has no steps; write at least one: [{page: [primary], wait: 15m}]
    c.yaml:6: escalation.b[0]: pages nobody; list at least one target, such as primary
    c.yaml:6: escalation.c: never waits, so it would page without a pause; give at least one step a `wait`
    c.yaml:6: escalation.d: pages only roles that nobody holds; add those roles under `roles`
    # roles: {a: [role:b], b: [person:alice]}
    c.yaml:6: roles.a[0]: a role cannot hold a role; name the people: person:x or schedule:x
    # severities: {P1: {escalation: crtical}, P4: {page: always}, P5: {page: never}}
    c.yaml:6: severities.P1.escalation: `crtical` is not defined under `escalation`; did you mean critical?
    c.yaml:6: severities.P4: pages, but has no `escalation`; name a policy, or write `page: never`
    c.yaml:6: severities.P5: is not a known key; the keys here are P1, P2, P3, P4
    # severity_rules: [{match: [alertname, 'x=~"("'], severity: bad, tier: 0}, {name: x}]
    c.yaml:6: severity_rules[0].match[0]: `alertname` is not a matcher: one of `=`, `!=`, `=~`, `!~` must follow the name (character 10); write it like severity="critical", in single quotes
    c.yaml:6: severity_rules[0].match[1]: `x=~"("` is not a matcher: the regular expression does not work, unclosed group (character 4); write it like service=~"svc-.+", in single quotes
    c.yaml:6: severity_rules[0].severity: `bad` is not a severity; write P1, P2, P3 or P4
    c.yaml:6: severity_rules[0].tier: `0` is not a tier; write a number from 1, the most important, to 9
    c.yaml:6: severity_rules[1].severity: is missing; add `severity:` with its value
    # services: {a: {schedule: b, escalation: {P2: c}, dashboards: [{title: x, url: /y}], slos: [{name: x, objective: 100}]}}
    c.yaml:6: services.a.dashboards[0].url: this is not an http or https URL; write it whole: https://example.com/path
    c.yaml:6: services.a.escalation.P2: `c` is not defined under `escalation`; add it there, or use critical, default or primary
    c.yaml:6: services.a.schedule: `b` is not defined under `schedules`; add it there, or use platform
    c.yaml:6: services.a.slos[0].objective: `100` is not an objective; write a percentage above 0 and below 100: 99.9
    # statuspage: {page_id: x, api_key: y, components: {a: b}}
    c.yaml:6: statuspage.components.a: `a` is not defined under `services`; add it there
    # tickets: {github: {repo: x, token: y}, webhook: {url: https://x.example}}
    c.yaml:6: tickets: tickets are filed in one place; give one of `github`, `jira` and `webhook`
    c.yaml:6: tickets.github.repo: `x` is not a repository; write owner/name
    # pagerduty: {routing_key: x}
    c.yaml:1: public_url: is missing, but pagerduty cannot work without it; add the address under which this service is reached: https://…
    # smtp: {url: 'mail:25', from: x}
    c.yaml:6: smtp.from: this is not a mail address; write it as name@example.com
    c.yaml:6: smtp.url: this is not an SMTP URL; write it as smtps://user:password@host:465
    "#);
}

#[test]
fn restricted_hours_are_days_a_beginning_and_an_end() {
    let schedules = |restrictions: &str| {
        let text = format!(
            "schedules:\n  platform:\n    rotation: {{people: [alice]}}\n    restrictions:\n{restrictions}"
        );
        replaced("schedules", text.trim_end())
    };
    insta::assert_snapshot!(all(&[
        ("unknown day", schedules("      - {days: [Mon, Tues-day, Mond], from: 09:00, to: 18:00}\n")),
        ("no beginning", schedules("      - {to: 18:00}\n")),
        ("no end", schedules("      - {from: 18:00, to: 09:00}\n      - {days: Sat, from: 09:00}\n")),
        ("empty", schedules("      - {days: [], from: , to: 25:00}\n")),
        ("unknown key", schedules("      - {day: Mon, from: 09:00, to: 18:00}\n")),
        ("no list", schedules("      {from: 09:00, to: 18:00}\n")),
        ("none", schedules("      []\n")),
    ]), @r"
    # unknown day
    c.yaml:9: schedules.platform.restrictions[0].days[1]: `Tues-day` is not a day of the week; write Mon, Tue, Wed, Thu, Fri, Sat or Sun
    c.yaml:9: schedules.platform.restrictions[0].days[2]: `Mond` is not a day of the week; write Mon, Tue, Wed, Thu, Fri, Sat or Sun
    # no beginning
    c.yaml:9: schedules.platform.restrictions[0].from: is missing; add `from:` with its value
    # no end
    c.yaml:10: schedules.platform.restrictions[1].to: is missing; add `to:` with its value
    # empty
    c.yaml:9: schedules.platform.restrictions[0]: there is no day; name at least one, or leave `days` out for every day
    c.yaml:9: schedules.platform.restrictions[0].from: is empty; add `from:` with its value
    c.yaml:9: schedules.platform.restrictions[0].to: `25:00` is not a time of day; write hours and minutes from 00:00 to 23:59
    # unknown key
    c.yaml:9: schedules.platform.restrictions[0].day: is not a known key; did you mean days?
    # no list
    c.yaml:8: schedules.platform.restrictions: must be a list; write it in brackets: [a, b]
    # none
    no fault
    ");
}

#[test]
fn a_sender_proves_who_it_is_in_one_way() {
    let source = |source: &str| replaced("alertmanagers", &format!("alertmanagers: {source}"));
    insta::assert_snapshot!(all(&[
        ("none", source("{main: {}}")),
        ("no source", source("{}")),
        ("empty", source("{main: {webhook_token: }}")),
        ("unset", source("{main: {webhook_token: ${NOT_SET}}}")),
        ("two", source("{main: {webhook_token: a, webhook_auth: none}}")),
        ("half", source("{main: {webhook_basic: {user: x}}}")),
        ("unknown", source("{main: {webhook_auth: no}}")),
        ("heartbeat", source("{main: {webhook_token: a, heartbeat: {matcher: x}}}")),
    ]), @r#"
    # none
    c.yaml:2: alertmanagers.main: it is not said how the sender proves who it is; give `webhook_token`, `webhook_basic: {user, password}`, or `webhook_auth: none`
    # no source
    c.yaml:2: alertmanagers: names nobody who may send alerts; add a source: main: {webhook_token: …}
    # empty
    c.yaml:2: alertmanagers.main: `webhook_token` is empty; give `webhook_token`, `webhook_basic: {user, password}`, or `webhook_auth: none`
    # unset
    c.yaml:2: alertmanagers.main.webhook_token: the environment variable NOT_SET is not set; set it, or give a default: ${NOT_SET:-…}
    # two
    c.yaml:2: alertmanagers.main: more than one of `webhook_token`, `webhook_basic` and `webhook_auth` is given; keep one of them
    # half
    c.yaml:2: alertmanagers.main.webhook_basic.password: is missing; add `password:`, or `password_file:` with the path of a file that holds it
    # unknown
    c.yaml:2: alertmanagers.main.webhook_auth: `no` is not possible here; write none
    # heartbeat
    c.yaml:2: alertmanagers.main.heartbeat.matcher: `x` is not a matcher: one of `=`, `!=`, `=~`, `!~` must follow the name (character 2); write it like severity="critical", in single quotes
    "#);
}
