//! What is said about who is on call when: after overrides and exchanges, to whoever asked and to those concerned.

use chrono::{DateTime, Utc};
use url::Url;

use super::calendar::Whose;
use super::mrkdwn::{address, clip, date, escape};
use super::saying::{InSlack, PHRASE, line};
use super::timeline::Voice as _;
use crate::commands::nearest_name;
use crate::commands::on_call::{AGREE, CANCEL, DECLINE, REPLACE, wish_value};
use crate::domain::effect::Choice;
use crate::domain::holes::DAYS_AHEAD;
use crate::domain::house::House;
use crate::domain::on_call::{Change, Exchange, Made, NoExchange, Override, Shift, Unfit};
use crate::ids::{OverrideId, PersonId, ScheduleId, SlackUserId};
use crate::words::counted::counted;

/// The longest answer.
const LONGEST: usize = 3000;
/// So many shifts of a span are listed.
const SHIFTS: usize = 12;

/// A schedule's name.
fn schedule_name(schedule: &ScheduleId) -> String {
    format!("*{}*", line(schedule.as_str(), PHRASE))
}

fn name(person: Option<&PersonId>, house: &House) -> String {
    person.map_or_else(|| "nobody".to_owned(), |person| InSlack(house).person(person))
}

fn span(from: DateTime<Utc>, to: DateTime<Utc>) -> String {
    format!("{} to {}", date(from), date(to))
}

/// One override in few words: who, by which schedule, when.
fn taken(taken: &Override, house: &House) -> String {
    format!(
        "{} on call for {}, {}",
        name(Some(&taken.person), house),
        schedule_name(&taken.schedule),
        span(taken.from, taken.to)
    )
}

/// Who is on call now in a span: its shifts, cut to it.
pub fn standing(
    schedule: &ScheduleId,
    shifts: &[Shift],
    (from, to): (DateTime<Utc>, DateTime<Utc>),
    house: &House,
) -> String {
    let within = |shift: &Shift| {
        let second = shift.secondary.as_ref().map(|second| format!(", then {}", name(Some(second), house)));
        let first = name(shift.primary.as_ref(), house);
        format!("{}: {first}{}", span(shift.start.max(from), shift.end.min(to)), second.unwrap_or_default())
    };
    let mut lines = vec![format!("{} is now:", schedule_name(schedule))];
    lines.extend(shifts.iter().take(SHIFTS).map(within));
    let more = shifts.len().saturating_sub(SHIFTS);
    lines.extend((more > 0).then(|| format!("and {}", counted(more, "more shift", "more shifts"))));
    lines.join("\n")
}

/// An override was made.
pub fn made(id: OverrideId, wish: &Override, replaced: &[PersonId], house: &House) -> String {
    let instead = InSlack(house).people(replaced);
    let instead = if replaced.is_empty() { String::new() } else { format!(", instead of {instead}") };
    format!("Override {id}: {}{instead}.", taken(wish, house))
}

/// Whoever takes the span takes no turns in that schedule.
pub fn foreign(person: &PersonId, schedule: &ScheduleId, house: &House) -> String {
    let (person, schedule) = (name(Some(person), house), schedule_name(schedule));
    format!("{person} is not in the rotation of {schedule}; that is allowed.")
}

/// Whoever takes the span cannot be paged.
pub fn unreachable(person: &PersonId, house: &House) -> String {
    let person = name(Some(person), house);
    format!(
        ":warning: {person} has no contact method that works: a page would reach nobody until the next step."
    )
}

/// Somebody whom nobody can tell in Slack.
pub fn tell_yourself(people: &[PersonId], house: &House) -> Option<String> {
    (!people.is_empty())
        .then(|| format!("I cannot tell {} in Slack; please do it yourself.", InSlack(house).people(people)))
}

/// The button that cancels an override.
pub fn cancel(id: OverrideId) -> Choice {
    Choice { label: format!("Cancel override {id}"), action: CANCEL.to_owned(), value: id.to_string() }
}

/// An override does not hold any more.
pub fn cancelled(made: &Made, at: DateTime<Utc>, house: &House) -> String {
    let Made { id, taken: span, by, .. } = made;
    let what = if at <= span.from { "is cancelled" } else { "ends now" };
    format!("Override {id} {what}: {} (by {}).", taken(span, house), InSlack(house).actor(by))
}

