//! Calendars for other programs: at secret addresses, always as it is now, and read by a parser that is not ours.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::harness::world::{World, scenario};
use crate::official::python;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/official/ical_check.py");

/// What the parser reads.
pub fn parsed(calendar: &str) -> Value {
    let mut parser = Command::new(python())
        .arg(SCRIPT)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("DONTPANIC_TEST_PYTHON cannot be started");
    parser.stdin.take().expect("a pipe").write_all(calendar.as_bytes()).expect("it reads");
    let said = parser.wait_with_output().expect("it ends");
    assert!(
        said.status.success(),
        "the calendar is not what RFC 5545 says; the reason is above:\n{calendar}"
    );
    serde_json::from_slice(&said.stdout).expect("json")
}

/// The paths of the addresses in an answer.
fn paths(answer: &str) -> Vec<String> {
    let linked = answer.split_whitespace().filter_map(|word| word.strip_prefix('<')?.strip_suffix('>'));
    let addresses = linked.filter_map(|url| url.strip_prefix("https://dontpanic.example.org"));
    addresses.map(ToOwned::to_owned).collect()
}

scenario!(calendars_say_what_everybody_else_says, async |world: &mut World| {
    let answer = world.types("bob", "incidents", "/oncall ical").await;
    let [of_all, of_bob] = &paths(&answer)[..] else { panic!("{answer}") };
    assert!(!answer.contains("charlie"), "nobody else's: {answer}");
    world.types("charlie", "incidents", "/oncall take 2h").await;

    let (status, text) = world.reads(of_all).await;
    assert_eq!(status, 200);
    let read = parsed(&text);
    assert_eq!(read["name"], "On call: platform");
    let (_, shifts) = world.gets_api("oncall/shifts?from=2026-10-21T03:00:00Z&to=2027-02-18T03:00:00Z").await;
    let expected: Vec<(Value, Value, Value)> = shifts["shifts"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|shift| {
            let first = shift["primary"].as_str().expect("somebody");
            (shift["start"].clone(), shift["end"].clone(), Value::from(format!("{first} on call (platform)")))
        })
        .collect();
    let events = |read: &Value| read["events"].as_array().expect("a list").clone();
    let shown: Vec<(Value, Value, Value)> = events(&read)
        .iter()
        .map(|event| (event["start"].clone(), event["end"].clone(), event["summary"].clone()))
        .collect();
    assert_eq!(shown, expected);
    assert!(shown.len() > 18, "thirty days back and ninety ahead: {}", shown.len());

    let his = parsed(&world.reads(of_bob).await.1);
    let summaries: Vec<String> =
        events(&his).iter().map(|event| event["summary"].as_str().expect("a text").to_owned()).collect();
    assert!(summaries.contains(&"On call: platform".to_owned()), "{summaries:?}");
    assert!(summaries.contains(&"Second on call: platform".to_owned()), "{summaries:?}");

    // A shift that is cut keeps its name.
    let uids = |read: &Value| events(read).iter().map(|event| event["uid"].clone()).collect::<Vec<_>>();
    let before = uids(&read);
    world.types("charlie", "incidents", "/oncall override cancel 1").await;
    let after = uids(&parsed(&world.reads(of_all).await.1));
    assert!(after.iter().all(|uid| before.contains(uid)), "{after:?} of {before:?}");
});

scenario!(a_calendar_is_found_by_its_secret_alone, async |world: &mut World| {
    let (_, listed) = world.gets_api("oncall/ical").await;
    let listed = listed["calendars"].as_array().expect("a list").clone();
    assert_eq!(listed.len(), 6, "one schedule, five people");
    let path = listed[0]["path"].as_str().expect("a path").to_owned();
    assert!(path.len() > 50, "nobody guesses it: {path}");
    assert_eq!(listed[0]["url"], format!("https://dontpanic.example.org{path}"));
    assert_eq!(world.reads(&path).await.0, 200);
    let almost = path.replace(".ics", "x.ics");
    let flipped = path.replace("/calendar/", "/calendar/A");
    for wrong in [
        &almost,
        &flipped,
        "/calendar/platform.ics",
        "/calendar/.ics",
        "/calendar/",
        &path.replace(".ics", ""),
    ] {
        assert_eq!(world.reads(wrong).await.0, 404, "{wrong}");
    }
    world.restart().await;
    assert_eq!(world.reads(&path).await.0, 200, "it outlives a restart");
});
