//! The JSON the workspace's web page speaks: what a person sees, and what a person does.
//!
//! It is for one browser page that feels like Slack; it is no part of Slack's own API and the app never sees it.
//! It must never do what a person could not do in Slack: every act goes through the same rules as in tests.
//! The router's paths are relative: the demo nests it (`Router::nest("/workspace", workspace.page_router())`).
//! There is no authentication: it is for a loopback address only.
//!
//! All answers are JSON. A refused request is `400 {"error": "…"}`, the text being a sentence for the person; an
//! unknown user, channel, message or view is refused that way too. Every `user` is the id of the person acted as.
//!
//! # Reading
//!
//! ## `GET state?user=U0A`
//! ```json
//! {
//!   "me": "U0A",
//!   "team": {"id": "T0HOME", "name": "Home", "domain": "home"},
//!   "app": {"user": "U0BOT", "name": "Don't Panic", "commands": ["/incident", "/oncall"],
//!           "shortcuts": [{"callback_id": "declare_incident", "name": "Declare an incident", "place": "global"},
//!                         {"callback_id": "note", "name": "Add to timeline", "place": "message"}]},
//!   "users": [{"id": "U0A", "name": "alice", "real_name": "Alice", "email": "alice@example.com", "tz": "Europe/Paris",
//!              "kind": "member", "deleted": false}],
//!   "channels": [CHANNEL, …],
//!   "views": [VIEW, …],
//!   "home": VIEW or null,
//!   "health": {"outage": false, "latency_ms": 0}
//! }
//! ```
//! `kind` of a user: `member`, `guest`, `ultra_restricted`, `bot`, `external` (then `team` is there too).
//! `channels` holds what the person can see: public ones, private ones they are in, and their direct messages with the app.
//! `views` is the person's stack of open modals, the last one on top; `home` is the App Home the app published for them.
//!
//! CHANNEL:
//! ```json
//! {"id": "C0INC1", "name": "inc-20261120-ledger", "kind": "public", "is_archived": false, "topic": "P1 · …", "purpose": "",
//!  "creator": "U0BOT", "created": 1795132800, "members": ["U0A", "U0BOT"], "pins": ["1795132801.000100"],
//!  "bookmarks": [{"id": "Bk1", "title": "Runbook", "link": "https://…", "emoji": ":book:"}],
//!  "messages": 14, "last_ts": "1795132999.000100"}
//! ```
//! `kind`: `public`, `private`, `direct` (then `with` is the person's id and `name` is empty). `last_ts` is null in an empty channel.
//! `emoji` is null when none is set. Members are sorted; somebody who is not in `members` may read a public channel and `act/join` it.
//!
//! VIEW: as Slack gives it to the app: `{"id": "V1", "type": "modal", "title": {…}, "submit": {…}, "close": {…}, "blocks": […],
//! "private_metadata": "", "callback_id": "declare_incident", "state": {"values": {}}, "hash": "…", "root_view_id": "V1",
//! "previous_view_id": null, …}`. All blocks have a `block_id`, all interactive elements an `action_id`.
//!
//! ## `GET messages?user=U0A&channel=C0INC1[&thread=TS][&before=TS][&limit=100]`
//! `{"messages": [MESSAGE, …], "more": false}`, oldest first, the newest `limit` ones before `before`. Without `thread`: the
//! channel (no replies, but ones broadcast to it); with it: the parent and its replies. Ephemeral messages of this person are
//! among them.
//!
//! MESSAGE:
//! ```json
//! {"ts": "1795132801.000100", "user": "U0BOT", "text": "P1 …", "blocks": […], "attachments": [], "ephemeral": false,
//!  "pinned": true, "reactions": [{"name": "pushpin", "users": ["U0A"]}], "reply_count": 2}
//! ```
//! and when they apply: `thread_ts`, `edited` (`{"user": …, "ts": …}`), `subtype` (`channel_join`, `channel_topic`, …: a line of
//! the channel itself), `username` and `icon_emoji` (the name shown instead), `latest_reply`, `metadata`.
//! `text` and blocks are mrkdwn as the app sent it (`&amp; &lt; &gt;` are escaped characters, `<@U0A>` a mention).
//!
//! ## `GET events?user=U0A`
//! Server-sent events (`EventSource`), no event names, each `data:` one JSON object, filtered to what this person sees:
//! ```json
//! {"kind": "message", "channel": "C0INC1", "message": MESSAGE}            new or changed: replace by ts
//! {"kind": "message_deleted", "channel": "C0INC1", "ts": "…"}             ephemeral ones too
//! {"kind": "channel", "channel": CHANNEL}                                 new or changed
//! {"kind": "user", "user": {…}}
//! {"kind": "views", "views": [VIEW, …]}                                   this person's modals, all of them
//! {"kind": "home", "view": VIEW}
//! {"kind": "health", "outage": true, "latency_ms": 0}
//! {"kind": "reset"}                                                       read everything again (too much was missed)
//! ```
//! A comment line comes every 15 s.
//!
//! # Acting: `POST act/…` with a JSON body
//!
//! Every act answers 200 with `{"acknowledged": bool, "error": null or "…", "errors": {}}` once the app has answered, or after
//! 3 s. `error` is what Slack would show the person ("/incident failed because the app did not respond", …). `errors`
//! maps `block_id` to the message to show under that input (`submit`). Replies arrive as events, like everything else.
//! What nobody asked the app about (a reaction without a subscription) counts as acknowledged.
//!
//! | path | body |
//! |---|---|
//! | `act/command` | `{"user": "U0A", "channel": "C1", "text": "/incident ack"}` |
//! | `act/post` | `{"user": "U0A", "channel": "C1", "text": "hello @bob", "thread": "TS"}` (`thread` optional); the answer has `ts` as well |
//! | `act/edit` | `{"user": "U0A", "channel": "C1", "ts": "TS", "text": "…"}`, own messages |
//! | `act/delete` | `{"user": "U0A", "channel": "C1", "ts": "TS"}`, own messages |
//! | `act/click` | `{"user": "U0A", "channel": "C1", "ts": "TS", "action_id": "ack", "block_id": "b1", "value": …}` for a message, or `{"user": "U0A", "view": "V1", …}` for a modal or App Home |
//! | `act/react` | `{"user": "U0A", "channel": "C1", "ts": "TS", "name": "pushpin", "on": true}` |
//! | `act/pin` | `{"user": "U0A", "channel": "C1", "ts": "TS", "on": true}` |
//! | `act/join`, `act/leave` | `{"user": "U0A", "channel": "C1"}` |
//! | `act/home` | `{"user": "U0A"}`: the person opens the App Home |
//! | `act/shortcut` | `{"user": "U0A", "callback_id": "declare_incident"}`, or with `"channel"` and `"ts"` for a message shortcut |
//! | `act/submit` | `{"user": "U0A", "view": "V1", "values": VALUES}` |
//! | `act/close` | `{"user": "U0A", "view": "V1"}` |
//!
//! `act/click`: `action_id` may instead be `"button": "Acknowledge"`, the visible text; `block_id` is needed only when several
//! elements answer to it. `value` is what was chosen in something that is not a button, as in VALUES. A link button is sent as well;
//! the page itself opens the URL. A click inside a modal may carry `"values": VALUES`, what is typed so far.
//!
//! VALUES is `{block_id: {action_id: chosen}}`, where chosen is a string (text typed; the `value` of the chosen option; a user,
//! channel or conversation id; a date `2026-11-20`, a time `18:00`), a number (`datetimepicker`, unix seconds), an array of strings
//! (checkboxes and all `multi_` selects), or null for nothing. Inputs left out keep their initial value.

