//! Alerts that try to be more than text.

use std::sync::LazyLock;

use proptest::prelude::*;
use regex::Regex;

use super::*;
use crate::domain::action_item::{ActionItem, Done};
use crate::domain::effect::{Choice, Shout, Warning};
use crate::domain::grafana::{self, Place};
use crate::domain::house::Dashboard;
use crate::domain::incident::timeline::{Entry, Origin, What};
use crate::domain::incident::{Actor, Given, Incident, SeverityOverride, Silenced};
use crate::domain::postmortem::{Answer, Part, Question, Section};
use crate::domain::stats::{Noise, Share, Stats, Votes, Window};
use crate::ports::{PostmortemView, RunbookView, Several};
use crate::words;

/// Mentions, a disguised link, markup, a turned line, control characters and emoji.
const HOSTILE: &str = "<!channel> <!here> @everyone <@U1> <#C1> <https://evil.example|https://bank.example> *b* _i_ `c` \
                       & &lt; \u{202e}egap\u{202c} \u{0} 🚒 \n> quoted";

/// The view with every text from outside replaced.
pub(super) fn attacked(mut view: View, text: &str) -> View {
    let own = || text.to_owned();
    let incident = &mut view.incident;
    incident.title = own();
    incident.service_shown = Some(own());
    incident.summary = Some(own());
    incident.assessment.rule = own();
    incident.assessment.reason = own();
    incident.assessment.env = Some(own());
    let (severity, seen) = (incident.severity(), incident.assessment.severity);
    incident.severity_override =
        Some(SeverityOverride { severity, by: Actor::Token(own()), reason: Some(own()), seen });
    incident.actions = [None, Some(Done { by: Actor::Token(own()), at: view.now })]
        .into_iter()
        .zip(1..)
        .map(|(done, n)| ActionItem {
            n,
            seq: n.into(),
            owner: "alice".into(),
            due: "2026-12-01".parse().unwrap(),
            text: own(),
            done,
            remind_at: None,
        })
        .collect();
    for (n, child) in view.children.iter_mut().enumerate() {
        let labels = &mut child.alert.labels;
        labels.insert("alertname".to_owned(), own());
        labels.insert("instance".to_owned(), format!("{n} {text}"));
        labels.insert(own(), format!("{n} {text}"));
        child.alert.annotations =
            [("summary", own()), ("description", own()), (grafana::VALUE_STRING, own())]
                .map(|(name, value)| (name.to_owned(), format!("{n} {value}")))
                .into();
        let places = Place::ALL.map(|place| (place.annotation().to_owned(), own()));
        child.alert.annotations.extend(places);
        let measured = serde_json::json!({ (text): 1.5, "A": text });
        child.alert.annotations.insert(grafana::VALUES.to_owned(), measured.to_string());
    }
    for page in &mut view.pages {
        page.error = page.error.is_some().then(own);
    }
    view.alike =
        view.alike.iter().map(|earlier| Incident { summary: Some(own()), ..earlier.clone() }).collect();
    view.runbook = Some(RunbookView {
        title: Some(own()),
        url: Some(format!("https://runbooks.example/?q={}", text.replace('@', ""))),
        is_elsewhere: true,
        diagnosis: vec![own(), own()],
        resolution: vec![own()],
    });
    view.dashboards = ["https://grafana.example", "javascript:alert(1)", "ftp://x.example", text]
        .map(|url| Dashboard { title: own(), url: url.to_owned() })
        .into();
    view.incident.muted_since = Some(view.now);
    let (until, silences) = (view.now, [text.into()].into());
    let silenced = Silenced { n: 2, until, by: [own(), text.to_owned()].into(), silences };
    view.incident.silenced = [(text.into(), silenced)].into();
    view.source_url = Some(text.to_owned());
    let sections = Part::ALL.map(|part| Section { part, generated: own(), human: Some(own()) }).into();
    view.postmortem = Some(PostmortemView { markdown: own(), sections, revisions: [].into() });
    view
}

