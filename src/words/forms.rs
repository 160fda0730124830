//! What forms say: titles, questions, what each choice means, and what became of what was written.

use crate::domain::effect::Form;
use crate::domain::postmortem::Part;
use crate::domain::severity::Severity;
use crate::ids::IncidentId;
use crate::words::counted::{agreeing, counted};
use crate::words::mrkdwn::{clip, escape};

/// The title of a form; at most 24 characters, or Slack refuses it.
pub const fn title(form: &Form) -> &'static str {
    match form {
        Form::Declare { .. } => "Declare an incident",
        Form::Severity { .. } => "Change the severity",
        Form::Update { .. } => "Post an update",
        Form::Silence { .. } => "Silence alerts",
        Form::Resolve { .. } => "Resolve",
        Form::Override { .. } => "Who is on call?",
        Form::Postmortem { .. } | Form::Section { .. } => "Post-mortem",
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
        Form::Postmortem { .. } | Form::Section { .. } => "Save",
    }
}

/// Above the summary of a resolve, while alerts fire.
pub fn still_fires(n: u32) -> Option<String> {
    let (fire, them) = (counted(n, "alert still fires", "alerts still fire"), agreeing(n, "it", "them"));
    (n > 0).then(|| format!("*{fire}.* This firing of {them} neither reopens the incident nor pages again."))
}

/// The length of a silence that is chosen already.
pub const USUAL_SILENCE: &str = "2h";

/// What choosing everything that fires means.
pub fn all_alerts(n: u32) -> String {
    match n {
        1 => "The alert that fires".to_owned(),
        n => format!("All {}", counted(n, "alert that fires", "alerts that fire")),
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

/// Over the part of a section that is generated.
pub const GENERATED: &str = "Generated from what is recorded, and kept up to date:";
/// Behind a generated part that is too long to be shown whole.
pub const CUT: &str = "_Cut here; the message in the channel shows more._";
/// Under the field for what people write.
pub const ONE_SECTION: &str = "Markdown. Saving closes this form. What you have typed is lost when you choose another section without saving.";

/// What people wrote is too long for a form; at most 3000 characters are.
pub fn too_long_here(incident: IncidentId, part: Part) -> String {
    format!(
        "What people wrote here is too long for this form. Change it through the API: `PUT /api/v1/incidents/{incident}/postmortem/{}`.",
        part.slug()
    )
}

/// After a section was saved.
pub fn section_saved(incident: IncidentId, part: Part) -> String {
    format!("Saved: {part} of the post-mortem of {incident}.")
}

/// Somebody as plain text: fields of forms know no mentions. `by` is as stored.
fn somebody(by: Option<&str>) -> String {
    by.filter(|by| !by.contains(':')).map_or_else(|| "Somebody else".to_owned(), str::to_owned)
}

/// At the field: somebody has saved the section while it was open here. `by` is who, as stored.
pub fn changed_meanwhile(by: Option<&str>) -> String {
    format!(
        "{} saved this section while you were writing, so yours is not saved: theirs stays. Copy your text, close this form, \
         open it again, and join the two.",
        somebody(by)
    )
}

/// At the field: it is not as bad any more, or worse, than the form says.
pub fn severity_moved(saw: Severity, is: Severity) -> String {
    format!(
        "It was {saw} when you opened this form and is {is} by now. Close it and look again: nothing was changed."
    )
}

/// At the field: more fires, or it is worse, than the form says.
pub fn more_fires(is: Severity, n_firing: u32) -> String {
    let fire = counted(n_firing, "alert fires", "alerts fire");
    format!(
        "By now {fire} and it is {is}, which this form did not show. Close it and look again: nothing was silenced."
    )
}

/// At the field: there is nothing left to change.
pub fn ended_meanwhile(id: IncidentId, merged_into: Option<IncidentId>) -> String {
    let what = merged_into.map_or_else(|| "has ended".to_owned(), |into| format!("was merged into {into}"));
    format!(
        "{id} {what} while this form was open: nothing was changed. Copy your words if they are worth a note."
    )
}

/// That a section was saved meanwhile, found out after the form was closed: the words go back to whoever wrote them.
pub fn section_not_saved(incident: IncidentId, part: Part, by: Option<&str>, words: &str) -> String {
    let told = format!(
        "*Not saved:* {} saved {part} of the post-mortem of {incident} at the same time, and theirs stays. You wrote:",
        escape(&somebody(by))
    );
    clip(&format!("{told}\n{}", escape(words)), LONGEST)
}

/// The longest answer.
const LONGEST: usize = 3000;
