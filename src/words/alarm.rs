//! What a page says outside of Slack: short, in the order in which somebody who was asleep a moment ago needs it, and without
//! any markup. What fires, what to do, and one way to answer.
//!
//! Text from outside becomes one line of what it is: no control character, and nothing that turns the writing around. Times of
//! day are the reader's own.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use url::Url;

use super::mrkdwn::plain;
use super::page::Sending;
use super::timeline::{Plain, Voice as _};
use super::{handoff, web};
use crate::domain::escalation::Target;
use crate::domain::incident::State;
use crate::domain::page::{Cause, Page};
use crate::domain::people::Person;
use crate::domain::severity::Severity;
use crate::ids::ScheduleId;
use crate::ports::{Several, View};
use crate::words::counted::counted;

/// So much of a title is shown.
const TITLE: usize = 120;
/// So much of any other text from outside.
const PHRASE: usize = 200;
/// So much of a title is in a text message, of which every part costs.
const SHORT: usize = 80;
/// So many alerts are named one by one, and so many incidents of a digest.
const NAMED: usize = 5;

/// What somebody is told.
#[derive(Debug, Clone, Copy)]
pub enum Alarm<'a> {
    /// One page about one incident.
    Page {
        /// The incident.
        view: &'a View,
        /// The page's row of the ledger.
        row: &'a Page,
        /// Whether it may have arrived before.
        sending: Sending,
    },
    /// Everything that waited for business hours.
    Digest {
        /// What waited.
        several: &'a Several,
        /// Whether it may have arrived before.
        sending: Sending,
    },
    /// A test page.
    Test {
        /// By which schedule they have come on call; `None` when they asked for it.
        schedule: Option<&'a ScheduleId>,
    },
}

/// Text from outside as one line of at most about `limit` characters.
pub fn line(text: &str, limit: usize) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(limit) {
        Some((end, _)) => format!("{}...", plain(text.get(..end).unwrap_or_default())),
        None => plain(&text),
    }
}

impl Alarm<'_> {
    /// How bad it is; a test is nothing bad.
    pub fn severity(&self) -> Option<Severity> {
        match self {
            Self::Page { view, .. } => Some(view.incident.severity()),
            Self::Digest { several, .. } => several.views.iter().map(|view| view.incident.severity()).min(),
            Self::Test { .. } => None,
        }
    }

    /// Where it can be acknowledged, when it is about one incident.
    pub fn ack_url(&self) -> Option<&Url> {
        match self {
            Self::Page { view, .. } => view.ack_url.as_ref(),
            Self::Digest { .. } | Self::Test { .. } => None,
        }
    }

    /// Where the incident can be read.
    pub fn page_url(&self) -> Option<&Url> {
        match self {
            Self::Page { view, .. } => view.page_url.as_ref(),
            Self::Digest { .. } | Self::Test { .. } => None,
        }
    }

    fn again(&self) -> &'static str {
        match self {
            Self::Page { sending: Sending::Repeat, .. } | Self::Digest { sending: Sending::Repeat, .. } => {
                "Repeat: "
            }
            Self::Page { view, row, .. } => match row.cause {
                Cause::Joined if view.incident.storm.is_some() => "More in the storm: ",
                Cause::SnoozeOver => "The snooze is over: ",
                Cause::Back => "It is back: ",
                Cause::Joined => "Another service: ",
                Cause::Ladder(_) | Cause::Commander(_) | Cause::Asked { .. } => "",
            },
            Self::Digest { .. } | Self::Test { .. } => "",
        }
    }
}

pub(super) fn title(view: &View, limit: usize) -> String {
    match line(&view.incident.title, limit) {
        blank if blank.is_empty() => "An incident without a title".to_owned(),
        title => title,
    }
}

pub(super) fn place(view: &View) -> Vec<String> {
    let service = view.incident.service_shown.as_deref();
    let parts = [service, view.incident.env()].into_iter().flatten();
    parts.map(|text| line(text, SHORT)).filter(|text| !text.is_empty()).collect()
}

fn waited(n: usize) -> String {
    counted(n, "incident waited for you", "incidents waited for you")
}

/// What a locked screen shows.
pub fn headline(alarm: &Alarm<'_>) -> String {
    let again = alarm.again();
    match alarm {
        Alarm::Page { view, .. } => format!("{again}{} {}", view.incident.severity(), title(view, TITLE)),
        Alarm::Digest { several, .. } => format!("{again}{}", waited(several.views.len())),
        Alarm::Test { .. } => "Don't Panic: test page".to_owned(),
    }
}

