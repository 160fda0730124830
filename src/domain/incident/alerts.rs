//! What alerts do to an incident: open it, raise it, clear it, bring it back.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, Utc};

use super::child::{News, Report, compare};
use super::command::{Delivery, Ends, Opening};
use super::ladder::{self, Cue};
use super::timeline::{End, ReopenedBy, What};
use super::turn::Turn;
use super::walk::Pace;
use super::{Ack, Actor, Feed, Incident, State, Walk, ending, hours, silences, storm, talk, walk};
use crate::domain::alert::{Alert, AlertStatus};
use crate::domain::effect::{Effect, Warning};
use crate::domain::heartbeat;
use crate::domain::house::ChannelWhen;
use crate::domain::page::Cause;
use crate::domain::severity::{self, Assessment, Severity};
use crate::ids::{Fingerprint, PersonId, ScheduleId};

/// So many alerts of one delivery get a line each; the rest are counted on the last of them.
const LISTED_ALERTS: usize = 5;

/// The acker is told at most this often that the alert is back.
const BACK_PAGE_EVERY: Duration = Duration::minutes(15);

/// Pages first, then the rest.
pub(super) fn open(turn: &mut Turn<'_>, opening: Opening) {
    let Opening { title, assessment, follows, reports, ended, schedules, notes, .. } = opening;
    list_alerts(turn, reports.iter().map(|report| &report.alert), |alert, others| What::AlertFiring {
        fingerprint: alert.fingerprint.clone(),
        alertname: alert.name().unwrap_or_default().to_owned(),
        starts_at: alert.starts_at,
        others,
    });
    let Assessment { severity, rule, reason, .. } = assessment;
    turn.record(What::IncidentOpened { title, severity, rule, reason, follows });
    if let Some(umbrella) = turn.next.umbrella {
        turn.record(What::JoinedStorm { umbrella });
        turn.next.ack_due = hours::ack_target_from(turn, turn.facts.now);
        name_unmatched(turn, reports.iter());
        for text in notes {
            turn.record(What::Note { text });
        }
        turn.children = reports.into_iter().chain(ended).collect();
        return;
    }
    for schedule in &schedules {
        ladder::begin(turn, schedule, Pace::AtOnce);
    }
    if !turn.next.ladders.is_empty() {
        turn.next.ack_due = hours::ack_target_from(turn, turn.facts.now);
    }
    name_unmatched(turn, reports.iter());
    turn.effects.push(Effect::Announce);
    want_channel_if_due(turn);
    // Notes are said in the room, so they come after what makes one.
    for text in notes {
        turn.record(What::Note { text });
    }
    turn.children = reports.into_iter().chain(ended).collect();
}

/// The people who run the bot hear of each value that no rule knows.
fn name_unmatched<'a>(turn: &mut Turn<'_>, reports: impl Iterator<Item = &'a Report>) {
    let values: BTreeSet<Option<String>> = reports
        .filter(|report| report.assessment.is_unmatched)
        .map(|report| severity::word(&report.alert).map(str::to_owned))
        .take(LISTED_ALERTS)
        .collect();
    let warnings = values.into_iter().map(|value| Warning::UnmatchedSeverity { value });
    turn.effects.extend(warnings.map(|what| Effect::TellAdmins { what }));
}

/// Asks for the channel when the severity has one at once and none was asked for yet. One that was lost since then is a matter
/// for people: whoever took the bot out of a private channel gets no second one because the incident has become worse.
pub(super) fn want_channel_if_due(turn: &mut Turn<'_>) {
    if turn.next.room.channel_wanted || turn.next.umbrella.is_some() {
        return;
    }
    let channel = turn.facts.house.means(turn.next.severity()).channel;
    // A private incident has no other place: a thread is read by everybody.
    if channel == ChannelWhen::Auto || turn.next.privacy.is_private() {
        turn.open_channel();
    }
}

/// What a delivery brought, sorted.
#[derive(Default)]
struct Sorted {
    joined: Vec<Report>,
    flapped: Vec<Report>,
    ended: Vec<Report>,
    doubted: Vec<Report>,
}

