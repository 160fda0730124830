//! What waits for the working day, and what wakes nobody at all.

use crate::harness::alertmanager::alert;
use crate::harness::world::{Span as _, World, scenario};

scenario!(a_p3_at_night_waits_for_nine_o_clock, async |world: &mut World| {
    world.alertmanager().fires(alert("HighResponseTime").service("checkout").severity("warning")).await;
    assert_eq!(world.incident(1).await.severity().to_string(), "P3");
    assert!(world.slack().rooms().is_empty(), "it lives under its announcement");
    world.slack().room("incidents").reads("HighResponseTime checkout");
    world.advance(5.hours() - 1.seconds()).await;
    assert!(world.ledger(1).await.is_empty(), "nobody is woken for it");
    world.advance(1.seconds()).await;
    assert_eq!(world.now().to_rfc3339(), "2026-11-20T08:00:00+00:00", "nine o'clock in Paris");
    assert_eq!(world.paged(1).await, ["alice"]);
    let button = world.slack().dm("alice").button("Acknowledge");
    world.clicks(button).await;
});

scenario!(the_next_page_that_is_named_is_the_next_page, async |world: &mut World| {
    // Half past four on a Friday in Paris.
    world.story_is("2026-11-20T15:30:00Z");
    world.alertmanager().fires(alert("HighResponseTime").service("checkout").severity("warning")).await;
    let named = async |world: &mut World| world.types("bob", "incidents", "/incident INC-1").await;
    // The step after the first is due an hour later; what is due after closing waits for the opening.
    let answer = named(world).await;
    assert!(answer.contains("2026-11-20 16:30 UTC"), "{answer}");
    world.types("alice", "incidents", "/incident INC-1 snooze 3h").await;
    world.advance(3.hours()).await;
    let answer = named(world).await;
    assert!(answer.contains("2026-11-23 08:00 UTC"), "her page waits for Monday: {answer}");
    world.types("bob", "incidents", "/incident INC-1 escalate").await;
    let answer = named(world).await;
    assert!(answer.contains("2026-11-23 08:00 UTC"), "{answer}");
    world.types("bob", "incidents", "/incident INC-1 ack").await;
});

scenario!(everything_that_waited_for_nine_is_one_digest, async |world: &mut World| {
    let slow = |name: &str| alert(name).service("checkout").severity("warning");
    for name in ["HighResponseTime", "QueueGrows", "CacheMisses", "DiskFills"] {
        world.alertmanager().fires(slow(name)).await;
    }
    world.alertmanager().resolves(&slow("DiskFills")).await;
    world.advance(5.hours()).await;
    for n in 1..=3 {
        let ledger = world.ledger(n).await;
        assert_eq!(ledger.len(), 1, "INC-{n} has its row");
        assert!(ledger[0].accepted.is_some(), "INC-{n}");
        assert_eq!(world.n_events(n, "page_accepted").await, 1);
    }
    let messages: std::collections::BTreeSet<_> = [world.ledger(1).await, world.ledger(2).await]
        .concat()
        .into_iter()
        .map(|row| row.provider_id)
        .collect();
    assert_eq!(messages.len(), 1, "one message");
    assert!(world.ledger(4).await.is_empty(), "what is over is not told");
    let dm = world.slack().dm("alice");
    dm.reads("3 incidents waited for you").reads("HighResponseTime").reads("QueueGrows").reads("CacheMisses");

    let button = world.slack().dm("alice").button("Acknowledge INC-2");
    world.clicks(button).await;
    assert_eq!(world.state(2).await, "acknowledged");
    world.slack().dm("alice").reads("Acknowledged by").has_no_button("Acknowledge INC-2");
    // What she has not answered comes by the next method, together.
    world.pager("alice").is_silent();
    world.advance(15.minutes()).await;
    let rings = world.pager("alice").all();
    assert_eq!(rings.len(), 1, "{rings:?}");
    assert_eq!(
        rings[0].text("title"),
        "2 incidents waited for business hours: INC-1 HighResponseTime checkout; INC-3 CacheMisses checkout"
    );
    world.pager("alice").rings();
    for label in ["Acknowledge INC-1", "Acknowledge INC-3"] {
        let button = world.slack().dm("alice").button(label);
        world.clicks(button).await;
    }
    let n_pages = world.ledger(1).await.len();
    world.advance(8.hours()).await;
    assert_eq!(world.ledger(1).await.len(), n_pages);
    world.pager("alice").is_silent();
});

