//! The App Home, within the limits of a view.

use serde_json::Value;

use crate::adapters::slack::blocks::home;
use crate::domain::action_item::ActionItem;
use crate::domain::incident::{Actor, Incident, ReviewDue, State};
use crate::domain::on_call::Roster;
use crate::ids::{IncidentId, PersonId, ScheduleId};
use crate::ports::tests::{acknowledged, at, monitoring, view};
use crate::ports::{Board, Home, OnCall, View};

fn roster(primary: &str, secondary: Option<&str>, until: &str) -> Roster {
    Roster {
        primary: Some(PersonId::from(primary)),
        secondary: secondary.map(PersonId::from),
        until: until.parse().unwrap(),
    }
}

fn on_call(schedule: &str) -> OnCall {
    OnCall {
        schedule: ScheduleId::from(schedule),
        now: roster("alice", Some("bob"), "2026-11-23T08:00:00Z"),
        next: roster("bob", None, "2026-11-30T08:00:00Z"),
    }
}

fn board(mine: Vec<View>, others: Vec<View>) -> Board {
    let n_open = mine.len() + others.len();
    let (house, now) = (view().house, at("03:10"));
    let on_call = vec![on_call("platform")];
    Board { house, on_call, mine, others, n_open, actions: vec![], reviews: vec![], now }
}

/// Many ended incidents whose post-mortem is late.
fn reviews() -> Vec<Incident> {
    let over = many(50).into_iter().map(|view| {
        let mut incident = view.incident;
        incident.state = State::Resolved { at: at("03:09"), by: Actor::Bot };
        incident.review_due = Some(ReviewDue { at: at("03:10"), remind_at: vec![], is_overdue_said: true });
        incident
    });
    over.collect()
}

fn action(n: u32) -> (IncidentId, ActionItem) {
    let text = "<!channel> & \u{1F600} ".repeat(60);
    let (owner, due) = ("alice".into(), "2026-11-01".parse().unwrap());
    (IncidentId(n.into()), ActionItem { n, seq: 1, owner, due, text, done: None, remind_at: None })
}

/// A home with as much as there can be, and one that may not be seen.
pub(super) fn homes() -> [Value; 2] {
    let full = shown(Board {
        actions: (1..200).map(action).collect(),
        reviews: reviews(),
        ..board(many(200), many(200))
    });
    let closed = home(&Home::Closed { why: "Only members may.".to_owned() });
    [full, serde_json::to_value(closed).unwrap()]
}

fn shown(board: Board) -> Value {
    serde_json::to_value(home(&Home::Open(board))).unwrap()
}

/// So many open incidents with text that is as long and as hostile as can be.
fn many(n: i64) -> Vec<View> {
    let one = |n| {
        let mut view = view();
        view.incident.id = IncidentId(n);
        view.incident.title = "<!channel> & \u{1F600} ".repeat(500);
        view.incident.service_shown = Some("s".repeat(5000));
        view
    };
    (1..=n).map(one).collect()
}

#[test]
fn a_home_with_hundreds_of_open_incidents_and_schedules_is_within_the_limits_of_a_view() {
    let mut board = board(many(200), many(200));
    board.on_call = (0..50).map(|n| on_call(&format!("{n}{}", "x".repeat(5000)))).collect();
    board.actions = (1..200).map(action).collect();
    board.reviews = reviews();
    let view = shown(board);
    assert_eq!(view["type"], "home");
    let text = view.to_string();
    assert!(text.len() <= 250_000, "{} bytes", text.len());
    assert!(!text.contains("<!channel>"));
    assert!(text.contains("and 370 more open incidents; `/incident list` lists them"), "{text}");
    assert!(text.contains("and 40 more schedules"));
    assert_eq!(text.matches("post-mortem *overdue* since").count(), 5);
    assert!(text.contains("and 189 more of your action items"));
    assert!(text.contains("*overdue for 19 days* (2026-11-01)"), "{text}");
    let blocks = view["blocks"].as_array().unwrap();
    assert!(blocks.len() <= 100, "{} blocks", blocks.len());
    for block in blocks {
        let text = block["text"]["text"].as_str();
        let length = text.map(|text| text.encode_utf16().count());
        assert!(length.is_none_or(|length| (1..=3000).contains(&length)), "{block}");
        assert!(block["elements"].as_array().is_none_or(|row| (1..=25).contains(&row.len())), "{block}");
    }
}

#[test]
fn a_button_at_home_means_what_it_means_on_the_card() {
    let buttons = |view: View| -> Vec<String> {
        let value = format!("{}/{}", view.incident.id, view.incident.epoch);
        let shown = shown(board(vec![view], vec![]));
        let rows = shown["blocks"].as_array().unwrap().iter().skip(1);
        let buttons = rows.filter_map(|block| block["elements"].as_array()).flatten();
        let buttons = buttons.filter(|element| element["type"] == "button");
        buttons
            .map(|button| {
                assert_eq!(button["value"], *value);
                button["action_id"].as_str().unwrap().to_owned()
            })
            .collect()
    };
    assert_eq!(buttons(view()), ["ack", "resolve"]);
    assert_eq!(buttons(acknowledged()), ["resolve"]);
    assert_eq!(buttons(monitoring()), ["resolve"]);
}

#[test]
fn whoever_may_not_see_it_sees_one_sentence() {
    let closed = Home::Closed { why: "Ask somebody.".to_owned() };
    let view = serde_json::to_value(home(&closed)).unwrap();
    assert_eq!(view["blocks"].as_array().unwrap().len(), 1);
    assert!(view.to_string().contains("Ask somebody."));
}
