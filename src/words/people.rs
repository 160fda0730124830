//! What people are to the workspace, in words.

use crate::ports::SlackUserKind;

/// What somebody is who is no full member; `None` for a full member, and for whom Slack does not find: the holes of the schedules tell
/// of those.
pub const fn standing(kind: SlackUserKind) -> Option<&'static str> {
    match kind {
        SlackUserKind::Member | SlackUserKind::Nobody => None,
        SlackUserKind::Guest => Some("a guest"),
        SlackUserKind::Bot => Some("an app"),
        SlackUserKind::Foreign => Some("a member of another workspace"),
        SlackUserKind::Deactivated => Some("deactivated"),
    }
}
