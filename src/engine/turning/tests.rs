use std::sync::atomic::{AtomicU32, Ordering};

use super::*;
use crate::clock::ManualClock;

/// A loop that falls so many times and turns well after that.
struct Falling {
    times: u32,
    turned: Arc<AtomicU32>,
    panics: bool,
}

impl Turns for Falling {
    fn name(&self) -> String {
        "falling".to_owned()
    }

    fn turn(&mut self, mut stopped: watch::Receiver<bool>) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let turn = self.turned.fetch_add(1, Ordering::SeqCst) + 1;
            if turn <= self.times {
                assert!(!self.panics, "this panic belongs to the test");
                return;
            }
            told(&mut stopped).await;
        })
    }
}

/// Wire time of a test: whoever waits finds the instant come.
struct Jumping(ManualClock);

impl Clock for Jumping {
    fn now(&self) -> DateTime<Utc> {
        self.0.now()
    }

    fn sleep_until(&self, at: DateTime<Utc>) -> BoxFuture<'_, ()> {
        self.0.advance_to(at);
        Box::pin(tokio::task::yield_now())
    }
}

/// How often the loop turned, and whether it was stuck when it had fallen for the last time.
async fn turns(times: u32, panics: bool) -> (u32, bool) {
    let clock = Arc::new(Jumping(ManualClock::at(DateTime::UNIX_EPOCH)));
    let (loops, turned) = (Arc::new(Loops::default()), Arc::new(AtomicU32::new(0)));
    let (stop, stopped) = watch::channel(false);
    let falling = Box::new(Falling { times, turned: turned.clone(), panics });
    let keeping = tokio::spawn(keep_turning(loops.clone(), clock.clone(), falling, stopped));
    while turned.load(Ordering::SeqCst) <= times {
        tokio::task::yield_now().await;
    }
    let is_stuck = loops.stuck(clock.now()) == ["falling"];
    assert!(loops.stuck(clock.now() + WELL_AFTER).is_empty(), "it has turned well for a minute");
    stop.send_replace(true);
    keeping.await.unwrap();
    (turned.load(Ordering::SeqCst), is_stuck)
}

#[tokio::test]
async fn a_loop_that_falls_begins_again() {
    for panics in [true, false] {
        assert_eq!(turns(1, panics).await, (2, false));
        assert_eq!(turns(TOO_OFTEN - 1, panics).await, (TOO_OFTEN, false));
    }
}

#[tokio::test]
async fn a_loop_that_falls_again_and_again_is_stuck_until_it_turns_for_a_while() {
    for panics in [true, false] {
        assert_eq!(turns(TOO_OFTEN, panics).await, (TOO_OFTEN + 1, true));
        assert_eq!(turns(20, panics).await, (21, true));
    }
}

#[test]
fn a_fall_after_a_long_time_is_the_first_one() {
    let (loops, began) = (Loops::default(), DateTime::UNIX_EPOCH);
    for n in 0..10 {
        let began = began + WELL_AFTER * n;
        loops.fell("a", began, began + WELL_AFTER);
        assert!(loops.stuck(began + WELL_AFTER).is_empty());
    }
}

#[tokio::test]
async fn a_panic_is_an_error_with_its_words() {
    assert_eq!(caught(async { 1 }).await, Ok(1));
    let n = 7;
    let panicked = caught(async { assert_ne!(n, 7, "seven is {n}") }).await.unwrap_err();
    assert!(panicked.to_string().contains("seven is 7"), "{panicked}");
}
