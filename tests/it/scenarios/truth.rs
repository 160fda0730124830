//! What fires, as far as anybody can know it: random histories of alerts, delivered again, late, in another order, cut short or
//! not at all, against a reference that remembers what was told and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, SecondsFormat, Utc};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::harness::alertmanager::alert;
use crate::harness::database::TestDatabase;
use crate::harness::house::house;
use crate::harness::world::{Span as _, World, scenario};

const GROUPS: usize = 2;
const ALERTS: usize = 3;
/// So many histories, unless `PROPTEST_CASES` says otherwise.
const CASES: u32 = 12;
/// Quiet for less than it takes to resolve, all of a history together.
const MOST_STEPS: usize = 26;

/// What becomes of a body that Alertmanager sends.
#[derive(Debug, Clone, Copy)]
enum Way {
    Arrives,
    Twice,
    IsLost,
    /// It arrives after others that were sent later.
    IsLate,
}

#[derive(Debug, Clone, Copy)]
enum Step {
    /// An alert begins, or ends.
    Turns { group: usize, alert: usize },
    /// A group is sent, at most so many alerts of it.
    Sends { group: usize, room: usize, way: Way },
    /// The oldest late body arrives.
    LateArrives,
}

fn step() -> impl Strategy<Value = Step> {
    let way = prop_oneof![5 => Just(Way::Arrives), 2 => Just(Way::Twice), 2 => Just(Way::IsLost), 3 => Just(Way::IsLate)];
    let room = prop_oneof![4 => Just(ALERTS), 1 => 1..ALERTS];
    prop_oneof![
        4 => (0..GROUPS, 0..ALERTS).prop_map(|(group, alert)| Step::Turns { group, alert }),
        4 => (0..GROUPS, room, way).prop_map(|(group, room, way)| Step::Sends { group, room, way }),
        2 => Just(Step::LateArrives),
    ]
}

/// One alert as a body tells it: its number, its beginning and its end.
type Told = (usize, DateTime<Utc>, Option<DateTime<Utc>>);

/// A body of a group.
#[derive(Debug, Clone)]
struct Body {
    group: usize,
    told: Vec<Told>,
    n_truncated: usize,
}

impl Body {
    fn json(&self) -> String {
        let name = format!("Group{}", self.group);
        let written = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Millis, true);
        let alerts = self.told.iter().map(|(alert, began, ended)| {
            json!({
                "status": if ended.is_some() { "resolved" } else { "firing" },
                "labels": {"alertname": name, "severity": "critical", "n": alert.to_string()}, "annotations": {},
                "startsAt": written(*began), "fingerprint": fingerprint(self.group, *alert),
                "endsAt": ended.map_or_else(|| "0001-01-01T00:00:00Z".to_owned(), written),
            })
        });
        let body = json!({
            "version": "4", "receiver": "dontpanic", "groupKey": name, "alerts": alerts.collect::<Vec<Value>>(),
            "truncatedAlerts": self.n_truncated,
        });
        body.to_string()
    }
}

fn fingerprint(group: usize, alert: usize) -> String {
    format!("{group}-{alert}")
}

/// What really happens, and what Alertmanager would say of it.
#[derive(Default)]
struct Sender {
    /// Since when an alert fires.
    firing: BTreeMap<(usize, usize), DateTime<Utc>>,
    /// What has ended and was not sent yet.
    ended: BTreeMap<(usize, usize), (DateTime<Utc>, DateTime<Utc>)>,
}

impl Sender {
    fn turns(&mut self, which: (usize, usize), now: DateTime<Utc>) {
        if let Some(began) = self.firing.remove(&which) {
            self.ended.insert(which, (began, now));
        } else {
            self.ended.remove(&which);
            self.firing.insert(which, now);
        }
    }

    /// What is sent of a group now; what has ended is sent once. `None` when there is nothing to say.
    fn sends(&mut self, group: usize, room: usize) -> Option<Body> {
        let firing = self.firing.iter().filter(|((of, _), _)| *of == group);
        let firing = firing.map(|((_, alert), began)| (*alert, *began, None));
        let ended = self.ended.iter().filter(|((of, _), _)| *of == group);
        let ended = ended.map(|((_, alert), (began, ended))| (*alert, *began, Some(*ended)));
        let mut told: Vec<Told> = firing.chain(ended).collect();
        self.ended.retain(|(of, _), _| *of != group);
        told.sort_by_key(|(alert, ..)| *alert);
        let n_truncated = told.len().saturating_sub(room);
        told.truncate(room);
        (!told.is_empty()).then_some(Body { group, told, n_truncated })
    }
}

/// What was told of one group: since its incident was opened, of each alert each beginning, and whether its end was told; and
/// before that, of each alert the latest end.
#[derive(Default)]
struct Reference {
    is_open: bool,
    told: BTreeMap<usize, BTreeMap<DateTime<Utc>, bool>>,
    over_before: BTreeMap<usize, DateTime<Utc>>,
    n_truncated: usize,
    n_begun: usize,
    n_ended: usize,
}

