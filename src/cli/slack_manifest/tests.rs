use regex::Regex;
use serde_json::{Map, Value};

use super::*;

const SCHEMA: &str = include_str!("../../../tests/data/slack/manifest.schema.2.0.0.json");
const METHODS: &str = include_str!("../../../tests/data/slack/methods.json");

/// As much of JSON Schema as the manifest's needs; a keyword that is not understood here is a failure, not a pass.
fn faults(value: &Value, schema: &Value, root: &Value, path: &str) -> Vec<String> {
    let schema = schema.as_object().unwrap();
    if let Some(Value::String(reference)) = schema.get("$ref") {
        return faults(value, root.pointer(reference.trim_start_matches('#')).unwrap(), root, path);
    }
    let empty = Map::new();
    let object = value.as_object().unwrap_or(&empty);
    let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&empty);
    let n_chars = value.as_str().map_or(0, |text| text.chars().count() as u64);
    let n_items = value.as_array().map_or(0, |items| items.len() as u64);
    let mut found = vec![];
    for (keyword, rule) in schema {
        let holds = match keyword.as_str() {
            "type" => match rule.as_str().unwrap() {
                "object" => value.is_object(),
                "array" => value.is_array(),
                "string" => value.is_string(),
                "boolean" => value.is_boolean(),
                "integer" => value.is_i64(),
                other => panic!("the type {other}"),
            },
            "required" => {
                rule.as_array().unwrap().iter().all(|name| object.contains_key(name.as_str().unwrap()))
            }
            "additionalProperties" => {
                rule != &Value::Bool(false) || object.keys().all(|name| properties.contains_key(name))
            }
            "properties" => {
                for (name, value) in object {
                    if let Some(schema) = properties.get(name) {
                        found.extend(faults(value, schema, root, &format!("{path}.{name}")));
                    }
                }
                true
            }
            "items" => {
                for value in value.as_array().into_iter().flatten() {
                    found.extend(faults(value, rule, root, &format!("{path}[]")));
                }
                true
            }
            "minLength" => n_chars >= rule.as_u64().unwrap(),
            "maxLength" => n_chars <= rule.as_u64().unwrap(),
            "minItems" => n_items >= rule.as_u64().unwrap(),
            "maxItems" => n_items <= rule.as_u64().unwrap(),
            "pattern" | "regex" => Regex::new(&rule.as_str().unwrap().replace("\\/", "/"))
                .unwrap()
                .is_match(value.as_str().unwrap()),
            "enum" => rule.as_array().unwrap().contains(value),
            "description" | "title" | "default" | "uniqueItems" | "$schema" | "definitions" | "_note"
            | "format" => true,
            other => panic!("the keyword {other} at {path}"),
        };
        if !holds {
            found.push(format!("{path}: {keyword} {rule}"));
        }
    }
    found
}

#[test]
fn both_manifests_are_what_slack_accepts() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    for base in [None, Some("https://dontpanic.example.com")] {
        let manifest = manifest(base, "incident", "/oncall");
        assert_eq!(faults(&manifest, &schema, &schema, "manifest"), Vec::<String>::new());
        let command = &manifest["features"]["slash_commands"][0];
        assert_eq!(command["command"], "/incident");
        assert_eq!(command["url"].is_string(), base.is_some(), "socket mode knows no address");
        let events = &manifest["settings"]["event_subscriptions"];
        assert_eq!(events["request_url"].is_string(), base.is_some());
        let heard = ["message.channels", "message.groups", "pin_added", "reaction_added"];
        assert_eq!(events["bot_events"], serde_json::json!(heard));
    }
}

#[test]
fn every_scope_is_one_that_a_call_needs() {
    let methods: Value = serde_json::from_str(METHODS).unwrap();
    for (method, scopes) in CALLS {
        let known = methods[method]["bot_scopes"].as_array().unwrap();
        for scope in scopes.iter().filter(|scope| **scope != "chat:write.public") {
            assert!(known.contains(&Value::from(*scope)), "{method} does not take {scope}");
        }
    }
    let text = manifest(None, "incident", "oncall")["oauth_config"]["scopes"]["bot"].to_string();
    insta::assert_snapshot!(text, @r#"
    ["bookmarks:read","bookmarks:write","channels:history","channels:join","channels:manage","channels:read","chat:write","chat:write.public","commands","groups:history","groups:read","pins:read","pins:write","reactions:read","reactions:write","users:read"]
    "#);
}
