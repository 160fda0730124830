use chrono::Duration;

use super::*;

const OURS: &str = "receivers: [{name: dontpanic, webhook_configs: [{url: 'http://dp/webhooks/alertmanager', send_resolved: true}]}]";

fn said(partner: &str) -> Vec<String> {
    let heartbeat = crate::config::Heartbeat {
        matchers: vec![crate::domain::matcher::Matcher::alertname("Watchdog")],
        timeout: Some(Duration::minutes(10)),
    };
    let source = SourceConfig {
        auth: crate::config::WebhookAuth::None,
        urls: vec![],
        reconcile_every: None,
        heartbeat,
    };
    let partner = PartnerConfig::read(partner).unwrap();
    judge(&"main".into(), &source, &partner).into_iter().map(|found| found.text).collect()
}

#[test]
fn one_that_is_set_up_well_says_nothing() {
    let route = "route: {receiver: dontpanic, routes: [{matchers: ['alertname=\"Watchdog\"'], group_interval: 1m, repeat_interval: 1m}]}";
    assert_eq!(said(&format!("{OURS}\n{route}")), Vec::<String>::new());
    // The older way to write it, and a route that lets others follow.
    let route = "route: {receiver: other, routes: [{match: {severity: none}, receiver: other, continue: true}, \
                 {match_re: {alertname: 'Watch.*'}, receiver: dontpanic, group_interval: 30s, repeat_interval: 45s}]}";
    assert_eq!(said(&format!("{OURS}\n{route}")), Vec::<String>::new());
}

#[test]
fn a_heartbeat_that_comes_too_seldom_or_never() {
    let comes = |route: &str| said(&format!("{OURS}\nroute: {route}"));
    let seldom = comes("{receiver: dontpanic}");
    assert!(seldom[0].contains("it comes every 4 h, and is missed after 10 min"), "{seldom:?}");
    // Repeats happen at looks: after five minutes there is none before ten.
    let rounded = comes("{receiver: dontpanic, group_interval: 5m, repeat_interval: 6m}");
    assert!(rounded[0].contains("it comes every 10 min"), "{rounded:?}");
    let elsewhere =
        comes("{receiver: dontpanic, routes: [{matchers: ['alertname=\"Watchdog\"'], receiver: 'null'}]}");
    assert!(elsewhere[0].contains("no route takes alertname=\"Watchdog\" to us"), "{elsewhere:?}");
}

#[test]
fn receivers_that_do_not_reach_us_whole() {
    let nobody = said("receivers: [{name: mail}]\nroute: {receiver: mail}");
    assert!(nobody[0].contains("none of its receivers posts to /webhooks/alertmanager"), "{nobody:?}");
    let limited = "receivers: [{name: dp, webhook_configs: [{url: 'http://dp/webhooks/alertmanager/', send_resolved: false, max_alerts: 20}]}, {name: mail}]";
    let said = said(&format!("{limited}\nroute: {{receiver: mail}}"));
    for words in ["no route leads to its receiver `dp`", "does not tell of ends", "at most 20 alerts"] {
        assert!(said.iter().any(|said| said.contains(words)), "{words} in {said:?}");
    }
}

#[test]
fn addresses_that_are_hidden_are_known_by_the_name() {
    let hidden = "receivers: [{name: Don't Panic, webhook_configs: [{url: <secret>, send_resolved: false}]}, {name: b, webhook_configs: [{url: <secret>}]}]";
    let found = said(&format!("{hidden}\nroute: {{receiver: b}}"));
    assert!(
        found.iter().any(|said| said.contains("no route leads to its receiver `Don't Panic`")),
        "{found:?}"
    );
    let unknown = said(&hidden.replace("Don't Panic", "a"));
    assert!(unknown[0].contains("call its receiver dontpanic"), "{unknown:?}");
}

#[test]
fn the_settings_of_a_real_one_are_read() {
    let text = include_str!("../../../../../tests/data/alertmanager/config/alertmanager.yml");
    let partner = PartnerConfig::read(text).unwrap();
    let watchdog = Labels::from([("alertname".to_owned(), "Watchdog".to_owned())]);
    let reached = partner.reached_by(&watchdog);
    assert_eq!(reached.len(), 1);
    assert_eq!((reached[0].receiver.as_str(), reached[0].every), ("watchdog", Duration::seconds(20)));
    assert!(partner.webhooks.iter().any(|webhook| webhook.max_alerts == 2));
    assert!(partner.webhooks.iter().any(|webhook| !webhook.send_resolved));
}