impl Reference {
    /// Since when each alert fires: it does unless the end of its latest beginning was told.
    fn firing(&self) -> BTreeMap<usize, DateTime<Utc>> {
        let latest = self.told.iter().filter_map(|(alert, told)| {
            let (began, has_ended) = told.last_key_value()?;
            (!has_ended).then_some((*alert, *began))
        });
        latest.collect()
    }

    fn hears(&mut self, body: &Body) {
        // The end of something never seen opens nothing, and what began before it is no news.
        let is_over = |(alert, began, ended): &&Told| {
            let over = self.over_before.get(alert).is_some_and(|over| began <= over);
            ended.is_none() && over && !self.told.contains_key(alert)
        };
        let told: Vec<Told> = body.told.iter().filter(|told| !is_over(told)).copied().collect();
        self.is_open |= told.iter().any(|(_, _, ended)| ended.is_none());
        if !self.is_open {
            for (alert, ended) in told.into_iter().filter_map(|(alert, _, ended)| Some((alert, ended?))) {
                let over = self.over_before.entry(alert).or_insert(ended);
                *over = ended.max(*over);
            }
            return;
        }
        let before = self.firing();
        for (alert, began, ended) in &told {
            *self.told.entry(*alert).or_default().entry(*began).or_default() |= ended.is_some();
        }
        self.n_truncated = body.n_truncated;
        let after = self.firing();
        self.n_begun += after.iter().filter(|(alert, began)| before.get(alert) != Some(began)).count();
        self.n_ended += before.keys().filter(|alert| !after.contains_key(alert)).count();
    }
}

/// Plays a history, and compares what is believed with the reference after each delivery.
async fn plays(world: &mut World, steps: &[Step]) {
    let (mut sender, mut late) = (Sender::default(), Vec::<Body>::new());
    let mut references: [Reference; GROUPS] = Default::default();
    for step in steps {
        world.advance(15.seconds()).await;
        let arriving = match *step {
            Step::Turns { group, alert } => {
                sender.turns((group, alert), world.now());
                vec![]
            }
            Step::Sends { group, room, way } => match (sender.sends(group, room), way) {
                (None, _) | (_, Way::IsLost) => vec![],
                (Some(body), Way::Arrives) => vec![body],
                (Some(body), Way::Twice) => vec![body.clone(), body],
                (Some(body), Way::IsLate) => {
                    late.push(body);
                    vec![]
                }
            },
            Step::LateArrives => {
                if late.is_empty() {
                    vec![]
                } else {
                    vec![late.remove(0)]
                }
            }
        };
        for body in arriving {
            world.alertmanager().sends(body.json()).await;
            references[body.group].hears(&body);
            agrees(world, &references).await;
        }
    }
    for incident in world.incidents().await {
        let mut attempts = BTreeSet::new();
        for page in world.ledger(incident.id.0).await {
            let attempt = (page.round, page.step, page.person.clone(), page.method);
            assert!(attempts.insert(attempt.clone()), "two rows for {attempt:?}");
        }
    }
}

async fn agrees(world: &World, references: &[Reference; GROUPS]) {
    let incidents = world.incidents().await;
    for (group, reference) in references.iter().enumerate() {
        let key = format!("Group{group}");
        let fed: Vec<_> = incidents
            .iter()
            .filter(|incident| incident.feeds.iter().any(|feed| feed.key.group_key.as_str() == key))
            .collect();
        assert_eq!(fed.len(), usize::from(reference.is_open), "{key} has one incident once something fired");
        let Some(incident) = fed.first() else { continue };
        let (id, expected) = (incident.id, reference.firing());
        let record = world.use_cases().record(id).await.expect("the database answers").expect("there is one");
        let firing = record.alerts.iter().filter(|child| child.alert.is_firing());
        let believed: BTreeMap<String, DateTime<Utc>> =
            firing.map(|child| (child.alert.fingerprint.to_string(), child.alert.starts_at)).collect();
        let told: BTreeMap<String, DateTime<Utc>> =
            expected.iter().map(|(alert, began)| (fingerprint(group, *alert), *began)).collect();
        assert_eq!(believed, told, "what fires of {key}:\n{}", world.timeline_text(id.0).await);
        assert_eq!(incident.n_firing as usize, expected.len());
        assert_eq!(incident.n_alerts as usize, reference.told.len(), "each alert is known once");
        let state = incident.state.name();
        match (expected.is_empty(), reference.n_truncated) {
            (false, _) => assert_eq!(state, "triggered", "{key} fires"),
            (true, 0) => assert_eq!(state, "monitoring", "{key} is clear"),
            (true, _) => assert_ne!(state, "resolved", "{key} cannot be seen whole"),
        }
        let n_begun = world.n_events(id.0, "alert_firing").await + world.n_events(id.0, "flap").await;
        let n_ended = world.n_events(id.0, "alert_resolved").await;
        let events = world.timeline_text(id.0).await;
        assert_eq!((n_begun, n_ended), (reference.n_begun, reference.n_ended), "one event each:\n{events}");
    }
}

