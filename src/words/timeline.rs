//! One sentence for each event of a timeline; nothing that the event does not hold.
//!
//! The plain sentence is stored with the event, so a later release may word new events better but never rewords old ones. Plain
//! text names people by their key in the configuration; where Slack shows the sentence, a [`Voice`] of its own mentions them.

use chrono::{DateTime, Utc};

use crate::domain::heartbeat;
use crate::domain::incident::timeline::{ClimbReason, End, Entry, Paged, ReopenedBy, What};
use crate::domain::incident::{Actor, Channel, Left, Loss};
use crate::ids::{ChannelId, PersonId, SlackUserId};
use crate::words::counted::counted;
use crate::words::storm;
use crate::words::time::humane;

/// How a place says people, channels and text from outside.
pub trait Voice {
    /// A person of the configuration.
    fn person(&self, person: &PersonId) -> String;
    /// Somebody in Slack who is not in the configuration.
    fn slack_user(&self, user: &SlackUserId) -> String;
    /// A channel of Slack.
    fn channel(&self, id: &ChannelId, name: &str) -> String;
    /// Text from outside.
    fn text(&self, text: &str) -> String;
    /// A point in time, UTC.
    fn instant(&self, at: DateTime<Utc>) -> String;

    /// Whoever did something.
    fn actor(&self, actor: &Actor) -> String {
        match actor {
            Actor::Person(person) => self.person(person),
            Actor::Slack(user) => self.slack_user(user),
            Actor::Token(name) => format!("API token {}", self.text(name)),
            Actor::PagerDuty(name) if name.is_empty() => "Somebody in PagerDuty".to_owned(),
            Actor::PagerDuty(name) => format!("{} (PagerDuty)", self.text(name)),
            Actor::Source(source) => match heartbeat::watched(source) {
                Some(watched) => format!("The heartbeat of {}", self.text(watched)),
                None => format!("Alertmanager {}", self.text(source.as_str())),
            },
            Actor::Bot => "Don't Panic".to_owned(),
        }
    }

    /// Whoever made a silence in Alertmanager, as they call themselves there.
    fn creator(&self, name: &str) -> String {
        if name.is_empty() { "somebody".to_owned() } else { self.text(name) }
    }

    /// Several people: `alice, bob and charlie`.
    fn people(&self, people: &[PersonId]) -> String {
        match people {
            [] => "nobody".to_owned(),
            [one] => self.person(one),
            [others @ .., last] => {
                let others: Vec<String> = others.iter().map(|person| self.person(person)).collect();
                format!("{} and {}", others.join(", "), self.person(last))
            }
        }
    }
}

/// Plain text, as it is stored.
pub struct Plain;

impl Voice for Plain {
    fn person(&self, person: &PersonId) -> String {
        person.to_string()
    }

    fn slack_user(&self, user: &SlackUserId) -> String {
        format!("Slack user {user}")
    }

    fn channel(&self, _id: &ChannelId, name: &str) -> String {
        format!("#{name}")
    }

    fn text(&self, text: &str) -> String {
        text.to_owned()
    }

    fn instant(&self, at: DateTime<Utc>) -> String {
        at.format("%Y-%m-%d %H:%M UTC").to_string()
    }
}

fn more(others: u32) -> String {
    if others == 0 { String::new() } else { format!(" and {others} more") }
}

fn page(voice: &dyn Voice, paged: &Paged) -> String {
    format!("{} by {}", voice.person(&paged.person), paged.method)
}

/// The sentence of an event, as it is stored.
pub fn sentence(entry: &Entry) -> String {
    say(entry, &Plain)
}

