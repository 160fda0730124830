use super::*;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
}

/// Due at 0, taken by its provider then, and repeated so often.
fn page(accepted: Option<i64>, repeats: u32) -> Page {
    Page {
        id: "INC-1/platform/1/1/1/alice/webhook".into(),
        incident: IncidentId(1),
        walk: 1,
        person: "alice".into(),
        method: ContactMethod::Webhook,
        round: 1,
        step: 1,
        cause: Cause::Ladder("platform".into()),
        opening: None,
        repeats,
        due: at(0),
        sent: accepted.map(at),
        accepted: accepted.map(at),
        delivered: None,
        acked: None,
        failed: None,
        superseded: None,
        provider_id: None,
        error: None,
        folded_into: None,
    }
}

#[test]
fn a_provider_that_takes_its_time_loses_no_repetition() {
    let minute = Duration::minutes(1);
    for took in [0, 1, 3, 10] {
        assert!(page(Some(took), 1).matters(1, at(60), minute), "taken after {took} s");
    }
}

#[test]
fn after_an_outage_one_ring_is_enough() {
    let minute = Duration::minutes(1);
    let late = page(Some(179), 3);
    assert!(!late.matters(1, at(180), minute), "it is time for a later one");
    assert!(!late.matters(3, at(180), minute), "it was taken a moment ago");
    assert!(page(None, 3).matters(3, at(180), minute), "nobody has taken any of it");
}

#[test]
fn what_is_answered_or_over_matters_no_longer() {
    let minute = Duration::minutes(1);
    let acked = Page { acked: Some(at(5)), ..page(Some(1), 1) };
    let over = Page { superseded: Some(at(5)), ..page(Some(1), 1) };
    assert!(!acked.matters(1, at(60), minute) && !over.matters(1, at(60), minute));
    assert!(!page(Some(1), 0).matters(0, at(60), minute), "a page is not sent twice");
}
