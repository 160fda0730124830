//! Bodies that a real Alertmanager sent.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::*;
use crate::domain::alert::Labels;

fn recordings() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/alertmanager")
}

/// Every recorded body, by its path below the recordings, sorted.
fn bodies() -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![recordings()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "json") {
                let name = path.strip_prefix(recordings()).unwrap().with_extension("");
                found.push((name.display().to_string(), fs::read(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

fn body(name: &str) -> Vec<u8> {
    fs::read(recordings().join(name).with_extension("json")).unwrap()
}

fn labels(value: &Value) -> Labels {
    serde_json::from_value(value.clone()).unwrap()
}

/// Whether everything in a recording is kept as it is: not in a payload of the sender's own design, nor of a label that is
/// too long.
fn is_kept_whole(name: &str) -> bool {
    !name.ends_with("-custom") && !name.starts_with("huge-label/")
}

#[test]
fn a_label_too_long_to_keep_changes_no_identity() {
    for (name, bytes) in bodies().into_iter().filter(|(name, _)| name.starts_with("huge-label/")) {
        let kept = read(&bytes).unwrap().group;
        let mut said: Value = serde_json::from_slice(&bytes).unwrap();
        let alert = kept.alerts.first().unwrap();
        assert!(alert.labels["big"].ends_with("bytes were sent)"), "{name}");
        assert_eq!(said["alerts"][0]["fingerprint"], alert.fingerprint.as_str(), "{name}");
        said["alerts"][0].as_object_mut().unwrap().remove("fingerprint");
        let derived = read(said.to_string()).unwrap().group;
        assert_eq!(derived.alerts[0].fingerprint, alert.fingerprint, "{name}: derived from the whole label");
    }
}

#[test]
fn every_recorded_body_is_read_to_the_letter() {
    let bodies = bodies();
    assert!(bodies.len() > 60, "only {} recordings found", bodies.len());
    for (name, bytes) in bodies.iter().filter(|(name, _)| is_kept_whole(name)) {
        let Parsed { group, undated } = read(bytes).unwrap_or_else(|rejection| panic!("{name}: {rejection}"));
        let said: Value = serde_json::from_slice(bytes).unwrap();

        assert_eq!(group.source.as_str(), "main", "{name}");
        assert_eq!(said["receiver"], group.receiver.as_str(), "{name}");
        assert_eq!(said["groupKey"], group.group_key.as_str(), "{name}");
        assert_eq!(said["externalURL"].as_str(), group.external_url.as_deref(), "{name}");
        assert_eq!(said["truncatedAlerts"], group.n_truncated, "{name}");
        assert_eq!(labels(&said["commonLabels"]), group.common_labels, "{name}");
        assert_eq!(labels(&said["commonAnnotations"]), group.common_annotations, "{name}");
        assert_eq!((group.notes, undated), (vec![], vec![]), "{name}");

        let alerts = said["alerts"].as_array().unwrap();
        assert_eq!(alerts.len(), group.alerts.len(), "{name}");
        for (said, alert) in alerts.iter().zip(&group.alerts) {
            assert_eq!(said["fingerprint"], alert.fingerprint.as_str(), "{name}");
            assert_eq!(fingerprint(&alert.labels), alert.fingerprint, "{name}: ours is Alertmanager's hash");
            assert_eq!(labels(&said["labels"]), alert.labels, "{name}");
            assert_eq!(labels(&said["annotations"]), alert.annotations, "{name}");
            assert_eq!(said["status"] == "firing", alert.is_firing(), "{name}");
            assert_eq!(alert.is_firing(), alert.ends_at.is_none(), "{name}");
            let starts_at: DateTime<Utc> = said["startsAt"].as_str().unwrap().parse().unwrap();
            assert_eq!(starts_at.timestamp_micros(), alert.starts_at.timestamp_micros(), "{name}");
        }
    }
}

/// What is derived from a body stripped of it equals what Alertmanager said.
#[test]
fn what_a_sender_leaves_out_is_derived_as_alertmanager_would() {
    for (name, bytes) in bodies().into_iter().filter(|(name, _)| is_kept_whole(name)) {
        let whole = read(&bytes).unwrap().group;
        let mut said: Value = serde_json::from_slice(&bytes).unwrap();
        for left_out in ["commonLabels", "commonAnnotations"] {
            said.as_object_mut().unwrap().remove(left_out);
        }
        for alert in said["alerts"].as_array_mut().unwrap() {
            alert.as_object_mut().unwrap().remove("fingerprint");
        }
        let mut derived = read(said.to_string()).unwrap().group;
        assert_eq!(derived.notes.len(), 1, "{name}: {:?}", derived.notes);
        derived.notes.clear();
        assert_eq!(derived, whole, "{name}");
    }
}

/// One line for a body: receiver, firing + resolved + cut, and the group key.
fn line(name: &str) -> String {
    let group = read(body(name)).unwrap().group;
    let n_firing = group.alerts.iter().filter(|alert| alert.is_firing()).count();
    let n_resolved = group.alerts.len() - n_firing;
    let key: String = group.group_key.as_str().chars().take(80).collect();
    format!("{name}: {n_firing} + {n_resolved} + {}  {}  {key}", group.n_truncated, group.receiver)
}

#[test]
fn each_scenario_says_what_happened() {
    let scenarios = [
        "group",
        "repeat",
        "flap",
        "ha-pair",
        "ha-partition",
        "prometheus-rules",
        "no-resolved",
        "bearer",
        "basic",
        "unicode",
        "mrkdwn",
        "huge-label",
        "many",
        "watchdog",
        "truncated",
        "v0.33/repeat",
    ];
    let of_scenario =
        |name: &String| scenarios.iter().any(|scenario| name.starts_with(&format!("{scenario}/")));
    let names = bodies().into_iter().map(|(name, _)| name).filter(of_scenario);
    let lines: Vec<_> = names.map(|name| line(&name)).collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    basic/01-firing: 1 + 0 + 0  basic  {}/{cluster="cap-basic"}:{alertname="HighErrorRate", cluster="cap-basic"}
    basic/02-firing: 1 + 0 + 0  basic  {}/{cluster="cap-basic"}:{alertname="PodCrashLooping", cluster="cap-basic"}
    bearer/01-firing: 1 + 0 + 0  bearer  {}/{cluster="cap-bearer"}:{alertname="PodCrashLooping", cluster="cap-bearer"}
    bearer/02-firing: 1 + 0 + 0  bearer  {}/{cluster="cap-bearer"}:{alertname="HighErrorRate", cluster="cap-bearer"}
    flap/01-firing: 1 + 0 + 0  dontpanic  {}:{alertname="HighErrorRate", cluster="cap-flap"}
    flap/02-resolved: 0 + 1 + 0  dontpanic  {}:{alertname="HighErrorRate", cluster="cap-flap"}
    flap/03-firing: 1 + 0 + 0  dontpanic  {}:{alertname="HighErrorRate", cluster="cap-flap"}
    flap/04-resolved: 0 + 1 + 0  dontpanic  {}:{alertname="HighErrorRate", cluster="cap-flap"}
    group/01-firing: 3 + 0 + 0  dontpanic  {}:{alertname="PodCrashLooping", cluster="cap-group"}
    group/02-firing: 4 + 0 + 0  dontpanic  {}:{alertname="PodCrashLooping", cluster="cap-group"}
    group/03-firing-partly: 3 + 1 + 0  dontpanic  {}:{alertname="PodCrashLooping", cluster="cap-group"}
    group/04-resolved: 0 + 3 + 0  dontpanic  {}:{alertname="PodCrashLooping", cluster="cap-group"}
    ha-pair/01-firing: 1 + 0 + 0  dontpanic  {}:{alertname="HighErrorRate", cluster="ha-pair"}
    ha-pair/02-resolved: 0 + 1 + 0  dontpanic  {}:{alertname="HighErrorRate", cluster="ha-pair"}
    ha-partition/01-firing: 1 + 0 + 0  dontpanic  {}:{alertname="HighErrorRate", cluster="ha-partition"}
    ha-partition/02-firing: 1 + 0 + 0  dontpanic  {}:{alertname="HighErrorRate", cluster="ha-partition"}
    ha-partition/03-resolved: 0 + 1 + 0  dontpanic  {}:{alertname="HighErrorRate", cluster="ha-partition"}
    ha-partition/04-resolved: 0 + 1 + 0  dontpanic  {}:{alertname="HighErrorRate", cluster="ha-partition"}
    huge-label/01-firing: 1 + 0 + 0  dontpanic  {}:{alertname="HugeLabels", cluster="cap-huge-label"}
    many/01-firing: 500 + 0 + 0  dontpanic  {}:{alertname="PodCrashLooping", cluster="cap-many"}
    mrkdwn/01-firing: 1 + 0 + 0  dontpanic  {}:{alertname="Disk <!channel> & *full*", cluster="cap-mrkdwn"}
    no-resolved/01-firing: 2 + 0 + 0  send-resolved-false  {}/{cluster="cap-no-resolved"}:{alertname="PodCrashLooping", cluster="cap-no-res
    no-resolved/02-firing: 2 + 0 + 0  send-resolved-false  {}/{cluster="cap-no-resolved"}:{alertname="PodCrashLooping", cluster="cap-no-res
    prometheus-rules/01-firing: 3 + 0 + 0  dontpanic  {}:{alertname="PodCrashLooping", cluster="prod-eu1"}
    prometheus-rules/02-firing: 1 + 0 + 0  dontpanic  {}:{alertname="HighErrorRate", cluster="prod-eu1"}
    prometheus-rules/03-firing: 1 + 0 + 0  dontpanic  {}:{alertname="HighResponseTime", cluster="prod-eu1"}
    prometheus-rules/04-firing-partly: 2 + 1 + 0  dontpanic  {}:{alertname="PodCrashLooping", cluster="prod-eu1"}
    prometheus-rules/05-resolved: 0 + 1 + 0  dontpanic  {}:{alertname="HighErrorRate", cluster="prod-eu1"}
    prometheus-rules/06-resolved: 0 + 2 + 0  dontpanic  {}:{alertname="PodCrashLooping", cluster="prod-eu1"}
    prometheus-rules/07-resolved: 0 + 1 + 0  dontpanic  {}:{alertname="HighResponseTime", cluster="prod-eu1"}
    repeat/01-firing: 1 + 0 + 0  dontpanic  {}/{cluster="cap-repeat"}:{alertname="HighErrorRate", cluster="cap-repeat"}
    repeat/02-resolved: 0 + 1 + 0  dontpanic  {}/{cluster="cap-repeat"}:{alertname="HighErrorRate", cluster="cap-repeat"}
    truncated/01-firing-truncated: 2 + 0 + 3  max-alerts-2  {}/{cluster="cap-truncated"}:{alertname="PodCrashLooping", cluster="cap-truncate
    truncated/02-resolved-truncated: 0 + 2 + 3  max-alerts-2  {}/{cluster="cap-truncated"}:{alertname="PodCrashLooping", cluster="cap-truncate
    truncated/03-resolved-truncated: 0 + 2 + 1  max-alerts-2  {}/{cluster="cap-truncated"}:{alertname="PodCrashLooping", cluster="cap-truncate
    unicode/01-firing: 1 + 0 + 0  dontpanic  {}:{alertname="Überlast-日本語-🔥", cluster="cap-unicode"}
    v0.33/repeat/01-firing: 1 + 0 + 0  dontpanic  {}/{cluster="cap-repeat"}:{alertname="HighErrorRate", cluster="cap-repeat"}
    v0.33/repeat/02-firing: 1 + 0 + 0  dontpanic  {}/{cluster="cap-repeat"}:{alertname="HighErrorRate", cluster="cap-repeat"}
    v0.33/repeat/03-resolved: 0 + 1 + 0  dontpanic  {}/{cluster="cap-repeat"}:{alertname="HighErrorRate", cluster="cap-repeat"}
    watchdog/01-firing: 1 + 0 + 0  watchdog  {}/{alertname="Watchdog"}:{alertname="Watchdog"}
    "#);
}

#[test]
fn the_members_of_a_ha_pair_say_the_same_but_for_their_address() {
    let mut one = read(body("ha-partition/01-firing")).unwrap().group;
    let other = read(body("ha-partition/02-firing")).unwrap().group;
    assert_ne!(one.external_url, other.external_url);
    one.external_url.clone_from(&other.external_url);
    assert_eq!(one, other);
}

#[test]
fn a_flap_keeps_its_identity_and_begins_anew() {
    let [first, again] = ["flap/01-firing", "flap/03-firing"].map(|name| read(body(name)).unwrap().group);
    assert_eq!(first.group_key, again.group_key);
    assert_eq!(first.alerts[0].fingerprint, again.alerts[0].fingerprint);
    assert!(first.alerts[0].starts_at < again.alerts[0].starts_at);
}

#[test]
fn a_custom_payload_without_alerts_names_the_field() {
    let rejection = read(body("v0.33/new-payload/01-custom")).unwrap_err();
    assert_eq!(rejection.to_string(), "`alerts` is missing; send an array of alerts");
}