use std::collections::BTreeMap;
use std::convert::Infallible;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures::{Stream, stream};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::broadcast::error::RecvError;

use super::change::{Change, SeenMessage};
use super::model::Values;
use super::people::{Answer, CannotAct, Control};
use super::{Reach, Workspace};

/// How many messages a page has when it does not say.
const PAGE: usize = 100;

pub(super) fn router(workspace: Workspace) -> Router {
    Router::new()
        .route("/state", get(state))
        .route("/messages", get(messages))
        .route("/canvas", get(canvas))
        .route("/events", get(events))
        .route("/act/command", post(command))
        .route("/act/post", post(write))
        .route("/act/edit", post(edit))
        .route("/act/delete", post(delete))
        .route("/act/click", post(click))
        .route("/act/react", post(react))
        .route("/act/pin", post(pin))
        .route("/act/join", post(join))
        .route("/act/leave", post(leave))
        .route("/act/home", post(home))
        .route("/act/shortcut", post(shortcut))
        .route("/act/submit", post(submit))
        .route("/act/close", post(close))
        .with_state(workspace)
}

/// A refused request.
#[derive(Debug)]
struct Refused(CannotAct);

impl From<CannotAct> for Refused {
    fn from(why: CannotAct) -> Self {
        Self(why)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (StatusCode::BAD_REQUEST, Json(json!({ "error": self.0.to_string() }))).into_response()
    }
}

