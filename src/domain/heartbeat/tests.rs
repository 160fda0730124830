use super::*;

fn at(minutes: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + Duration::minutes(minutes)
}

const TIMEOUT: Duration = Duration::minutes(10);

fn beats(minutes: &[i64]) -> Pulse {
    let next = |pulse: Option<Pulse>, n: &i64| beat(pulse.as_ref(), Beat::Alive, at(*n), TIMEOUT);
    minutes.iter().fold(None, next).unwrap()
}

#[test]
fn the_second_beat_in_time_arms_it() {
    assert!(!beats(&[0]).is_armed);
    assert!(beats(&[0, 10]).is_armed);
    assert!(!beats(&[0, 11]).is_armed);
    assert!(beats(&[0, 11, 12]).is_armed);
}

#[test]
fn one_beat_told_twice_arms_nothing() {
    let first = beats(&[0]);
    let soon = at(0) + Duration::milliseconds(900);
    let again = beat(Some(&first), Beat::Alive, soon, TIMEOUT).unwrap();
    assert_eq!(again, Pulse { last_at: soon, ..first });
}

#[test]
fn a_short_timeout_is_armed_by_beats_that_are_close() {
    let timeout = Duration::seconds(4);
    let later = |millis: i64| at(0) + Duration::milliseconds(millis);
    let first = beat(None, Beat::Alive, at(0), timeout);
    let armed = beat(first.as_ref(), Beat::Alive, later(1000), timeout).unwrap();
    assert!(armed.is_armed);
    // Each beat counts, however close to the one before.
    let kept = beat(Some(&armed), Beat::Alive, later(4900), timeout).unwrap();
    let kept = beat(Some(&kept), Beat::Alive, later(4903), timeout).unwrap();
    assert_eq!(kept.look(later(8902), timeout).1, Change::None);
    assert_eq!(kept.look(later(8903), timeout).1, Change::Lost);
}

#[test]
fn an_unarmed_one_is_told_of_once_and_never_lost() {
    let pulse = beats(&[0]);
    assert_eq!(pulse.due(TIMEOUT), Some(at(10)));
    let (told, change) = pulse.look(at(10), TIMEOUT);
    assert_eq!(change, Change::TooSlow);
    assert_eq!((told.due(TIMEOUT), told.look(at(60), TIMEOUT).1), (None, Change::None));
}

#[test]
fn an_armed_one_is_lost_in_time_and_its_return_is_trusted_later() {
    let pulse = beats(&[0, 1]);
    assert_eq!(pulse.look(at(10), TIMEOUT).1, Change::None);
    let (lost, change) = pulse.look(pulse.due(TIMEOUT).unwrap(), TIMEOUT);
    assert_eq!((change, lost.lost_at, lost.due(TIMEOUT)), (Change::Lost, Some(at(11)), None));
    assert!(lost.is_in_doubt(at(300), TIMEOUT));
    let back = beat(Some(&lost), Beat::Alive, at(300), TIMEOUT).unwrap();
    assert!(back.is_in_doubt(at(309), TIMEOUT) && !back.is_in_doubt(at(310), TIMEOUT));
    let again = beat(Some(&back), Beat::Alive, at(309), TIMEOUT).unwrap();
    assert_eq!(again.look(at(310), TIMEOUT).1, Change::Trusted);
}

#[test]
fn a_resolved_beat_is_a_missing_one_unless_it_is_late_or_nothing_is_armed() {
    let pulse = beats(&[0, 1]);
    assert_eq!(beat(Some(&pulse), Beat::Dead(at(2)), at(2), TIMEOUT).unwrap().lost_at, Some(at(2)));
    assert_eq!(beat(Some(&pulse), Beat::Dead(at(0)), at(2), TIMEOUT), Some(pulse));
    assert_eq!(beat(Some(&beats(&[0])), Beat::Dead(at(2)), at(2), TIMEOUT), None);
    assert_eq!(beat(None, Beat::Dead(at(2)), at(2), TIMEOUT), None);
}
