use super::text::some;
use super::*;

fn about(incident: Option<i64>, what: About) -> Ask {
    Ask::About { incident: incident.map(IncidentId), what }
}

#[test]
fn the_words_of_incident_are_read_in_every_order_people_type_them() {
    let table = [
        ("", Ask::Here),
        ("help", Ask::Help),
        ("list", Ask::List),
        ("ack", about(None, About::Acknowledge)),
        ("ACK", about(None, About::Acknowledge)),
        ("INC-42 ack", about(Some(42), About::Acknowledge)),
        ("ack inc-42", about(Some(42), About::Acknowledge)),
        ("INC-42", about(Some(42), About::Show)),
        (
            "declare P1 the ledger is down",
            Ask::Declare {
                severity: Some(Severity::P1),
                title: some("the ledger is down"),
                service: None,
                audience: Audience::Everybody,
            },
        ),
        (
            "declare the ledger is down",
            Ask::Declare {
                severity: None,
                title: some("the ledger is down"),
                service: None,
                audience: Audience::Everybody,
            },
        ),
        (
            "declare p2",
            Ask::Declare {
                severity: Some(Severity::P2),
                title: None,
                service: None,
                audience: Audience::Everybody,
            },
        ),
        (
            "severity p3 not that bad",
            about(None, About::Severity { to: Some(Severity::P3), reason: some("not that bad"), saw: None }),
        ),
        ("severity", about(None, About::Severity { to: None, reason: None, saw: None })),
        ("note   two  spaces ", about(None, About::Note("two  spaces".to_owned()))),
        ("escalate", about(None, About::Escalate(None))),
        ("escalate <@U0B|bob>", about(None, About::Escalate(Some(Who::Slack("U0B".into()))))),
        ("escalate @bob now", about(None, About::Escalate(Some(Who::Name("bob".to_owned()))))),
        (
            "page <@U0B|bob> please look",
            about(None, About::Page { who: vec![Who::Slack("U0B".into())], message: some("please look") }),
        ),
        (
            "page search",
            about(None, About::Page { who: vec![Who::Name("search".to_owned())], message: None }),
        ),
        ("commander", about(None, About::Appoint(None))),
        ("INC-7 commander @bob", about(Some(7), About::Appoint(Some(Who::Name("bob".to_owned()))))),
        ("snooze 30m", about(None, About::Snooze(Duration::minutes(30)))),
        ("snooze 1h 30 min", about(None, About::Snooze(Duration::minutes(90)))),
        ("update", about(None, About::Update(None))),
        ("update half of it is back", about(None, About::Update(some("half of it is back")))),
        (
            "resolve INC-7 disk was full",
            about(Some(7), About::Resolve { summary: some("disk was full"), while_firing: WhileFiring::Ask }),
        ),
        ("keep-open", about(None, About::KeepOpen)),
        (
            "INC-3 feedback runbook yes",
            about(Some(3), About::Feedback { question: Question::RunbookHelped, answer: Answer::Yes }),
        ),
        (
            "feedback Page no",
            about(None, About::Feedback { question: Question::PageNeeded, answer: Answer::No }),
        ),
        ("postmortem", about(None, About::Postmortem)),
        ("INC-4 postmortem publish", about(Some(4), About::PublishPostmortem)),
        ("postmortem decline a drill", about(None, About::DeclinePostmortem("a drill".to_owned()))),
        (
            "note 5 &lt; 6 &amp;amp; <@U0B|bob> <@U0C> in <#C1|ops> saw <https://x.example.org/?a=1&amp;b|it> <!subteam^S1|@dev>",
            about(
                None,
                About::Note("5 < 6 &amp; @bob @U0C in #ops saw https://x.example.org/?a=1&b @dev".to_owned()),
            ),
        ),
        ("note 1 <2", about(None, About::Note("1 <2".to_owned()))),
    ];
    for (text, ask) in table {
        assert_eq!(parse_incident(text), Ok(ask), "{text}");
    }
}

