//! The provider's signature: HMAC-SHA1 over the address that it calls and every field that it sends, by the account's token.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use sha1::Sha1;
use subtle::ConstantTimeEq as _;

/// What the provider would show for this.
pub(super) fn of(token: &str, address: &str, fields: &BTreeMap<String, String>) -> String {
    // HMAC takes a key of any length.
    let Ok(mac) = Hmac::<Sha1>::new_from_slice(token.as_bytes()) else { return String::new() };
    let mac = fields
        .iter()
        .fold(mac.chain_update(address), |mac, (name, value)| mac.chain_update(name).chain_update(value));
    STANDARD.encode(mac.finalize().into_bytes())
}

/// Whether this is the provider's.
pub(super) fn is_right(token: &str, address: &str, fields: &BTreeMap<String, String>, shown: &str) -> bool {
    let expected = of(token, address, fields);
    !token.is_empty() && !expected.is_empty() && bool::from(expected.as_bytes().ct_eq(shown.as_bytes()))
}
