//! Outside text made harmless for Markdown.
//!
//! Whatever a label, a title or a note holds, it is shown as the characters it has: no heading, no link, no HTML, no
//! comment that could look like a mark of ours.

/// A text as one line of plain Markdown text.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + text.len() / 8);
    let one_line = text.split(|c: char| c.is_control() || c.is_whitespace()).filter(|word| !word.is_empty());
    for (n, word) in one_line.enumerate() {
        if n > 0 {
            escaped.push(' ');
        }
        escape_word(word, n == 0, &mut escaped);
    }
    escaped
}

fn escape_word(word: &str, is_first: bool, escaped: &mut String) {
    let marks_a_list = is_first && begins_a_block(word);
    let lower = word.to_ascii_lowercase();
    for (at, c) in word.char_indices().filter(|(_, c)| !turns_the_line(*c)) {
        let is_autolink = (c == ':' && lower.get(at..).is_some_and(|rest| rest.starts_with("://")))
            || (c == '.' && lower.get(..at).is_some_and(|before| before.ends_with("www")));
        let is_list_mark = marks_a_list && matches!(c, '-' | '+' | '=' | '.' | ')');
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' => {
                escaped.push('\\');
                escaped.push(c);
            }
            _ if is_autolink || is_list_mark => {
                escaped.push('\\');
                escaped.push(c);
            }
            _ => escaped.push(c),
        }
    }
}

/// Whether a first word would be read as a list item, a rule or an underlined heading.
fn begins_a_block(word: &str) -> bool {
    let after_digits = word.trim_start_matches(|c: char| c.is_ascii_digit());
    let is_number = after_digits.len() < word.len() && matches!(after_digits, "." | ")");
    is_number || word.starts_with(['-', '+', '='])
}

/// Characters that change the direction of what follows, and so can disguise it.
fn turns_the_line(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A person's Markdown as they wrote it, except that nothing in it can be taken for a mark of ours.
pub fn without_marks(text: &str) -> String {
    let mut rest = text;
    let mut clean = String::with_capacity(text.len());
    while let Some((before, after)) = rest.split_once("<!--") {
        let inner = after.trim_start();
        let inner = inner.strip_prefix('/').unwrap_or(inner).trim_start();
        clean.push_str(before);
        clean.push_str(if inner.starts_with("generated:") { "&lt;!--" } else { "<!--" });
        rest = after;
    }
    clean.push_str(rest);
    clean
}