/// A delivery for an incident that exists, whatever its state.
pub(super) fn deliver(turn: &mut Turn<'_>, delivery: Delivery) {
    let Delivery { key, reports, mut known, n_truncated, schedules, ends, shown_anew } = delivery;
    if !shown_anew.is_empty() {
        turn.shows_anew();
        turn.children.extend(shown_anew);
    }
    let now = turn.facts.now;
    let mut sorted = Sorted::default();
    for mut report in reports {
        let before = known.of(&report).cloned();
        let was_doubted = before.as_ref().is_some_and(|known| known.is_doubted);
        let place = match compare(before.as_ref(), &report.alert, now) {
            News::Joined => Some(&mut sorted.joined),
            News::Flapped => Some(&mut sorted.flapped),
            News::Resolved if ends == Ends::Believed => Some(&mut sorted.ended),
            News::Resolved if was_doubted => continue,
            News::Resolved => {
                report.doubted = Some(report.alert.ends_at.take().unwrap_or(now));
                report.alert.status = AlertStatus::Firing;
                Some(&mut sorted.doubted)
            }
            News::Confirmed => None,
            // What is not believed to be over must not keep a beginning from being heard.
            News::Missed if ends == Ends::Believed => None,
            News::Earlier => {
                // The child keeps its latest beginning, or the sender that names that would seem to report a new firing.
                turn.next.started_at = turn.next.started_at.min(report.alert.starts_at);
                continue;
            }
            News::Missed | News::Repeated | News::Stale => continue,
        };
        let starts_at = before.as_ref().map_or(report.alert.starts_at, |known| known.starts_at);
        report.alert.starts_at = report.alert.starts_at.max(starts_at);
        known.learn(&report, now);
        if let Some(place) = place {
            place.push(report.clone());
        }
        turn.children.push(report);
    }
    let was_truncated = turn.next.n_truncated() > 0;
    turn.next.n_firing = known.n_firing();
    turn.next.n_alerts = known.n();
    let source = key.source.clone();
    match turn.next.feeds.iter_mut().find(|feed| feed.key == key) {
        Some(feed) => feed.n_truncated = n_truncated,
        None => turn.next.feeds.push(Feed { key, n_truncated }),
    }
    write_down(turn, &sorted);
    let news: Vec<&Report> = sorted.joined.iter().chain(&sorted.flapped).collect();
    let rose = assess(turn, &news);
    name_unmatched(turn, sorted.joined.iter());
    let schedule_of = |report: &&Report| schedules.get(&report.alert.fingerprint).cloned();
    let mut fired_for: BTreeSet<ScheduleId> = news.iter().filter_map(&schedule_of).collect();
    silences::count(turn, &known);
    if !news.is_empty() {
        // What is told of is not silenced: ladders go on, before anything begins anew.
        turn.next.silenced.remove(&source);
        silences::settle(turn);
    }
    let is_new = |report: &&&Report| {
        report.service.as_ref().is_some_and(|service| !turn.next.services.contains(service))
    };
    let joined_for: BTreeSet<ScheduleId> = news.iter().filter(is_new).filter_map(schedule_of).collect();
    turn.next.services.extend(news.iter().filter_map(|report| report.service.clone()));
    if turn.next.n_firing == 0 {
        ending::stopped_firing(turn);
    }
    if !turn.next.state.is_open() && !sorted.ended.is_empty() {
        // The draft says how long it lasted.
        talk::redraft_unpublished(turn);
    }
    let mut rose = rose;
    if !news.is_empty() && storm::must_leave(turn) {
        // Nobody was paged about it so far, so everybody is now.
        storm::leave(turn);
        fired_for.extend(storm::own_schedules(turn));
        rose = rose.or(Some(turn.next.severity()));
    }
    if !news.is_empty() {
        fired(turn, rose, &sorted.flapped, &fired_for, &joined_for);
    } else if turn.next.n_firing > 0 && !sorted.doubted.is_empty() {
        is_not_clear(turn);
    } else if turn.next.n_truncated() > 0 {
        doubt_clear(turn);
    } else if turn.next.n_firing == 0 && (was_truncated || !sorted.ended.is_empty()) {
        cleared(turn);
    }
}

