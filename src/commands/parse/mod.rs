//! Reads the text after a slash command.

use super::{About, Ask, Described, INCIDENT, Misunderstood, ONCALL, Who};
use crate::domain::severity::Severity;
use crate::ids::{IncidentId, SlackUserId};

/// Reads what follows `/incident`. The incident may be named before or after the command's word.
pub fn parse_incident(text: &str) -> Result<Ask, Misunderstood> {
    let (first, rest) = split(text);
    let (named, word, rest) = match first.parse::<IncidentId>() {
        Ok(id) => {
            let (word, rest) = split(rest);
            (Some(id), word, rest)
        }
        Err(_not_an_id) => {
            let (second, after) = split(rest);
            match second.parse::<IncidentId>() {
                Ok(id) => (Some(id), first, after),
                Err(_not_an_id) => (None, first, rest),
            }
        }
    };
    if word.is_empty() {
        return Ok(named.map_or(Ask::Help, |id| Ask::About { incident: Some(id), what: About::Show }));
    }
    let command = lookup(INCIDENT, word)?;
    let usage = || Misunderstood::Usage { name: command.name, usage: command.usage };
    let what = match command.name {
        "declare" => return Ok(declare(rest)),
        "list" => return Ok(Ask::List),
        "help" => return Ok(Ask::Help),
        "ack" => About::Acknowledge,
        "severity" => {
            let (level, reason) = split(rest);
            About::Severity { to: Severity::parse(level).ok_or_else(usage)?, reason: typed(reason) }
        }
        "note" => About::Note(typed(rest).ok_or_else(usage)?),
        "escalate" => About::Escalate(some(rest).map(|who| person(&who))),
        "resolve" => About::Resolve { summary: typed(rest) },
        "reopen" => About::Reopen,
        "keep-open" => About::KeepOpen,
        "runbook" => About::Runbook,
        "postmortem" => match split(rest) {
            ("", _) => About::Postmortem,
            (word, "") if word.eq_ignore_ascii_case("publish") => About::PublishPostmortem,
            (word, reason) if word.eq_ignore_ascii_case("decline") => {
                About::DeclinePostmortem(typed(reason).ok_or_else(usage)?)
            }
            _ => return Err(usage()),
        },
        _ => About::Show,
    };
    Ok(Ask::About { incident: named, what })
}

/// Reads what follows `/oncall`.
pub fn parse_oncall(text: &str) -> Result<Ask, Misunderstood> {
    let (word, _) = split(text);
    if word.is_empty() {
        return Ok(Ask::WhoIsOnCall);
    }
    match lookup(ONCALL, word)?.name {
        "help" => Ok(Ask::Help),
        _ => Ok(Ask::WhoIsOnCall),
    }
}

fn declare(rest: &str) -> Ask {
    let (first, after) = split(rest);
    match Severity::parse(first) {
        Some(severity) => Ask::Declare { severity: Some(severity), title: typed(after) },
        None => Ask::Declare { severity: None, title: typed(rest) },
    }
}

/// The first word and what follows it, both trimmed.
fn split(text: &str) -> (&str, &str) {
    let text = text.trim();
    text.split_once(char::is_whitespace).map_or((text, ""), |(word, rest)| (word, rest.trim()))
}

fn some(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// Free text as the person typed it: Slack escapes it, and writes names and links in its own way.
fn typed(text: &str) -> Option<String> {
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

/// Reads `<@U0A>`, `<@U0A|alice>`, `@alice` or `alice`.
fn person(text: &str) -> Who {
    let word = text.split_whitespace().next().unwrap_or_default();
    let mention = word.strip_prefix("<@").and_then(|rest| rest.strip_suffix('>'));
    match mention.map(|inner| inner.split('|').next().unwrap_or_default()) {
        Some(id) => Who::Slack(SlackUserId::from(id)),
        None => Who::Name(word.trim_start_matches('@').to_owned()),
    }
}

fn lookup(table: &'static [Described], word: &str) -> Result<&'static Described, Misunderstood> {
    let lower = word.to_lowercase();
    table.iter().find(|command| command.name == lower).ok_or_else(|| Misunderstood::Unknown {
        word: word.chars().take(40).collect(),
        suggestion: nearest(table, &lower),
    })
}

/// The command that differs in the fewest letters, if it is near enough to be meant.
fn nearest(table: &'static [Described], word: &str) -> Option<&'static str> {
    const FAR: usize = 3;
    let word: Vec<char> = word.chars().take(40).collect();
    let begins = |name: &str| word.len() >= 2 && name.starts_with(&word.iter().collect::<String>());
    if let Some(command) = table.iter().find(|command| begins(command.name)) {
        return Some(command.name);
    }
    let ranked = table.iter().map(|command| (distance(&word, command.name), command.name));
    ranked.filter(|(distance, name)| *distance < FAR && *distance < name.len()).min().map(|(_, name)| name)
}

/// How many letters must be put in, taken out or changed (Levenshtein).
fn distance(word: &[char], name: &str) -> usize {
    let mut row: Vec<usize> = (0..=word.len()).collect();
    for (i, letter) in name.chars().enumerate() {
        let mut before = row.first().copied().unwrap_or_default();
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
        for (j, typed) in word.iter().enumerate() {
            let (left, up) =
                (row.get(j).copied().unwrap_or_default(), row.get(j + 1).copied().unwrap_or_default());
            let changed = before + usize::from(*typed != letter);
            before = up;
            if let Some(cell) = row.get_mut(j + 1) {
                *cell = changed.min(left + 1).min(up + 1);
            }
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests;
