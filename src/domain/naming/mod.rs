//! What an incident and its channel are called. The names are for people; identity never depends on them.

use chrono::NaiveDate;
use deunicode::deunicode_with_tofu;

use super::alert::AlertGroup;
use crate::ids::ScheduleId;

/// The longest channel name that Slack accepts, in characters.
const CHANNEL_LIMIT: usize = 80;

/// So many channels of one name there may be.
const MOST_NAMESAKES: u32 = 50;

/// What an incident is called whose alert has no name that fits into a channel name.
const NAMELESS: &str = "incident";

/// What stands for a sign that ASCII has no spelling for: a gap between words.
const UNSPELLABLE: &str = " ";

/// An incident's title in one line: the `summary` annotation that all alerts share, else `alertname service`.
///
/// Alerts with different names have no name in common; then the first that fires lends its own.
pub fn title(group: &AlertGroup, service: Option<&str>) -> String {
    let summary = group.common_annotations.get("summary").map(|text| one_line(text));
    if let Some(summary) = summary.filter(|text| !text.is_empty()) {
        return summary;
    }
    let firing_first = group.alerts.iter().filter(|alert| alert.is_firing()).chain(&group.alerts);
    let name = group
        .common_labels
        .get("alertname")
        .map(String::as_str)
        .into_iter()
        .chain(firing_first.filter_map(|alert| alert.name()))
        .map(one_line)
        .find(|name| !name.is_empty());
    let service = service.map(one_line).filter(|service| !service.is_empty());
    match (name, service) {
        (Some(name), Some(service)) => format!("{name} {service}"),
        (Some(name), None) => name,
        (None, Some(service)) => format!("Alert without a name on {service}"),
        (None, None) => "Alert without a name".to_owned(),
    }
}

/// What the umbrella of a storm is called: `Storm on platform: 37 incidents`.
pub fn storm_title(schedule: &ScheduleId, n: u32) -> String {
    let incidents = if n == 1 { "incident" } else { "incidents" };
    format!("Storm on {schedule}: {n} {incidents}")
}

/// The short name of a channel: alert name and service as one slug, `high-error-rate-svc-ledger`.
pub fn short_name(alertname: Option<&str>, service: Option<&str>) -> String {
    let slugs: Vec<String> =
        [alertname, service].into_iter().flatten().map(slug).filter(|slug| !slug.is_empty()).collect();
    if slugs.is_empty() { NAMELESS.to_owned() } else { slugs.join("-") }
}

/// A channel name, `inc-20261122-high-error-rate-svc-ledger-2`: always one that Slack accepts.
///
/// `date` is the day the incident opened, in the house's zone. `suffix` tells channels of one name apart. When all does
/// not fit, the short name is cut; the beginning and the suffix stay.
pub fn channel_name(date: NaiveDate, short_name: &str, suffix: Option<u32>) -> String {
    fitting(date, &slug(short_name), suffix)
}

/// The name of a channel whose short name is a slug already.
fn fitting(date: NaiveDate, slug: &str, suffix: Option<u32>) -> String {
    let prefix = format!("inc-{}-", date.format("%Y%m%d"));
    let suffix = suffix.map(|n| format!("-{n}")).unwrap_or_default();
    let room = CHANNEL_LIMIT.saturating_sub(prefix.len() + suffix.len());
    let middle = slug.get(..room).unwrap_or(slug);
    let middle = match middle.trim_end_matches('-') {
        "" => NAMELESS,
        cut => cut,
    };
    format!("{prefix}{middle}{suffix}")
}

/// The names that a channel may have, in the order in which they are tried: without a suffix, then `-2`, `-3` and so on.
pub fn channel_names(date: NaiveDate, short_name: &str) -> impl Iterator<Item = String> + use<> {
    let suffixes = std::iter::once(None).chain((2..=MOST_NAMESAKES).map(Some));
    // Outside texts may be very long, and are gone through once.
    let mut slug = slug(short_name);
    slug.truncate(CHANNEL_LIMIT);
    suffixes.map(move |suffix| fitting(date, &slug, suffix))
}

/// Lower-case ASCII words with single dashes between them, none at the ends; empty when nothing is left.
///
/// `HighErrorRate` and `HTTPErrors` are split where a new word begins. What is written in other letters is spelled in ASCII
/// (`Zürich` as `zurich`, `Москва` as `moskva`).
fn slug(text: &str) -> String {
    let mut slug = String::with_capacity(text.len() + 8);
    let mut before: Option<char> = None;
    let spelled = deunicode_with_tofu(text, UNSPELLABLE);
    let mut chars = spelled.chars().peekable();
    while let Some(c) = chars.next() {
        if c.is_ascii_alphanumeric() {
            let word_begins = before.is_none_or(|before| {
                let acronym_ends =
                    before.is_ascii_uppercase() && chars.peek().is_some_and(char::is_ascii_lowercase);
                c.is_ascii_uppercase() && (!before.is_ascii_uppercase() || acronym_ends)
            });
            if word_begins && !slug.is_empty() {
                slug.push('-');
            }
            slug.push(c.to_ascii_lowercase());
            before = Some(c);
        } else {
            before = None;
        }
    }
    slug
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
