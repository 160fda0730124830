//! Any script at all: what [`Night`] holds every decision against, over random commands and times.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::super::child::{Known, LATE};
use super::super::command::{Command, WhileFiring, Whom};
use super::super::{Actor, Channel, Loss, Message};
use super::night::person;
use super::*;
use crate::domain::alert::AlertStatus;
use crate::domain::page::{NotArrived, NotTaken};

const PEOPLE: [&str; 6] = ["alice", "bob", "charlie", "diana", "eve", "zoe"];

/// One thing that happens.
#[derive(Debug, Clone)]
enum Event {
    Minutes(i64),
    Downtime(i64),
    Fires { name: &'static str, severity: Severity, service: Option<&'static str> },
    Ends { name: &'static str, n_truncated: u64 },
    Replay,
    Ack(Option<&'static str>),
    Severity(&'static str, Severity),
    Escalate(Option<&'static str>),
    Page(Result<&'static str, &'static str>),
    Appoint(&'static str),
    Snooze(i64),
    Update,
    KeepOpen,
    StillOn,
    Heard,
    WantChannel,
    Resolve(WhileFiring),
    Reopen,
    Drafted,
    Publish,
    Decline(&'static str),
    Accepted(Index),
    Failed(Index),
    Lost(Index, NotArrived),
    Carried(Index),
    Alone(Index),
    ChannelOpened(&'static str),
    ChannelNotOpened,
    ChannelLost(&'static str, Loss),
    ChannelBack(&'static str),
    ChannelArchived(&'static str),
    ChannelNotArchived,
    CardPosted,
    CardLost,
    Note,
    Silenced(u32, i64),
    Silence(&'static str, i64),
    Gone(&'static str),
    Action(i64),
    ActionDone(u32),
}

fn an_event() -> impl Strategy<Value = Event> {
    let minutes = || prop_oneof![0..20i64, 0..20i64, 20..2000i64];
    let who = || select(PEOPLE.to_vec());
    let name = || select(vec!["A", "B", "C"]);
    let severity = || select(Severity::ALL.to_vec());
    prop_oneof![
        6 => minutes().prop_map(Event::Minutes),
        1 => minutes().prop_map(Event::Downtime),
        4 => (name(), severity(), select(vec![None, Some("ledger"), Some("index"), Some("crawler")]))
            .prop_map(|(name, severity, service)| Event::Fires { name, severity, service }),
        4 => (name(), prop_oneof![4 => Just(0), 1 => 1..4u64])
            .prop_map(|(name, n_truncated)| Event::Ends { name, n_truncated }),
        1 => Just(Event::Replay),
        1 => select(vec!["search", "crawl"]).prop_map(Event::Gone),
        2 => (0..4u32, 1..200i64).prop_map(|(n, minutes)| Event::Silenced(n, minutes)),
        1 => (who(), 1..200i64).prop_map(|(who, minutes)| Event::Silence(who, minutes)),
        2 => proptest::option::weighted(0.9, who()).prop_map(Event::Ack),
        2 => (who(), severity()).prop_map(|(who, to)| Event::Severity(who, to)),
        2 => proptest::option::of(who()).prop_map(Event::Escalate),
        1 => prop_oneof![who().prop_map(Ok), select(vec!["platform", "search"]).prop_map(Err)]
            .prop_map(Event::Page),
        1 => who().prop_map(Event::Appoint),
        2 => (1..1500i64).prop_map(Event::Snooze),
        1 => Just(Event::Update),
        1 => Just(Event::KeepOpen),
        1 => Just(Event::StillOn),
        1 => Just(Event::Heard),
        1 => Just(Event::WantChannel),
        1 => select(vec![WhileFiring::Ask, WhileFiring::Resolve]).prop_map(Event::Resolve),
        1 => Just(Event::Reopen),
        1 => Just(Event::Drafted),
        1 => Just(Event::Publish),
        1 => who().prop_map(Event::Decline),
        1 => any::<Index>().prop_map(Event::Accepted),
        4 => any::<Index>().prop_map(Event::Failed),
        1 => any::<Index>().prop_map(|index| Event::Lost(index, NotArrived::Unreachable)),
        1 => any::<Index>().prop_map(|index| Event::Lost(index, NotArrived::Unanswered)),
        1 => any::<Index>().prop_map(Event::Carried),
        1 => any::<Index>().prop_map(Event::Alone),
        2 => select(vec!["C1", "C2"]).prop_map(Event::ChannelOpened),
        1 => Just(Event::ChannelNotOpened),
        1 => (select(vec!["C1", "C2"]), select(vec![Loss::Archived, Loss::Deleted, Loss::Removed]))
            .prop_map(|(channel, loss)| Event::ChannelLost(channel, loss)),
        1 => select(vec!["C1", "C2"]).prop_map(Event::ChannelBack),
        1 => select(vec!["C1", "C2"]).prop_map(Event::ChannelArchived),
        1 => Just(Event::ChannelNotArchived),
        1 => Just(Event::CardLost),
        1 => Just(Event::CardPosted),
        1 => Just(Event::Note),
        1 => (0..10i64).prop_map(Event::Action),
        1 => (1..4u32).prop_map(Event::ActionDone),
    ]
}

fn happens(night: &mut Night, event: Event) {
    let by = || person("bob");
    match event {
        Event::Minutes(minutes) => {
            night.waits(minutes);
        }
        Event::Downtime(minutes) => {
            night.now += chrono::Duration::minutes(minutes);
            night.does(Command::Wake);
        }
        Event::Fires { name, severity, service } => {
            night.fires_for(name, severity, service);
            replays(night);
        }
        Event::Ends { name, n_truncated } => {
            let report = night.end_of(name);
            night.delivers(vec![report], n_truncated);
            replays(night);
        }
        Event::Replay => replays(night),
        Event::Ack(Some(who)) => {
            night.acks(who);
        }
        Event::Ack(None) => {
            night.does(Command::Acknowledge { by: Actor::Token("ci".to_owned()) });
        }
        Event::Severity(who, to) => {
            night.sets(who, to);
        }
        Event::Escalate(to) => {
            night.does(Command::Escalate { by: by(), to: to.map(Into::into) });
        }
        Event::Page(whom) => {
            let whom = match whom {
                Ok(person) => vec![Whom::Person(person.into())],
                Err(schedule) => vec![Whom::Primary(schedule.into())],
            };
            night.does(Command::Page { by: by(), whom, message: Some("please".to_owned()) });
        }
        Event::Appoint(who) => {
            night.does(Command::Appoint { by: by(), commander: who.into() });
        }
        Event::Snooze(minutes) => {
            night.snoozes("bob", minutes);
        }
        Event::Update => {
            night.does(Command::Update { by: by(), text: "half of it is back".to_owned() });
        }
        Event::KeepOpen => {
            night.keeps_open("bob");
        }
        Event::StillOn => {
            night.does(Command::StillOn { by: by() });
        }
        Event::Heard => {
            night.does(Command::Heard);
        }
        Event::WantChannel => {
            night.does(Command::WantChannel { by: by() });
        }
        Event::Resolve(while_firing) => {
            night.ends("bob", while_firing);
        }
        Event::Reopen => {
            night.reopens("bob");
        }
        Event::Drafted => {
            night.does(Command::PostmortemDrafted);
        }
        Event::Publish => {
            night.does(Command::PublishPostmortem { by: by() });
        }
        Event::Decline(who) => {
            night.declines(who);
        }
        Event::Accepted(index) => {
            if !night.ledger.is_empty() {
                let page = Box::new(index.get(&night.ledger).clone());
                night.does(Command::PageAccepted { page, sent_at: night.now, provider_id: None });
            }
        }
        Event::Lost(index, fault) => {
            let taken: Vec<_> = night.ledger.iter().filter(|row| row.accepted.is_some()).cloned().collect();
            if !taken.is_empty() {
                let page = Box::new(index.get(&taken).clone());
                night.does(Command::PageLost { page, fault, error: "lost".to_owned() });
            }
        }
        Event::Failed(index) => {
            if !night.ledger.is_empty() {
                let page = Box::new(index.get(&night.ledger).clone());
                night.does(Command::PageFailed {
                    page,
                    sent_at: night.now,
                    fault: NotTaken::Passing,
                    error: "down".to_owned(),
                });
            }
        }
        Event::Carried(index) => {
            if !night.ledger.is_empty() {
                let page = Box::new(index.get(&night.ledger).clone());
                night.does(Command::PageCarried { page, by: crate::ids::IncidentId(7) });
            }
        }
        Event::Alone(index) => {
            if !night.ledger.is_empty() {
                let page = Box::new(index.get(&night.ledger).clone());
                night.does(Command::PageAlone { page, was: crate::ids::IncidentId(7) });
            }
        }
        Event::ChannelOpened(id) => {
            let channel = Channel { id: id.into(), name: format!("inc-20261117-ledger-down-{id}") };
            night.does(Command::ChannelOpened { channel });
        }
        Event::ChannelNotOpened => {
            night.does(Command::ChannelNotOpened { why: "no".to_owned() });
        }
        Event::ChannelLost(channel, loss) => {
            night.does(Command::ChannelLost { by: by(), channel: channel.into(), loss });
        }
        Event::ChannelBack(channel) => {
            night.does(Command::ChannelBack { by: by(), channel: channel.into() });
        }
        Event::ChannelArchived(channel) => {
            night.does(Command::ChannelArchived { channel: channel.into() });
        }
        Event::ChannelNotArchived => {
            night.does(Command::ChannelNotArchived { why: "no".to_owned() });
        }
        Event::CardLost => {
            night.does(Command::MessageLost { message: Message { channel: "C1".into(), ts: "1.2".into() } });
        }
        Event::CardPosted => {
            night.does(Command::CardPosted { message: Message { channel: "C1".into(), ts: "1.2".into() } });
        }
        Event::Note => {
            night.does(Command::Note { by: by(), text: "rolled back".to_owned() });
        }
        Event::Silenced(n, minutes) => {
            night.hears_silenced(n, minutes);
        }
        Event::Silence(who, minutes) => {
            night.silences(who, minutes);
        }
        Event::Gone(schedule) => {
            night.loses(schedule);
            night.does(Command::OnCallChanged);
        }
        Event::Action(days) => {
            let due = night.now.date_naive() + chrono::Duration::days(days);
            let (owner, text) = ("eve".into(), "alert on the queue".to_owned());
            night.does(Command::AddAction { by: by(), owner, due, text });
        }
        Event::ActionDone(n) => {
            night.does(Command::CompleteAction { by: by(), n });
        }
    }
}

/// The latest delivery once more, from the other member of the pair: unless it comes so late that it means that something fires
/// again.
fn replays(night: &mut Night) {
    let Some((reports, n_truncated)) = night.delivery.clone() else { return };
    let again = night.delivery_of(reports, n_truncated);
    let has_ended_long_ago =
        |known: &Known| known.status == AlertStatus::Resolved && LATE <= night.now - known.heard_at;
    let mut firing = again.reports.iter().filter(|report| report.alert.is_firing());
    if firing.any(|report| again.known.of(report).is_some_and(has_ended_long_ago)) {
        return;
    }
    let decision = night.tries(Command::Deliver(Box::new(again))).unwrap();
    assert_eq!(decision.next, *night.incident(), "a delivery again is no news");
    assert!(decision.entries.is_empty() && decision.pages.is_empty());
    assert!(decision.effects.is_empty() && decision.children.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 80, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_the_promises_hold(
        severity in select(Severity::ALL.to_vec()),
        start in select(vec!["Tue 03:00", "Tue 17:40", "Fri 17:50", "Mon 08:50", "Sun 23:00"]),
        events in vec(an_event(), 1..40),
    ) {
        let mut night = Night::begins(start);
        night.house.times.nudge_after = Some(chrono::Duration::minutes(15));
        night.house.times.nudge_answer = Some(chrono::Duration::minutes(15));
        // The primary of the team has a schedule of her own.
        night.also_runs("crawl", "crawler", "alice");
        night.fires("A", severity);
        for event in events {
            happens(&mut night, event);
            let firing = night.children.iter().filter(|child| child.alert.status == AlertStatus::Firing).count();
            prop_assert_eq!(night.incident().n_firing as usize, firing);
        }
    }
}
