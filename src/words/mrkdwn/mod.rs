//! Words on their way into Slack: escaped, clipped, and never more than they say.
//!
//! Text from outside (labels, annotations, people's titles) goes through `escape` exactly once, where it lands. What
//! comes out cannot form a mention, a link under another name, or turn the line around.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use url::Url;

use crate::ids::{ChannelId, SlackUserId};

/// Slack's limit for the address behind a button.
const BUTTON_URL_LIMIT: usize = 3000;
const ELLIPSIS: char = '…';
/// Invisible and without width: keeps `@` and a word apart for Slack's parser, not for the reader.
const WORD_JOINER: char = '\u{2060}';

/// Escapes text from outside for mrkdwn: it reads as what it is, and formats nothing, neither itself nor what stands around it.
///
/// `&`, `<` and `>` become entities, so no `<!channel>`, `<@U…>` or `<url|label>` survives. `@here` and other `@words`
/// are kept from being read as mentions, `:words:` from becoming emoji, and a `>` from beginning a quote. `*`, `_`, `~` and
/// backticks that Slack could take for formatting become characters that look like them; inside of words, where they format
/// nothing (`node_exporter_up`, `a*b`), they stay, and so do `_` and `~` in the middle of an address, which would lead nowhere
/// without them. Controls that turn writing direction around, and other control
/// characters except tab and line feed, become visible replacement characters.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    let mut before = None;
    let mut begins_line = true;
    let mut is_in_address = false;
    for (place, character) in text.char_indices() {
        let rest = text.get(place + character.len_utf8()..).unwrap_or_default();
        let next = rest.chars().next();
        let is_in_word = is_word(before) && is_word(next);
        is_in_address = (is_in_address && is_of_address(character))
            || (!is_word(before) && text.get(place..).is_some_and(begins_address));
        let goes_on = is_in_address && next.is_some_and(is_of_address);
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' if begins_line => out.extend([WORD_JOINER, '&', 'g', 't', ';']),
            '>' => out.push_str("&gt;"),
            '@' if !before.is_some_and(char::is_alphanumeric) && next.is_some_and(char::is_alphanumeric) => {
                out.extend(['@', WORD_JOINER]);
            }
            ':' if begins_emoji(rest) => out.extend([':', WORD_JOINER]),
            '*' | '_' | '~' if is_in_word => out.push(character),
            '_' | '~' if goes_on => out.push(character),
            '*' => out.push('\u{2217}'),
            '_' => out.push('\u{02CD}'),
            '~' => out.push('\u{223C}'),
            '`' => out.push('\u{02CB}'),
            _ => out.push(honest(character)),
        }
        begins_line = character == '\n' || (begins_line && character.is_whitespace());
        before = Some(character);
    }
    out
}

/// Escapes text in which code stands between backticks, as in runbooks: the code stays code and can be copied as it is,
/// everything else is treated as by [`escape`].
pub fn escape_with_code(text: &str) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len() + text.len() / 8), text);
    while let Some(open) = rest.find('`') {
        let (before, from) = rest.split_at(open);
        let fence = if from.starts_with("```") { "```" } else { "`" };
        let inside = from.get(fence.len()..).unwrap_or_default();
        let end = inside.find(fence).filter(|end| {
            let code = inside.get(..*end).unwrap_or_default();
            !code.is_empty() && !code.contains('`') && (fence.len() > 1 || !code.contains('\n'))
        });
        let Some(end) = end else { break };
        out.push_str(&escape(before));
        out.push_str(fence);
        for character in inside.get(..end).unwrap_or_default().chars() {
            match character {
                '&' => out.push_str("&amp;"),
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                _ => out.push(honest(character)),
            }
        }
        out.push_str(fence);
        rest = inside.get(end + fence.len()..).unwrap_or_default();
    }
    out.push_str(&escape(rest));
    out
}

fn is_word(character: Option<char>) -> bool {
    character.is_some_and(|character| character.is_ascii_alphanumeric())
}

/// Whether Slack makes a link of what begins here.
fn begins_address(text: &str) -> bool {
    text.starts_with("https://") || text.starts_with("http://")
}

/// What an address is made of (RFC 3986), without what Slack could take for formatting.
fn is_of_address(character: char) -> bool {
    character.is_ascii_alphanumeric() || "-._~:/?#[]@!$&'()+,;=%".contains(character)
}