/// There is nothing to cancel.
pub fn nothing_to_cancel(id: OverrideId, holding: &[&Made], house: &House) -> String {
    if holding.is_empty() {
        return format!("There is no override {id} that holds. No override does.");
    }
    let line = |made: &&Made| format!("{}: {}", made.id, taken(&made.taken, house));
    let lines: Vec<String> = holding.iter().map(line).collect();
    clip(&format!("There is no override {id} that holds. These do:\n{}", lines.join("\n")), LONGEST)
}

/// The person is on call for spans that were others', or somebody else for theirs: to them. `by` did it.
pub fn concerns(
    person: &PersonId,
    schedule: &ScheduleId,
    changes: &[Change],
    by: &str,
    house: &House,
) -> String {
    let mut lines = vec![format!("{by} changed who is on call for {}.", schedule_name(schedule))];
    let is_theirs = |change: &Change| change.after.as_ref() == Some(person);
    lines.extend(changes.iter().map(|change| concern(change, is_theirs(change), house)));
    clip(&lines.join("\n"), LONGEST)
}

/// What one change means for whoever gets the span (`is_theirs`) or had it.
fn concern(change: &Change, is_theirs: bool, house: &House) -> String {
    let when = span(change.from, change.to);
    if is_theirs {
        format!("*You are on call* {when}, instead of {}.", name(change.before.as_ref(), house))
    } else {
        format!("*You are not on call* {when}: {} is.", name(change.after.as_ref(), house))
    }
}

/// Shifts of a schedule have moved because the configuration says something else, to one of those concerned; each change with whether
/// they get the span.
pub fn moved(schedule: &ScheduleId, changes: &[(Change, bool)], house: &House) -> String {
    let known = schedule_name(schedule);
    let mut lines = vec![if house.schedules.contains_key(schedule) {
        format!(":calendar: The configuration of {known} has changed, and with it who is on call.")
    } else {
        format!(":calendar: The schedule {known} is not in the configuration any more.")
    }];
    lines.extend(changes.iter().take(SHIFTS).map(|(change, is_theirs)| concern(change, *is_theirs, house)));
    let more = changes.len().saturating_sub(SHIFTS);
    lines.extend((more > 0).then(|| format!("And {more} more in the next {DAYS_AHEAD} days.")));
    clip(&lines.join("\n"), LONGEST)
}

/// A span cannot be taken; and the button that takes it all the same, when that is possible.
pub fn unfit(why: &Unfit, wish: &Override, house: &House) -> (String, Vec<Choice>) {
    let who = name(Some(&wish.person), house);
    match why {
        Unfit::Backwards => (
            format!(
                "That ends before it begins: {}. Nothing was changed. A day means its midnight, so the end of a whole day is \
                 the next day.",
                span(wish.from, wish.to)
            ),
            vec![],
        ),
        Unfit::Past => (format!("{} is in the past. Nothing was changed.", span(wish.from, wish.to)), vec![]),
        Unfit::TooFar => {
            let to = date(wish.to);
            (format!("{to} is too far ahead: an override ends within a year. Nothing was changed."), vec![])
        }
        Unfit::OnCallAnyway => {
            let schedule = schedule_name(&wish.schedule);
            (format!("{who} is on call for {schedule} then anyway. Nothing was changed."), vec![])
        }
        Unfit::Arranged(made) => {
            let by = InSlack(house).actor(&made.by);
            let text = format!(
                "{by} has arranged something else, override {}: {}. Nothing was changed. Replace it for {}?",
                made.id,
                taken(&made.taken, house),
                span(wish.from, wish.to)
            );
            let (label, action) = ("Replace it".to_owned(), REPLACE.to_owned());
            (text, vec![Choice { label, action, value: wish_value(wish) }])
        }
    }
}

