//! Comparing notes with an Alertmanager: what it lists against what is believed here.
//!
//! A webhook that never came is healed, and nothing is concluded from what cannot be known: an answer that is not whole, a
//! member that has just started, a time in which monitoring itself is lost, a list from which its heartbeat has gone. Silenced or inhibited is still firing.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, DurationRound, Utc};
use serde::{Deserialize, Serialize};

use super::alert::Labels;
use super::incident::Silenced;
use crate::ids::{Fingerprint, GroupKey, IncidentId, SilenceId};

/// What is missing in so many polls in a row has ended.
pub const MISSED: u32 = 3;
/// A member that is up no longer than this may not have heard of everything yet.
const SETTLED_AFTER: Duration = Duration::minutes(10);
/// An alert that nobody told us of opens an incident when it is active for longer than this.
const UNTOLD_FOR: Duration = Duration::minutes(5);

/// What Alertmanager does with an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It notifies.
    Active,
    /// It is silenced or inhibited.
    Suppressed,
    /// It has not looked at it yet.
    Unprocessed,
}

/// An alert as a member lists it: it fires. Times UTC, in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The hash of its labels.
    pub fingerprint: Fingerprint,
    /// Its labels.
    pub labels: Labels,
    /// Its annotations.
    pub annotations: Labels,
    /// When it began.
    pub starts_at: DateTime<Utc>,
    /// The page at the sender that explains it.
    pub generator_url: Option<String>,
    /// What is done with it.
    pub standing: Standing,
    /// The silences that match it.
    pub silenced_by: Vec<SilenceId>,
    /// The receivers of its routes.
    pub receivers: Vec<String>,
}

/// A silence as a member lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// Which.
    pub id: SilenceId,
    /// Whether it silences now, or will.
    pub is_over: bool,
    /// Until when, UTC.
    pub ends_at: DateTime<Utc>,
    /// Who made it, as they call themselves.
    pub created_by: String,
    /// The labels it asks for, when it asks for exact ones only.
    pub labels: Option<Labels>,
}

/// One member's whole answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Since when it is up, UTC.
    pub up_since: DateTime<Utc>,
    /// Every alert that fires there.
    pub alerts: Vec<Listed>,
    /// Every silence it knows.
    pub silences: Vec<Listing>,
}

/// The whole answers of a source's members, to questions that were asked at one time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Poll {
    /// When they were asked, UTC (story time).
    pub begun_at: DateTime<Utc>,
    /// Those that answered.
    pub members: Vec<Member>,
}

/// An alert of that source that is believed to fire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Believed {
    /// In which incident.
    pub incident: IncidentId,
    /// Which.
    pub fingerprint: Fingerprint,
    /// When it was last heard of, UTC.
    pub heard_at: DateTime<Utc>,
}

/// Since when an alert is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// In how many polls in a row.
    pub n: u32,
    /// The first of them, UTC.
    pub since: DateTime<Utc>,
}

/// What one poll leaves to the next.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// The alerts that are believed to fire and were not listed.
    pub missing: BTreeMap<Fingerprint, Missing>,
    /// How many polls in a row brought no whole answer.
    pub n_failed: u32,
    /// The incidents of which something was silenced.
    pub silenced: BTreeSet<IncidentId>,
    /// The heartbeats that were listed, now or earlier.
    #[serde(default)]
    pub beating: BTreeSet<Fingerprint>,
}

/// What else the judgement looks at.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances<'a> {
    /// When it is judged, UTC.
    pub now: DateTime<Utc>,
    /// Whether the source's heartbeat is there, or none is expected.
    pub is_alive: bool,
    /// The source's heartbeats that are relied on. One that was listed and is not any more is about to be missed: whatever else
    /// is gone from the list may have gone with it.
    pub heartbeats: &'a BTreeSet<Fingerprint>,
    /// The receivers that post to us.
    pub receivers: &'a BTreeSet<String>,
    /// When alerts were heard of by webhooks that changed nothing, UTC.
    pub heard: &'a BTreeMap<Fingerprint, DateTime<Utc>>,
}

