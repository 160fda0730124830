use futures::stream;

use super::*;

fn reader(body: u32, process: usize) -> Reader {
    Reader::new(Limits { body, process, arrival: Duration::from_millis(200) })
}

/// A body of unknown length, in the given pieces.
fn pieces(pieces: &[&'static str]) -> Body {
    let pieces: Vec<_> =
        pieces.iter().map(|piece| Ok::<_, std::io::Error>(Bytes::from_static(piece.as_bytes()))).collect();
    Body::from_stream(stream::iter(pieces))
}

#[tokio::test]
async fn bodies_arrive_whole_however_they_are_cut() {
    let reader = reader(10, 10);
    for (body, whole) in [
        (Body::empty(), ""),
        (Body::from("0123456789"), "0123456789"),
        (pieces(&[]), ""),
        (pieces(&["", "01", "", "23456789"]), "0123456789"),
    ] {
        assert_eq!(reader.read(body).await.unwrap().as_ref(), whole.as_bytes());
        assert_eq!(reader.budget.available_permits(), 10, "everything is given back");
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_413_declared_or_not() {
    let reader = reader(10, 100);
    for body in [Body::from("01234567890"), pieces(&["01234567890"]), pieces(&["012345", "67890"])] {
        let refused = reader.read(body).await.unwrap_err();
        assert!(matches!(refused, Unread::TooLarge { limit: 10 }), "{refused}");
        assert_eq!(refused.status(), 413);
        assert_eq!(reader.budget.available_permits(), 100);
    }
}

#[tokio::test]
async fn beyond_the_budget_is_503_until_a_body_is_dropped() {
    let reader = reader(10, 15);
    let first = reader.read(Body::from("0123456789")).await.unwrap();
    for body in [Body::from("012345"), pieces(&["0123", "45"])] {
        let refused = reader.clone().read(body).await.unwrap_err();
        assert!(matches!(refused, Unread::Busy), "{refused}");
        assert_eq!(refused.status(), 503);
    }
    let small = reader.read(Body::from("01234")).await.unwrap();
    drop(first);
    assert!(reader.read(Body::from("012345")).await.is_ok());
    drop(small);
    assert_eq!(reader.budget.available_permits(), 15);
}

#[tokio::test]
async fn a_body_that_never_ends_is_503_and_one_that_breaks_off_is_400() {
    let reader = reader(10, 10);
    let endless = Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>());
    let refused = reader.read(endless).await.unwrap_err();
    assert!(matches!(refused, Unread::TooSlow { .. }), "{refused}");
    assert_eq!(refused.status(), 503);

    let half = [Ok(Bytes::from_static(b"01")), Err(std::io::Error::other("reset"))];
    let refused = reader.read(Body::from_stream(stream::iter(half))).await.unwrap_err();
    assert!(matches!(refused, Unread::Broken(_)), "{refused}");
    assert_eq!(refused.status(), 400);
    assert_eq!(reader.budget.available_permits(), 10);
}
