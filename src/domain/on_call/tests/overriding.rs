use super::*;
use crate::domain::incident::Actor;
use crate::ids::OverrideId;

fn by(person: &str) -> Actor {
    Actor::Person(person.into())
}

fn made(id: i64, taken: Override, who: &str) -> Made {
    Made { id: OverrideId(id), at: taken.from, taken, by: by(who) }
}

/// Alice's week: Monday the 16th to Monday the 23rd, nine o'clock in Paris.
const NOW: &str = "2026-03-17T12:00:00Z";

#[test]
fn a_span_is_taken_from_now_on_and_no_further_than_a_year() {
    let schedule = platform(&FIVE);
    let fits = |wish: &Override| fit(&schedule, &[], wish, &by("bob"), Others::Stand, utc(NOW));
    let wish = takes("bob", "2026-03-18T12:00:00Z", "2026-03-18T14:00:00Z");
    assert_eq!(fits(&wish), Ok(wish.clone()));
    let this_morning = takes("bob", "2026-03-16T23:00:00Z", "2026-03-17T14:00:00Z");
    assert_eq!(fits(&this_morning), Ok(Override { from: utc(NOW), ..this_morning }), "what was stays");
    let table = [
        (takes("bob", "2026-03-18T14:00:00Z", "2026-03-18T14:00:00Z"), Unfit::Backwards),
        (takes("bob", "2026-03-18T15:00:00Z", "2026-03-18T14:00:00Z"), Unfit::Backwards),
        (takes("bob", "2026-03-17T10:00:00Z", NOW), Unfit::Past),
        (takes("bob", "2026-03-16T11:59:59Z", "2026-03-17T14:00:00Z"), Unfit::Past),
        (takes("bob", "2027-03-17T12:00:00Z", "2027-03-18T12:00:01Z"), Unfit::TooFar),
        (takes("alice", "2026-03-18T12:00:00Z", "2026-03-18T14:00:00Z"), Unfit::OnCallAnyway),
    ];
    for (wish, why) in table {
        assert_eq!(fits(&wish), Err(why), "{wish:?}");
    }
    // She is on call for a part of it only.
    assert!(fits(&takes("alice", "2026-03-22T12:00:00Z", "2026-03-24T14:00:00Z")).is_ok());
}

#[test]
fn only_what_somebody_else_arranged_stands_in_the_way() {
    let schedule = platform(&FIVE);
    let standing = [
        made(1, takes("bob", "2026-03-18T08:00:00Z", "2026-03-18T12:00:00Z"), "alice"),
        made(
            2,
            Override {
                schedule: "search".into(),
                ..takes("eve", "2026-03-18T08:00:00Z", "2026-03-19T08:00:00Z")
            },
            "eve",
        ),
    ];
    let wish = |from: &str, to: &str| takes("charlie", from, to);
    let fits =
        |wish: &Override, who: &str, others| fit(&schedule, &standing, wish, &by(who), others, utc(NOW));
    let before = wish("2026-03-18T06:00:00Z", "2026-03-18T08:00:00Z");
    let across = wish("2026-03-18T06:00:00Z", "2026-03-18T08:00:01Z");
    let after = wish("2026-03-18T12:00:00Z", "2026-03-18T13:00:00Z");
    assert!(
        fits(&before, "charlie", Others::Stand).is_ok() && fits(&after, "charlie", Others::Stand).is_ok()
    );
    assert_eq!(fits(&across, "charlie", Others::Stand), Err(Unfit::Arranged(Box::new(standing[0].clone()))));
    assert!(fits(&across, "charlie", Others::GiveWay).is_ok());
    assert!(fits(&across, "alice", Others::Stand).is_ok(), "one's own gives way");
}

