//! Each Alertmanager's own settings: whether it tells us, whether it tells of ends, and whether its heartbeat comes often enough.

use super::super::{Finding, Weight};
use crate::adapters::alertmanager::{ANSWER_WITHIN, AlertmanagerApi};
use crate::config::{Config, PartnerConfig, PartnerWebhook, SourceConfig};
use crate::domain::alert::Labels;
use crate::ids::SourceId;
use crate::words::counted::counted;
use crate::words::time::humane;

/// Everything that is wrong with the Alertmanagers that can be asked.
pub(super) async fn findings(config: &Config) -> Vec<Finding> {
    let members = config.alertmanagers.iter().map(|(id, source)| (id.clone(), source.urls.clone()));
    let api = match AlertmanagerApi::new(members.collect(), ANSWER_WITHIN) {
        Ok(api) => api,
        Err(error) => return vec![Finding::missing("alertmanagers", error.to_string())],
    };
    let mut found = vec![];
    for (id, source) in &config.alertmanagers {
        let key = format!("alertmanagers.{id}.url");
        if source.urls.is_empty() {
            let text = "is not given; without it nothing is compared and no silence is seen: add the address of each member";
            found.push(Finding { weight: Weight::Advice, key, text: text.to_owned() });
            continue;
        }
        for (n, answered) in (1..).zip(api.settings(id).await) {
            match answered.map(|text| PartnerConfig::read(&text)) {
                Ok(Ok(partner)) => found.extend(judge(id, source, &partner)),
                Ok(Err(fault)) => {
                    let text = format!("member {n} shows settings that cannot be read: {}", fault.what);
                    found.push(Finding { weight: Weight::Advice, key: key.clone(), text });
                }
                Err(why) => {
                    let text = format!("member {n} {why}; correct the address, or let this machine reach it");
                    found.push(Finding::missing(key.clone(), text));
                }
            }
        }
    }
    // The members of a cluster are set up alike.
    found.dedup();
    found
}

/// What is wrong with one of them.
fn judge(id: &SourceId, source: &SourceConfig, partner: &PartnerConfig) -> Vec<Finding> {
    let key = format!("alertmanagers.{id}");
    let path = if id.as_str() == "main" {
        "/webhooks/alertmanager".to_owned()
    } else {
        format!("/webhooks/alertmanager/{id}")
    };
    let ours = match ours(id, partner) {
        Ours::These(ours) => ours,
        Ours::Unknown => {
            let text = "this release hides where its webhooks post, so it cannot be seen which of them is ours; call its receiver dontpanic";
            return vec![Finding { weight: Weight::Advice, key, text: text.to_owned() }];
        }
    };
    if ours.is_empty() {
        let text = format!(
            "none of its receivers posts to {path}; add one with webhook_configs: [{{url: …{path}, send_resolved: true}}]"
        );
        return vec![Finding::missing(key, text)];
    }
    let mut found = vec![];
    for webhook in &ours {
        let name = &webhook.receiver;
        if !partner.leads_to(name) {
            let text = format!(
                "no route leads to its receiver `{name}`; give a route, or the first one, receiver: {name}"
            );
            found.push(Finding::missing(key.clone(), text));
        }
        if !webhook.send_resolved {
            let text = format!(
                "its receiver `{name}` does not tell of ends, so no incident clears; set send_resolved: true"
            );
            found.push(Finding::missing(key.clone(), text));
        }
        if webhook.max_alerts > 0 {
            let text = format!(
                "its receiver `{name}` sends at most {} of a group, and the rest is not seen; set max_alerts: 0",
                counted(webhook.max_alerts, "alert", "alerts")
            );
            found.push(Finding { weight: Weight::Advice, key: key.clone(), text });
        }
    }
    found.extend(heartbeat(id, source, partner, &ours));
    found
}

enum Ours {
    These(Vec<PartnerWebhook>),
    Unknown,
}

/// The webhooks that post to this service.
fn ours(id: &SourceId, partner: &PartnerConfig) -> Ours {
    let is_ours = |webhook: &&PartnerWebhook| {
        let path = webhook.url.trim_end_matches('/');
        path.ends_with(&format!("/webhooks/alertmanager/{id}"))
            || (id.as_str() == "main" && path.ends_with("/webhooks/alertmanager"))
    };
    let shown: Vec<PartnerWebhook> = partner.webhooks.iter().filter(is_ours).cloned().collect();
    let hidden: Vec<&PartnerWebhook> =
        partner.webhooks.iter().filter(|webhook| webhook.url.contains("<secret>")).collect();
    if !shown.is_empty() || hidden.is_empty() {
        return Ours::These(shown);
    }
    let squeezed = |name: &str| name.to_lowercase().replace(['-', '_', ' ', '\''], "");
    let named: Vec<PartnerWebhook> = hidden
        .iter()
        .filter(|webhook| squeezed(&webhook.receiver).contains("dontpanic"))
        .map(|webhook| (*webhook).clone())
        .collect();
    match (named.is_empty(), hidden.as_slice()) {
        (false, _) => Ours::These(named),
        (true, [only]) => Ours::These(vec![(*only).clone()]),
        (true, _) => Ours::Unknown,
    }
}

/// Whether the heartbeat reaches us, often enough.
fn heartbeat(
    id: &SourceId,
    source: &SourceConfig,
    partner: &PartnerConfig,
    ours: &[PartnerWebhook],
) -> Option<Finding> {
    let timeout = source.heartbeat.timeout?;
    let exact = source.heartbeat.matchers.iter().filter_map(|matcher| matcher.exact());
    let labels: Labels = exact.map(|(label, value)| (label.to_owned(), value.to_owned())).collect();
    if labels.is_empty() {
        return None;
    }
    let key = format!("alertmanagers.{id}.heartbeat");
    let reached = partner.reached_by(&labels);
    let comes =
        reached.iter().filter(|reached| ours.iter().any(|webhook| webhook.receiver == reached.receiver));
    let Some(every) = comes.map(|reached| reached.every).min() else {
        let shown: Vec<String> = labels.iter().map(|(label, value)| format!("{label}=\"{value}\"")).collect();
        let text = format!(
            "no route takes {} to us, so nobody would notice that monitoring has died; add a route for it with \
             group_interval: 1m and repeat_interval: 1m",
            shown.join(", ")
        );
        return Some(Finding::missing(key, text));
    };
    // One beat may be lost.
    let is_often = every + every <= timeout;
    (!is_often).then(|| {
        let text = format!(
            "it comes every {}, and is missed after {}; give its route group_interval: 1m and repeat_interval: 1m, or raise the timeout",
            humane(every),
            humane(timeout)
        );
        let weight = if every < timeout { Weight::Advice } else { Weight::Missing };
        Finding { weight, key, text }
    })
}

#[cfg(test)]
mod tests;
