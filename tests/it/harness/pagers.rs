//! The phones of the team: a receiver for the `webhook` contact method that keeps what it gets, and can be broken.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::post;
use serde_json::Value;

use super::transcript::Transcript;

/// One ring: what the service posted.
#[derive(Debug, Clone, PartialEq)]
pub struct Ring(pub Value);

impl Ring {
    /// One field as text; empty when it is not there.
    pub fn text(&self, field: &str) -> &str {
        self.0.get(field).and_then(Value::as_str).unwrap_or_default()
    }

    /// Whether it says that it may have rung before.
    pub fn is_repeat(&self) -> bool {
        self.0.get("repeat") == Some(&Value::Bool(true))
    }
}

/// How a phone takes what it gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// Rings.
    Works,
    /// Answers with this status and does not ring.
    Answers(u16),
    /// Rings and never answers.
    Hangs,
}

#[derive(Debug, Default)]
struct Phone {
    rings: Vec<Ring>,
    n_heard: usize,
    condition: Option<Condition>,
}

/// All phones of one world.
#[derive(Clone)]
pub struct Phones {
    phones: Arc<Mutex<BTreeMap<String, Phone>>>,
    transcript: Transcript,
}

impl Phones {
    /// Phones that tell the transcript when they ring.
    pub fn new(transcript: Transcript) -> Self {
        Self { phones: Arc::default(), transcript }
    }

    /// Where they are reached: `/phones/{person}`.
    pub fn router(&self) -> Router {
        Router::new().route("/phones/{person}", post(take)).with_state(self.clone())
    }

    /// The phone of one person.
    pub fn of(&self, person: &str) -> Pager {
        Pager { phones: self.clone(), person: person.to_owned() }
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<String, Phone>> {
        self.phones.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn take(
    State(phones): State<Phones>,
    Path(person): Path<String>,
    axum::Json(body): axum::Json<Value>,
) -> StatusCode {
    let condition = {
        let mut held = phones.held();
        let phone = held.entry(person.clone()).or_default();
        let condition = phone.condition.unwrap_or(Condition::Works);
        if !matches!(condition, Condition::Answers(_)) {
            phone.rings.push(Ring(body.clone()));
        }
        condition
    };
    let ring = Ring(body);
    let again = if ring.is_repeat() { " again" } else { "" };
    let what = format!("{} {} {}", ring.text("incident"), ring.text("severity"), ring.text("title"));
    match condition {
        Condition::Works => {
            phones.transcript.tell("phone", &format!("{person} rings{again}: {what}"));
            StatusCode::ACCEPTED
        }
        Condition::Answers(status) => {
            phones.transcript.tell("phone", &format!("{person} answers {status}: {what}"));
            StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
        }
        Condition::Hangs => {
            phones.transcript.tell("phone", &format!("{person} rings{again} and hangs: {what}"));
            std::future::pending().await
        }
    }
}

/// One person's phone.
pub struct Pager {
    phones: Phones,
    person: String,
}

impl Pager {
    /// It has rung since it was last looked at. Answers the latest ring.
    #[track_caller]
    pub fn rings(&self) -> Ring {
        let mut held = self.phones.held();
        let phone = held.entry(self.person.clone()).or_default();
        let new = phone.rings.len() > phone.n_heard;
        phone.n_heard = phone.rings.len();
        match phone.rings.last() {
            Some(ring) if new => ring.clone(),
            _ => panic!("{}'s phone has not rung", self.person),
        }
    }

    /// It has not rung since it was last looked at.
    #[track_caller]
    pub fn is_silent(&self) {
        let held = self.phones.held();
        let new = held.get(&self.person).map_or(&[][..], |phone| &phone.rings[phone.n_heard..]);
        assert!(new.is_empty(), "{}'s phone has rung: {new:?}", self.person);
    }

    /// Every ring so far.
    pub fn all(&self) -> Vec<Ring> {
        self.phones.held().get(&self.person).map(|phone| phone.rings.clone()).unwrap_or_default()
    }

    /// From now on.
    pub fn is(&self, condition: Condition) {
        self.phones.held().entry(self.person.clone()).or_default().condition = Some(condition);
    }
}
