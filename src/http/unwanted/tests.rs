use axum::http::StatusCode;
use bytes::Bytes;
use futures::stream;

use super::*;

async fn says_goodbye(body: Body) -> bool {
    let response = refused(body, StatusCode::UNAUTHORIZED).await;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    response.headers().get(CONNECTION).is_some_and(|value| value == "close")
}

#[tokio::test]
async fn only_a_body_that_ends_soon_keeps_the_connection() {
    assert!(!says_goodbye(Body::empty()).await);
    assert!(!says_goodbye(Body::from(vec![b'x'; AT_MOST])).await);
    assert!(says_goodbye(Body::from(vec![b'x'; AT_MOST + 1])).await);
    let endless = stream::pending::<Result<Bytes, std::io::Error>>();
    assert!(says_goodbye(Body::from_stream(endless)).await);
    let broken = stream::iter([Err::<Bytes, _>(std::io::Error::other("gone"))]);
    assert!(says_goodbye(Body::from_stream(broken)).await);
}
