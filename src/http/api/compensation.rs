//! What being on call was worth, as programs and spreadsheets get it.

use serde::{Deserialize, Serialize};

use crate::domain::compensation::{Month, Row};
use crate::ids::PersonId;
use crate::words::compensation::{amount, weeks};

/// A month of everybody to whom anything is due.
#[derive(Debug, Serialize, Deserialize)]
pub struct Compensation {
    month: String,
    currency: String,
    people: Vec<Due>,
}

/// One person's month.
#[derive(Debug, Serialize, Deserialize)]
struct Due {
    person: PersonId,
    month: String,
    weeks: f64,
    week_bonus: f64,
    night_incidents: u32,
    night_bonus: f64,
    weekend_incidents: u32,
    time_off_hours: f64,
    total: f64,
    currency: String,
}

impl Compensation {
    /// The columns of the CSV.
    pub const COLUMNS: [&'static str; 10] = [
        "person",
        "month",
        "weeks",
        "week_bonus",
        "night_incidents",
        "night_bonus",
        "weekend_incidents",
        "time_off_hours",
        "total",
        "currency",
    ];

    /// As it was computed.
    pub fn new(month: Month, currency: &str, rows: &[Row]) -> Self {
        // What is written has so few digits that it is read as it was meant.
        let number = |text: String| text.parse().unwrap_or(f64::NAN);
        let due = |row: &Row| Due {
            person: row.person.clone(),
            month: month.to_string(),
            weeks: number(weeks(row.weeks)),
            week_bonus: number(amount(row.week_bonus)),
            night_incidents: row.night_incidents,
            night_bonus: number(amount(row.night_bonus)),
            weekend_incidents: row.weekend_incidents,
            time_off_hours: number(amount(row.time_off)),
            total: number(amount(row.total())),
            currency: currency.to_owned(),
        };
        let people = rows.iter().map(due).collect();
        Self { month: month.to_string(), currency: currency.to_owned(), people }
    }

    /// The rows, in the order of [`Self::COLUMNS`].
    pub fn rows(&self) -> Vec<Vec<String>> {
        let row = |due: &Due| {
            vec![
                due.person.to_string(),
                due.month.clone(),
                format!("{:.2}", due.weeks),
                format!("{:.2}", due.week_bonus),
                due.night_incidents.to_string(),
                format!("{:.2}", due.night_bonus),
                due.weekend_incidents.to_string(),
                format!("{:.2}", due.time_off_hours),
                format!("{:.2}", due.total),
                due.currency.clone(),
            ]
        };
        self.people.iter().map(row).collect()
    }

    /// The report as CSV (RFC 4180), with its columns. No field is read as a formula.
    pub fn csv(&self) -> String {
        let columns = Self::COLUMNS.map(ToOwned::to_owned).to_vec();
        let mut lines: Vec<String> = std::iter::once(columns)
            .chain(self.rows())
            .map(|row| row.iter().map(|text| field(text)).collect::<Vec<_>>().join(","))
            .collect();
        // The last line ends as the others do.
        lines.push(String::new());
        lines.join("\r\n")
    }
}

fn field(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if is_formula { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}
