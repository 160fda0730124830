//! An Alertmanager's own configuration, as its API shows it: who is told what, and how often.
//!
//! It is read with patience: what is not understood is left out, for it is somebody else's file.

use chrono::Duration;

use super::fault::Fault;
use super::value;
use super::yaml::{self, Kind, Node};
use crate::domain::alert::Labels;
use crate::domain::matcher::Matcher;

/// Alertmanager's own defaults.
const GROUP_INTERVAL: Duration = Duration::minutes(5);
const REPEAT_INTERVAL: Duration = Duration::hours(4);

/// What an Alertmanager's configuration says.
#[derive(Debug, Clone, PartialEq)]
pub struct PartnerConfig {
    /// Everything that is posted to somebody.
    pub webhooks: Vec<PartnerWebhook>,
    route: Option<Route>,
}

/// A webhook of a receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartnerWebhook {
    /// The receiver's name.
    pub receiver: String,
    /// Where it posts; newer releases show `<secret>`.
    pub url: String,
    /// Whether it tells of ends.
    pub send_resolved: bool,
    /// How many alerts of a group it sends at most; 0 is all.
    pub max_alerts: u64,
}

/// A way that alerts take.
#[derive(Debug, Clone, PartialEq)]
struct Route {
    receiver: String,
    /// `None` when one of them cannot be read, so that nobody knows what it matches.
    matchers: Option<Vec<Matcher>>,
    goes_on: bool,
    group_interval: Duration,
    repeat_interval: Duration,
    routes: Vec<Route>,
}

/// Where an alert ends up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached {
    /// The receiver's name.
    pub receiver: String,
    /// How often it is told of what goes on firing.
    pub every: Duration,
}

impl PartnerConfig {
    /// Reads it.
    ///
    /// # Errors
    /// When it is not YAML.
    pub fn read(text: &str) -> Result<Self, Fault> {
        let tree = yaml::parse(text.as_bytes())?;
        let receivers = list(&tree, "receivers").iter().flat_map(webhooks).collect();
        let usual = Route {
            receiver: String::new(),
            matchers: Some(vec![]),
            goes_on: false,
            group_interval: GROUP_INTERVAL,
            repeat_interval: REPEAT_INTERVAL,
            routes: vec![],
        };
        Ok(Self { webhooks: receivers, route: get(&tree, "route").map(|route| read_route(route, &usual)) })
    }

    /// Whether any way leads to this receiver.
    pub fn leads_to(&self, receiver: &str) -> bool {
        fn leads(route: &Route, receiver: &str) -> bool {
            route.receiver == receiver || route.routes.iter().any(|route| leads(route, receiver))
        }
        self.route.as_ref().is_some_and(|route| leads(route, receiver))
    }

    /// Where an alert with these labels ends up.
    pub fn reached_by(&self, labels: &Labels) -> Vec<Reached> {
        let mut found = vec![];
        if let Some(route) = &self.route {
            follow(route, labels, &mut found);
        }
        found
    }
}

/// Whether the route takes the alert.
fn follow(route: &Route, labels: &Labels, found: &mut Vec<Reached>) -> bool {
    let none = Labels::new();
    let takes = route
        .matchers
        .as_ref()
        .is_some_and(|matchers| matchers.iter().all(|matcher| matcher.matches(labels, &none)));
    if !takes {
        return false;
    }
    let mut is_taken = false;
    for child in &route.routes {
        if follow(child, labels, found) {
            is_taken = true;
            if !child.goes_on {
                break;
            }
        }
    }
    if !is_taken {
        // What fires is looked at every group_interval, and told again at the first look after repeat_interval.
        let (group, repeat) = (route.group_interval.num_milliseconds().max(1), route.repeat_interval);
        let looks = (repeat.num_milliseconds() + group - 1).div_euclid(group).max(1);
        let every = Duration::milliseconds(looks * group);
        found.push(Reached { receiver: route.receiver.clone(), every });
    }
    true
}

fn get<'n>(node: &'n Node, name: &str) -> Option<&'n Node> {
    let Kind::Map(entries) = &node.kind else { return None };
    entries
        .iter()
        .find(|(key, _)| key.name == name)
        .map(|(_, value)| value)
        .filter(|value| !value.is_absent())
}

fn list<'n>(node: &'n Node, name: &str) -> &'n [Node] {
    match get(node, name).map(|node| &node.kind) {
        Some(Kind::List(items)) => items,
        Some(Kind::Scalar { .. } | Kind::Map(_)) | None => &[],
    }
}

fn text<'n>(node: &'n Node, name: &str) -> Option<&'n str> {
    match &get(node, name)?.kind {
        Kind::Scalar { text, .. } => Some(text),
        Kind::List(_) | Kind::Map(_) => None,
    }
}

fn webhooks(receiver: &Node) -> Vec<PartnerWebhook> {
    let name = text(receiver, "name").unwrap_or_default();
    let webhook = |node: &Node| PartnerWebhook {
        receiver: name.to_owned(),
        url: text(node, "url").unwrap_or("<secret>").to_owned(),
        send_resolved: text(node, "send_resolved") != Some("false"),
        max_alerts: text(node, "max_alerts").and_then(|n| n.parse().ok()).unwrap_or_default(),
    };
    list(receiver, "webhook_configs").iter().map(webhook).collect()
}

fn read_route(node: &Node, parent: &Route) -> Route {
    let span = |name, usual| text(node, name).and_then(|word| value::duration(word).ok()).unwrap_or(usual);
    let mut route = Route {
        receiver: text(node, "receiver").unwrap_or(&parent.receiver).to_owned(),
        matchers: matchers(node),
        goes_on: text(node, "continue") == Some("true"),
        group_interval: span("group_interval", parent.group_interval),
        repeat_interval: span("repeat_interval", parent.repeat_interval),
        routes: vec![],
    };
    route.routes = list(node, "routes").iter().map(|child| read_route(child, &route)).collect();
    route
}

fn matchers(node: &Node) -> Option<Vec<Matcher>> {
    let mut found = vec![];
    for (name, operator) in [("match", "="), ("match_re", "=~")] {
        let Some(Kind::Map(entries)) = get(node, name).map(|node| &node.kind) else { continue };
        for (label, value) in entries {
            let Kind::Scalar { text, .. } = &value.kind else { return None };
            let quoted = text.replace('\\', "\\\\").replace('"', "\\\"");
            found.push(Matcher::parse(&format!("{}{operator}\"{quoted}\"", label.name)).ok()?);
        }
    }
    for item in list(node, "matchers") {
        let Kind::Scalar { text, .. } = &item.kind else { return None };
        found.push(Matcher::parse(text.trim()).ok()?);
    }
    Some(found)
}
