//! Which service, and which environment, an alert is about. Reads labels; guesses nothing.

use std::collections::BTreeMap;

use super::alert::Labels;
use super::house::Service;
use crate::ids::ServiceId;

/// The configured service of these labels: the value of the first of `service_labels` that is configured.
///
/// `None` means unknown: the default schedule is paged, and the card says so.
pub fn service_of(
    labels: &Labels,
    service_labels: &[String],
    services: &BTreeMap<ServiceId, Service>,
) -> Option<ServiceId> {
    candidates(labels, service_labels).map(ServiceId::from).find(|id| services.contains_key(id))
}

/// What to call the service in front of people: the configured one, else the first of `service_labels` that has a value.
pub fn service_shown<'a>(
    labels: &'a Labels,
    service_labels: &[String],
    services: &BTreeMap<ServiceId, Service>,
) -> Option<&'a str> {
    let configured = |value: &&str| services.contains_key(&ServiceId::from(*value));
    candidates(labels, service_labels).find(configured).or_else(|| candidates(labels, service_labels).next())
}

/// The `env` label. Nothing, or an empty value, means production.
pub fn env_of(labels: &Labels) -> Option<&str> {
    present(labels, "env")
}

fn candidates<'a>(labels: &'a Labels, service_labels: &[String]) -> impl Iterator<Item = &'a str> {
    service_labels.iter().filter_map(|name| present(labels, name))
}

fn present<'a>(labels: &'a Labels, name: &str) -> Option<&'a str> {
    labels.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests;