fn write_down(turn: &mut Turn<'_>, sorted: &Sorted) {
    let name = |alert: &Alert| alert.name().unwrap_or_default().to_owned();
    let now = turn.facts.now;
    list_alerts(turn, sorted.joined.iter().map(|report| &report.alert), |alert, others| What::AlertFiring {
        fingerprint: alert.fingerprint.clone(),
        alertname: name(alert),
        starts_at: alert.starts_at,
        others,
    });
    // What fires again after the end opens the incident again, and that is told.
    let flapped = if turn.next.state.is_open() { sorted.flapped.as_slice() } else { &[] };
    let flaps_before = turn.next.n_flaps;
    let count = |n: usize| flaps_before.saturating_add(u32::try_from(n).unwrap_or(u32::MAX));
    turn.next.n_flaps = count(flapped.len());
    for (index, report) in flapped.iter().take(LISTED_ALERTS).enumerate() {
        let is_last_listed = index + 1 == LISTED_ALERTS;
        let n_flaps = if is_last_listed { turn.next.n_flaps } else { count(index + 1) };
        let alert = &report.alert;
        let fingerprint = alert.fingerprint.clone();
        turn.record(What::Flap { fingerprint, alertname: name(alert), starts_at: alert.starts_at, n_flaps });
    }
    let (inferred, told): (Vec<&Report>, Vec<&Report>) =
        sorted.ended.iter().partition(|report| report.inferred);
    let doubted: Vec<&Report> = sorted.doubted.iter().collect();
    for (reports, end) in [(told, End::Told), (inferred, End::Inferred), (doubted, End::NotBelieved)] {
        let ends: BTreeMap<&Fingerprint, DateTime<Utc>> = reports
            .iter()
            .filter_map(|report| Some((&report.alert.fingerprint, report.doubted.or(report.alert.ends_at)?)))
            .collect();
        list_alerts(turn, reports.iter().map(|report| &report.alert), |alert, others| What::AlertResolved {
            fingerprint: alert.fingerprint.clone(),
            alertname: name(alert),
            ends_at: ends.get(&alert.fingerprint).copied().unwrap_or(now),
            others,
            end,
        });
    }
    let ends: Option<DateTime<Utc>> = sorted.ended.iter().filter_map(|report| report.alert.ends_at).max();
    turn.next.last_ended_at = turn.next.last_ended_at.max(ends);
    let starts = sorted.joined.iter().chain(&sorted.flapped).map(|report| report.alert.starts_at);
    turn.next.started_at = starts.min().map_or(turn.next.started_at, |start| start.min(turn.next.started_at));
}

/// One line each for the first alerts, the rest counted on the last line.
fn list_alerts<'a>(
    turn: &mut Turn<'_>,
    alerts: impl ExactSizeIterator<Item = &'a Alert>,
    what: impl Fn(&Alert, u32) -> What,
) {
    let total = alerts.len();
    for (index, alert) in alerts.take(LISTED_ALERTS).enumerate() {
        let is_last_listed = index + 1 == LISTED_ALERTS;
        let others = if is_last_listed { total - LISTED_ALERTS } else { 0 };
        turn.record(what(alert, u32::try_from(others).unwrap_or(u32::MAX)));
    }
}

/// Takes the worst of the new alerts into the assessment. Says whether the incident's severity rose by it.
fn assess(turn: &mut Turn<'_>, news: &[&Report]) -> Option<Severity> {
    let before = turn.next.severity();
    let worst = news.iter().map(|report| &report.assessment).min_by_key(|assessment| assessment.severity)?;
    if !worst.severity.is_worse_than(turn.next.assessment.severity) {
        return None;
    }
    turn.next.assessment = worst.clone();
    let after = turn.next.severity();
    if !after.is_worse_than(before) {
        return None;
    }
    let (rule, reason) = (worst.rule.clone(), worst.reason.clone());
    turn.record(What::SeverityChanged { from: before, to: after, rule, reason });
    Some(before)
}

