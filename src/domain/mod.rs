//! What the house decides, as pure functions over values: no async, no IO, no clock, no randomness, no logging.

pub mod action_item;
pub mod alert;
pub mod digest;
pub mod effect;
pub mod escalation;
pub mod form;
pub mod house;
pub mod incident;
pub mod matcher;
pub mod naming;
pub mod on_call;
pub mod page;
pub mod people;
pub mod postmortem;
pub mod runbook;
pub mod service;
pub mod severity;
pub mod span;
pub mod stats;
pub mod triage;