/// Whether what follows a colon would make an emoji of it.
fn begins_emoji(rest: &str) -> bool {
    let name = rest.split(':').next().filter(|name| name.len() < rest.len()).unwrap_or_default();
    // Addresses (`http://host:9090/`) have colons too, and no emoji has what stands in them.
    let is_in_name = |c: char| !c.is_whitespace() && !matches!(c, '/' | '.');
    name.chars().any(|c| !c.is_ascii_digit()) && name.chars().all(is_in_name)
}

/// Text from outside for a `plain_text` field (header, button, modal title), where nothing is parsed: only what deceives
/// the eye is replaced.
pub fn plain(text: &str) -> String {
    text.chars().map(honest).collect()
}

/// The character itself, or the replacement character for control characters, among them the bidirectional ones that
/// make a text read differently from what it says. Tab and line feed may stay.
fn honest(character: char) -> char {
    match character {
        '\n' | '\t' => character,
        '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => {
            char::REPLACEMENT_CHARACTER
        }
        _ if character.is_control() => char::REPLACEMENT_CHARACTER,
        _ => character,
    }
}

/// Cuts mrkdwn to `limit` and ends it with `…` when something is missing.
///
/// Works on finished mrkdwn: an entity or a `<…>` is kept whole or left out. The limit is counted in UTF-16 units, the
/// strictest reading of Slack's "characters".
pub fn clip(mrkdwn: &str, limit: usize) -> String {
    clip_with(mrkdwn, limit, |kept| {
        for (open, close) in [('<', '>'), ('&', ';')] {
            let Some(start) = kept.rfind(open) else { continue };
            if kept.rfind(close).is_none_or(|end| end < start) {
                kept.truncate(start);
            }
        }
    })
}

/// Cuts the text of a `plain_text` field to `limit`, counted in UTF-16 units, and ends it with `…` when something is
/// missing.
pub fn clip_plain(text: &str, limit: usize) -> String {
    clip_with(text, limit, |_kept| {})
}

fn clip_with(text: &str, limit: usize, mend: impl FnOnce(&mut String)) -> String {
    if text.encode_utf16().count() <= limit {
        return text.to_owned();
    }
    let Some(room) = limit.checked_sub(ELLIPSIS.len_utf16()) else { return String::new() };
    let mut used = 0;
    let fitting = text.chars().take_while(|character| {
        used += character.len_utf16();
        used <= room
    });
    let mut kept: String = fitting.collect();
    mend(&mut kept);
    kept.push(ELLIPSIS);
    kept
}

/// The address for a button, when it is an absolute http(s) URL that Slack takes.
pub fn button_url(text: &str) -> Option<Url> {
    let url = Url::parse(text.trim()).ok()?;
    let usable =
        matches!(url.scheme(), "http" | "https") && url.has_host() && url.as_str().len() <= BUTTON_URL_LIMIT;
    usable.then_some(url)
}

/// An instant in the reader's own zone: `<!date^…>` with the time in UTC for readers that do not know it.
pub fn date(at: DateTime<Utc>) -> String {
    format!("<!date^{}^{{date_short_pretty}} {{time}}|{} UTC>", at.timestamp(), at.format("%Y-%m-%d %H:%M"))
}

/// A mention of a person.
pub fn mention(user: &SlackUserId) -> String {
    format!("<@{}>", word(user.as_str()))
}

/// A link to a conversation.
pub fn channel(channel: &ChannelId) -> String {
    format!("<#{}>", word(channel.as_str()))
}

/// A link under a name; the label is text from outside and is escaped here.
pub fn link(url: &Url, label: &str) -> String {
    format!("<{}|{}>", linked(url), escape(label).replace(['|', '\n'], " "))
}

/// An address to be read and copied, character by character as it is.
pub fn address(url: &Url) -> String {
    format!("<{}>", linked(url))
}

/// An address as it may stand between the angle brackets of a link.
fn linked(url: &Url) -> String {
    let mut address = String::with_capacity(url.as_str().len());
    for character in url.as_str().chars() {
        match character {
            '&' => address.push_str("&amp;"),
            '|' | '<' | '>' => {
                // Writing to a string cannot fail.
                let _written = write!(address, "%{:02X}", u32::from(character));
            }
            _ => address.push(character),
        }
    }
    address
}

/// Only what ids are made of, so that no id can end its mention early.
fn word(id: &str) -> String {
    id.chars().filter(char::is_ascii_alphanumeric).collect()
}

#[cfg(test)]
mod tests;
