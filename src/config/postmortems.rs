//! `runbooks` and `postmortems`: where documents live and when they are due.

use std::path::PathBuf;

use chrono::Duration;

use super::reader::{Section, Value};
use super::value;

/// Where post-mortems go and when they are due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Postmortems {
    /// The folder of the written copies.
    pub dir: PathBuf,
    /// The folder of the Handlebars templates.
    pub templates: PathBuf,
    /// How long after the resolve one is due. `None`: never due.
    pub due_after: Option<Duration>,
    /// When to remind, counted from the resolve.
    pub remind_at: Vec<Duration>,
}

/// Reads `runbooks`.
pub(super) fn runbooks_dir(root: &Section<'_>) -> PathBuf {
    let section = root.optional("runbooks").and_then(Value::section);
    let dir = section.as_ref().map_or_else(
        || root.reader().path("runbooks"),
        |section| section.shipped_folder_or("dir", "runbooks"),
    );
    if let Some(section) = section {
        section.finish();
    }
    dir
}

/// Reads `postmortems`.
pub(super) fn postmortems(root: &Section<'_>) -> Postmortems {
    let usual = Postmortems {
        dir: root.reader().path("postmortems"),
        templates: root.reader().path("postmortem-templates"),
        due_after: Some(Duration::hours(48)),
        remind_at: vec![Duration::hours(24), Duration::hours(44)],
    };
    let Some(section) = root.optional("postmortems").and_then(Value::section) else { return usual };
    let due_after = section.span("due_after", usual.due_after);
    let remind_at = section.optional("remind_at").and_then(Value::one_or_more).map(|values| {
        values
            .into_iter()
            .filter_map(|value| {
                value.read(|word| {
                    let at = value::duration(word)?;
                    match due_after {
                        Some(due) if at >= due => Err(value::Wrong::new(
                            format!("`{word}` is not before the post-mortem is due"),
                            "remind earlier than `due_after`",
                        )),
                        _ => Ok(at),
                    }
                })
            })
            .filter(|at| !at.is_zero())
            .collect()
    });
    let earlier_than_due = |at: &Duration| due_after.is_none_or(|due| *at < due);
    let remind_at =
        remind_at.unwrap_or_else(|| usual.remind_at.into_iter().filter(earlier_than_due).collect());
    let postmortems = Postmortems {
        dir: section.path_or("dir", "postmortems"),
        templates: section.shipped_folder_or("templates", "postmortem-templates"),
        due_after,
        remind_at,
    };
    section.finish();
    postmortems
}
