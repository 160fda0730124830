//! The life of the channel.

use chrono::{DateTime, Duration, Utc};

use super::super::command::{Command, WhileFiring};
use super::super::{Channel, Door, Loss, Message};
use super::night::person;
use super::*;
use crate::domain::effect::{Effect, Place};

fn channel(id: &str) -> Channel {
    Channel { id: id.into(), name: format!("inc-{id}") }
}

fn opens(night: &mut Night, id: &str) {
    night.does(Command::ChannelOpened { channel: channel(id) });
}

/// A P2 with its channel, resolved at 03:30 and closed at 10:00 with its post-mortem published.
fn closed() -> Night {
    let mut night = Night::of(Severity::P2);
    opens(&mut night, "C1");
    night.acks("alice").until("03:20").resolves("A").until("03:30").does(Command::PostmortemDrafted);
    night.until("10:00").does(Command::PublishPostmortem { by: person("bob") });
    night
}

fn archives_at(night: &Night) -> Option<DateTime<Utc>> {
    night.incident().archives_at
}

/// Due a week after it was closed, and done.
fn archived() -> Night {
    let mut night = closed();
    let due = archives_at(&night).unwrap();
    night.until_instant(due);
    night.does(Command::ChannelArchived { channel: "C1".into() });
    night
}

#[test]
fn it_is_archived_a_week_after_all_is_done() {
    let mut night = closed();
    let due = archives_at(&night).unwrap();
    assert_eq!((due - night.now, night.incident().wake_at()), (Duration::days(7), Some(due)));
    night.until_instant(due);
    assert_eq!(night.incident().room.door, Door::Archiving);
    assert_eq!(night.incident().place(), Place::Channel, "the last word is said in it");
    assert_eq!(night.incident().wake_at(), None, "nothing is left to do");
    night.does(Command::ChannelArchived { channel: "C1".into() });
    assert_eq!(night.incident().room.door, Door::Shut(Loss::Archived));
    assert_eq!(night.incident().place(), Place::Thread);
    // It has no channel to archive.
    let mut night = Night::begins("Tue 10:00");
    night.fires("A", Severity::P3).acks("alice").ends("alice", WhileFiring::Resolve).until("Wed 10:00");
    assert_eq!((night.incident().state.name(), archives_at(&night)), ("closed", None));
    // The house keeps its channels.
    let mut night = Night::of(Severity::P2);
    night.house.times.archive_after = None;
    opens(&mut night, "C1");
    night.resolves("A").until("05:00");
    assert_eq!((night.incident().state.name(), archives_at(&night)), ("closed", None));
}

#[test]
fn what_opens_the_incident_again_opens_the_channel_first() {
    let mut night = archived();
    let decision = night.tries(Command::Reopen { by: person("bob") }).unwrap();
    let position = |wanted: fn(&Effect) -> bool| decision.effects.iter().position(wanted);
    let opening = position(|effect| *effect == Effect::OpenChannel);
    let said = position(|effect| matches!(effect, Effect::Say { place: Place::Channel, .. }));
    assert!(opening.is_some() && opening < said, "{:?}", decision.effects);
    assert_eq!(decision.next.room.door, Door::Reopening(Loss::Archived));

    // Slack gives it back.
    night.reopens("bob");
    opens(&mut night, "C1");
    let room = &night.incident().room;
    assert_eq!((room.door, room.former.len()), (Door::Open, 0));
    // Slack does not, and there is another.
    let mut night = archived();
    night.does(Command::CardPosted { message: Message { channel: "C1".into(), ts: "1.2".into() } });
    night.reopens("bob");
    opens(&mut night, "C2");
    let room = &night.incident().room;
    assert_eq!(
        (&room.channel, &room.former, &room.card),
        (&Some(channel("C2")), &vec![channel("C1")], &None)
    );
    // Not even that.
    let mut night = archived();
    night.reopens("bob").does(Command::ChannelNotOpened { why: "no".to_owned() });
    assert_eq!(night.incident().room.door, Door::Shut(Loss::Refused));
    assert_eq!(night.incident().place(), Place::Thread, "the thread goes on");
}

#[test]
fn opened_again_before_it_is_archived_it_stays_open() {
    let mut night = closed();
    night.reopens("bob");
    assert_eq!((archives_at(&night), night.incident().room.door), (None, Door::Open));
    // In the very moment: what was archived all the same is opened again.
    let mut night = closed();
    let due = archives_at(&night).unwrap();
    night.until_instant(due).reopens("bob");
    assert_eq!(night.incident().room.door, Door::Reopening(Loss::Archived));
    night.does(Command::ChannelArchived { channel: "C1".into() });
    opens(&mut night, "C1");
    assert_eq!(night.incident().room.door, Door::Open);
}

#[test]
fn what_humans_do_to_it_matters_while_it_is_the_one_in_use() {
    let lost = |id: &str, loss| Command::ChannelLost { by: person("bob"), channel: id.into(), loss };
    let mut night = Night::of(Severity::P2);
    opens(&mut night, "C1");
    let before = night.incident().clone();
    night
        .does(lost("C9", Loss::Archived))
        .does(Command::ChannelBack { by: person("bob"), channel: "C9".into() });
    assert_eq!(*night.incident(), before, "another's");
    night.does(lost("C1", Loss::Archived)).does(lost("C1", Loss::Deleted));
    assert_eq!(night.incident().room.door, Door::Reopening(Loss::Archived));
    opens(&mut night, "C2");
    let before = night.incident().clone();
    night
        .does(lost("C1", Loss::Deleted))
        .does(Command::ChannelBack { by: person("bob"), channel: "C1".into() });
    opens(&mut night, "C1");
    assert_eq!(*night.incident(), before, "it has another now, and one is enough");
    // When all is over, nobody needs it.
    let mut night = closed();
    night.does(lost("C1", Loss::Archived));
    assert_eq!((night.incident().room.door, archives_at(&night)), (Door::Shut(Loss::Archived), None));
    night.does(Command::ChannelBack { by: person("bob"), channel: "C1".into() });
    assert_eq!(night.incident().room.door, Door::Reopening(Loss::Archived), "somebody wants it");
}

#[test]
fn whoever_declared_it_is_invited() {
    let mut night = Night::of(Severity::P2);
    let opened =
        |night: &Night| night.tries(Command::ChannelOpened { channel: channel("C1") }).unwrap().effects;
    let invites = |effects: &[Effect]| {
        effects
            .iter()
            .any(|effect| matches!(effect, Effect::Invite { people } if people.contains(&"eve".into())))
    };
    assert!(!invites(&opened(&night)), "an alert opened it");
    night.incident.as_mut().unwrap().declared_by = Some(person("eve"));
    assert!(invites(&opened(&night)));
}