/// The sentence of an event in that voice.
pub fn say(entry: &Entry, voice: &dyn Voice) -> String {
    let who = voice.actor(&entry.actor);
    let text = |text: &str| voice.text(text);
    let named = |alertname: &str| voice.text(or_unnamed(alertname));
    match &entry.what {
        What::AlertFiring { alertname, others, .. } => {
            format!("{} fires{}", named(alertname), more(*others))
        }
        What::AlertResolved { alertname, others, end, .. } => {
            let how = match end {
                End::Told => "",
                End::Inferred => " (inferred: Alertmanager does not list it any more)",
                End::NotBelieved => " (monitoring lost, resolve not believed)",
            };
            format!("{} resolved{}{how}", named(alertname), more(*others))
        }
        What::IncidentOpened { title, severity, rule, reason, follows } => {
            let follows = follows.map(|id| format!("; follows {id}")).unwrap_or_default();
            format!("Opened as {severity}: {} ({}: {}){follows}", text(title), text(rule), text(reason))
        }
        What::SeverityChanged { from, to, rule, reason } => {
            let why =
                if reason.is_empty() { text(rule) } else { format!("{}: {}", text(rule), text(reason)) };
            match &entry.actor {
                Actor::Person(_) | Actor::Slack(_) | Actor::Token(_) | Actor::PagerDuty(_) => {
                    format!("{who} changed the severity from {from} to {to} ({why})")
                }
                Actor::Source(_) | Actor::Bot => format!("Severity changed from {from} to {to} ({why})"),
            }
        }
        What::PageSent(paged) => format!("Page sent to {}", page(voice, paged)),
        What::PageAccepted(paged) => format!("Page to {} accepted by the provider", page(voice, paged)),
        What::PageFailed { paged, error } => {
            format!("Page to {} failed: {}", page(voice, paged), text(error))
        }
        What::PageFolded { paged, into } => {
            format!("Page to {} goes out together with that of {into}", page(voice, paged))
        }
        What::PageCarried { paged, by } => {
            format!("Page to {} accepted by the provider, together with that of {by}", page(voice, paged))
        }
        What::PageAlone { paged, was } => {
            format!("Page to {} goes out by itself, not with that of {was}", page(voice, paged))
        }
        What::AckTargetMissed { target_seconds } => {
            format!("Nobody acknowledged within {}", seconds(*target_seconds))
        }
        What::Acked { after_seconds, was_paged, took_over_from } => {
            let unpaged = if *was_paged { "" } else { " (was not paged)" };
            match took_over_from {
                None => format!("{who} acknowledged after {}{unpaged}", seconds(*after_seconds)),
                Some(before) => {
                    format!("{who} took over{unpaged}: the snooze of {} has ended", voice.actor(before))
                }
            }
        }
        What::Escalated { schedule, round, step, why, people } => {
            escalated(&who, &text(schedule.as_str()), *round, *step, *why, &voice.people(people))
        }
        What::ScheduleGone { schedule, instead } => format!(
            "Schedule {} is no longer configured: from now on whoever is on call by {} is paged instead",
            text(schedule.as_str()),
            text(instead.as_str())
        ),
        What::AskedFor { person, message } => {
            let message = message.as_ref().map(|said| format!(": {}", text(said))).unwrap_or_default();
            format!("{who} asked for {}{message}", voice.person(person))
        }
        What::Snoozed { until } => format!("{who} snoozed it until {}", voice.instant(*until)),
        What::SnoozeOver => "The snooze is over".to_owned(),
        What::RoleChanged { role, person } => {
            format!("{} is {} now", voice.person(person), text(&role.as_str().replace('_', " ")))
        }
        What::StatusUpdate { text: update } => format!("Update by {who}: {}", text(update)),
        What::ChannelOpened { channel, name, instead_of: None } => {
            format!("Channel {} opened", voice.channel(channel, name))
        }
        What::ChannelOpened { channel, name, instead_of: Some(left) } => {
            format!("{} takes the place of {}", voice.channel(channel, name), left_behind(voice, left))
        }
        What::ChannelBack { channel, name } => {
            format!("Channel {} is in use again", voice.channel(channel, name))
        }
        What::ChannelLost { channel, name, loss } => {
            lost(&entry.actor, &who, &voice.channel(channel, name), *loss)
        }
        What::ChannelRenamed { from, to, .. } => {
            format!("Channel #{} is called #{} now", text(from), text(to))
        }
        What::NotInvited { person, code } => {
            format!("Slack does not let {} into the channel: {}", voice.person(person), kept_out(code, voice))
        }
        What::ChannelArchived { channel, name } => format!(
            "Nothing is left to do: {} is archived now. The timeline and the post-mortem stay",
            voice.channel(channel, name)
        ),
        What::SilenceCreated { n, source, until, n_alerts, n_firing, reason } => {
            let which = match (n_alerts, n_firing) {
                (1, 1) => "the alert that fires".to_owned(),
                (alerts, firing) if alerts >= firing => {
                    format!("all {}", counted(*alerts, "alert that fires", "alerts that fire"))
                }
                (alerts, firing) => {
                    format!("{alerts} of {}", counted(*firing, "alert that fires", "alerts that fire"))
                }
            };
            let paging = if n_alerts >= n_firing { "; paging stands still until then" } else { "" };
            let reason = reason.as_ref().map(|said| format!(": {}", text(said))).unwrap_or_default();
            let until = voice.instant(*until);
            format!(
                "{who} silenced {which} in Alertmanager {} until {until} (silence {n}){reason}{paging}",
                text(source.as_str())
            )
        }
        What::SilenceExtended { n, until } => {
            format!("{who} changed silence {n}: it lasts until {}", voice.instant(*until))
        }
        What::SilenceEnding { n, until, n_firing } => {
            format!("Silence {n} ends at {}; {}", voice.instant(*until), of_its_alerts(*n_firing))
        }
        What::SilenceEnded { n, by, n_firing, is_early } => {
            let whose = voice.actor(by);
            let how = if *is_early {
                format!("{who} ended silence {n} of {whose}")
            } else {
                format!("Silence {n} of {whose} is over")
            };
            format!("{how}; {}", of_its_alerts(*n_firing))
        }
        What::Muted { by, until } => {
            let by: Vec<String> = by.iter().map(|by| voice.creator(by)).collect();
            format!(
                "All that fires is silenced in Alertmanager by {} until {}: paging stands still",
                by.join(", "),
                voice.instant(*until)
            )
        }
        What::Unmuted { n_firing } => {
            format!("{}, and not all of it is silenced any more: paging goes on", still_firing(*n_firing))
        }
        What::Note { text: note } => format!("{who}: {}", text(note)),
        What::MessageNoted { text: Some(words), .. } => format!("{who}: {}", text(words)),
        What::MessageNoted { text: None, .. } => format!("{who}: (text removed)"),
        What::MessageEdited { event } => format!("{who} edited the message of event {event}"),
        What::MessageDeleted { event } => format!("The message of event {event} was deleted in Slack"),
        What::Monitoring => "All alerts are clear; watching".to_owned(),
        What::KeptOpen => format!("{who} keeps it open"),
        What::MergedInto { into, title } => format!("{who} merged this into {into}: {}", text(title)),
        What::TookIn { incident, title, channel, .. } => {
            let channel = channel.as_ref();
            let channel = channel.map(|channel| format!(" ({})", voice.channel(&channel.id, &channel.name)));
            format!("{who} merged {incident}{} into this: {}", channel.unwrap_or_default(), text(title))
        }
        What::JoinedStorm { umbrella } => {
            format!("Part of the storm {umbrella}: nobody is paged for this one alone")
        }
        What::LeftStorm { umbrella } => {
            format!("Not left to the storm {umbrella} any more: it pages by itself")
        }
        What::StormGrew { n, n_all } => {
            format!("{}, {n_all} in all", counted(*n, "more incident", "more incidents"))
        }
        What::StormOver { n_all, n_open, n_waiting, services, lasted_seconds } => {
            storm::over(voice, (*n_all, *n_open, *n_waiting), services, &seconds(*lasted_seconds))
        }
        What::Resolved { summary, still_firing } => {
            let how = if entry.actor == Actor::Bot {
                "Resolved by itself".to_owned()
            } else {
                format!("{who} resolved it")
            };
            let firing = match still_firing {
                0 => String::new(),
                n => format!(", {}", counted(*n, "alert still firing", "alerts still firing")),
            };
            let summary = summary.as_ref().map(|said| format!(": {}", text(said))).unwrap_or_default();
            format!("{how}{firing}{summary}")
        }
        What::Reopened { by: ReopenedBy::AlertBack { alertname, others, .. } } => {
            format!("Open again: {} is back{}", named(alertname), more(*others))
        }
        What::Reopened { by: ReopenedBy::NewAlert } => "Open again: a new alert fires".to_owned(),
        What::Reopened { by: ReopenedBy::Human } => format!("{who} opened it again"),
        What::Flap { alertname, n_flaps, .. } => {
            format!("{} is back (flap {n_flaps})", named(alertname))
        }
        What::AskedAboutFiring { n_firing, resolved_by } => {
            let alerts = counted(*n_firing, "alert still fires", "alerts still fire");
            format!(
                "{alerts}, four hours after {} resolved this. Is that all right?",
                voice.actor(resolved_by)
            )
        }
        What::Nudged { asked, quiet_seconds, escalates_at } => {
            let asked: Vec<String> = asked.iter().map(|actor| voice.actor(actor)).collect();
            let asked = if asked.is_empty() { String::new() } else { format!("{}: ", asked.join(", ")) };
            let quiet = seconds(*quiet_seconds);
            let then = escalates_at
                .map(|at| format!(" Without a word the next step is paged at {}.", voice.instant(at)));
            format!("{asked}nothing was heard for {quiet}. Still on it?{}", then.unwrap_or_default())
        }
        What::StillOnIt => format!("{who} is still on it"),
        What::ActionAdded { n, owner, due, text: what } => {
            format!("{who} added action item {n} for {}, due {due}: {}", voice.person(owner), text(what))
        }
        What::ActionDone { n, text: what, .. } => {
            format!("{who} says that action item {n} is done: {}", text(what))
        }
        What::PostmortemAwaited { person, due_at } => {
            let whom = person.as_ref().map(|person| format!("{}: ", voice.person(person)));
            format!("{}the post-mortem is due {}", whom.unwrap_or_default(), voice.instant(*due_at))
        }
        What::PostmortemOverdue { person, due_at } => {
            let whom = person.as_ref().map(|person| format!("{}: ", voice.person(person)));
            format!("{}the post-mortem is overdue since {}", whom.unwrap_or_default(), voice.instant(*due_at))
        }
        What::RunbookFeedback { question, answer } => {
            super::feedback::event(voice, &entry.actor, *question, *answer)
        }
        What::PostmortemPublished => format!("{who} published the post-mortem"),
        What::PostmortemDeclined { reason } => format!("{who} declined the post-mortem: {}", text(reason)),
        What::Closed => "Closed: no post-mortem is due".to_owned(),
        What::PostmortemDrafted => "Post-mortem drafted from the timeline".to_owned(),
    }
}