#[test]
fn what_is_not_understood_says_what_to_type_instead() {
    let said = |text: &str| parse_incident(text).unwrap_err().to_string();
    assert_eq!(said("post-mortm"), "there is no `post-mortm`; did you mean `postmortem`?");
    for typo in ["servity P1", "serverity", "postmorten", "comander", "escallate", "fedback runbook yes"] {
        assert!(said(typo).contains("; did you mean `"), "{typo}: {}", said(typo));
    }
    assert_eq!(said("akc"), "there is no `akc`; did you mean `ack`?");
    for text in ["snooze", "snooze 30", "snooze soon", "snooze 0m", "snooze é", "snooze 99999999999999999d"]
    {
        assert_eq!(said(text), "`snooze` is used like this: `snooze 30m`", "{text}");
    }
    assert_eq!(said("page"), "`page` is used like this: `page @person|schedule… [message]`");
    assert_eq!(said("resovle it"), "there is no `resovle`; did you mean `resolve`?");
    assert_eq!(said("post"), "there is no `post`; did you mean `postmortem`?");
    assert_eq!(said("frobnicate"), "there is no `frobnicate`");
    assert_eq!(said("severity high"), "`severity` is used like this: `severity [P2] [reason]`");
    let usage = "`postmortem` is used like this: `postmortem [publish | decline reason]`";
    assert_eq!((said("postmortem decline"), said("postmortem publsh")), (usage.to_owned(), usage.to_owned()));
    assert_eq!(said("note"), "`note` is used like this: `note text`");
    for text in
        ["feedback", "feedback runbook", "feedback yes", "feedback runbook maybe", "feedback page yes no"]
    {
        assert_eq!(said(text), "`feedback` is used like this: `feedback runbook|page yes|no`", "{text}");
    }
}

#[test]
fn the_words_of_oncall_are_read() {
    let asked = |schedule: Option<&str>, weeks| Ask::Schedule {
        schedule: schedule.map(|name| ScheduleId(name.to_owned())),
        weeks,
    };
    let table = [
        ("", Ask::WhoIsOnCall),
        ("now", Ask::WhoIsOnCall),
        ("help", Ask::OnCallHelp),
        ("schedule", asked(None, None)),
        ("schedule platform", asked(Some("platform"), None)),
        ("schedule 4", asked(None, Some(4))),
        ("schedule platform 4", asked(Some("platform"), Some(4))),
    ];
    for (text, ask) in table {
        assert_eq!(parse_oncall(text), Ok(ask), "{text}");
    }
    let usage = "`schedule` is used like this: `schedule [name] [weeks, 1-26]`";
    for wrong in ["schedule platform payments", "schedule 0", "schedule 4 4", "schedule 500"] {
        assert_eq!(parse_oncall(wrong).unwrap_err().to_string(), usage, "{wrong}");
    }
}

#[test]
fn who_is_asked_for_an_exchange_answers_in_words() {
    use super::on_call::{Consent, WhichSwap};
    let answer = |of: Option<&str>, says| {
        let which = WhichSwap::Of(of.map(|name| Who::Name(name.to_owned())));
        Ok(Ask::OnCall(OnCallAsk::AnswerSwap { which, says }))
    };
    assert_eq!(parse_oncall("swap accept"), answer(None, Consent::Yes));
    assert_eq!(parse_oncall("swap Decline @bob"), answer(Some("bob"), Consent::No));
    assert!(parse_oncall("swap accept @bob please").is_err());
    // Somebody may be called so.
    let Ok(Ask::OnCall(OnCallAsk::Swap { who, .. })) = parse_oncall("swap accept 2026-12-01") else {
        panic!()
    };
    assert_eq!(who, Who::Name("accept".to_owned()));
}

/// Whatever can be typed instead of a click is read as what the click asks for.
#[test]
fn what_is_typed_instead_of_a_click_asks_for_the_same() {
    use super::buttons::{Typed, feedback_action, read_feedback, typed, value};
    for (question, answer) in [(Question::RunbookHelped, Answer::Yes), (Question::PageNeeded, Answer::No)] {
        let action = feedback_action(question, answer);
        assert_eq!(read_feedback(&action), Some((question, answer)));
        let Some(Typed::Incident(incident, words)) = typed(&action, &value(IncidentId(3), 1)) else {
            panic!()
        };
        let asked = parse_incident(&format!("{incident} {words}"));
        assert_eq!(asked, Ok(about(Some(3), About::Feedback { question, answer })));
    }
    for (action, says) in [(on_call::AGREE, on_call::Consent::Yes), (on_call::DECLINE, on_call::Consent::No)]
    {
        let Some(Typed::OnCall(words)) = typed(action, "17") else { panic!() };
        let Ok(Ask::OnCall(OnCallAsk::AnswerSwap { says: said, .. })) = parse_oncall(&words) else {
            panic!()
        };
        assert_eq!(said, says);
    }
    let Some(Typed::OnCall(words)) = typed(on_call::CANCEL, "7") else { panic!() };
    assert!(matches!(parse_oncall(&words), Ok(Ask::OnCall(OnCallAsk::Cancel(_)))));
}

#[test]
fn every_usage_begins_with_its_word_and_no_word_stands_twice() {
    for table in [INCIDENT, ONCALL] {
        let mut names: Vec<&str> = table.iter().map(|word| word.name).collect();
        for word in table {
            assert_eq!(word.usage.split_whitespace().next(), Some(word.name));
        }
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), table.len());
    }
}

