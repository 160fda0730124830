//! Words to values: durations, times, days, zones, URLs, numbers.
//!
//! Each function says what is wrong and how it should be written. Only words that are no secrets and no personal data are
//! repeated in a message; URLs, numbers and addresses never are.

use chrono::{Duration, NaiveDate, NaiveTime, Weekday};
use chrono_tz::Tz;
use url::Url;

use super::compensation::Hundredths;
use crate::domain::severity::Severity;

/// Why a word is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wrong {
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub fix: String,
}

impl Wrong {
    pub(super) fn new(what: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { what: what.into(), fix: fix.into() }
    }
}

/// Longer spans are mistakes, and would overflow dates.
const LONGEST: Duration = Duration::days(3660);

/// `500ms 90s 15m 2h 7d 1w`, or several parts as `1h30m`. `0s` is zero.
pub(super) fn duration(word: &str) -> Result<Duration, Wrong> {
    let shape = |what: &str| {
        Wrong::new(format!("`{word}` {what}"), "write a number with a unit: 90s, 15m, 2h, 7d, 1w")
    };
    if word.bytes().all(|b| b.is_ascii_digit()) && !word.is_empty() {
        return Err(Wrong::new(
            format!("`{word}` has no unit"),
            format!("write {word}s for seconds, {word}m for minutes, {word}h for hours or {word}d for days"),
        ));
    }
    let mut total = Duration::zero();
    let mut rest = word;
    while !rest.is_empty() || word.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, after) = rest.split_at(digits);
        let letters = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at(letters);
        let milliseconds: i64 = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            "w" => 604_800_000,
            _ => return Err(shape("is not a duration")),
        };
        let number: i64 = number.parse().map_err(|_| shape("is not a duration"))?;
        total = number
            .checked_mul(milliseconds)
            .and_then(Duration::try_milliseconds)
            .and_then(|part| total.checked_add(&part))
            .filter(|total| *total <= LONGEST)
            .ok_or_else(|| shape("is longer than ten years"))?;
        rest = after;
    }
    Ok(total)
}

/// A wall-clock time of day.
pub(super) fn time_of_day(word: &str) -> Result<NaiveTime, Wrong> {
    NaiveTime::parse_from_str(word, "%H:%M").map_err(|_| {
        Wrong::new(format!("`{word}` is not a time of day"), "write hours and minutes from 00:00 to 23:59")
    })
}

/// A calendar day.
pub(super) fn date(word: &str) -> Result<NaiveDate, Wrong> {
    NaiveDate::parse_from_str(word, "%Y-%m-%d")
        .map_err(|_| Wrong::new(format!("`{word}` is not a date"), "write year, month and day: 2026-01-05"))
}

/// A day of the week.
pub(super) fn weekday(word: &str) -> Result<Weekday, Wrong> {
    word.parse().map_err(|_| {
        Wrong::new(format!("`{word}` is not a day of the week"), "write Mon, Tue, Wed, Thu, Fri, Sat or Sun")
    })
}

/// An IANA time zone.
pub(super) fn zone(word: &str) -> Result<Tz, Wrong> {
    word.parse().map_err(|_| {
        let fix = match closest(word, chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name())) {
            Some(zone) => format!("did you mean {zone}?"),
            None => "write an IANA name such as Europe/Paris or UTC".to_owned(),
        };
        Wrong::new(format!("`{word}` is not a time zone"), fix)
    })
}

/// The longest URL that Slack takes in a button.
const LONGEST_URL: usize = 3000;

/// An absolute http(s) URL.
pub(super) fn web_url(word: &str) -> Result<Url, Wrong> {
    Url::parse(word)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host() && word.len() <= LONGEST_URL)
        .ok_or_else(|| {
            Wrong::new("this is not an http or https URL", "write it whole: https://example.com/path")
        })
}

/// A whole number from `least` on.
pub(super) fn whole(word: &str, least: u32) -> Result<u32, Wrong> {
    word.parse().ok().filter(|n| *n >= least).ok_or_else(|| {
        Wrong::new(format!("`{word}` is not a whole number from {least} on"), "write digits only")
    })
}

