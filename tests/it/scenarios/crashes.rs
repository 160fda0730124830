//! The crash matrix: a whole night in which the process dies at every point at which it can.
//!
//! Before a commit, right after it, before a call arrives, before its answer arrives: for each point the night is played as
//! often as the undisturbed night comes to it, and each time the process dies one point later. Everything in memory is gone,
//! a new process starts on the same database, and the night goes on. What it leaves is compared with the undisturbed night.

use std::panic::AssertUnwindSafe;

use chrono::{DateTime, Utc};
use dontpanic::domain::page::Page;
use dontpanic::workspace::Answer;
use futures::{FutureExt as _, StreamExt as _, stream};

use crate::harness::alertmanager::alert;
use crate::harness::database::TestDatabase;
use crate::harness::house::{House, house};
use crate::harness::pagers::Ring;
use crate::harness::slack::user;
use crate::harness::world::{Fate, Point, Span as _, World};

const ROOM: &str = "inc-20261120-high-error-rate-checkout";
/// So many nights are played at once.
const AT_ONCE: usize = 3;

/// On SQLite the four quarters are together every point. PostgreSQL is given fewer.
macro_rules! dies {
    ($($name:ident: $point:expr, every $stride:literal on postgres),+ $(,)?) => { $(
        mod $name {
            use super::{Place, Point, nights};

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite_first_quarter() {
                nights($point, (1, 4), Place::Sqlite).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite_second_quarter() {
                nights($point, (2, 4), Place::Sqlite).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite_third_quarter() {
                nights($point, (3, 4), Place::Sqlite).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite_fourth_quarter() {
                nights($point, (4, 4), Place::Sqlite).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                nights($point, (2, $stride), Place::Postgres).await;
            }
        }
    )+ };
}

dies!(
    a_night_with_a_death_before_each_commit: Point::BeforeCommit, every 9 on postgres,
    a_night_with_a_death_after_each_commit: Point::AfterCommit, every 9 on postgres,
    a_night_with_a_death_before_each_call: Point::BeforeCall, every 5 on postgres,
    a_night_with_a_death_after_each_call: Point::AfterCall, every 5 on postgres,
);

#[derive(Clone, Copy)]
enum Place {
    Sqlite,
    Postgres,
}

impl Place {
    async fn empty(self) -> TestDatabase {
        match self {
            Self::Sqlite => TestDatabase::sqlite(),
            Self::Postgres => TestDatabase::postgres().await,
        }
    }
}

/// Ten minutes pass between two ways of reaching one person, so that one night holds few pages.
pub fn quiet_house() -> House {
    house().with("severities", "{P2: {contact_interval: 10m}}")
}

/// What a night leaves behind.
#[derive(Debug)]
pub struct Morning {
    pages: Vec<Page>,
    /// The times, kinds and sentences of all events, sorted: what happens at the same time has no order.
    told: Vec<(DateTime<Utc>, &'static str, String)>,
    /// What can be read in the end, place by place.
    shown: Vec<(&'static str, Vec<String>)>,
    /// How Alice's phone rang.
    rings: Vec<Ring>,
}

impl Morning {
    /// The incident, its timeline and its ledger are as they were there, to the second.
    pub fn is_like(&self, undisturbed: &Self) {
        assert_eq!(self.told, undisturbed.told, "the timeline");
        let row = |page: &Page| {
            let Page { person, method, round, step, due, .. } = page;
            let (acked, superseded, failed) = (page.acked.is_some(), page.superseded.is_some(), page.failed);
            (person.clone(), *method, *round, *step, *due, acked, superseded, failed)
        };
        let rows = |pages: &[Page]| pages.iter().map(row).collect::<Vec<_>>();
        assert_eq!(rows(&self.pages), rows(&undisturbed.pages), "the ledger");
        for page in &self.pages {
            assert_eq!(page.sent, Some(page.due), "{} left at another time", page.id);
            assert!(page.accepted.is_some(), "{} was not accepted", page.id);
        }
    }

    /// Everything is here that was there; what is here besides. Whether it is a repetition does not count.
    pub fn doubles(&self, undisturbed: &Self) -> Vec<String> {
        let mut doubles = vec![];
        for ((place, here), (_, there)) in self.shown.iter().zip(&undisturbed.shown) {
            let mut missing: Vec<&String> = there.iter().collect();
            for text in here {
                match missing.iter().position(|known| **known == text.replace("Repeat: ", "")) {
                    Some(found) => drop(missing.remove(found)),
                    None => doubles.push(format!("{place}: {text}")),
                }
            }
            assert!(missing.is_empty(), "{place} has not {missing:#?}\nbut besides {doubles:#?}");
        }
        for ring in self.rings.iter().skip(1) {
            assert!(
                ring.is_repeat() && ring.text("id") == self.rings[0].text("id"),
                "{ring:?} does not say so"
            );
            doubles.push(format!("phone: {ring:?}"));
        }
        doubles
    }
}

/// Plays the undisturbed night, and then one for every `stride`-th of its points from the `first` on.
async fn nights(point: Point, (first, stride): (usize, usize), place: Place) {
    let fate = Fate::counts(point);
    let undisturbed = night(place, &fate).await;
    assert_eq!(undisturbed.rings.len(), 1, "{undisturbed:#?}");
    let n_points = fate.seen();
    assert!(n_points > 20, "a night has {n_points} such points; this proves little");
    let deaths = (first..=n_points).step_by(stride);
    let n_deaths = deaths.clone().count();
    let nights = stream::iter(deaths).map(async |nth| {
        let fate = Fate::dies(point, nth);
        let night =
            AssertUnwindSafe(night_with_death(place, point, &fate, &undisturbed)).catch_unwind().await;
        assert!(night.is_ok(), "the night in which the process dies {point:?} number {nth} of {n_points}");
        usize::from(fate.has_come())
    });
    let came: usize = nights.buffer_unordered(AT_ONCE).fold(0, async |came, one| came + one).await;
    // What is written together may be written together otherwise, so the last point may not come.
    assert!(came + 2 >= n_deaths, "only {came} of {n_deaths} deaths came");
}

async fn night_with_death(place: Place, point: Point, fate: &Fate, undisturbed: &Morning) {
    let morning = night(place, fate).await;
    morning.is_like(undisturbed);
    let doubles = morning.doubles(undisturbed);
    let may_double = match point {
        // It happened outside, and was not written down.
        Point::AfterCall | Point::BeforeCommit => 1,
        Point::BeforeCall | Point::AfterCommit => 0,
    };
    assert!(doubles.len() <= may_double, "happened twice: {doubles:#?}");
}

async fn night(place: Place, fate: &Fate) -> Morning {
    let mut morning = None;
    let story = async |world: &mut World| morning = Some(plays(world).await);
    World::plays_with_fate(quiet_house(), place.empty().await, fate.clone(), story).await;
    morning.expect("the night has been played")
}

/// One night, from the alert to the post-mortem.
pub async fn plays(world: &mut World) -> Morning {
    let error_rate = alert("HighErrorRate").service("checkout").summary("Errors on checkout");
    let began = world.now();
    world.alertmanager().fires_until_taken(error_rate.clone()).await;
    passes(world, began + 16.minutes()).await;
    acknowledges(world, "bob").await;
    passes(world, began + 18.minutes()).await;
    world.alertmanager().resolves_until_taken(&error_rate).await;
    passes(world, began + 60.minutes()).await;
    look(world).await
}

async fn passes(world: &mut World, until: DateTime<Utc>) {
    world
        .until_done(async |world| {
            world.advance_to(until).await;
            true
        })
        .await;
}

/// Taps until Slack says that it was taken, unless it was taken although nobody said so.
async fn acknowledges(world: &mut World, who: &str) {
    world
        .until_done(async |world| {
            if world.state(1).await == "acknowledged" {
                return true;
            }
            let button = world.slack().dm(who).button("Acknowledge");
            let click = world.workspace().click(&user(who), &button.channel, &button.ts, "Acknowledge").await;
            click == Ok(Answer::Acknowledged)
        })
        .await;
    world
        .until_done(async |world| {
            world.settle().await;
            true
        })
        .await;
    assert_eq!(world.state(1).await, "acknowledged", "what slack was told is done");
}

/// What is compared of a text: of a post-mortem the title, for it cites events whose order is not always the same.
fn glance(text: &str) -> String {
    let title = text.lines().next().filter(|line| line.starts_with("Post-mortem draft"));
    title.unwrap_or(text).to_owned()
}

async fn look(world: &mut World) -> Morning {
    assert_eq!(world.incidents().await.len(), 1, "one incident");
    assert_eq!(world.state(1).await, "resolved");
    assert_eq!(world.slack().rooms(), [ROOM], "one channel");
    let pages = world.ledger(1).await;
    let told = world.timeline(1).await.into_iter();
    let mut told: Vec<_> = told.map(|told| (told.entry.at, told.entry.what.kind(), told.text)).collect();
    told.sort();
    assert!(world.postmortem(1).await.contains("Errors on checkout"), "a draft of this incident");
    let dms = ["alice", "bob"].map(|who| (who, world.slack().dm(who).text()));
    let said = world.slack().room(ROOM).text();
    let lines = ["No acknowledgement", "@bob acknowledged", "All alerts are clear", "Resolved by itself"];
    let places = lines.map(|line| said.iter().position(|said| said.starts_with(line)));
    assert!(places.is_sorted() && places[0].is_some(), "not in order: {said:#?}");
    let rooms = [ROOM, "incidents", "dontpanic-admin"].map(|name| (name, world.slack().room(name).text()));
    let shown = dms
        .into_iter()
        .chain(rooms)
        .map(|(place, texts)| (place, texts.iter().map(|text| glance(text)).collect()));
    let shown = shown.collect();
    Morning { pages, told, shown, rings: world.pager("alice").all() }
}
