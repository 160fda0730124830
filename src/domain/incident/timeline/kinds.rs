//! What the API calls each event, and which of them are said.

use super::What;

impl What {
    /// The kind's name, as the API shows it.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::AlertFiring { .. } => "alert_firing",
            Self::AlertResolved { .. } => "alert_resolved",
            Self::IncidentOpened { .. } => "incident_opened",
            Self::SeverityChanged { .. } => "severity_changed",
            Self::PageSent(_) => "page_sent",
            Self::PageAccepted(_) | Self::PageCarried { .. } => "page_accepted",
            Self::PageFailed { .. } => "page_failed",
            Self::AckTargetMissed { .. } => "ack_target_missed",
            Self::Acked { .. } => "acked",
            Self::Escalated { .. } | Self::AskedFor { .. } => "escalated",
            Self::Snoozed { .. } | Self::SnoozeOver => "snoozed",
            Self::RoleChanged { .. } => "role_changed",
            Self::StatusUpdate { .. } => "status_update",
            Self::ChannelOpened { .. } | Self::ChannelBack { .. } => "channel_opened",
            Self::SilenceCreated { .. } => "silence_created",
            Self::Note { .. }
            | Self::ScheduleGone { .. }
            | Self::MessageNoted { .. }
            | Self::MessageEdited { .. }
            | Self::MessageDeleted { .. }
            | Self::StillOnIt
            | Self::PostmortemDeclined { .. }
            | Self::ChannelLost { .. }
            | Self::ChannelRenamed { .. }
            | Self::NotInvited { .. }
            | Self::ChannelArchived { .. }
            | Self::SilenceExtended { .. }
            | Self::SilenceEnding { .. }
            | Self::SilenceEnded { .. }
            | Self::Muted { .. }
            | Self::Unmuted { .. }
            | Self::PageFolded { .. }
            | Self::PageAlone { .. }
            | Self::JoinedStorm { .. }
            | Self::LeftStorm { .. }
            | Self::StormGrew { .. }
            | Self::StormOver { .. }
            | Self::Closed => "note",
            Self::AskedAboutFiring { .. }
            | Self::Nudged { .. }
            | Self::PostmortemAwaited { .. }
            | Self::PostmortemOverdue { .. } => "nudged",
            Self::Monitoring => "monitoring",
            Self::KeptOpen => "kept_open",
            Self::MergedInto { .. } | Self::TookIn { .. } => "merged",
            Self::Resolved { .. } => "resolved",
            Self::Reopened { .. } => "reopened",
            Self::Flap { .. } => "flap",
            Self::RunbookFeedback { .. } => "runbook_feedback",
            Self::ActionAdded { .. } => "action_added",
            Self::ActionDone { .. } => "action_done",
            Self::PostmortemDrafted => "postmortem_drafted",
            Self::PostmortemPublished => "postmortem_published",
        }
    }

    /// Whether the channel hears of it in a line of its own; the rest is read off the card.
    pub const fn is_said(&self) -> bool {
        matches!(
            self,
            Self::SeverityChanged { .. }
                | Self::Acked { .. }
                | Self::Escalated { .. }
                | Self::AskedFor { .. }
                | Self::Snoozed { .. }
                | Self::SnoozeOver
                | Self::RoleChanged { .. }
                | Self::StatusUpdate { .. }
                | Self::SilenceCreated { .. }
                | Self::SilenceExtended { .. }
                | Self::SilenceEnding { .. }
                | Self::SilenceEnded { .. }
                | Self::Muted { .. }
                | Self::Unmuted { .. }
                | Self::Note { .. }
                | Self::ScheduleGone { .. }
                | Self::Monitoring
                | Self::KeptOpen
                | Self::MergedInto { .. }
                | Self::TookIn { .. }
                | Self::LeftStorm { .. }
                | Self::StormOver { .. }
                | Self::Resolved { .. }
                | Self::Reopened { .. }
                | Self::Flap { .. }
                | Self::AskedAboutFiring { .. }
                | Self::Nudged { .. }
                | Self::StillOnIt
                | Self::ActionAdded { .. }
                | Self::ActionDone { .. }
                | Self::PostmortemAwaited { .. }
                | Self::PostmortemOverdue { .. }
                | Self::PostmortemPublished
                | Self::PostmortemDeclined { .. }
                | Self::ChannelOpened { instead_of: Some(_), .. }
                | Self::ChannelBack { .. }
                | Self::NotInvited { .. }
                | Self::ChannelArchived { .. }
        )
    }

    /// Whether the message that says it is kept up to date: what it tells of can change.
    pub const fn is_kept_true(&self) -> bool {
        matches!(self, Self::ActionAdded { .. })
    }
}
