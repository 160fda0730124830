//! One incident and its story clock, driven with plain verbs and told as a transcript.
//!
//! Whatever a test does, every decision is held against the promises.

use std::collections::BTreeSet;
use std::fmt::Write;

use chrono::{DateTime, Datelike, Duration, NaiveTime, TimeZone, Utc};

use super::super::child::{Child, Known, KnownChildren, Report};
use super::super::command::{
    Command, Delivery, Ends, Facts, Hush, Opening, Refusal, SilenceNews, WhileFiring,
};
use super::super::timeline::{Entry, Origin};
use super::super::{Actor, AlertKey, Decision, Incident, Privacy, Silence, Silenced, decide, open};
use super::house::{ZONE, house, schedule, service};
use super::promises::must_hold;
use super::transcript::lines_of;
use crate::domain::alert::{Alert, AlertStatus};
use crate::domain::house::House;
use crate::domain::on_call::Override;
use crate::domain::page::{NotTaken, Page, PageChange};
use crate::domain::people::ContactMethod;
use crate::domain::severity::{Assessment, Severity};
use crate::ids::{PersonId, ServiceId};

/// How much of the paging a transcript shows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// Every method and every repeat.
    All,
    /// The first page of each person only: the ladder.
    Ladder,
}

pub struct Night {
    pub house: House,
    pub overrides: Vec<Override>,
    pub now: DateTime<Utc>,
    pub incident: Option<Incident>,
    pub known: KnownChildren,
    pub children: Vec<Child>,
    /// Every row of the ledger, with what providers said to it.
    pub ledger: Vec<Page>,
    /// Every event of the timeline.
    pub timeline: Vec<Entry>,
    /// The latest delivery, to be sent again.
    pub delivery: Option<(Vec<Report>, u64)>,
    pub shown: Shown,
    down: Vec<(PersonId, ContactMethod, NotTaken)>,
    lines: Vec<String>,
    told: usize,
}

/// A report as a test writes it: the alert's name is its fingerprint.
pub fn alert(name: &str, severity: Severity) -> Report {
    let labels = [("alertname".to_owned(), name.to_owned())].into();
    let alert = Alert {
        fingerprint: name.into(),
        status: AlertStatus::Firing,
        labels,
        annotations: [].into(),
        starts_at: DateTime::<Utc>::MIN_UTC,
        ends_at: None,
        generator_url: None,
    };
    let (rule, reason) = ("severity label".to_owned(), "as labelled".to_owned());
    Report {
        alert,
        assessment: Assessment { severity, rule, reason, env: None, is_unmatched: false },
        source: key().source,
        service: None,
        inferred: false,
        doubted: None,
    }
}

pub fn person(name: &str) -> Actor {
    Actor::Person(name.into())
}

impl Night {
    /// Nothing has happened yet. `at` is a local time in the week of Monday 16 November 2026 (Alice, then Bob): `Tue 03:00`.
    pub fn begins(at: &str) -> Self {
        let mut night = Self {
            house: house(),
            overrides: vec![],
            now: ZONE.with_ymd_and_hms(2026, 11, 15, 23, 59, 59).unwrap().to_utc(),
            incident: None,
            known: KnownChildren::default(),
            children: vec![],
            ledger: vec![],
            timeline: vec![],
            delivery: None,
            shown: Shown::All,
            down: vec![],
            lines: vec![],
            told: 0,
        };
        night.now = night.next_time(at);
        night
    }

    /// A night that begins on Tuesday at three with one alert.
    pub fn of(severity: Severity) -> Self {
        let mut night = Self::begins("Tue 03:00");
        night.fires("A", severity);
        night
    }

    pub fn shows(mut self, shown: Shown) -> Self {
        self.shown = shown;
        self
    }

    pub fn incident(&self) -> &Incident {
        self.incident.as_ref().unwrap()
    }

