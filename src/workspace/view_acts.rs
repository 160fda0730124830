//! People at forms: the App Home, shortcuts, modals filled in, sent and closed.

use serde_json::{Value, json};

use super::acts::taken;
use super::api::views::{complete, stack_changed};
use super::blocks::Surface;
use super::config::ShortcutPlace;
use super::delivery::{Delivered, Parcel};
use super::hooks::Origin;
use super::model::Values;
use super::people::{Answer, CannotAct, Control, Failure, chosen_values};
use super::state::State;
use super::{Workspace, form, shapes};

impl State {
    fn view_of(&self, user: &str, view: &str) -> Result<Value, CannotAct> {
        self.person(user)?;
        self.views.of_user(user, view).cloned().ok_or_else(|| CannotAct::NoView(view.to_owned()))
    }

    /// The view with what is typed into it by now.
    fn fill_in(&mut self, user: &str, view: &str, given: &Values) -> Result<Value, CannotAct> {
        let shown = self.view_of(user, view)?;
        let blocks = shown["blocks"].as_array().map(Vec::as_slice).unwrap_or_default();
        let values = form::collect(blocks, &shown["state"]["values"], given);
        self.views.typed(user, view, &values).ok_or_else(|| CannotAct::NoView(view.to_owned()))
    }
}

impl Workspace {
    /// Somebody opens the App Home.
    pub async fn open_home(&self, user: &str) -> Result<Answer, CannotAct> {
        let (done, receipts) = self.with_receipts(|state, now| {
            state.person(user)?;
            let channel = state.direct_with(user, now);
            let ts = state.next_ts(now);
            let mut event = json!({
                "type": "app_home_opened", "user": user, "channel": channel, "tab": "home", "event_ts": ts,
            });
            if let Some(view) = state.views.home(user) {
                event["view"] = view.clone();
            }
            state.event("app_home_opened", event);
            Ok::<(), CannotAct>(())
        });
        done?;
        Ok(taken(receipts).await)
    }

    /// Somebody uses a button or another control of a modal or their App Home; `typed` is what stands in the inputs by then.
    pub async fn click_in_view(
        &self,
        user: &str,
        view: &str,
        control: impl Into<Control>,
        typed: &Values,
    ) -> Result<Answer, CannotAct> {
        let control = control.into();
        let payload = self.with(|state, now| {
            state.fill_in(user, view, typed)?;
            let shown = state.view_of(user, view)?;
            let blocks = shown["blocks"].as_array().map(Vec::as_slice).unwrap_or_default();
            let no_control = || CannotAct::NoControl(control.name.clone());
            let (block, element) = control.find(blocks).ok_or_else(no_control)?;
            let shown = state.fill_in(user, view, &chosen_values(block, element, &control))?;
            let mut payload = state.interaction("block_actions", user);
            payload["container"] = json!({ "type": "view", "view_id": view });
            payload["view"] = shown;
            payload["actions"] = json!([control.action(block, element, &state.next_ts(now))]);
            payload["trigger_id"] = json!(state.new_trigger(user, now));
            Ok::<Value, CannotAct>(payload)
        })?;
        Ok(Answer::of(&self.deliver(Parcel::Interaction(payload)).await))
    }

    /// Somebody starts a global shortcut.
    pub async fn shortcut(&self, user: &str, callback_id: &str) -> Result<Answer, CannotAct> {
        let payload = self.with(|state, now| {
            state.person(user)?;
            has_shortcut(state, callback_id, ShortcutPlace::Global)?;
            let mut payload = state.interaction("shortcut", user);
            payload["callback_id"] = json!(callback_id);
            payload["action_ts"] = json!(state.next_ts(now));
            payload["trigger_id"] = json!(state.new_trigger(user, now));
            Ok::<Value, CannotAct>(payload)
        })?;
        Ok(Answer::of(&self.deliver(Parcel::Interaction(payload)).await))
    }

