//! Every message, with the worst texts, before Slack's own judges: the models of its Python SDK and its TypeScript types.
//!
//! What they are shown is kept in `target/slack-messages` and `target/node/messages`. `scripts/test` brings both judges; a
//! machine without them fails the tests.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::hostile::{attacked, messages};
use super::*;
use crate::domain::effect::Form;
use crate::domain::postmortem::Part;
use crate::ports::tests::at;
use crate::words::plain::Slashes;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Texts of 4000 characters, of emoji, from right to left, and calls for everybody.
fn worst() -> [(&'static str, String); 5] {
    [
        ("long", "High error rate on checkout ".repeat(150)),
        ("escaped", "<!channel> & <@U0A> ".repeat(200)),
        ("emoji", "👩‍🚒🔥".repeat(500)),
        ("from-right-to-left", "تعذر الوصول إلى الخدمة \u{202e}".repeat(160)),
        ("short", "x".to_owned()),
    ]
}

/// Every message in every state, by a name of its own.
fn everything() -> Vec<(String, Message)> {
    let states = [
        ("new", view()),
        ("triggered", settled()),
        ("acknowledged", acknowledged()),
        ("monitoring", monitoring()),
        ("resolved", resolved()),
        ("merged", merged_away()),
    ];
    let mut all = vec![];
    for (state, view) in states {
        all.extend(numbered(&format!("{state}-plain"), messages(&view)));
        let thread = at_severity(Severity::P3, view.clone());
        all.extend(numbered(&format!("{state}-without-channel"), messages(&thread)));
        for (what, text) in worst() {
            let mut view = attacked(view.clone(), &text);
            for (n, child) in (0..).zip(&mut view.children) {
                let labels = (0..50).map(|label| (format!("label_{n}_{label}"), format!("{label} {text}")));
                child.alert.labels.extend(labels);
            }
            view.children = view.children.iter().cycle().take(40).cloned().collect();
            all.extend(numbered(&format!("{state}-{what}"), messages(&view)));
        }
    }
    all
}

#[test]
fn no_kind_of_message_is_left_out() {
    let read = |file: &str| fs::read_to_string(root().join("src/adapters/slack/blocks").join(file)).unwrap();
    let made = ["tests/hostile.rs", "tests/official.rs", "tests/home.rs"].map(read).concat();
    let rooms = read("mod.rs");
    let public = rooms.lines().filter_map(|line| line.strip_prefix("pub use ")?.split_once("::"));
    let kinds = public.flat_map(|(_, names)| names.split([',', '{', '}', ';', ' ']));
    // Links are no message, but stand in some.
    let kinds: Vec<&str> =
        kinds.filter(|name| name.starts_with(char::is_lowercase) && *name != "links").collect();
    assert!(kinds.contains(&"page") && kinds.contains(&"form"), "the kinds were not found: {kinds:?}");
    for kind in kinds {
        assert!(
            made.contains(&format!(" {kind}(")) || made.contains(&format!("({kind}(")),
            "{kind} is shown to nobody"
        );
    }
}

#[test]
fn every_message_can_be_said_without_its_looks() {
    for (name, message) in everything() {
        let Some(said) = plain(&message, Slashes { incident: "/incident", oncall: "/oncall" }) else {
            assert!(message.blocks.is_empty(), "{name} is lost with its looks");
            continue;
        };
        assert!(said.blocks.is_empty() && !said.text.trim().is_empty(), "{name}");
        assert!(said.text.encode_utf16().count() <= 4000, "{name}: {}", said.text);
        assert!(!said.text.contains("<!channel>"), "{name}: {}", said.text);
        let has_buttons =
            serde_json::to_value(&message.blocks).unwrap().to_string().contains("\"action_id\":\"ack\"");
        assert!(!has_buttons || said.text.contains(" ack`"), "{name} cannot be taken: {}", said.text);
    }
}

/// Every form, filled in with the worst, and App Homes.
fn forms() -> Vec<(String, Value)> {
    let mut all = vec![];
    for (what, text) in worst() {
        let attacked = attacked(settled(), &text);
        let (id, title) = (attacked.incident.id, Some(text.clone()));
        let services: Vec<String> =
            (0..150).map(|n| format!("{n} {text}").chars().take(75).collect()).collect();
        let choosable = Choosable { services: services.clone(), schedules: services.clone() };
        let forms = [
            (Form::Declare { severity: None, title: None }, None),
            (Form::Declare { severity: Some(Severity::P1), title }, None),
            (Form::Severity { incident: id, saw: None }, Some(&attacked)),
            (Form::Resolve { incident: id, saw: None }, Some(&attacked)),
            (Form::Update { incident: id }, Some(&attacked)),
            (
                Form::Override { schedule: services[0].as_str().into(), from: at("03:00"), to: at("08:00") },
                None,
            ),
            (Form::Silence { incident: id, saw: None }, Some(&attacked)),
            (Form::Postmortem { incident: id }, None),
            (Form::Section { incident: id, part: None, revision: 0 }, Some(&attacked)),
            (Form::Section { incident: id, part: Some(Part::Timeline), revision: 3 }, Some(&attacked)),
        ];
        for (n, (asked, about)) in forms.into_iter().enumerate() {
            let modal = form(&asked, about, &"C42".into(), &choosable).expect("Slack would take it");
            all.push((format!("form-{what}-{n}"), serde_json::to_value(modal).unwrap()));
            all.push((format!("loading-{what}-{n}"), loading(&asked)));
        }
    }
    let homes = home::homes().into_iter().enumerate();
    all.extend(homes.map(|(n, home)| (format!("home-{n}"), home)));
    all
}

fn numbered(name: &str, messages: Vec<Message>) -> Vec<(String, Message)> {
    let with_number = |(n, message): (usize, Message)| (format!("{name}-{n:02}"), message);
    messages.into_iter().enumerate().map(with_number).collect()
}

/// This folder, empty.
fn emptied(folder: &str) -> PathBuf {
    let folder = root().join(folder);
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    fs::create_dir_all(&folder).unwrap();
    folder
}

#[track_caller]
fn approves(judge: &mut Command) {
    let said = judge.output().unwrap_or_else(|error| panic!("{judge:?} cannot be started: {error}"));
    let (out, err) = (String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr));
    assert!(said.status.success(), "{out}\n{err}");
}