    pub fn facts(&self) -> Facts<'_> {
        Facts {
            now: self.now,
            house: &self.house,
            overrides: &self.overrides,
            origin: Origin::Timer,
            umbrella: None,
        }
    }

    /// The next instant at which it is that local time: `03:15`, or `Mon 09:00`.
    fn next_time(&self, at: &str) -> DateTime<Utc> {
        let (weekday, clock) = at.split_once(' ').map_or((None, at), |(day, clock)| (Some(day), clock));
        let clock = NaiveTime::parse_from_str(clock, "%H:%M").unwrap();
        let weekday = weekday.map(|day| day.parse().unwrap());
        let local = self.now.with_timezone(&ZONE).date_naive();
        let found = local.iter_days().take(15).find_map(|day| {
            let instant = ZONE.from_local_datetime(&day.and_time(clock)).earliest()?.to_utc();
            (instant >= self.now && weekday.is_none_or(|weekday| day.weekday() == weekday)).then_some(instant)
        });
        found.unwrap()
    }

    // What happens.

    /// A new beginning of an alert, now.
    pub fn fires(&mut self, name: &str, severity: Severity) -> &mut Self {
        self.fires_for(name, severity, None)
    }

    /// As [`Self::fires`], for a service.
    pub fn fires_for(&mut self, name: &str, severity: Severity, service: Option<&str>) -> &mut Self {
        let mut report = alert(name, severity);
        report.alert.starts_at = self.now;
        report.service = service.map(ServiceId::from);
        self.delivers(vec![report], 0)
    }

    /// The end of an alert's present occurrence, now.
    pub fn resolves(&mut self, name: &str) -> &mut Self {
        let report = self.end_of(name);
        self.delivers(vec![report], 0)
    }

    pub fn end_of(&self, name: &str) -> Report {
        let mut report = alert(name, Severity::P4);
        report.alert.status = AlertStatus::Resolved;
        report.alert.starts_at =
            self.known.get(&"main".into(), &name.into()).map_or(self.now, |known| known.starts_at);
        report.alert.ends_at = Some(self.now);
        report
    }

    /// A poll says that so many alerts are silenced for so many minutes.
    pub fn hears_silenced(&mut self, n: u32, minutes: i64) -> &mut Self {
        let silenced = Silenced {
            n,
            until: self.now + Duration::minutes(minutes),
            by: ["carol".to_owned()].into(),
            silences: [format!("s-{minutes}").as_str().into()].into(),
        };
        let silenced = Some(if n > 0 { Hush::Part(silenced) } else { Hush::Nothing });
        let (source, begun_at) = (key().source, self.now);
        let ours = [].into();
        self.does(Command::SilencesSeen(Box::new(SilenceNews { source, begun_at, silenced, ours })))
    }

    /// What is known of an alert.
    pub fn known_of(&self, fingerprint: &str) -> &Known {
        self.known.get(&key().source, &fingerprint.into()).expect("it is known")
    }

    /// Somebody has had everything that fires silenced from here.
    pub fn silences(&mut self, who: &str, minutes: i64) -> &mut Self {
        let firing = self.known.iter().filter(|(_, _, known)| known.status == AlertStatus::Firing);
        let silence = Silence {
            n: 0,
            source: key().source,
            ids: vec![format!("own-{}", self.timeline.len()).as_str().into()],
            by: person(who),
            reason: None,
            alerts: firing.map(|(_, fingerprint, _)| fingerprint.clone()).collect(),
            n_firing: 0,
            since: self.now,
            until: self.now + Duration::minutes(minutes),
            warn_at: None,
            changed_at: self.now,
        };
        self.does(Command::SilenceCreated { silence: Box::new(silence) })
    }

    /// As [`Self::delivers`], through another group.
    pub fn delivers_by(&mut self, group: &str, reports: Vec<Report>, n_truncated: u64) -> &mut Self {
        let mut delivery = self.delivery_of(reports, n_truncated);
        delivery.key.group_key = group.into();
        self.does(Command::Deliver(Box::new(delivery)))
    }

    pub fn delivers(&mut self, reports: Vec<Report>, n_truncated: u64) -> &mut Self {
        self.delivery = Some((reports.clone(), n_truncated));
        if self.incident.is_some() {
            self.does(Command::Deliver(Box::new(self.delivery_of(reports, n_truncated))));
            return self;
        }
        let opening = self.opening_of(reports, n_truncated);
        let decision = open(crate::ids::IncidentId(42), opening, &self.facts());
        self.take(decision);
        self
    }

    /// How the incident of these reports begins.
    pub fn opening_of(&self, reports: Vec<Report>, n_truncated: u64) -> Opening {
        let worst = reports.iter().min_by_key(|report| report.assessment.severity).unwrap().clone();
        let schedules: BTreeSet<_> =
            reports.iter().map(|report| self.house.schedule_of(report.service.as_ref()).clone()).collect();
        Opening {
            title: "Ledger is down".to_owned(),
            short_name: "ledger-down".to_owned(),
            key: Some(key()),
            alertname: worst.alert.name().map(str::to_owned),
            assessment: worst.assessment.clone(),
            service: worst.service.clone(),
            service_shown: None,
            schedules: schedules.into_iter().collect(),
            reports,
            ended: vec![],
            n_truncated,
            runbook: None,
            actor: Actor::Source("main".into()),
            notes: vec![],
            follows: None,
            privacy: Privacy::Public,
            umbrella: None,
        }
    }

    pub fn delivery_of(&self, reports: Vec<Report>, n_truncated: u64) -> Delivery {
        let schedules = reports
            .iter()
            .filter(|report| report.alert.is_firing())
            .map(|report| {
                let schedule = self.house.schedule_of(report.service.as_ref()).clone();
                (report.alert.fingerprint.clone(), schedule)
            })
            .collect();
        let known = self.known.clone();
        Delivery {
            key: key(),
            reports,
            known,
            n_truncated,
            schedules,
            ends: Ends::Believed,
            shown_anew: vec![],
        }
    }

    pub fn acks(&mut self, who: &str) -> &mut Self {
        self.does(Command::Acknowledge { by: person(who) })
    }

    pub fn escalates(&mut self, who: &str) -> &mut Self {
        self.does(Command::Escalate { by: person(who), to: None })
    }

    pub fn asks_for(&mut self, who: &str, whom: &str) -> &mut Self {
        self.does(Command::Escalate { by: person(who), to: Some(whom.into()) })
    }

    pub fn sets(&mut self, who: &str, to: Severity) -> &mut Self {
        self.does(Command::SetSeverity { by: person(who), to, reason: None, saw: None })
    }

    pub fn snoozes(&mut self, who: &str, minutes: i64) -> &mut Self {
        self.does(Command::Snooze { by: person(who), span: Duration::minutes(minutes) })
    }

    pub fn keeps_open(&mut self, who: &str) -> &mut Self {
        self.does(Command::KeepOpen { by: person(who) })
    }

    pub fn ends(&mut self, who: &str, while_firing: WhileFiring) -> &mut Self {
        self.does(Command::Resolve { by: person(who), summary: None, while_firing })
    }

    pub fn reopens(&mut self, who: &str) -> &mut Self {
        self.does(Command::Reopen { by: person(who) })
    }

    pub fn declines(&mut self, who: &str) -> &mut Self {
        self.does(Command::DeclinePostmortem { by: person(who), reason: "a drill".to_owned() })
    }

    /// There is another schedule, of one person, with one service.
    pub fn also_runs(&mut self, name: &str, of: &str, who: &str) -> &mut Self {
        self.house.schedules.insert(name.into(), schedule(name, &[who]));
        self.house.services.insert(of.into(), service(of, name));
        self
    }

    /// That schedule is not configured any more; its services are the team's.
    pub fn loses(&mut self, schedule: &str) -> &mut Self {
        let schedule = schedule.into();
        self.house.schedules.remove(&schedule);
        let default = self.house.default_schedule.clone();
        for service in self.house.services.values_mut().filter(|service| service.schedule == schedule) {
            service.schedule = default.clone();
        }
        self
    }

    /// From now on pages to that person by that method are refused for good.
    pub fn provider_refuses(&mut self, who: &str, method: ContactMethod) -> &mut Self {
        self.provider_does_not_take(who, method, NotTaken::Refused)
    }

    /// From now on nobody takes pages to that person by that method.
    pub fn provider_does_not_take(&mut self, who: &str, method: ContactMethod, fault: NotTaken) -> &mut Self {
        self.down.push((who.into(), method, fault));
        self
    }

    /// Every page written so far is taken by its provider.
    pub fn provider_accepts(&mut self) -> &mut Self {
        for page in self.ledger.clone() {
            let (page, sent_at) = (Box::new(page), self.now);
            self.does(Command::PageAccepted { page, sent_at, provider_id: None });
        }
        self
    }

    /// Time passes; whatever is due on the way fires at its instant, in order.
    pub fn until(&mut self, at: &str) -> &mut Self {
        let end = self.next_time(at);
        self.until_instant(end)
    }

    pub fn until_instant(&mut self, end: DateTime<Utc>) -> &mut Self {
        while let Some(due) = self.incident().wake_at().filter(|due| *due <= end) {
            self.now = due.max(self.now);
            self.does(Command::Wake);
            let again = self.incident().wake_at();
            assert!(
                again.is_none_or(|again| again > self.now),
                "{again:?} is due again at once: {:#?}",
                self.incident()
            );
        }
        self.now = end;
        self
    }

    /// Time passes while the bot is down; what became due fires at the end.
    pub fn sleeps_until(&mut self, at: &str) -> &mut Self {
        self.now = self.next_time(at);
        self.does(Command::Wake)
    }

    /// Any command; a refusal is a line of the transcript.
    pub fn does(&mut self, command: Command) -> &mut Self {
        match self.tries(command) {
            Ok(decision) => self.take(decision),
            Err(refusal) => self.tell(&format!("refused: {refusal}")),
        }
        self
    }

    pub fn tries(&self, command: Command) -> Result<Decision, Refusal> {
        decide(self.incident(), command, &self.facts())
    }

    // What comes of it.

    /// What the store does with a decision; and what must be true of every one.
    fn take(&mut self, decision: Decision) {
        let before = self.incident.replace(decision.next.clone());
        must_hold(self, before.as_ref(), &decision);
        for line in lines_of(self, before.as_ref(), &decision) {
            self.tell(&line);
        }
        for child in &decision.children {
            self.known.learn(child, self.now);
            self.children.retain(|known| known.alert.fingerprint != child.alert.fingerprint);
            self.children.push(child.clone());
        }
        self.timeline.extend(decision.entries);
        let mut failed = vec![];
        for change in decision.pages {
            self.write_down(change, &mut failed);
        }
        for (page, fault) in failed {
            let (sent_at, error) = (self.now, "down".to_owned());
            self.does(Command::PageFailed { page: Box::new(page), sent_at, fault, error });
        }
    }

    /// What the store does with the ledger, as far as decisions look at it.
    fn write_down(&mut self, change: PageChange, failed: &mut Vec<(Page, NotTaken)>) {
        let now = self.now;
        let row = |ledger: &mut Vec<Page>, id: &crate::ids::PageId, change: &dyn Fn(&mut Page)| {
            change(ledger.iter_mut().find(|row| row.id == *id).unwrap());
        };
        match change {
            PageChange::New(page) => {
                let is_meant = |(person, method, _): &&(PersonId, ContactMethod, NotTaken)| {
                    *person == page.person && *method == page.method
                };
                let fault = self.down.iter().find(is_meant).map(|(_, _, fault)| *fault);
                failed.extend(fault.map(|fault| (page.as_ref().clone(), fault)));
                self.ledger.push(*page);
            }
            PageChange::Accepted { page, .. } => {
                row(&mut self.ledger, &page, &|row| (row.accepted, row.failed) = (Some(now), None));
            }
            PageChange::Failed { page, .. } => {
                row(&mut self.ledger, &page, &|row| row.failed = row.accepted.map_or(Some(now), |_| None));
            }
            PageChange::Lost { page, .. } => row(&mut self.ledger, &page, &|row| row.failed = Some(now)),
            PageChange::Delivered(page) => row(&mut self.ledger, &page, &|row| row.delivered = Some(now)),
            PageChange::Folded { page, into } => {
                row(&mut self.ledger, &page, &|row| row.folded_into = Some(into.clone()));
            }
            PageChange::Carried(page) => {
                row(&mut self.ledger, &page, &|row| (row.accepted, row.failed) = (Some(now), None));
            }
            PageChange::Alone(page) => row(&mut self.ledger, &page, &|row| row.folded_into = None),
            PageChange::Repeat(_) | PageChange::AckedBy(_) | PageChange::Superseded(_) => {}
        }
    }

    fn tell(&mut self, what: &str) {
        let local = self.now.with_timezone(&ZONE);
        self.lines.push(format!("{} {what}", local.format("%a %H:%M")));
    }

    /// What was told since the last call.
    pub fn transcript(&mut self) -> String {
        let mut text = String::new();
        for line in self.lines.iter().skip(self.told) {
            writeln!(text, "{line}").unwrap();
        }
        self.told = self.lines.len();
        text
    }

    /// Forgets what was told so far.
    pub fn so_far(&mut self) -> &mut Self {
        self.told = self.lines.len();
        self
    }

    pub fn waits(&mut self, minutes: i64) -> &mut Self {
        let end = self.now + Duration::minutes(minutes);
        self.until_instant(end)
    }
}

fn key() -> AlertKey {
    AlertKey { source: "main".into(), receiver: "dontpanic".to_owned(), group_key: "{}".into() }
}
