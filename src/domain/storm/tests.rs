use chrono::TimeZone as _;
use proptest::prelude::*;

use super::*;

const THRESHOLD: u32 = 10;

fn at(seconds: i64) -> DateTime<Utc> {
    Utc.timestamp_opt(1_790_000_000 + seconds, 0).unwrap()
}

/// A schedule with the umbrella as the incident would be.
#[derive(Default)]
struct Schedule {
    watch: Watch,
    umbrella: Option<(IncidentId, Severity)>,
    n_umbrellas: i64,
    n_pages: u32,
    n_storm_pages: u32,
    n_p1: u32,
    n_joined: u32,
}

impl Schedule {
    fn opens(&mut self, severity: Severity, seconds: i64) -> Verdict {
        let umbrella = self.umbrella.map(|(_, severity)| severity);
        let verdict = self.watch.sees(severity, at(seconds), THRESHOLD, umbrella);
        match verdict {
            Verdict::Alone | Verdict::AloneAbove(_) if severity == Severity::P4 => {}
            Verdict::Alone | Verdict::AloneAbove(_) if severity == Severity::P1 => self.n_p1 += 1,
            Verdict::Alone => self.n_pages += 1,
            Verdict::AloneAbove(id) => {
                assert_eq!(self.umbrella.map(|(known, _)| known), Some(id));
                self.umbrella = Some((id, severity));
                self.n_pages += 1;
            }
            Verdict::Begins(worst) => {
                self.n_umbrellas += 1;
                let id = IncidentId(self.n_umbrellas);
                self.umbrella = Some((id, worst));
                self.watch.umbrella = Some(id);
                self.n_pages += 1;
                self.n_joined += 1;
            }
            Verdict::Joins(id) => {
                assert_eq!(self.umbrella.map(|(known, _)| known), Some(id), "it joins one that is open");
                self.n_joined += 1;
            }
        }
        self.n_storm_pages = self.n_storm_pages.max(self.n_pages);
        verdict
    }
}

#[test]
fn from_the_tenth_within_a_minute_on_they_join() {
    let mut schedule = Schedule::default();
    for n in 0..9 {
        assert_eq!(schedule.opens(Severity::P2, n), Verdict::Alone, "{n}");
    }
    assert_eq!(schedule.opens(Severity::P2, 60), Verdict::Begins(Severity::P2));
    assert_eq!(schedule.opens(Severity::P3, 61), Verdict::Joins(IncidentId(1)));
    assert_eq!(schedule.n_pages, THRESHOLD);
}

#[test]
fn ten_in_more_than_a_minute_are_no_storm() {
    let mut schedule = Schedule::default();
    for n in 0..100 {
        assert_eq!(schedule.opens(Severity::P2, n * 7), Verdict::Alone, "{n}");
    }
}

#[test]
fn what_never_pages_does_not_count_and_what_is_as_bad_as_it_gets_always_pages() {
    let mut schedule = Schedule::default();
    for n in 0..9 {
        schedule.opens(Severity::P2, 0);
        assert_eq!(schedule.opens(Severity::P4, 0), Verdict::Alone, "{n}");
    }
    assert_eq!(schedule.opens(Severity::P1, 1), Verdict::Alone, "the tenth, but it pages by itself");
    assert_eq!(schedule.opens(Severity::P2, 1), Verdict::Begins(Severity::P2));
    assert_eq!(schedule.opens(Severity::P1, 2), Verdict::Alone);
    assert_eq!(schedule.opens(Severity::P4, 2), Verdict::Alone);
}

#[test]
fn what_is_worse_than_the_umbrella_pages_once_and_the_next_like_it_joins() {
    let mut schedule = Schedule::default();
    for _ in 0..10 {
        schedule.opens(Severity::P3, 0);
    }
    assert_eq!(schedule.umbrella, Some((IncidentId(1), Severity::P3)));
    assert_eq!(schedule.opens(Severity::P2, 1), Verdict::AloneAbove(IncidentId(1)));
    assert_eq!(schedule.opens(Severity::P2, 2), Verdict::Joins(IncidentId(1)));
    assert_eq!(schedule.n_pages, THRESHOLD + 1);
}

