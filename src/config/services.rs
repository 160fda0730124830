//! `services` and `incidents`: what alerts are about, and how long things may take.

use std::collections::BTreeMap;

use chrono::Duration;

use super::reader::{Namespace, Section, Value};
use super::severities::tier;
use super::value::{self, Wrong};
use crate::domain::house::{Dashboard, IncidentTimes, Service, Slo};
use crate::domain::severity::Severity;
use crate::ids::{PolicyId, RunbookId, ScheduleId, ServiceId};

/// A threshold above this makes no storm: it never comes to so many, and each would be counted.
const MOST_IN_A_MINUTE: u32 = 1000;

/// Reads `services`; one without a schedule has the default one.
pub(super) fn services(
    root: &Section<'_>,
    default_schedule: Option<&ScheduleId>,
) -> BTreeMap<ServiceId, Service> {
    let entries = root.optional("services").and_then(Value::entries).into_iter().flatten();
    entries
        .filter_map(|(name, value)| {
            let id = ServiceId(name);
            let service = service(value.section()?, id.clone(), default_schedule)?;
            Some((id, service))
        })
        .collect()
}

fn service(section: Section<'_>, id: ServiceId, default_schedule: Option<&ScheduleId>) -> Option<Service> {
    let schedule = match section.optional("schedule") {
        Some(value) => value.name_in(Namespace::Schedules).map(ScheduleId),
        None => default_schedule.cloned(),
    };
    let tier = section.optional("tier").and_then(|value| value.read(tier));
    let owner = section.optional("owner").and_then(Value::text);
    let escalation = escalation(section.optional("escalation").and_then(Value::section));
    let runbook = section.optional("runbook").and_then(|value| {
        let (line, key) = (value.line, value.path.clone());
        let name = value.text()?;
        section.reader().names_runbook(line, &key, &name);
        Some(RunbookId(name))
    });
    let dashboards = items(&section, "dashboards", dashboard);
    let slos = items(&section, "slos", slo);
    section.finish();
    Some(Service { id, tier, owner, schedule: schedule?, escalation, runbook, dashboards, slos })
}

fn items<T>(section: &Section<'_>, key: &str, read: impl Fn(Section<'_>) -> Option<T>) -> Vec<T> {
    let values = section.optional(key).and_then(Value::list).into_iter().flatten();
    values.filter_map(|value| read(value.section()?)).collect()
}

fn escalation(section: Option<Section<'_>>) -> BTreeMap<Severity, PolicyId> {
    let Some(section) = section else { return BTreeMap::new() };
    let policies = Severity::ALL.into_iter().filter_map(|severity| {
        let policy = section.optional(severity.as_str())?.name_in(Namespace::Escalation)?;
        Some((severity, PolicyId(policy)))
    });
    let policies = policies.collect();
    section.finish();
    policies
}

fn dashboard(section: Section<'_>) -> Option<Dashboard> {
    let title = section.required("title").and_then(Value::text);
    let url = section
        .required("url")
        .and_then(|value| value.read(|word| value::web_url(word).map(|_| word.to_owned())));
    section.finish();
    Some(Dashboard { title: title?, url: url? })
}

fn slo(section: Section<'_>) -> Option<Slo> {
    let name = section.required("name").and_then(Value::text);
    let objective = section.required("objective").and_then(|value| value.read(percent));
    let window =
        section.optional("window").map_or(Some(Duration::days(30)), |value| value.read(longer_than_nothing));
    let sli_query = section.optional("sli_query").and_then(Value::text);
    section.finish();
    Some(Slo { name: name?, objective: objective?, window: window?, sli_query })
}

fn percent(word: &str) -> Result<f64, Wrong> {
    value::positive(word.trim_end_matches('%').trim()).ok().filter(|percent| *percent < 100.0).ok_or_else(
        || {
            Wrong::new(
                format!("`{word}` is not an objective"),
                "write a percentage above 0 and below 100: 99.9",
            )
        },
    )
}

fn longer_than_nothing(word: &str) -> Result<Duration, Wrong> {
    let window = value::duration(word)?;
    if window.is_zero() {
        Err(Wrong::new("this window is empty", "write a span such as 30d"))
    } else {
        Ok(window)
    }
}

/// Reads `incidents`.
pub(super) fn incident_times(root: &Section<'_>) -> IncidentTimes {
    let usual = IncidentTimes {
        resolve_after: Some(Duration::minutes(10)),
        reopen_within: Some(Duration::minutes(30)),
        storm_threshold: Some(10),
        page_bundle: Some(Duration::seconds(5)),
        nudge_after: Some(Duration::minutes(15)),
        nudge_answer: Some(Duration::minutes(15)),
        archive_after: Some(Duration::days(7)),
    };
    let Some(section) = root.optional("incidents").and_then(Value::section) else { return usual };
    let threshold = section.optional("storm_threshold").and_then(|value| value.read(storm_threshold));
    let times = IncidentTimes {
        resolve_after: section.span("resolve_after", usual.resolve_after),
        reopen_within: section.span("reopen_within", usual.reopen_within),
        storm_threshold: threshold.unwrap_or(usual.storm_threshold),
        page_bundle: section.span("page_bundle", usual.page_bundle),
        nudge_after: section.span("nudge_after", usual.nudge_after),
        nudge_answer: section.span("nudge_answer", usual.nudge_answer),
        archive_after: section.span("archive_after", usual.archive_after),
    };
    section.finish();
    times
}

/// How many new incidents make a storm; `None` when nothing does.
fn storm_threshold(word: &str) -> Result<Option<u32>, Wrong> {
    if word == "0" {
        return Ok(None);
    }
    Ok(Some(value::whole(word, 2)?).filter(|threshold| *threshold <= MOST_IN_A_MINUTE))
}
