//! The webhooks that are sent: one alert each, of the size and shape that Alertmanager sends.

use std::ops::Range;

/// How bad the alerts are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// P2: somebody is paged at once and a channel is opened.
    Pages,
    /// P4: an incident that wakes nobody.
    Quiet,
}

/// What a series of webhooks is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mix {
    /// Every webhook is a new group.
    New,
    /// Every webhook is a new group that no other series has.
    Late,
    /// One in ten is a new group, the others repeat one that was sent a while ago.
    Repeats,
}

impl Mix {
    /// Which group the `i`th webhook is about.
    pub fn group(self, i: usize) -> usize {
        /// Other series do not go so far.
        const LATE: usize = 1_000_000;
        /// So many of the latest groups are not repeated: their first delivery may still be on its way.
        const ON_ITS_WAY: usize = 16;
        match self {
            Self::New => i,
            Self::Late => LATE + i,
            Self::Repeats if i.is_multiple_of(10) => i / 10,
            Self::Repeats => {
                (i.wrapping_mul(2_654_435_761) >> 7) % (i / 10).saturating_sub(ON_ITS_WAY).max(1)
            }
        }
    }
}

/// The word by which a group is recognised in pages and in the database.
pub fn mark(group: usize) -> String {
    format!("case-{group:07}")
}

/// The groups whose marks stand in `text`.
pub fn marked(text: &str) -> impl Iterator<Item = usize> {
    const DIGITS: Range<usize> = 0..7;
    text.split("case-").skip(1).filter_map(|rest| rest.get(DIGITS)?.parse().ok())
}

/// The webhook of a group.
pub fn webhook(group: usize, weight: Weight) -> String {
    let mark = mark(group);
    let severity = match weight {
        Weight::Pages => "critical",
        Weight::Quiet => "info",
    };
    format!(
        concat!(
            r#"{{"receiver":"dontpanic","status":"firing","alerts":[{{"status":"firing","labels":{{"#,
            r#""alertname":"HighErrorRate","cluster":"prod-1","env":"prod","instance":"{mark}","job":"checkout","#,
            r#""namespace":"shop","service":"checkout","severity":"{severity}"}},"annotations":{{"#,
            r#""description":"5xx answers of checkout are above 5 % of all answers for ten minutes.","#,
            r#""summary":"{mark}: checkout fails"}},"startsAt":"2026-11-20T23:19:57.072Z","#,
            r#""endsAt":"0001-01-01T00:00:00Z","#,
            r#""generatorURL":"http://prometheus.example.org:9090/graph?g0.expr=rate%3E0.05","#,
            r#""fingerprint":"{group:016x}"}}],"groupLabels":{{"alertname":"HighErrorRate","instance":"{mark}"}},"#,
            r#""commonLabels":{{"alertname":"HighErrorRate","cluster":"prod-1","env":"prod","instance":"{mark}","#,
            r#""job":"checkout","namespace":"shop","service":"checkout","severity":"{severity}"}},"#,
            r#""commonAnnotations":{{"summary":"{mark}: checkout fails"}},"#,
            r#""externalURL":"http://alertmanager.example.org:9093","version":"4","#,
            r#""groupKey":"{{}}/{{service=\"checkout\"}}:{{instance=\"{mark}\"}}","truncatedAlerts":0}}"#
        ),
        mark = mark,
        severity = severity,
        group = group,
    )
}

/// The webhook of a group of `n` alerts of one service, of which there are twenty-five.
pub fn group(group: usize, n: usize) -> String {
    let service = format!("svc-{:02}", group % 25);
    several(group, n, &service)
}

/// The webhook of a group of `n` alerts of this service.
pub fn several(group: usize, n: usize, service: &str) -> String {
    let mark = mark(group);
    let one = |i: usize| {
        format!(
            concat!(
                r#"{{"status":"firing","labels":{{"alertname":"HighErrorRate","cluster":"prod-1","env":"prod","#,
                r#""instance":"{mark}-{i:03}.prod-1.example.org:9090","job":"{service}","namespace":"shop","#,
                r#""pod":"{service}-7c9f8d5b6-{i:05}","service":"{service}","severity":"critical"}},"annotations":{{"#,
                r#""description":"5xx answers of {service} are above 5 % of all answers for ten minutes.","#,
                r#""runbook_url":"https://runbooks.example.org/{service}/high-error-rate","#,
                r#""summary":"{mark}: {service} fails"}},"startsAt":"2026-11-20T23:19:57.072Z","#,
                r#""endsAt":"0001-01-01T00:00:00Z","#,
                r#""generatorURL":"http://prometheus.example.org:9090/graph?g0.expr=rate%3E0.05","#,
                r#""fingerprint":"{fingerprint:016x}"}}"#
            ),
            mark = mark,
            i = i,
            service = service,
            fingerprint = group * 1_000 + i,
        )
    };
    let alerts: Vec<String> = (0..n).map(one).collect();
    format!(
        concat!(
            r#"{{"receiver":"dontpanic","status":"firing","alerts":[{alerts}],"#,
            r#""groupLabels":{{"alertname":"HighErrorRate","shard":"{mark}"}},"#,
            r#""commonLabels":{{"alertname":"HighErrorRate","cluster":"prod-1","env":"prod","job":"{service}","#,
            r#""namespace":"shop","service":"{service}","severity":"critical"}},"#,
            r#""commonAnnotations":{{"summary":"{mark}: {service} fails"}},"#,
            r#""externalURL":"http://alertmanager.example.org:9093","version":"4","#,
            r#""groupKey":"{{}}/{{service=\"{service}\"}}:{{shard=\"{mark}\"}}","truncatedAlerts":0}}"#
        ),
        alerts = alerts.join(","),
        mark = mark,
        service = service,
    )
}
