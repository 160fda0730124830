//! What Grafana says beside Alertmanager's members is where the responder looks: in the page, on the card, on the incident's page.

use url::Url;

use crate::harness::slack::Clickable;
use crate::harness::world::{Span as _, World, scenario};

const FIRING: &[u8] = include_bytes!("../../data/grafana/01-firing.json");
const RESOLVED: &[u8] = include_bytes!("../../data/grafana/02-resolved.json");
const NO_DATA: &[u8] = include_bytes!("../../data/grafana/no-data.json");

const ROOM: &str = "inc-20261120-high-error-rate-checkout";
const PANEL: &str = "https://grafana.example.org/d/shop?orgId=1&viewPanel=7";

fn leads_to(button: &Clickable) -> String {
    button.element["url"].as_str().expect("a button that opens a page").to_owned()
}

/// The incident's page, by the link that its pages carry.
async fn web_page(world: &mut World) -> String {
    world.advance(3.minutes()).await;
    let link: Url = world.pager("alice").rings().text("url").parse().unwrap();
    let (status, page) = world.reads(&format!("{}?{}", link.path(), link.query().unwrap())).await;
    assert_eq!(status, 200, "{page}");
    page
}

scenario!(what_grafana_measured_and_shows_is_in_every_message, async |world: &mut World| {
    world.alertmanager().sends(FIRING).await;
    assert_eq!(world.incidents().await.len(), 1);
    assert_eq!(world.incident(1).await.title, "One in eight checkouts fails");
    for place in ["alice's messages", ROOM] {
        let shown = |world: &mut World, label: &str| match place {
            ROOM => leads_to(&world.slack().room(ROOM).button(label)),
            _ => leads_to(&world.slack().dm("alice").button(label)),
        };
        assert_eq!(shown(world, "Panel"), PANEL, "{place}");
        assert_eq!(shown(world, "Dashboard"), "https://grafana.example.org/d/shop?orgId=1", "{place}");
        assert_eq!(shown(world, "Dashboard Checkout"), "https://grafana.example.org/d/checkout", "{place}");
        assert!(shown(world, "Silence").contains("/alerting/silence/new?alertmanager=grafana"), "{place}");
        assert_eq!(shown(world, "Image"), "https://grafana.example.org/public/img/attachments/7.png");
    }
    for words in ["HighErrorRate · B=44.2394, C=1 · zone=eu-1", "HighErrorRate · B=12.5, C=1 · zone=us-1"]
    {
        world.slack().dm("alice").reads(words);
        world.slack().room(ROOM).reads(words);
    }
    let page = web_page(world).await;
    for words in [
        "B&#x3D;44.2394, C&#x3D;1 · ",
        ">Panel</a>",
        ">Dashboard</a>",
        ">Dashboard Checkout</a>",
        ">Silence</a>",
        "viewPanel",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }

    world.alertmanager().sends(RESOLVED).await;
    assert_eq!(world.state(1).await, "monitoring");
    world.slack().dm("alice").has_no_button("Panel").reads("Panel");
    world.slack().room(ROOM).never_reads("B=0.2");
});

scenario!(what_grafana_does_not_know_is_no_button, async |world: &mut World| {
    world.alertmanager().sends(NO_DATA).await;
    assert_eq!(world.incident(1).await.title, "DatasourceNoData");
    world.slack().dm("alice").reads("rulename=Orders");
    for label in ["Panel", "Dashboard", "Silence", "Image", "Source"] {
        world.slack().dm("alice").has_no_button(label);
    }
    let page = web_page(world).await;
    assert!(!page.contains(">Silence</a>") && !page.contains("/alerting/silence"), "{page}");
});

/// The same firing told once more, with other words in some places.
fn told_again(changes: &[(&str, &str)]) -> String {
    let body = String::from_utf8(FIRING.to_vec()).expect("JSON");
    changes.iter().fold(body, |body, (was, is)| {
        assert!(body.contains(was), "{was}");
        body.replace(was, is)
    })
}

fn n_calls(world: &World, method: &str) -> usize {
    world.workspace().calls().iter().filter(|call| call.method == method).count()
}

scenario!(a_repeat_shows_what_is_measured_now_and_says_nothing, async |world: &mut World| {
    const MEASURED: &str = "44.23943737541908";
    world.alertmanager().sends(FIRING).await;
    let told = world.timeline(1).await.len();
    let (n_posts, n_edits) = (n_calls(world, "chat.postMessage"), n_calls(world, "chat.update"));
    world.alertmanager().sends(FIRING).await;
    // Nobody reads so many decimals.
    world.alertmanager().sends(told_again(&[(MEASURED, "44.2394399")])).await;
    assert_eq!(n_calls(world, "chat.update"), n_edits, "nothing is shown otherwise");

    let changes = [(MEASURED, "61.5"), ("viewPanel=7", "viewPanel=9"), ("silence/new", "silence/again")];
    world.alertmanager().sends(told_again(&changes)).await;
    let panel = leads_to(&world.slack().room(ROOM).button("Panel"));
    assert!(panel.ends_with("viewPanel=9"), "{panel}");
    assert!(leads_to(&world.slack().dm("alice").button("Silence")).contains("silence/again"));
    for room in ["dm", "room"] {
        let shown = if room == "dm" { world.slack().dm("alice") } else { world.slack().room(ROOM) };
        shown.reads("B=61.5, C=1").never_reads("B=44.2394");
    }
    assert_eq!(n_calls(world, "chat.update"), n_edits + 2, "the card, and the page");
    assert_eq!(n_calls(world, "chat.postMessage"), n_posts);
    assert_eq!((world.timeline(1).await.len(), world.paged(1).await), (told, vec!["alice".to_owned()]));
});

scenario!(values_that_change_all_the_time_keep_nothing_else_from_being_shown, async |world: &mut World| {
    world.alertmanager().sends(FIRING).await;
    for n in 0..20 {
        let value = format!("{n}.5");
        world.alertmanager().sends(told_again(&[("44.23943737541908", &value)])).await;
        world.advance(1.seconds()).await;
    }
    let button = world.slack().dm("alice").button("Acknowledge");
    world.clicks(button).await;
    world.alertmanager().sends(told_again(&[("44.23943737541908", "77.5")])).await;
    world.advance(5.seconds()).await;
    world.slack().room(ROOM).has_topic("P2 · acknowledged").reads("B=77.5, C=1");
    world.slack().dm("alice").reads("B=77.5, C=1").has_no_button("Acknowledge");
    assert_eq!(world.incidents().await.len(), 1);
});
