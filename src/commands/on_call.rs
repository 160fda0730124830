//! What is asked of schedules: read from words and from buttons.

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

use super::text::{person, span};
use super::when::When;
use super::{Right, Who};
use crate::domain::compensation::Month;
use crate::domain::on_call::Override;
use crate::ids::{OverrideId, PersonId, ScheduleId};

/// What is asked of schedules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OnCallAsk {
    /// Show a form that asks who takes what.
    OverrideForm,
    /// Somebody takes a span.
    Override {
        /// Who.
        who: Who,
        /// From when.
        from: When,
        /// Until when; a while is counted from there.
        to: When,
        /// Of which schedule, when said.
        schedule: Option<ScheduleId>,
    },
    /// The same, chosen in a form, or again after others stood in the way.
    Put {
        /// Who takes what.
        wish: Override,
        /// Whether others' arrangements give way.
        over_others: OverOthers,
    },
    /// The span was not to be taken after all.
    Cancel(OverrideId),
    /// Whoever asks takes the pager now.
    Take {
        /// For how long; for what is left of the shift when not said.
        span: Option<Duration>,
        /// Of which schedule, when said.
        schedule: Option<ScheduleId>,
    },
    /// Whoever asks wants to exchange a shift.
    Swap {
        /// With whom.
        who: Who,
        /// Theirs at that time.
        at: When,
        /// Of which schedule, when said.
        schedule: Option<ScheduleId>,
    },
    /// Where the calendars are.
    Calendars,
    /// Post the handoff note now.
    Handoff {
        /// Of which schedule, when said.
        schedule: Option<ScheduleId>,
    },
    /// Show what being on call was worth.
    Report {
        /// In which month; this one when not said.
        month: Option<Month>,
    },
    /// Try every contact method of whoever asks.
    TestPage,
    /// A test page has reached whoever says so.
    GotIt(i64),
    /// Whoever was asked for an exchange answers.
    AnswerSwap {
        /// Which question.
        which: WhichSwap,
        /// What they say.
        says: Consent,
    },
}

/// Which question for an exchange is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WhichSwap {
    /// This one.
    Numbered(i64),
    /// The one that waits for whoever answers; of several that of this person.
    Of(Option<Who>),
}

/// Whether a span is taken although others have arranged something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OverOthers {
    /// No: say who and what.
    Ask,
    /// Yes.
    Replace,
}

/// An answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    /// Agreed.
    Yes,
    /// Not agreed.
    No,
}

impl OnCallAsk {
    /// What somebody must be to ask for it.
    pub const fn right(&self) -> Right {
        match self {
            Self::OverrideForm
            | Self::Override { .. }
            | Self::Put { .. }
            | Self::Cancel(_)
            | Self::Take { .. }
            | Self::Swap { .. }
            | Self::Handoff { .. }
            | Self::TestPage
            | Self::Report { .. }
            | Self::AnswerSwap { .. } => Right::Change,
            Self::Calendars | Self::GotIt(_) => Right::Respond,
        }
    }
}

/// The `action_id` of the button that cancels an override.
pub const CANCEL: &str = "oncall_cancel";
/// The `action_id` of the button that takes a span over what others have arranged.
pub const REPLACE: &str = "oncall_replace";
/// The `action_id` of the button that agrees to an exchange.
pub const AGREE: &str = "oncall_swap_agree";
/// The `action_id` of the button that does not.
pub const DECLINE: &str = "oncall_swap_decline";

/// The `action_id` of the button that confirms a test page.
pub const GOT_IT: &str = "oncall_got_it";

/// Reads a button about schedules; `None` when it is none, or its value is not one of ours.
pub fn button(action: &str, value: Option<&str>) -> Option<OnCallAsk> {
    let number = || value?.parse::<i64>().ok();
    Some(match action {
        CANCEL => OnCallAsk::Cancel(OverrideId(number()?)),
        REPLACE => OnCallAsk::Put { wish: read_wish(value?)?, over_others: OverOthers::Replace },
        GOT_IT => OnCallAsk::GotIt(number()?),
        AGREE => OnCallAsk::AnswerSwap { which: WhichSwap::Numbered(number()?), says: Consent::Yes },
        DECLINE => OnCallAsk::AnswerSwap { which: WhichSwap::Numbered(number()?), says: Consent::No },
        _ => return None,
    })
}