/// The subject of a mail: the headline, and what a reader can search for.
pub fn subject(alarm: &Alarm<'_>) -> String {
    match alarm {
        Alarm::Page { view, .. } => format!("{} ({})", headline(alarm), view.incident.id),
        Alarm::Digest { .. } | Alarm::Test { .. } => headline(alarm),
    }
}

/// What a human who asked for this page says.
fn asked(row: &Page) -> Option<String> {
    match &row.cause {
        Cause::Asked { message: Some(text) } => Some(format!("They say: {}", line(text, PHRASE))),
        Cause::Asked { message: None }
        | Cause::Ladder(_)
        | Cause::Back
        | Cause::SnoozeOver
        | Cause::Joined
        | Cause::Commander(_) => None,
    }
}

/// A text message: as short as can be, in letters that every telephone network knows.
pub fn text_message(alarm: &Alarm<'_>) -> String {
    match alarm {
        Alarm::Page { view, row, .. } => {
            let place = place(view).join(", ");
            let place = if place.is_empty() { place } else { format!(" ({place})") };
            let id = view.incident.id;
            let mut lines = vec![format!(
                "{}{} {id}: {}{place}",
                alarm.again(),
                view.incident.severity(),
                title(view, SHORT)
            )];
            lines.extend(asked(row));
            let link = view.ack_url.as_ref().map(|url| format!(" or {url}"));
            lines.push(format!("Reply ACK {}{}", id.0, link.unwrap_or_default()));
            lines.join("\n")
        }
        Alarm::Digest { several, .. } => {
            let named = several.views.iter().take(NAMED);
            let named = named.map(|view| {
                let incident = &view.incident;
                format!("{} {}: {}", incident.severity(), incident.id, title(view, SHORT))
            });
            let mut lines = vec![format!("{}:", headline(alarm))];
            lines.extend(named);
            lines.extend(more(several.views.len()));
            lines.push("Reply ACK and a number".to_owned());
            lines.join("\n")
        }
        Alarm::Test { schedule } => handoff::test_page(*schedule),
    }
}

fn more(n: usize) -> Option<String> {
    (n > NAMED).then(|| format!("and {} more", n - NAMED))
}

/// What stands under the headline of a push message.
pub fn push(alarm: &Alarm<'_>, reader: Option<&Person>) -> String {
    match alarm {
        Alarm::Page { view, row, .. } => {
            let mut lines = vec![whereabouts(view, reader)];
            lines.extend(asked(row));
            lines.extend(description(view));
            lines.extend(first_step(view));
            lines.extend(next(view, reader));
            lines.join("\n")
        }
        Alarm::Digest { several, .. } => {
            let mut lines: Vec<String> = several.views.iter().take(NAMED).map(one).collect();
            lines.extend(more(several.views.len()));
            lines.join("\n")
        }
        Alarm::Test { schedule } => handoff::test_page(*schedule),
    }
}

fn one(view: &View) -> String {
    let incident = &view.incident;
    format!("{} {} {}", incident.severity(), incident.id, title(view, TITLE))
}

/// `checkout, prod, since 04:02, INC-42`.
fn whereabouts(view: &View, reader: Option<&Person>) -> String {
    let mut parts = place(view);
    parts.push(format!("since {}", clock(view, reader, view.incident.started_at)));
    parts.push(view.incident.id.to_string());
    parts.join(", ")
}

/// The time of day in the reader's zone.
fn clock(view: &View, reader: Option<&Person>, at: DateTime<Utc>) -> String {
    let zone: Tz = reader.and_then(|person| person.timezone).unwrap_or(view.house.timezone);
    let at = at.with_timezone(&zone);
    let is_near = (view.now - at.with_timezone(&Utc)).abs() < chrono::Duration::hours(12);
    at.format(if is_near { "%H:%M %Z" } else { "%-d %b %H:%M %Z" }).to_string()
}

/// Who is paged next; `None` when nobody is.
fn next(view: &View, reader: Option<&Person>) -> Option<String> {
    let next = view.next.as_ref().filter(|_| view.incident.state == State::Triggered)?;
    let people = Plain.people(&next.people);
    Some(format!("Next: pages {people} at {} unless acknowledged.", clock(view, reader, next.at)))
}

