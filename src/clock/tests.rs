//! Clocks that are moved by hand.

use chrono::TimeDelta;

use super::*;

#[test]
fn an_instant_between_two_microseconds_has_come_when_the_clock_was_moved_to_it() {
    let clock = ManualClock::at(DateTime::UNIX_EPOCH);
    for nanoseconds in [1, 999, 1_000, 1_001, 1_333_333_333] {
        let at = DateTime::UNIX_EPOCH + TimeDelta::nanoseconds(nanoseconds);
        clock.advance_to(at);
        assert!(clock.now() >= at && clock.now() - at < TimeDelta::microseconds(1), "{nanoseconds}");
    }
}
