//! Spans of time in the form people say them: `45 s`, `3 min 10 s`, `1 h 05 min`, `2 d 03 h`.
//!
//! Two units at most, cut and never rounded up: a span must not look longer than it was.

use chrono::Duration;

/// The span in words. A span under a second is `0 s`; a negative one, which only clocks that disagree can give, keeps its sign.
pub fn humane(span: Duration) -> String {
    let sign = if span.num_seconds() < 0 { "-" } else { "" };
    let seconds = span.num_seconds().unsigned_abs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{sign}{seconds} s"),
        (0, 0, _) => pair(sign, (minutes, "min"), (seconds % 60, "s")),
        (0, _, _) => pair(sign, (hours, "h"), (minutes % 60, "min")),
        _ => pair(sign, (days, "d"), (hours % 24, "h")),
    }
}

/// The larger unit as it is; the smaller one in two digits after an hour or a day, and left out when it is nothing.
fn pair(sign: &str, (large, large_unit): (u64, &str), (small, small_unit): (u64, &str)) -> String {
    match (small, large_unit) {
        (0, _) => format!("{sign}{large} {large_unit}"),
        (_, "min") => format!("{sign}{large} {large_unit} {small} {small_unit}"),
        _ => format!("{sign}{large} {large_unit} {small:02} {small_unit}"),
    }
}

#[cfg(test)]
mod tests;
