//! `views.*`: modals and the App Home.

use serde_json::{Value, json};

use super::super::blocks::Surface;
use super::super::change::Change;
use super::super::refusal::Refusal;
use super::super::state::State;
use super::super::views::{self, Identity};
use super::Call;

/// The view argument, complete with what Slack adds.
fn given(call: &mut Call<'_>, surface: Surface, id: Option<&str>) -> Result<Value, Refusal> {
    let view =
        call.args.json("view").map_err(|_| "invalid_arguments")?.ok_or_else(|| Refusal::missing("view"))?;
    complete(call.state, &view, surface, id)
}

/// A view the app gave, checked and completed; with the `id` it had, or a new one.
pub(crate) fn complete(
    state: &mut State,
    view: &Value,
    surface: Surface,
    id: Option<&str>,
) -> Result<Value, Refusal> {
    views::check(view, surface)?;
    state.views.check_external(view, id)?;
    let identity = Identity {
        id: id.map_or_else(|| state.ids.make("V"), str::to_owned),
        hash: state.ids.secret(),
        team_id: state.team_id.clone(),
        app_id: state.app_id.clone(),
        bot_id: state.bot_id.clone(),
    };
    Ok(views::complete(view, &identity, || state.ids.make("")))
}

/// Tells the page what somebody has open.
pub(crate) fn stack_changed(state: &mut State, user: &str) {
    let views = state.views.stack(user).to_vec();
    state.change(Change::Views { views, only: user.to_owned() });
}

fn trigger(call: &mut Call<'_>) -> Result<String, Refusal> {
    let id = call.args.text("trigger_id").or_else(|| call.args.text("interactivity_pointer"));
    let id = id.ok_or("invalid_trigger_id")?;
    Ok(call.state.triggers.exchange(&id, call.now)?)
}

/// `views.open`. A view that is refused does not use its trigger up.
pub(crate) fn open(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let view = given(call, Surface::Modal, None)?;
    let user = trigger(call)?;
    call.state.views.open(&user, view.clone());
    stack_changed(call.state, &user);
    Ok(json!({ "view": view }))
}

/// `views.push`
pub(crate) fn push(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let view = given(call, Surface::Modal, None)?;
    let user = trigger(call)?;
    let view = call.state.views.push(&user, view)?;
    stack_changed(call.state, &user);
    Ok(json!({ "view": view }))
}

fn check_hash(call: &Call<'_>, old: &Value) -> Result<(), Refusal> {
    match call.args.text("hash") {
        Some(hash) if old["hash"] != hash.as_str() => Err("hash_conflict".into()),
        Some(_) | None => Ok(()),
    }
}

/// `views.update`
pub(crate) fn update(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let (id, external) = (call.args.text("view_id"), call.args.text("external_id"));
    let (user, old) = call.state.views.find(id.as_deref(), external.as_deref()).ok_or("not_found")?;
    check_hash(call, &old)?;
    let surface = if old["type"] == "home" { Surface::Home } else { Surface::Modal };
    let view = given(call, surface, old["id"].as_str())?;
    let view = call.state.views.replace(&user, view).ok_or("not_found")?;
    match surface {
        Surface::Home => call.state.change(Change::Home { view: view.clone(), only: user }),
        Surface::Modal | Surface::Message => stack_changed(call.state, &user),
    }
    Ok(json!({ "view": view }))
}

/// `views.publish`
pub(crate) fn publish(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let user = call.args.need("user_id")?;
    if !call.state.users.contains_key(&user) {
        return Err(Refusal::explained(
            "invalid_arguments",
            vec!["[ERROR] invalid user_id [json-pointer:/user_id]".to_owned()],
        ));
    }
    let old = call.state.views.home(&user).cloned();
    if let Some(old) = &old {
        check_hash(call, old)?;
    }
    let view = given(call, Surface::Home, old.as_ref().and_then(|old| old["id"].as_str()))?;
    call.state.views.publish(&user, view.clone());
    call.state.change(Change::Home { view: view.clone(), only: user });
    Ok(json!({ "view": view }))
}
