//! Pages for people with a link: drawn here, whole, without a script.
//!
//! A page is read with a signed link and changes nothing; one of another sort has a button that acknowledges. Everything on it that came from outside is escaped by the
//! template; nothing is loaded from elsewhere, and no other site learns the link.

mod ack;
mod incident;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use handlebars::Handlebars;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Web;
use crate::engine::{BadLink, StoreError};
use crate::ids::IncidentId;
use crate::words;

/// Only this service's own style; no script, no frame, no form.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// The same with a form that leads back here.
const POLICY_OF_FORMS: &str =
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const STYLE: &str = include_str!("page.css");
const INCIDENT: &str = include_str!("incident.html");
const NOTICE: &str = include_str!("notice.html");

/// The pages, for whoever has a link.
pub fn router(web: Arc<Web>) -> Router {
    Router::new()
        .route("/incidents/page.css", get(async || typed("text/css; charset=utf-8", Forms::No, STYLE)))
        .route("/incidents/{id}", get(show))
        .with_state(web.clone())
        .merge(ack::router(web))
}

/// Which forms a page may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Forms {
    /// None.
    No,
    /// One that leads back to this service.
    Own,
}

/// What makes a link good. Both are checked together, so a missing one is as bad as a wrong one.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Signed {
    until: String,
    signature: String,
}

/// `GET /incidents/INC-1?until=…&signature=…`.
async fn show(
    State(web): State<Arc<Web>>,
    Path(id): Path<String>,
    signed: Result<Query<Signed>, axum::extract::rejection::QueryRejection>,
) -> Response {
    let signed = signed.map(|Query(signed)| signed).unwrap_or_default();
    match page(&web, &id, &signed).await {
        Ok(page) => page,
        Err(error) => {
            tracing::error!(error = %error, "a page could not be shown");
            notice(StatusCode::SERVICE_UNAVAILABLE, words::web::UNAVAILABLE)
        }
    }
}

async fn page(web: &Web, id: &str, signed: &Signed) -> Result<Response, StoreError> {
    let engine = &web.engine;
    let command = &engine.settings().incident_command;
    let now = engine.clocks().wire.now();
    let Ok(id) = id.parse::<IncidentId>() else {
        return Ok(notice(
            StatusCode::FORBIDDEN,
            &words::web::refused(BadLink::Forged.into(), command, None),
        ));
    };
    if let Err(why) = engine.link_key().await?.opens(id, &signed.until, &signed.signature, now) {
        return Ok(notice(StatusCode::FORBIDDEN, &words::web::refused(why.into(), command, Some(id))));
    }
    let (Some(view), Some(told)) = (engine.view(id).await?, engine.timeline(id).await?) else {
        return Ok(notice(StatusCode::NOT_FOUND, &words::web::gone(id)));
    };
    let postmortem = engine.postmortem(id).await?.map(|postmortem| postmortem.markdown);
    Ok(drawn(StatusCode::OK, INCIDENT, &incident::Shown::of(&view, &told, postmortem.as_deref()), Forms::No))
}

impl From<BadLink> for words::web::Refused {
    fn from(why: BadLink) -> Self {
        match why {
            BadLink::Forged => Self::Unsigned,
            BadLink::Expired => Self::Expired,
        }
    }
}

/// A page that says one thing.
fn notice(status: StatusCode, sentence: &str) -> Response {
    drawn(status, NOTICE, &json!({ "sentence": sentence }), Forms::No)
}

fn drawn(status: StatusCode, template: &str, shown: &impl Serialize, forms: Forms) -> Response {
    match Handlebars::new().render_template(template, shown) {
        Ok(html) => (status, typed("text/html; charset=utf-8", forms, html)).into_response(),
        Err(error) => {
            tracing::error!(error = %error, "a page's template is faulty");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

fn typed(kind: &'static str, forms: Forms, body: impl IntoResponse) -> impl IntoResponse {
    const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");
    let policy = match forms {
        Forms::No => POLICY,
        Forms::Own => POLICY_OF_FORMS,
    };
    let headers = [
        (CONTENT_TYPE, kind),
        (CONTENT_SECURITY_POLICY, policy),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-store"),
        (ROBOTS, "noindex"),
    ];
    let mut response = body.into_response();
    for (name, value) in headers {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
