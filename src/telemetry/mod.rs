//! What the service says about itself: logs for people, metrics for machines.
//!
//! Neither ever holds a secret, a telephone number, a mail address or the text of an alert.

mod logs;
mod metrics;
mod rejected;

pub use logs::start_logging;
pub use metrics::{Gauges, Metrics};
pub use rejected::Rejected;
