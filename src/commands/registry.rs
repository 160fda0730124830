//! The one table of commands: help, parsing and suggestions come from it, so none of them can rot.

use chrono::Duration;

use super::buttons::read_feedback_words;
use super::nearest::nearest;
use super::text::{Named, day, incident, is_mention, people, person, some, span, split, typed};
use super::{About, Ask, Misunderstood, OnCallAsk, Who, on_call};
use crate::domain::compensation::Month;
use crate::domain::incident::Audience;
use crate::domain::incident::command::WhileFiring;
use crate::domain::severity::Severity;
use crate::domain::silence::Which;
use crate::domain::stats::is_window;
use crate::ids::{IncidentId, ScheduleId};

/// One command.
#[derive(Debug, Clone, Copy)]
pub struct Word {
    /// The word itself.
    pub name: &'static str,
    /// The word and what follows it.
    pub usage: &'static str,
    /// What it does, in a few words.
    pub help: &'static str,
    /// What else people call it.
    pub also: &'static [&'static str],
    /// Reads what follows it; `None` when something is missing or not of its kind.
    read: fn(&str) -> Option<Meaning>,
}

/// What a command means.
enum Meaning {
    /// It stands for itself.
    Ask(Ask),
    /// It is about an incident: the named one, or the channel's.
    About(About),
    /// Nothing, for this reason.
    Nothing(String),
}

impl From<Ask> for Meaning {
    fn from(ask: Ask) -> Self {
        Self::Ask(ask)
    }
}

impl From<About> for Meaning {
    fn from(about: About) -> Self {
        Self::About(about)
    }
}

const fn word(
    name: &'static str,
    usage: &'static str,
    help: &'static str,
    read: fn(&str) -> Option<Meaning>,
) -> Word {
    Word { name, usage, help, also: &[], read }
}

impl Word {
    /// The same under other names too.
    const fn or(self, also: &'static [&'static str]) -> Self {
        Self { also, ..self }
    }

    /// Whether nothing follows it.
    fn stands_alone(&self) -> bool {
        self.usage == self.name
    }

    /// Whether free text follows it at once, in which a number may be a number of anything.
    fn takes_text(&self) -> bool {
        FREE.contains(&self.name)
    }
}

/// The words that free text follows at once.
const FREE: [&str; 4] = ["declare", "note", "update", "resolve"];

/// The word that names a second incident.
const MERGE: &str = "merge";

/// The words of `/incident`, in the order of help.
pub const INCIDENT: &[Word] = &[
    word("declare", "declare [P1-P4] [title]", "open an incident", |rest| Some(declare(rest).into())),
    word("ack", "ack", "take it: paging stops", |_| Some(About::Acknowledge.into())).or(&["acknowledge"]),
    word("severity", "severity [P2] [reason]", "change how bad it is", severity),
    word("note", "note text", "write it on the timeline", |rest| Some(About::Note(typed(rest)?).into())),
    word("escalate", "escalate [@person]", "page the next step, or one person, now", |rest| {
        Some(one_person(rest, "one person is escalated to; `page @a @b` pages several", About::Escalate))
    }),
    word("page", "page @person|schedule… [message]", "wake somebody now, or several people", page),
    word("commander", "commander [@person]", "who leads; you, when nobody is named", |rest| {
        Some(one_person(rest, "one person leads", About::Appoint))
    })
    .or(&["lead", "ic"]),
    word("snooze", "snooze 30m", "take it, and be paged again then (at most 24h)", |rest| {
        Some(About::Snooze(span(rest)?).into())
    }),
    word("update", "update [text]", "tell everybody how it goes", |rest| {
        Some(About::Update(typed(rest)).into())
    }),
    word(
        "silence",
        "silence [2h] [reason]",
        "silence its alerts in Alertmanager; without a time, show what is",
        silence,
    ),
    word("runbook", "runbook", "what to do about it", |_| Some(About::Runbook.into())),
    word(MERGE, "merge INC-7", "this is part of INC-7: go on there", |rest| {
        let (into, _, after) = incident(rest)?;
        after.is_empty().then(|| About::Merge(into).into())
    }),
    word("keep-open", "keep-open", "do not resolve by itself when the alerts are clear", |_| {
        Some(About::KeepOpen.into())
    }),
    word("resolve", "resolve [summary]", "it is over", |rest| {
        Some(About::Resolve { summary: typed(rest), while_firing: WhileFiring::Ask }.into())
    }),
    word("reopen", "reopen", "it is not over after all", |_| Some(About::Reopen.into())),
    word(
        "postmortem",
        "postmortem [publish | decline reason]",
        "show the draft, publish it, or say why there is none",
        postmortem,
    )
    .or(&["post-mortem"]),
    word(
        "action",
        "action [@owner YYYY-MM-DD text]",
        "what is to be done, by whom, until when; alone it lists them",
        |rest| Some(action(rest)),
    ),
    word("feedback", "feedback runbook|page yes|no", "did the runbook help, was the page needed", |rest| {
        let (question, answer) = read_feedback_words(rest)?;
        Some(About::Feedback { question, answer }.into())
    }),
    word("show", "show", "what it is and who has it", |_| Some(About::Show.into())),
    word("list", "list", "open incidents", |_| Some(Ask::List.into())),
    word("stats", "stats [30d]", "how the last days went, in figures", |rest| Some(stats(rest))),
    word("help", "help", "this text", |_| Some(Ask::Help.into())),
];