/// What the first alert says about itself.
fn description(view: &View) -> Option<String> {
    let child = view.children.first()?;
    let text = ["description", "message"].into_iter().find_map(|name| child.alert.annotations.get(name))?;
    Some(line(text, 2 * PHRASE)).filter(|text| !text.is_empty())
}

fn first_step(view: &View) -> Option<String> {
    let runbook = view.runbook.as_ref()?;
    let step = runbook.diagnosis.first().or(runbook.resolution.first())?;
    Some(format!("First: {}", line(step, PHRASE)))
}

/// Why this person.
fn because(view: &View, row: &Page) -> String {
    match &row.cause {
        Cause::Ladder(schedule) => match view.as_whom(row) {
            Some(Target::Primary) => format!("You are the primary on-call of {schedule}."),
            Some(Target::Secondary) => format!("You are the secondary on-call of {schedule}."),
            Some(Target::Schedule(other)) => format!("You are the primary on-call of {other}."),
            Some(Target::Role(role)) => format!("You are paged as {}.", role.as_str().replace('_', " ")),
            Some(Target::Person(_)) | None => format!("You are paged for {schedule}."),
        },
        Cause::SnoozeOver => "You are paged because you had it.".to_owned(),
        Cause::Back | Cause::Joined => "You are paged because you have it.".to_owned(),
        Cause::Commander(_) => {
            format!("You are the incident commander: every {} wants one.", view.incident.severity())
        }
        Cause::Asked { .. } => "Somebody asked for you.".to_owned(),
    }
}

/// The body of a mail, as paragraphs. The link that acknowledges is not among them.
pub fn letter(alarm: &Alarm<'_>, reader: Option<&Person>) -> Vec<String> {
    match alarm {
        Alarm::Page { view, row, .. } => {
            let mut paragraphs = vec![format!("{}\n{}", headline(alarm), whereabouts(view, reader))];
            paragraphs.extend(asked(row));
            paragraphs.extend(description(view));
            paragraphs.extend(fires(view));
            let next = next(view, reader).map(|next| format!("{next} ")).unwrap_or_default();
            paragraphs.push(format!("{next}{}", because(view, row)));
            paragraphs.extend(steps(view));
            let incident = &view.incident;
            let why = (&incident.assessment.rule, &incident.assessment.reason);
            paragraphs.push(format!(
                "Why {}: {} ({})",
                incident.severity(),
                line(why.0, PHRASE),
                line(why.1, 2 * PHRASE)
            ));
            paragraphs
        }
        Alarm::Digest { several, .. } => {
            let mut lines = vec![format!("{}:", headline(alarm))];
            for view in &several.views {
                lines.push(one(view));
                lines.extend(view.ack_url.as_ref().map(|url| format!("  Acknowledge: {url}")));
            }
            vec![lines.join("\n")]
        }
        Alarm::Test { schedule } => vec![handoff::test_page(*schedule)],
    }
}

fn fires(view: &View) -> Option<String> {
    let named = view.children.iter().filter(|child| child.alert.is_firing()).take(NAMED);
    let named = named.map(|child| {
        let name = child.alert.name().unwrap_or("Alert without a name");
        format!("- {} {}", line(name, PHRASE), line(&web::details(&child.alert), PHRASE))
    });
    let named: Vec<String> = named.collect();
    if named.is_empty() {
        return None;
    }
    let n_named = u32::try_from(named.len()).unwrap_or(u32::MAX);
    let more = view.incident.n_firing.saturating_sub(n_named);
    let more = if more > 0 { format!("\nand {more} more") } else { String::new() };
    Some(format!("Fires:\n{}{more}", named.join("\n")))
}

fn steps(view: &View) -> Option<String> {
    let runbook = view.runbook.as_ref()?;
    let numbered = (1..).zip(runbook.diagnosis.iter().chain(&runbook.resolution));
    let steps: Vec<String> = numbered.map(|(n, step)| format!("{n}. {}", line(step, 2 * PHRASE))).collect();
    (!steps.is_empty()).then(|| format!("First steps:\n{}", steps.join("\n")))
}

/// The label of the link, or button, that acknowledges.
pub const ACKNOWLEDGE: &str = "Acknowledge";
/// The label of the one that shows the incident.
pub const OPEN: &str = "Open";
/// What the reader should know about the link that acknowledges.
pub const ABOUT_THE_LINK: &str =
    "The link is yours alone and works for 24 hours. Opening it does not acknowledge; its button does.";
