//! Every payload that Slack's own SDK has a sample of, whole and damaged, through the real doors and all the way to the
//! workers: answered well, acted upon or laid aside, and nobody panics.

use std::path::Path;

use futures::{StreamExt as _, stream};
use serde_json::{Value, json};

use crate::harness::database::TestDatabase;
use crate::harness::house::house;
use crate::harness::world::World;

/// Requests that are under way at once.
const AT_ONCE: usize = 32;
/// Requests before the service gets its turn.
const BETWEEN_TURNS: usize = 500;
/// Fields are left out down to this depth; what lies deeper is read by nobody.
const DEPTH: u32 = 3;
/// Into how many pieces a body is cut, to be sent without its last ones.
const PIECES: usize = 8;

/// What the service may say about all this.
const TOLD: [&str; 2] = [
    "a request to the slack endpoints is refused reason=the body is not what slack sends",
    "lacks what it needs",
];

/// A payload by the name of its sample and what was done to it.
struct Sample {
    name: String,
    payload: Value,
}

/// Every sample, with every field there is. Ids and names are empty in them; real ones never are.
fn samples() -> Vec<Sample> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/slack/payload-samples");
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = entries.filter(|path| path.extension().is_some_and(|ending| ending == "json"));
    let read = |path: std::path::PathBuf| {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let mut payload = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        fill(&mut payload);
        Sample { name, payload }
    };
    files.map(read).collect()
}

fn fill(payload: &mut Value) {
    match payload {
        Value::String(word) if word.is_empty() => "X1".clone_into(word),
        Value::Array(items) => items.iter_mut().for_each(fill),
        Value::Object(fields) => fields.values_mut().for_each(fill),
        _ => {}
    }
}

/// The same without one of its fields, for each of them.
fn without_one(payload: &Value, depth: u32) -> Vec<(String, Value)> {
    let mut found = vec![];
    match payload {
        Value::Object(fields) if depth > 0 => {
            for (name, field) in fields {
                let mut rest = fields.clone();
                rest.remove(name);
                found.push((name.clone(), Value::Object(rest)));
                for (inner, damaged) in without_one(field, depth - 1) {
                    let mut copy = fields.clone();
                    copy[name] = damaged;
                    found.push((format!("{name}.{inner}"), Value::Object(copy)));
                }
            }
        }
        // All items of a list are alike.
        Value::Array(items) if !items.is_empty() => {
            found.extend(without_one(&items[0], depth).into_iter().map(|(name, item)| (name, json!([item]))));
        }
        _ => {}
    }
    found
}

/// The door it comes in by.
fn door(name: &str) -> &'static str {
    match name {
        _ if name.starts_with("events.") => "/slack/events",
        _ if name.contains("slash-commands") => "/slack/commands",
        _ => "/slack/interactions",
    }
}

fn form(fields: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// The body as Slack sends it by that door. What tells deliveries apart, where it is, is made different for each.
fn body(door: &str, payload: &Value, n: usize) -> String {
    let mut payload = payload.clone();
    for id in ["event_id", "trigger_id"] {
        if let Some(field) = payload.get_mut(id) {
            *field = json!(format!("{id}.{n}"));
        }
    }
    match door {
        "/slack/commands" => {
            let fields = payload.as_object().unwrap();
            let fields: Vec<(&str, &str)> = fields
                .iter()
                .map(|(name, field)| (name.as_str(), field.as_str().unwrap_or("false")))
                .collect();
            form(&fields)
        }
        "/slack/interactions" => form(&[("payload", &payload.to_string())]),
        _ => payload.to_string(),
    }
}

fn kind(door: &str) -> &'static str {
    if door == "/slack/events" { "application/json" } else { "application/x-www-form-urlencoded" }
}

/// A delivery: what it is, the door it comes in by, its body.
type Delivery = (String, &'static str, String);

/// Delivers everything, and says what was not answered with one of these statuses.
async fn badly_answered(world: &mut World, deliveries: &[Delivery], good: &[u16]) -> Vec<String> {
    let mut bad = vec![];
    for chunk in deliveries.chunks(BETWEEN_TURNS) {
        let here = &*world;
        let answered = stream::iter(chunk).map(async |(name, door, body)| {
            let status = here.delivers(door, kind(door), body.clone(), None).await;
            (!good.contains(&status)).then(|| format!("{status} to {name} by {door}"))
        });
        let answered: Vec<Option<String>> = answered.buffer_unordered(AT_ONCE).collect().await;
        bad.extend(answered.into_iter().flatten());
        world.settle().await;
    }
    bad
}

async fn nothing_slack_can_send_hurts(world: &mut World) {
    let samples = samples();
    assert!(samples.len() > 90, "only {} samples", samples.len());
    let (mut whole, mut damaged, mut cut): (Vec<Delivery>, Vec<Delivery>, Vec<Delivery>) = Default::default();
    let mut numbers = 0..;
    let mut number = || numbers.next().unwrap_or_default();
    for Sample { name, payload } in &samples {
        let door = door(name);
        whole.push((name.clone(), door, body(door, payload, number())));
        for (field, rest) in without_one(payload, DEPTH) {
            damaged.push((format!("{name} without {field}"), door, body(door, &rest, number())));
        }
        let text = body(door, payload, number());
        for piece in 0..PIECES {
            let end = text.floor_char_boundary(text.len() * piece / PIECES);
            cut.push((format!("{name} cut at {end}"), door, text[..end].to_owned()));
        }
    }
    assert!(damaged.len() > 1000, "only {} damaged ones", damaged.len());
    // Nobody can be answered who does not exist, and damage is told of.
    world.may_give_up();
    for told in TOLD {
        world.may_log(told);
    }
    assert_eq!(badly_answered(world, &whole, &[200]).await, Vec::<String>::new());
    assert_eq!(badly_answered(world, &damaged, &[200, 400]).await, Vec::<String>::new());
    assert_eq!(badly_answered(world, &cut, &[200, 400]).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_slack_can_send_hurts() {
    World::plays(house(), TestDatabase::sqlite(), nothing_slack_can_send_hurts).await;
}
