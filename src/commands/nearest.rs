//! What was meant, when nothing has the name that was typed.

use super::Word;

/// The command that differs in the fewest letters, if it is near enough to be meant.
pub(super) fn nearest(table: &'static [Word], word: &str) -> Option<&'static str> {
    let others = table.iter().flat_map(|command| command.also.iter().map(|also| (*also, command.name)));
    let all = table.iter().map(|command| (command.name, command.name)).chain(others);
    let near = nearest_name(all.clone().map(|(name, _)| name), word)?;
    all.into_iter().find_map(|(name, command)| (name == near).then_some(command))
}

/// The name that differs in the fewest letters, or begins as the word does, if it is near enough to be meant.
pub fn nearest_name<'a>(names: impl Iterator<Item = &'a str> + Clone, word: &str) -> Option<&'a str> {
    // In a long word more letters slip.
    let is_near = |distance: usize, name: &str| distance <= if name.len() < 7 { 2 } else { 3 };
    let word: Vec<char> = word.chars().take(40).collect();
    let begins = |name: &str| word.len() >= 2 && name.starts_with(&word.iter().collect::<String>());
    if let Some(name) = names.clone().find(|name| begins(name)) {
        return Some(name);
    }
    let ranked = names.map(|name| (distance(&word, name), name));
    let near = ranked.filter(|(distance, name)| is_near(*distance, name) && *distance < name.len());
    near.min().map(|(_, name)| name)
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
