//! What Grafana measured, in one line for people.

use serde_json::{Map, Value};

use crate::domain::alert::Alert;
use crate::domain::grafana::{Place, VALUE_STRING, VALUES};

/// So many decimals tell one value from another.
const DECIMALS: usize = 4;
/// Smaller values are shown as they were sent.
const SMALL: f64 = 0.001;

/// What was measured, in one line (`B=44.24, C=1`), not yet escaped. `None` when the sender did not say.
pub fn measured(alert: &Alert) -> Option<String> {
    let values = alert.annotations.get(VALUES).and_then(|text| serde_json::from_str::<Map<_, _>>(text).ok());
    let values = values.filter(|values| !values.is_empty());
    let line = match values {
        Some(values) => {
            let values = values.iter().map(|(name, value)| format!("{name}={}", shown(value)));
            values.collect::<Vec<_>>().join(", ")
        }
        None => alert.annotations.get(VALUE_STRING)?.trim().to_owned(),
    };
    (!line.is_empty()).then_some(line)
}

/// Whether people see two tellings of one alert as different: by what was measured, or by where it leads.
pub fn differ(before: &Alert, after: &Alert) -> bool {
    let leads_elsewhere = |place: &Place| place.address(before) != place.address(after);
    measured(before) != measured(after) || Place::ALL.iter().any(leads_elsewhere)
}

/// A value with as many digits as anybody reads; what is no number as it was sent.
fn shown(value: &Value) -> String {
    match (value, value.as_f64()) {
        (Value::String(text), _) => text.clone(),
        (_, Some(number)) if value.is_f64() && number.abs() >= SMALL => {
            let cut = format!("{number:.DECIMALS$}");
            cut.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
        _ => value.to_string(),
    }
}

#[cfg(test)]
mod tests;
