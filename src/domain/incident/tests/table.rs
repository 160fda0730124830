//! The whole machine on one page: every state, every command.

use std::fmt::Write;

use super::super::command::{Command, WhileFiring, Whom};
use super::super::{Channel, Decision, Loss, Message, Written};
use super::night::{alert, person};
use super::*;
use crate::domain::page::PageChange;
use crate::domain::page::{NotArrived, NotTaken};
use crate::domain::postmortem::{Answer, Question};

/// A P2 of a minute ago, by state. Alice and Bob are known; nothing has been sent.
fn states() -> Vec<(&'static str, Night)> {
    let after = |script: fn(&mut Night) -> &mut Night| {
        let mut night = Night::of(Severity::P2);
        script(&mut night);
        night.waits(1);
        night
    };
    vec![
        ("triggered", after(|night| night)),
        ("acknowledged", after(|night| night.acks("alice"))),
        ("monitoring, unacked", after(|night| night.resolves("A"))),
        ("monitoring, acked", after(|night| night.acks("alice").resolves("A"))),
        ("resolved", after(|night| night.resolves("A").ends("alice", WhileFiring::Ask))),
    ]
}

fn commands(night: &Night) -> Vec<(&'static str, Command)> {
    let by = || person("bob");
    let firing = |name: &str, severity| {
        let mut report = alert(name, severity);
        report.alert.starts_at = night.now;
        Command::Deliver(Box::new(night.delivery_of(vec![report], 0)))
    };
    let page = || Box::new(night.ledger[0].clone());
    let message = || Message { channel: "C1".into(), ts: "1.2".into() };
    let channel = Channel { id: "C1".into(), name: "inc-20261117-ledger-down".to_owned() };
    let (sent_at, reason) = (night.now, None);
    vec![
        ("the same firing again", {
            let (reports, n) = night.delivery.clone().unwrap();
            Command::Deliver(Box::new(night.delivery_of(reports, n)))
        }),
        ("the alert fires anew", firing("A", Severity::P2)),
        ("another alert joins", firing("B", Severity::P2)),
        ("a worse alert joins", firing("C", Severity::P1)),
        ("every alert ends", Command::Deliver(Box::new(night.delivery_of(vec![night.end_of("A")], 0)))),
        ("wake, nothing due", Command::Wake),
        ("on call changed", Command::OnCallChanged),
        ("acknowledge", Command::Acknowledge { by: by() }),
        ("answer by an old message", Command::AnswerPages { by: by() }),
        (
            "severity P1",
            Command::SetSeverity { by: by(), to: Severity::P1, reason: reason.clone(), saw: None },
        ),
        (
            "severity P2, as it is",
            Command::SetSeverity { by: by(), to: Severity::P2, reason: reason.clone(), saw: None },
        ),
        (
            "severity P3",
            Command::SetSeverity { by: by(), to: Severity::P3, reason: reason.clone(), saw: None },
        ),
        ("severity P4", Command::SetSeverity { by: by(), to: Severity::P4, reason, saw: None }),
        ("escalate", Command::Escalate { by: by(), to: None }),
        ("escalate @eve", Command::Escalate { by: by(), to: Some("eve".into()) }),
        ("escalate @stranger", Command::Escalate { by: by(), to: Some("stranger".into()) }),
        ("page @eve", Command::Page { by: by(), whom: vec![Whom::Person("eve".into())], message: None }),
        (
            "page search",
            Command::Page { by: by(), whom: vec![Whom::Primary("search".into())], message: None },
        ),
        (
            "page no schedule",
            Command::Page { by: by(), whom: vec![Whom::Primary("none".into())], message: None },
        ),
        ("commander @eve", Command::Appoint { by: by(), commander: "eve".into() }),
        ("snooze 30m", Command::Snooze { by: by(), span: chrono::Duration::minutes(30) }),
        ("snooze 25h", Command::Snooze { by: by(), span: chrono::Duration::hours(25) }),
        ("update", Command::Update { by: by(), text: "half of it is back".to_owned() }),
        ("note", Command::Note { by: by(), text: "rolled back".to_owned() }),
        (
            "note a message",
            Command::NoteMessage {
                by: by(),
                written: Box::new(Written {
                    message: message(),
                    author: person("charlie"),
                    at: night.now,
                    text: "rolled back".to_owned(),
                    edited: None,
                }),
            },
        ),
        (
            "a message nobody noted is edited",
            Command::MessageEdited { by: by(), message: message(), text: None, edited: "1.3".into() },
        ),
        ("a message nobody noted is deleted", Command::MessageDeleted { message: message() }),
        (
            "an action item",
            Command::AddAction {
                by: by(),
                owner: "eve".into(),
                due: "2026-12-01".parse().unwrap(),
                text: "alert on the queue".to_owned(),
            },
        ),
        ("no action item is done", Command::CompleteAction { by: by(), n: 1 }),
        ("an event is told", Command::Told { seq: 1, message: message() }),
        ("keep open", Command::KeepOpen { by: by() }),
        ("still on it", Command::StillOn { by: by() }),
        ("something is said", Command::Heard),
        ("open channel", Command::WantChannel { by: by() }),
        ("resolve, ask", Command::Resolve { by: by(), summary: None, while_firing: WhileFiring::Ask }),
        ("resolve anyway", Command::Resolve { by: by(), summary: None, while_firing: WhileFiring::Resolve }),
        ("reopen", Command::Reopen { by: by() }),
        ("page accepted", Command::PageAccepted { page: page(), sent_at, provider_id: None }),
        (
            "page failed",
            Command::PageFailed { page: page(), sent_at, fault: NotTaken::Passing, error: "down".to_owned() },
        ),
        ("page delivered", Command::PageDelivered { page: page() }),
        (
            "page lost",
            Command::PageLost { page: page(), fault: NotArrived::Unreachable, error: "blocked".to_owned() },
        ),
        ("channel opened", Command::ChannelOpened { channel }),
        ("channel opened anew", {
            let channel = Channel { id: "C2".into(), name: "inc-20261117-ledger-down-2".to_owned() };
            Command::ChannelOpened { channel }
        }),
        ("channel not opened", Command::ChannelNotOpened { why: "no".to_owned() }),
        (
            "channel archived by hand",
            Command::ChannelLost { by: by(), channel: "C1".into(), loss: Loss::Archived },
        ),
        ("channel unarchived by hand", Command::ChannelBack { by: by(), channel: "C1".into() }),
        ("channel renamed", Command::ChannelRenamed { channel: "C1".into(), name: "ledger".to_owned() }),
        ("channel archived", Command::ChannelArchived { channel: "C1".into() }),
        ("channel not archived", Command::ChannelNotArchived { why: "no".to_owned() }),
        ("a message nobody needs is gone", Command::MessageLost { message: message() }),
        ("card posted", Command::CardPosted { message: message() }),
        ("announced", Command::Announced { message: message(), called: true }),
        (
            "the page was not needed",
            Command::GiveFeedback { by: by(), question: Question::PageNeeded, answer: Answer::No },
        ),
        ("feedback asked", Command::FeedbackAsked { message: message() }),
        ("post-mortem shown", Command::PostmortemShown { message: message() }),
        ("post-mortem drafted", Command::PostmortemDrafted),
        ("publish", Command::PublishPostmortem { by: by() }),
        ("decline", Command::DeclinePostmortem { by: by(), reason: "a drill".to_owned() }),
        (
            "decline as commander",
            Command::DeclinePostmortem { by: person("diana"), reason: "a drill".to_owned() },
        ),
    ]
}

