use std::path::Path;

use super::changes;
use crate::config::Config;
use crate::words::reload::change;

const FILE: &str = "
slack: {bot_token: xoxb-1, app_token: xapp-1}
alertmanagers: {main: {webhook_token: word}}
api_tokens: [{name: ci, token: a-secret, scope: act}]
default_schedule: platform
people: {alice: {slack: U0A}, bob: {slack: U0B}}
schedules: {platform: {rotation: {people: [alice]}}}
";

fn read(text: &str) -> Config {
    Config::read(text.as_bytes(), Path::new("c.yaml"), &|_name| None).unwrap().config
}

/// What is said when the first words of the file are replaced by the second.
fn said(from: &str, to: &str) -> Vec<String> {
    let edited = FILE.replace(from, to);
    assert_ne!(FILE, edited, "{from} is not in the file");
    changes(&read(FILE), &read(&edited)).iter().map(change).collect()
}

#[test]
fn what_has_changed_is_named_and_what_is_secret_is_not() {
    assert_eq!(changes(&read(FILE), &read(FILE)), vec![]);
    let no_change = FILE.replace("bob: {slack: U0B}", "bob:   {slack:   U0B}");
    assert_eq!(changes(&read(FILE), &read(&no_change)), vec![], "how it is written is no change");
    assert_eq!(said("bob: {slack: U0B}", "carol: {slack: U0C}"), ["`people`: carol added; bob removed"]);
    assert_eq!(said("slack: U0B", "slack: U0X"), ["`people`: bob changed"]);
    assert_eq!(said("a-secret", "another-one"), ["`api_tokens`: ci changed"]);
    assert_eq!(said("webhook_token: word", "webhook_token: other"), ["`alertmanagers`: main changed"]);
    assert_eq!(said("[alice]", "[alice, bob]"), ["`schedules`: platform changed"]);
    assert_eq!(
        said("\nslack", "\ntimezone: Europe/Paris\nslack"),
        ["`timezone` changed", "`schedules`: platform changed"]
    );
    assert_eq!(
        said("\nslack", "\nseverity_rules: [{match: ['a=\"b\"'], severity: P1}]\nslack"),
        ["`severity_rules` changed"]
    );
}

#[test]
fn what_a_process_cannot_take_over_stays_and_is_named() {
    let running = read(FILE);
    let mut other = read(
        &FILE
            .replace("xoxb-1", "xoxb-2")
            .replace("app_token: xapp-1", "mode: http, signing_secret: s, admin_channel: ops")
            .replace(
                "\nslack",
                "\nlisten: 127.0.0.1:1\ndatabase: postgres://a/b\nlog: {level: debug}\nslack",
            ),
    );
    assert_eq!(other.keep_from(&running), ["listen", "database", "log", "slack.bot_token", "slack.mode"]);
    assert_eq!(other.keep_from(&running), Vec::<&str>::new(), "it has them now");
    let said: Vec<String> = changes(&running, &other).iter().map(change).collect();
    assert_eq!(said, ["`slack.admin_channel` changed"], "the rest of `slack` is taken over");
}
