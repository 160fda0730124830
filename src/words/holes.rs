//! What is said of times ahead in which pages would reach nobody.

use chrono_tz::Tz;

use super::mrkdwn::{clip, escape_with_code};
use crate::domain::holes::{DAYS_AHEAD, Gap, Hole, Post, Span};

/// So many holes are told in one message.
const TOLD: usize = 10;
/// So many times of one hole are told.
const TIMES: usize = 3;
/// The longest message.
const LONGEST: usize = 2800;

/// One hole in one line of plain text, the key of the configuration first.
pub fn sentence(hole: &Hole) -> String {
    let Hole { post, gap, spans, zone } = hole;
    format!("{}: {}: {}", key(post), what(post, gap), times(spans, *zone))
}

/// The key of the configuration that it is about.
fn key(post: &Post) -> String {
    match post {
        Post::Primary(schedule) | Post::Secondary(schedule) => format!("schedules.{schedule}"),
        Post::Named(by) => {
            by.first().map_or("people".to_owned(), |(policy, _)| format!("escalation.{policy}"))
        }
        Post::Step(policy, ..) | Post::Policy(policy, _) => format!("escalation.{policy}"),
        Post::Severity(severity) => format!("severities.{severity}"),
    }
}

fn what(post: &Post, gap: &Gap) -> String {
    let is = match post {
        Post::Primary(_) => "is on call".to_owned(),
        Post::Secondary(_) => "is the secondary".to_owned(),
        Post::Named(by) => {
            let by = by.iter().map(|(policy, step)| format!("step {step} of `{policy}`"));
            format!("is paged by {}", by.collect::<Vec<_>>().join(", "))
        }
        Post::Step(_, step, schedule) => {
            return format!(
                "step {step} pages nobody when alerts of schedules.{schedule} climb it, which has no secondary; it is skipped"
            );
        }
        Post::Policy(_, schedule) => {
            return format!("no step pages anybody when alerts of schedules.{schedule} climb it");
        }
        Post::Severity(severity) => return format!("{severity} pages, and no policy says whom"),
    };
    match gap {
        Gap::Nobody => format!("nobody {is}"),
        Gap::Unreachable(person) => format!("{person} {is} and has no contact method that works"),
        Gap::NotInSlack(person, why) => format!("{person} {is}, has no contact method but slack, and {why}"),
    }
}

/// When a hole is open, in the zone of its schedule.
fn times(spans: &[Span], zone: Tz) -> String {
    let at = |at: chrono::DateTime<chrono::Utc>| at.with_timezone(&zone).format("%Y-%m-%d %H:%M");
    let told: Vec<String> =
        spans.iter().take(TIMES).map(|Span { from, to }| format!("{} – {}", at(*from), at(*to))).collect();
    let told = told.join(", ");
    let more = spans.len().saturating_sub(TIMES);
    match (spans.len(), more) {
        (1, _) => told,
        (n, 0) => format!("{n} times in the next {DAYS_AHEAD} days: {told}"),
        (n, more) => format!("{n} times in the next {DAYS_AHEAD} days: {told} and {more} more"),
    }
}

/// Holes that have not been told before, to the people who run the service, as mrkdwn.
pub fn told(holes: &[Hole]) -> String {
    let mut lines = vec!["Pages ahead would reach nobody:".to_owned()];
    lines.extend(holes.iter().take(TOLD).map(|hole| format!("• {}", escape_with_code(&sentence(hole)))));
    let more = holes.len().saturating_sub(TOLD);
    lines.extend((more > 0).then(|| format!("and {more} more; `dontpanic check` lists them all")));
    lines.push(
        "Check `people` and `schedules`, or let somebody else take the pager: `/oncall override`.".to_owned(),
    );
    clip(&lines.join("\n"), LONGEST)
}
