use chrono::DateTime;
use proptest::prelude::*;

use super::*;
use crate::domain::alert::{Alert, AlertStatus, Labels};

fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn group(names: &[(&str, AlertStatus)], common: &[(&str, &str)], annotations: &[(&str, &str)]) -> AlertGroup {
    let alert = |(name, status): &(&str, AlertStatus)| Alert {
        fingerprint: (*name).into(),
        status: *status,
        labels: labels(&[("alertname", name)]),
        annotations: Labels::new(),
        starts_at: DateTime::UNIX_EPOCH,
        ends_at: None,
        generator_url: None,
    };
    AlertGroup {
        source: "main".into(),
        receiver: "r".to_owned(),
        group_key: "k".into(),
        alerts: names.iter().map(alert).collect(),
        n_truncated: 0,
        common_labels: labels(common),
        common_annotations: labels(annotations),
        external_url: None,
        notes: Vec::new(),
    }
}

#[test]
fn a_title_is_the_common_summary_else_name_and_service() {
    use AlertStatus::{Firing, Resolved};
    let mixed = [("Gone", Resolved), ("Slow", Firing), ("Down", Firing)];
    for (group, service, expected) in [
        (
            group(&[], &[("alertname", "A")], &[("summary", " Ledger\n is  slow ")]),
            Some("s"),
            "Ledger is slow",
        ),
        (group(&[], &[("alertname", "A")], &[("summary", " ")]), Some("svc"), "A svc"),
        (group(&[], &[("alertname", "A")], &[]), None, "A"),
        (group(&mixed, &[], &[]), Some("svc"), "Slow svc"),
        (group(&[("Gone", Resolved)], &[], &[]), None, "Gone"),
        (group(&[], &[], &[]), Some("svc"), "Alert without a name on svc"),
        (group(&[("", Firing)], &[("alertname", "")], &[]), Some(" "), "Alert without a name"),
    ] {
        assert_eq!(title(&group, service), expected);
    }
}

#[test]
fn short_names_are_split_where_words_begin() {
    for (alertname, service, expected) in [
        ("HighErrorRate", "svc-ledger", "high-error-rate-svc-ledger"),
        ("HTTPErrors", "", "http-errors"),
        ("KubePodCrashLooping", "kube-state-metrics", "kube-pod-crash-looping-kube-state-metrics"),
        ("KubeAPIDown", "", "kube-api-down"),
        ("P99Latency", "k8s", "p99-latency-k8s"),
        ("HTTP5xxRate", "", "http5xx-rate"),
        ("node_disk__full!", " / ", "node-disk-full"),
        ("--Already-a-slug--", "", "already-a-slug"),
        ("Überlast", "Zürich", "uberlast-zurich"),
        ("Zu\u{308}rich", "", "zurich"),
        ("СервисНеОтвечает", "москва", "servis-ne-otvechaet-moskva"),
        ("停電", "🔥", "ting-dian-fire"),
        ("\u{e000}", "—", "incident"),
        ("", "", "incident"),
    ] {
        assert_eq!(short_name(Some(alertname), Some(service)), expected);
    }
    assert_eq!(short_name(None, None), "incident");
}

#[test]
fn channel_names_are_cut_before_their_suffix() {
    let day = NaiveDate::from_ymd_opt(2026, 11, 22).unwrap();
    let long = "a".repeat(66) + "-bcd";
    for (short, suffix, expected) in [
        ("high-error-rate", None, "inc-20261122-high-error-rate".to_owned()),
        ("high-error-rate", Some(2), "inc-20261122-high-error-rate-2".to_owned()),
        ("", Some(3), "inc-20261122-incident-3".to_owned()),
        (&long, None, format!("inc-20261122-{}", "a".repeat(66))),
        (&long, Some(12), format!("inc-20261122-{}-12", "a".repeat(64))),
    ] {
        assert_eq!(channel_name(day, short, suffix), expected);
    }
}

proptest! {
    #[test]
    fn every_channel_name_is_one_that_slack_accepts(
        alertname in proptest::option::of("(?s).{0,120}"),
        service in proptest::option::of("[A-Za-z0-9 _-]{0,120}"),
        suffix in proptest::option::of(any::<u32>()),
        days in 0..60_000_i32,
    ) {
        let day = NaiveDate::from_num_days_from_ce_opt(700_000 + days).unwrap();
        let short = short_name(alertname.as_deref(), service.as_deref());
        let name = channel_name(day, &short, suffix);
        prop_assert!(name.len() <= 80, "{}", name);
        prop_assert!(name.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-')), "{}", name);
        prop_assert!(!name.contains("--") && !name.ends_with('-'), "{}", name);
        let prefix = format!("inc-{}-", day.format("%Y%m%d"));
        prop_assert!(name.starts_with(&prefix), "{}", name);
        if let Some(n) = suffix {
            let tail = format!("-{n}");
            prop_assert!(name.ends_with(&tail) && name.len() > prefix.len() + tail.len(), "{}", name);
        }
    }

    #[test]
    fn a_slug_stays_as_it_is(text in "(?s).{0,60}") {
        let once = slug(&text);
        prop_assert_eq!(slug(&once), once);
    }
}