/// How an act went, for the page.
#[derive(Debug, Serialize)]
struct Acted {
    acknowledged: bool,
    error: Option<String>,
    errors: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ts: Option<String>,
}

impl Acted {
    fn new(answer: Answer, what: &str) -> Self {
        let (acknowledged, error) = (!matches!(answer, Answer::Failed(_)), answer.shown(what));
        let errors = if let Answer::InputErrors(errors) = answer { errors } else { BTreeMap::new() };
        Self { acknowledged, error, errors, ts: None }
    }
}

type Outcome = Result<Json<Acted>, Refused>;

/// How something went that has no name of its own.
fn went(answer: Answer) -> Json<Acted> {
    Json(Acted::new(answer, "That"))
}

#[derive(Debug, Deserialize)]
struct Who {
    user: String,
}

async fn state(
    State(workspace): State<Workspace>,
    Query(Who { user }): Query<Who>,
) -> Result<Json<Value>, Refused> {
    let reach = workspace.reach();
    let state = workspace.lock();
    state.person(&user)?;
    let visible = state.channels.values().filter(|room| state.sees(&user, room));
    let channels: Vec<_> = visible.map(super::channel::Channel::info).collect();
    let name = state.users.get(&state.bot_user).map(|bot| &bot.real_name);
    Ok(Json(json!({
        "me": user,
        "team": { "id": state.team_id, "name": state.team_name, "domain": state.team_domain },
        "app": {
            "user": state.bot_user, "name": name, "commands": state.commands, "shortcuts": state.shortcuts,
        },
        "users": state.users.values().collect::<Vec<_>>(),
        "channels": channels,
        "views": state.views.stack(&user),
        "home": state.views.home(&user),
        "health": { "outage": reach == Reach::Outage, "latency_ms": state.faults.latency.as_millis() },
    })))
}

#[derive(Debug, Deserialize)]
struct Which {
    user: String,
    channel: String,
    thread: Option<String>,
    before: Option<String>,
    limit: Option<usize>,
}

