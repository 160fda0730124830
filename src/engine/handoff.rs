//! Handoffs: the note to both people and the team, and the test page to whoever comes on call.
//!
//! A handoff is where a turn of the rotation first puts somebody on call; that the hours of a restriction begin again in the same
//! turn is none, and an override that begins or ends is none either, because whoever made it knows of it. When it is due follows from the schedule; a row says which one was attended to, so each is attended to
//! once, whoever restarts and however many processes there are. After a standstill only the latest one is.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Duration, Utc};

use super::Engine;
use super::workers::Progress;
use crate::domain::effect::{Effect, Warning};
use crate::domain::handoff::{self, Hands, LOOKS_AHEAD, LOOKS_BACK, Material, Note};
use crate::domain::on_call::{self, Schedule};
use crate::domain::people::{ContactMethod, Person};
use crate::ids::{IncidentId, ScheduleId};
use crate::store::handoffs::TestPage;
use crate::store::{StoreError, actions, handoffs, incidents, silences};
use crate::words::handoff as words;

/// So many incidents are looked at for a note, the newest.
const LOOKED_AT: u32 = 500;
/// Whoever comes on call has so long to confirm that a test page reached them.
const CONFIRM_WITHIN: Duration = Duration::hours(1);

/// The handoffs that this process knows to be attended to, so that the database is asked only when there is a new one.
#[derive(Default)]
pub(super) struct Attended(Mutex<BTreeMap<ScheduleId, DateTime<Utc>>>);

impl Attended {
    fn is_known(&self, schedule: &ScheduleId, at: DateTime<Utc>) -> bool {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(schedule).is_some_and(|known| at <= *known)
    }

    fn note(&self, schedule: &ScheduleId, at: DateTime<Utc>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(schedule.clone(), at);
    }
}

impl Engine {
    /// Attends to handoffs that are due, tells the admins of test pages that nobody confirmed and everybody of their next weeks, and
    /// ends questions for exchanges that can be exchanged no more.
    ///
    /// # Errors
    /// When the database does not answer; what is due stays due.
    pub async fn tick_handoffs(self: &Arc<Self>) -> Result<Progress, StoreError> {
        let (now, mut progress) = (self.now(), Progress::None);
        let house = self.settings.house.clone();
        for schedule in house.schedules.values() {
            let at = on_call::latest_handoff(schedule, now);
            if !self.attended.is_known(&schedule.id, at) && self.attend(schedule, at).await? {
                progress = Progress::Some;
            }
        }
        if self.tell_of_unconfirmed(now).await? {
            progress = Progress::Some;
        }
        if self.look_ahead().await? {
            progress = Progress::Some;
        }
        if self.end_void_swaps().await? {
            progress = Progress::Some;
        }
        Ok(progress)
    }

    /// Whether a handoff may be due that this process has not looked at.
    pub(super) fn has_unattended_handoffs(&self) -> bool {
        let now = self.now();
        let is_known = |schedule: &Schedule| {
            self.attended.is_known(&schedule.id, on_call::latest_handoff(schedule, now))
        };
        !self.settings.house.schedules.values().all(is_known) || self.has_untold_weeks()
    }

    /// The next instant, story time, at which a schedule changes hands, a test page should be confirmed or a week begins.
    pub(super) async fn next_change(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        let (now, rota) = (self.now(), self.rota());
        let schedules = self.settings.house.schedules.values();
        let changes = schedules.map(|schedule| on_call::who(schedule, rota.overrides(), now).until);
        let confirmed =
            self.db.read("next test page", |tx| Box::pin(async move { handoffs::next_due(tx).await }));
        let confirmed: Option<DateTime<Utc>> = confirmed.await?;
        Ok(changes.chain(confirmed).chain(self.next_week()).min())
    }

    /// Whether this process attended to the handoff, and nobody before it.
    async fn attend(self: &Arc<Self>, schedule: &Schedule, at: DateTime<Utc>) -> Result<bool, StoreError> {
        let id = schedule.id.clone();
        let last =
            self.db.read("handoff", move |tx| Box::pin(async move { handoffs::attended(tx, &id).await }));
        let last: Option<DateTime<Utc>> = last.await?;
        let id = schedule.id.clone();
        let is_first = match last {
            None => {
                let seen = self.db.write("first handoff", move |tx| {
                    Box::pin(async move { handoffs::first_seen(tx, &id, at).await })
                });
                let seen: Result<(), StoreError> = seen.await;
                seen?;
                false
            }
            Some(last) if at <= last => false,
            Some(_) => {
                let note = self.note(schedule, Hands::at(schedule, self.rota().overrides(), at)).await?;
                let engine = self.clone();
                let job = self.db.write("handoff", move |tx| {
                    Box::pin(async move {
                        if !handoffs::attend(tx, &note.schedule, at).await? {
                            return Ok::<_, StoreError>(false);
                        }
                        let mut effects = engine.note_effects(&note);
                        let house = &engine.settings.house;
                        let incoming = note.incoming.as_ref().and_then(|person| house.people.get(person));
                        if let Some(person) = incoming {
                            let page = TestPage {
                                id: engine.next_id(),
                                person: person.id.clone(),
                                schedule: Some(note.schedule.clone()),
                                reply: None,
                            };
                            let methods = methods_of_handoff(person);
                            let now = engine.now();
                            handoffs::test(tx, &page, &methods, now, Some(now + CONFIRM_WITHIN)).await?;
                            effects.extend(tests(&page, &methods));
                        }
                        engine.post(tx, None, &effects).await?;
                        Ok(true)
                    })
                });
                job.await?
            }
        };
        self.attended.note(&schedule.id, at);
        if is_first {
            self.after_commit(vec![]);
        }
        Ok(is_first)
    }