#[test]
fn an_incident_is_named_as_people_name_it() {
    let ack = about(Some(7), About::Acknowledge);
    for text in [
        "INC-7 ack",
        "inc-7 ack",
        "INC7 ack",
        "inc7 ack",
        "INC 7 ack",
        "inc #7 ack",
        "INC#7 ack",
        "#7 ack",
        "7 ack",
        "INC-7: ack",
        "ack INC-7",
        "ack inc7",
        "ack INC 7",
        "ack #7",
        "ack 7",
        "INC_7 acknowledge",
    ] {
        assert_eq!(parse_incident(text), Ok(ack.clone()), "{text}");
    }
    let shown = about(Some(7), About::Show);
    for text in ["INC7", "#7", "7", "inc 7"] {
        assert_eq!(parse_incident(text), Ok(shown.clone()), "{text}");
    }
    let note = |incident, text: &str| about(incident, About::Note(text.to_owned()));
    let table = [
        ("#7 note rolled back", note(Some(7), "rolled back")),
        ("note INC 7 rolled back", note(Some(7), "rolled back")),
        // A number in a text is not always an incident's.
        ("note #7 of the nodes is gone", note(None, "#7 of the nodes is gone")),
        ("note 7 nodes are gone", note(None, "7 nodes are gone")),
        (
            "resolve 7 nodes are back",
            about(None, About::Resolve { summary: some("7 nodes are back"), while_firing: WhileFiring::Ask }),
        ),
        ("resolve #7", about(Some(7), About::Resolve { summary: None, while_firing: WhileFiring::Ask })),
        ("snooze #7 30m", about(Some(7), About::Snooze(Duration::minutes(30)))),
        ("merge 7", about(None, About::Merge(IncidentId(7)))),
        ("merge #7", about(None, About::Merge(IncidentId(7)))),
        ("merge INC-1 inc7", about(Some(1), About::Merge(IncidentId(7)))),
        ("#1 merge #7", about(Some(1), About::Merge(IncidentId(7)))),
    ];
    for (text, ask) in table {
        assert_eq!(parse_incident(text), Ok(ask), "{text}");
    }
    for text in ["INC-0 ack", "#0 ack", "inc-99999999999999999999 ack", "increase", "inc", "incé"] {
        assert!(parse_incident(text).is_err(), "{text}");
    }
    assert_eq!(
        parse_incident("ack INC-1 INC-2").unwrap_err().to_string(),
        "name one incident at a time; `ack` is used like this: `ack`"
    );
}

#[test]
fn several_people_are_all_read_where_several_can_be_meant() {
    let slack = |id: &str| Who::Slack(id.into());
    let page = |who: Vec<Who>, message: Option<&str>| {
        about(None, About::Page { who, message: message.map(str::to_owned) })
    };
    let table = [
        ("page <@U0B|bob> <@U0C|charlie>", page(vec![slack("U0B"), slack("U0C")], None)),
        (
            "page <@U0B>, <@U0C> and <@U0D> please look",
            page(vec![slack("U0B"), slack("U0C"), slack("U0D")], Some("please look")),
        ),
        ("page <@U0B>, please ask <@U0C>", page(vec![slack("U0B")], Some("please ask @U0C"))),
        (
            "page @bob @eve now",
            page(vec![Who::Name("bob".to_owned()), Who::Name("eve".to_owned())], Some("now")),
        ),
        ("page me", page(vec![Who::Me], None)),
        ("commander me", about(None, About::Appoint(Some(Who::Me)))),
        ("lead @me", about(None, About::Appoint(Some(Who::Me)))),
    ];
    for (text, ask) in table {
        assert_eq!(parse_incident(text), Ok(ask), "{text}");
    }
    for text in ["commander @bob @eve", "escalate <@U0B> <@U0C>", "action @bob @eve 2026-12-01 fix it"] {
        assert!(parse_incident(text).unwrap_err().to_string().starts_with("one person "), "{text}");
    }
    for text in ["override @bob @eve now +2h", "swap @bob @eve 2026-12-01"] {
        assert!(parse_oncall(text).unwrap_err().to_string().contains("one person"), "{text}");
    }
    let me = Ask::said_by(parse_incident("page me").unwrap(), &"U0A".into());
    assert_eq!(me, page(vec![slack("U0A")], None));
    let Ok(Ask::OnCall(OnCallAsk::Override { who, .. })) = parse_oncall("override me now +2h") else {
        panic!()
    };
    assert_eq!(who, Who::Me);
}