async fn messages(
    State(workspace): State<Workspace>,
    Query(which): Query<Which>,
) -> Result<Json<Value>, Refused> {
    let state = workspace.lock();
    let room = state.room_of(&which.user, &which.channel)?;
    let (limit, before) = (which.limit.unwrap_or(PAGE), which.before.as_deref());
    let in_time = |ts: &str| before.is_none_or(|before| ts < before);
    let seen = |message: &super::Message| SeenMessage::of(message, room.pinned(&message.ts), false);
    let mut newest: Vec<SeenMessage> = match &which.thread {
        None => room.between("", before).rev().take(limit + 1).map(seen).collect(),
        Some(parent) => {
            let head = room.message(parent).ok_or_else(|| CannotAct::NoMessage(parent.clone()))?;
            let thread = room.replies(parent).rev().chain(std::iter::once(head));
            thread.filter(|message| in_time(&message.ts)).take(limit + 1).map(seen).collect()
        }
    };
    let more = newest.len() > limit;
    newest.truncate(limit);
    let oldest = if more {
        newest.last().map(|seen| seen.message.ts.clone()).unwrap_or_default()
    } else {
        String::new()
    };
    let own = room
        .ephemerals
        .range(oldest..)
        .map(|(_, private)| private)
        .filter(|private| private.to == which.user);
    let here =
        own.filter(|private| in_time(&private.message.ts) && private.message.thread_ts == which.thread);
    newest.extend(here.map(|private| SeenMessage::of(&private.message, false, true)));
    newest.sort_by(|a, b| a.message.ts.cmp(&b.message.ts));
    Ok(Json(json!({ "messages": newest, "more": more })))
}

#[derive(Debug, Deserialize)]
struct InRoom {
    user: String,
    channel: String,
}

/// The canvas of a channel, for whoever sees the channel.
async fn canvas(
    State(workspace): State<Workspace>,
    Query(InRoom { user, channel }): Query<InRoom>,
) -> Result<Json<Value>, Refused> {
    let state = workspace.lock();
    let id = state.room_of(&user, &channel)?.canvas.as_ref();
    let found = id.and_then(|id| state.canvases.get(id));
    let found = found.ok_or_else(|| CannotAct::NoControl("the canvas".to_owned()))?;
    Ok(Json(json!(found)))
}

impl Workspace {
    fn shows(&self, user: &str, change: &Change) -> bool {
        if change.only().is_some_and(|only| only != user) {
            return false;
        }
        let state = self.lock();
        change.channel().and_then(|channel| state.channel(channel)).is_none_or(|room| state.sees(user, room))
    }
}

async fn events(
    State(workspace): State<Workspace>,
    Query(Who { user }): Query<Who>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let changes = workspace.changes();
    let told = stream::unfold((workspace, user, changes), async |(workspace, user, mut changes)| {
        loop {
            let text = match changes.recv().await {
                Ok(change) if workspace.shows(&user, &change) => serde_json::to_string(&*change),
                Ok(_) => continue,
                Err(RecvError::Lagged(_)) => serde_json::to_string(&Change::Reset),
                Err(RecvError::Closed) => return None,
            };
            // A change is plain data: it can always be written down.
            let Ok(text) = text else { continue };
            return Some((Ok(Event::default().data(text)), (workspace, user, changes)));
        }
    });
    Sse::new(told).keep_alive(KeepAlive::default())
}

#[derive(Debug, Deserialize)]
struct Command {
    user: String,
    channel: String,
    text: String,
}

async fn command(State(workspace): State<Workspace>, Json(act): Json<Command>) -> Outcome {
    let name = act.text.split_whitespace().next().unwrap_or_default();
    let answer = workspace.type_command(&act.user, &act.channel, &act.text).await?;
    Ok(Json(Acted::new(answer, name)))
}

#[derive(Debug, Deserialize)]
struct Writing {
    user: String,
    channel: String,
    text: String,
    thread: Option<String>,
}

async fn write(State(workspace): State<Workspace>, Json(act): Json<Writing>) -> Outcome {
    let posted = workspace.post(&act.user, &act.channel, &act.text, act.thread.as_deref()).await?;
    Ok(Json(Acted { ts: Some(posted.ts), ..Acted::new(posted.answer, "That") }))
}

#[derive(Debug, Deserialize)]
struct Editing {
    user: String,
    channel: String,
    ts: String,
    text: String,
}

async fn edit(State(workspace): State<Workspace>, Json(act): Json<Editing>) -> Outcome {
    Ok(went(workspace.edit(&act.user, &act.channel, &act.ts, &act.text).await?))
}

