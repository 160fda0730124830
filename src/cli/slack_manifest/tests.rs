use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;
use serde_json::{Map, Value};

use super::*;
use crate::adapters::slack::Method;

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
        let events = &manifest["settings"]["event_subscriptions"];
        let channel = ["archive", "deleted", "left", "rename", "unarchive"];
        let places = ["channel", "group"].map(|sort| channel.map(|what| format!("{sort}_{what}"))).concat();
        let talk = ["member_joined_channel", "member_left_channel", "message.channels", "message.groups"];
        let heard = [vec!["app_home_opened"], places.iter().map(String::as_str).collect(), talk.to_vec()];
        let heard = [heard.concat(), vec!["pin_added", "reaction_added", "user_change"]].concat();
        assert_eq!(events["bot_events"], serde_json::json!(heard));
        assert_eq!(events["request_url"].is_string(), base.is_some(), "socket mode knows no address");
        assert_eq!(manifest["features"]["app_home"]["home_tab_enabled"], true);
        assert_eq!(
            manifest["features"]["app_home"]["messages_tab_read_only_enabled"], false,
            "commands are typed there"
        );
        assert_eq!(command["url"].is_string(), base.is_some(), "socket mode knows no address");
    }
}

/// The client's files: one function for each call.
const CLIENT: [&str; 5] = ["calls.rs", "canvases.rs", "channels.rs", "invite.rs", "client/mod.rs"];

/// The code of a file or a folder of the sources, without tests.
fn code_of(path: &Path) -> Vec<(PathBuf, String)> {
    if path.is_dir() {
        let entries = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
        return entries.filter(|path| !path.ends_with("tests")).flat_map(|path| code_of(&path)).collect();
    }
    if path.ends_with("tests.rs") {
        return vec![];
    }
    let text = fs::read_to_string(path).unwrap();
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>();
    vec![(path.to_owned(), code.join("\n"))]
}

/// The functions that a text calls by name on something.
fn called(code: &str) -> BTreeSet<String> {
    let call = Regex::new(r"\.\s*(\w+)(?:::<[^>]*>)?\(").unwrap();
    call.captures_iter(code).map(|found| found[1].to_owned()).collect()
}

/// The methods that the service calls: those in the client's functions that somebody uses, as the sources have it.
fn methods_in_use() -> BTreeSet<&'static str> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let slack = src.join("adapters/slack");
    let client: Vec<PathBuf> = CLIENT.iter().map(|file| slack.join(file)).collect();
    let function = Regex::new(r"\bfn (\w+)").unwrap();
    let mut bodies: BTreeMap<String, String> = BTreeMap::new();
    for (_, code) in client.iter().flat_map(|file| code_of(file)) {
        let starts: Vec<_> = function.captures_iter(&code).map(|found| found.get(1).unwrap()).collect();
        let ends = starts.iter().skip(1).map(regex::Match::start).chain([code.len()]);
        for (name, end) in starts.iter().zip(ends) {
            bodies.entry(name.as_str().to_owned()).or_default().push_str(&code[name.end()..end]);
        }
    }
    let users = [slack, src.join("inbound"), src.join("app")];
    let users = users.iter().flat_map(|path| code_of(path)).filter(|(path, _)| !client.contains(path));
    let mut to_look_at: BTreeSet<String> = users.flat_map(|(_, code)| called(&code)).collect();
    let mut used = String::new();
    while let Some(name) = to_look_at.pop_first() {
        if let Some(body) = bodies.remove(&name) {
            to_look_at.extend(called(&body));
            used.push_str(&body);
        }
    }
    let named = |method: &&Method| Regex::new(&format!(r"\bMethod::{method:?}\b")).unwrap().is_match(&used);
    Method::ALL.iter().filter(named).map(|method| method.name()).collect()
}

#[test]
fn the_scopes_are_those_of_the_methods_in_use_and_no_others() {
    let documented: Value = serde_json::from_str(METHODS).unwrap();
    let scopes_of = |method: &str| documented[method]["bot_scopes"].as_array().cloned().unwrap_or_default();
    let used: BTreeSet<&str> =
        methods_in_use().into_iter().filter(|method| !scopes_of(method).is_empty()).collect();
    let calls = || CALLS.iter().chain(&OPTIONAL_CALLS);
    let declared: BTreeSet<&str> = calls().map(|(method, _)| *method).collect();
    assert_eq!(declared, used, "the manifest's methods, and those that the code uses");
    for (method, scopes) in calls() {
        // Writing in a channel without being in it is an addition to a scope, not a method's own.
        for scope in scopes.iter().filter(|scope| **scope != "chat:write.public") {
            assert!(scopes_of(method).contains(&Value::from(*scope)), "{method} does not take {scope}");
        }
    }
    let manifest = manifest(None, "incident", "oncall");
    assert_eq!(manifest["oauth_config"]["scopes"]["bot_optional"], serde_json::json!(["canvases:write"]));
    let needed = scopes();
    assert!(optional_scopes().iter().all(|scope| !needed.contains(scope)), "what is needed is not optional");
    let text = manifest["oauth_config"]["scopes"]["bot"].to_string();
    insta::assert_snapshot!(text, @r#"
    ["bookmarks:read","bookmarks:write","channels:history","channels:join","channels:manage","channels:read","chat:write","chat:write.public","commands","groups:history","groups:read","groups:write","im:history","pins:read","pins:write","reactions:read","reactions:write","usergroups:read","usergroups:write","users:read"]
    "#);
}

#[test]
fn the_events_are_those_that_somebody_reads_and_no_others() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let read = Regex::new(r"\bEvent::read\(").unwrap();
    let readers: Vec<PathBuf> =
        code_of(&src).into_iter().filter(|(_, code)| read.is_match(code)).map(|(path, _)| path).collect();
    let subscribed = &manifest(None, "incident", "oncall")["settings"]["event_subscriptions"];
    assert_eq!(subscribed.is_null(), readers.is_empty(), "{subscribed} is read by {readers:?}");
}
