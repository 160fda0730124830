//! PagerDuty's signatures: `v1=` and HMAC-SHA256 of the body in hex, one for each secret that it has.

use std::fmt::Write as _;

use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq as _};

/// What is shown with this body.
fn of(secret: &str, body: &[u8]) -> Option<String> {
    // HMAC takes a key of any length.
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
    let digest = mac.chain_update(body).finalize().into_bytes();
    Some(digest.iter().fold("v1=".to_owned(), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _written = write!(hex, "{byte:02x}");
        hex
    }))
}

/// Whether one of the signatures in these headers is right.
pub(super) fn is_right<'a>(secret: &str, body: &[u8], shown: impl Iterator<Item = &'a str>) -> bool {
    let Some(expected) = of(secret, body).filter(|_| !secret.is_empty()) else { return false };
    let shown = shown.flat_map(|header| header.split(','));
    let right =
        shown.fold(Choice::from(0), |right, one| right | expected.as_bytes().ct_eq(one.trim().as_bytes()));
    right.into()
}

#[cfg(test)]
mod tests;
