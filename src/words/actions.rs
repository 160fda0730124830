//! What is said about action items: in the channel, to their owner, at home, and to whoever asks.

use chrono::{DateTime, NaiveDate, Utc};

use super::answers::Said;
use super::saying::{InSlack, PHRASE, clock, line};
use super::timeline::Voice as _;
use crate::commands::buttons::{self, Button};
use crate::domain::action_item::{ActionItem, LONGEST, MOST, Standing, standing};
use crate::domain::effect::Choice;
use crate::domain::house::House;
use crate::domain::incident::{Incident, Outcome};
use crate::ids::IncidentId;
use crate::ports::View;
use crate::words::counted::counted;
use crate::words::mrkdwn::{clip, date};

/// The longest list.
const LIST: usize = 3000;
/// So many open items of a list can be done with one tap.
const BUTTONS: usize = 20;

/// `due in 2 days (2026-12-01)`, as the owner counts days.
pub fn due(item: &ActionItem, house: &House, now: DateTime<Utc>) -> String {
    let zone = house.people.get(&item.owner).and_then(|person| person.timezone).unwrap_or(house.timezone);
    let today = now.with_timezone(&zone).date_naive();
    let when = match standing(item.due, today) {
        Standing::Left(1) => "due tomorrow".to_owned(),
        Standing::Left(days) => format!("due in {}", counted(days, "day", "days")),
        Standing::Today => "*due today*".to_owned(),
        Standing::Late(1) => "*overdue since yesterday*".to_owned(),
        Standing::Late(days) => format!("*overdue for {}*", counted(days, "day", "days")),
    };
    format!("{when} ({})", item.due)
}

/// Who did it, and when.
fn done(item: &ActionItem, house: &House) -> Option<String> {
    let done = item.done.as_ref()?;
    Some(format!("done by {} {}", InSlack(house).actor(&done.by), date(done.at)))
}

/// One item in a list: what, whose, until when, or that it is done.
pub fn one(item: &ActionItem, house: &House, now: DateTime<Utc>) -> String {
    let owner = InSlack(house).person(&item.owner);
    let text = line(&item.text, PHRASE);
    match done(item, house) {
        Some(done) => format!("{}. ~{text}~ · {owner} · {done}", item.n),
        None => format!("{}. {text} · {owner} · {}", item.n, due(item, house, now)),
    }
}

/// The item as the channel sees it.
pub fn in_channel(view: &View, item: &ActionItem) -> String {
    let owner = InSlack(&view.house).person(&item.owner);
    let until = match done(item, &view.house) {
        Some(done) => format!(":white_check_mark: {done}"),
        None => format!("until {}", item.due),
    };
    format!("*Action item {}* for {owner}: {}\n{until}", item.n, line(&item.text, LONGEST))
}

/// To the owner, when it is time.
pub fn reminder(view: &View, item: &ActionItem) -> String {
    format!(
        "*Action item* {}: {}\n{}",
        due(item, &view.house, view.now),
        line(&item.text, LONGEST),
        source(view)
    )
}

/// The same where everybody reads it, because the owner has no direct messages.
pub fn reminder_to_all(view: &View, item: &ActionItem) -> String {
    format!("{}: {}", InSlack(&view.house).person(&item.owner), reminder(view, item))
}

/// The incident that it comes from.
fn source(view: &View) -> String {
    let channel = view.incident.room.channel.as_ref();
    let channel = channel.map(|channel| format!(" · {}", super::mrkdwn::channel(&channel.id)));
    format!("{} {}{}", view.incident.id, super::saying::title(view), channel.unwrap_or_default())
}

/// One of somebody's own, at their home.
pub fn at_home(incident: IncidentId, item: &ActionItem, house: &House, now: DateTime<Utc>) -> String {
    format!("{}\n{incident} · {}", line(&item.text, PHRASE), due(item, house, now))
}

/// The items of an incident, the open ones with a button each.
pub fn list(incident: &Incident, house: &House, slash: &str, now: DateTime<Utc>) -> Said {
    let id = incident.id;
    let how = format!("`{slash} {id} action @owner 2026-12-01 what is to be done`");
    if incident.actions.is_empty() {
        return format!("{id} has no action items. Add one: {how}.").into();
    }
    let (open, over): (Vec<_>, Vec<_>) = incident.actions.iter().partition(|item| item.done.is_none());
    let lines: Vec<String> = open.iter().chain(&over).map(|item| one(item, house, now)).collect();
    let choices = open.iter().take(BUTTONS).map(|item| Choice {
        label: format!("{} {}", Button::DONE_LABEL, item.n),
        action: buttons::done_action(item.n),
        value: buttons::done_value(id, item.n),
    });
    let text =
        format!("*Action items of {id}*: {} open of {}\n{}", open.len(), lines.len(), lines.join("\n"));
    Said { text: clip(&text, LIST), choices: choices.collect() }
}

/// After one was added.
pub fn added(outcome: &Outcome, house: &House) -> Said {
    super::answers::said(outcome, house, |_, incident| match incident.actions.last() {
        Some(item) => {
            let owner = InSlack(house).person(&item.owner);
            let reminded = item.remind_at.map(|at| format!(" First reminder {}.", date(at)));
            let reminded = reminded.unwrap_or_default();
            format!("Action item {} of {} is {owner}'s until {}.{reminded}", item.n, incident.id, item.due)
        }
        None => format!("{} has no action items.", incident.id),
    })
}

/// After somebody said that the one of this number is done.
pub fn completed(n: u32, outcome: &Outcome, house: &House) -> Said {
    super::answers::said(outcome, house, |before, incident| {
        let was = before.action(n).and_then(|item| item.done.as_ref());
        match was {
            Some(done) => {
                let by = InSlack(house).actor(&done.by);
                format!("Action item {n} of {} is done already, says {by} {}.", incident.id, clock(done.at))
            }
            None => format!("Action item {n} of {} is done.", incident.id),
        }
    })
}

/// The day is over already.
pub fn past(due: NaiveDate, today: NaiveDate, slash: &str) -> String {
    format!(
        "{due} is past: today is {today} where you are. Nothing was written down. Write `{slash} action @owner {} …`.",
        today.checked_add_days(chrono::Days::new(7)).unwrap_or(today)
    )
}

/// Nobody of that name could own it. `name` is as the person typed it.
pub fn no_such_owner(name: &str) -> String {
    let shown =
        if name.starts_with("<@") { name.to_owned() } else { format!("`{}`", super::mrkdwn::escape(name)) };
    let text = format!(
        "{shown} is not in Don't Panic's configuration, so nobody could be reminded. Name somebody of `people`."
    );
    clip(&text, LIST)
}

/// It is too long.
pub fn too_long(length: usize) -> String {
    format!(
        "An action item has at most {LONGEST} characters, this one has {length}. Nothing was written down."
    )
}

/// There is no such item.
pub fn none_of_number(id: IncidentId, n: u32) -> String {
    format!("{id} has no action item {n}.")
}

/// There are too many.
pub fn too_many(id: IncidentId) -> String {
    format!("{id} has {MOST} action items, and that is as many as an incident may have.")
}
