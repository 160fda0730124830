//! Bodies that nobody reads to their end because the request was refused before.
//!
//! A connection that is closed while its sender still writes is reset, and the sender may lose the answer. So before any
//! answer goes out, what is left of the body is taken in and thrown away, piece by piece; of a very long or slow one only the
//! beginning, and then the connection is closed, and said to be. Whoever waits to be told to go on with the body is not: the
//! answer tells them that nobody wants it.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::http::header::{CONNECTION, EXPECT};
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use bytes::Bytes;
use futures::StreamExt as _;
use http_body::{Frame, SizeHint};

/// How much of a body is thrown away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// So much is taken in, in bytes.
    pub at_most: usize,
    /// For so long.
    pub within: Duration,
    /// So long may a sender pause.
    pub pause: Duration,
}

impl Default for Limits {
    /// 128 MiB within 10 s: twice the largest delivery, and the rest of it on a slow network; no pause longer than 2 s.
    fn default() -> Self {
        Self { at_most: 128 << 20, within: Duration::from_secs(10), pause: Duration::from_secs(2) }
    }
}

/// Answers, and takes in first what is left of the body.
pub async fn taken_in(limits: Limits, request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let waits = waits_to_go_on(&parts.headers);
    let left = Arc::new(Mutex::new(None));
    let lent = Lent { body, is_touched: false, left: left.clone() };
    let mut response = next.run(Request::from_parts(parts, Body::new(lent))).await;
    let rest = left.lock().unwrap_or_else(PoisonError::into_inner).take();
    let has_ended = match rest {
        // Somebody still reads it.
        None => true,
        Some(Left { body, .. }) if body.is_end_stream() => true,
        Some(Left { is_touched: false, .. }) if waits => false,
        Some(Left { body, .. }) => {
            tokio::time::timeout(limits.within, ends(body, limits)).await.unwrap_or(false)
        }
    };
    if !has_ended {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// Whether the sender holds the body back until it is told to go on.
fn waits_to_go_on(headers: &HeaderMap) -> bool {
    headers.get(EXPECT).is_some_and(|expected| expected.as_bytes().eq_ignore_ascii_case(b"100-continue"))
}

/// Whether the body ends soon enough.
async fn ends(body: Body, limits: Limits) -> bool {
    let mut pieces = body.into_data_stream();
    let mut taken = 0;
    while let Ok(next) = tokio::time::timeout(limits.pause, pieces.next()).await {
        let Some(piece) = next else { return true };
        let Ok(piece) = piece else { return false };
        taken += piece.len();
        if taken > limits.at_most {
            return false;
        }
    }
    false
}

/// A body that comes back when its reader lets go of it.
struct Lent {
    body: Body,
    is_touched: bool,
    left: Arc<Mutex<Option<Left>>>,
}

/// What a reader has left.
struct Left {
    body: Body,
    /// Whether it looked at it: from then on the sender does not wait any more.
    is_touched: bool,
}

impl HttpBody for Lent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.is_touched = true;
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let left = Left { body: std::mem::take(&mut self.body), is_touched: self.is_touched };
        *self.left.lock().unwrap_or_else(PoisonError::into_inner) = Some(left);
    }
}

#[cfg(test)]
mod tests;