/// Something new fires; `joined_for` are the schedules of services that are new here.
fn fired(
    turn: &mut Turn<'_>,
    rose_from: Option<Severity>,
    flapped: &[Report],
    fired_for: &BTreeSet<ScheduleId>,
    joined_for: &BTreeSet<ScheduleId>,
) {
    turn.next.was_clear = false;
    if turn.next.state.is_open() {
        if rose_from.is_some() {
            raise(turn, fired_for);
            return;
        }
        match turn.next.state.clone() {
            State::Monitoring { acked, .. } => {
                is_not_clear(turn);
                if let Some(ack) = acked {
                    tell_acker(turn, &ack);
                }
            }
            State::Acknowledged(ack) if !flapped.is_empty() => tell_acker(turn, &ack),
            State::Acknowledged(_) | State::Triggered | State::Resolved { .. } | State::Closed { .. } => {}
        }
        let begun = begin_missing(turn, fired_for);
        let ack = turn.next.state.ack().cloned();
        if let Some(ack) = ack.filter(|_| joined_for.iter().any(|schedule| !begun.contains(schedule))) {
            tell_acker_of_service(turn, &ack);
        }
    } else {
        let by = flapped.first().map_or(ReopenedBy::NewAlert, |first| ReopenedBy::AlertBack {
            alertname: first.alert.name().unwrap_or_default().to_owned(),
            starts_at: first.alert.starts_at,
            others: u32::try_from(flapped.len() - 1).unwrap_or(u32::MAX),
        });
        ending::open_again(turn, What::Reopened { by }, fired_for);
    }
}

/// A schedule that has no ladder in this incident gets one. Says which did.
fn begin_missing(turn: &mut Turn<'_>, schedules: &BTreeSet<ScheduleId>) -> BTreeSet<ScheduleId> {
    let has_none =
        |schedule: &&ScheduleId| !turn.next.ladders.iter().any(|ladder| ladder.schedule == **schedule);
    let missing: BTreeSet<ScheduleId> = schedules.iter().filter(has_none).cloned().collect();
    for schedule in &missing {
        ladder::begin(turn, schedule, Pace::Joined);
    }
    missing
}

/// The severity rose, or it is open again: everybody is paged again, acknowledged or not, by the ladder of the present
/// severity.
pub(super) fn raise(turn: &mut Turn<'_>, fired_for: &BTreeSet<ScheduleId>) {
    silences::hear_anyway(turn);
    page_anew(turn, fired_for);
}

/// As [`raise`], but while all that fires is silenced nobody is woken before that ends.
pub(super) fn page_anew(turn: &mut Turn<'_>, fired_for: &BTreeSet<ScheduleId>) {
    walk::end_walks(turn, None, |walk| walk.cause.ends_with_any_ack());
    ladder::resume(turn);
    ladder::trigger(turn);
    turn.next.triggered_at = turn.facts.now;
    turn.next.back_due = None;
    turn.next.snoozed_until = None;
    turn.turn_page();
    let known = turn.next.ladders.iter().map(|ladder| &ladder.schedule);
    let mut schedules: BTreeSet<ScheduleId> = known.chain(fired_for).cloned().collect();
    if schedules.is_empty() {
        schedules.insert(turn.next.schedule(turn.facts.house).clone());
    }
    for schedule in &schedules {
        ladder::begin(turn, schedule, Pace::AtOnce);
    }
    turn.next.ack_target_missed = false;
    turn.next.ack_due = hours::ack_target_from(turn, turn.facts.now);
    want_channel_if_due(turn);
}

/// Whoever has it, or snoozed it, if they can be woken.
pub(super) fn wakeable(turn: &Turn<'_>, by: &Actor) -> Option<PersonId> {
    let acker = by.person().and_then(|person| turn.facts.house.people.get(person));
    acker.filter(|acker| !acker.working_methods().is_empty()).map(|acker| acker.id.clone())
}

/// The alert is back after somebody took it: they get one page, and the ack target to answer it.
pub(super) fn tell_acker(turn: &mut Turn<'_>, ack: &Ack) {
    let now = turn.facts.now;
    let house = turn.facts.house;
    if house.policy_for(turn.next.service.as_ref(), turn.next.severity()).is_none()
        || turn.next.umbrella.is_some()
        || turn.next.snoozed_until.is_some()
        || turn.next.back_paged_at.is_some_and(|at| now - at < BACK_PAGE_EVERY)
    {
        return;
    }
    turn.next.back_paged_at = Some(now);
    page_acker(turn, wakeable(turn, &ack.by), Cause::Back);
}

