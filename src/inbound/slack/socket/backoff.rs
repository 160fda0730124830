//! How long to wait before opening the next connection.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(30);

/// The pause after the `attempt`th failure in a row: none after none, then doubling from half a second to half a minute,
/// of which half is chance drawn from `seed`, so that replicas do not come back in step.
pub fn backoff(attempt: u32, seed: u64) -> Duration {
    let Some(doublings) = attempt.checked_sub(1) else { return Duration::ZERO };
    let full = FIRST.saturating_mul(2_u32.saturating_pow(doublings.min(16))).min(LONGEST);
    let half = full / 2;
    let spread = u64::try_from(half.as_millis()).unwrap_or(u64::MAX).saturating_add(1);
    half + Duration::from_millis(scatter(seed ^ u64::from(attempt)) % spread)
}

/// Spreads near numbers far apart (the finalizer of `SplitMix64`).
fn scatter(number: u64) -> u64 {
    let number = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    number ^ (number >> 31)
}
