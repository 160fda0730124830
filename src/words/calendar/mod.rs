//! Calendars as other programs subscribe to them: iCalendar (RFC 5545), UTC throughout.
//!
//! Lines end with CRLF and are folded at 75 octets, never inside a character; text is escaped once, here. An event keeps its
//! UID for as long as its shift begins at the same instant, so a reader's program moves it rather than showing it twice.

use chrono::{DateTime, Utc};

use crate::domain::on_call::Shift;
use crate::ids::{PersonId, ScheduleId};

/// Octets in a line, without its end.
const LINE: usize = 75;

/// Whose calendar it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    /// Everybody on call by one schedule.
    Schedule(ScheduleId),
    /// One person on call by any schedule, first or second.
    Person(PersonId),
}

/// The calendar's text, made at `now`.
pub fn calendar(whose: &Whose, shifts: &[(ScheduleId, Shift)], now: DateTime<Utc>) -> String {
    let name = match whose {
        Whose::Schedule(schedule) => format!("On call: {schedule}"),
        Whose::Person(person) => format!("{person} on call"),
    };
    let mut text = Lines(String::new());
    for (property, value) in [
        ("BEGIN", "VCALENDAR"),
        ("VERSION", "2.0"),
        ("PRODID", "-//Don't Panic//On call//EN"),
        ("CALSCALE", "GREGORIAN"),
        ("METHOD", "PUBLISH"),
        ("REFRESH-INTERVAL;VALUE=DURATION", "PT1H"),
        ("X-PUBLISHED-TTL", "PT1H"),
    ] {
        text.add(property, value);
    }
    text.add("X-WR-CALNAME", &escape(&name));
    for (schedule, shift) in shifts {
        event(&mut text, whose, schedule, shift, now);
    }
    text.add("END", "VCALENDAR");
    text.0
}

fn event(text: &mut Lines, whose: &Whose, schedule: &ScheduleId, shift: &Shift, now: DateTime<Utc>) {
    let named = |person: Option<&PersonId>| person.map_or_else(|| "nobody".to_owned(), ToString::to_string);
    let (first, second) = (named(shift.primary.as_ref()), named(shift.secondary.as_ref()));
    let (summary, description, part) = match whose {
        Whose::Schedule(_) => (format!("{first} on call ({schedule})"), format!("Then {second}."), "shift"),
        Whose::Person(person) if shift.primary.as_ref() == Some(person) => {
            (format!("On call: {schedule}"), format!("Then {second}."), "first")
        }
        Whose::Person(_) => (format!("Second on call: {schedule}"), format!("After {first}."), "second"),
    };
    text.add("BEGIN", "VEVENT");
    text.add("UID", &escape(&format!("{schedule}-{}-{part}@dontpanic", shift.start.timestamp())));
    text.add("DTSTAMP", &instant(now));
    text.add("DTSTART", &instant(shift.start));
    text.add("DTEND", &instant(shift.end));
    text.add("SUMMARY", &escape(&summary));
    text.add("DESCRIPTION", &escape(&description));
    text.add("TRANSP", "TRANSPARENT");
    text.add("END", "VEVENT");
}

fn instant(at: DateTime<Utc>) -> String {
    at.format("%Y%m%dT%H%M%SZ").to_string()
}

/// Text as a value: what separates values is escaped, and what no line may hold is left out.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' | ';' | ',' => out.extend(['\\', character]),
            '\n' => out.push_str("\\n"),
            _ if character.is_control() => {}
            _ => out.push(character),
        }
    }
    out
}

/// Content lines, folded.
struct Lines(String);

impl Lines {
    fn add(&mut self, property: &str, value: &str) {
        let mut used = 0;
        for character in property.chars().chain([':']).chain(value.chars()) {
            if LINE < used + character.len_utf8() {
                self.0.push_str("\r\n ");
                used = 1;
            }
            used += character.len_utf8();
            self.0.push(character);
        }
        self.0.push_str("\r\n");
    }
}

#[cfg(test)]
mod tests;
