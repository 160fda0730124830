//! Forms that people fill in: their fields, and how what was entered is read into an [`Ask`].
//!
//! Pure. What is wrong with a field is said at the field, before anything is kept.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::text::span;
use super::{About, Ask, OnCallAsk, Right, When, Who};
use crate::domain::effect::Form;
use crate::domain::incident::Audience;
use crate::domain::incident::command::WhileFiring;
use crate::domain::postmortem::Part;
use crate::domain::severity::Severity;
use crate::domain::silence::Which;
use crate::ids::{ChannelId, Fingerprint, ScheduleId, ServiceId};

/// The `callback_id` of every form.
pub const CALLBACK: &str = "dontpanic_form";
/// The `action_id` of the menu that chooses a section of a post-mortem, and the `block_id` around it.
pub const CHOOSE_SECTION: &str = "choose_section";
/// The longest title, in characters.
pub const LONGEST_TITLE: usize = 150;
/// The longest text in any other field, in characters.
pub const LONGEST_TEXT: usize = 3000;

/// A field of a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// How bad it is.
    Severity,
    /// What it is.
    Title,
    /// What is hurt.
    Service,
    /// Why.
    Reason,
    /// What was done.
    Summary,
    /// How it goes.
    Update,
    /// Whether only those whom it concerns are to know of it.
    Private,
    /// Who is on call.
    Person,
    /// From when.
    From,
    /// Until when.
    To,
    /// By which schedule.
    Schedule,
    /// For how long.
    Span,
    /// Which alerts.
    Alerts,
    /// What people write in a section of a post-mortem. Each section has a field of its own, or Slack would show what was typed
    /// in another.
    Human(Part),
}

/// What stands for all alerts in [`Field::Alerts`]; one is said by its fingerprint.
pub const ALL_ALERTS: &str = "all";
/// The lengths of a silence that can be chosen.
pub const SPANS: [&str; 8] = ["30m", "1h", "2h", "4h", "8h", "1d", "3d", "7d"];

impl Field {
    /// Its `block_id` and `action_id`.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Severity => "severity",
            Self::Title => "title",
            Self::Service => "service",
            Self::Reason => "reason",
            Self::Summary => "summary",
            Self::Update => "update",
            Self::Private => "private",
            Self::Person => "person",
            Self::From => "from",
            Self::To => "to",
            Self::Schedule => "schedule",
            Self::Span => "span",
            Self::Alerts => "alerts",
            Self::Human(part) => part.slug(),
        }
    }
}

/// What stands on the back of a form (`private_metadata`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Back {
    /// Which form it is.
    pub form: Form,
    /// Where it was asked for, and so where the answer goes.
    pub channel: ChannelId,
}

/// What is wrong, by the id of the field; the words are for the person.
pub type Faults = BTreeMap<&'static str, String>;

/// What somebody must be to send a form off, whatever they have entered.
pub const fn right(form: &Form) -> Right {
    match form {
        Form::Severity { .. } | Form::Silence { .. } | Form::Override { .. } => Right::Change,
        Form::Declare { .. }
        | Form::Update { .. }
        | Form::Resolve { .. }
        | Form::Postmortem { .. }
        | Form::Section { .. } => Right::Respond,
    }
}

