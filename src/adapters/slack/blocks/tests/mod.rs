//! What every message looks like, and that no text from outside can make it look like something else.

mod home;
mod hostile;
mod limits;
mod official;

use serde_json::{Value, json};

use super::answer::{goes_on, nudge};
use super::*;
use crate::adapters::slack::Message;
use crate::domain::effect::Shout;
use crate::domain::house::ChannelWhen;
use crate::domain::page::Cause;
use crate::domain::severity::Severity;
use crate::ports::View;
use crate::ports::tests::{acknowledged, merged_away, monitoring, resolved, settled, view};
use crate::words::announcement::Posting;
use crate::words::page::Sending;

/// The message as Slack gets it.
fn sent(message: &Message) -> Value {
    json!({ "text": message.text, "blocks": message.blocks })
}

/// The message for a snapshot; it must be within Slack's limits.
#[track_caller]
fn shown(message: &Message) -> String {
    assert_eq!(limits::violations(message), Vec::<String>::new());
    serde_json::to_string_pretty(&sent(message)).unwrap()
}

fn page_of(view: &View) -> Message {
    page(view, view.pages.first().unwrap(), Sending::First)
}

fn at_severity(severity: Severity, mut view: View) -> View {
    view.incident.assessment.severity = severity;
    if view.house.means(severity).channel != ChannelWhen::Auto {
        view.incident.room.channel = None;
        view.incident.room.channel_wanted = false;
    }
    view
}

#[test]
fn a_page_says_what_why_and_what_next_and_then_who_has_it() {
    insta::assert_snapshot!("page_triggered", shown(&page_of(&view())));
    insta::assert_snapshot!("page_with_its_channel", shown(&page_of(&settled())));
    insta::assert_snapshot!("page_acknowledged", shown(&page_of(&acknowledged())));
    insta::assert_snapshot!("page_cleared", shown(&page_of(&monitoring())));
    insta::assert_snapshot!("page_resolved", shown(&page_of(&resolved())));
    insta::assert_snapshot!("page_merged", shown(&page_of(&merged_away())));
}

#[test]
fn a_repeat_says_that_it_is_one() {
    let view = view();
    let repeat = page(&view, view.pages.first().unwrap(), Sending::Repeat);
    assert!(repeat.text.starts_with("Repeat: P2 · "), "{}", repeat.text);
    assert!(shown(&repeat).contains("*Repeat* of a page"));
}

/// The action ids of a message's buttons, in order.
fn actions_of(message: &Message) -> Vec<String> {
    let blocks = sent(message)["blocks"].as_array().unwrap().clone();
    let elements = blocks.iter().filter_map(|block| block["elements"].as_array()).flatten();
    elements.filter_map(|element| element["action_id"].as_str().map(str::to_owned)).collect()
}

#[test]
fn a_page_that_only_its_reader_can_answer_keeps_its_button_after_the_acknowledgement() {
    let mut view = acknowledged();
    let row = view.pages.first_mut().unwrap();
    (row.acked, row.cause) = (None, Cause::Asked { message: None });
    let links = ["link_channel", "link_runbook", "link_dashboard_1", "link_source"];
    assert_eq!(actions_of(&page_of(&view)), [&["ack", "escalate"], links.as_slice()].concat());
    let text = shown(&page_of(&view));
    assert!(text.contains("Acknowledged by <@U0A>") && text.contains("Somebody asked for you."));
}

#[test]
fn a_page_about_a_return_says_since_when_and_who_had_it() {
    let mut view = acknowledged();
    let row = view.pages.first_mut().unwrap();
    (row.acked, row.cause) = (None, Cause::Back);
    let page = page_of(&view);
    assert!(page.text.starts_with("It is back: P2 · "), "{}", page.text);
    let text = shown(&page);
    assert!(
        text.contains("*It is back* since <!date^1795143660^{time}|03:01 UTC>. <@U0A> acknowledged it at"),
        "{text}"
    );
}

#[test]
fn a_page_without_a_channel_offers_to_open_one() {
    let view = at_severity(Severity::P3, view());
    assert!(actions_of(&page_of(&view)).contains(&"open_channel".to_owned()));
}

