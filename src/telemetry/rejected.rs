//! The reasons for which webhooks are refused, as a closed list: each is among the metrics before it happens.

/// Why a webhook was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rejected {
    /// No alert source has that name.
    UnknownSource,
    /// Without credentials, or with wrong ones.
    Unauthorized,
    /// A body beyond the limit.
    TooLarge,
    /// No room for another body at present.
    Busy,
    /// The sender took too long.
    TooSlow,
    /// The body broke off.
    Broken,
    /// The body is no JSON.
    NotJson,
    /// JSON without any alert that can be used.
    Unusable,
    /// It could not be stored, or not in time.
    NotStored,
    /// A webhook of Twilio without its signature.
    TwilioSignature,
    /// A webhook of PagerDuty without its signature.
    PagerdutySignature,
    /// A webhook of PagerDuty that is not what PagerDuty sends.
    PagerdutyBody,
}

impl Rejected {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::UnknownSource,
        Self::Unauthorized,
        Self::TooLarge,
        Self::Busy,
        Self::TooSlow,
        Self::Broken,
        Self::NotJson,
        Self::Unusable,
        Self::NotStored,
        Self::TwilioSignature,
        Self::PagerdutySignature,
        Self::PagerdutyBody,
    ];

    /// The label's value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnknownSource => "unknown_source",
            Self::Unauthorized => "unauthorized",
            Self::TooLarge => "too_large",
            Self::Busy => "busy",
            Self::TooSlow => "too_slow",
            Self::Broken => "broken",
            Self::NotJson => "not_json",
            Self::Unusable => "unusable",
            Self::NotStored => "not_stored",
            Self::TwilioSignature => "twilio_signature",
            Self::PagerdutySignature => "pagerduty_signature",
            Self::PagerdutyBody => "pagerduty_body",
        }
    }
}