/// A person as the question named them, who is not in the configuration.
pub fn unknown_person(named: &str, house: &House) -> String {
    if named.starts_with("<@") {
        return format!(
            "{named} is not in Don't Panic's configuration, so they cannot be on call. Ask an admin to add them under `people`."
        );
    }
    let nearest = nearest_name(house.people.keys().map(PersonId::as_str), &named.to_lowercase());
    let meant = nearest.map(|name| format!(" Did you mean `{}`?", escape(name))).unwrap_or_default();
    format!("There is nobody called `{}` in Don't Panic's configuration.{meant}", line(named, PHRASE))
}

/// A schedule that is not in the configuration.
pub fn unknown_schedule(named: &ScheduleId, house: &House) -> String {
    let nearest =
        nearest_name(house.schedules.keys().map(ScheduleId::as_str), &named.as_str().to_lowercase());
    let meant = nearest.map(|name| format!(" Did you mean `{}`?", escape(name))).unwrap_or_default();
    format!("{}{meant}", super::answers::unknown_schedule(named, house))
}

/// Nobody can know which schedule is meant.
pub fn which_schedule(house: &House) -> String {
    let known: Vec<String> = house.schedules.keys().map(|id| format!("`{}`", escape(id.as_str()))).collect();
    format!("Which schedule? Name it at the end: {}.", known.join(", "))
}

/// A time that no calendar has.
pub fn no_such_time() -> String {
    "That time is beyond the calendar. Nothing was changed.".to_owned()
}

/// What an exchange is: a line for each span.
fn exchanged(exchange: &Exchange, house: &House) -> String {
    let one =
        |taken: &Override| format!("{}: {}", span(taken.from, taken.to), name(Some(&taken.person), house));
    exchange.overrides().iter().map(one).collect::<Vec<_>>().join("\n")
}

/// Overrides by their numbers: `1, 2 and 3`.
fn numbers(ids: &[OverrideId]) -> String {
    match ids {
        [] => String::new(),
        [one] => one.to_string(),
        [others @ .., last] => {
            let others: Vec<String> = others.iter().map(ToString::to_string).collect();
            format!("{} and {last}", others.join(", "))
        }
    }
}

/// To whoever is asked for an exchange.
pub fn swap_asked(exchange: &Exchange, house: &House) -> String {
    let asker = name(Some(&exchange.asker), house);
    let schedule = schedule_name(&exchange.schedule);
    format!("{asker} asks you to exchange shifts of {schedule}:\n{}", exchanged(exchange, house))
}

/// The buttons with which they answer.
pub fn swap_choices(id: i64) -> Vec<Choice> {
    let choice = |label: &str, action: &str| Choice {
        label: label.to_owned(),
        action: action.to_owned(),
        value: id.to_string(),
    };
    vec![choice("Swap", AGREE), choice("No", DECLINE)]
}

/// To whoever asks for an exchange.
pub fn swap_sent(exchange: &Exchange, house: &House) -> String {
    let other = name(Some(&exchange.other), house);
    format!(
        "I asked {other}. Nothing changes unless they agree; then {} is:\n{}",
        schedule_name(&exchange.schedule),
        exchanged(exchange, house)
    )
}

/// The other agreed: to both.
pub fn swapped(exchange: &Exchange, ids: &[OverrideId], house: &House) -> String {
    let (asker, other) = (name(Some(&exchange.asker), house), name(Some(&exchange.other), house));
    format!(
        "{asker} and {other} have exchanged shifts (overrides {}). {} is now:\n{}",
        numbers(ids),
        schedule_name(&exchange.schedule),
        exchanged(exchange, house)
    )
}

/// The other did not agree: to whoever had asked.
pub fn swap_declined(exchange: &Exchange, house: &House) -> String {
    let other = name(Some(&exchange.other), house);
    format!("{other} does not exchange shifts with you. Nothing was changed.\n{}", exchanged(exchange, house))
}

/// Nobody waits for an answer.
pub const NO_SWAP_ASKED: &str = "Nobody waits for an answer of yours to an exchange. Nothing was changed.";

/// More than one person waits for an answer.
pub fn which_swap(askers: &[PersonId], slash: &str, house: &House) -> String {
    let named: Vec<String> = askers.iter().map(|asker| name(Some(asker), house)).collect();
    let first = askers.first().map(PersonId::as_str).unwrap_or_default();
    format!(
        "{} have asked you. Say whom you answer: `{} swap accept @{}`.",
        named.join(" and "),
        escape(slash),
        line(first, PHRASE)
    )
}

