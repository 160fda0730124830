//! The arguments of one call, from whichever place Slack accepts them: the query, a form, or a JSON body.

use serde_json::{Map, Value};

use super::refusal::Refusal;

/// The content types that carry arguments.
const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// Arguments by name. Forms carry everything as text, so the getters read both text and JSON values.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Args(pub(crate) Map<String, Value>);

/// How the arguments arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Carrier {
    /// Query or form: every method takes them.
    Form,
    /// A JSON body: only methods that say so take it.
    Json {
        /// Slack warns when it is absent.
        charset: bool,
    },
}

fn pairs(text: &[u8]) -> impl Iterator<Item = (String, Value)> {
    url::form_urlencoded::parse(text)
        .map(|(name, value)| (name.into_owned(), Value::String(value.into_owned())))
}

impl Args {
    /// Reads a request. A body that cannot be read is one of Slack's general errors.
    pub(crate) fn read(
        query: &str,
        content_type: Option<&str>,
        body: &[u8],
    ) -> Result<(Self, Carrier), Refusal> {
        let mut args: Map<String, Value> = pairs(query.as_bytes()).collect();
        if body.is_empty() {
            return Ok((Self(args), Carrier::Form));
        }
        let content_type = content_type.ok_or("missing_post_type")?;
        let kind = content_type.split(';').next().unwrap_or_default().trim();
        if kind.eq_ignore_ascii_case(FORM) {
            args.extend(pairs(body));
            Ok((Self(args), Carrier::Form))
        } else if kind.eq_ignore_ascii_case(JSON) {
            let Value::Object(given) = serde_json::from_slice(body).map_err(|_| "invalid_json")? else {
                return Err("json_not_object".into());
            };
            args.extend(given);
            Ok((
                Self(args),
                Carrier::Json { charset: content_type.to_ascii_lowercase().contains("charset=") },
            ))
        } else {
            Err("invalid_post_type".into())
        }
    }

    /// A text; numbers are read as text, and an empty one as none.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        match self.0.get(name)? {
            Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    /// A text that was checked to be there.
    pub(crate) fn need(&self, name: &str) -> Result<String, Refusal> {
        self.text(name).ok_or_else(|| Refusal::missing(name))
    }

    /// A switch; absent means off.
    pub(crate) fn flag(&self, name: &str) -> bool {
        match self.0.get(name) {
            Some(Value::Bool(on)) => *on,
            Some(Value::String(text)) => matches!(text.as_str(), "true" | "1" | "True"),
            Some(Value::Number(number)) => number.as_i64() == Some(1),
            _ => false,
        }
    }

    /// A structure, given as JSON or as text holding JSON; absent, null and empty text are none.
    pub(crate) fn json(&self, name: &str) -> Result<Option<Value>, serde_json::Error> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
            Some(Value::String(text)) => serde_json::from_str(text).map(Some),
            Some(value) => Ok(Some(value.clone())),
        }
    }

    /// Ids separated by commas, or an array of them.
    pub(crate) fn list(&self, name: &str) -> Vec<String> {
        let words = |text: &str| -> Vec<String> {
            text.split(',').map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect()
        };
        match self.0.get(name) {
            Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            Some(Value::String(text)) if text.starts_with('[') => {
                serde_json::from_str(text).unwrap_or_else(|_| words(text))
            }
            Some(Value::String(text)) => words(text),
            _ => Vec::new(),
        }
    }

    /// A page size between 1 and `most`; `invalid_limit` when it is no such number.
    pub(crate) fn limit(&self, default: usize, most: usize) -> Result<usize, Refusal> {
        match self.text("limit") {
            None => Ok(default),
            Some(text) => match text.parse::<usize>() {
                Ok(0) => Ok(default),
                Ok(limit) => Ok(limit.min(most)),
                Err(_) => Err("invalid_limit".into()),
            },
        }
    }
}
