//! What being on call was worth: from what really happened, one's own for everybody and everybody's for admins.

use serde_json::json;

use crate::harness::alertmanager::alert;
use crate::harness::house::{House, house};
use crate::harness::world::{Span as _, World, scenario};

const ROOM: &str = "inc-20261120-high-error-rate-checkout";

fn paying() -> House {
    house().with(
        "compensation",
        "{currency: EUR, week: 150, night: {from: 22:00, to: 08:00, bonus: 50, time_off: 1.0}, weekend: {time_off: 1.5}}",
    )
}

scenario!(a_night_is_paid_as_it_was_worked, paying(), async |world: &mut World| {
    // Friday, four in the morning in Paris; Alice has the week of the 16th.
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    world.advance(5.minutes()).await;
    world.types("alice", ROOM, "/incident ack").await;
    world.advance(30.minutes()).await;
    world.types("charlie", ROOM, "/incident note It is the cache").await;
    world.advance(30.minutes()).await;
    world.alertmanager().resolves(&alert("HighErrorRate").service("checkout")).await;
    world.types("alice", ROOM, "/incident resolve Restarted the cache").await;
    // Bob takes the 24 hours before the handoff.
    world.types("bob", "incidents", "/oncall override @bob 2026-11-22T09:00 2026-11-23T09:00").await;
    world.advance_to("2026-11-23T07:59:59Z".parse().expect("a time")).await;

    let (status, report) = world.gets_api("oncall/report?month=2026-11").await;
    assert_eq!((status, &report["month"], &report["currency"]), (200, &json!("2026-11"), &json!("EUR")));
    let alice = json!({
        "person": "alice", "month": "2026-11", "weeks": 0.86, "week_bonus": 128.57, "night_incidents": 1,
        "night_bonus": 50.0, "weekend_incidents": 0, "time_off_hours": 1.0, "total": 178.57, "currency": "EUR",
    });
    assert_eq!(report["people"][0], alice);
    // Charlie is in New York, where it was Thursday evening, 22:35: a quarter of an hour at least.
    let charlie = report["people"].as_array().expect("a list").iter().find(|row| row["person"] == "charlie");
    let charlie = charlie.expect("he has worked");
    assert_eq!((&charlie["night_incidents"], &charlie["time_off_hours"]), (&json!(1), &json!(0.25)));

    let hers = world.types("alice", "incidents", "/oncall report 2026-11").await;
    assert!(
        hers.contains("@alice: 0.86 weeks (128.57 EUR), 1 incident at night (50.00 EUR), 0 incidents at the weekend, 1.00 hours off. Total *178.57 EUR*."),
        "{hers}"
    );
    assert!(hers.contains("@charlie:") && hers.contains("--month 2026-11 --csv"), "she is an admin: {hers}");
    let his = world.types("charlie", "incidents", "/oncall report 2026-11").await;
    assert!(his.contains("@charlie:") && !his.contains("@alice"), "only his own: {his}");
    // The rotation goes round backward as well: he had 111 of the 168 hours from the 27th on.
    let older = world.types("bob", "incidents", "/oncall report 2025-01").await;
    assert_eq!(
        older,
        "*On call in 2025-01*\n@bob: 0.66 weeks (99.11 EUR), 0 incidents at night (0.00 EUR), 0 incidents at the weekend, 0.00 hours off. Total *99.11 EUR*."
    );
    let wrong = world.types("bob", "incidents", "/oncall report november").await;
    assert!(wrong.contains("`report` is used like this: `report [2026-11]`"), "{wrong}");
    assert_eq!(world.gets_api("oncall/report?month=2026-13").await.0, 400);
    world.may_give_up();
});

scenario!(a_house_that_pays_nothing_says_so, async |world: &mut World| {
    let answer = world.types("alice", "incidents", "/oncall report 2026-11").await;
    assert!(answer.starts_with("The configuration does not say what being on call is worth."), "{answer}");
    assert_eq!(world.gets_api("oncall/report").await.0, 404);
});
