//! A runbook's front matter: a small tree of values that know their lines, and what it means.
//!
//! Nothing here knows YAML; a faulty key is remarked on and left out, and the rest stands.

use chrono::NaiveDate;

use super::{Lint, Variable};
use crate::domain::matcher::Matcher;
use crate::ids::ServiceId;

/// One `key: value` of the front matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The key's line in the file, counted from 1.
    pub line: usize,
    /// The key as written.
    pub key: String,
    /// Its value.
    pub value: Value,
}

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// The line in the file, counted from 1.
    pub line: usize,
    /// What it is.
    pub shape: Shape,
}

/// What a value can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// A scalar, as the text written.
    Text(String),
    /// A list.
    List(Vec<Value>),
    /// A mapping, which no key of a runbook takes.
    Mapping,
}

/// What the front matter says, as far as it could be understood.
#[derive(Debug, Default)]
pub(super) struct Front {
    pub title: Option<String>,
    pub alerts: Vec<Vec<Matcher>>,
    pub services: Vec<ServiceId>,
    pub variables: Vec<Variable>,
    pub owner: Option<String>,
    pub reviewed: Option<(usize, NaiveDate)>,
}

const KEYS: &str = "title, alerts, services, variables, owner, reviewed";

/// Reads the fields, remarking on what is wrong with them.
pub(super) fn read(fields: &[Field], lints: &mut Vec<Lint>) -> Front {
    let mut front = Front::default();
    for (n, field) in fields.iter().enumerate() {
        let mut remark = |line: usize, what: String| lints.push(Lint { line, what });
        if fields.iter().take(n).any(|earlier| earlier.key == field.key) {
            remark(field.line, format!("front matter: `{}` is given twice; keep one", field.key));
            continue;
        }
        match field.key.as_str() {
            "title" => front.title = text(field, &mut remark),
            "owner" => front.owner = text(field, &mut remark),
            "services" => {
                front.services = texts(&field.value, "services", &mut remark)
                    .into_iter()
                    .map(|(_, name)| ServiceId::from(name))
                    .collect();
            }
            "variables" => {
                for (line, text) in texts(&field.value, "variables", &mut remark) {
                    match Variable::parse(&text) {
                        Ok(variable) => front.variables.push(variable),
                        Err(why) => remark(line, format!("front matter: variables: {why}")),
                    }
                }
            }
            "alerts" => front.alerts = alerts(&field.value, &mut remark),
            "reviewed" => {
                let date = text(field, &mut remark);
                front.reviewed = date.as_ref().and_then(|date| Some((field.line, date.parse().ok()?)));
                if let (Some(date), None) = (date, front.reviewed) {
                    let what =
                        format!("front matter: reviewed: `{date}` is not a date; write it as 2026-11-20");
                    remark(field.line, what);
                }
            }
            other => remark(field.line, format!("front matter: unknown key `{other}`; known are {KEYS}")),
        }
    }
    front
}

/// A field that must be one text with something in it.
fn text(field: &Field, remark: &mut impl FnMut(usize, String)) -> Option<String> {
    match &field.value.shape {
        Shape::Text(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        Shape::Text(_) => {
            remark(field.line, format!("front matter: {}: is empty; fill it or remove it", field.key));
            None
        }
        Shape::List(_) | Shape::Mapping => {
            remark(field.value.line, format!("front matter: {}: must be one text", field.key));
            None
        }
    }
}

/// A value that must be a text or a list of texts.
fn texts(value: &Value, key: &str, remark: &mut impl FnMut(usize, String)) -> Vec<(usize, String)> {
    let items = match &value.shape {
        Shape::List(items) => items.iter().collect(),
        Shape::Text(_) | Shape::Mapping => vec![value],
    };
    let mut texts = Vec::with_capacity(items.len());
    for item in items {
        match &item.shape {
            Shape::Text(text) if !text.trim().is_empty() => texts.push((item.line, text.trim().to_owned())),
            Shape::Text(_) | Shape::List(_) | Shape::Mapping => {
                remark(
                    item.line,
                    format!("front matter: {key}: every item must be a text that is not empty"),
                );
            }
        }
    }
    texts
}

/// The items of `alerts`. An item with one bad matcher is left out whole: without it the rest would match too much.
fn alerts(value: &Value, remark: &mut impl FnMut(usize, String)) -> Vec<Vec<Matcher>> {
    let items = match &value.shape {
        Shape::List(items) => items.iter().collect(),
        Shape::Text(_) | Shape::Mapping => vec![value],
    };
    let mut alerts = Vec::with_capacity(items.len());
    for item in items {
        let mut n_bad = 0;
        let mut refuse = |line: usize, what: String| {
            n_bad += 1;
            remark(line, what);
        };
        let mut matchers = Vec::new();
        for (line, text) in texts(item, "alerts", &mut refuse) {
            for condition in conditions(&text) {
                match matcher(condition) {
                    Ok(matcher) => matchers.push(matcher),
                    Err(why) => refuse(line, format!("front matter: alerts: {why}")),
                }
            }
        }
        if n_bad == 0 && !matchers.is_empty() {
            alerts.push(matchers);
        }
    }
    alerts
}

fn matcher(condition: &str) -> Result<Matcher, String> {
    if condition.contains('=') || condition.contains("!~") {
        return Matcher::parse(condition).map_err(|why| why.to_string());
    }
    if condition.is_empty() || condition.contains(|c: char| c.is_whitespace() || "{}\"'".contains(c)) {
        return Err(format!(
            "`{condition}` is neither an alert name nor a matcher such as severity=\"critical\""
        ));
    }
    Ok(Matcher::alertname(condition))
}

/// The conditions of one text, as Alertmanager writes them: in braces or not, with commas between, quotes respected.
fn conditions(text: &str) -> Vec<&str> {
    let text = text.trim();
    let inner = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(text);
    let (mut is_quoted, mut is_escaped) = (false, false);
    inner
        .split(|c: char| {
            if is_escaped {
                is_escaped = false;
                return false;
            }
            match c {
                '\\' => is_escaped = is_quoted,
                '"' => is_quoted = !is_quoted,
                _ => {}
            }
            c == ',' && !is_quoted
        })
        .map(str::trim)
        .collect()
}
