//! Bodies that no Alertmanager sends, and some that nobody should.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::domain::alert::{Alert, Labels};

/// A body with these alerts and everything else in order.
fn of(alerts: Value) -> String {
    json!({"version": "4", "receiver": "r", "groupKey": "k", "alerts": alerts}).to_string()
}

/// The one alert of a body.
fn only(alert: Value) -> (Alert, Vec<String>) {
    let mut group = read(of(json!([alert]))).unwrap().group;
    assert_eq!(group.alerts.len(), 1);
    (group.alerts.remove(0), group.notes)
}

#[test]
fn what_cannot_be_used_is_refused_with_the_field_named() {
    for (body, answer) in [
        (json!([]), "`body` is not an object; send one with `alerts`"),
        (json!(null), "`body` is not an object; send one with `alerts`"),
        (json!({}), "`alerts` is missing; send an array of alerts"),
        (json!({"alerts": null}), "`alerts` is not an array; send an array of alerts"),
        (json!({"alerts": {"labels": {"a": "b"}}}), "`alerts` is not an array; send an array of alerts"),
        (json!({"alerts": []}), "`alerts` is empty; send at least one alert"),
        (json!({"alerts": [7, {}]}), "`alerts[0]` is not an object; send one with labels"),
        (json!({"alerts": [{}]}), "`alerts[0].labels` holds no label with a value; send an alertname"),
        (
            json!({"alerts": [{"labels": []}]}),
            "`alerts[0].labels` holds no label with a value; send an alertname",
        ),
        (
            json!({"alerts": [{"labels": {"a": "", "": "b"}}]}),
            "`alerts[0].labels` holds no label with a value; send an alertname",
        ),
    ] {
        let rejection = read(body.to_string()).unwrap_err();
        assert!(matches!(rejection, Rejection::Unusable { .. }), "{body}: {rejection:?}");
        assert_eq!(rejection.to_string(), answer, "{body}");
        assert_eq!(rejection.status(), 400);
    }
    let whole = of(json!([{"labels": {"alertname": "A"}}]));
    for body in [
        "",
        " ",
        "alerts=1",
        "{",
        "{\"alerts\":[{\"labels\":{\"a\":\"b\"}}]",
        "{}{}",
        &whole[..whole.len() - 1],
    ] {
        assert!(matches!(read(body), Err(Rejection::NotJson(_))), "{body}");
    }
}

