//! The hash of a label set, for senders that give none.

use crate::domain::alert::Labels;
use crate::ids::Fingerprint;

const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01b3;
/// Stands after every name and value; no UTF-8 text holds it, so no two label sets run together.
const SEPARATOR: u8 = 0xff;

/// The same 16 hex digits that Prometheus and Alertmanager give these labels: FNV-1a over the sorted names and values.
pub fn fingerprint(labels: &Labels) -> Fingerprint {
    let bytes = labels
        .iter()
        .flat_map(|(name, value)| [name, value])
        .flat_map(|text| text.bytes().chain([SEPARATOR]));
    let hash = bytes.fold(OFFSET, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME));
    Fingerprint(format!("{hash:016x}"))
}