/// What became of a question for an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Became<'a> {
    /// The other agreed, which made these overrides.
    Agreed(&'a [OverrideId]),
    /// The other did not agree.
    Declined,
    /// It could be exchanged no more.
    Void,
}

/// In the place of the question, when there is nothing left to answer: what was asked, and what became of it when.
pub fn swap_settled(exchange: &Exchange, became: &Became<'_>, at: DateTime<Utc>, house: &House) -> String {
    let (asker, other) = (name(Some(&exchange.asker), house), name(Some(&exchange.other), house));
    let at = date(at);
    let became = match became {
        Became::Agreed(ids) => format!("{other} agreed at {at}: overrides {}.", numbers(ids)),
        Became::Declined => format!("{other} declined at {at}. Nothing was changed."),
        Became::Void => format!("Nobody had answered by {at}. {SWAP_VOID}"),
    };
    let schedule = schedule_name(&exchange.schedule);
    format!(
        "{asker} asked {other} to exchange shifts of {schedule}:\n{}\n{became}",
        exchanged(exchange, house)
    )
}

/// Why nothing came of it.
const SWAP_VOID: &str = "It can be exchanged no more: who is on call then has changed, or the time has come. Nothing was changed.";

/// To whoever asked: it can be exchanged no more.
pub fn swap_void(exchange: &Exchange, house: &House) -> String {
    let other = name(Some(&exchange.other), house);
    format!(
        "You asked {other} to exchange shifts. {SWAP_VOID} Ask again if you still want to.\n{}",
        exchanged(exchange, house)
    )
}

/// What whoever declined is told.
pub const SWAP_NO: &str = "Nothing was changed. Whoever asked is told.";
/// A question that was answered, or that is too old.
pub const SWAP_OVER: &str = "That exchange was answered already, or is too old. Nothing was changed.";
/// A question that somebody else was asked.
pub const SWAP_NOT_YOURS: &str = "Somebody else was asked for that exchange. Nothing was changed.";
/// The shifts are not what they were.
pub const SWAP_STALE: &str =
    "Since that was asked, somebody has changed who is on call then. Nothing was changed; ask again.";

/// Why nothing can be exchanged.
pub fn no_exchange(why: &NoExchange, schedule: &ScheduleId, other: &PersonId, house: &House) -> String {
    let schedule = schedule_name(schedule);
    match why {
        NoExchange::Oneself => "You cannot exchange a shift with yourself.".to_owned(),
        NoExchange::Past => "There is nothing left of that shift, or it is too far ahead.".to_owned(),
        NoExchange::NotTheirs(on_call) => {
            let on_call = name(on_call.as_ref(), house);
            format!("You are not on call for {schedule} then: {on_call} is. Nothing was asked.")
        }
        NoExchange::NothingToTake => {
            let other = name(Some(other), house);
            format!(
                "{other} has no shift of {schedule} within a year that you could take. Nothing was asked."
            )
        }
    }
}

/// Whoever did something, when they may have no key.
pub fn by(user: &SlackUserId) -> String {
    super::mrkdwn::mention(user)
}

/// Where the calendars are; an address is missing when the service has no public one.
pub fn calendars(calendars: &[(&Whose, Option<&Url>)]) -> String {
    let line = |(whose, url): &(&Whose, Option<&Url>)| {
        let what = match whose {
            Whose::Schedule(schedule) => format!("Everybody of {}", schedule_name(schedule)),
            Whose::Person(_) => "Only you".to_owned(),
        };
        url.map(|url| format!("{what}: {}", address(url)))
    };
    let lines: Option<Vec<String>> = calendars.iter().map(line).collect();
    let Some(lines) = lines else {
        return "This service has no public address, so calendar programs cannot reach it. Ask an admin to set `public_url`."
            .to_owned();
    };
    let opening = "Subscribe to these in your calendar program. Whoever knows an address can read it, so keep it to yourself.";
    clip(&format!("{opening}\n{}", lines.join("\n")), LONGEST)
}
