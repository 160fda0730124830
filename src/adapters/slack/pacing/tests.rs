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
    auth.test                 25 at once, next in  800 ms, pages  25
    chat.postMessage          37 at once, next in  530 ms, pages  74
    chat.update               12 at once, next in 1578 ms, pages  12
    chat.delete               12 at once, next in 1578 ms, pages  12
    chat.postEphemeral        25 at once, next in  800 ms, pages  25
    conversations.open         5 at once, next in 4000 ms, pages  12
    conversations.create       5 at once, next in 4000 ms, pages   5
    conversations.list         5 at once, next in 4000 ms, pages   5
    users.conversations       12 at once, next in 1578 ms, pages  12
    conversations.invite      12 at once, next in 1578 ms, pages  12
    conversations.join        12 at once, next in 1578 ms, pages  12
    conversations.archive      5 at once, next in 4000 ms, pages   5
    conversations.unarchive    5 at once, next in 4000 ms, pages   5
    conversations.rename       5 at once, next in 4000 ms, pages   5
    conversations.setTopic     5 at once, next in 4000 ms, pages   5
    conversations.info        12 at once, next in 1578 ms, pages  12
    pins.add                   5 at once, next in 4000 ms, pages   5
    bookmarks.add              5 at once, next in 4000 ms, pages   5
    bookmarks.list            12 at once, next in 1578 ms, pages  12
    users.info                25 at once, next in  800 ms, pages  25
    views.open                25 at once, next in  800 ms, pages  25
    views.update              25 at once, next in  800 ms, pages  25
    views.publish             25 at once, next in  800 ms, pages  25
    reactions.add             12 at once, next in 1578 ms, pages  12
    apps.connections.open     12 at once, next in 1578 ms, pages  12
    response_url              25 at once, next in  800 ms, pages  25
    ");
}

#[test]
fn a_page_has_a_budget_of_its_own() {
    let mut pacer = Pacer::default();
    exhaust(&mut pacer, &ordinary(Method::PostMessage), start());
    let (pages, _) = exhaust(&mut pacer, &page(Method::PostMessage), start());
    assert_eq!(pages, 37);
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
    for _ in 0..5 {
        gate.pass(&wish, TimeDelta::zero()).await.unwrap();
    }
    let late = gate.pass(&wish, TimeDelta::seconds(1)).await.unwrap_err();
    assert_eq!(late.wait.as_secs(), 4);

    let waiting = tokio::spawn({
        let (gate, wish) = (gate.clone(), wish.clone());
        async move { gate.pass(&wish, TimeDelta::seconds(10)).await }
    });
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished());
    clock.advance_to(clock.now() + TimeDelta::seconds(5));
    assert_eq!(waiting.await.unwrap(), Ok(()));
}