#[test]
fn what_changes_is_told_span_by_span() {
    let schedule = platform(&FIVE);
    let before = [takes("bob", "2026-03-22T08:00:00Z", "2026-03-22T12:00:00Z")];
    let wish = takes("eve", "2026-03-22T06:00:00Z", "2026-03-23T10:00:00Z");
    let after = [before[0].clone(), wish.clone()];
    let found = changes(&schedule, &before, &after, wish.from, wish.to);
    let lines: Vec<String> = found
        .iter()
        .map(|change| {
            let (from, to) = (change.from.format("%d %R"), change.to.format("%d %R"));
            format!("{from} to {to}: {} for {}", name(change.after.as_ref()), name(change.before.as_ref()))
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    22 06:00 to 22 08:00: eve for alice
    22 08:00 to 22 12:00: eve for bob
    22 12:00 to 23 08:00: eve for alice
    23 08:00 to 23 10:00: eve for bob
    ");
    assert_eq!(changes(&schedule, &after, &after, wish.from, wish.to), []);
}

#[test]
fn an_exchange_gives_a_shift_for_the_others_next_one() {
    let schedule = platform(&FIVE);
    let asked = |asker: &str, other: &str, at: &str| {
        exchange(&schedule, &[], &asker.into(), &other.into(), utc(at), utc(NOW))
    };
    let given = asked("alice", "charlie", "2026-03-20T12:00:00Z").unwrap();
    assert_eq!(given.given, [(utc(NOW), utc("2026-03-23T08:00:00Z"))], "what is left of it");
    // The clock changes between.
    assert_eq!(given.taken, [(utc("2026-03-30T07:00:00Z"), utc("2026-04-06T07:00:00Z"))]);
    let after = given.overrides();
    assert_eq!(who(&schedule, &after, utc("2026-03-20T12:00:00Z")).primary, Some("charlie".into()));
    assert_eq!(who(&schedule, &after, utc("2026-04-01T12:00:00Z")).primary, Some("alice".into()));
    assert!(is_still_theirs(&schedule, &[], &given) && !is_still_theirs(&schedule, &after, &given));
    assert_eq!(given.from_now(utc("2026-03-23T08:00:00Z")), None, "nothing is left to give");
    assert_eq!(given.from_now(utc("2026-03-21T00:00:00Z")).unwrap().given[0].0, utc("2026-03-21T00:00:00Z"));

    assert_eq!(asked("alice", "alice", NOW), Err(NoExchange::Oneself));
    assert_eq!(asked("bob", "alice", NOW), Err(NoExchange::NotTheirs(Some("alice".into()))));
    assert_eq!(asked("alice", "charlie", "2026-03-15T12:00:00Z"), Err(NoExchange::Past));
    assert_eq!(asked("alice", "zoe", NOW), Err(NoExchange::NothingToTake));
    // Whoever is on call now gives the next shift, not this one.
    let next = asked("bob", "alice", "2026-03-24T12:00:00Z").unwrap();
    assert_eq!(next.taken[0].0, utc("2026-04-20T07:00:00Z"));
}

#[test]
fn a_shift_is_exchanged_whole_however_many_spans_it_has() {
    let days = vec![Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri];
    let (from, to) = (clock(9, 0), clock(18, 0));
    let schedule = Schedule { restrictions: vec![Restriction { days, from, to }], ..platform(&FIVE) };
    // Charlie has taken Alice's Thursday, and Eve the Tuesday of Charlie's week, from noon to one o'clock.
    let standing = [
        takes("charlie", "2026-03-19T08:00:00Z", "2026-03-19T17:00:00Z"),
        takes("eve", "2026-03-31T10:00:00Z", "2026-03-31T11:00:00Z"),
    ];
    let asked = |asker: &str, other: &str, at: &str| {
        exchange(&schedule, &standing, &asker.into(), &other.into(), utc(at), utc(NOW))
    };
    let found = asked("alice", "bob", "2026-03-20T12:00:00Z").unwrap();
    let day = |day: &str| (utc(&format!("{day}T08:00:00Z")), utc(&format!("{day}T17:00:00Z")));
    // It is Tuesday, one o'clock in Paris.
    assert_eq!(found.given, [(utc(NOW), day("2026-03-17").1), day("2026-03-18"), day("2026-03-20")]);
    assert_eq!(found.taken, ["23", "24", "25", "26", "27"].map(|n| day(&format!("2026-03-{n}"))));
    let after = [&standing[..], &found.overrides()].concat();
    for hour in 0..21 * 24 {
        let at = utc(NOW) + TimeDelta::hours(hour);
        let (was, is) = (who(&schedule, &standing, at).primary, who(&schedule, &after, at).primary);
        let within = |spans: &[Between]| spans.iter().any(|(from, to)| *from <= at && at < *to);
        let expected = match (within(&found.given), within(&found.taken)) {
            (true, _) => Some("bob".into()),
            (_, true) => Some("alice".into()),
            (false, false) => was,
        };
        assert_eq!(is, expected, "{at}");
    }
    // What Charlie has taken of her week is his next shift.
    let odd = asked("alice", "charlie", "2026-03-20T12:00:00Z").unwrap();
    assert_eq!((odd.given.len(), &odd.taken), (3, &vec![day("2026-03-19")]));
    let later = asked("bob", "eve", "2026-03-24T12:00:00Z").unwrap();
    assert_eq!(later.taken, [(utc("2026-03-31T10:00:00Z"), utc("2026-03-31T11:00:00Z"))]);

    // As time goes on less is left to give; when what is taken has begun, nothing is exchanged.
    assert_eq!(found.from_now(utc("2026-03-18T17:00:00Z")).unwrap().given, [day("2026-03-20")]);
    assert_eq!(found.from_now(utc("2026-03-20T17:00:00Z")), None);
    assert_eq!(odd.from_now(utc("2026-03-19T08:00:01Z")), None);
    // One of the spans is not theirs any more, on either side.
    assert!(is_still_theirs(&schedule, &standing, &found));
    for changed in [
        takes("diana", "2026-03-20T16:00:00Z", "2026-03-20T17:00:00Z"),
        takes("diana", "2026-03-25T08:00:00Z", "2026-03-25T09:00:00Z"),
    ] {
        let standing = [&standing[..], &[changed]].concat();
        assert!(!is_still_theirs(&schedule, &standing, &found));
    }
    let night = takes("diana", "2026-03-18T20:00:00Z", "2026-03-18T21:00:00Z");
    assert!(
        is_still_theirs(&schedule, &[&standing[..], &[night]].concat(), &found),
        "between them it is nobody's"
    );

    // At night nobody is on call, and on Thursday Charlie is.
    assert_eq!(asked("alice", "bob", "2026-03-18T22:00:00Z"), Err(NoExchange::NotTheirs(None)));
    assert_eq!(
        asked("alice", "bob", "2026-03-19T12:00:00Z"),
        Err(NoExchange::NotTheirs(Some("charlie".into())))
    );
    assert_eq!(asked("alice", "zoe", "2026-03-18T12:00:00Z"), Err(NoExchange::NothingToTake));
    // Nothing is left of what she has in the week once its last span is over.
    let evening = utc("2026-03-20T17:00:00Z");
    let over =
        exchange(&schedule, &standing, &"alice".into(), &"bob".into(), utc("2026-03-20T12:00:00Z"), evening);
    assert_eq!(over, Err(NoExchange::Past));
}

proptest! {
    /// Whatever is taken: the person is on call throughout, and nothing outside of the span changes.
    #[test]
    fn a_taken_span_is_theirs_and_nothing_else_changes(
        spans in vec((0..5_usize, 0..20_000_i64, 1..8_000_i64), 1..8),
        probe in 0..30_000_i64,
    ) {
        let schedule = platform(&FIVE);
        let now = utc(NOW);
        let mut standing: Vec<Made> = vec![];
        for (n, (person, from, minutes)) in spans.into_iter().enumerate() {
            let from = now + TimeDelta::minutes(from);
            let wish = Override {
                schedule: schedule.id.clone(), person: FIVE[person].into(), from, to: from + TimeDelta::minutes(minutes),
            };
            let before: Vec<Override> = standing.iter().map(|made| made.taken.clone()).collect();
            let Ok(taken) = fit(&schedule, &standing, &wish, &by("x"), Others::GiveWay, now) else { continue };
            let mut after = before.clone();
            after.push(taken.clone());
            let at = now + TimeDelta::minutes(probe);
            let (was, is) = (who(&schedule, &before, at).primary, who(&schedule, &after, at).primary);
            if taken.from <= at && at < taken.to {
                prop_assert_eq!(is.as_ref(), Some(&taken.person));
            } else {
                prop_assert_eq!(&is, &was);
            }
            let told = changes(&schedule, &before, &after, taken.from, taken.to)
                .into_iter().find(|change| change.from <= at && at < change.to);
            prop_assert_eq!(told.map(|change| (change.before, change.after)), (is != was).then_some((was, is)));
            standing.push(made(i64::try_from(n).unwrap(), taken, "y"));
        }
    }
}

#[test]
fn another_rotation_moves_what_it_moves_and_nothing_else() {
    let (before, after) = (platform(&["alice", "bob", "charlie"]), platform(&["bob", "alice", "charlie"]));
    let (from, to) = (utc("2026-01-06T12:00:00Z"), utc("2026-01-26T08:00:00Z"));
    let said = |before: Option<&Schedule>, after: Option<&Schedule>, overrides: &[Override]| {
        let changes = moved(before, after, overrides, from, to).into_iter();
        let name = |person: Option<PersonId>| person.map_or("nobody".to_owned(), |person| person.to_string());
        changes
            .map(|change| {
                format!("{} {}→{}", change.from.format("%d %H:%M"), name(change.before), name(change.after))
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(said(Some(&before), Some(&before), &[]), Vec::<String>::new());
    assert_eq!(said(Some(&before), Some(&after), &[]), ["06 12:00 alice→bob", "12 08:00 bob→alice"]);
    // What somebody has taken stays theirs.
    let taken = takes("eve", "2026-01-05T08:00:00Z", "2026-01-12T08:00:00Z");
    assert_eq!(said(Some(&before), Some(&after), std::slice::from_ref(&taken)), ["12 08:00 bob→alice"]);
    assert_eq!(
        said(None, Some(&after), &[]),
        ["06 12:00 nobody→bob", "12 08:00 nobody→alice", "19 08:00 nobody→charlie"]
    );
    assert_eq!(said(Some(&after), None, &[]).len(), 3, "and so when it goes");
}