#[test]
fn any_object_with_alerts_will_do() {
    let body = json!({"alerts": [
        {"labels": {"alertname": "Down", "host": "a"}, "annotations": {"summary": "Down"}},
        "noise",
        {"labels": {"alertname": "Down", "host": "b"}, "annotations": {"summary": "Down"}, "status": "ok"},
        {"labels": {"alertname": "Down", "host": "c"}, "annotations": {"summary": "Down"}, "endsAt": "2026-11-21T02:00:00Z"},
    ]});
    let Parsed { group, undated } = read(body.to_string()).unwrap();
    let statuses: Vec<_> = group.alerts.iter().map(|alert| alert.status).collect();
    assert_eq!(statuses, [AlertStatus::Firing, AlertStatus::Firing, AlertStatus::Resolved]);
    assert_eq!(undated.len(), 3);
    assert_eq!(group.receiver, "");
    assert_eq!(group.group_key.as_str(), ":{alertname=\"Down\"}");
    assert_eq!(group.common_labels, Labels::from([("alertname".into(), "Down".into())]));
    assert_eq!(group.common_annotations, Labels::from([("summary".into(), "Down".into())]));
    let mut empty = body.clone();
    (empty["commonLabels"], empty["commonAnnotations"]) = (json!({}), json!({}));
    let by_hand = read(empty.to_string()).unwrap().group;
    assert_eq!(by_hand.common_annotations, group.common_annotations, "left empty by whoever wrote it");
    assert_eq!(by_hand.common_labels, group.common_labels);
    insta::assert_snapshot!(group.notes.join("\n"), @r#"
    no payload version, read as Alertmanager's
    no groupKey, derived from receiver and group labels
    1 alert without labels, left out
    3 alerts with a status other than firing or resolved, judged by its endsAt
    3 alerts without a readable startsAt, dated by its arrival
    3 alerts without a fingerprint, told apart by its labels
    "#);
}

#[test]
fn a_missing_group_key_is_the_same_whatever_the_order_and_the_alerts() {
    let key = |body: &str| read(body).unwrap().group.group_key;
    let one = key(r#"{"receiver":"r","groupLabels":{"b":"2","a":"1"},"alerts":[{"labels":{"x":"1"}}]}"#);
    let two = key(
        r#"{"alerts":[{"labels":{"x":"2"}}],"groupLabels":{"a":"1","b":"2"},"groupKey":"","receiver":"r"}"#,
    );
    assert_eq!(one, two);
    assert_eq!(one.as_str(), r#"r:{a="1", b="2"}"#);
}

#[test]
fn values_that_are_not_strings_are_the_text_they_were_written_as() {
    let body = r#"{"version":4,"groupKey":"k","truncatedAlerts":"2","alerts":[{"fingerprint":null,"status":"FIRING",
        "labels":{"n":1.10,"big":1e999,"yes":true,"none":null,"list":[1, 2],"empty":"","esc":"\u003c\"\u2028","n":1.20},
        "startsAt":"2026-11-21T03:59:59.123456789+01:00","endsAt":"0001-01-01T00:00:00Z"}]}"#;
    let Parsed { group, .. } = read(body).unwrap();
    let alert = &group.alerts[0];
    let labels: Vec<_> = alert.labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(labels.join(" "), "big=1e999 esc=<\"\u{2028} list=[1, 2] n=1.20 none=null yes=true");
    assert_eq!(alert.starts_at, "2026-11-21T02:59:59.123456Z".parse::<DateTime<Utc>>().unwrap());
    assert_eq!(alert.ends_at, None);
    assert_eq!(alert.fingerprint, fingerprint(&alert.labels));
    assert_eq!(group.n_truncated, 2);
    assert_eq!(group.notes, ["1 alert without a fingerprint, told apart by its labels"]);
}

#[test]
fn what_no_database_can_hold_is_replaced() {
    let body = br#"{"version":"4","groupKey":"\u0000k","alerts":[{"labels":{"a\u0000":"b\u0000","c":"\ud800","d":"X"}}]}"#;
    let mut body = body.to_vec();
    let at = body.iter().position(|byte| *byte == b'X').unwrap();
    body[at] = 0xFF;
    let Parsed { group, .. } = read([b"\xEF\xBB\xBF".as_slice(), &body].concat()).unwrap();
    assert_eq!(group.group_key.as_str(), "\u{FFFD}k");
    let alert = &group.alerts[0];
    assert_eq!(alert.labels["a\u{FFFD}"], "b\u{FFFD}");
    assert!(alert.labels["c"].chars().all(|c| c == '\u{FFFD}'));
    assert_eq!(alert.labels["d"], "\u{FFFD}");
    assert!(group.notes.iter().any(|note| note.contains("UTF-8")), "{:?}", group.notes);
}