/// The words of `/oncall`, in the order of help.
pub const ONCALL: &[Word] = &[
    word("now", "now", "who is on call", |_| Some(Ask::WhoIsOnCall.into())),
    word("schedule", "schedule [name] [weeks, 1-26]", "who is on call in the weeks to come", schedule),
    word(
        "override",
        "override [@person from to [schedule]] | override cancel 7",
        "somebody takes a span: `override @bob 2026-11-20T18:00 +2h`; a form without anything",
        |rest| {
            if names_several(rest) {
                return Some(Meaning::Nothing("one person takes a span".to_owned()));
            }
            Some(Ask::OnCall(on_call::read_override(rest)?).into())
        },
    ),
    word("take", "take [2h] [schedule]", "you take the pager now", |rest| {
        Some(Ask::OnCall(on_call::read_take(rest)?).into())
    }),
    word(
        "swap",
        "swap @person date [schedule] | swap accept|decline [@person]",
        "exchange your shift of that day for their next one; or answer who asked you",
        |rest| {
            if let Some(answer) = on_call::read_swap_answer(rest) {
                return Some(Ask::OnCall(answer).into());
            }
            if names_several(rest) {
                return Some(Meaning::Nothing("a shift is exchanged with one person".to_owned()));
            }
            Some(Ask::OnCall(on_call::read_swap(rest)?).into())
        },
    ),
    word("handoff", "handoff [schedule]", "post the handoff note now", |rest| {
        let schedule = some(rest).map(ScheduleId);
        Some(Ask::OnCall(OnCallAsk::Handoff { schedule }).into())
    }),
    word("report", "report [2026-11]", "what being on call was worth", |rest| {
        let month = some(rest).map(|word| Month::read(&word).ok_or(())).transpose().ok()?;
        Some(Ask::OnCall(OnCallAsk::Report { month }).into())
    }),
    word("test-page", "test-page", "try all of your contact methods", |_| {
        Some(Ask::OnCall(OnCallAsk::TestPage).into())
    }),
    word("ical", "ical", "addresses for your calendar program", |_| {
        Some(Ask::OnCall(OnCallAsk::Calendars).into())
    }),
    word("help", "help", "this text", |_| Some(Ask::OnCallHelp.into())),
];

/// Reads what follows `/incident`. The incident may be named before or after the command's word, in any of the ways in which people
/// write it.
///
/// # Errors
/// The words for the person who typed it.
pub fn parse_incident(text: &str) -> Result<Ask, Misunderstood> {
    let (named, name, rest) = if let Some((id, _, rest)) = incident(text) {
        let (name, rest) = split(rest);
        (Some(id), name, rest)
    } else {
        let (name, rest) = split(text);
        let behind = incident(rest).filter(|(_, named, after)| means_it(name, *named, after));
        behind.map_or((None, name, rest), |(id, _, after)| (Some(id), name, after))
    };
    if name.is_empty() {
        return Ok(named.map_or(Ask::Here, |_| Ask::About { incident: named, what: About::Show }));
    }
    read(INCIDENT, name, rest, named)
}

/// Whether what stands behind a command's word is the incident that it is about.
fn means_it(name: &str, named: Named, after: &str) -> bool {
    let Some(word) = find(INCIDENT, &name.to_lowercase()) else { return true };
    match named {
        // What alone stands behind this word is the other incident.
        _ if word.name == MERGE && after.is_empty() => false,
        Named::Name => true,
        Named::Hash => !word.takes_text() || after.is_empty(),
        Named::Number => word.stands_alone(),
    }
}

/// Reads what follows `/oncall`.
///
/// # Errors
/// The words for the person who typed it.
pub fn parse_oncall(text: &str) -> Result<Ask, Misunderstood> {
    let (name, rest) = split(text);
    if name.is_empty() {
        return Ok(Ask::WhoIsOnCall);
    }
    read(ONCALL, name, rest, None)
}

