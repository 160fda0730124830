//! The elements inside blocks: buttons, selects, inputs.

use serde_json::{Map, Value};

use super::{Findings, Surface, TextKind};

/// Where an element stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Actions,
    Accessory,
    Input(Surface),
}

/// Fields that every interactive element may have.
const COMMON: &[&str] =
    &["type", "action_id", "confirm", "focus_on_load", "placeholder", "accessibility_label"];

/// An element, its own fields, and where it may stand (in actions, as accessory, as input).
struct Rule {
    kind: &'static str,
    fields: &'static [&'static str],
    actions: Allowed,
    accessory: Allowed,
    input: Allowed,
}

#[derive(PartialEq, Eq)]
enum Allowed {
    Yes,
    No,
}
use Allowed::{No, Yes};

const fn rule(
    kind: &'static str,
    fields: &'static [&'static str],
    [actions, accessory, input]: [Allowed; 3],
) -> Rule {
    Rule { kind, fields, actions, accessory, input }
}

const RULES: &[Rule] = &[
    rule("button", &["text", "url", "value", "style"], [Yes, Yes, No]),
    rule("workflow_button", &["text", "workflow", "style"], [Yes, Yes, No]),
    rule("overflow", &["options"], [Yes, Yes, No]),
    rule("checkboxes", &["options", "initial_options"], [Yes, Yes, Yes]),
    rule("radio_buttons", &["options", "initial_option"], [Yes, Yes, Yes]),
    rule("static_select", &["options", "option_groups", "initial_option"], [Yes, Yes, Yes]),
    rule("external_select", &["initial_option", "min_query_length"], [Yes, Yes, Yes]),
    rule("users_select", &["initial_user"], [Yes, Yes, Yes]),
    rule("conversations_select", CONVERSATIONS, [Yes, Yes, Yes]),
    rule("channels_select", &["initial_channel", "response_url_enabled"], [Yes, Yes, Yes]),
    rule(
        "multi_static_select",
        &["options", "option_groups", "initial_options", "max_selected_items"],
        [No, Yes, Yes],
    ),
    rule(
        "multi_external_select",
        &["initial_options", "min_query_length", "max_selected_items"],
        [No, Yes, Yes],
    ),
    rule("multi_users_select", &["initial_users", "max_selected_items"], [No, Yes, Yes]),
    rule("multi_conversations_select", CONVERSATIONS, [No, Yes, Yes]),
    rule("multi_channels_select", &["initial_channels", "max_selected_items"], [No, Yes, Yes]),
    rule("datepicker", &["initial_date"], [Yes, Yes, Yes]),
    rule("timepicker", &["initial_time", "timezone"], [Yes, Yes, Yes]),
    rule("datetimepicker", &["initial_date_time"], [Yes, No, Yes]),
    rule(
        "plain_text_input",
        &["initial_value", "multiline", "min_length", "max_length", "dispatch_action_config"],
        [No, No, Yes],
    ),
    rule(
        "number_input",
        &["is_decimal_allowed", "initial_value", "min_value", "max_value", "dispatch_action_config"],
        [No, No, Yes],
    ),
    rule("email_text_input", &["initial_value", "dispatch_action_config"], [No, No, Yes]),
    rule("url_text_input", &["initial_value", "dispatch_action_config"], [No, No, Yes]),
    rule("rich_text_input", &["initial_value", "dispatch_action_config"], [Yes, No, Yes]),
    rule("file_input", &["filetypes", "max_files"], [No, No, Yes]),
];

const CONVERSATIONS: &[&str] = &[
    "initial_conversation",
    "initial_conversations",
    "default_to_current_conversation",
    "response_url_enabled",
    "filter",
    "max_selected_items",
];