/// Why Slack does not let somebody in, in words as far as there are some.
fn kept_out(code: &str, voice: &dyn Voice) -> String {
    match code {
        "user_not_found" => "this workspace does not know them".to_owned(),
        "user_disabled" => "their account is deactivated".to_owned(),
        "user_is_restricted" | "user_is_ultra_restricted" | "ura_max_channels" => {
            "they are a guest".to_owned()
        }
        "cant_invite" | "org_user_not_in_team" | "no_external_invite_permission" => {
            "they are deactivated or of another workspace".to_owned()
        }
        other => voice.text(other),
    }
}

/// A channel that is not there any more cannot be linked to.
fn left_behind(voice: &dyn Voice, left: &Left) -> String {
    let Left { channel: Channel { id, name }, loss } = left;
    match loss {
        Loss::Archived => format!("{}, which is archived", voice.channel(id, name)),
        Loss::Deleted => format!("#{}, which is gone", voice.text(name)),
        Loss::Removed | Loss::Refused => format!("{}, which can no longer be used", voice.channel(id, name)),
    }
}

fn lost(actor: &Actor, who: &str, channel: &str, loss: Loss) -> String {
    match (loss, actor) {
        (Loss::Archived, Actor::Bot) => format!("Channel {channel} was archived"),
        (Loss::Archived, _) => format!("{who} archived {channel}"),
        (Loss::Deleted, Actor::Bot) => format!("Channel {channel} is gone"),
        (Loss::Deleted, _) => format!("{who} deleted {channel}"),
        (Loss::Removed, Actor::Bot) => format!("Don't Panic was taken out of {channel}"),
        (Loss::Removed, _) => format!("{who} took Don't Panic out of {channel}"),
        (Loss::Refused, _) => format!("Slack opens neither {channel} again nor a channel in its place"),
    }
}