/// What a poll says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Findings {
    /// For the next poll.
    pub memory: Memory,
    /// What has ended without a word, with the time at which it was first missed.
    pub ended: Vec<(IncidentId, Fingerprint, DateTime<Utc>)>,
    /// What fires, is for us, and is not believed to fire.
    pub untold: Vec<Listed>,
    /// How much of each incident is silenced.
    pub silenced: BTreeMap<IncidentId, Silenced>,
    /// The incidents of which that cannot be said: some of their alerts are missing, and may have ended.
    pub unclear: BTreeSet<IncidentId>,
    /// Whether all was there to be seen, so that what is not listed does not fire.
    pub is_whole: bool,
}

/// Compares what the members list with what is believed.
pub fn judge(
    poll: &Poll,
    believed: &[Believed],
    memory: &Memory,
    circumstances: &Circumstances<'_>,
) -> Findings {
    let Circumstances { now, is_alive, heartbeats, receivers, heard } = *circumstances;
    let mut listed: BTreeMap<&Fingerprint, Vec<&Listed>> = BTreeMap::new();
    for alert in poll.members.iter().flat_map(|member| &member.alerts) {
        listed.entry(&alert.fingerprint).or_default().push(alert);
    }
    let (seen, unseen): (BTreeSet<&Fingerprint>, BTreeSet<&Fingerprint>) =
        heartbeats.iter().partition(|heartbeat| listed.contains_key(heartbeat));
    let lost: BTreeSet<&Fingerprint> =
        unseen.into_iter().filter(|heartbeat| memory.beating.contains(*heartbeat)).collect();
    let is_alive = is_alive && lost.is_empty();
    let is_settled = poll.members.iter().any(|member| now - member.up_since > SETTLED_AFTER);
    let is_whole = is_settled && is_alive;
    let mut findings = Findings { is_whole, ..Findings::default() };
    findings.memory.beating = seen.union(&lost).map(|heartbeat| (*heartbeat).clone()).collect();
    let is_newer_than_poll =
        |fingerprint: &Fingerprint| heard.get(fingerprint).is_some_and(|heard_at| *heard_at >= poll.begun_at);
    for alert in believed {
        let fingerprint = &alert.fingerprint;
        let is_beaten = alert.heard_at >= poll.begun_at || is_newer_than_poll(fingerprint);
        if !is_whole || listed.contains_key(fingerprint) || is_beaten {
            continue;
        }
        let before = memory.missing.get(fingerprint);
        let before_it = findings.memory.missing.get(fingerprint).cloned();
        let missing = before_it.unwrap_or_else(|| Missing {
            n: before.map_or(0, |before| before.n) + 1,
            since: before.map_or(poll.begun_at, |before| before.since),
        });
        if missing.n >= MISSED {
            findings.ended.push((alert.incident, fingerprint.clone(), missing.since));
        }
        findings.memory.missing.insert(fingerprint.clone(), missing);
    }
    let ended: BTreeSet<&Fingerprint> =
        findings.ended.iter().map(|(_, fingerprint, _)| fingerprint).collect();
    findings.silenced =
        silenced(poll, believed.iter().filter(|alert| !ended.contains(&alert.fingerprint)), &listed);
    let is_missing = |alert: &&Believed| !listed.contains_key(&alert.fingerprint);
    let has_ended = |alert: &Believed| ended.contains(&alert.fingerprint);
    findings.unclear = believed
        .iter()
        .filter(is_missing)
        .filter(|alert| !has_ended(alert))
        .map(|alert| alert.incident)
        .collect();
    let goes_on: BTreeSet<IncidentId> =
        believed.iter().filter(|alert| !has_ended(alert)).map(|alert| alert.incident).collect();
    let over =
        findings.ended.iter().map(|(incident, ..)| *incident).filter(|incident| !goes_on.contains(incident));
    findings.unclear.extend(over);
    let unclear = memory.silenced.iter().filter(|incident| findings.unclear.contains(incident));
    findings.memory.silenced = findings.silenced.keys().chain(unclear).copied().collect();
    let known: BTreeSet<&Fingerprint> = believed.iter().map(|alert| &alert.fingerprint).collect();
    if is_alive {
        findings.untold = listed
            .values()
            .filter_map(|listings| listings.iter().find(|alert| alert.standing == Standing::Active))
            .filter(|alert| now - alert.starts_at > UNTOLD_FOR)
            .filter(|alert| alert.receivers.iter().any(|receiver| receivers.contains(receiver)))
            .filter(|alert| !known.contains(&alert.fingerprint) && !is_newer_than_poll(&alert.fingerprint))
            .map(|alert| (*alert).clone())
            .collect();
    }
    findings
}

