//! Modals and App Homes: who has which open, in what order, with what typed into them.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::blocks::{self, Surface, TextKind};
use super::refusal::Refusal;

/// As many modals as Slack stacks.
const MOST_STACKED: usize = 3;
/// A view's JSON, in bytes.
const LARGEST: usize = 250_000;

/// Every view of the workspace, as the object the app gets.
#[derive(Debug, Default)]
pub(crate) struct Views {
    stacks: HashMap<String, Vec<Value>>,
    homes: HashMap<String, Value>,
}

/// The fields an app gives; everything else of a view is Slack's.
const GIVEN: &[&str] = &[
    "type",
    "title",
    "submit",
    "close",
    "blocks",
    "private_metadata",
    "callback_id",
    "external_id",
    "clear_on_close",
    "notify_on_close",
    "submit_disabled",
];

/// What a view is made of besides what the app gives.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    pub(crate) id: String,
    pub(crate) hash: String,
    pub(crate) team_id: String,
    pub(crate) app_id: String,
    pub(crate) bot_id: String,
}

fn view_surface(view: &Value) -> Option<Surface> {
    match view["type"].as_str() {
        Some("modal") => Some(Surface::Modal),
        Some("home") => Some(Surface::Home),
        _ => None,
    }
}

/// Refuses what Slack refuses in a view meant for `surface`.
pub(crate) fn check(view: &Value, surface: Surface) -> Result<(), Refusal> {
    if view.to_string().len() > LARGEST {
        return Err("view_too_large".into());
    }
    let blocks = view["blocks"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut findings = blocks::check(blocks, surface, "/view/blocks");
    let Some(fields) = view.as_object() else {
        findings.add("/view", "must be an object");
        return Err(Refusal::explained("invalid_arguments", findings.messages));
    };
    findings.known(fields, GIVEN, "/view");
    if view_surface(view) != Some(surface) {
        findings.add("/view/type", "unsupported type");
    }
    if !fields.contains_key("blocks") {
        findings.add("/view", "missing required field: blocks");
    }
    findings.short(fields, "private_metadata", 3000, "/view");
    findings.short(fields, "callback_id", 255, "/view");
    findings.short(fields, "external_id", 255, "/view");
    if surface == Surface::Modal {
        findings.need_text(fields, "title", TextKind::Plain, 24, "/view");
        for name in ["submit", "close"] {
            if let Some(text) = fields.get(name).filter(|text| !text.is_null()) {
                findings.text(text, TextKind::Plain, 24, &format!("/view/{name}"));
            }
        }
        let asks = blocks.iter().any(|block| block["type"] == "input");
        if asks && fields.get("submit").is_none_or(Value::is_null) {
            findings.add("/view", "missing required field: submit");
        }
    }
    if findings.messages.is_empty() {
        Ok(())
    } else {
        Err(Refusal::explained("invalid_arguments", findings.messages))
    }
}

/// The whole view object, from what the app gave.
pub(crate) fn complete(given: &Value, identity: &Identity, make_id: impl FnMut() -> String) -> Value {
    let text = |name: &str| given[name].as_str().unwrap_or_default();
    let mut blocks = given["blocks"].as_array().cloned().unwrap_or_default();
    blocks::fill_ids(&mut blocks, make_id);
    json!({
        "id": identity.id, "team_id": identity.team_id, "type": given["type"], "blocks": blocks,
        "private_metadata": text("private_metadata"), "callback_id": text("callback_id"),
        "external_id": text("external_id"), "state": { "values": {} }, "hash": identity.hash,
        "title": given["title"], "submit": given["submit"], "close": given["close"],
        "clear_on_close": given["clear_on_close"] == true, "notify_on_close": given["notify_on_close"] == true,
        "submit_disabled": given["submit_disabled"] == true, "previous_view_id": null, "root_view_id": identity.id,
        "app_id": identity.app_id, "app_installed_team_id": identity.team_id, "bot_id": identity.bot_id,
    })
}

impl Views {
    pub(crate) fn stack(&self, user: &str) -> &[Value] {
        self.stacks.get(user).map(Vec::as_slice).unwrap_or_default()
    }

    pub(crate) fn home(&self, user: &str) -> Option<&Value> {
        self.homes.get(user)
    }

    /// A person's modal or home.
    pub(crate) fn of_user(&self, user: &str, id: &str) -> Option<&Value> {
        self.stack(user).iter().chain(self.home(user)).find(|view| view["id"] == id)
    }

    fn everything(&self) -> impl Iterator<Item = (&String, &Value)> {
        let modals = self.stacks.iter().flat_map(|(user, stack)| stack.iter().map(move |view| (user, view)));
        modals.chain(&self.homes)
    }

    /// The owner of a view known by its id or the app's own id for it.
    pub(crate) fn find(&self, id: Option<&str>, external: Option<&str>) -> Option<(String, Value)> {
        let is_it = |view: &Value| match (id, external) {
            (Some(id), _) => view["id"] == id,
            (None, Some(external)) => view["external_id"] == external,
            (None, None) => false,
        };
        self.everything().find(|(_, view)| is_it(view)).map(|(user, view)| (user.clone(), view.clone()))
    }

    /// Refuses an `external_id` that another view has.
    pub(crate) fn check_external(&self, given: &Value, own: Option<&str>) -> Result<(), Refusal> {
        let Some(external) = given["external_id"].as_str().filter(|id| !id.is_empty()) else { return Ok(()) };
        let taken =
            self.everything().any(|(_, view)| view["external_id"] == external && view["id"].as_str() != own);
        if taken { Err("duplicate_external_id".into()) } else { Ok(()) }
    }

    /// Opens a modal over nothing: what was open is gone.
    pub(crate) fn open(&mut self, user: &str, view: Value) {
        self.stacks.insert(user.to_owned(), vec![view]);
    }

    /// Puts a modal on top of the open ones; the view as it is then.
    pub(crate) fn push(&mut self, user: &str, mut view: Value) -> Result<Value, Refusal> {
        let stack = self.stacks.get_mut(user).filter(|stack| !stack.is_empty()).ok_or("not_found")?;
        if stack.len() >= MOST_STACKED {
            return Err("push_limit_reached".into());
        }
        if let (Some(root), Some(top)) = (stack.first(), stack.last()) {
            view["root_view_id"] = root["id"].clone();
            view["previous_view_id"] = top["id"].clone();
        }
        stack.push(view.clone());
        Ok(view)
    }

    /// Puts a changed view in the place of the one with its id; place and typed input stay.
    pub(crate) fn replace(&mut self, user: &str, mut view: Value) -> Option<Value> {
        let modals = self.stacks.get_mut(user).into_iter().flatten();
        let slot = modals.chain(self.homes.get_mut(user)).find(|old| old["id"] == view["id"])?;
        for name in ["root_view_id", "previous_view_id"] {
            view[name] = slot[name].clone();
        }
        view["state"] = kept_state(&slot["state"]["values"], &view["blocks"]);
        *slot = view.clone();
        Some(view)
    }

    pub(crate) fn publish(&mut self, user: &str, view: Value) {
        self.homes.insert(user.to_owned(), view);
    }

    /// Takes the top modal away when it is this one.
    pub(crate) fn pop(&mut self, user: &str, id: &str) {
        if let Some(stack) = self.stacks.get_mut(user)
            && let Some(at) = stack.iter().position(|view| view["id"] == id)
        {
            stack.truncate(at);
        }
    }

    pub(crate) fn clear(&mut self, user: &str) {
        self.stacks.remove(user);
    }

    /// Remembers what was typed.
    pub(crate) fn typed(&mut self, user: &str, id: &str, values: &Value) -> Option<Value> {
        let modals = self.stacks.get_mut(user).into_iter().flatten();
        let view = modals.chain(self.homes.get_mut(user)).find(|view| view["id"] == id)?;
        view["state"] = json!({ "values": values });
        Some(view.clone())
    }
}

/// What was typed into inputs that are still there under the same ids.
fn kept_state(values: &Value, blocks: &Value) -> Value {
    let mut kept = Map::new();
    for block in blocks.as_array().into_iter().flatten() {
        let Some(block_id) = block["block_id"].as_str() else { continue };
        let Some(typed) = values[block_id].as_object() else { continue };
        let ids: Vec<&str> =
            blocks::interactive(block).iter().filter_map(|element| element["action_id"].as_str()).collect();
        let same: Map<String, Value> = typed
            .iter()
            .filter(|(action, _)| ids.contains(&action.as_str()))
            .map(|(action, value)| (action.clone(), value.clone()))
            .collect();
        if !same.is_empty() {
            kept.insert(block_id.to_owned(), Value::Object(same));
        }
    }
    json!({ "values": kept })
}