fn escalated(who: &str, schedule: &str, round: u32, step: u32, why: ClimbReason, to: &str) -> String {
    let place = if round > 1 {
        format!("{schedule}, round {round}, step {step}")
    } else {
        format!("{schedule}, step {step}")
    };
    match why {
        ClimbReason::NoAnswer => format!("No acknowledgement: paging {to} ({place})"),
        ClimbReason::Nobody => format!("The step before reached nobody: paging {to} ({place})"),
        ClimbReason::NotDelivered => {
            format!("No page of the step before was delivered: paging {to} ({place})")
        }
        ClimbReason::Silent => {
            format!("No answer to the question whether somebody is still on it: paging {to} ({place})")
        }
        ClimbReason::Asked => format!("{who} escalated: paging {to} ({place})"),
        ClimbReason::PagedAlready => format!("{to} is paged about this already, so not once more ({place})"),
        ClimbReason::Handoff => format!("Handoff: paging {to}, who is on call now ({place})"),
    }
}

fn still_firing(n: u32) -> String {
    counted(n, "alert fires", "alerts fire")
}

fn of_its_alerts(n_firing: u32) -> String {
    match n_firing {
        0 => "what it silenced has cleared".to_owned(),
        1 => "1 of its alerts still fires".to_owned(),
        n => format!("{n} of its alerts still fire"),
    }
}

fn or_unnamed(alertname: &str) -> &str {
    if alertname.is_empty() { "An alert without a name" } else { alertname }
}

fn seconds(n: i64) -> String {
    humane(chrono::Duration::seconds(n))
}