/// How much of each incident is silenced: an alert is when every member that lists it says so.
fn silenced<'a>(
    poll: &Poll,
    believed: impl Iterator<Item = &'a Believed>,
    listed: &BTreeMap<&Fingerprint, Vec<&Listed>>,
) -> BTreeMap<IncidentId, Silenced> {
    let silences: BTreeMap<&SilenceId, &Listing> = poll
        .members
        .iter()
        .flat_map(|member| &member.silences)
        .filter(|silence| !silence.is_over)
        .map(|silence| (&silence.id, silence))
        .collect();
    let mut all: BTreeMap<IncidentId, Silenced> = BTreeMap::new();
    for alert in believed {
        let Some(listings) = listed.get(&alert.fingerprint) else { continue };
        let by_all = |listing: &&Listed| !listing.silenced_by.is_empty();
        let by = listings.iter().flat_map(|listing| &listing.silenced_by);
        let by: Vec<&Listing> = by.filter_map(|id| silences.get(id).copied()).collect();
        let Some(last) =
            by.iter().max_by_key(|silence| silence.ends_at).filter(|_| listings.iter().all(by_all))
        else {
            continue;
        };
        let whole = all.entry(alert.incident).or_insert_with(|| Silenced {
            n: 0,
            until: last.ends_at,
            by: BTreeSet::new(),
            silences: BTreeSet::new(),
        });
        whole.n += 1;
        whole.until = whole.until.min(last.ends_at);
        whole.by.insert(last.created_by.clone());
        whole.silences.insert(last.id.clone());
    }
    all
}

/// The labels that a group was made by, read from its key: `{}/{team="a"}:{alertname="X", cluster="b"}`; `None` when it is no
/// key of Alertmanager's making.
pub fn group_labels(key: &GroupKey) -> Option<Labels> {
    // A value may hold the same signs, so the first place from which all the rest makes sense is the right one.
    let key = key.as_str();
    key.match_indices(":{").find_map(|(at, _)| label_set(key.get(at + 1..)?))
}

/// Reads `{a="x", b="y"}` up to its end.
fn label_set(text: &str) -> Option<Labels> {
    let mut rest = text.strip_prefix('{')?.strip_suffix('}')?;
    let mut labels = Labels::new();
    while !rest.is_empty() {
        let (name, after) = if rest.starts_with('"') { quoted(rest)? } else { plain(rest)? };
        let (value, after) = quoted(after.strip_prefix('=')?)?;
        labels.insert(name, value);
        rest = match after.strip_prefix(", ") {
            Some(more) if !more.is_empty() => more,
            Some(_) => return None,
            None if after.is_empty() => after,
            None => return None,
        };
    }
    Some(labels)
}

/// Reads a name that needs no quotes, and what follows it.
fn plain(text: &str) -> Option<(String, &str)> {
    let name = text.split('=').next()?;
    let is_plain = |letter: char| letter.is_alphanumeric() || "_.:-".contains(letter);
    let is_name = !name.is_empty() && name.chars().all(is_plain);
    Some((name.to_owned(), text.get(name.len()..)?)).filter(|_| is_name)
}

/// Reads one text in Go's quotes, and what follows it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let body = text.strip_prefix('"')?;
    let (mut value, mut letters) = (String::new(), body.char_indices());
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((value, body.get(at + 1..)?)),
            '\\' => {
                let (_, escaped) = letters.next()?;
                let n_digits = match escaped {
                    'n' => {
                        value.push('\n');
                        continue;
                    }
                    't' => {
                        value.push('\t');
                        continue;
                    }
                    'r' => {
                        value.push('\r');
                        continue;
                    }
                    '"' | '\\' => {
                        value.push(escaped);
                        continue;
                    }
                    'x' => 2,
                    'u' => 4,
                    'U' => 8,
                    _ => return None,
                };
                let digits: String = letters.by_ref().take(n_digits).map(|(_, digit)| digit).collect();
                value.push(char::from_u32(u32::from_str_radix(&digits, 16).ok()?)?);
            }
            _ => value.push(letter),
        }
    }
    None
}

/// An instant as Alertmanager's API tells it: whole milliseconds.
pub fn whole_millis(at: DateTime<Utc>) -> DateTime<Utc> {
    at.duration_trunc(Duration::milliseconds(1)).unwrap_or(at)
}

#[cfg(test)]
mod tests;