#[test]
fn a_card_shows_the_incident_as_it_stands() {
    insta::assert_snapshot!("card_triggered", shown(&card(&settled())));
    let mut late = settled();
    late.incident.ack_target_missed = true;
    late.incident.ack_due = None;
    insta::assert_snapshot!("card_late", shown(&card(&late)));
    insta::assert_snapshot!("card_acknowledged", shown(&card(&acknowledged())));
    insta::assert_snapshot!("card_monitoring", shown(&card(&monitoring())));
    insta::assert_snapshot!("card_resolved", shown(&card(&resolved())));
    insta::assert_snapshot!("card_merged", shown(&card(&merged_away())));
}

#[test]
fn an_announcement_is_one_line_that_is_edited() {
    let first = |severity, view| shown(&announcement(&at_severity(severity, view), Posting::First));
    let edit = |severity, view| shown(&announcement(&at_severity(severity, view), Posting::Edit));
    insta::assert_snapshot!("announcement_of_a_P1", first(Severity::P1, view()));
    let mut called = acknowledged();
    called.incident.room.called = crate::domain::incident::Called::InThisLine;
    insta::assert_snapshot!("announcement_of_a_P1_edited", edit(Severity::P1, called));
    assert!(!edit(Severity::P1, acknowledged()).contains("<!here>"), "nobody was called, so nothing says so");
    insta::assert_snapshot!("announcement_of_a_P3", first(Severity::P3, view()));
    insta::assert_snapshot!("announcement_of_a_P3_resolved", edit(Severity::P3, resolved()));
    insta::assert_snapshot!("announcement_of_a_P4", first(Severity::P4, view()));
}

#[test]
fn only_a_new_p1_and_an_unanswered_round_of_a_p1_or_p2_call_everybody() {
    for severity in Severity::ALL {
        let calls = |message: Message| {
            let text = sent(&message).to_string();
            assert!(text.matches("<!here>").count() <= 2, "once in the text and once in the blocks");
            text.contains("<!here>")
        };
        let view = at_severity(severity, view());
        assert_eq!(calls(announcement(&view, Posting::First)), severity == Severity::P1, "{severity}");
        assert!(!calls(announcement(&view, Posting::Edit)), "{severity}");
        assert_eq!(
            calls(shout(&view, Shout::Unanswered(1))),
            !Severity::P2.is_worse_than(severity),
            "{severity}"
        );
    }
}

#[test]
fn a_shout_lets_whoever_reads_it_take_the_incident() {
    insta::assert_snapshot!("shout", shown(&shout(&settled(), Shout::Unanswered(1))));
    assert_eq!(actions_of(&shout(&acknowledged(), Shout::Unanswered(1))), Vec::<String>::new());
}

#[test]
fn a_question_has_its_answers_only_while_it_is_one() {
    assert_eq!(actions_of(&nudge(&acknowledged(), "Still on it?")), ["still_on", "escalate"]);
    for view in [settled(), monitoring(), resolved()] {
        assert_eq!(actions_of(&nudge(&view, "Still on it?")), Vec::<String>::new());
    }
}

#[test]
fn what_was_merged_away_shows_the_way_and_asks_for_nothing() {
    let view = merged_away();
    insta::assert_snapshot!("goes_on", shown(&goes_on(&view, "Merged.")));
    let links: Vec<String> =
        actions_of(&card(&view)).into_iter().filter(|id| !id.starts_with("link_")).collect();
    assert_eq!(links, Vec::<String>::new());
    let text = shown(&announcement(&view, Posting::Edit));
    assert!(text.contains("Merged into INC-43 (<#C43>) by <@U0A>"), "{text}");
    let mut without = view;
    without.goes_on.as_mut().unwrap().channel = None;
    assert_eq!(
        actions_of(&goes_on(&without, "Merged.")),
        ["link_goes_on"],
        "its page, while it has no channel"
    );
}

#[test]
fn a_draft_is_shown_without_marks_and_says_where_the_whole_is() {
    let draft = "# INC-42: High error rate\n\n<!-- generated:summary -->\n7\\.3 % failed &lt;soon&gt;, \\*all\\* of it.\n\
                 <!-- /generated:summary -->\n\n## Timeline (UTC)\n\n- 03:02 Opened\n- 03:09 <!channel>\n";
    insta::assert_snapshot!("postmortem", shown(&postmortem(&resolved(), draft)));
    let long = postmortem(&resolved(), &"A line of a long draft.\n".repeat(4000));
    let text = shown(&long);
    assert!(text.contains("*Cut here.*") && text.len() < 16_000, "{}", text.len());
}
