//! Links that acknowledge: looking at them never does, they are one person's for one incident, and they die with it.

use axum::body::Body;
use axum::http::Request;

use crate::harness::alertmanager::alert;
use crate::harness::house::house;
use crate::harness::world::{Span as _, World, scenario};

scenario!(
    looking_at_a_link_never_acknowledges_and_its_button_does,
    house().reached_by("ntfy, email"),
    async |world: &mut World| {
        let hostile = alert("HighErrorRate").service("checkout").summary("<script>alert(1)</script> {{id}}");
        world.alertmanager().fires(hostile).await;
        let link = world.ntfy().carries().ack_path();
        world.advance(3.minutes()).await;
        let mailed = world.mail().carries().ack_path();

        // What looks through people's mail follows every link, in every way but the one that counts.
        for _ in 0..3 {
            let (status, page) = world.opens("scanner", &mailed).await;
            assert_eq!(status, 200);
            assert!(page.contains("<form method=\"post\">") && !page.contains("<script"), "{page}");
            for method in ["HEAD", "OPTIONS", "PUT", "DELETE", "PROPFIND"] {
                let request = Request::builder().method(method).uri(&mailed).body(Body::empty()).unwrap();
                let status = world.asked(request).await;
                assert!(status == 200 || status == 405, "{method}: {status}");
            }
        }
        assert_eq!(world.state(1).await, "triggered");

        let (_, page) = world.opens("alice", &link).await;
        for words in [
            "You acknowledge as alice: you have it",
            "Nobody has acknowledged yet. Next: pages bob at 04:15.",
            "&lt;script&gt;alert(1)&lt;/script&gt; {{id}}",
            "<button>Acknowledge</button>",
        ] {
            assert!(page.contains(words), "{words}: {page}");
        }
        let (status, page) = world.presses("alice", &link, Some(&page)).await;
        assert_eq!(status, 200, "{page}");
        assert!(page.contains("You have it, alice") && !page.contains("<button>"), "{page}");
        let incident = world.incident(1).await;
        assert_eq!(incident.state.ack().unwrap().by.to_string(), "alice");
        let told = world.timeline(1).await;
        let acked = told.iter().find(|told| told.entry.what.kind() == "acked").unwrap();
        assert_eq!(acked.entry.origin.as_str(), "link");
        assert!(world.ledger(1).await.iter().all(|page| page.acked.is_some()), "both pages are proven");

        // Once more, from the other mail too, is nothing new.
        let (status, _) = world.presses("alice", &mailed, None).await;
        assert_eq!((status, world.n_events(1, "acked").await), (200, 1));
        world.advance(1.hours()).await;
        assert_eq!(world.ledger(1).await.len(), 2, "nobody else is paged");
    }
);

scenario!(a_link_is_one_persons_for_one_incident, house().reached_by("ntfy"), async |world: &mut World| {
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    let link = world.ntfy().carries().ack_path();
    world.alertmanager().fires(alert("DiskFull").service("checkout")).await;
    let other = world.ntfy().carries().ack_path();
    let (payload, signature) = link.rsplit_once('.').unwrap();
    let foreign = format!("{}.{signature}", other.rsplit_once('.').unwrap().0);
    for bad in [&*foreign, payload, "/ack/x", "/ack/x.y", &format!("{link}x"), "/ack/%00.%ff"] {
        for (status, page) in [world.opens("mallory", bad).await, world.presses("mallory", bad, None).await] {
            assert!(matches!(status, 400 | 403), "{bad}: {status} {page}");
        }
    }
    assert_eq!((world.state(1).await, world.state(2).await), ("triggered", "triggered"));

    world.restart().await;
    let (status, _) = world.presses("alice", &other, None).await;
    assert_eq!((status, world.state(2).await), (200, "acknowledged"), "the key is kept");
    assert_eq!(world.state(1).await, "triggered");

    // A day is a day, also for an incident that nobody has answered.
    world.wire_passes(23.hours()).await;
    assert_eq!(world.opens("alice", &link).await.0, 200);
    world.wire_passes(1.hours()).await;
    let (status, page) = world.presses("alice", &link, None).await;
    assert_eq!(status, 410);
    assert!(page.contains("links acknowledge for 24 hours") && page.contains("/incident list"), "{page}");
    assert_eq!(world.state(1).await, "triggered");
});

scenario!(
    a_link_dies_with_its_incident_also_when_that_comes_back,
    house().reached_by("ntfy"),
    async |world: &mut World| {
        let error_rate = alert("HighErrorRate").service("checkout");
        world.alertmanager().fires(error_rate.clone()).await;
        let link = world.ntfy().carries().ack_path();
        world.alertmanager().resolves(&error_rate).await;
        world.advance(11.minutes()).await;
        assert_eq!(world.state(1).await, "resolved");
        for (status, page) in [world.opens("alice", &link).await, world.presses("alice", &link, None).await] {
            assert_eq!(status, 410);
            assert!(page.contains("INC-1 ended at 04:10. There is nothing to acknowledge."), "{page}");
        }
        world.alertmanager().fires(error_rate).await;
        assert_eq!(world.state(1).await, "triggered", "it is back");
        let (status, page) = world.presses("alice", &link, None).await;
        assert_eq!((status, world.state(1).await), (410, "triggered"), "{page}");
        let fresh = world.ntfy().carries().ack_path();
        let (status, _) = world.presses("alice", &fresh, None).await;
        assert_eq!((status, world.state(1).await), (200, "acknowledged"));
    }
);

scenario!(
    whoever_looked_before_it_became_worse_looks_again,
    house().reached_by("ntfy"),
    async |world: &mut World| {
        world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
        let link = world.ntfy().carries().ack_path();
        let (_, page) = world.opens("alice", &link).await;
        world.types("bob", "incidents", "/incident INC-1 severity P1 it spreads").await;
        let (status, again) = world.presses("alice", &link, Some(&page)).await;
        assert_eq!((status, world.state(1).await), (409, "triggered"));
        assert!(
            again.contains("This has changed since you opened the page") && again.contains("P1"),
            "{again}"
        );
        let (status, _) = world.presses("alice", &link, Some(&again)).await;
        assert_eq!((status, world.state(1).await), (200, "acknowledged"));
        // Whoever was only late finds that there is nothing left to do.
        let (status, late) = world.presses("alice", &link, Some(&page)).await;
        assert_eq!(status, 200, "{late}");
        assert!(late.contains("You have it, alice"), "{late}");
    }
);

scenario!(
    a_link_still_acknowledges_while_slack_is_down,
    house().reached_by("slack, email"),
    async |world: &mut World| {
        world.may_log("page was not accepted");
        world.may_log("to be tried again");
        world.slack().goes_down();
        world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
        let link = world.mail().carries().ack_path();
        let (status, _) = world.presses("alice", &link, None).await;
        assert_eq!((status, world.state(1).await), (200, "acknowledged"));
        world.slack().comes_back();
        world.advance(2.minutes()).await;
        let said = world.slack().room("incidents");
        said.reads("acknowledged by @alice");
    }
);
