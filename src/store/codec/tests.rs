use proptest::prelude::*;

use super::{Json, Micros, Storable, Text, storable};
use crate::domain::severity::Severity;
use crate::ids::IncidentId;

proptest! {
    #[test]
    fn only_zeros_are_replaced(text in any::<String>()) {
        let stored = storable(&text);
        prop_assert!(!stored.contains('\0'));
        prop_assert_eq!(stored.chars().count(), text.chars().count());
        prop_assert!(text.contains('\0') || stored == text);
    }
}

#[test]
fn columns_hold_what_both_databases_know() {
    let at = chrono::DateTime::from_timestamp_micros(-1).unwrap_or_default();
    assert_eq!(Micros(at).column().ok(), Some(-1));
    assert_eq!(Text(Severity::P1).column().ok().as_deref(), Some("P1"));
    assert_eq!(Text(IncidentId(42)).column().ok().as_deref(), Some("INC-42"));
    assert_eq!(Json("a\0").column().ok().as_deref(), Some(r#""a\u0000""#));
    assert_eq!(None::<&str>.column().ok(), Some(None));
    assert!(Text(42).column().is_err(), "a number is not a word");
}
