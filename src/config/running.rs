//! What the process needs to run: `listen`, `database`, `log`, `telemetry`, `api_tokens`.

use std::net::SocketAddr;
use std::path::PathBuf;

use url::Url;

use super::reader::{Section, Value};
use super::secret::Secret;
use super::value::{self, Wrong};

/// Where everything is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A file on this machine; one process only.
    Sqlite(PathBuf),
    /// A PostgreSQL server, for two or more replicas. The URL may hold a password.
    Postgres(Secret),
}

/// How to log. Logs go to standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Log {
    /// For machines or for people.
    pub format: LogFormat,
    /// The least important level that is written.
    pub level: tracing::Level,
}

/// For whom log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object per line.
    Json,
    /// Coloured text.
    Pretty,
}

/// Where traces go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Telemetry {
    /// An OpenTelemetry collector.
    pub otlp_endpoint: Url,
}

/// One user of the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiToken {
    /// How the timeline names its acts (`token:ci`).
    pub name: String,
    /// What it shows as `Authorization: Bearer …`.
    pub token: Secret,
    /// What it may do.
    pub scope: Scope,
}

/// What an API token may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Look.
    Read,
    /// Look, and act on incidents.
    Act,
}

/// Reads `listen`.
pub(super) fn listen(root: &Section<'_>) -> SocketAddr {
    let usual = SocketAddr::from(([0, 0, 0, 0], 8080));
    let read = |word: &str| {
        word.parse().map_err(|_| {
            Wrong::new(
                format!("`{word}` is not an address and a port"),
                "write it as 0.0.0.0:8080 or [::]:8080",
            )
        })
    };
    root.optional("listen").and_then(|value| value.read(read)).unwrap_or(usual)
}

/// Reads `database`, which may hold a password and is therefore never repeated.
pub(super) fn database(root: &Section<'_>) -> Option<DatabaseUrl> {
    let n_faults = root.reader().n_faults();
    let Some(url) = root.optional_secret("database") else {
        let usual = DatabaseUrl::Sqlite(root.reader().path("data/dontpanic.db"));
        return (root.reader().n_faults() == n_faults).then_some(usual);
    };
    let refused = |what: &str| {
        let fix = "write sqlite://data/dontpanic.db or postgres://user:password@host/database";
        root.reader().fault(Some(root.line_of("database")), "database", Wrong::new(what, fix));
        None
    };
    let text = url.expose();
    if let Some(path) = text.strip_prefix("sqlite://").or_else(|| text.strip_prefix("sqlite:")) {
        return match path {
            "" => refused("the SQLite file has no path"),
            _ if path.contains('?') || path.starts_with(':') => {
                refused("the SQLite database must be a file, without options")
            }
            _ => Some(DatabaseUrl::Sqlite(root.reader().path(path))),
        };
    }
    match Url::parse(text) {
        Ok(parsed) if matches!(parsed.scheme(), "postgres" | "postgresql") => {
            Some(DatabaseUrl::Postgres(url))
        }
        _ => refused("this is neither a SQLite nor a PostgreSQL database"),
    }
}

/// Reads `log`.
pub(super) fn log(root: &Section<'_>) -> Log {
    let mut log = Log { format: LogFormat::Json, level: tracing::Level::INFO };
    let Some(section) = root.optional("log").and_then(Value::section) else { return log };
    let formats = [("json", LogFormat::Json), ("pretty", LogFormat::Pretty)];
    let levels = [
        ("error", tracing::Level::ERROR),
        ("warn", tracing::Level::WARN),
        ("info", tracing::Level::INFO),
        ("debug", tracing::Level::DEBUG),
        ("trace", tracing::Level::TRACE),
    ];
    log.format = section.word_or("format", &formats, log.format);
    log.level = section.word_or("level", &levels, log.level);
    section.finish();
    log
}

/// Reads `telemetry`.
pub(super) fn telemetry(root: &Section<'_>) -> Option<Telemetry> {
    let section = root.optional("telemetry")?.section()?;
    let otlp_endpoint = section.required("otlp_endpoint").and_then(|url| url.read(value::web_url));
    section.finish();
    Some(Telemetry { otlp_endpoint: otlp_endpoint? })
}

/// Reads `api_tokens`.
pub(super) fn api_tokens(root: &Section<'_>) -> Vec<ApiToken> {
    let mut tokens: Vec<ApiToken> = Vec::new();
    for value in root.optional("api_tokens").and_then(Value::list).into_iter().flatten() {
        let Some(section) = value.section() else { continue };
        let name = section.required("name").and_then(Value::text);
        let token = section.required_secret("token");
        let scope = section.word_or("scope", &[("read", Scope::Read), ("act", Scope::Act)], Scope::Read);
        if let Some(name) = name.as_ref().filter(|name| tokens.iter().any(|token| token.name == **name)) {
            section.fault(format!("another token is called `{name}`"), "give each token a name of its own");
        }
        section.finish();
        if let (Some(name), Some(token)) = (name, token) {
            tokens.push(ApiToken { name, token, scope });
        }
    }
    tokens
}