fn answer(night: &Night, decision: &Decision) -> String {
    let before = night.incident();
    if decision.next == *before
        && [decision.entries.len(), decision.pages.len(), decision.effects.len()] == [0; 3]
    {
        return "nothing".to_owned();
    }
    let state = match &decision.next.state {
        super::super::State::Monitoring { acked: Some(_), .. } => "monitoring, acked",
        super::super::State::Monitoring { acked: None, .. } => "monitoring, unacked",
        other => other.name(),
    };
    let mut parts = vec![format!("{state}{}", if decision.next.epoch > before.epoch { " *" } else { "" })];
    let mut part = |name: &str, words: Vec<String>| {
        if !words.is_empty() {
            parts.push(format!("{name}: {}", words.join(" ")));
        }
    };
    part("entries", decision.entries.iter().map(|entry| entry.what.kind().to_owned()).collect());
    let pages = decision.pages.iter().map(|change| match change {
        PageChange::New(page) => format!("{}/{}", page.person, page.method),
        PageChange::Repeat(_) => "again".to_owned(),
        PageChange::Accepted { .. } => "accepted".to_owned(),
        PageChange::Failed { .. } => "failed".to_owned(),
        PageChange::Delivered(_) => "delivered".to_owned(),
        PageChange::Lost { .. } => "lost".to_owned(),
        PageChange::Folded { .. } => "folded".to_owned(),
        PageChange::Carried(_) => "carried".to_owned(),
        PageChange::Alone(_) => "alone".to_owned(),
        PageChange::AckedBy(person) => format!("proven({person})"),
        PageChange::Superseded(walks) => format!("superseded({})", walks.len()),
    });
    part("pages", pages.collect());
    part("effects", decision.effects.iter().map(|effect| effect.name().to_owned()).collect());
    let wake = decision.next.wake_at().map(|due| (due - night.now).num_minutes());
    part("wake", wake.map(|minutes| format!("in {minutes} min")).into_iter().collect());
    parts.join(" | ")
}

#[test]
fn every_state_and_every_command() {
    let mut text =
        String::from("A P2 one minute after its last change. `*`: older buttons are stale from here on.\n");
    for (state, night) in states() {
        writeln!(text, "\n## {state}").unwrap();
        for (name, command) in commands(&night) {
            let answer = match night.tries(command) {
                Ok(decision) => answer(&night, &decision),
                Err(refusal) => format!("refused: {refusal}"),
            };
            writeln!(text, "{name}: {answer}").unwrap();
        }
    }
    insta::assert_snapshot!("every_state_and_every_command", text);
}
