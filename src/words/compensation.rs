//! What being on call was worth in a month, for people.

use super::mrkdwn::clip;
use super::saying::InSlack;
use super::timeline::Voice as _;
use crate::domain::compensation::{Month, Row};
use crate::domain::house::House;
use crate::words::counted::counted;

/// The longest answer.
const LONGEST: usize = 3000;

/// An amount in hundredths as people write it: `238.39`.
pub fn amount(hundredths: u64) -> String {
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// Weeks in millionths as people write them: `0.86`. Only what is shown is rounded; the amounts come from the exact number.
pub fn weeks(millionths: u64) -> String {
    amount((millionths + 5_000) / 10_000)
}

/// Whether a report is everybody's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whole {
    /// It is.
    Yes,
    /// It is one person's.
    No,
}

/// The rows that somebody may see; an admin sees everybody's.
pub fn report(month: Month, rows: &[Row], currency: &str, is_whole: Whole, house: &House) -> String {
    let line = |row: &Row| {
        let person = InSlack(house).person(&row.person);
        format!(
            "{person}: {} ({} {currency}), {} ({} {currency}), {}, {} hours off. Total *{} {currency}*.",
            // With two digits after the point it is several, also `1.00`.
            weeks(row.weeks) + " weeks",
            amount(row.week_bonus),
            counted(row.night_incidents, "incident at night", "incidents at night"),
            amount(row.night_bonus),
            counted(row.weekend_incidents, "incident at the weekend", "incidents at the weekend"),
            amount(row.time_off),
            amount(row.total())
        )
    };
    let mut lines = vec![format!("*On call in {month}*")];
    lines.extend(rows.iter().map(line));
    if rows.is_empty() {
        lines.push("Nothing.".to_owned());
    }
    lines.extend(
        (is_whole == Whole::Yes).then(|| format!("As CSV: `dontpanic oncall report --month {month} --csv`.")),
    );
    clip(&lines.join("\n"), LONGEST)
}

/// Nobody said what being on call is worth.
pub const NOT_CONFIGURED: &str =
    "The configuration does not say what being on call is worth. Ask an admin to add `compensation`.";