#[expect(
    clippy::disallowed_methods,
    reason = "which Python to use is the tester's choice, not the product's"
)]
fn python() -> PathBuf {
    let made_by_scripts = root().join("target/venv/bin/python");
    let python = std::env::var("DONTPANIC_TEST_PYTHON").map_or(made_by_scripts, PathBuf::from);
    assert!(
        python.exists(),
        "no Python with slack_sdk: run scripts/test, or set DONTPANIC_TEST_PYTHON to one"
    );
    python
}

#[test]
fn the_models_of_slacks_python_sdk_take_every_message() {
    let folder = emptied("target/slack-messages");
    for (name, message) in everything() {
        fs::write(folder.join(name).with_extension("json"), sent(&message).to_string()).unwrap();
    }
    for (name, modal) in forms() {
        fs::write(folder.join(name).with_extension("json"), modal.to_string()).unwrap();
    }
    let script = root().join("tests/official/messages_check.py");
    approves(Command::new(python()).arg(script).arg(folder));
}

/// A program that has these messages for arguments of `chat.postMessage` and these forms for arguments of `views.open`,
/// and one that must not pass.
fn program(messages: &[(String, Message)], forms: &[(String, Value)]) -> String {
    let mut text = "import type { KnownBlock } from '@slack/types';\n\
                    import type { ChatPostMessageArguments, ViewsOpenArguments } from '@slack/web-api';\n\
                    // A judge who lets this pass would let anything pass.\n\
                    // @ts-expect-error A header takes no mrkdwn.\n\
                    export const wrong: KnownBlock[] = [{ type: 'header', text: { type: 'mrkdwn', text: 'no' } }];\n"
        .to_owned();
    for (n, (name, message)) in messages.iter().enumerate() {
        let sent = sent(message);
        let arguments = format!("{{ channel: 'C0', text: {}, blocks: blocks{n} }}", sent["text"]);
        let blocks = &sent["blocks"];
        write!(
            text,
            "// {name}\nconst blocks{n}: KnownBlock[] = {blocks};\n\
             export const message{n}: ChatPostMessageArguments = {arguments};\n"
        )
        .unwrap();
    }
    for (n, (name, modal)) in forms.iter().enumerate() {
        let arguments = format!("{{ trigger_id: '1.2.x', view: {modal} }}");
        write!(text, "// {name}\nexport const form{n}: ViewsOpenArguments = {arguments};\n").unwrap();
    }
    text
}

#[test]
fn the_types_of_slacks_javascript_sdk_fit_every_message() {
    let node = root().join("target/node");
    let compiler = node.join("node_modules/typescript/bin/tsc");
    assert!(compiler.exists(), "no TypeScript with Slack's types: run scripts/test");
    // Types are looked for in the folders above the program.
    let program_file = emptied("target/node/messages").join("messages.ts");
    fs::write(&program_file, program(&everything(), &forms())).unwrap();
    let mut judge = Command::new("node");
    judge.current_dir(node).arg(compiler).args(["--noEmit", "--strict", "--skipLibCheck", "--types", "node"]);
    judge.args(["--module", "nodenext", "--moduleResolution", "nodenext", "--target", "es2022"]);
    approves(judge.arg(program_file));
}