fn read(
    table: &'static [Word],
    name: &str,
    rest: &str,
    incident: Option<IncidentId>,
) -> Result<Ask, Misunderstood> {
    let lower = name.to_lowercase();
    let word = find(table, &lower).ok_or_else(|| Misunderstood::Unknown {
        // It is shown as code, which a backtick would end.
        word: name.chars().filter(|character| *character != '`').take(40).collect(),
        suggestion: nearest(table, &lower),
    })?;
    let (name, usage) = (word.name, word.usage);
    if word.stands_alone() && incident.is_some() && super::text::incident(rest).is_some() {
        let what = "name one incident at a time".to_owned();
        return Err(Misunderstood::Wrong { name, usage, what });
    }
    match (word.read)(rest) {
        None => Err(Misunderstood::Usage { name, usage }),
        Some(Meaning::Nothing(what)) => Err(Misunderstood::Wrong { name, usage, what }),
        Some(Meaning::Ask(ask)) => Ok(ask),
        Some(Meaning::About(what)) => Ok(Ask::About { incident, what }),
    }
}

/// The command of this name, in small letters.
fn find(table: &'static [Word], name: &str) -> Option<&'static Word> {
    table.iter().find(|word| word.name == name || word.also.contains(&name))
}

/// Whether a text begins with more than one person.
fn names_several(rest: &str) -> bool {
    people(rest).0.len() > 1
}

/// What is about one person at most, or nothing for this reason.
fn one_person(rest: &str, why: &str, about: impl Fn(Option<Who>) -> About) -> Meaning {
    if names_several(rest) {
        return Meaning::Nothing(why.to_owned());
    }
    about(some(rest).map(|who| person(&who))).into()
}

fn declare(rest: &str) -> Ask {
    let (first, after) = split(rest);
    match Severity::parse(first) {
        Some(severity) => Ask::Declare {
            severity: Some(severity),
            title: typed(after),
            service: None,
            audience: Audience::Everybody,
        },
        None => {
            Ask::Declare { severity: None, title: typed(rest), service: None, audience: Audience::Everybody }
        }
    }
}

fn severity(rest: &str) -> Option<Meaning> {
    let (level, reason) = split(rest);
    if level.is_empty() {
        return Some(About::Severity { to: None, reason: None, saw: None }.into());
    }
    Some(About::Severity { to: Some(Severity::parse(level)?), reason: typed(reason), saw: None }.into())
}

fn silence(rest: &str) -> Option<Meaning> {
    let (length, reason) = split(rest);
    if length.is_empty() {
        return Some(About::Silences.into());
    }
    Some(About::Silence { span: span(length)?, which: Which::All, reason: typed(reason), saw: None }.into())
}

fn page(rest: &str) -> Option<Meaning> {
    let (who, message) = people(rest);
    (!who.is_empty()).then(|| About::Page { who, message: typed(message) }.into())
}

fn postmortem(rest: &str) -> Option<Meaning> {
    let about = match split(rest) {
        ("", _) => About::Postmortem,
        (word, "") if word.eq_ignore_ascii_case("publish") => About::PublishPostmortem,
        (word, reason) if word.eq_ignore_ascii_case("decline") => About::DeclinePostmortem(typed(reason)?),
        _ => return None,
    };
    Some(about.into())
}

fn action(rest: &str) -> Meaning {
    let shown = |word: &str| word.chars().take(40).collect::<String>();
    let (owner, after) = split(rest);
    let (due, text) = split(after);
    if owner.is_empty() {
        return About::Actions.into();
    }
    if is_mention(due) {
        return Meaning::Nothing("one person does it; add another item for each of the others".to_owned());
    }
    if day(owner).is_some() {
        return Meaning::Nothing("say first who does it".to_owned());
    }
    if due.is_empty() {
        return Meaning::Nothing("say until when, as 2026-12-01, and what is to be done".to_owned());
    }
    let Some(due) = day(due) else {
        return Meaning::Nothing(format!("`{}` is no day; write it as 2026-12-01", shown(due)));
    };
    match typed(text) {
        Some(text) => About::AddAction { owner: person(owner), due, text }.into(),
        None => Meaning::Nothing("say what is to be done".to_owned()),
    }
}

fn stats(rest: &str) -> Meaning {
    const USUAL_WINDOW: Duration = Duration::days(30);
    let shown: String = rest.chars().take(40).collect();
    match some(rest).map(|word| span(&word)) {
        None => Ask::Stats { window: USUAL_WINDOW }.into(),
        Some(Some(window)) if is_window(window) => Ask::Stats { window }.into(),
        Some(Some(_) | None) => Meaning::Nothing(format!("`{shown}` is no span from 1h to 366d, as 30d")),
    }
}

fn schedule(rest: &str) -> Option<Meaning> {
    const MOST_WEEKS: u32 = 26;
    let mut asked = (None, None);
    for word in rest.split_whitespace() {
        match word.parse::<u32>() {
            Ok(weeks) if asked.1.is_none() && (1..=MOST_WEEKS).contains(&weeks) => asked.1 = Some(weeks),
            Err(_a_name) if asked.0.is_none() => asked.0 = Some(ScheduleId(word.to_owned())),
            Ok(_) | Err(_) => return None,
        }
    }
    Some(Ask::Schedule { schedule: asked.0, weeks: asked.1 }.into())
}