#[test]
fn whatever_arrives_what_is_believed_is_what_was_told() {
    let asked = std::env::var_os("PROPTEST_CASES");
    let cases = asked.and_then(|n| n.to_str()?.parse().ok()).unwrap_or(CASES);
    let settings = ProptestConfig {
        cases,
        max_shrink_iters: 200,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let found = TestRunner::new(settings).run(&vec(step(), 1..MOST_STEPS), |steps| {
        runtime.block_on(World::plays(house(), TestDatabase::sqlite(), async |world: &mut World| {
            plays(world, &steps).await;
        }));
        Ok(())
    });
    if let Err(error) = found {
        panic!("{error}");
    }
}

const ARRIVES: Step = Step::Sends { group: 0, room: ALERTS, way: Way::Arrives };
const IS_LATE: Step = Step::Sends { group: 0, room: ALERTS, way: Way::IsLate };
const FIRST: Step = Step::Turns { group: 0, alert: 0 };
const SECOND: Step = Step::Turns { group: 0, alert: 1 };

scenario!(a_beginning_that_comes_after_its_end_is_no_news, async |world: &mut World| {
    // The second alert's end arrives before its beginning, in the incident of the first.
    plays(world, &[FIRST, ARRIVES, SECOND, IS_LATE, SECOND, ARRIVES, Step::LateArrives]).await;
    assert_eq!(world.n_events(1, "alert_firing").await, 1);
});

scenario!(a_beginning_that_comes_after_a_second_end_is_no_news, async |world: &mut World| {
    // It fired twice; of the second time the end arrives first.
    plays(world, &[FIRST, ARRIVES, FIRST, ARRIVES, FIRST, IS_LATE, FIRST, ARRIVES, Step::LateArrives]).await;
    assert_eq!((world.state(1).await, world.n_events(1, "flap").await), ("monitoring", 0));
    assert_eq!(world.paged(1).await, ["alice"]);
});

scenario!(what_had_ended_when_its_incident_was_opened_is_known, async |world: &mut World| {
    // One has ended, the other fires: that opens it. Then comes the beginning of the first.
    plays(world, &[FIRST, IS_LATE, FIRST, SECOND, ARRIVES, Step::LateArrives]).await;
    assert_eq!(world.incident(1).await.n_firing, 1);
});

scenario!(a_beginning_that_comes_after_an_end_nobody_knew_of_opens_nothing, async |world: &mut World| {
    plays(world, &[FIRST, IS_LATE, FIRST, ARRIVES, Step::LateArrives]).await;
    assert!(world.incidents().await.is_empty());
});

scenario!(nor_does_it_join_what_another_alert_has_opened_since, async |world: &mut World| {
    plays(world, &[SECOND, IS_LATE, SECOND, ARRIVES, FIRST, ARRIVES, Step::LateArrives]).await;
    assert_eq!((world.incident(1).await.n_alerts, world.paged(1).await), (1, vec!["alice".to_owned()]));
});

scenario!(a_new_beginning_after_such_an_end_opens_an_incident, async |world: &mut World| {
    plays(world, &[FIRST, IS_LATE, FIRST, ARRIVES, Step::LateArrives, FIRST, ARRIVES]).await;
    let id = world.incidents().await[0].id.0;
    assert_eq!(world.paged(id).await, ["alice"]);
});

scenario!(what_fires_on_long_after_such_an_end_is_heard, async |world: &mut World| {
    let (alert, began) = (alert("HighErrorRate").service("checkout"), world.now());
    world.advance(1.minutes()).await;
    let end = alert.end(began, world.now());
    world.alertmanager().sends(end).await;
    world.advance(14.minutes()).await;
    world.alertmanager().sends(alert.delivery(began)).await;
    assert!(world.incidents().await.is_empty());
    // No sender is that late: this one says again what fires all the same.
    world.advance(1.minutes()).await;
    world.alertmanager().sends(alert.delivery(began)).await;
    let id = world.incidents().await[0].id.0;
    assert_eq!(world.paged(id).await, ["alice"]);
});

scenario!(what_is_seen_firing_after_such_an_end_fires, house().with_partner(1), async |world: &mut World| {
    // So the receiver is known.
    world.alertmanager().fires(alert("DiskFull").service("ledger")).await;
    let (alert, began) = (alert("HighErrorRate").service("checkout"), world.now());
    world.advance(6.minutes()).await;
    let end = alert.end(began, world.now());
    world.alertmanager().sends(end).await;
    world.partner().fires(&alert, began);
    world.advance(2.minutes()).await;
    assert_eq!(world.incident(2).await.n_firing, 1);
    // And what is told of it concerns that incident.
    world.alertmanager().sends(alert.delivery(began)).await;
    let end = alert.end(began, world.now());
    world.alertmanager().sends(end).await;
    assert_eq!(world.state(2).await, "monitoring");
    world.types("alice", "incidents", "/incident INC-1 ack").await;
});
