//! `compensation`: what being on call is worth.

use chrono::NaiveTime;

use super::reader::{Section, Value};
use super::value::{self, Wrong};
pub use crate::domain::compensation::{Compensation, Hundredths, NightWork, WeekendWork};
use crate::domain::stats::Night;

/// Reads `compensation`.
pub(super) fn compensation(root: &Section<'_>) -> Option<Compensation> {
    let section = root.optional("compensation")?.section()?;
    let currency = section.required("currency").and_then(|value| {
        value.read(|word| {
            let is_code = word.len() == 3 && word.bytes().all(|b| b.is_ascii_uppercase());
            let refused =
                || Wrong::new(format!("`{word}` is not a currency"), "write its three letters: EUR");
            is_code.then(|| word.to_owned()).ok_or_else(refused)
        })
    });
    let week = amount(&section, "week", Hundredths(0));
    let night = night(section.optional("night").and_then(Value::section));
    let weekend = section.optional("weekend").and_then(Value::section);
    let time_off =
        weekend.as_ref().map_or(Hundredths(150), |weekend| amount(weekend, "time_off", Hundredths(150)));
    if let Some(weekend) = weekend {
        weekend.finish();
    }
    section.finish();
    Some(Compensation { currency: currency?, week, night: night?, weekend: WeekendWork { time_off } })
}

/// The hours of the night, whether or not anybody is paid for them.
pub(super) fn hours_of_night(compensation: Option<&Compensation>) -> Option<Night> {
    let (from, to) = match compensation {
        Some(compensation) => (compensation.night.from, compensation.night.to),
        None => usual_hours()?,
    };
    Some(Night { from, to })
}

fn usual_hours() -> Option<(NaiveTime, NaiveTime)> {
    NaiveTime::from_hms_opt(22, 0, 0).zip(NaiveTime::from_hms_opt(8, 0, 0))
}

fn amount(section: &Section<'_>, key: &str, usual: Hundredths) -> Hundredths {
    section.optional(key).and_then(|value| value.read(value::hundredths)).unwrap_or(usual)
}

fn night(section: Option<Section<'_>>) -> Option<NightWork> {
    let (from, to) = usual_hours()?;
    let usual = NightWork { from, to, bonus: Hundredths(0), time_off: Hundredths(100) };
    let Some(section) = section else { return Some(usual) };
    let time = |key: &str, usual: NaiveTime| {
        section.optional(key).and_then(|value| value.read(value::time_of_day)).unwrap_or(usual)
    };
    let night = NightWork {
        from: time("from", from),
        to: time("to", to),
        bonus: amount(&section, "bonus", usual.bonus),
        time_off: amount(&section, "time_off", usual.time_off),
    };
    section.finish();
    Some(night)
}
