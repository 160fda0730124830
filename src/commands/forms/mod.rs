//! Forms that people fill in: their fields, and how what was entered is read into an [`Ask`].
//!
//! Pure. What is wrong with a field is said at the field, before anything is kept.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{About, Ask};
use crate::domain::effect::Form;
use crate::domain::incident::Audience;
use crate::domain::severity::Severity;
use crate::ids::{ChannelId, ServiceId};

/// The `callback_id` of every form.
pub const CALLBACK: &str = "dontpanic_form";
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
}

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
        Form::Severity { incident } => {
            let to = severity(&entered, &mut faults);
            Ask::About {
                incident: Some(*incident),
                what: About::Severity { to, reason: text(Field::Reason) },
            }
        }
        Form::Update { incident } => {
            let update = text(Field::Update);
            if update.is_none() {
                faults.insert(Field::Update.id(), "Say in a few words how it goes.".to_owned());
            }
            Ask::About { incident: Some(*incident), what: About::Update(update) }
        }
        Form::Resolve { incident } => {
            let what = About::Resolve { summary: text(Field::Summary) };
            Ask::About { incident: Some(*incident), what }
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
