//! `escalation` and `roles`: whom to page next, and next, and next.
//!
//! The policies `critical`, `default` and `primary` are there without being written; one of the same name replaces them.

use std::collections::BTreeMap;

use chrono::Duration;

use super::fault::NoteKind;
use super::reader::{Namespace, Reader, Section, Value};
use super::value::{self, Wrong, closest};
use crate::domain::escalation::{Policy, Step, Target};
use crate::ids::{PersonId, PolicyId, RoleId, ScheduleId};

/// Whom to page, and how many minutes to wait afterwards.
type UsualStep = (&'static [&'static str], i64);

/// The policies that exist without being written.
const USUAL: [(&str, &[UsualStep]); 3] = [
    (
        "critical",
        &[(&["primary", "role:incident_commander"], 15), (&["secondary"], 15), (&["role:management"], 15)],
    ),
    (
        "default",
        &[
            (&["primary"], 15),
            (&["secondary"], 15),
            (&["role:incident_commander"], 15),
            (&["role:management"], 15),
        ],
    ),
    ("primary", &[(&["primary"], 60)]),
];

/// The names of the policies that exist without being written.
pub(super) fn usual_names() -> impl Iterator<Item = String> {
    USUAL.iter().map(|(name, _)| (*name).to_owned())
}

/// Reads `escalation`. Steps may still name roles that nobody holds: see [`leave_out_unheld_roles`].
pub(super) fn policies(root: &Section<'_>) -> BTreeMap<PolicyId, Policy> {
    let mut policies: BTreeMap<PolicyId, Policy> =
        USUAL.iter().map(|(name, steps)| usual(name, steps)).collect();
    for (name, value) in root.optional("escalation").and_then(Value::entries).into_iter().flatten() {
        let (reader, line, path) = (value.reader, value.line, value.path.clone());
        let Some(values) = value.list() else { continue };
        let refuse = |what: &str, fix: &str| reader.fault(Some(line), &path, Wrong::new(what, fix));
        if values.is_empty() {
            refuse("has no steps", "write at least one: [{page: [primary], wait: 15m}]");
        }
        let steps: Vec<Option<Step>> = values.into_iter().map(|value| step(value.section()?)).collect();
        let steps: Vec<Step> = steps.into_iter().flatten().collect();
        if !steps.is_empty() && steps.iter().all(|step| step.wait.is_zero()) {
            refuse("never waits, so it would page without a pause", "give at least one step a `wait`");
        }
        let id = PolicyId(name);
        policies.insert(id.clone(), Policy { id, steps });
    }
    policies
}

fn usual(name: &str, steps: &[UsualStep]) -> (PolicyId, Policy) {
    let id = PolicyId::from(name);
    let steps = steps.iter().map(|(targets, minutes)| Step {
        page: targets.iter().filter_map(|word| parse_target(word)).collect(),
        wait: Duration::minutes(*minutes),
    });
    (id.clone(), Policy { id, steps: steps.collect() })
}

fn step(section: Section<'_>) -> Option<Step> {
    let page = section.required("page").and_then(Value::one_or_more).map(|targets| {
        if targets.is_empty() {
            section.fault("pages nobody", "list at least one target, such as primary");
        }
        targets.into_iter().filter_map(target).collect()
    });
    let wait = section.required("wait").and_then(|value| value.read(value::duration));
    section.finish();
    Some(Step { page: page?, wait: wait? })
}

fn parse_target(word: &str) -> Option<Target> {
    match word.split_once(':') {
        None if word == "primary" => Some(Target::Primary),
        None if word == "secondary" => Some(Target::Secondary),
        Some(("schedule", name)) if !name.is_empty() => Some(Target::Schedule(ScheduleId::from(name))),
        Some(("person", name)) if !name.is_empty() => Some(Target::Person(PersonId::from(name))),
        Some(("role", name)) if !name.is_empty() => Some(Target::Role(RoleId::from(name))),
        _ => None,
    }
}

