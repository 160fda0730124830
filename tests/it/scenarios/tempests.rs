//! Storms at random, with everything in them that can happen: whatever it is, nobody waits for an answer that nobody is asked for,
//! and nobody is woken more often than the threshold and once more for one of them.

use std::collections::BTreeSet;

use dontpanic::domain::incident::timeline::What;
use dontpanic::domain::incident::{Incident, Phase, State};
use dontpanic::domain::severity::Severity;
use dontpanic::ids::IncidentId;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use crate::harness::alertmanager::{Alert, alert};
use crate::harness::database::TestDatabase;
use crate::harness::house::{House, house};
use crate::harness::world::{Span as _, World};

/// So much happens in each.
const EVENTS: usize = 36;
/// A storm begins with the fourth.
const THRESHOLD: usize = 4;
/// Within a minute of each other, as a storm counts.
const WINDOW: chrono::TimeDelta = chrono::TimeDelta::seconds(60);

#[derive(Debug, Clone)]
enum Event {
    /// Several groups begin to fire one after the other, so many seconds apart.
    Break {
        from: usize,
        n: usize,
        severity: &'static str,
        apart: i64,
    },
    /// One becomes as bad as that, or begins anew.
    Fires(usize, &'static str),
    Resolves(usize),
    /// Somebody takes one of the open ones.
    Takes(Index),
    /// Somebody wants people for it.
    Escalates(Index),
    /// Somebody knows better how bad it is.
    Says(Index, &'static str),
    Seconds(i64),
    Minutes(i64),
    Restart,
}

fn an_event() -> impl Strategy<Value = Event> {
    let severity =
        || prop_oneof![6 => Just("critical"), 4 => Just("warning"), 1 => Just("p1"), 1 => Just("info")];
    let one = || 0..16_usize;
    prop_oneof![
        5 => (one(), 1..7_usize, severity(), 0..6_i64)
            .prop_map(|(from, n, severity, apart)| Event::Break { from, n, severity, apart }),
        3 => (one(), severity()).prop_map(|(n, severity)| Event::Fires(n, severity)),
        4 => one().prop_map(Event::Resolves),
        3 => any::<Index>().prop_map(Event::Takes),
        1 => any::<Index>().prop_map(Event::Escalates),
        1 => (any::<Index>(), select(vec!["P1", "P2", "P3", "P4"])).prop_map(|(of, to)| Event::Says(of, to)),
        3 => (1..40_i64).prop_map(Event::Seconds),
        3 => (1..25_i64).prop_map(Event::Minutes),
        1 => Just(Event::Restart),
    ]
}

fn tempestuous() -> House {
    house().with("incidents", &format!("{{storm_threshold: {THRESHOLD}, page_bundle: 5s}}"))
}

fn nth(n: usize, severity: &str) -> Alert {
    alert(&format!("Broken{}", n % 16)).service("checkout").severity(severity)
}

async fn happens(world: &mut World, firing: &mut Vec<Alert>, event: Event) {
    let open: Vec<Incident> =
        world.incidents().await.into_iter().filter(|incident| incident.state.is_open()).collect();
    let one = |index: &Index| (!open.is_empty()).then(|| index.get(&open).id);
    match event {
        Event::Break { from, n, severity, apart } => {
            for n in from..from + n {
                begins(world, firing, nth(n, severity)).await;
                world.advance(apart.seconds()).await;
            }
        }
        Event::Fires(n, severity) => begins(world, firing, nth(n, severity)).await,
        Event::Resolves(n) => {
            let name = format!("Broken{n}");
            let is_it = |alert: &Alert| alert.labels().get("alertname") == Some(&name);
            if let Some(index) = firing.iter().position(is_it) {
                let alert = firing.remove(index);
                world.alertmanager().resolves(&alert).await;
            }
        }
        Event::Takes(index) => {
            if let Some(id) = one(&index) {
                world.types("alice", "incidents", &format!("/incident {id} ack")).await;
            }
        }
        Event::Escalates(index) => {
            if let Some(id) = one(&index) {
                world.types("bob", "incidents", &format!("/incident {id} escalate")).await;
            }
        }
        Event::Says(index, severity) => {
            if let Some(id) = one(&index) {
                world.types("bob", "incidents", &format!("/incident {id} severity {severity}")).await;
            }
        }
        Event::Seconds(seconds) => world.advance(seconds.seconds()).await,
        Event::Minutes(minutes) => world.advance(minutes.minutes()).await,
        Event::Restart => world.restart().await,
    }
}

async fn begins(world: &mut World, firing: &mut Vec<Alert>, alert: Alert) {
    let is_same = |known: &Alert| known.fingerprint() == alert.fingerprint();
    if !firing.iter().any(is_same) {
        firing.push(alert.clone());
        world.alertmanager().fires(alert).await;
    }
}

/// Whoever should hear of each open incident does: it climbs by itself, or somebody has it, or an umbrella that is open and that
/// itself is heard of stands for it.
fn is_heard_of(incident: &Incident, all: &[Incident]) -> bool {
    let pages = incident.severity() != Severity::P4;
    if incident.state != State::Triggered || !pages {
        return true;
    }
    if let Some(umbrella) = incident.umbrella {
        let umbrella = all.iter().find(|other| other.id == umbrella);
        return umbrella.is_some_and(|umbrella| umbrella.state.is_open() && is_heard_of(umbrella, all));
    }
    let climbs = incident.ladders.iter().any(|ladder| matches!(ladder.phase, Phase::Climbing { .. }));
    climbs && incident.wake_at().is_some()
}

/// What was opened in the course of one storm and paged by itself because of that.
async fn paged_by_opening(world: &World, all: &[Incident], umbrella: &Incident) -> BTreeSet<IncidentId> {
    let over_at = umbrella.storm.as_ref().and_then(|storm| storm.over_at).or(umbrella.resolved_at());
    let until = over_at.unwrap_or(world.now());
    let mut paged = BTreeSet::new();
    for incident in all {
        let is_in_it = incident.opened_at >= umbrella.opened_at - WINDOW && incident.opened_at < until;
        let is_other = incident.storm.is_some() && incident.id != umbrella.id;
        if !is_in_it || is_other {
            continue;
        }
        let opened_as =
            world.timeline(incident.id.0).await.into_iter().find_map(|told| match told.entry.what {
                What::IncidentOpened { severity, .. } => Some(severity),
                _ => None,
            });
        let at_once = world.ledger(incident.id.0).await.iter().any(|row| row.due == incident.opened_at);
        if opened_as != Some(Severity::P1) && at_once {
            paged.insert(incident.id);
        }
    }
    paged
}

async fn plays(events: Vec<Event>) {
    World::plays(tempestuous(), TestDatabase::sqlite(), async |world: &mut World| {
        let mut firing = vec![];
        for event in events {
            let told = format!("{event:?}");
            happens(world, &mut firing, event).await;
            let all = world.incidents().await;
            for incident in &all {
                assert!(is_heard_of(incident, &all), "after {told} nobody hears of {incident:#?}");
            }
            for umbrella in all.iter().filter(|incident| incident.storm.is_some()) {
                let paged = paged_by_opening(world, &all, umbrella).await;
                assert!(paged.len() <= THRESHOLD + 1, "after {told} {} has paged {paged:?}", umbrella.id);
            }
        }
        for incident in world.incidents().await {
            for who in ["alice", "bob", "charlie", "diana", "eve"] {
                if incident.state.is_open() {
                    world.types(who, "incidents", &format!("/incident {} ack", incident.id)).await;
                }
            }
        }
    })
    .await;
}

/// The nth of the scripts that are the same each time.
async fn plays_nth(n: usize) {
    let mut runner = TestRunner::deterministic();
    let mut scripts = vec![];
    for _ in 0..=n {
        scripts.push(vec(an_event(), EVENTS).new_tree(&mut runner).expect("a script").current());
    }
    plays(scripts.pop().unwrap_or_default()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_the_first_storm_nobody_is_lost() {
    plays_nth(0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_the_second_storm_nobody_is_lost() {
    plays_nth(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_the_third_storm_nobody_is_lost() {
    plays_nth(2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_the_fourth_storm_nobody_is_lost() {
    plays_nth(3).await;
}
