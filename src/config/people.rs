//! `people` and `admins`: who can be woken, and how.

use std::collections::BTreeMap;

use super::fault::NoteKind;
use super::reader::{Namespace, Section, Value};
use super::value::{self, Wrong, either};
use crate::domain::people::{ContactMethod, Person};
use crate::ids::{PersonId, SlackUserId};

/// Reads `people`.
pub(super) fn people(root: &Section<'_>) -> BTreeMap<PersonId, Person> {
    let Some(value) = root.required("people") else { return BTreeMap::new() };
    let mut people = BTreeMap::new();
    let mut by_slack: BTreeMap<SlackUserId, PersonId> = BTreeMap::new();
    for (name, value) in value.entries().into_iter().flatten() {
        let Some(section) = value.section() else { continue };
        let id = PersonId(name);
        let person = person(root, &section, &id);
        if let Some(slack) = person.slack.clone() {
            if let Some(other) = by_slack.get(&slack) {
                let wrong =
                    Wrong::new(format!("`{other}` has the same Slack user"), "give each person their own id");
                section.reader().fault(Some(section.line_of("slack")), &section.path_of("slack"), wrong);
            } else {
                by_slack.insert(slack, id.clone());
            }
        }
        section.finish();
        people.insert(id, person);
    }
    people
}

/// Reads `admins`.
pub(super) fn admins(root: &Section<'_>) -> Vec<PersonId> {
    let names = root.optional("admins").and_then(Value::one_or_more).into_iter().flatten();
    names.filter_map(|value| value.name_in(Namespace::People)).map(PersonId).collect()
}

fn person(root: &Section<'_>, section: &Section<'_>, id: &PersonId) -> Person {
    let contact = section.optional("contact").and_then(Value::one_or_more).map(|methods| {
        let mut contact = Vec::new();
        for value in methods {
            let (reader, line, path) = (value.reader, value.line, value.path.clone());
            let Some(method) = value.read(contact_method) else { continue };
            if contact.contains(&method) {
                let wrong = Wrong::new(format!("`{method}` is listed twice"), "list each method once");
                reader.fault(Some(line), &path, wrong);
            } else {
                contact.push(method);
            }
        }
        contact
    });
    let contact = contact.unwrap_or_else(|| vec![ContactMethod::Slack]);
    Person {
        id: id.clone(),
        slack: section.optional("slack").and_then(|value| value.read(slack_user)),
        email: section.optional("email").and_then(|value| value.read(value::email)),
        phone: section.optional("phone").and_then(|value| value.read(value::phone)),
        ntfy: section.optional("ntfy").and_then(|value| value.read(ntfy_topic)),
        webhook: section
            .optional("webhook")
            .and_then(|value| value.read(|word| value::web_url(word).map(|_| word.to_owned()))),
        timezone: section.optional("timezone").and_then(|value| value.read(value::zone)),
        unsent: unsent(root, &contact),
        contact,
    }
}

fn contact_method(word: &str) -> Result<ContactMethod, Wrong> {
    value::one_of(word, &ContactMethod::ALL.map(|method| (method.as_str(), method)))
}

fn slack_user(word: &str) -> Result<SlackUserId, Wrong> {
    let is_user = word.len() >= 2
        && word.starts_with(['U', 'W'])
        && word.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    is_user.then(|| SlackUserId::from(word)).ok_or_else(|| {
        Wrong::new(
            format!("`{word}` is not the id of a Slack user"),
            "copy the member id from the person's Slack profile: it looks like U012AB3CD",
        )
    })
}

fn ntfy_topic(word: &str) -> Result<String, Wrong> {
    let is_topic = (1..=64).contains(&word.len())
        && word.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    is_topic
        .then(|| word.to_owned())
        .ok_or_else(|| Wrong::new("this is not an ntfy topic", "use up to 64 letters, digits, `-` and `_`"))
}

/// The key under a person that holds the address of a method.
fn address_key(method: ContactMethod) -> &'static str {
    match method {
        ContactMethod::Slack => "slack",
        ContactMethod::Sms | ContactMethod::Voice => "phone",
        ContactMethod::Email => "email",
        ContactMethod::Ntfy => "ntfy",
        ContactMethod::Webhook => "webhook",
    }
}

/// The key that configures what sends by a method; `None` for what is always there.
const fn sender_key(method: ContactMethod) -> Option<&'static str> {
    match method {
        ContactMethod::Sms | ContactMethod::Voice => Some("twilio"),
        ContactMethod::Email => Some("smtp"),
        // There is a public server, and everybody names their own receiver.
        ContactMethod::Slack | ContactMethod::Ntfy | ContactMethod::Webhook => None,
    }
}

/// The methods of a list that nothing is configured to send.
fn unsent(root: &Section<'_>, contact: &[ContactMethod]) -> Vec<ContactMethod> {
    let is_sent = |method: ContactMethod| sender_key(method).is_none_or(|key| root.optional(key).is_some());
    contact.iter().copied().filter(|method| !is_sent(*method)).collect()
}

/// Says who cannot be reached, or not woken, and by which methods. `is_paged` tells whom a page may name.
pub(super) fn note_contacts(
    root: &Section<'_>,
    people: &BTreeMap<PersonId, Person>,
    is_paged: impl Fn(&PersonId) -> bool,
) {
    let reader = root.reader();
    for person in people.values() {
        let line = root.line_below("people", person.id.as_str());
        let key = format!("people.{}.contact", person.id);
        for method in person.contact.iter().filter(|method| !person.has_address(**method)) {
            let text = format!("lists {method}, but {} has no `{}`", person.id, address_key(*method));
            reader.note(NoteKind::Hole, line, &key, text);
        }
        for method in &person.unsent {
            let needed = sender_key(*method).unwrap_or_default();
            let text = format!("lists {method}, but nothing sends it: there is no `{needed}`");
            reader.note(NoteKind::Hole, line, &key, text);
        }
        if !is_paged(&person.id) {
            continue;
        }
        let working = person.working_methods();
        if working.is_empty() {
            let text = format!("{} may be paged, but no listed method can reach them", person.id);
            reader.note(NoteKind::Hole, line, &key, text);
        } else if !working.iter().any(|method| method.can_wake()) {
            let methods = either(working.iter().map(|method| method.as_str()));
            let text = format!(
                "{} may be paged, but only by {methods}, which cannot wake someone who sleeps",
                person.id
            );
            reader.note(NoteKind::Advice, line, &key, text);
        }
    }
}
