//! What the house decides, as pure functions over values: no async, no IO, no clock, no randomness, no logging.

pub mod alert;
pub mod compensation;
pub mod digest;
pub mod effect;
pub mod escalation;
pub mod handoff;
pub mod heartbeat;
pub mod house;
pub mod incident;
pub mod matcher;
pub mod naming;
pub mod on_call;
pub mod page;
pub mod people;
pub mod postmortem;
pub mod reconcile;
pub mod runbook;
pub mod service;
pub mod severity;
pub mod silence;
pub mod span;
pub mod triage;
pub mod warning;
