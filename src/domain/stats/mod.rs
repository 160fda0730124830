//! How the last weeks went, in figures: how many incidents, how soon somebody had them and how soon they were over, whom they woke,
//! and which alerts nobody ever acted on.
//!
//! A tally takes incidents and wakings one by one, in any order, and is asked in the end. Every figure is a count or a mean of what
//! is recorded; where nothing is recorded there is no figure.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, NaiveTime, Utc};

use super::holes::{Span, spans};
use super::house::House;
use super::incident::{Actor, Incident, State};
use super::on_call::{self, Override, Shift};
use super::postmortem::{Answer, Question};
use super::severity::Severity;
use crate::ids::{PersonId, ServiceId};

/// A span of time, its beginning included and its end not. UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Its beginning.
    pub from: DateTime<Utc>,
    /// Its end.
    pub to: DateTime<Utc>,
}

/// Whether figures can be asked for of a span so long: from an hour to a leap year.
pub fn is_window(span: Duration) -> bool {
    (Duration::hours(1)..=Duration::days(366)).contains(&span)
}

/// The hours of the night, on a person's own wall clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Night {
    /// When it begins.
    pub from: NaiveTime,
    /// When it ends; the next morning when that is before `from`.
    pub to: NaiveTime,
}

impl Night {
    /// Whether this time of day is in it.
    pub fn holds(&self, time: NaiveTime) -> bool {
        if self.from <= self.to {
            (self.from..self.to).contains(&time)
        } else {
            time >= self.from || time < self.to
        }
    }
}

/// Somebody was woken about one incident, by whatever methods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waking {
    /// Who.
    pub person: PersonId,
    /// When the first page left, UTC.
    pub at: DateTime<Utc>,
}

/// What the window asked of one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// Who.
    pub person: PersonId,
    /// How often.
    pub pages: u32,
    /// How often of these at night.
    pub at_night: u32,
    /// How long they were the primary of some schedule; time on two at once is counted once.
    pub on_call: Duration,
}

/// An alert that opened incidents on which nobody ever acted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noise {
    /// The `alertname`.
    pub alertname: String,
    /// The service it named, configured or not.
    pub service: Option<String>,
    /// Who owns the service, if the configuration says.
    pub owner: Option<String>,
    /// How many incidents it opened.
    pub incidents: u32,
    /// How often it came back in them.
    pub flaps: u32,
}

/// What people said to one question.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Votes {
    /// How many said yes.
    pub yes: u32,
    /// How many said no.
    pub no: u32,
}

/// The figures of one window.
#[derive(Debug, Clone, PartialEq)]
pub struct Stats {
    /// Which window.
    pub window: Window,
    /// How many incidents were opened in it, for every severity.
    pub incidents: BTreeMap<Severity, u32>,
    /// How many of them are still open.
    pub open: u32,
    /// From received to first acknowledged, on average; `None` when nobody acknowledged any.
    pub mtta: Option<Duration>,
    /// From the first alert's start to the last one's end, or the resolve, on average; `None` when none is over.
    pub mttr: Option<Duration>,
    /// How many ack targets were missed.
    pub ack_targets_missed: u32,
    /// How often people were woken.
    pub pages: u32,
    /// How often of these at night.
    pub night_pages: u32,
    /// By person: who was woken most at night first, then most at all, then who was on call longest.
    pub people: Vec<Share>,
    /// The alerts on which nobody ever acted, the noisiest first.
    pub noise: Vec<Noise>,
    /// What people said about runbooks.
    pub runbook_helped: Votes,
    /// What people said about pages.
    pub page_needed: Votes,
    /// How many post-mortems should have been published by the end of the window.
    pub postmortems_overdue: u32,
}

/// Spans that are averaged.
#[derive(Debug, Default)]
struct Mean {
    seconds: i64,
    n: i64,
}

impl Mean {
    /// A span that runs backwards says only that two clocks differ.
    fn add(&mut self, span: Duration) {
        if span >= Duration::zero() {
            self.seconds = self.seconds.saturating_add(span.num_seconds());
            self.n += 1;
        }
    }

    fn get(&self) -> Option<Duration> {
        self.seconds.checked_div(self.n).map(Duration::seconds)
    }
}

#[derive(Debug, Default)]
struct Heard {
    incidents: u32,
    flaps: u32,
    is_acted_on: bool,
    service: Option<ServiceId>,
}

/// The figures in the making.
#[derive(Debug)]
pub struct Tally<'a> {
    window: Window,
    night: Night,
    house: &'a House,
    incidents: BTreeMap<Severity, u32>,
    open: u32,
    to_acknowledge: Mean,
    to_resolve: Mean,
    ack_targets_missed: u32,
    people: BTreeMap<PersonId, Share>,
    heard: BTreeMap<(String, Option<String>), Heard>,
    runbook_helped: Votes,
    page_needed: Votes,
    postmortems_overdue: u32,
}

/// Whether an incident is one of its own; what was merged into another one, or came in a storm, is that one's story.
fn counts(incident: &Incident) -> bool {
    incident.merged_into.is_none() && incident.umbrella.is_none()
}