/// Whoever has it gets one page, and the ack target to answer it; else, or when they cannot be woken, the ladder goes on.
pub(super) fn page_acker(turn: &mut Turn<'_>, acker: Option<PersonId>, cause: Cause) {
    match acker {
        Some(acker) => {
            walk::end_walks(turn, None, |walk| matches!(walk.cause, Cause::Back | Cause::SnoozeOver));
            walk::page_person(turn, &acker, cause, None, Pace::AtOnce);
            // The time to answer runs from the first page that was not answered.
            turn.next.back_due = turn.next.back_due.or(hours::ack_target_from(turn, turn.facts.now));
        }
        None => ladder::take_ack_back(turn, Cue::AckerSilent),
    }
}

/// Another service is affected after somebody took it, and its schedule is in this already: the acker is told. A page that
/// still waits for their answer tells it too.
fn tell_acker_of_service(turn: &mut Turn<'_>, ack: &Ack) {
    let house = turn.facts.house;
    if house.policy_for(turn.next.service.as_ref(), turn.next.severity()).is_none()
        || turn.next.umbrella.is_some()
        || turn.next.snoozed_until.is_some()
    {
        return;
    }
    let Some(acker) = wakeable(turn, &ack.by) else {
        ladder::take_ack_back(turn, Cue::AckerSilent);
        return;
    };
    let is_being_told =
        |walk: &Walk| walk.person == acker && walk.cause.is_for_acker() && walk.next_at.is_some();
    if !turn.next.walks.iter().any(is_being_told) {
        walk::end_walks(turn, None, |walk| walk.cause == Cause::Joined);
        walk::page_person(turn, &acker, Cause::Joined, None, Pace::Joined);
    }
}

/// Nothing fires any more.
fn cleared(turn: &mut Turn<'_>) {
    // What a human reported is not over because alerts are that were merged into it: its ladder goes on.
    if turn.next.is_declared() {
        return;
    }
    let resolves_at = quiet_until(turn);
    match &mut turn.next.state {
        State::Triggered | State::Acknowledged(_) => {}
        State::Monitoring { resolves_at: known, .. } => {
            *known = known.or(resolves_at);
            return;
        }
        State::Resolved { .. } | State::Closed { .. } => return,
    }
    silences::no_longer_matters(turn);
    ladder::pause(turn);
    watch(turn);
}

/// What was taken for over is not, or nobody knows: it goes on as it was before.
fn is_not_clear(turn: &mut Turn<'_>) {
    if let State::Monitoring { acked, .. } = turn.next.state.clone() {
        ladder::resume(turn);
        turn.next.state = acked.map_or(State::Triggered, State::Acknowledged);
        turn.turn_page();
    }
}

/// Nothing fires: it resolves by itself after a while, whoever has it or not.
fn watch(turn: &mut Turn<'_>) {
    let (acked, resolves_at) = (turn.next.state.ack().cloned(), quiet_until(turn));
    turn.next.was_clear = false;
    turn.next.state = State::Monitoring { since: turn.facts.now, acked, resolves_at };
    turn.turn_page();
    turn.record(What::Monitoring);
}

/// Somebody has taken what more people were asked for while it was clear: if nothing has fired since, it is watched again.
pub(super) fn watch_again(turn: &mut Turn<'_>) {
    let is_clear = std::mem::take(&mut turn.next.was_clear) && turn.next.n_firing == 0;
    if is_clear && matches!(turn.next.state, State::Acknowledged(_)) {
        silences::no_longer_matters(turn);
        watch(turn);
    }
}

/// When it resolves by itself, if nothing fires from now on; `None` when it does not. A heartbeat that is back is there: nobody has to
/// wait and see.
pub(super) fn quiet_until(turn: &Turn<'_>) -> Option<DateTime<Utc>> {
    let Incident { kept_open, feeds, .. } = &turn.next;
    let is_of_heartbeats =
        !feeds.is_empty() && feeds.iter().all(|feed| heartbeat::watched(&feed.key.source).is_some());
    let wait = if is_of_heartbeats { Some(Duration::zero()) } else { turn.facts.house.times.resolve_after };
    let may_resolve = !kept_open && turn.next.n_truncated() == 0;
    wait.filter(|_| may_resolve).map(|wait| turn.facts.now + wait)
}

/// A delivery left alerts out: whether all is clear cannot be known, so nothing resolves by itself until one is whole.
fn doubt_clear(turn: &mut Turn<'_>) {
    if let State::Monitoring { resolves_at, .. } = &mut turn.next.state {
        *resolves_at = None;
    }
}
