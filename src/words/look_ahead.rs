//! What each person is told once a week: when they are on call.

use super::mrkdwn::{clip, date};
use super::saying::{PHRASE, line};
use crate::domain::look_ahead::{LookAhead, Stint};

/// So many shifts of each sort are told.
const TOLD: usize = 10;
/// The longest message.
const LONGEST: usize = 3000;

/// To the person, as mrkdwn. Times are shown in the reader's own zone.
pub fn look_ahead(look: &LookAhead) -> String {
    let mut lines = vec![":calendar: *Your next four weeks on call*".to_owned()];
    if look.primary.is_empty() && look.secondary.is_empty() {
        lines.push("You have no shifts.".to_owned());
    }
    lines.extend(listed(&look.primary, ""));
    lines.extend(listed(&look.secondary, "secondary: "));
    if !look.new.is_empty() || !look.gone.is_empty() {
        lines.push("*Changed since last week:*".to_owned());
        lines.extend(listed(&look.new, "yours now: "));
        lines.extend(listed(&look.gone, "not yours any more: "));
    }
    lines.push("Somebody else can take a shift: `/oncall swap`, `/oncall override`.".to_owned());
    clip(&lines.join("\n"), LONGEST)
}

fn listed(stints: &[Stint], what: &str) -> Vec<String> {
    let one = |Stint { span, schedule }: &Stint| {
        format!("• {what}*{}* {} – {}", line(schedule.as_str(), PHRASE), date(span.from), date(span.to))
    };
    let mut lines: Vec<String> = stints.iter().take(TOLD).map(one).collect();
    let more = stints.len().saturating_sub(TOLD);
    lines.extend((more > 0).then(|| format!("• {what}{more} more")));
    lines
}