/// Whether a human did anything about it.
fn is_acted_on(incident: &Incident) -> bool {
    let by_hand = match &incident.state {
        State::Resolved { by, .. } | State::Closed { by, .. } => *by != Actor::Bot,
        // Somebody still may.
        State::Triggered | State::Acknowledged(_) | State::Monitoring { .. } => true,
    };
    by_hand
        || incident.first_ack.is_some()
        || incident.severity_override.is_some()
        || incident.commander.is_some()
        || incident.kept_open
        || !incident.noted.is_empty()
        || !incident.actions.is_empty()
}

impl<'a> Tally<'a> {
    /// Nothing is counted yet.
    pub fn new(window: Window, night: Night, house: &'a House) -> Self {
        Self {
            window,
            night,
            house,
            incidents: Severity::ALL.map(|severity| (severity, 0)).into(),
            open: 0,
            to_acknowledge: Mean::default(),
            to_resolve: Mean::default(),
            ack_targets_missed: 0,
            people: BTreeMap::new(),
            heard: BTreeMap::new(),
            runbook_helped: Votes::default(),
            page_needed: Votes::default(),
            postmortems_overdue: 0,
        }
    }

    /// Counts an incident, if it was opened in the window.
    pub fn incident(&mut self, incident: &Incident) {
        let Window { from, to } = self.window;
        if !(from..to).contains(&incident.opened_at) || !counts(incident) {
            return;
        }
        *self.incidents.entry(incident.severity()).or_default() += 1;
        self.open += u32::from(incident.state.is_open());
        if let Some(ack) = &incident.first_ack {
            self.to_acknowledge.add(ack.at - incident.opened_at);
        }
        if let Some(resolved_at) = incident.resolved_at() {
            let last_end = incident.last_ended_at.filter(|_| incident.n_firing == 0);
            self.to_resolve.add(last_end.unwrap_or(resolved_at) - incident.started_at);
        }
        self.ack_targets_missed += incident.n_ack_targets_missed;
        self.postmortems_overdue += u32::from(incident.is_review_overdue(to));
        for given in &incident.feedback {
            let votes = match given.question {
                Question::RunbookHelped => &mut self.runbook_helped,
                Question::PageNeeded => &mut self.page_needed,
            };
            match given.answer {
                Answer::Yes => votes.yes += 1,
                Answer::No => votes.no += 1,
            }
        }
        if let Some(alertname) = &incident.alertname {
            let key = (alertname.clone(), incident.service_shown.clone());
            let heard = self.heard.entry(key).or_default();
            heard.incidents += 1;
            heard.flaps += incident.n_flaps;
            heard.is_acted_on |= is_acted_on(incident);
            heard.service = heard.service.take().or_else(|| incident.service.clone());
        }
    }

    /// Counts that somebody was woken, whatever became of the incident, if it was in the window.
    pub fn waking(&mut self, waking: &Waking) {
        let Window { from, to } = self.window;
        if !(from..to).contains(&waking.at) {
            return;
        }
        let zone = self.house.people.get(&waking.person).and_then(|person| person.timezone);
        let local = waking.at.with_timezone(&zone.unwrap_or(self.house.timezone)).time();
        let at_night = u32::from(self.night.holds(local));
        let share = self.share(&waking.person);
        share.pages += 1;
        share.at_night += at_night;
    }

    /// Counts how long everybody was on call in the window, with everything that was arranged.
    pub fn on_call(&mut self, overrides: &[Override]) {
        let Window { from, to } = self.window;
        let mut shifts: BTreeMap<PersonId, Vec<Span>> = BTreeMap::new();
        for schedule in self.house.schedules.values() {
            for Shift { start, end, primary, .. } in on_call::shifts(schedule, overrides, from, to) {
                if let Some(primary) = primary {
                    shifts.entry(primary).or_default().push(Span { from: start.max(from), to: end.min(to) });
                }
            }
        }
        for (person, spans) in shifts {
            self.share(&person).on_call = spans::merged(spans).iter().map(|span| span.to - span.from).sum();
        }
    }

    fn share(&mut self, person: &PersonId) -> &mut Share {
        self.people.entry(person.clone()).or_insert_with(|| Share {
            person: person.clone(),
            pages: 0,
            at_night: 0,
            on_call: Duration::zero(),
        })
    }

    /// The figures.
    pub fn stats(self) -> Stats {
        let mut people: Vec<Share> = self.people.into_values().collect();
        people.sort_by_key(|share| std::cmp::Reverse((share.at_night, share.pages, share.on_call)));
        let owner = |service: &ServiceId| self.house.services.get(service)?.owner.clone();
        let mut noise: Vec<Noise> = self
            .heard
            .into_iter()
            .filter(|(_, heard)| !heard.is_acted_on)
            .map(|((alertname, service), heard)| Noise {
                alertname,
                service,
                owner: heard.service.as_ref().and_then(owner),
                incidents: heard.incidents,
                flaps: heard.flaps,
            })
            .collect();
        noise.sort_by_key(|noise| std::cmp::Reverse(noise.incidents + noise.flaps));
        Stats {
            window: self.window,
            incidents: self.incidents,
            open: self.open,
            mtta: self.to_acknowledge.get(),
            mttr: self.to_resolve.get(),
            ack_targets_missed: self.ack_targets_missed,
            pages: people.iter().map(|share| share.pages).sum(),
            night_pages: people.iter().map(|share| share.at_night).sum(),
            people,
            noise,
            runbook_helped: self.runbook_helped,
            page_needed: self.page_needed,
            postmortems_overdue: self.postmortems_overdue,
        }
    }
}

#[cfg(test)]
mod tests;
