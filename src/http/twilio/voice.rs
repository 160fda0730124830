//! Calls: what is said when somebody picks up, what a pressed key does, and how a call ended.
//!
//! Only a key acknowledges. Voicemail presses none, and what the provider takes for a machine is not believed even then.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{OriginalUri, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};

use super::{Told, escaped, markup, unavailable};
use crate::domain::page::NotArrived;
use crate::domain::people::ContactMethod;
use crate::engine::StoreError;
use crate::engine::callbacks::{CallAbout, Fate};
use crate::http::Web;
use crate::words::phone as words;

/// How long a key is waited for after all is said, seconds.
const WAITS: u8 = 10;
/// How often it is said.
const TIMES: u8 = 3;

pub(super) async fn voice(
    State(web): State<Arc<Web>>,
    uri: OriginalUri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let told = match Told::read(&web, &uri, &headers, &body) {
        Ok(told) => told,
        Err(refused) => return refused.into_response(),
    };
    match answer(&web, &told).await {
        Ok(answer) => answer,
        Err(error) => unavailable(&error),
    }
}

async fn answer(web: &Web, told: &Told) -> Result<Response, StoreError> {
    let name = told.field("CallSid");
    let page = match &told.page {
        Some(page) => Some(page.clone()),
        None => web.engine.page_named(told.field("To"), name).await?,
    };
    let Some(page) = page else { return Ok(says(words::ABOUT_NOTHING)) };
    if is_over(told) {
        web.engine.call_is_over(name).await?;
    }
    let is_machine = told.field("AnsweredBy").starts_with("machine") || told.field("AnsweredBy") == "fax";
    let is_pressed =
        told.field("Digits").contains(|key: char| key.is_ascii_digit() || matches!(key, '*' | '#'));
    // Whoever presses a key and hangs up has answered.
    if is_pressed && !is_machine {
        return pressed(web, &page).await;
    }
    // What a machine hears has reached nobody.
    let heard = if is_machine { Fate::OnItsWay } else { Fate::Arrived };
    if let Some(fate) = fate_of_call(told) {
        let fate = if fate == Fate::Arrived { heard } else { fate };
        web.engine.provider_says(ContactMethod::Voice, &page, name, fate).await?;
        return Ok(markup(""));
    }
    web.engine.provider_says(ContactMethod::Voice, &page, name, heard).await?;
    let Some(about) = web.engine.call_about(&page).await? else { return Ok(says(words::ABOUT_NOTHING)) };
    let Some(script) = words::call(&about_what(&about)) else {
        return Ok(says(&words::settled(&about_what(&about))));
    };
    // The address of this call itself, as we gave it to the provider.
    let base = web.engine.settings().public_url.as_deref().unwrap_or_default();
    let query: String =
        url::form_urlencoded::Serializer::new(String::new()).append_pair("page", &page).finish();
    let back = escaped(&format!("{base}/webhooks/twilio/voice?{query}"));
    Ok(markup(&format!(
        "<Gather numDigits=\"1\" timeout=\"{WAITS}\" method=\"POST\" action=\"{back}\"><Say loop=\"{TIMES}\">{}</Say></Gather>\
         <Say>{}</Say>",
        escaped(&script),
        words::NO_KEY
    )))
}

async fn pressed(web: &Web, page: &str) -> Result<Response, StoreError> {
    let Some(about) = web.engine.call_about(page).await? else { return Ok(says(words::ABOUT_NOTHING)) };
    if matches!(about, CallAbout::Test) {
        return Ok(says(words::TEST_HEARD));
    }
    let taken = web.engine.ack_by_key(page).await?;
    Ok(says(&words::taken(&taken.theirs, taken.by_others.as_ref())))
}

fn about_what(about: &CallAbout) -> words::Call<'_> {
    match about {
        CallAbout::Test => words::Call::Test,
        CallAbout::Pages(pages) => words::Call::Pages(pages.iter().map(|(view, row)| (view, row)).collect()),
    }
}

fn says(text: &str) -> Response {
    markup(&format!("<Say>{}</Say><Hangup/>", escaped(text)))
}

/// Whether the provider has done with a call.
fn is_over(told: &Told) -> bool {
    matches!(told.field("CallStatus"), "completed" | "busy" | "no-answer" | "canceled" | "failed")
}

/// How a call ended, when it did, or that it is on its way.
fn fate_of_call(told: &Told) -> Option<Fate> {
    match told.field("CallStatus") {
        "queued" | "initiated" | "ringing" => Some(Fate::OnItsWay),
        "completed" => Some(Fate::Arrived),
        status @ ("busy" | "no-answer" | "canceled") => Some(lost(NotArrived::Unanswered, status)),
        status @ "failed" => Some(lost(NotArrived::Unreachable, status)),
        _ => None,
    }
}

fn lost(fault: NotArrived, status: &str) -> Fate {
    Fate::Lost { fault, why: words::not_answered(status) }
}