#[test]
fn a_grafana_alert_keeps_its_values_and_links() {
    let (alert, _) = only(json!({
        "status": "resolved", "labels": {"alertname": "A"}, "annotations": {"summary": "s"}, "fingerprint": "c6eadffa33fcdf37",
        "startsAt": "2026-11-21T01:00:00Z", "endsAt": "2026-11-21T02:00:00Z",
        "values": {"B": 44.2}, "valueString": "[ value=44.2 ]", "dashboardURL": "https://g/d/x", "panelURL": "", "silenceURL": "https://g/s",
    }));
    let annotations: Vec<_> =
        alert.annotations.iter().map(|(name, value)| format!("{name}={value}")).collect();
    insta::assert_snapshot!(annotations.join("\n"), @r#"
    grafana.dashboardURL=https://g/d/x
    grafana.silenceURL=https://g/s
    grafana.valueString=[ value=44.2 ]
    grafana.values={"B":44.2}
    summary=s
    "#);
    assert_eq!(alert.ends_at, Some("2026-11-21T02:00:00Z".parse().unwrap()));
}

#[test]
fn a_start_that_cannot_be_read_is_the_arrival_and_says_so() {
    for start in
        [json!(null), json!("yesterday"), json!(1_763_000_000), json!("0001-01-01T00:00:00Z"), json!({})]
    {
        let (alert, notes) =
            only(json!({"status": "firing", "labels": {"a": "b"}, "fingerprint": "f", "startsAt": start}));
        assert_eq!(alert.starts_at, arrival(), "{start}");
        assert_eq!(notes, ["1 alert without a readable startsAt, dated by its arrival"], "{start}");
    }
}

#[test]
fn a_fingerprint_too_long_for_a_hash_gives_way_to_ours() {
    let (alert, _) = only(json!({"labels": {"a": "b"}, "fingerprint": "f".repeat(65)}));
    assert_eq!(alert.fingerprint, fingerprint(&alert.labels));
}

#[test]
fn of_equal_alerts_and_of_equal_members_the_last_counts() {
    let body = r#"{"version":"4","groupKey":"k","alerts":[{"labels":{"gone":"x"}}],"alerts":[
        {"status":"firing","fingerprint":"f","startsAt":"2026-11-21T01:00:00Z","labels":{"a":"1"}},
        {"status":"firing","fingerprint":"g","startsAt":"2026-11-21T01:00:00Z","labels":{"a":"2"}},
        {"status":"resolved","fingerprint":"f","startsAt":"2026-11-21T01:00:00Z","labels":{"a":"1"}}]}"#;
    let group = read(body).unwrap().group;
    let said: Vec<_> = group.alerts.iter().map(|a| (a.fingerprint.as_str(), a.is_firing())).collect();
    assert_eq!(said, [("f", false), ("g", true)]);
    assert_eq!(group.notes, ["1 alert given twice, the last one counts"]);
}

#[test]
fn beyond_the_limit_alerts_are_counted_and_not_kept() {
    let alerts: Vec<_> = (0..MAX_ALERTS + 7)
        .map(|n| json!({"status": "firing", "startsAt": "2026-11-21T01:00:00Z", "fingerprint": n, "labels": {"n": n}}))
        .collect();
    let mut body: Value = serde_json::from_str(&of(Value::from(alerts))).unwrap();
    body["truncatedAlerts"] = json!(3);
    let group = read(body.to_string()).unwrap().group;
    assert_eq!((group.alerts.len(), group.n_truncated), (MAX_ALERTS, 10));
    assert_eq!(group.notes, ["7 alerts beyond the limit of one delivery, counted only"]);
}

#[test]
fn depth_costs_no_stack() {
    let deep = "[".repeat(64 << 20);
    assert!(matches!(read(&deep), Err(Rejection::NotJson(_))));
    let n = 1 << 17;
    let (open, close) = ("[".repeat(n), "]".repeat(n));
    for place in ["x", "alerts", "groupLabels", "receiver"] {
        let body = format!(
            r#"{{"{place}":{open}{close},"alerts":[{{"labels":{{"a":{open}{close}}}}},{open}{close}]}}"#
        );
        assert_eq!(read(body).unwrap().group.alerts.len(), 1, "{place}");
    }
}

