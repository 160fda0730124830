//! What is said of shifts ahead that would reach nobody.

use super::mrkdwn::{clip, escape_with_code};
use crate::domain::holes::{DAYS_AHEAD, Gap, Hole};

/// So many holes are told in one message.
const TOLD: usize = 10;
/// The longest message.
const LONGEST: usize = 2800;

/// One hole in one line of plain text.
pub fn sentence(hole: &Hole) -> String {
    let Hole { schedule, gap, shifts, from, to, zone } = hole;
    let what = match gap {
        Gap::Nobody => "nobody is on call".to_owned(),
        Gap::Unreachable(person) => {
            format!("{person} is on call and has no contact method that works in this release")
        }
        Gap::NotInSlack(person, why) => {
            format!("{person} is on call, has no contact method but slack, and {why}")
        }
    };
    let at = |at: &chrono::DateTime<chrono::Utc>| at.with_timezone(zone).format("%Y-%m-%d %H:%M");
    let shifts = if *shifts == 1 { "1 shift".to_owned() } else { format!("{shifts} shifts") };
    format!(
        "schedules.{schedule}: {what}: {shifts} in the next {DAYS_AHEAD} days, first from {} to {}",
        at(from),
        at(to)
    )
}

/// Holes that have not been told before, to the people who run the service, as mrkdwn.
pub fn told(holes: &[Hole]) -> String {
    let mut lines = vec!["Shifts ahead would reach nobody:".to_owned()];
    lines.extend(holes.iter().take(TOLD).map(|hole| format!("• {}", escape_with_code(&sentence(hole)))));
    let more = holes.len().saturating_sub(TOLD);
    lines.extend((more > 0).then(|| format!("and {more} more; `dontpanic check` lists them all")));
    lines.push(
        "Check `people` and `schedules`, or let somebody else take the pager: `/oncall override`.".to_owned(),
    );
    clip(&lines.join("\n"), LONGEST)
}
