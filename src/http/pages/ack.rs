//! `/ack/<token>`: one incident, one person, one button. Looking never acknowledges; only the button does.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use serde::Serialize;
use url::form_urlencoded;

use super::{Forms, drawn, notice};
use crate::engine::{Acking, NoAck, StoreError};
use crate::http::Web;
use crate::words::mrkdwn::plain;
use crate::words::{ack as words, web};

const ACK: &str = include_str!("ack.html");

pub(super) fn router(web: Arc<Web>) -> Router {
    Router::new().route("/ack/{token}", get(look).post(acknowledge)).with_state(web)
}

/// The page's values.
#[derive(Debug, Serialize)]
struct Shown {
    id: String,
    title: String,
    severity: &'static str,
    state: &'static str,
    standing: String,
    next: Option<String>,
    facts: Vec<(&'static str, String)>,
    /// What the page says about the reader.
    you: String,
    /// What the button says; none when there is nothing left to acknowledge.
    button: Option<&'static str>,
    /// The state that the reader sees: another one is acknowledged only after another look.
    epoch: u32,
    page_url: Option<String>,
}

impl Shown {
    fn of(acking: &Acking, note: Option<&str>) -> Self {
        let Acking { person, view } = acking;
        let incident = &view.incident;
        let is_theirs = incident.state.ack().is_some_and(|ack| ack.by.person() == Some(person));
        let asks = acking.asks();
        let you = if asks { words::as_whom(person) } else { words::done(person, is_theirs) };
        let facts = web::facts(view).into_iter().map(|(name, value)| (name, plain(&value)));
        Self {
            id: incident.id.to_string(),
            title: plain(&incident.title),
            severity: incident.severity().as_str(),
            state: incident.state.name(),
            standing: plain(&web::standing(view)),
            next: web::next(view),
            facts: facts.collect(),
            you: note.map_or_else(|| you.clone(), |note| format!("{note} {you}")),
            button: asks.then_some(words::BUTTON),
            epoch: incident.epoch,
            page_url: view.page_url.as_ref().map(ToString::to_string),
        }
    }
}

/// `GET`: what it is about.
async fn look(State(web): State<Arc<Web>>, Path(token): Path<String>) -> Response {
    let looked = web.engine.look_at_ack(&token).await;
    answer(&web, looked, StatusCode::OK, None)
}

/// `POST`: they have it.
async fn acknowledge(State(web): State<Arc<Web>>, Path(token): Path<String>, body: Bytes) -> Response {
    let seen = form_urlencoded::parse(&body)
        .find(|(name, _)| name == "epoch")
        .map(|(_, value)| value.parse::<u32>());
    if let Some(seen) = seen {
        let looked = web.engine.look_at_ack(&token).await;
        let has_changed = |acking: &Acking| seen != Ok(acking.view.incident.epoch) && acking.asks();
        if matches!(&looked, Ok(Ok(acking)) if has_changed(acking)) {
            return answer(&web, looked, StatusCode::CONFLICT, Some(words::CHANGED));
        }
    }
    let acked = web.engine.ack_by_link(&token).await;
    answer(&web, acked, StatusCode::OK, None)
}

fn answer(
    web: &Web,
    acking: Result<Result<Acking, NoAck>, StoreError>,
    status: StatusCode,
    note: Option<&str>,
) -> Response {
    let settings = web.engine.settings();
    match acking {
        Ok(Ok(acking)) => drawn(status, ACK, &Shown::of(&acking, note), Forms::Own),
        Ok(Err(NoAck::Ended { id, at, goes_on })) => {
            notice(StatusCode::GONE, &words::ended(id, at, goes_on, settings.house.timezone))
        }
        Ok(Err(NoAck::Link(why))) => {
            let status = match why {
                crate::engine::BadLink::Forged => StatusCode::FORBIDDEN,
                crate::engine::BadLink::Expired => StatusCode::GONE,
            };
            notice(status, &words::refused(why.into(), &settings.incident_command))
        }
        Err(error) => {
            tracing::error!(error = %error, "an acknowledgement by link could not be stored");
            notice(StatusCode::SERVICE_UNAVAILABLE, web::UNAVAILABLE)
        }
    }
}