#[test]
fn it_is_over_after_five_minutes_below_half_the_threshold() {
    let mut schedule = Schedule::default();
    for _ in 0..20 {
        schedule.opens(Severity::P2, 0);
    }
    // Four a minute are less than half of ten, however long they go on.
    for n in 1..=21 {
        assert_eq!(schedule.opens(Severity::P2, n * 17), Verdict::Joins(IncidentId(1)));
    }
    assert!(schedule.watch.is_over(at(360)));
    // Five are not.
    let mut schedule = Schedule::default();
    for _ in 0..20 {
        schedule.opens(Severity::P2, 0);
    }
    for n in 1..=20 {
        schedule.opens(Severity::P2, n * 15);
    }
    assert_eq!(schedule.watch.ends_at(), Some(at(240 + 360)));
    let mut schedule = Schedule::default();
    for _ in 0..20 {
        schedule.opens(Severity::P2, 0);
    }
    assert!(!schedule.watch.is_over(at(359)));
    assert!(schedule.watch.is_over(at(360)));
    schedule.opens(Severity::P2, 200);
    assert_eq!(schedule.watch.ends_at(), Some(at(360)), "one alone keeps no storm going");
    assert_eq!(schedule.opens(Severity::P2, 400), Verdict::Alone, "and then they page again");
}

#[test]
fn nothing_joins_an_umbrella_that_somebody_has_resolved() {
    let mut schedule = Schedule::default();
    for _ in 0..15 {
        schedule.opens(Severity::P2, 0);
    }
    schedule.umbrella = None;
    assert_eq!(schedule.opens(Severity::P2, 1), Verdict::Begins(Severity::P2), "it goes on under a new one");
}

fn severities() -> impl Strategy<Value = Severity> {
    prop_oneof![
        1 => Just(Severity::P1),
        4 => Just(Severity::P2),
        4 => Just(Severity::P3),
        1 => Just(Severity::P4),
    ]
}

proptest! {
    /// However many come, in whatever order: between two ends of storms nobody is paged more than the threshold and once more,
    /// every P1 pages, and whatever does not page itself has joined an open umbrella.
    #[test]
    fn a_burst_pages_at_most_the_threshold_and_once_more(
        burst in prop::collection::vec((severities(), 0_i64..60_000), 1..300),
    ) {
        let mut burst = burst;
        burst.sort_by_key(|(_, at)| *at);
        let mut schedule = Schedule::default();
        for (severity, millis) in &burst {
            let verdict = schedule.opens(*severity, millis / 1000);
            if *severity == Severity::P1 {
                prop_assert_eq!(verdict, Verdict::Alone);
            }
        }
        let n = |wanted: Severity| {
            u32::try_from(burst.iter().filter(|(severity, _)| *severity == wanted).count()).unwrap()
        };
        prop_assert!(schedule.n_pages <= THRESHOLD + 1, "{} pages", schedule.n_pages);
        prop_assert_eq!(schedule.n_p1, n(Severity::P1));
        let own = schedule.n_pages - u32::try_from(schedule.n_umbrellas).unwrap();
        prop_assert_eq!(own + schedule.n_joined, n(Severity::P2) + n(Severity::P3), "nobody is forgotten");
        prop_assert!(schedule.n_umbrellas <= 1);
    }

    /// A storm ends only when its rate has been low for five minutes, and never without that.
    #[test]
    fn it_ends_when_it_is_quiet(seconds in prop::collection::vec(0_i64..3_600, 10..200)) {
        let mut seconds = seconds;
        seconds.sort_unstable();
        let mut watch = Watch { umbrella: Some(IncidentId(1)), ..Watch::default() };
        for second in &seconds {
            watch.sees(Severity::P2, at(*second), THRESHOLD, Some(Severity::P2));
        }
        let last = *seconds.last().unwrap();
        let busy = |now: i64| {
            seconds.iter().filter(|second| (now - 60..=now).contains(*second)).count() >= 5
        };
        let end = watch.ends_at();
        let mut last_busy = (last - 300..=last).rev().find(|then| busy(*then)).unwrap_or(last - 301);
        for now in last + 1..last + 400 {
            last_busy = if busy(now) { now } else { last_busy };
            if now - last_busy > 299 {
                prop_assert!(watch.is_over(at(now + 1)), "quiet for five minutes at {now}, ends {end:?}");
            }
            if busy(now) {
                prop_assert!(!watch.is_over(at(now)));
            }
        }
    }
}
