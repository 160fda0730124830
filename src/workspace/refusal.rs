//! How the Web API says no.

use serde_json::{Map, Value, json};

/// One of Slack's error codes, with what comes along in the answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Refusal {
    pub(crate) code: &'static str,
    /// Further fields of the answer.
    pub(crate) extra: Map<String, Value>,
}

impl From<&'static str> for Refusal {
    fn from(code: &'static str) -> Self {
        Self { code, extra: Map::new() }
    }
}

impl Refusal {
    /// With one more field in the answer.
    pub(crate) fn with(mut self, name: &str, value: Value) -> Self {
        self.extra.insert(name.to_owned(), value);
        self
    }

    /// With the sentences Slack puts into `response_metadata`.
    pub(crate) fn explained(code: &'static str, messages: Vec<String>) -> Self {
        Self::from(code).with("response_metadata", json!({ "messages": messages }))
    }

    /// A required argument is not there.
    pub(crate) fn missing(name: &str) -> Self {
        Self::explained("invalid_arguments", vec![format!("[ERROR] missing required field: {name}")])
    }

    /// The answer's body.
    pub(crate) fn body(&self) -> Value {
        let mut body =
            Map::from_iter([("ok".to_owned(), json!(false)), ("error".to_owned(), json!(self.code))]);
        body.extend(self.extra.clone());
        Value::Object(body)
    }
}