fn target(value: Value<'_>) -> Option<Target> {
    let reader = value.reader;
    value.read(|word| {
        let target = parse_target(word).ok_or_else(|| unknown_target(reader, word))?;
        match &target {
            Target::Schedule(id) => reader.check_name(Namespace::Schedules, id.as_str())?,
            Target::Person(id) => reader.check_name(Namespace::People, id.as_str())?,
            Target::Primary | Target::Secondary | Target::Role(_) => {}
        }
        Ok(target)
    })
}

fn unknown_target(reader: &Reader<'_>, word: &str) -> Wrong {
    let prefixed =
        [(Namespace::People, "person"), (Namespace::Schedules, "schedule"), (Namespace::Roles, "role")]
            .into_iter()
            .find(|(namespace, _)| reader.knows(*namespace, word));
    let fix = match (prefixed, closest(word, ["primary", "secondary"].into_iter())) {
        (Some((_, prefix)), _) => format!("did you mean {prefix}:{word}?"),
        (None, Some(similar)) => format!("did you mean {similar}?"),
        (None, None) => "write primary, secondary, schedule:x, person:x or role:x".to_owned(),
    };
    Wrong::new(format!("`{word}` is nobody who can be paged"), fix)
}

/// Reads `roles`.
pub(super) fn roles(root: &Section<'_>) -> BTreeMap<RoleId, Vec<Target>> {
    let entries = root.optional("roles").and_then(Value::entries).into_iter().flatten();
    entries
        .filter_map(|(name, value)| {
            let holders = value.one_or_more()?.into_iter().filter_map(holder).collect();
            Some((RoleId(name), holders))
        })
        .collect()
}

/// A role is held by people or by a schedule, not by another role: so it always ends at somebody.
fn holder(value: Value<'_>) -> Option<Target> {
    let (reader, line, path) = (value.reader, value.line, value.path.clone());
    match target(value)? {
        Target::Role(_) => {
            let wrong = Wrong::new("a role cannot hold a role", "name the people: person:x or schedule:x");
            reader.fault(Some(line), &path, wrong);
            None
        }
        target => Some(target),
    }
}

/// Leaves out targets whose role nobody holds, and steps without any other target, and says so once per role.
pub(super) fn leave_out_unheld_roles(
    root: &Section<'_>,
    policies: &mut BTreeMap<PolicyId, Policy>,
    roles: &BTreeMap<RoleId, Vec<Target>>,
) {
    let is_held = |role: &RoleId| roles.get(role).is_some_and(|holders| !holders.is_empty());
    let mut places: BTreeMap<RoleId, Vec<String>> = BTreeMap::new();
    for policy in policies.values_mut() {
        let is_unheld = |target: &Target| matches!(target, Target::Role(role) if !is_held(role));
        let names_only_unheld = |step: &Step| !step.page.is_empty() && step.page.iter().all(is_unheld);
        let pages_nobody = !policy.steps.is_empty() && policy.steps.iter().all(names_only_unheld);
        for (n, step) in policy.steps.iter_mut().enumerate() {
            step.page.retain(|target| match target {
                Target::Role(role) if !is_held(role) => {
                    places.entry(role.clone()).or_default().push(format!(
                        "step {} of `{}`",
                        n + 1,
                        policy.id
                    ));
                    false
                }
                _ => true,
            });
        }
        policy.steps.retain(|step| !step.page.is_empty());
        if pages_nobody {
            let key = format!("escalation.{}", policy.id);
            let wrong = Wrong::new("pages only roles that nobody holds", "add those roles under `roles`");
            root.reader().fault(root.line_below("escalation", policy.id.as_str()), &key, wrong);
        }
    }
    for (role, places) in places {
        let text = format!(
            "nobody holds this role, so it is left out of {}; add it as {role}: [person:…]",
            places.join(" and of ")
        );
        root.reader().note(
            NoteKind::Advice,
            root.line_below("roles", role.as_str()),
            &format!("roles.{role}"),
            text,
        );
    }
}
