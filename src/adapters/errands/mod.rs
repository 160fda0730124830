//! What a contact method outside of Slack is asked to send, read out of an errand.

use std::sync::LazyLock;

use regex::Regex;

use crate::domain::effect::Effect;
use crate::domain::people::{ContactMethod, Person};
use crate::ports::{About, Errand};
use crate::words::alarm::Alarm;
use crate::words::page::Sending;

/// One page to be sent by one method.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    /// Whom it is for; `None` when they are not in the configuration any more.
    pub person: Option<&'a Person>,
    /// Stable over repeats: what a provider gets as the key against doubles.
    pub id: String,
    /// How often it was sent before, as far as is known.
    pub n_before: u32,
    /// What it says.
    pub alarm: Alarm<'a>,
}

/// Reads an errand for `method`.
///
/// # Errors
/// Why it is none.
pub(super) fn read(errand: &Errand, method: ContactMethod) -> Result<Asked<'_>, &'static str> {
    let in_doubt = u32::try_from(errand.in_doubt).unwrap_or(0);
    let sending = |n: u32| if n > 0 { Sending::Repeat } else { Sending::First };
    match (&errand.effect, &errand.about) {
        (Effect::Page { page, repeat, .. }, About::Incident(view)) => {
            let row = view.page(page).ok_or("there is no such page")?;
            if row.method != method {
                return Err("this page goes out by another method");
            }
            let n_before = repeat.saturating_add(in_doubt);
            let alarm = Alarm::Page { view, row, sending: sending(n_before) };
            Ok(Asked { person: view.person(&row.person), id: row.id.to_string(), n_before, alarm })
        }
        (Effect::PageDigest { digest, repeat, .. }, About::Several(several)) => {
            let view = several.views.first().ok_or("there is nothing in the digest")?;
            let id = format!("digest/{}/{}/{method}", digest.person, digest.opening.timestamp());
            let n_before = repeat.saturating_add(in_doubt);
            let alarm = Alarm::Digest { several, sending: sending(n_before) };
            Ok(Asked { person: view.person(&several.person), id, n_before, alarm })
        }
        (Effect::TestPage { id, schedule, .. }, About::Person(person)) => {
            let alarm = Alarm::Test { schedule: schedule.as_ref() };
            Ok(Asked { person: Some(person), id: format!("test/{id}"), n_before: in_doubt, alarm })
        }
        _ => Err("only pages are sent by this"),
    }
}

/// What a provider said, in one line, without anybody's telephone number or mail address: it goes to ledgers and logs.
pub(super) fn discreet(said: &str) -> String {
    /// So much of it is kept.
    const LONGEST: usize = 300;
    static PERSONAL: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r"(?x) [^\s<>:;,()'\x22]+ @ [^\s<>:;,()'\x22]+ | (?:\+|%2B) \s? \d[\d\s()-]{5,}\d | \b\d{9,15}\b",
        )
        .ok()
    });
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let said = match &*PERSONAL {
        Some(personal) => personal.replace_all(&said, "…").into_owned(),
        // The pattern is a constant; a test sees to it that it is one.
        None => String::new(),
    };
    match said.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", said.get(..end).unwrap_or_default()),
        None => said,
    }
}

#[cfg(test)]
mod tests;
