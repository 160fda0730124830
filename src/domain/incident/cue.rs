//! What makes a ladder climb.

use super::timeline::ClimbReason;

/// What makes a ladder fire its next step.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Cue {
    /// Its time has come: it begins, or nobody answered the step before.
    Due,
    /// It begins because a service of its schedule joined.
    Joined,
    /// The acker did not answer that the alert is back.
    AckerSilent,
    /// Whoever has it was asked whether they are at work, and did not answer.
    Silent,
    /// No provider took any page of the step before.
    NotDelivered,
    /// A human wants it now, whatever the business hours.
    Asked,
}

impl Cue {
    /// How the timeline says it.
    pub(super) const fn reason(self) -> ClimbReason {
        match self {
            Self::Due | Self::Joined | Self::AckerSilent => ClimbReason::NoAnswer,
            Self::Silent => ClimbReason::Silent,
            Self::NotDelivered => ClimbReason::NotDelivered,
            Self::Asked => ClimbReason::Asked,
        }
    }
}
