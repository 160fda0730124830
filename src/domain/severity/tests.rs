use proptest::prelude::*;

use super::*;
use crate::domain::alert::{AlertStatus, Labels};

fn alert(labels: &[(&str, &str)], annotations: &[(&str, &str)]) -> Alert {
    let texts = |pairs: &[(&str, &str)]| -> Labels {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    Alert {
        fingerprint: "f".into(),
        status: AlertStatus::Firing,
        labels: texts(labels),
        annotations: texts(annotations),
        starts_at: DateTime::UNIX_EPOCH,
        ends_at: None,
        generator_url: None,
    }
}

const CALM: Circumstances =
    Circumstances { tier: None, n_firing: 1, in_business_hours: true, now: DateTime::UNIX_EPOCH };

fn non_production() -> Vec<String> {
    ["dev", "staging", "qa"].map(str::to_owned).to_vec()
}

fn rule(name: &str, matchers: &[&str], severity: Severity) -> Rule {
    Rule {
        name: name.to_owned(),
        matchers: matchers.iter().map(|text| Matcher::parse(text).unwrap()).collect(),
        tier: None,
        env: None,
        min_firing: None,
        min_burn_rate: None,
        business_hours: None,
        severity,
    }
}

/// `P1 rule: reason`, or `opens nothing`.
fn said(assessment: Option<Assessment>) -> String {
    assessment.map_or_else(
        || "opens nothing".to_owned(),
        |a| format!("{}{} {}: {}", a.severity, if a.is_unmatched { "?" } else { "" }, a.rule, a.reason),
    )
}

#[test]
fn every_built_in_word() {
    for (words, expected) in [
        ("p1 sev1 emergency disaster P1 Emergency", Some(Severity::P1)),
        ("critical high error page p2 sev2 CRITICAL", Some(Severity::P2)),
        ("warning warn medium p3 sev3 Warning", Some(Severity::P3)),
        ("info low p4 sev4 INFO", Some(Severity::P4)),
        ("none None", None),
    ] {
        for word in words.split(' ') {
            for label in ["severity", "priority"] {
                let found = assess(&alert(&[(label, word)], &[]), &[], &non_production(), &CALM);
                assert_eq!(found.as_ref().map(|a| a.severity), expected, "{label}={word}");
                assert!(found.is_none_or(|a| !a.is_unmatched && a.rule == format!("{label} label")));
            }
        }
    }
}

#[test]
fn built_in_rules_show_their_inputs() {
    let tier_1 = Circumstances { tier: Some(1), ..CALM };
    let tier_2 = Circumstances { tier: Some(2), ..CALM };
    let long = "x".repeat(300);
    let lines: Vec<String> = [
        (alert(&[("severity", "critical"), ("env", "prod")], &[]), CALM),
        (alert(&[("severity", "emergency"), ("env", "Staging")], &[]), CALM),
        (alert(&[("severity", "info"), ("env", "staging")], &[]), CALM),
        (alert(&[("severity", "info"), ("priority", "P1")], &[]), CALM),
        (alert(&[("severity", "critical"), ("priority", "p2")], &[]), CALM),
        (alert(&[("severity", "odd"), ("priority", "low")], &[]), CALM),
        (alert(&[("severity", "none"), ("priority", "low")], &[]), CALM),
        (alert(&[("severity", "warning"), ("alertname", "LedgerServiceDown")], &[]), CALM),
        (alert(&[("severity", "odd"), ("alertname", "RegionOutage")], &[]), CALM),
        (alert(&[("severity", "none"), ("alertname", "LedgerServiceDown")], &[]), CALM),
        (alert(&[("priority", " None "), ("alertname", "RegionOutage")], &[]), CALM),
        (alert(&[("severity", "none"), ("burn_rate", "16")], &[]), tier_1),
        (alert(&[("severity", "none"), ("priority", "p1"), ("alertname", "LedgerServiceDown")], &[]), CALM),
        (alert(&[("severity", "info"), ("priority", "none"), ("alertname", "RegionOutage")], &[]), CALM),
        (alert(&[("severity", "none"), ("priority", "odd"), ("alertname", "RegionOutage")], &[]), CALM),
        (alert(&[("alertname", "OutageOver")], &[]), CALM),
        (alert(&[("severity", "warning"), ("alertname", "ledger_dataloss")], &[]), CALM),
        (alert(&[("alertname", "MonitoringDown"), ("env", "prod")], &[]), CALM),
        (alert(&[("severity", "page"), ("burn_rate", "16.234")], &[]), tier_1),
        (alert(&[("severity", "page")], &[("burn_rate", " 14.4 ")]), tier_1),
        (alert(&[("severity", "page"), ("burn_rate", "14.39")], &[]), tier_1),
        (alert(&[("severity", "page"), ("burn_rate", "NaN")], &[("burn_rate", "+Inf")]), tier_1),
        (alert(&[("severity", "page"), ("burn_rate", "16.2")], &[]), tier_2),
        (alert(&[("severity", "odd"), ("env", "qa")], &[]), CALM),
        (alert(&[("severity", "odd"), ("priority", &long)], &[]), CALM),
        (alert(&[], &[]), CALM),
    ]
    .into_iter()
    .map(|(alert, circumstances)| said(assess(&alert, &[], &non_production(), &circumstances)))
    .collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    P2 severity label: severity="critical", env="prod"
    P3 severity label: severity="emergency", env="Staging" caps at P3
    P4 severity label: severity="info", env="staging"
    P1 priority label: priority="P1"
    P2 severity label: severity="critical"
    P4 priority label: priority="low"
    P4 priority label: priority="low"
    P1 alertname: alertname="LedgerServiceDown"
    P1 alertname: alertname="RegionOutage"
    opens nothing
    opens nothing
    opens nothing
    P1 priority label: priority="p1"
    P1 alertname: alertname="RegionOutage"
    opens nothing
    P3? unmatched: no severity or priority label, no rule matched, so P3 is a guess
    P1 alertname: alertname="ledger_dataloss"
    P1 alertname: alertname="MonitoringDown", env="prod"
    P1 burn rate: burn_rate 16.23 ≥ 14.4 on a tier-1 service
    P1 burn rate: burn_rate 14.4 ≥ 14.4 on a tier-1 service
    P2 severity label: severity="page"
    P1 burn rate: burn_rate inf ≥ 14.4 on a tier-1 service
    P2 severity label: severity="page"
    P3? unmatched: severity="odd", env="qa", no rule matched, so P3 is a guess
    P3? unmatched: severity="odd", priority="xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…", no rule matched, so P3 is a guess
    P3? unmatched: no severity or priority label, no rule matched, so P3 is a guess
    "#);
}

#[test]
fn house_rules_come_first_and_the_first_wins() {
    let rules = [
        rule("ledger down", &[r#"alertname="LedgerUnreachable""#, r#"service=~"svc-.+""#], Severity::P1),
        Rule { env: Some("Staging".to_owned()), ..rule("release gate", &["team=release"], Severity::P2) },
        rule("meant for qa", &["team=quality", r#"env=~"qa|dev""#], Severity::P1),
        rule("not in dev", &["team=noisy", "env!=dev"], Severity::P2),
        Rule { min_firing: Some(12), tier: Some(2), ..rule("many", &[], Severity::P2) },
        Rule {
            business_hours: Some(false),
            ..rule("night", &["annotation.impact=~.*users.*"], Severity::P2)
        },
        Rule { min_burn_rate: Some(6.0), ..rule("slow burn", &[], Severity::P3) },
        rule("nobody's", &[r#"team="""#, "severity=odd"], Severity::P4),
        rule("quiet", &["severity=none", "team=ops"], Severity::P4),
        rule("loud", &["severity=none", "team=ops"], Severity::P1),
        rule("catch all", &[], Severity::P4),
    ];
    let many = Circumstances { n_firing: 12, tier: Some(2), ..CALM };
    let night = Circumstances { in_business_hours: false, ..CALM };
    let impact = [("impact", "all users wait")];
    let ledger = [("alertname", "LedgerUnreachable"), ("service", "svc-ledger")];
    let lines: Vec<String> = [
        (alert(&[&ledger[..], &[("severity", "info"), ("env", "prod")]].concat(), &[]), CALM),
        (alert(&[&ledger[..], &[("env", "dev")]].concat(), &[]), CALM),
        (alert(&[("team", "release"), ("env", "staging")], &[]), CALM),
        (alert(&[("team", "quality"), ("env", "qa")], &[]), CALM),
        (alert(&[("team", "noisy"), ("env", "staging")], &[]), CALM),
        (alert(&[("team", "noisy")], &[]), CALM),
        (alert(&[("team", "x")], &[]), many),
        (alert(&[("team", "x")], &impact), night),
        (alert(&[("team", "x")], &impact), CALM),
        (alert(&[("burn_rate", "6.5")], &[]), CALM),
        (alert(&[("severity", "odd")], &[]), CALM),
        (alert(&[("severity", "none"), ("team", "ops")], &[]), CALM),
    ]
    .into_iter()
    .map(|(alert, circumstances)| said(assess(&alert, &rules, &non_production(), &circumstances)))
    .collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    P1 ledger down: alertname="LedgerUnreachable", service="svc-ledger", env="prod"
    P3 ledger down: alertname="LedgerUnreachable", service="svc-ledger", env="dev" caps at P3
    P2 release gate: team="release", env="staging"
    P1 meant for qa: team="quality", env="qa"
    P3 not in dev: team="noisy", env="staging" caps at P3
    P2 not in dev: team="noisy", no env
    P2 many: tier 2, 12 firing ≥ 12
    P2 night: annotation.impact="all users wait", outside business hours
    P4 catch all: holds for every alert
    P3 slow burn: burn_rate 6.5 ≥ 6
    P4 nobody's: no team, severity="odd"
    P4 quiet: severity="none", team="ops"
    "#);
}

#[test]
fn the_worst_decides_and_the_first_of_equals() {
    let of = |severity: Severity, rule: &str| Assessment {
        severity,
        rule: rule.to_owned(),
        reason: String::new(),
        env: None,
        is_unmatched: false,
    };
    let several =
        [of(Severity::P3, "a"), of(Severity::P2, "b"), of(Severity::P2, "c"), of(Severity::P4, "d")];
    assert_eq!(worst(several).map(|a| a.rule), Some("b".to_owned()));
    assert_eq!(worst([]), None);
}

proptest! {
    #[test]
    fn what_is_not_production_wakes_nobody_by_a_built_in_rule(
        severity in "p1|P2|critical|none|odd", name in ".{0,9}(Outage|Slow)", rate in any::<f64>(),
    ) {
        let rate = rate.to_string();
        let labels = [("severity", &*severity), ("alertname", &*name), ("burn_rate", &*rate), ("env", "dev")];
        let circumstances = Circumstances { tier: Some(1), ..CALM };
        if let Some(found) = assess(&alert(&labels, &[]), &[], &non_production(), &circumstances) {
            prop_assert!(!found.severity.is_worse_than(Severity::P3));
            prop_assert!(!found.reason.is_empty());
        }
    }
}
