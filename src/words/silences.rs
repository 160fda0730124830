//! What is said about silences to whoever asks for them.

use chrono::{DateTime, Utc};

use super::answers::{LONGEST as LONGEST_ANSWER, person};
use super::mrkdwn::{clip, date, escape};
use super::saying::InSlack;
use super::timeline::Voice as _;
use crate::commands::buttons::{Button, SilenceButton, value};
use crate::domain::alert::Alert;
use crate::domain::effect::Choice;
use crate::domain::house::House;
use crate::domain::incident::{Actor, Incident, Silence};
use crate::domain::silence::{MOST, TooMany};
use crate::ids::{IncidentId, SourceId};
use crate::words::counted::counted;

/// A silence is too long, or none.
pub const LONGEST: &str = "A silence lasts at most 7 days. Nothing was silenced.";
/// So many silences are listed with buttons.
const WITH_BUTTONS: usize = 4;

/// There is nothing to silence.
pub fn nothing_fires(id: IncidentId) -> String {
    format!("No alert of {id} fires, so there is nothing to silence.")
}

/// Alertmanager cannot be asked, because nobody said where it is.
pub fn no_address(sources: &[SourceId]) -> String {
    let named: Vec<String> = sources.iter().map(|source| format!("`{}`", escape(source.as_str()))).collect();
    if named.is_empty() {
        return "No Alertmanager has sent these alerts, so there is nothing to silence.".to_owned();
    }
    format!(
        "I do not know the address of Alertmanager {}, so I can silence nothing there. An admin can add \
         `alertmanagers.{}.url`. Until then silence it in Alertmanager itself.",
        named.join(", "),
        escape(sources.first().map(SourceId::as_str).unwrap_or_default())
    )
}

/// Alertmanager does not answer; it is tried for a while.
pub fn not_yet(id: IncidentId, source: &SourceId, why: &str, minutes: i64) -> String {
    format!(
        "Nothing of {id} is silenced yet: Alertmanager `{}` gives no answer ({}). I keep trying for {minutes} minutes and tell \
         you either way. Paging goes on until then.",
        escape(source.as_str()),
        escape(why)
    )
}

/// It was not done, and is not tried any more.
pub fn given_up(id: IncidentId, source: &SourceId, why: &str) -> String {
    format!(
        "*Not done*: Alertmanager `{}` could not be told about {id} ({}). Try again later, or do it in Alertmanager itself.",
        escape(source.as_str()),
        escape(why)
    )
}

/// Alertmanager does not want to.
pub fn refused(id: IncidentId, source: &SourceId, why: &str) -> String {
    format!("*Not done*: Alertmanager `{}` refuses it for {id}: {}.", escape(source.as_str()), escape(why))
}

/// There are too many alerts.
pub fn too_many(id: IncidentId, too_many: &TooMany, slash: &str) -> String {
    format!(
        "Nothing was silenced: the {} of {id} that fire share no labels that only they have, and I make at most {MOST} \
         silences at once. Silence one of them (`{slash} {id} silence`, then *Silence…*), or write a matcher for them in \
         Alertmanager itself.",
        counted(too_many.n, "alert", "alerts")
    )
}

/// What was made, for whoever asked where nothing is said in a room.
pub fn made(id: IncidentId, until: DateTime<Utc>) -> String {
    format!("The alerts of {id} are silenced until {}.", date(until))
}

/// A silence that somebody wants to change is over.
pub fn over(id: IncidentId, n: u32) -> String {
    format!("Silence {n} of {id} is over already. Nothing was changed.")
}

/// A silence lasts as long already.
pub fn lasts(n: u32, until: DateTime<Utc>) -> String {
    format!("Silence {n} lasts until {} already.", date(until))
}

/// An incident's silences, with what can be done about them.
pub fn list(incident: &Incident, house: &House) -> (String, Vec<Choice>) {
    let mut lines: Vec<String> = incident.silences.iter().map(|silence| line(silence, house)).collect();
    let elsewhere = incident.silenced.iter().filter(|(_, silenced)| {
        !incident.silences.iter().any(|own| own.ids.iter().any(|id| silenced.silences.contains(id)))
    });
    lines.extend(elsewhere.map(|(source, silenced)| {
        let by: Vec<String> = silenced.by.iter().map(|name| InSlack(house).creator(name)).collect();
        format!(
            "In Alertmanager `{}`: {} of {} firing alerts by {}, until {}",
            escape(source.as_str()),
            silenced.n,
            incident.n_firing,
            by.join(", "),
            date(silenced.until)
        )
    }));
    if lines.is_empty() {
        lines.push(format!("Nothing of {} is silenced.", incident.id));
    }
    let own = incident.silences.iter().take(WITH_BUTTONS);
    let mut choices: Vec<Choice> =
        own.flat_map(|silence| buttons(incident.id, silence.n, silence.until)).collect();
    if incident.n_firing > 0 {
        choices.push(Choice {
            label: Button::Silence.label().to_owned(),
            action: Button::Silence.action_id().to_owned(),
            value: value(incident.id, incident.epoch),
        });
    }
    (clip(&lines.join("\n"), LONGEST_ANSWER), choices)
}

fn line(silence: &Silence, house: &House) -> String {
    let by = match &silence.by {
        Actor::Person(id) => person(id, house),
        other => InSlack(house).actor(other),
    };
    let reason = silence.reason.as_ref().map(|said| format!(": {}", InSlack(house).text(said)));
    let alerts = match (silence.alerts.len(), silence.n_firing) {
        (1, 1) => "1 alert, which fires".to_owned(),
        (1, _) => "1 alert, which has cleared".to_owned(),
        (alerts, firing) => format!("{}, {firing} of them firing", counted(alerts, "alert", "alerts")),
    };
    format!("*{}* {alerts}, by {by} until {}{}", silence.n, date(silence.until), reason.unwrap_or_default())
}

/// The buttons of a silence that lasts until then.
pub fn buttons(incident: IncidentId, n: u32, until: DateTime<Utc>) -> Vec<Choice> {
    SilenceButton::ALL
        .into_iter()
        .map(|button| Choice {
            label: button.label().to_owned(),
            action: format!("{}_{n}", button.action_id()),
            value: SilenceButton::value(incident, n, until),
        })
        .collect()
}

/// One alert to choose in a form: its name and what tells it from the others; plain text.
pub fn choice_of(alert: &Alert) -> String {
    let name = alert.name().unwrap_or("an alert without a name");
    let labels = alert.labels.iter().filter(|(name, _)| !["alertname", "severity"].contains(&name.as_str()));
    let labels: Vec<String> = labels.map(|(name, value)| format!("{name}={value}")).collect();
    if labels.is_empty() { name.to_owned() } else { format!("{name} · {}", labels.join(" ")) }
}

/// What a silence in Alertmanager says about itself; plain text.
pub fn comment(id: IncidentId, reason: Option<&str>, link: Option<&str>) -> String {
    let reason = reason.map(|said| format!("{said} ")).unwrap_or_default();
    let link = link.map(|link| format!(" {link}")).unwrap_or_default();
    format!("{reason}({id}{link})")
}

/// Where an incident's channel opens; not of a private one, since everybody who uses Alertmanager reads it.
pub fn channel_link(incident: &Incident) -> Option<String> {
    let channel = incident.room.channel.as_ref().filter(|_| !incident.privacy.is_private())?;
    Some(format!("https://slack.com/app_redirect?channel={}", channel.id))
}