/// A positive decimal number.
pub(super) fn positive(word: &str) -> Result<f64, Wrong> {
    word.parse::<f64>().ok().filter(|n| n.is_finite() && *n > 0.0).ok_or_else(|| {
        Wrong::new(format!("`{word}` is not a number above zero"), "write it with a point: 14.4")
    })
}

/// A decimal number with at most two digits after the point.
pub(super) fn hundredths(word: &str) -> Result<Hundredths, Wrong> {
    let (whole, part) = word.split_once('.').unwrap_or((word, ""));
    Some(format!("{whole}{part:0<2}"))
        .filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))
        .filter(|_| !whole.is_empty() && part.len() <= 2)
        .and_then(|digits| digits.parse().ok())
        .map(Hundredths)
        .ok_or_else(|| Wrong::new(format!("`{word}` is not an amount"), "write a number such as 150 or 1.5"))
}

/// `true` or `false`, also as `yes` or `no`.
pub(super) fn truth(word: &str) -> Result<bool, Wrong> {
    match word.to_ascii_lowercase().as_str() {
        "true" | "yes" => Ok(true),
        "false" | "no" => Ok(false),
        _ => Err(Wrong::new(format!("`{word}` is neither true nor false"), "write true or false")),
    }
}

/// `P1` to `P4`.
pub(super) fn severity(word: &str) -> Result<Severity, Wrong> {
    Severity::parse(word)
        .ok_or_else(|| Wrong::new(format!("`{word}` is not a severity"), "write P1, P2, P3 or P4"))
}

/// A telephone number in E.164. It is personal data, so it is not repeated.
pub(super) fn phone(word: &str) -> Result<String, Wrong> {
    let digits = word.strip_prefix('+').unwrap_or_default();
    let is_number = (7..=15).contains(&digits.len())
        && digits.bytes().all(|b| b.is_ascii_digit())
        && !digits.starts_with('0');
    is_number.then(|| word.to_owned()).ok_or_else(|| {
        Wrong::new(
            "this is not an international telephone number",
            "write + and digits without spaces: +33600000001",
        )
    })
}

/// A mail address. It is personal data, so it is not repeated.
pub(super) fn email(word: &str) -> Result<String, Wrong> {
    word.split_once('@')
        .filter(|(user, host)| !user.is_empty() && !host.is_empty() && !host.contains('@'))
        .filter(|_| !word.contains(|c: char| c.is_whitespace() || c.is_control()))
        .map(|_| word.to_owned())
        .ok_or_else(|| Wrong::new("this is not a mail address", "write it as name@example.com"))
}

/// One of a few words.
pub(super) fn one_of<T: Copy>(word: &str, choices: &[(&str, T)]) -> Result<T, Wrong> {
    choices.iter().find(|(name, _)| *name == word).map(|(_, value)| *value).ok_or_else(|| {
        let names = choices.iter().map(|(name, _)| *name);
        let fix = match closest(word, names.clone()) {
            Some(name) => format!("did you mean {name}?"),
            None => format!("write {}", either(names)),
        };
        Wrong::new(format!("`{word}` is not possible here"), fix)
    })
}

/// `a`, `a or b`, `a, b or c`.
pub(super) fn either<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let words: Vec<&str> = words.collect();
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => words.concat(),
    }
}

/// The most similar of the known words, if one is similar enough to be a slip of the finger.
pub(super) fn closest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let tolerated = match word.chars().count() {
        0..=2 => 0,
        3..=4 => 1,
        5..=60 => 2,
        _ => 0,
    };
    known
        .map(|candidate| (distance(&word.to_lowercase(), &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= tolerated)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// How many letters must be inserted, left out or replaced (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, letter) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        let mut next = vec![left];
        for (other, above) in b.iter().zip(row.iter().skip(1)) {
            let here = (diagonal + usize::from(letter != *other)).min(left + 1).min(above + 1);
            diagonal = *above;
            left = here;
            next.push(here);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}
