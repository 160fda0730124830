//! What is said of a configuration that was read anew: to the people who run the service, as mrkdwn.

use super::mrkdwn::{clip, escape_with_code};
use super::saying::{PHRASE, line};
use crate::domain::on_call::Made;
use crate::domain::reload::{Changed, Refused, Reloaded};
use crate::words::counted::counted;

/// The longest message.
const LONGEST: usize = 2800;
/// So many names of one sort are listed.
const NAMES: usize = 8;
/// So many faults, or remarks, are listed.
const LISTED: usize = 10;

/// It is in force: what has changed, and what waits for a restart.
pub fn reloaded(reloaded: &Reloaded) -> String {
    let Reloaded { changes, need_restart, remarks, was_refused } = reloaded;
    let mut lines = vec![match (changes.is_empty(), was_refused) {
        (false, _) => "The configuration was reloaded:".to_owned(),
        (true, true) => "The configuration file is in order again. Nothing has changed.".to_owned(),
        (true, false) => {
            "The configuration was read anew. Nothing of what can be reloaded has changed.".to_owned()
        }
    }];
    lines.extend(changes.iter().map(|changed| format!("• {}", change(changed))));
    if !need_restart.is_empty() {
        let keys: Vec<String> = need_restart.iter().map(|key| format!("`{}`", line(key, PHRASE))).collect();
        let verb = if keys.len() == 1 { "needs" } else { "need" };
        lines.push(format!(
            ":warning: {} {verb} a restart. Until then the process goes on with the values it started with.",
            keys.join(", ")
        ));
    }
    if !remarks.is_empty() {
        lines.push("Worth knowing:".to_owned());
        lines.extend(listed(remarks));
    }
    clip(&lines.join("\n"), LONGEST)
}

/// It cannot be used: every fault with its place and its fix.
pub fn refused(refused: &Refused) -> String {
    let faults = &refused.faults;
    let n = counted(faults.len(), "fault", "faults");
    let mut lines = vec![format!("The configuration cannot be used. The one before stays in force. {n}:")];
    lines.extend(listed(faults));
    clip(&lines.join("\n"), LONGEST)
}

fn listed(all: &[String]) -> Vec<String> {
    let one = |text: &String| format!("• {}", clip(&escape_with_code(text), 3 * PHRASE));
    let mut lines: Vec<String> = all.iter().take(LISTED).map(one).collect();
    let more = all.len().saturating_sub(LISTED);
    lines.extend((more > 0).then(|| format!("and {more} more; `dontpanic check` lists them all")));
    lines
}

/// One part in one line: `people`: frank added, bob removed.
pub fn change(changed: &Changed) -> String {
    let Changed { part, added, removed, altered } = changed;
    let sorts = [(added, "added"), (removed, "removed"), (altered, "changed")];
    let sorts = sorts.into_iter().filter(|(names, _)| !names.is_empty());
    let sorts: Vec<String> = sorts.map(|(names, verb)| format!("{} {verb}", list(names))).collect();
    let part = line(part, PHRASE);
    if sorts.is_empty() { format!("`{part}` changed") } else { format!("`{part}`: {}", sorts.join("; ")) }
}

fn list(names: &[String]) -> String {
    let shown: Vec<String> = names.iter().take(NAMES).map(|name| line(name, PHRASE)).collect();
    let more = names.len().saturating_sub(NAMES);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    format!("{}{more}", shown.join(", "))
}

/// An override that does not count any more.
pub fn override_lost(made: &Made) -> String {
    format!(
        "override {} does not count any more: `{}` is not under `people`; the rotation of `{}` counts instead",
        made.id, made.taken.person, made.taken.schedule
    )
}