/// Every message there is, of one view.
pub(super) fn messages(view: &View) -> Vec<Message> {
    let row = view.pages.first().unwrap();
    let text = &view.incident.title;
    let warnings = [
        Warning::UnmatchedSeverity { value: Some(text.clone()) },
        Warning::UnmatchedSeverity { value: None },
        Warning::ScheduleGone { schedule: text.clone(), instead: text.clone() },
        Warning::NobodyToPage { schedule: text.clone(), policy: text.clone(), step: 1 },
        Warning::NobodyRelieves {
            schedule: text.clone(),
            paged: vec![text.as_str().into(); 2],
            next: vec![text.as_str().into()],
            at: Some(view.incident.opened_at),
        },
        Warning::PersonUnreachable { person: text.as_str().into(), error: text.clone() },
        Warning::UnusableWebhook { source: text.clone(), why: text.clone() },
        Warning::LetterGivenUp { what: text.clone(), why: text.clone() },
        Warning::AlertmanagerSilent { source: text.as_str().into(), why: text.clone() },
        Warning::HeartbeatTooSlow { source: text.as_str().into(), timeout_seconds: 600 },
        Warning::SlackRefused { what: text.clone(), why: text.clone() },
    ];
    let several = |n| Several { person: text.as_str().into(), views: vec![view.clone(); n], message: None };
    let choice = |n| Choice {
        label: text.clone(),
        action: format!("resolve_anyway_{n}"),
        value: "INC-42/3".to_owned(),
    };
    let choices: Vec<Choice> = (0..5).map(choice).collect();
    let events = events(text).map(|what| event(view, &entry(what)));
    let reminders = view.incident.actions.iter().flat_map(|item| {
        [words::actions::reminder(view, item), words::actions::reminder_to_all(view, item)]
            .map(|text| reminder(view, item, &text))
    });
    let listed = words::actions::list(&view.incident, &view.house, "/incident", view.now);
    let told = warnings.iter().map(|what| one_line(&words::admin::warning(what, Some(view))));
    let others = [
        page(view, row, Sending::First),
        page(view, row, Sending::Repeat),
        Message::plain(words::page::plain(view, row, Sending::First, "/incident")),
        card(view),
        announcement(view, Posting::First),
        announcement(view, Posting::Edit),
        shout(view, Shout::Unanswered(2)),
        shout(view, Shout::AllHands),
        nudge(view, &words::saying::line(text, 1500)),
        goes_on(view, &words::saying::line(text, 1500)),
        digest(&several(2), Sending::First),
        digest(&several(21), Sending::Repeat),
        postmortem(view, text),
        postmortem_moved(view),
        feedback(view),
        feedback(&answered(view)),
        answer(&words::stats::answer(&figures(text), &view.house), &[]),
        review_due(view, view.incident.opened_at),
        answer("Still firing.", &choices),
        answer(&words::answers::show(&view.incident, &view.house), &[]),
        answer(&words::answers::runbook(view), &[]),
        answer(&words::answers::help("/incident"), &[]),
    ];
    let listed = answer(&listed.text, &listed.choices);
    told.chain(events).chain(reminders).chain([listed]).chain(others).collect()
}

/// The same, when somebody with such a name has answered.
fn answered(view: &View) -> View {
    let mut view = view.clone();
    let by = Actor::Token(view.incident.title.clone());
    view.incident.feedback_from = Some(by.clone());
    let given = |question, answer| Given { question, answer, by: by.clone(), seq: 1 };
    view.incident.feedback =
        vec![given(Question::RunbookHelped, Answer::No), given(Question::PageNeeded, Answer::Yes)];
    view
}

/// Figures about alerts, services and people with such names.
fn figures(text: &str) -> Stats {
    let own = || text.to_owned();
    let (from, to) = (crate::ports::tests::at("03:00"), crate::ports::tests::at("04:00"));
    let noise = Noise { alertname: own(), service: Some(own()), owner: Some(own()), incidents: 3, flaps: 1 };
    Stats {
        window: Window { from, to },
        incidents: Severity::ALL.map(|severity| (severity, 1)).into(),
        open: 1,
        mtta: Some(chrono::Duration::minutes(4)),
        mttr: None,
        ack_targets_missed: 1,
        pages: 2,
        night_pages: 2,
        people: vec![
            Share { person: text.into(), pages: 2, at_night: 2, on_call: chrono::Duration::hours(7) };
            20
        ],
        noise: vec![noise; 20],
        runbook_helped: Votes { yes: 1, no: 0 },
        page_needed: Votes { yes: 0, no: 1 },
        postmortems_overdue: 1,
    }
}

/// Events that the channel hears of, each in its own looks, with this text from outside.
fn events(text: &str) -> impl Iterator<Item = What> {
    let own = || text.to_owned();
    let due = "2026-12-01".parse().unwrap();
    let due_at = crate::ports::tests::at("03:10");
    [
        What::Note { text: own() },
        What::AskedAboutFiring { n_firing: 2, resolved_by: Actor::Token(own()) },
        What::ActionAdded { n: 1, owner: "alice".into(), due, text: own() },
        What::ActionAdded { n: 2, owner: "alice".into(), due, text: own() },
        What::ActionAdded { n: 99, owner: "alice".into(), due, text: own() },
        What::PostmortemAwaited { person: Some(text.into()), due_at },
        What::PostmortemOverdue { person: None, due_at },
        What::ActionDone { n: 1, owner: "alice".into(), text: own() },
    ]
    .into_iter()
}

