//! A panic in a worker is noticed, and what it was doing is done again.

use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use dontpanic::engine::InForce;
use dontpanic::engine::turning::Turns;
use dontpanic::engine::workers::Workers;
use dontpanic::http::Web;
use dontpanic::http::alertmanager::body::Reader;
use futures::future::BoxFuture;
use http_body_util::BodyExt as _;
use tokio::sync::watch;
use tower::ServiceExt as _;

use super::Alone;
use crate::harness::database::TestDatabase;
use crate::harness::on_both;
use crate::harness::process::eventually;
use crate::harness::world::Span as _;

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);

on_both!(a_page_whose_sending_panics_is_sent_when_its_lease_ends);

async fn a_page_whose_sending_panics_is_sent_when_its_lease_ends(place: TestDatabase) {
    let mut alone = Alone::on(&place).await;
    alone.outside.panics.store(3, Ordering::SeqCst);
    let workers = Workers::start(&InForce::new(alone.engine.clone()), alone.outgoing.take().unwrap());
    alone.declares().await;
    let is_paged = || alone.performed().iter().any(|effect| effect.name() == "page");
    eventually("the page and other errands panicked, and the page is sent", PATIENCE, async || {
        alone.passes(1.seconds());
        (alone.outside.panics.load(Ordering::SeqCst) == 0 && is_paged()).then_some(())
    })
    .await;
    assert!(alone.engine.stuck().is_empty(), "the loops went on");
    workers.stop(PATIENCE).await;
}

struct Hopeless;

impl Turns for Hopeless {
    fn name(&self) -> String {
        "hopeless".to_owned()
    }

    fn turn(&mut self, _stopped: watch::Receiver<bool>) -> BoxFuture<'_, ()> {
        Box::pin(async { panic!("this panic belongs to the test") })
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_one_of_whose_loops_cannot_turn_is_not_live() {
    let alone = Alone::on(&TestDatabase::sqlite()).await;
    let (stop, stopped) = watch::channel(false);
    let web = Web::new(
        &alone.config,
        alone.engine.clone(),
        alone.metrics.clone(),
        Reader::default(),
        stopped.clone(),
    );
    let live = async || {
        let request = Request::get("/health/live").body(Body::empty()).unwrap();
        let answer = web.router().oneshot(request).await.unwrap();
        let status = answer.status();
        (status, answer.into_body().collect().await.unwrap().to_bytes())
    };
    assert_eq!(live().await, (StatusCode::OK, "live\n".into()));
    let keeping = tokio::spawn(alone.engine.keep_turning(Box::new(Hopeless), stopped));
    let (status, text) = eventually("it is not live", PATIENCE, async || {
        alone.passes(1.seconds());
        Some(live().await).filter(|(status, _)| *status != StatusCode::OK)
    })
    .await;
    assert_eq!((status, text), (StatusCode::SERVICE_UNAVAILABLE, "stuck: hopeless\n".into()));
    stop.send_replace(true);
    keeping.await.unwrap();
    alone.passes(1.minutes());
    assert_eq!(live().await.0, StatusCode::OK, "nothing falls any more");
}