scenario!(
    an_unanswered_p3_rests_over_the_weekend_and_goes_on_with_mondays_primary,
    async |world: &mut World| {
        world.story_is("2026-11-20T15:30:00Z");
        world.alertmanager().fires(alert("HighResponseTime").service("checkout").severity("warning")).await;
        assert_eq!(world.paged(1).await, ["alice"]);
        world.advance(1.hours()).await;
        assert_eq!(world.paged(1).await, ["alice", "alice"], "round two, still open");
        world.advance(2.hours()).await;
        let evening = world.ledger(1).await.len();
        assert_eq!(world.paged(1).await, ["alice", "alice"], "closed at six");
        world.advance(60.hours()).await;
        assert_eq!(world.ledger(1).await.len(), evening, "a quiet weekend");
        world.advance(2.hours()).await;
        assert_eq!(world.paged(1).await.last().map(String::as_str), Some("bob"), "Monday's primary");
        let button = world.slack().dm("bob").button("Acknowledge");
        world.clicks(button).await;
    }
);

scenario!(a_p4_is_one_line, async |world: &mut World| {
    let minor = alert("CertificateExpiresSoon").service("checkout").severity("info");
    world.alertmanager().fires(minor.clone()).await;
    assert_eq!(world.incident(1).await.severity().to_string(), "P4");
    world.advance(12.hours()).await;
    world.alertmanager().resolves(&minor).await;
    world.advance(1.hours()).await;
    assert_eq!(world.state(1).await, "closed", "nothing is left to do about it");
    assert!(world.ledger(1).await.is_empty());
    assert!(world.slack().rooms().is_empty());
    assert_eq!(world.slack().room("incidents").count("CertificateExpiresSoon"), 1, "one line");
});

scenario!(an_unknown_severity_is_a_p3_and_says_so, async |world: &mut World| {
    world.alertmanager().fires(alert("Odd").service("checkout").severity("catastrophic")).await;
    assert_eq!(world.incident(1).await.severity().to_string(), "P3");
    world.slack().room("incidents").reads("no rule matched, so P3 is a guess");
    world.slack().room("dontpanic-admin").reads("catastrophic");
    world.alertmanager().fires(alert("Odder").service("checkout").severity("catastrophic")).await;
    world.alertmanager().fires(alert("Oddest").service("checkout").severity("apocalyptic")).await;
    assert_eq!(world.incidents().await.len(), 3);
    assert_eq!(world.slack().room("dontpanic-admin").count("catastrophic"), 1, "each value is named once");
    assert_eq!(world.slack().room("dontpanic-admin").count("apocalyptic"), 1);
});

scenario!(a_p1_wakes_primary_and_commander_at_once, async |world: &mut World| {
    world.alertmanager().fires(alert("CheckoutServiceDown").service("checkout")).await;
    assert_eq!(world.incident(1).await.severity().to_string(), "P1");
    assert_eq!(world.paged(1).await, ["alice", "diana"]);
    let calls = world.workspace().calls();
    let posts = calls.iter().filter(|call| call.method == "chat.postMessage");
    let here = posts.filter(|call| call.args.to_string().contains("<!here>"));
    assert_eq!(here.count(), 1, "everybody who is there hears of it, once");
    let line = world.slack().room("incidents").text();
    assert!(
        line[0].contains("@here") || line[0].contains("<!here>"),
        "the edited line still tells it: {line:?}"
    );
    world.advance(15.minutes()).await;
    assert_eq!(world.paged(1).await, ["alice", "diana", "bob"]);
    world.advance(15.minutes()).await;
    assert_eq!(world.paged(1).await, ["alice", "diana", "bob", "eve"]);
    let button = world.slack().dm("alice").button("Acknowledge");
    world.clicks(button).await;
    let button = world.slack().dm("diana").button("Acknowledge");
    world.clicks(button).await;
    let n_pages = world.ledger(1).await.len();
    // Who is silent for longer is asked, and the ladder goes on.
    world.advance(29.minutes()).await;
    assert_eq!(world.ledger(1).await.len(), n_pages);
});
