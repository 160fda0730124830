//! The figures of the last weeks: for somebody on a telephone, and for a spreadsheet.

use chrono::Duration;

use super::csv;
use super::mrkdwn::{clip, date};
use super::saying::{InSlack, PHRASE, line};
use super::timeline::Voice as _;
use crate::domain::house::House;
use crate::domain::stats::{Noise, Share, Stats, Votes};
use crate::words::counted::counted;
use crate::words::time::humane;

/// The longest answer.
const LONGEST: usize = 3000;
/// So many people are shown.
const PEOPLE: usize = 10;
/// So many alerts are shown.
const NOISE: usize = 5;

fn or_none(span: Option<Duration>) -> String {
    span.map_or_else(|| "–".to_owned(), humane)
}

/// A window as it is written: `30d`, or in hours when it is no whole number of days.
pub fn window(span: Duration) -> String {
    if span == Duration::days(span.num_days()) {
        format!("{}d", span.num_days())
    } else {
        format!("{}h", span.num_hours())
    }
}

/// The figures in a few lines.
pub fn answer(stats: &Stats, house: &House) -> String {
    let span = window(stats.window.to - stats.window.from);
    let total: u32 = stats.incidents.values().sum();
    let by_severity: Vec<String> =
        stats.incidents.iter().map(|(severity, n)| format!("{severity} {n}")).collect();
    let mut lines = vec![
        format!("*The last {span}*, since {}", date(stats.window.from)),
        format!(
            "*{}*: {} · {} still open",
            counted(total, "incident", "incidents"),
            by_severity.join(" · "),
            stats.open
        ),
        format!(
            "*MTTA* {} · *MTTR* {} · {}",
            or_none(stats.mtta),
            or_none(stats.mttr),
            counted(stats.ack_targets_missed, "ack target missed", "ack targets missed")
        ),
        format!("*{}*, {} at night", counted(stats.pages, "page", "pages"), stats.night_pages),
    ];
    lines.extend(stats.people.iter().take(PEOPLE).map(|share| person(share, house)));
    if !stats.noise.is_empty() {
        lines.push("*Nobody ever acted on*".to_owned());
        lines.extend(stats.noise.iter().take(NOISE).map(noisy));
    }
    let said = [("The runbook helped", stats.runbook_helped), ("The page was needed", stats.page_needed)];
    let said = said.into_iter().filter(|(_, votes)| *votes != Votes::default());
    lines.extend(said.map(|(what, Votes { yes, no })| format!("*{what}*: {yes} yes, {no} no")));
    if stats.postmortems_overdue > 0 {
        lines.push(format!(
            "*{}*",
            counted(stats.postmortems_overdue, "post-mortem overdue", "post-mortems overdue")
        ));
    }
    clip(&lines.join("\n"), LONGEST)
}

fn person(share: &Share, house: &House) -> String {
    let Share { person, pages, at_night, .. } = share;
    format!("• {}: {pages}, {at_night} at night · {} h on call", InSlack(house).person(person), hours(share))
}

/// Hours on call with one digit: `84.5`.
fn hours(share: &Share) -> String {
    let tenths = (share.on_call.num_seconds() + 180) / 360;
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// Hours on call as they are written for programs: `84.50`.
pub fn hours_on_call(share: &Share) -> String {
    let hundredths = (share.on_call.num_seconds() + 18) / 36;
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

fn noisy(noise: &Noise) -> String {
    let service = noise.service.as_deref().map(|service| format!(" on {}", line(service, PHRASE)));
    let owner = noise.owner.as_deref().map(|owner| format!(" (owner {})", line(owner, PHRASE)));
    let flaps = if noise.flaps > 0 {
        format!(", back {}", counted(noise.flaps, "time", "times"))
    } else {
        String::new()
    };
    format!(
        "• {}{}{}: {}{flaps}",
        line(&noise.alertname, PHRASE),
        service.unwrap_or_default(),
        owner.unwrap_or_default(),
        counted(noise.incidents, "incident", "incidents"),
    )
}

/// The figures as a table: what is counted, of whom or of what, and how much.
pub fn csv(stats: &Stats) -> String {
    let row = |what: &str, of: &str, n: String| [what.to_owned(), of.to_owned(), n];
    let seconds =
        |span: Option<Duration>| span.map(|span| span.num_seconds().to_string()).unwrap_or_default();
    let mut rows = vec![row("figure", "of", "value".to_owned())];
    rows.push(row("from", "", stats.window.from.format("%Y-%m-%dT%H:%M:%SZ").to_string()));
    rows.push(row("to", "", stats.window.to.format("%Y-%m-%dT%H:%M:%SZ").to_string()));
    rows.extend(
        stats.incidents.iter().map(|(severity, n)| row("incidents", severity.as_str(), n.to_string())),
    );
    rows.push(row("open", "", stats.open.to_string()));
    rows.push(row("mtta_seconds", "", seconds(stats.mtta)));
    rows.push(row("mttr_seconds", "", seconds(stats.mttr)));
    rows.push(row("ack_target_missed", "", stats.ack_targets_missed.to_string()));
    for share in &stats.people {
        rows.push(row("pages", share.person.as_str(), share.pages.to_string()));
        rows.push(row("night_pages", share.person.as_str(), share.at_night.to_string()));
        rows.push(row("hours_on_call", share.person.as_str(), hours_on_call(share)));
    }
    for noise in &stats.noise {
        let of = [Some(noise.alertname.as_str()), noise.service.as_deref(), noise.owner.as_deref()];
        let of = of.into_iter().flatten().collect::<Vec<_>>().join(" / ");
        rows.push(row("never_acted_on", &of, noise.incidents.to_string()));
    }
    for (what, votes) in [("runbook_helped", stats.runbook_helped), ("page_needed", stats.page_needed)] {
        rows.push(row(what, "yes", votes.yes.to_string()));
        rows.push(row(what, "no", votes.no.to_string()));
    }
    rows.push(row("postmortems_overdue", "", stats.postmortems_overdue.to_string()));
    csv::table(rows)
}

#[cfg(test)]
mod tests;
