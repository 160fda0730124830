//! What comes in by itself: Slack's commands, clicks and events.
//!
//! Nothing here decides anything: it proves where a thing came from, hands it over to be stored, and acknowledges it only
//! after that.

pub mod slack;
