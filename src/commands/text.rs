//! What people type, as they meant it.

use chrono::{Duration, NaiveDate};

use super::Who;
use crate::ids::{IncidentId, SlackUserId};

/// The first word and what follows it, both trimmed.
pub(super) fn split(text: &str) -> (&str, &str) {
    let text = text.trim();
    text.split_once(char::is_whitespace).map_or((text, ""), |(word, rest)| (word, rest.trim()))
}

/// The text, unless it is blank.
pub(super) fn some(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// Free text as the person typed it: Slack escapes it, and writes names and links in its own way.
pub(super) fn typed(text: &str) -> Option<String> {
    let (mut plain, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((before, (inner, after))) =
        rest.split_once('<').and_then(|(before, rest)| Some((before, rest.split_once('>')?)))
    {
        plain.push_str(before);
        plain.push_str(&named(inner));
        rest = after;
    }
    plain.push_str(rest);
    some(&plain.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
}

/// What stands between angle brackets, as people read it: `@bob`, `#incidents`, or the address of a link.
fn named(inner: &str) -> String {
    let (target, label) = inner.split_once('|').unwrap_or((inner, inner));
    match target.chars().next() {
        Some(sign @ ('@' | '#')) => format!("{sign}{}", label.trim_start_matches(sign)),
        Some('!') => format!("@{}", label.trim_start_matches(['!', '@'])),
        Some(_) | None => target.to_owned(),
    }
}

/// Reads `<@U0A>`, `<@U0A|alice>`, `@alice` or `alice`, and `<!subteam^S0A|@team>`.
pub(super) fn person(text: &str) -> Who {
    let word = text.split_whitespace().next().unwrap_or_default().trim_end_matches([',', ':']);
    if let Some(group) = word.strip_prefix("<!subteam^").and_then(|rest| rest.strip_suffix('>')) {
        let handle = group.rsplit('|').next().unwrap_or_default();
        return Who::Group(handle.trim_start_matches('@').to_owned());
    }
    let mention = word.strip_prefix("<@").and_then(|rest| rest.strip_suffix('>'));
    match mention.map(|inner| inner.split('|').next().unwrap_or_default()) {
        Some(id) => Who::Slack(SlackUserId::from(id)),
        None => match word.trim_start_matches('@') {
            me if me.eq_ignore_ascii_case("me") || me.eq_ignore_ascii_case("myself") => Who::Me,
            name => Who::Name(name.to_owned()),
        },
    }
}

/// The people whom a text begins with, and what follows them: the first word, and whoever is mentioned right after it
/// (`@alice @bob`, `@alice, @bob and @carol`).
pub(super) fn people(text: &str) -> (Vec<Who>, &str) {
    let (mut people, mut rest) = (vec![], text.trim());
    loop {
        let (word, after) = split(rest);
        let joins = matches!(word, "," | "&amp;" | "+") || word.eq_ignore_ascii_case("and");
        if joins && !people.is_empty() && is_mention(split(after).0) {
            rest = after;
            continue;
        }
        if word.is_empty() || !(people.is_empty() || is_mention(word)) {
            return (people, rest);
        }
        people.push(person(word));
        rest = after;
    }
}

/// Whether a word stands for somebody: a mention of Slack's, or one that Slack did not know.
pub(super) fn is_mention(word: &str) -> bool {
    word.starts_with("<@") || word.starts_with("<!subteam^") || (word.len() > 1 && word.starts_with('@'))
}

/// How surely somebody means an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Named {
    /// `42`: it may be any number.
    Number,
    /// `#42`: it may be a number of anything.
    Hash,
    /// `INC-42`, `inc42`, `INC 42`.
    Name,
}

/// The incident that a text begins with, as people write it, and what follows it.
pub(super) fn incident(text: &str) -> Option<(IncidentId, Named, &str)> {
    let (first, rest) = split(text);
    let first = first.trim_end_matches([':', ',']);
    let number = |digits: &str| {
        let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        digits.parse().ok().filter(|n| is_number && *n > 0).map(IncidentId)
    };
    if let Some(id) = number(first) {
        return Some((id, Named::Number, rest));
    }
    if let Some(id) = first.strip_prefix('#').and_then(number) {
        return Some((id, Named::Hash, rest));
    }
    let after =
        first.get(..3).filter(|word| word.eq_ignore_ascii_case("inc")).and_then(|_| first.get(3..))?;
    if after.is_empty() {
        let (second, rest) = split(rest);
        let digits = second.trim_end_matches([':', ',']);
        return Some((number(digits.strip_prefix('#').unwrap_or(digits))?, Named::Name, rest));
    }
    let digits = after.strip_prefix(['-', '_', '#']).unwrap_or(after);
    Some((number(digits)?, Named::Name, rest))
}

/// Reads `2026-12-01`, and nothing shorter or longer.
pub(super) fn day(word: &str) -> Option<NaiveDate> {
    (word.len() == "2026-12-01".len()).then(|| word.parse().ok()).flatten()
}

/// Reads `30m`, `2h`, `1h30m` or `90 min`; `None` for anything else, and for what is no span at all.
pub(super) fn span(text: &str) -> Option<Duration> {
    let mut rest: String = text.chars().filter(|letter| !letter.is_whitespace()).collect();
    let mut total = Duration::zero();
    while !rest.is_empty() {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit())?;
        let unit_and_more = rest.split_off(digits);
        let end = unit_and_more.find(|letter: char| letter.is_ascii_digit()).unwrap_or(unit_and_more.len());
        let (unit, more) = unit_and_more.split_at_checked(end)?;
        let seconds = match unit.to_ascii_lowercase().as_str() {
            "s" | "sec" => 1,
            "m" | "min" => 60,
            "h" => 3600,
            "d" => 86400,
            _ => return None,
        };
        let part = rest.parse::<i64>().ok()?.checked_mul(seconds)?;
        total = total.checked_add(&Duration::try_seconds(part)?)?;
        more.clone_into(&mut rest);
    }
    (total > Duration::zero()).then_some(total)
}