    /// Somebody starts a shortcut from a message's menu.
    pub async fn message_shortcut(
        &self,
        user: &str,
        channel: &str,
        ts: &str,
        callback_id: &str,
    ) -> Result<Answer, CannotAct> {
        let payload = self.with(|state, now| {
            let room = state.room_of(user, channel)?;
            has_shortcut(state, callback_id, ShortcutPlace::Message)?;
            let message = room.message(ts).ok_or_else(|| CannotAct::NoMessage(ts.to_owned()))?;
            let mut payload = state.interaction("message_action", user);
            payload["callback_id"] = json!(callback_id);
            payload["channel"] = json!({ "id": channel, "name": room.name });
            payload["message_ts"] = json!(ts);
            payload["message"] = shapes::message(state, room, message);
            payload["action_ts"] = json!(state.next_ts(now));
            payload["trigger_id"] = json!(state.new_trigger(user, now));
            let origin = Origin { ts: ts.to_owned(), ephemeral: false };
            payload["response_url"] = json!(state.new_response_url(channel, user, Some(origin), now));
            Ok::<Value, CannotAct>(payload)
        })?;
        Ok(Answer::of(&self.deliver(Parcel::Interaction(payload)).await))
    }

    /// Somebody sends a modal. Inputs left out of `values` keep what they show.
    pub async fn submit_view(&self, user: &str, view: &str, values: &Values) -> Result<Answer, CannotAct> {
        let (payload, faults) = self.with(|state, now| {
            let shown = state.fill_in(user, view, values)?;
            let blocks = shown["blocks"].as_array().map(Vec::as_slice).unwrap_or_default();
            let faults = form::faults(blocks, &shown["state"]["values"]);
            let mut payload = state.interaction("view_submission", user);
            payload["trigger_id"] = json!(state.new_trigger(user, now));
            payload["response_urls"] = json!([]);
            payload["view"] = shown;
            Ok::<_, CannotAct>((payload, faults))
        })?;
        if !faults.is_empty() {
            return Ok(Answer::InputErrors(faults));
        }
        let delivered = self.deliver(Parcel::Interaction(payload)).await;
        let Delivered::Acknowledged(said) = &delivered else { return Ok(Answer::of(&delivered)) };
        Ok(self.with(|state, _| after_submission(state, user, view, said.as_ref().unwrap_or(&Value::Null))))
    }

    /// Somebody closes a modal; those over it go too.
    pub async fn close_view(&self, user: &str, view: &str) -> Result<Answer, CannotAct> {
        let payload = self.with(|state, _| {
            let shown = state.view_of(user, view)?;
            state.views.pop(user, view);
            stack_changed(state, user);
            let notify = shown["notify_on_close"] == true;
            let mut payload = state.interaction("view_closed", user);
            payload["view"] = shown;
            payload["is_cleared"] = json!(false);
            Ok::<_, CannotAct>(notify.then_some(payload))
        })?;
        match payload {
            Some(payload) => Ok(Answer::of(&self.deliver(Parcel::Interaction(payload)).await)),
            None => Ok(Answer::NotAsked),
        }
    }
}

fn has_shortcut(state: &State, callback_id: &str, place: ShortcutPlace) -> Result<(), CannotAct> {
    let is_it = |own: &super::Shortcut| own.callback_id == callback_id && own.place == place;
    let found = state.shortcuts.iter().any(is_it);
    if found { Ok(()) } else { Err(CannotAct::NoShortcut(callback_id.to_owned())) }
}

/// What the acknowledgement of a submission does to the open modals.
fn after_submission(state: &mut State, user: &str, view: &str, said: &Value) -> Answer {
    let bad = || Answer::Failed(Failure::BadReply("invalid_view_response"));
    match said["response_action"].as_str() {
        None => state.views.pop(user, view),
        Some("clear") => state.views.clear(user),
        Some("errors") => {
            return match serde_json::from_value(said["errors"].clone()) {
                Ok(errors) => Answer::InputErrors(errors),
                Err(_) => bad(),
            };
        }
        Some("update") => match complete(state, &said["view"], Surface::Modal, Some(view)) {
            Ok(new) => {
                state.views.replace(user, new);
            }
            Err(_) => return bad(),
        },
        Some("push") => {
            let pushed = complete(state, &said["view"], Surface::Modal, None)
                .and_then(|new| state.views.push(user, new));
            if pushed.is_err() {
                return bad();
            }
        }
        Some(_) => return bad(),
    }
    stack_changed(state, user);
    Answer::Acknowledged
}