    /// Who will hand over to whom at the next change.
    pub(super) fn next_hands(&self, schedule: &Schedule) -> Hands {
        Hands::next(schedule, self.rota().overrides(), self.now())
    }

    /// The note of a schedule as it is now.
    pub(super) async fn note(&self, schedule: &Schedule, hands: Hands) -> Result<Note, StoreError> {
        let now = self.now();
        let read = self.db.read("handoff note", move |tx| {
            Box::pin(async move {
                let newest = IncidentId(i64::MAX);
                let mut found = incidents::list(tx, incidents::Which::Open, newest, LOOKED_AT).await?;
                let recent = incidents::list(tx, incidents::Which::All, newest, LOOKED_AT).await?;
                found.extend(recent.into_iter().filter(|incident| !incident.state.is_open()));
                let ending = silences::ending_by(tx, now + LOOKS_AHEAD, LOOKED_AT).await?;
                let items = actions::open(tx, LOOKED_AT).await?;
                let mut ids: Vec<IncidentId> = ending
                    .iter()
                    .map(|kept| kept.incident)
                    .chain(items.iter().map(|owned| owned.incident))
                    .collect();
                ids.sort_unstable();
                ids.dedup();
                let about = incidents::find_all(tx, &ids).await?;
                let of = |id: IncidentId| about.get(&id).map(|found| found.incident.clone());
                let ending =
                    ending.into_iter().filter_map(|kept| Some((of(kept.incident)?, kept.until, kept.who)));
                let items = items.into_iter().filter_map(|owned| Some((of(owned.incident)?, owned.item)));
                Ok::<_, StoreError>(Material {
                    incidents: found,
                    silences: ending.collect(),
                    actions: items.collect(),
                })
            })
        });
        let mut material = read.await?;
        material
            .incidents
            .retain(|incident| incident.state.is_open() || now - LOOKS_BACK <= incident.opened_at);
        Ok(handoff::note(&self.settings.house, &schedule.id, hands, material, now))
    }

    /// The note to both people and the team.
    pub(super) fn note_effects(&self, note: &Note) -> Vec<Effect> {
        let house = &self.settings.house;
        let text = words::note(note, house);
        let mut both = vec![];
        for person in [&note.outgoing, &note.incoming].into_iter().flatten() {
            both.extend(house.people.get(person).and_then(|person| person.slack.clone()));
        }
        both.dedup();
        let tell = |user| Effect::Tell { user, text: text.clone(), choices: vec![] };
        let mut effects: Vec<Effect> = both.into_iter().map(tell).collect();
        effects.push(Effect::TellTeam { text });
        effects
    }

    async fn tell_of_unconfirmed(self: &Arc<Self>, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let overdue =
            self.db.read("unconfirmed", move |tx| Box::pin(async move { handoffs::overdue(tx, now).await }));
        let overdue: Vec<TestPage> = overdue.await?;
        if overdue.is_empty() {
            return Ok(false);
        }
        let engine = self.clone();
        let job = self.db.write("tell of unconfirmed", move |tx| {
            Box::pin(async move {
                let mut warnings = vec![];
                for page in &overdue {
                    if !handoffs::tell(tx, page.id, now).await? {
                        continue;
                    }
                    let tried = handoffs::tries(tx, page.id).await?.into_iter();
                    let tried: Vec<words::Tried> =
                        tried.filter_map(|(method, outcome)| Some((method, outcome?))).collect();
                    warnings.push(Effect::TellAdmins {
                        what: Warning::TestPageUnconfirmed {
                            person: page.person.clone(),
                            schedule: page.schedule.as_ref().map(ToString::to_string).unwrap_or_default(),
                            tried: words::tried_in_short(&tried),
                        },
                    });
                }
                engine.post(tx, None, &warnings).await
            })
        });
        let told: Result<(), StoreError> = job.await;
        told?;
        self.after_commit(vec![]);
        Ok(true)
    }
}

/// How whoever comes on call is tested: by every method that works, and in any case in Slack, where they can confirm.
fn methods_of_handoff(person: &Person) -> Vec<(ContactMethod, Option<String>)> {
    let mut methods = person.working_methods();
    if person.slack.is_some() && !methods.contains(&ContactMethod::Slack) {
        methods.push(ContactMethod::Slack);
    }
    methods.into_iter().map(|method| (method, None)).collect()
}

/// The attempts of a test page; methods with an error are not tried.
pub(super) fn tests(
    page: &TestPage,
    methods: &[(ContactMethod, Option<String>)],
) -> impl Iterator<Item = Effect> {
    methods.iter().filter(|(_, error)| error.is_none()).map(|(method, _)| Effect::TestPage {
        id: page.id,
        person: page.person.clone(),
        schedule: page.schedule.clone(),
        method: *method,
    })
}
