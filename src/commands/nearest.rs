//! The command that was meant, when none has the name that was typed.

use super::Word;

/// The command that differs in the fewest letters, if it is near enough to be meant.
pub(super) fn nearest(table: &'static [Word], word: &str) -> Option<&'static str> {
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
