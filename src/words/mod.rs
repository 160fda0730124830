//! Every sentence the product says, wherever it says it.

pub mod ack;
pub mod actions;
pub mod admin;
pub mod alarm;
pub mod announcement;
pub mod answers;
pub mod calendar;
pub mod card;
pub mod compensation;
pub mod csv;
pub mod digest;
pub mod feedback;
pub mod folding;
pub mod forms;
pub mod grafana;
pub mod handoff;
pub mod holes;
pub mod home;
pub mod look_ahead;
pub mod merging;
pub mod mrkdwn;
pub mod on_call;
pub mod page;
pub mod pagerduty;
pub mod phone;
pub mod reload;
pub mod review;
pub mod saying;
pub mod silences;
pub mod stats;

mod storm;
pub mod talk;
pub mod time;
pub mod timeline;
pub mod topic;
pub mod web;
