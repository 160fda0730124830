use std::collections::BTreeSet;

use serde_json::Map;

use super::*;

/// Slack's own data about these methods.
fn documented() -> Map<String, Value> {
    serde_json::from_str(include_str!("../../../tests/data/slack/methods.json")).unwrap()
}

fn words(list: &Value) -> BTreeSet<&str> {
    list.as_array()
        .unwrap()
        .iter()
        .map(|word| word.as_str().unwrap())
        .filter(|word| *word != "token")
        .collect()
}

#[test]
fn the_methods_are_slacks_and_can_be_looked_up() {
    let names: Vec<String> = METHODS.iter().map(|method| method.name.to_owned()).collect();
    assert_eq!(names, documented().into_iter().map(|(name, _)| name).collect::<Vec<_>>());
    for name in &names {
        assert!(find(name).is_some_and(|found| found.name == name), "{name}");
    }
}

#[test]
fn arguments_tiers_bodies_and_scopes_are_as_slack_documents_them() {
    let documented = documented();
    let mut stricter = vec![];
    for method in METHODS {
        let (name, theirs) = (method.name, &documented[method.name]);
        let required: BTreeSet<&str> = method.required.iter().map(|(argument, _)| *argument).collect();
        let known: BTreeSet<&str> = required.iter().chain(method.optional).copied().collect();
        assert_eq!(known, words(&theirs["args"]), "the arguments of {name}");
        let must = words(&theirs["required"]);
        assert!(must.is_subset(&required), "{name} must have {must:?}");
        stricter.extend(required.difference(&must).map(|argument| format!("{name} {argument}")));
        let tier = match method.tier {
            Two => "t2",
            Three => "t3",
            Four => "t4",
            Special | Posting => "t5",
        };
        assert_eq!(theirs["tier"], tier, "the tier of {name}");
        assert_eq!(theirs["json"], method.body == FormOrJson, "whether {name} takes JSON");
        let scopes = words(&theirs["bot_scopes"]);
        let asked: Vec<&str> = match method.needs {
            Nothing | AppToken => vec![],
            Scope(scope) => vec![scope],
            Needs::ByKind { public, private, direct } => [public, private, direct].concat(),
        };
        assert_eq!(asked.is_empty(), scopes.is_empty(), "{name} needs one of {scopes:?}");
        let strange: Vec<&&str> = asked.iter().filter(|scope| !scopes.contains(**scope)).collect();
        assert!(strange.is_empty(), "{name} is not allowed by {strange:?}, but by {scopes:?}");
    }
    // Slack lists these as optional, since other things can be meant, which are not here: files, and bookmarks elsewhere.
    let expected = [
        "bookmarks.add channel_id",
        "bookmarks.edit bookmark_id",
        "bookmarks.edit channel_id",
        "bookmarks.list channel_id",
        "bookmarks.remove bookmark_id",
        "bookmarks.remove channel_id",
        "conversations.kick user",
        "pins.add timestamp",
        "pins.remove timestamp",
        "reactions.get channel",
        "reactions.get timestamp",
        "reactions.remove channel",
        "reactions.remove timestamp",
    ];
    assert_eq!(stricter, expected);
}

#[test]
fn every_error_it_answers_is_documented() {
    let documented = documented();
    for method in METHODS {
        let theirs = words(&documented[method.name]["errors"]);
        let ours = method.required.iter().map(|(_, error)| error).chain(method.errors);
        let invented: Vec<&&str> =
            ours.filter(|code| !theirs.contains(**code) && !GENERAL_ERRORS.contains(code)).collect();
        assert!(invented.is_empty(), "{} never answers {invented:?}", method.name);
    }
}