/// Any JSON, with the names that matter more often than chance would have it.
fn any_json() -> impl Strategy<Value = Value> {
    let name = prop_oneof![
        prop::sample::select(vec![
            "alerts",
            "labels",
            "status",
            "startsAt",
            "endsAt",
            "fingerprint",
            "groupLabels",
            "version"
        ])
        .prop_map(str::to_owned),
        any::<String>(),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::hash_map(name.clone(), inner, 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in any::<Vec<u8>>()) {
        let _read_or_refused = read(&bytes);
    }

    #[test]
    fn arbitrary_json_is_read_or_refused_by_field(value in any_json(), alert in any_json()) {
        for body in [value.to_string(), json!({"alerts": [value, alert]}).to_string(), of(json!([{"labels": value}]))] {
            match read(&body) {
                Ok(Parsed { group, .. }) => {
                    prop_assert!(!group.alerts.is_empty());
                    prop_assert!(group.alerts.iter().all(|alert| !alert.labels.is_empty()));
                    prop_assert!(!serde_json::to_string(&group).unwrap().contains("\\u0000"));
                }
                Err(Rejection::Unusable { .. }) => {}
                Err(Rejection::NotJson(why)) => prop_assert!(false, "{body} is JSON: {why}"),
            }
        }
    }

    #[test]
    fn equal_bodies_are_equal_alerts(labels in prop::collection::btree_map("[a-z]{1,4}", ".{1,8}", 1..5)) {
        let body = json!({"alerts": [{"labels": labels}]}).to_string();
        prop_assert_eq!(read(&body).unwrap(), read(&body).unwrap());
    }
}

#[test]
fn huge_texts_are_cut_and_say_so() {
    let huge = "ü\n".repeat(1 << 20);
    let alert = |instance: &str| json!({"labels": {"alertname": "A", "z": format!("{huge}{instance}")}, "annotations": {"summary": huge}});
    let (one, notes) = only(alert("1"));
    let (same, _) = only(alert("1"));
    let (other, _) = only(alert("2"));
    for text in [&one.labels["z"], &one.annotations["summary"]] {
        assert!(text.len() < (64 << 10) + 100, "{}", text.len());
        assert!(text.starts_with("ü\nü") && text.ends_with("bytes were sent)"), "it says so");
    }
    assert!(notes.contains(&"1 alert with texts too long to keep, cut".to_owned()), "{notes:?}");
    assert_eq!(one.fingerprint, same.fingerprint);
    assert_ne!(one.fingerprint, other.fingerprint, "what was cut tells them apart");
}

#[test]
fn many_texts_leave_room_for_what_the_alerts_are() {
    let text = "x".repeat(60_000);
    let alerts: Vec<Value> = (0..400)
        .map(|n| json!({"labels": {"alertname": "A", "n": n.to_string()}, "annotations": {"a": text}}))
        .collect();
    let group = read(of(json!(alerts))).unwrap().group;
    assert_eq!(group.alerts.len(), 400, "every one of them");
    let kept: usize = group.alerts.iter().flat_map(|alert| alert.annotations.values()).map(String::len).sum();
    assert!(kept < 17 << 20, "{kept}");
    let names: Vec<String> = (0..10_000).map(|n| format!("\"l{n}\":\"\"")).collect();
    let body = of(json!([])).replace(
        "[]",
        &format!("[{{\"labels\":{{\"alertname\":\"A\"}},\"annotations\":{{{}}}}}]", names.join(",")),
    );
    assert_eq!(read(body).unwrap().group.alerts[0].annotations.len(), 2000);
}

#[test]
fn group_keys_too_long_to_keep_stay_apart() {
    let key = |end: &str| {
        let key = format!("{}{end}", "k".repeat(200_000));
        let body =
            json!({"version": "4", "receiver": "r", "groupKey": key, "alerts": [{"labels": {"a": "b"}}]});
        read(body.to_string()).unwrap().group.group_key
    };
    assert!(key("1").as_str().len() < 70_000);
    assert_ne!(key("1"), key("2"));
    assert_eq!(key("1"), key("1"));
}
