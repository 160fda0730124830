//! What people type and choose, in the shape Slack gives it to the app.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::blocks;
use super::model::Values;

/// What Slack says under an input that must not be empty.
const REQUIRED: &str = "Please complete this required field.";

fn option(element: &Value, value: &Value) -> Value {
    let groups = element["option_groups"].as_array().into_iter().flatten().map(|group| &group["options"]);
    std::iter::once(&element["options"])
        .chain(groups)
        .filter_map(Value::as_array)
        .flatten()
        .find(|option| option["value"] == *value)
        .cloned()
        .unwrap_or(Value::Null)
}

fn options(element: &Value, values: &Value) -> Value {
    let chosen = values.as_array().into_iter().flatten().map(|value| option(element, value));
    chosen.filter(|option| !option.is_null()).collect()
}

/// The field that holds what was chosen, and the one that holds what is chosen at first. `None`: it has no state.
fn fields(kind: &str) -> Option<(&'static str, &'static str)> {
    Some(match kind {
        "plain_text_input" | "email_text_input" | "url_text_input" | "number_input" => {
            ("value", "initial_value")
        }
        "rich_text_input" => ("rich_text_value", "initial_value"),
        "static_select" | "external_select" | "radio_buttons" => ("selected_option", "initial_option"),
        "multi_static_select" | "multi_external_select" | "checkboxes" => {
            ("selected_options", "initial_options")
        }
        "users_select" => ("selected_user", "initial_user"),
        "multi_users_select" => ("selected_users", "initial_users"),
        "conversations_select" => ("selected_conversation", "initial_conversation"),
        "multi_conversations_select" => ("selected_conversations", "initial_conversations"),
        "channels_select" => ("selected_channel", "initial_channel"),
        "multi_channels_select" => ("selected_channels", "initial_channels"),
        "datepicker" => ("selected_date", "initial_date"),
        "timepicker" => ("selected_time", "initial_time"),
        "datetimepicker" => ("selected_date_time", "initial_date_time"),
        _ => return None,
    })
}

/// What somebody chose in an element, as it stands in `state.values` and in actions.
pub(super) fn chosen(element: &Value, choice: &Value) -> Map<String, Value> {
    let kind = element["type"].as_str().unwrap_or_default();
    let (field, value) = match kind {
        "overflow" => ("selected_option", option(element, choice)),
        _ => match fields(kind) {
            None => return Map::new(),
            Some((field @ "selected_option", _)) => (field, option(element, choice)),
            Some((field @ "selected_options", _)) => (field, options(element, choice)),
            Some((field, _)) => (field, choice.clone()),
        },
    };
    Map::from_iter([("type".to_owned(), json!(kind)), (field.to_owned(), value)])
}

fn initial(element: &Value) -> Option<Map<String, Value>> {
    let kind = element["type"].as_str()?;
    let (field, first) = fields(kind)?;
    let none = if field == "selected_options" { json!([]) } else { Value::Null };
    let value = element.get(first).cloned().unwrap_or(none);
    Some(Map::from_iter([("type".to_owned(), json!(kind)), (field.to_owned(), value)]))
}

/// The whole of `state.values`: what is given now, else what was typed before, else what the app chose at first.
pub(super) fn collect(blocks: &[Value], before: &Value, given: &Values) -> Value {
    let mut values = Map::new();
    for block in blocks {
        let Some(block_id) = block["block_id"].as_str() else { continue };
        let mut typed = Map::new();
        for element in blocks::interactive(block) {
            let (Some(action), Some(first)) = (element["action_id"].as_str(), initial(element)) else {
                continue;
            };
            let now =
                given.get(block_id).and_then(|typed| typed.get(action)).map(|choice| chosen(element, choice));
            let earlier = || before[block_id][action].as_object().cloned();
            typed.insert(action.to_owned(), Value::Object(now.or_else(earlier).unwrap_or(first)));
        }
        if !typed.is_empty() {
            values.insert(block_id.to_owned(), Value::Object(typed));
        }
    }
    Value::Object(values)
}

/// What Slack itself refuses before it asks the app, by `block_id`.
pub(super) fn faults(blocks: &[Value], values: &Value) -> BTreeMap<String, String> {
    let mut faults = BTreeMap::new();
    for block in blocks.iter().filter(|block| block["type"] == "input") {
        let element = &block["element"];
        let (Some(block_id), Some(action)) = (block["block_id"].as_str(), element["action_id"].as_str())
        else {
            continue;
        };
        let Some((field, _)) = element["type"].as_str().and_then(fields) else { continue };
        let value = &values[block_id][action][field];
        let empty = match value {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Array(items) => items.is_empty(),
            _ => false,
        };
        if empty {
            if block["optional"] != true {
                faults.insert(block_id.to_owned(), REQUIRED.to_owned());
            }
            continue;
        }
        let length = value.as_str().map_or(0, |text| text.chars().count() as u64);
        if element["max_length"].as_u64().is_some_and(|most| length > most) {
            faults.insert(
                block_id.to_owned(),
                format!("Must be at most {} characters.", element["max_length"]),
            );
        }
        if element["min_length"].as_u64().is_some_and(|least| length < least) {
            faults.insert(
                block_id.to_owned(),
                format!("Must be at least {} characters.", element["min_length"]),
            );
        }
    }
    faults
}
