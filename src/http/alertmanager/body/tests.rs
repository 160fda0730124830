use std::pin::Pin;
use std::task::{Context, Poll};

use futures::{StreamExt, stream};
use http_body::{Frame, SizeHint};

use super::*;

fn reader(body: u32, process: usize) -> Reader {
    let (pause, arrival) = (Duration::from_millis(100), Duration::from_mins(1));
    let turn = Duration::from_millis(100);
    Reader::new(Limits { body, process, work: body as usize, small: 2, turn, pause, arrival })
}

/// A body that says how long it is and stalls after its first bytes.
struct Stalling {
    declared: u64,
    first: Option<Bytes>,
}

impl HttpBody for Stalling {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        match self.first.take() {
            Some(first) => Poll::Ready(Some(Ok(Frame::data(first)))),
            None => Poll::Pending,
        }
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.declared)
    }
}

#[tokio::test]
async fn those_who_declare_much_and_stall_hold_only_what_they_sent_and_are_let_go() {
    let reader = reader(64, 256);
    let stalling = || Body::new(Stalling { declared: 64, first: Some(Bytes::from_static(b"0123")) });
    let mut reading: Vec<_> = (0..8).map(|_| Box::pin(reader.read(stalling()))).collect();
    for reading in &mut reading {
        assert!(futures::poll!(reading.as_mut()).is_pending());
    }
    assert_eq!(reader.budget.available_permits(), 256 - 8 * 4);
    let whole = [b'x'; 64];
    assert_eq!(reader.read(Body::from(whole.to_vec())).await.unwrap().as_ref(), whole);
    for reading in reading {
        let refused = reading.await.unwrap_err();
        assert!(matches!(refused, Unread::Stalled { .. }), "{refused}");
        assert_eq!(refused.status(), 503, "to be sent again");
    }
    assert_eq!(reader.budget.available_permits(), 256, "everything is given back");
}

#[tokio::test]
async fn a_body_that_trickles_for_ever_is_503() {
    let (pause, arrival) = (Duration::from_mins(1), Duration::from_millis(100));
    let reader = Reader::new(Limits {
        body: u32::MAX,
        process: 1 << 30,
        work: 1 << 30,
        small: 1,
        turn: pause,
        pause,
        arrival,
    });
    let trickle = stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from_static(b"x")));
    let trickle = trickle.then(|piece| async {
        tokio::task::yield_now().await;
        piece
    });
    let refused = reader.read(Body::from_stream(trickle)).await.unwrap_err();
    assert!(matches!(refused, Unread::TooSlow { .. }), "{refused}");
    assert_eq!(refused.status(), 503);
    assert_eq!(reader.budget.available_permits(), 1 << 30);
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
    assert!(matches!(refused, Unread::Stalled { .. }), "{refused}");
    assert_eq!(refused.status(), 503);

    let half = [Ok(Bytes::from_static(b"01")), Err(std::io::Error::other("reset"))];
    let refused = reader.read(Body::from_stream(stream::iter(half))).await.unwrap_err();
    assert!(matches!(refused, Unread::Broken(_)), "{refused}");
    assert_eq!(refused.status(), 400);
    assert_eq!(reader.budget.available_permits(), 10);
}

#[tokio::test]
async fn one_large_body_is_worked_on_at_a_time_and_small_ones_beside_it() {
    let reader = reader(10, 100);
    let large = reader.read(Body::from("0123456")).await.unwrap();
    let small = reader.read(Body::from("01")).await.unwrap();
    let first = reader.turn(&large).await.unwrap();
    let mut waiting = Box::pin(reader.turn(&large));
    assert!(futures::poll!(waiting.as_mut()).is_pending());
    drop(reader.turn(&small).await.unwrap());
    let refused = waiting.await.unwrap_err();
    assert_eq!(refused.status(), 503, "to be sent again");
    drop(first);
    assert!(reader.turn(&large).await.is_ok());
}
