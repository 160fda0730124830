//! Who acts in the world: people who click and type, scripts, and Slack itself.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use dontpanic::engine::Engine;
use dontpanic::workspace::{Answer, Control, Values, Workspace};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};

use super::World;
use super::service::{request, to_service};
use crate::harness::alertmanager::Alertmanager;
use crate::harness::house::API_TOKEN;
use crate::harness::pagers::Pager;
use crate::harness::partner::Partner;
use crate::harness::providers::Provider;
use crate::harness::slack::{Clickable, Slack, user};

impl World {
    pub(in crate::harness) fn tell(&self, who: &str, what: &str) {
        self.transcript.tell(who, what);
    }

    /// What posts alerts.
    pub fn alertmanager(&mut self) -> Alertmanager<'_> {
        Alertmanager { world: self }
    }

    /// What can be asked what fires: the same Alertmanager from its other side.
    pub fn partner(&self) -> Partner {
        self.partner.clone()
    }

    /// The workspace.
    pub fn slack(&mut self) -> Slack<'_> {
        Slack { world: self }
    }

    /// The workspace itself, for what has no word of its own.
    pub fn workspace(&self) -> &Workspace {
        &self.workspace
    }

    /// Somebody's phone.
    pub fn pager(&self, person: &str) -> Pager {
        self.phones.of(person)
    }

    /// Who carries push messages.
    pub fn ntfy(&self) -> Provider {
        self.ntfy.clone()
    }

    /// Who carries mail.
    pub fn mail(&self) -> Provider {
        self.mail.clone()
    }

    /// Who carries text messages.
    pub fn sms(&self) -> Provider {
        self.sms.clone()
    }

    /// Who calls.
    pub fn calls(&self) -> Provider {
        self.calls.clone()
    }

    /// Who ends calls.
    pub fn hang_ups(&self) -> Provider {
        self.hang_ups.clone()
    }

    /// Who watches beside our own ladder.
    pub fn pagerduty(&self) -> Provider {
        self.pagerduty.clone()
    }

    /// Somebody opens a link; the status and the page.
    pub async fn opens(&mut self, who: &str, link: &str) -> (u16, String) {
        self.transcript.tell(who, "opens a link");
        let read = self.reads(link).await;
        self.settle().await;
        read
    }

    /// Somebody presses the button behind a link, as a page that they opened has it, or else as an app does; the status and
    /// the page.
    pub async fn presses(&mut self, who: &str, link: &str, page: Option<&str>) -> (u16, String) {
        self.transcript.tell(who, "presses the button behind a link");
        let field = "name=\"epoch\" value=\"";
        let epoch = page.and_then(|page| page.split_once(field)?.1.split_once('"')).map(|(epoch, _)| epoch);
        let body = epoch.map(|epoch| format!("epoch={epoch}")).unwrap_or_default();
        let (status, page) = self.post(link, &[], body.into_bytes()).await;
        self.settle().await;
        (status.as_u16(), page)
    }

    /// A button of somebody's direct messages is clicked by them.
    pub async fn clicks(&mut self, button: Clickable) {
        let who = button.reader.clone().expect("a direct message; else say who clicks");
        self.clicks_as(&who, button).await;
    }

    /// Somebody clicks a button.
    pub async fn clicks_as(&mut self, who: &str, button: Clickable) {
        self.sends_click(who, &button).await;
        self.settle().await;
    }

    /// Somebody clicks a button; the world is not settled.
    pub async fn sends_click(&self, who: &str, button: &Clickable) {
        self.transcript.tell(who, &format!("clicks [{}]", button.label));
        let whose = user(who);
        let clicking = self.workspace.click(&whose, &button.channel, &button.ts, button.label.as_str());
        let answer = clicking.await.unwrap_or_else(|cannot| panic!("{who} cannot click: {cannot}"));
        assert_eq!(answer, Answer::Acknowledged, "{who} clicks {}", button.label);
    }

    /// Somebody clicks a button that their screen still shows, although the message has changed since.
    pub async fn clicks_late(&mut self, who: &str, button: &Clickable) {
        self.transcript.tell(who, &format!("clicks an old [{}]", button.label));
        self.n_late_clicks += 1;
        let payload = json!({
            "type": "block_actions", "team": {"id": "T0"}, "user": {"id": user(who), "team_id": "T0"},
            "trigger_id": format!("late.{}", self.n_late_clicks), "channel": {"id": button.channel},
            "container": {"type": "message", "message_ts": button.ts, "channel_id": button.channel},
            "actions": [button.element],
        });
        let payload = payload.to_string();
        let fields = [("payload", payload.as_str())];
        let status = self.slack().delivers("/slack/interactions", &fields, None).await;
        assert_eq!(status, 200, "{who} clicks an old {}", button.label);
    }

    /// Somebody clicks a button, again and again while Slack says that the app is not connected.
    pub async fn clicks_until_taken(&mut self, button: Clickable) {
        let who = button.reader.clone().expect("a direct message");
        self.transcript.tell(&who, &format!("clicks [{}] until it is taken", button.label));
        self.patiently("nobody takes the click", async |world| {
            let (channel, ts, label) = (&button.channel, &button.ts, button.label.as_str());
            world.workspace.click(&user(&who), channel, ts, label).await == Ok(Answer::Acknowledged)
        })
        .await;
        self.settle().await;
    }

    /// Somebody types a slash command in a channel; what they alone are answered.
    pub async fn types(&mut self, who: &str, channel: &str, command: &str) -> String {
        let room = self.workspace.channel_by_name(channel);
        let room = room.unwrap_or_else(|| panic!("there is no #{channel}")).id;
        let before = self.workspace.ephemerals(&room).len();
        self.transcript.tell(who, &format!("types {command}"));
        let answer = self.workspace.type_command(&user(who), &room, command).await;
        let answer = answer.unwrap_or_else(|cannot| panic!("{who} cannot type: {cannot}"));
        assert_eq!(answer, Answer::Acknowledged, "{who} types {command}");
        self.settle().await;
        let said: Vec<String> = self
            .workspace
            .ephemerals(&room)
            .iter()
            .skip(before)
            .filter(|said| said.to == user(who))
            .map(|said| crate::harness::transcript::plain(&said.message.text, &self.workspace))
            .collect();
        said.join("\n")
    }

    /// The form that somebody sees; none when none is open.
    pub fn form(&self, who: &str) -> Option<Value> {
        self.workspace.views(&user(who)).pop()
    }

    /// Somebody fills in the form they see, field by field, and sends it off.
    pub async fn fills_in(&mut self, who: &str, fields: &[(&str, &str)]) -> Answer {
        let form = self.form(who).unwrap_or_else(|| panic!("{who} sees no form"));
        let mut values = Values::new();
        for (field, entered) in fields {
            self.transcript.tell(who, &format!("enters {field}: {entered}"));
            // What is ticked is a list.
            let entered = if *field == "private" { json!([entered]) } else { json!(entered) };
            values.entry((*field).to_owned()).or_default().insert((*field).to_owned(), entered);
        }
        let view = form["id"].as_str().unwrap_or_default();
        let answer = self.workspace.submit_view(&user(who), view, &values).await;
        self.settle().await;
        answer.unwrap_or_else(|cannot| panic!("{who} cannot send the form: {cannot}"))
    }

    /// Somebody fills in the form they see with what its elements give, field by field, and sends it off.
    pub async fn enters(&mut self, who: &str, fields: &[(&str, Value)]) -> Answer {
        let form = self.form(who).unwrap_or_else(|| panic!("{who} sees no form"));
        let mut values = Values::new();
        for (field, entered) in fields {
            self.transcript.tell(who, &format!("enters {field}: {entered}"));
            values.entry((*field).to_owned()).or_default().insert((*field).to_owned(), entered.clone());
        }
        let view = form["id"].as_str().unwrap_or_default();
        let answer = self.workspace.submit_view(&user(who), view, &values).await;
        self.settle().await;
        answer.unwrap_or_else(|cannot| panic!("{who} cannot send the form: {cannot}"))
    }

    /// Somebody chooses something in a menu of the form they see; `menu` is its `action_id`.
    pub async fn chooses(&mut self, who: &str, menu: &str, value: &str) {
        self.transcript.tell(who, &format!("chooses {value}"));
        let form = self.form(who).unwrap_or_else(|| panic!("{who} sees no form"));
        let view = form["id"].as_str().unwrap_or_default();
        let control = Control { name: menu.to_owned(), block_id: None, choice: Some(json!(value)) };
        let answer = self.workspace.click_in_view(&user(who), view, control, &Values::new()).await;
        assert_eq!(answer, Ok(Answer::Acknowledged), "{who} chooses {value}");
        self.settle().await;
    }

    /// The button of the latest answer that only this person sees.
    #[track_caller]
    pub fn answer_button(&self, who: &str, channel: &str, label: &str) -> Clickable {
        let room = self.workspace.channel_by_name(channel).expect("there is such a channel");
        let said = self.workspace.ephemerals(&room.id);
        let said = said.into_iter().rev().find(|said| said.to == user(who));
        let message = said.expect("there is an answer").message;
        let element = crate::harness::slack::element(&message.blocks, label);
        let element = element.unwrap_or_else(|| panic!("the answer has no button {label:?}"));
        let (label, reader) = (label.to_owned(), Some(who.to_owned()));
        Clickable { channel: room.id, ts: message.ts, label, reader, element }
    }

    /// A script posts to the API; the status and the answer.
    pub async fn asks_api(&mut self, path: &str, body: Value) -> (u16, Value) {
        self.transcript.tell("api", path);
        let token = format!("Bearer {API_TOKEN}");
        let headers = [("authorization", token.as_str()), ("content-type", "application/json")];
        let (status, text) =
            self.post(&format!("/api/v1/{path}"), &headers, body.to_string().into_bytes()).await;
        self.settle().await;
        (status.as_u16(), serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    /// A script reads from the API; the status and the answer.
    pub async fn gets_api(&self, path: &str) -> (u16, Value) {
        let request = Request::get(format!("/api/v1/{path}"))
            .header("authorization", format!("Bearer {API_TOKEN}"))
            .body(Body::empty())
            .expect("a request");
        let response = to_service(&self.routes, request).await;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.expect("a body").to_bytes();
        let text = String::from_utf8_lossy(&body).into_owned();
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    /// The engine, for what happens at the very same time.
    pub fn use_cases(&self) -> Arc<Engine> {
        self.engine().clone()
    }

    /// Something is posted to the service's own routes.
    pub async fn post(&self, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> (StatusCode, String) {
        let response = to_service(&self.routes, request(path, headers, body)).await;
        let status = response.status();
        let body = response.into_body().collect().await.expect("a body").to_bytes();
        (status, String::from_utf8_lossy(&body).into_owned())
    }

    /// Somebody opens an address of the service in a browser; the status and the page.
    pub async fn reads(&self, path: &str) -> (u16, String) {
        let request = Request::get(path).body(Body::empty()).expect("a request");
        let response = to_service(&self.routes, request).await;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.expect("a body").to_bytes();
        (status, String::from_utf8_lossy(&body).into_owned())
    }

    /// Somebody sends any request to the service; the status.
    pub async fn asked(&mut self, request: Request<Body>) -> u16 {
        let status = to_service(&self.routes, request).await.status().as_u16();
        self.settle().await;
        status
    }

    /// A script reads from the API with this token; the status and the answer.
    pub async fn asks(&self, path: &str, token: &str) -> (u16, String) {
        let request = Request::get(path).header("authorization", format!("Bearer {token}"));
        let response = to_service(&self.routes, request.body(Body::empty()).expect("a request")).await;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.expect("a body").to_bytes();
        (status, String::from_utf8_lossy(&body).into_owned())
    }

    /// Slack delivers something, signed.
    pub async fn delivers(&self, path: &str, kind: &str, body: String, retry: Option<u32>) -> u16 {
        let timestamp = self.wire.now().timestamp();
        let (stamp, signature) = (timestamp.to_string(), crate::harness::slack::signature(timestamp, &body));
        let retry = retry.map(|number| number.to_string());
        let mut headers = vec![
            ("content-type", kind),
            ("x-slack-request-timestamp", stamp.as_str()),
            ("x-slack-signature", signature.as_str()),
        ];
        if let Some(number) = &retry {
            headers
                .extend([("x-slack-retry-num", number.as_str()), ("x-slack-retry-reason", "http_timeout")]);
        }
        self.post(path, &headers, body.into_bytes()).await.0.as_u16()
    }
}
