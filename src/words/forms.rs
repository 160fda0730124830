//! What forms say: titles, questions, and what each choice means.

use crate::domain::effect::Form;
use crate::domain::severity::Severity;

/// The title of a form; at most 24 characters, or Slack refuses it.
pub const fn title(form: &Form) -> &'static str {
    match form {
        Form::Declare { .. } => "Declare an incident",
        Form::Severity { .. } => "Change the severity",
        Form::Update { .. } => "Post an update",
        Form::Silence { .. } => "Silence alerts",
        Form::Resolve { .. } => "Resolve",
        Form::Override { .. } => "Who is on call?",
    }
}

/// What stands there until a form is ready.
pub const LOADING: &str = "One moment…";

/// The button that sends it off; at most 24 characters.
pub const fn submit(form: &Form) -> &'static str {
    match form {
        Form::Declare { .. } => "Declare",
        Form::Severity { .. } => "Change",
        Form::Update { .. } => "Post",
        Form::Silence { .. } => "Silence",
        Form::Resolve { .. } => "Resolve",
        Form::Override { .. } => "Put on call",
    }
}

/// The length of a silence that is chosen already.
pub const USUAL_SILENCE: &str = "2h";

/// What choosing everything that fires means.
pub fn all_alerts(n: u32) -> String {
    match n {
        1 => "The alert that fires".to_owned(),
        n => format!("All {n} alerts that fire"),
    }
}

/// What ticking the box of a private incident means; at most 75 characters.
pub const PRIVATE: &str = "Private: only those whom it concerns see what it is about";

/// What choosing a severity means; at most 75 characters.
pub const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::P1 => "P1 critical: down, or data at risk. All hands, now.",
        Severity::P2 => "P2 high: degraded, many errors. Somebody now.",
        Severity::P3 => "P3 medium: slower than it should be. Business hours.",
        Severity::P4 => "P4 low: minor, nobody is hurt. Nobody is paged.",
    }
}
