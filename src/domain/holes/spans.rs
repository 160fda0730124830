//! Spans of time, and what is common to them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// From an instant up to but not including another, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Span {
    /// From here.
    pub from: DateTime<Utc>,
    /// Up to here.
    pub to: DateTime<Utc>,
}

/// The same time in as few spans as can be, in order.
pub fn merged(mut spans: Vec<Span>) -> Vec<Span> {
    spans.retain(|span| span.from < span.to);
    spans.sort_unstable();
    let mut merged: Vec<Span> = vec![];
    for span in spans {
        match merged.last_mut() {
            Some(last) if span.from <= last.to => last.to = last.to.max(span.to),
            Some(_) | None => merged.push(span),
        }
    }
    merged
}

/// The time that is in both; each is in order and has no overlaps.
pub fn both(one: &[Span], other: &[Span]) -> Vec<Span> {
    let (mut at, mut common) = (0, vec![]);
    for span in one {
        // What ends before this one begins is in none of the later ones either.
        while other.get(at).is_some_and(|other| other.to <= span.from) {
            at += 1;
        }
        let touched = other.iter().skip(at).take_while(|other| other.from < span.to);
        common
            .extend(touched.map(|other| Span { from: span.from.max(other.from), to: span.to.min(other.to) }));
    }
    common
}

/// The time that is in the first and not in the other; each is in order and has no overlaps.
pub fn without(one: &[Span], other: &[Span]) -> Vec<Span> {
    let mut left = vec![];
    for span in one {
        let mut from = span.from;
        for other in other.iter().filter(|other| span.from < other.to && other.from < span.to) {
            left.push(Span { from, to: other.from });
            from = other.to;
        }
        left.push(Span { from, to: span.to });
    }
    left.retain(|span| span.from < span.to);
    left
}
