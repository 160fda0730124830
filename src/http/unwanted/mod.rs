//! Bodies that nobody reads because the request was refused before.
//!
//! A connection that is closed while its sender still writes is reset, and the sender may lose the answer. So the rest of the
//! body is taken in and thrown away; of a long one only the beginning, and then the connection is closed, and said to be.

use std::time::Duration;

use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::header::CONNECTION;
use axum::response::{IntoResponse, Response};
use futures::StreamExt as _;

/// So much is taken in, in bytes.
const AT_MOST: usize = 256 << 10;
/// For so long.
const WITHIN: Duration = Duration::from_secs(1);

/// The refusal as it is sent, once the body it refuses has been taken in.
pub async fn refused(body: Body, refusal: impl IntoResponse) -> Response {
    let mut response = refusal.into_response();
    if !tokio::time::timeout(WITHIN, ends(body)).await.unwrap_or(false) {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// Whether the body ends soon enough.
async fn ends(body: Body) -> bool {
    let mut pieces = body.into_data_stream();
    let mut taken = 0;
    while let Some(piece) = pieces.next().await {
        let Ok(piece) = piece else { return false };
        taken += piece.len();
        if taken > AT_MOST {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests;