/// The words that can be typed instead of clicking a button about schedules; `None` when none can.
pub fn typed(action: &str, value: &str) -> Option<String> {
    Some(match button(action, Some(value))? {
        OnCallAsk::AnswerSwap { says: Consent::Yes, .. } => "swap accept".to_owned(),
        OnCallAsk::AnswerSwap { says: Consent::No, .. } => "swap decline".to_owned(),
        OnCallAsk::Cancel(id) => format!("override cancel {id}"),
        _ => return None,
    })
}

/// The `value` of a button that stands for a wish.
pub fn wish_value(wish: &Override) -> String {
    let (from, to) = (wish.from.timestamp_micros(), wish.to.timestamp_micros());
    format!("{from}/{to}/{}/{}", wish.person, wish.schedule)
}

fn read_wish(value: &str) -> Option<Override> {
    let mut parts = value.splitn(4, '/');
    let mut instant = || DateTime::<Utc>::from_timestamp_micros(parts.next()?.parse().ok()?);
    let (from, to) = (instant()?, instant()?);
    let (person, schedule) = (PersonId::from(parts.next()?), ScheduleId::from(parts.next()?));
    Some(Override { schedule, person, from, to })
}

/// `@person from to [schedule]`, `cancel 7`, or nothing: a form.
pub(super) fn read_override(rest: &str) -> Option<OnCallAsk> {
    let words: Vec<&str> = rest.split_whitespace().collect();
    Some(match words.as_slice() {
        [] => OnCallAsk::OverrideForm,
        [word, id] if word.eq_ignore_ascii_case("cancel") => {
            OnCallAsk::Cancel(OverrideId(id.trim_start_matches('#').parse().ok()?))
        }
        [who, from, to, schedule @ ..] if schedule.len() <= 1 => OnCallAsk::Override {
            who: person(who),
            from: When::read(from)?,
            to: When::read(to)?,
            schedule: named(schedule),
        },
        _ => return None,
    })
}

/// `[2h] [schedule]`.
pub(super) fn read_take(rest: &str) -> Option<OnCallAsk> {
    let words: Vec<&str> = rest.split_whitespace().collect();
    let (span, schedule) = match words.as_slice() {
        [] => (None, None),
        [first, more @ ..] => match span(first.trim_start_matches('+')) {
            Some(span) if more.len() <= 1 => (Some(span), named(more)),
            None if more.is_empty() && !starts_like_a_number(first) => (None, named(&words)),
            Some(_) | None => return None,
        },
    };
    Some(OnCallAsk::Take { span, schedule })
}

/// An answer to whoever asked for an exchange: `accept [@person]`, `decline [@person]`; `None` when it is something else.
pub(super) fn read_swap_answer(rest: &str) -> Option<OnCallAsk> {
    let words: Vec<&str> = rest.split_whitespace().collect();
    let says = match words.first()?.to_lowercase().as_str() {
        "accept" => Consent::Yes,
        "decline" => Consent::No,
        _ => return None,
    };
    let of = match words.as_slice() {
        [_] => None,
        // Somebody may be called so, and be asked for that day.
        [_, who] if When::read(who).is_none() => Some(person(who)),
        _ => return None,
    };
    Some(OnCallAsk::AnswerSwap { which: WhichSwap::Of(of), says })
}

/// `@person date [schedule]`.
pub(super) fn read_swap(rest: &str) -> Option<OnCallAsk> {
    let words: Vec<&str> = rest.split_whitespace().collect();
    let [who, at, schedule @ ..] = words.as_slice() else { return None };
    let at = When::read(at)?;
    (schedule.len() <= 1).then(|| OnCallAsk::Swap { who: person(who), at, schedule: named(schedule) })
}

fn named(words: &[&str]) -> Option<ScheduleId> {
    words.first().map(|word| ScheduleId::from(*word))
}

/// A span without a unit is a slip and no schedule's name.
fn starts_like_a_number(word: &str) -> bool {
    word.starts_with(|letter: char| letter.is_ascii_digit() || letter == '+')
}