/// Reads a form that was sent off; `entered` tells what a field holds.
///
/// # Errors
/// What is wrong with which field.
pub fn read(form: &Form, entered: impl Fn(Field) -> Option<String>) -> Result<Ask, Faults> {
    let mut faults = Faults::new();
    let text =
        |field: Field| entered(field).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let ask = match form {
        Form::Declare { .. } => {
            let severity = severity(&entered, &mut faults);
            let title = text(Field::Title);
            match &title {
                None => {
                    faults.insert(Field::Title.id(), "Say in a few words what is wrong.".to_owned());
                }
                Some(title) if title.chars().count() > LONGEST_TITLE => {
                    let fault = format!("At most {LONGEST_TITLE} characters, please.");
                    faults.insert(Field::Title.id(), fault);
                }
                Some(_) => {}
            }
            let is_ticked = text(Field::Private).is_some();
            let audience = if is_ticked { Audience::Concerned } else { Audience::Everybody };
            Ask::Declare { severity, title, service: text(Field::Service).map(ServiceId), audience }
        }
        Form::Severity { incident, saw } => {
            let to = severity(&entered, &mut faults);
            Ask::About {
                incident: Some(*incident),
                what: About::Severity { to, reason: text(Field::Reason), saw: *saw },
            }
        }
        Form::Update { incident } => {
            let update = text(Field::Update);
            if update.is_none() {
                faults.insert(Field::Update.id(), "Say in a few words how it goes.".to_owned());
            }
            Ask::About { incident: Some(*incident), what: About::Update(update) }
        }
        Form::Silence { incident, saw } => {
            let length = text(Field::Span).and_then(|length| span(&length));
            if length.is_none() {
                faults.insert(Field::Span.id(), "Choose for how long.".to_owned());
            }
            let which = match text(Field::Alerts) {
                Some(one) if one != ALL_ALERTS => Which::One(Fingerprint(one)),
                Some(_) | None => Which::All,
            };
            let span = length.unwrap_or_default();
            let what = About::Silence { span, which, reason: text(Field::Reason), saw: *saw };
            Ask::About { incident: Some(*incident), what }
        }
        Form::Postmortem { incident } | Form::Section { incident, part: None, .. } => {
            Ask::About { incident: Some(*incident), what: About::EditPostmortem(None) }
        }
        Form::Section { incident, part: Some(part), revision } => {
            let field = Field::Human(*part);
            let text = entered(field).filter(|text| !text.trim().is_empty()).unwrap_or_default();
            let length = text.encode_utf16().count();
            if length > LONGEST_TEXT {
                let fault = format!("At most {LONGEST_TEXT} characters, please; these are {length}.");
                faults.insert(field.id(), fault);
            }
            let what = About::WritePostmortem { part: *part, revision: *revision, text };
            Ask::About { incident: Some(*incident), what }
        }
        Form::Resolve { incident, saw } => {
            let while_firing = saw.map_or(WhileFiring::Ask, WhileFiring::Known);
            let what = About::Resolve { summary: text(Field::Summary), while_firing };
            Ask::About { incident: Some(*incident), what }
        }
        Form::Override { schedule, from, to } => {
            let instant = |field: Field| {
                let seconds = text(field)?.parse().ok()?;
                DateTime::<Utc>::from_timestamp(seconds, 0)
            };
            let (person, begins, ends) = (text(Field::Person), instant(Field::From), instant(Field::To));
            if person.is_none() {
                faults.insert(Field::Person.id(), "Choose who is on call.".to_owned());
            }
            for (field, chosen) in [(Field::From, begins), (Field::To, ends)] {
                if chosen.is_none() {
                    faults.insert(field.id(), "Choose a day and a time.".to_owned());
                }
            }
            if begins.zip(ends).is_some_and(|(begins, ends)| ends <= begins) {
                faults.insert(Field::To.id(), "That is not after the beginning.".to_owned());
            }
            Ask::OnCall(OnCallAsk::Override {
                who: Who::Slack(person.unwrap_or_default().into()),
                from: When::At(begins.unwrap_or(*from)),
                to: When::At(ends.unwrap_or(*to)),
                schedule: text(Field::Schedule).map(ScheduleId).or_else(|| Some(schedule.clone())),
            })
        }
    };
    if faults.is_empty() { Ok(ask) } else { Err(faults) }
}

fn severity(entered: impl Fn(Field) -> Option<String>, faults: &mut Faults) -> Option<Severity> {
    let severity = entered(Field::Severity).and_then(|word| Severity::parse(&word));
    if severity.is_none() {
        faults.insert(Field::Severity.id(), "Choose how bad it is.".to_owned());
    }
    severity
}

#[cfg(test)]
mod tests;