#[derive(Debug, Deserialize)]
struct Item {
    user: String,
    channel: String,
    ts: String,
}

async fn delete(State(workspace): State<Workspace>, Json(act): Json<Item>) -> Outcome {
    Ok(went(workspace.delete(&act.user, &act.channel, &act.ts).await?))
}

/// Where something is clicked.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Surface {
    Message { channel: String, ts: String },
    View { view: String },
}

#[derive(Debug, Deserialize)]
struct Click {
    user: String,
    #[serde(flatten)]
    surface: Surface,
    #[serde(alias = "button")]
    action_id: String,
    block_id: Option<String>,
    value: Option<Value>,
    #[serde(default)]
    values: Values,
}

async fn click(State(workspace): State<Workspace>, Json(act): Json<Click>) -> Outcome {
    let control = Control { name: act.action_id, block_id: act.block_id, choice: act.value };
    Ok(went(match act.surface {
        Surface::Message { channel, ts } => workspace.click(&act.user, &channel, &ts, control).await?,
        Surface::View { view } => workspace.click_in_view(&act.user, &view, control, &act.values).await?,
    }))
}

#[derive(Debug, Deserialize)]
struct React {
    name: String,
    on: bool,
    #[serde(flatten)]
    item: Item,
}

async fn react(State(workspace): State<Workspace>, Json(React { name, on, item }): Json<React>) -> Outcome {
    Ok(went(if on {
        workspace.react(&item.user, &item.channel, &item.ts, &name).await?
    } else {
        workspace.unreact(&item.user, &item.channel, &item.ts, &name).await?
    }))
}

#[derive(Debug, Deserialize)]
struct PinAct {
    on: bool,
    #[serde(flatten)]
    item: Item,
}

async fn pin(State(workspace): State<Workspace>, Json(PinAct { on, item }): Json<PinAct>) -> Outcome {
    Ok(went(if on {
        workspace.pin(&item.user, &item.channel, &item.ts).await?
    } else {
        workspace.unpin(&item.user, &item.channel, &item.ts).await?
    }))
}

#[derive(Debug, Deserialize)]
struct Room {
    user: String,
    channel: String,
}

async fn join(State(workspace): State<Workspace>, Json(act): Json<Room>) -> Outcome {
    Ok(went(workspace.join(&act.user, &act.channel).await?))
}

async fn leave(State(workspace): State<Workspace>, Json(act): Json<Room>) -> Outcome {
    Ok(went(workspace.leave(&act.user, &act.channel).await?))
}

async fn home(State(workspace): State<Workspace>, Json(act): Json<Who>) -> Outcome {
    Ok(went(workspace.open_home(&act.user).await?))
}

#[derive(Debug, Deserialize)]
struct ShortcutAct {
    user: String,
    callback_id: String,
    channel: Option<String>,
    ts: Option<String>,
}

async fn shortcut(State(workspace): State<Workspace>, Json(act): Json<ShortcutAct>) -> Outcome {
    Ok(went(match (act.channel, act.ts) {
        (Some(channel), Some(ts)) => {
            workspace.message_shortcut(&act.user, &channel, &ts, &act.callback_id).await?
        }
        _ => workspace.shortcut(&act.user, &act.callback_id).await?,
    }))
}

#[derive(Debug, Deserialize)]
struct Submit {
    user: String,
    view: String,
    #[serde(default)]
    values: Values,
}

async fn submit(State(workspace): State<Workspace>, Json(act): Json<Submit>) -> Outcome {
    Ok(went(workspace.submit_view(&act.user, &act.view, &act.values).await?))
}

#[derive(Debug, Deserialize)]
struct Close {
    user: String,
    view: String,
}

async fn close(State(workspace): State<Workspace>, Json(act): Json<Close>) -> Outcome {
    Ok(went(workspace.close_view(&act.user, &act.view).await?))
}
