use axum::Router;
use axum::http::{Method, StatusCode};
use axum::middleware::from_fn;
use axum::routing::post;
use futures::stream;
use tower::ServiceExt as _;

use super::*;

const LIMITS: Limits =
    Limits { at_most: 1000, within: Duration::from_secs(2), pause: Duration::from_millis(50) };

fn broken() -> std::io::Error {
    std::io::Error::other("gone")
}

fn pieces(n: usize) -> Body {
    Body::from_stream(stream::iter((0..n).map(|_| Ok::<_, std::io::Error>(Bytes::from_static(&[b'x'; 100])))))
}

/// The answer to a body: whether it takes leave.
async fn says_goodbye_to(path: &str, request: Request) -> bool {
    let (mut parts, body) = request.into_parts();
    parts.uri = path.parse().unwrap();
    parts.method = Method::POST;
    let router = Router::new()
        .route("/refuses", post(async || StatusCode::UNAUTHORIZED))
        .route(
            "/peeks",
            post(async |body: Body| {
                let _first = body.into_data_stream().next().await;
                StatusCode::PAYLOAD_TOO_LARGE
            }),
        )
        .route(
            "/reads",
            post(async |body: Body| match axum::body::to_bytes(body, usize::MAX).await {
                Ok(_) => StatusCode::OK,
                Err(_) => StatusCode::BAD_REQUEST,
            }),
        )
        .layer(from_fn(async |request: Request, next: Next| taken_in(LIMITS, request, next).await));
    let response = router.oneshot(Request::from_parts(parts, body)).await.unwrap();
    response.headers().get(CONNECTION).is_some_and(|value| value == "close")
}

async fn says_goodbye(path: &str, body: Body) -> bool {
    says_goodbye_to(path, Request::new(body)).await
}

#[tokio::test]
async fn only_a_body_that_ends_soon_keeps_the_connection() {
    for path in ["/refuses", "/peeks", "/reads", "/nowhere"] {
        assert!(!says_goodbye(path, Body::empty()).await, "{path}");
        assert!(!says_goodbye(path, pieces(10)).await, "{path}");
    }
    assert!(!says_goodbye("/reads", pieces(1000)).await, "what is wanted has no end here");
    for path in ["/refuses", "/nowhere"] {
        assert!(says_goodbye(path, pieces(11)).await, "{path}");
        assert!(says_goodbye(path, Body::from(vec![b'x'; 1001])).await, "{path}");
        let endless = stream::pending::<Result<Bytes, std::io::Error>>();
        assert!(says_goodbye(path, Body::from_stream(endless)).await, "{path}");
        assert!(
            says_goodbye(path, Body::from_stream(stream::iter([Err::<Bytes, _>(broken())]))).await,
            "{path}"
        );
    }
    // Whoever has looked at the first piece has left one less.
    assert!(!says_goodbye("/peeks", pieces(11)).await && says_goodbye("/peeks", pieces(12)).await);
}

#[tokio::test]
async fn who_waits_to_be_told_to_go_on_is_not_asked_for_what_nobody_wants() {
    let asked = Arc::new(Mutex::new(0));
    let body = || {
        let asked = asked.clone();
        Body::from_stream(stream::iter(0..2).map(move |_| {
            *asked.lock().unwrap() += 1;
            Ok::<_, std::io::Error>(Bytes::from_static(b"x"))
        }))
    };
    let waiting = || Request::builder().header(EXPECT, "100-Continue").body(body()).unwrap();
    assert!(
        says_goodbye_to("/refuses", waiting()).await,
        "the body may still come, so the connection is of no use"
    );
    assert_eq!(*asked.lock().unwrap(), 0);
    assert!(!says_goodbye_to("/peeks", waiting()).await, "it was told to go on, so all of it comes");
    assert_eq!(*asked.lock().unwrap(), 2);
}