/// Checks one element.
pub(super) fn element(findings: &mut Findings, element: &Value, place: Place, at: &str) {
    let Some(fields) = element.as_object() else { return findings.add(at, "must be an object") };
    let kind = fields.get("type").and_then(Value::as_str).unwrap_or_default();
    if kind == "image" && place == Place::Accessory {
        return image(findings, fields, at);
    }
    let Some(rule) = RULES.iter().find(|rule| rule.kind == kind) else {
        return findings.add(&format!("{at}/type"), format_args!("unsupported type: {kind}"));
    };
    let allowed = match place {
        Place::Actions => rule.actions == Yes,
        Place::Accessory => rule.accessory == Yes,
        Place::Input(surface) => rule.input == Yes && (kind != "file_input" || surface == Surface::Modal),
    };
    if !allowed {
        findings.add(at, format_args!("{kind} is not allowed here"));
    }
    let known: Vec<&str> = COMMON.iter().chain(rule.fields).copied().collect();
    findings.known(fields, &known, at);
    findings.short(fields, "action_id", 255, at);
    if let Some(placeholder) = fields.get("placeholder") {
        findings.text(placeholder, TextKind::Plain, 150, &format!("{at}/placeholder"));
    }
    if let Some(confirm) = fields.get("confirm") {
        confirmation(findings, confirm, &format!("{at}/confirm"));
    }
    match kind {
        "button" => button(findings, fields, at),
        "overflow" => options(findings, fields, 5, at),
        "checkboxes" | "radio_buttons" => options(findings, fields, 10, at),
        "static_select" | "multi_static_select" => grouped(findings, fields, at),
        "plain_text_input" => findings.short(fields, "initial_value", 3000, at),
        "number_input" if !fields.contains_key("is_decimal_allowed") => {
            findings.add(at, "missing required field: is_decimal_allowed");
        }
        _ => {}
    }
}

fn button(findings: &mut Findings, fields: &Map<String, Value>, at: &str) {
    findings.need_text(fields, "text", TextKind::Plain, 75, at);
    findings.short(fields, "value", 2000, at);
    findings.short(fields, "url", 3000, at);
    findings.short(fields, "accessibility_label", 75, at);
    if let Some(style) = fields.get("style")
        && style != "primary"
        && style != "danger"
    {
        findings.add(&format!("{at}/style"), "must be primary or danger");
    }
    if let Some(url) = fields.get("url").and_then(Value::as_str)
        && url::Url::parse(url).is_err()
    {
        findings.add(&format!("{at}/url"), "invalid url");
    }
}

fn confirmation(findings: &mut Findings, confirm: &Value, at: &str) {
    let Some(fields) = confirm.as_object() else { return findings.add(at, "must be an object") };
    findings.known(fields, &["title", "text", "confirm", "deny", "style"], at);
    findings.need_text(fields, "title", TextKind::Plain, 100, at);
    findings.need_text(fields, "text", TextKind::Any, 300, at);
    findings.need_text(fields, "confirm", TextKind::Plain, 30, at);
    findings.need_text(fields, "deny", TextKind::Plain, 30, at);
}

fn options(findings: &mut Findings, fields: &Map<String, Value>, most: usize, at: &str) {
    for (n, option) in findings.items(fields, "options", most, at).iter().enumerate() {
        let at = format!("{at}/options/{n}");
        let Some(fields) = option.as_object() else {
            findings.add(&at, "must be an object");
            continue;
        };
        findings.known(fields, &["text", "value", "description", "url"], &at);
        findings.need_text(fields, "text", TextKind::Any, 75, &at);
        findings.short(fields, "value", 150, &at);
        findings.short(fields, "url", 3000, &at);
        if !fields.contains_key("value") {
            findings.add(&at, "missing required field: value");
        }
        if let Some(description) = fields.get("description") {
            findings.text(description, TextKind::Any, 75, &format!("{at}/description"));
        }
    }
}

fn grouped(findings: &mut Findings, fields: &Map<String, Value>, at: &str) {
    if !fields.contains_key("option_groups") {
        return options(findings, fields, 100, at);
    }
    if fields.contains_key("options") {
        findings.add(at, "only one of `options` and `option_groups` is allowed");
    }
    for (n, group) in findings.items(fields, "option_groups", 100, at).iter().enumerate() {
        let at = format!("{at}/option_groups/{n}");
        match group.as_object() {
            Some(fields) => {
                findings.need_text(fields, "label", TextKind::Plain, 75, &at);
                options(findings, fields, 100, &at);
            }
            None => findings.add(&at, "must be an object"),
        }
    }
}

/// An image, as a block, an accessory or in a context.
pub(super) fn image(findings: &mut Findings, fields: &Map<String, Value>, at: &str) {
    match fields.get("alt_text").and_then(Value::as_str) {
        Some(_) => findings.short(fields, "alt_text", 2000, at),
        None => findings.add(at, "missing required field: alt_text"),
    }
    if fields.contains_key("image_url") == fields.contains_key("slack_file") {
        findings.add(at, "must define either `image_url` or `slack_file`");
    }
    findings.short(fields, "image_url", 3000, at);
}