fn entry(what: What) -> Entry {
    let (at, actor) = (crate::ports::tests::at("03:10"), Actor::Person("alice".into()));
    Entry { seq: 1, at, actor, origin: Origin::Slack, what }
}

fn strings(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| strings(item, found)),
        Value::Object(fields) => {
            // The address behind a button is not read as text.
            let texts = fields.iter().filter(|(name, _)| *name != "url");
            texts.for_each(|(_, field)| strings(field, found));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// What is inside of each `<…>` of a text.
fn references(text: &str) -> impl Iterator<Item = &str> {
    text.split('<').skip(1).map(|rest| rest.split('>').next().unwrap_or_default())
}

#[test]
fn no_text_from_outside_becomes_a_mention_or_a_link() {
    let ours = |inside: &str| {
        inside.starts_with("!date^")
            || ["@U0A", "@U0B", "@U0D", "#C42", "#C43"].contains(&inside)
            || [
                "https://runbooks.example/",
                "https://grafana.example/|",
                "https://dontpanic.example/",
                "https://slack.com/app_redirect?channel=C43|",
            ]
            .iter()
            .any(|url| inside.starts_with(url))
    };
    for view in [view(), settled(), acknowledged(), monitoring(), resolved(), merged_away()] {
        for severity in Severity::ALL {
            let view = at_severity(severity, attacked(view.clone(), HOSTILE));
            for message in messages(&view) {
                let mut texts = Vec::new();
                strings(&sent(&message), &mut texts);
                for text in texts {
                    // The bot's own call for everybody comes before anything from outside.
                    for inside in references(text.strip_prefix("<!here> ").unwrap_or(&text)) {
                        assert!(ours(inside), "{inside:?} in {text:?}");
                    }
                    assert!(!text.contains("@everyone"), "{text:?}");
                    assert!(!text.contains("&amp;lt;!channel"), "escaped twice: {text:?}");
                    assert!(!text.contains(['\u{202e}', '\u{202c}', '\0']), "{text:?}");
                }
                assert_eq!(limits::violations(&message), Vec::<String>::new());
            }
        }
    }
}

#[test]
fn no_text_is_too_long_for_slack() {
    for text in ["x".repeat(100_000), "&".repeat(100_000), "🚒 ".repeat(50_000), "\n\n-".repeat(30_000)] {
        for view in [settled(), resolved()] {
            let mut view = attacked(view, &text);
            view.children = view.children.iter().cycle().take(20).cloned().collect();
            view.pages = view.pages.iter().cycle().take(60).cloned().collect();
            for message in messages(&view) {
                if !message.blocks.is_empty() {
                    assert_eq!(limits::violations(&message), Vec::<String>::new());
                }
            }
        }
    }
}

#[test]
fn nothing_to_say_makes_no_empty_block() {
    for view in [settled(), resolved()] {
        let mut view = attacked(view, " ");
        view.children.clear();
        for message in messages(&view) {
            assert_eq!(limits::violations(&message), Vec::<String>::new(), "{}", sent(&message));
        }
    }
}

/// What Slack could take for formatting, without the addresses of links and what stands in our code.
fn formatting(text: &str) -> Vec<String> {
    static HIDDEN: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"<[^>]*>|`[^`\n]*`").unwrap());
    static MARKS: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"[*_~`]|:[\w+-]*[[:alpha:]_+-][\w+-]*:|(?m:^\s*(?:&gt;|>))").unwrap());
    let text = HIDDEN.replace_all(text, "x");
    let is_in_word = |at: usize| {
        let word = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        word(text[..at].chars().last()) && word(text[at + 1..].chars().next()) && &text[at..=at] != "`"
    };
    let found = MARKS.find_iter(&text).filter(|found| found.len() > 1 || !is_in_word(found.start()));
    found.map(|found| found.as_str().to_owned()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn no_text_from_outside_formats_a_message(text in "([*_~>:|&]|[a-z]|[0-9]|\n| ){0,12}") {
        let formatted = |text: &str| -> Vec<Vec<String>> {
            let view = attacked(acknowledged(), &format!("a {text} z"));
            let mut texts = Vec::new();
            // A post-mortem is written in Markdown, by people.
            for message in messages(&view).iter().filter(|message| !message.text.starts_with("Post-mortem draft")) {
                strings(&sent(message), &mut texts);
            }
            texts.iter().map(|text| formatting(text)).collect()
        };
        // A runbook's code is ours.
        prop_assert_eq!(formatted(&text), formatted("quiet"));
    }
}
