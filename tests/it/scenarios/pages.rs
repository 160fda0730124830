//! The page of an incident: read with a signed link, by nobody else, and harmless whatever an alert says.

use url::Url;

use crate::harness::alertmanager::alert;
use crate::harness::world::{Span as _, World, scenario};

const TITLE: &str = "<script>alert(1)</script> \u{202e}&amp; {{title}}";

fn path(link: &str) -> String {
    let url: Url = link.parse().unwrap();
    assert_eq!(url.origin().ascii_serialization(), "https://dontpanic.example.org");
    format!("{}?{}", url.path(), url.query().unwrap())
}

scenario!(the_link_in_a_page_opens_the_incident_and_no_other, async |world: &mut World| {
    let hostile = alert("HighErrorRate").service("checkout").summary(TITLE);
    world.alertmanager().fires(hostile).await;
    world.advance(3.minutes()).await;
    let link = path(world.pager("alice").rings().text("url"));

    let (status, page) = world.reads(&link).await;
    assert_eq!(status, 200, "{page}");
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt; \u{fffd}&amp;amp; {{title}}"), "{page}");
    assert!(!page.contains("<script"), "{page}");
    for words in [
        "INC-1",
        "P2",
        "triggered",
        "Nobody has acknowledged yet. Next: pages bob at 04:15.",
        "<b>alice</b> by webhook: accepted",
        "Opened as P2",
        "https://grafana.example.org/d/checkout",
        "Times are Europe/Paris (CET)",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }

    let (status, _) = world.reads("/incidents/page.css").await;
    assert_eq!(status, 200);
    let other = link.replace("INC-1", "INC-2");
    for bad in
        ["/incidents/INC-1", "/incidents/INC-9", "/incidents/x", "/incidents/INC-1?until=&until=", &*other]
    {
        let (status, page) = world.reads(bad).await;
        assert_eq!(status, 403, "{bad}");
        assert!(page.contains("opens with a link from Don&#x27;t Panic only"), "{bad}: {page}");
    }

    world.restart().await;
    assert_eq!(world.reads(&link).await.0, 200, "the key is kept");
    world.types("bob", "incidents", "/incident INC-1 ack").await;
    world.types("bob", "incidents", "/incident INC-1 note rolled back").await;
    let (_, page) = world.reads(&link).await;
    assert!(page.contains("Acknowledged by bob at 04:03.") && page.contains("bob: rolled back"), "{page}");

    world.wire_passes(12.hours()).await;
    let (status, page) = world.reads(&link).await;
    assert_eq!(status, 403);
    let expired =
        "This link has expired: links work for 12 hours. Type /incident INC-1 in Slack for a fresh one.";
    assert!(page.contains(expired), "{page}");
});
