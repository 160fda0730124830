//! What was unusual about a body, counted while it is read and said in one sentence each.
//!
//! Counted, because five thousand alerts with the same flaw are one remark.

/// How often each oddity was met.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Oddities {
    /// Elements of `alerts` that were not objects or had no label.
    pub skipped: u64,
    /// Alerts whose `status` was neither `firing` nor `resolved`.
    pub unknown_status: u64,
    /// Alerts without a usable `startsAt`.
    pub undated: u64,
    /// Alerts without a usable `fingerprint`.
    pub unhashed: u64,
    /// Alerts that stood in the body more than once.
    pub repeated: u64,
    /// Alerts with more text than is kept.
    pub cut: u64,
    /// Alerts beyond the limit.
    pub over_limit: u64,
}

impl Oddities {
    /// One sentence per oddity that was met.
    pub fn notes(&self) -> impl Iterator<Item = String> {
        [
            (self.skipped, "without labels, left out"),
            (self.unknown_status, "with a status other than firing or resolved, judged by its endsAt"),
            (self.undated, "without a readable startsAt, dated by its arrival"),
            (self.unhashed, "without a fingerprint, told apart by its labels"),
            (self.repeated, "given twice, the last one counts"),
            (self.cut, "with texts too long to keep, cut"),
            (self.over_limit, "beyond the limit of one delivery, counted only"),
        ]
        .into_iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, what)| format!("{n} {} {what}", if n == 1 { "alert" } else { "alerts" }))
    }
}
