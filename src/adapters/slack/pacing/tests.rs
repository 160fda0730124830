use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::clock::{Clock, ManualClock};

fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

fn ordinary(method: Method) -> Wish {
    Wish { method, urgency: Urgency::Ordinary, channel: None }
}

fn page(method: Method) -> Wish {
    Wish { urgency: Urgency::Page, ..ordinary(method) }
}

fn post_in(channel: &str) -> Wish {
    Wish { channel: Some(channel.into()), ..ordinary(Method::PostMessage) }
}

/// Lets as many calls through as may go at once, and says how many that were and when the next may go.
fn exhaust(pacer: &mut Pacer, wish: &Wish, now: DateTime<Utc>) -> (u32, TimeDelta) {
    let mut gone = 0;
    loop {
        let place = pacer.enter(wish);
        match pacer.ask(wish, place, now) {
            Turn::Go => gone += 1,
            Turn::NotBefore(at) => {
                pacer.leave(wish.method, place);
                return (gone, at - now);
            }
        }
    }
}

#[test]
fn every_method_has_the_pace_of_its_tier() {
    let table = Method::ALL.iter().fold(String::new(), |table, method| {
        let (burst, next) = exhaust(&mut Pacer::default(), &ordinary(*method), start());
        let (pages, _) = exhaust(&mut Pacer::default(), &page(*method), start());
        format!(
            "{table}{:24} {burst:3} at once, next in {:4} ms, pages {pages:3}\n",
            method.name(),
            next.num_milliseconds()
        )
    });
    insta::assert_snapshot!(table, @r"
    auth.test                 50 at once, next in  610 ms, pages  50
    chat.postMessage          75 at once, next in  406 ms, pages 150
    chat.update               25 at once, next in 1220 ms, pages  25
    chat.delete               25 at once, next in 1220 ms, pages  25
    chat.postEphemeral        50 at once, next in  610 ms, pages  50
    conversations.open        10 at once, next in 3050 ms, pages  25
    conversations.create      10 at once, next in 3050 ms, pages  10
    conversations.list        10 at once, next in 3050 ms, pages  10
    users.conversations       25 at once, next in 1220 ms, pages  25
    conversations.invite      25 at once, next in 1220 ms, pages  25
    conversations.members     50 at once, next in  610 ms, pages  50
    conversations.replies     25 at once, next in 1220 ms, pages  25
    conversations.history     25 at once, next in 1220 ms, pages  25
    conversations.join        25 at once, next in 1220 ms, pages  25
    conversations.archive     10 at once, next in 3050 ms, pages  10
    conversations.unarchive   10 at once, next in 3050 ms, pages  10
    conversations.rename      10 at once, next in 3050 ms, pages  10
    conversations.setTopic    10 at once, next in 3050 ms, pages  10
    conversations.info        25 at once, next in 1220 ms, pages  25
    conversations.canvases.create  10 at once, next in 3050 ms, pages  10
    canvases.edit             25 at once, next in 1220 ms, pages  25
    pins.add                  10 at once, next in 3050 ms, pages  10
    bookmarks.add             10 at once, next in 3050 ms, pages  10
    bookmarks.list            25 at once, next in 1220 ms, pages  25
    users.info                50 at once, next in  610 ms, pages  50
    views.open                50 at once, next in  610 ms, pages  50
    views.update              50 at once, next in  610 ms, pages  50
    views.publish             50 at once, next in  610 ms, pages  50
    reactions.add             25 at once, next in 1220 ms, pages  25
    usergroups.list           10 at once, next in 3050 ms, pages  10
    usergroups.users.update   10 at once, next in 3050 ms, pages  10
    apps.connections.open     25 at once, next in 1220 ms, pages  25
    response_url              50 at once, next in  610 ms, pages  50
    ");
}

#[test]
fn a_page_has_a_budget_of_its_own() {
    let mut pacer = Pacer::default();
    exhaust(&mut pacer, &ordinary(Method::PostMessage), start());
    let (pages, _) = exhaust(&mut pacer, &page(Method::PostMessage), start());
    assert_eq!(pages, 75);
}

#[test]
fn a_page_goes_before_whoever_waits_already() {
    let mut pacer = Pacer::default();
    let decoration = ordinary(Method::UpdateMessage);
    exhaust(&mut pacer, &decoration, start());
    let early = pacer.enter(&decoration);
    let late_page = pacer.enter(&page(Method::UpdateMessage));

    let Turn::NotBefore(at) = pacer.ask(&page(Method::UpdateMessage), late_page, start()) else {
        panic!("exhausted")
    };
    assert!(matches!(pacer.ask(&decoration, early, at), Turn::NotBefore(after) if after > at));
    assert_eq!(pacer.ask(&page(Method::UpdateMessage), late_page, at), Turn::Go);
}

#[test]
fn what_decoration_met_does_not_silence_a_page_but_what_a_page_met_silences_all() {
    let mut pacer = Pacer::default();
    let until = start() + TimeDelta::seconds(30);
    let asks = |pacer: &mut Pacer, wish: &Wish| {
        let place = pacer.enter(wish);
        let turn = pacer.ask(wish, place, start());
        pacer.leave(wish.method, place);
        turn
    };

    pacer.close(Method::PostMessage, Urgency::Ordinary, until);
    assert_eq!(asks(&mut pacer, &ordinary(Method::PostMessage)), Turn::NotBefore(until));
    assert_eq!(asks(&mut pacer, &page(Method::PostMessage)), Turn::Go);
    assert_eq!(asks(&mut pacer, &ordinary(Method::UpdateMessage)), Turn::Go, "one method only");

    pacer.close(Method::PostMessage, Urgency::Page, until);
    assert_eq!(asks(&mut pacer, &page(Method::PostMessage)), Turn::NotBefore(until));
}

#[test]
fn a_busy_channel_holds_itself_up_and_nobody_else() {
    let mut pacer = Pacer::default();
    assert_eq!(exhaust(&mut pacer, &post_in("C1"), start()), (3, TimeDelta::seconds(1)));
    let stuck = post_in("C1");
    let place = pacer.enter(&stuck);
    assert_eq!(
        exhaust(&mut pacer, &post_in("C2"), start()).0,
        3,
        "an earlier call that cannot go is passed by"
    );
    let page_there = Wish { channel: Some("C1".into()), ..page(Method::PostMessage) };
    assert!(exhaust(&mut pacer, &page_there, start()).0 > 3, "a page does not wait for a channel");
    assert!(matches!(pacer.ask(&stuck, place, start()), Turn::NotBefore(_)));
}

#[test]
fn a_hundred_channels_use_every_minute_to_the_full() {
    let mut pacer = Pacer::default();
    let wish = ordinary(Method::CreateChannel);
    let mut now = start();
    let mut gone = vec![];
    while gone.len() < 100 {
        match pacer.free(&wish, now) {
            Ok(free) => {
                assert_eq!(exhaust(&mut pacer, &wish, now).0, free, "what is promised is kept");
                gone.extend((0..free).map(|_| now - start()));
            }
            Err(at) => {
                assert!(at > now, "nobody turns in circles");
                now = at;
            }
        }
    }
    let within = |span: TimeDelta| gone.iter().filter(|at| **at < span).count();
    assert_eq!(within(TimeDelta::seconds(1)), 10, "the first do not wait");
    assert_eq!(within(TimeDelta::seconds(61)), 20);
    assert_eq!(within(TimeDelta::seconds(122)), 40);
    assert_eq!(within(TimeDelta::seconds(183)), 60);
    assert!(gone.last().is_some_and(|last| *last < TimeDelta::seconds(306)), "{:?}", gone.last());
}

#[test]
fn whoever_waits_already_is_counted_before_others_are_let_in() {
    let mut pacer = Pacer::default();
    let wish = ordinary(Method::CreateChannel);
    assert_eq!(pacer.free(&wish, start()), Ok(10));
    let places: Vec<_> = (0..10).map(|_| pacer.enter(&wish)).collect();
    assert_eq!(pacer.free(&wish, start()), Err(start() + TimeDelta::milliseconds(3050)));
    for place in places {
        pacer.leave(wish.method, place);
    }
    assert_eq!(pacer.free(&wish, start()), Ok(10));
    assert_eq!(pacer.free(&post_in("C1"), start()), Ok(75));
    exhaust(&mut pacer, &post_in("C1"), start());
    assert_eq!(pacer.free(&post_in("C1"), start()), Err(start() + TimeDelta::seconds(1)));
    assert!(pacer.free(&post_in("C2"), start()).is_ok());
}

proptest! {
    /// Whatever the calls, no sixty seconds see more of them than Slack's tier allows.
    #[test]
    fn no_minute_exceeds_the_tier(gaps in prop::collection::vec(0_i64..4_000, 1..300)) {
        let limit = usize::try_from(Method::CreateChannel.pace().ordinary).unwrap();
        let mut pacer = Pacer::default();
        let wish = ordinary(Method::CreateChannel);
        let mut now = start();
        let mut sent = Vec::new();
        for gap in gaps {
            now += TimeDelta::milliseconds(gap);
            let place = pacer.enter(&wish);
            match pacer.ask(&wish, place, now) {
                Turn::Go => sent.push(now),
                Turn::NotBefore(at) => {
                    prop_assert!(at > now);
                    pacer.leave(wish.method, place);
                }
            }
        }
        for window in sent.windows(limit + 1) {
            prop_assert!(window[limit] - window[0] >= TimeDelta::minutes(1));
        }
    }
}

#[tokio::test]
async fn the_gate_opens_when_the_clock_says_so_and_refuses_a_wait_that_is_too_long() {
    let clock = Arc::new(ManualClock::at(start()));
    let gate = Arc::new(Gate::new(clock.clone()));
    let wish = ordinary(Method::CreateChannel);
    for _ in 0..10 {
        gate.pass(&wish, TimeDelta::zero()).await.unwrap();
    }
    let late = gate.pass(&wish, TimeDelta::seconds(1)).await.unwrap_err();
    assert_eq!(late.wait.as_secs(), 3);

    let waiting = tokio::spawn({
        let (gate, wish) = (gate.clone(), wish.clone());
        async move { gate.pass(&wish, TimeDelta::seconds(10)).await }
    });
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished());
    clock.advance_to(clock.now() + TimeDelta::seconds(5));
    assert_eq!(waiting.await.unwrap(), Ok(()));
}
