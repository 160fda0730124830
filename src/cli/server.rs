//! Where a command gets its answer from: the running server's API, or, when nobody listens, the database.
//!
//! The database is asked through the same API, put together in this process without workers and for looks only. So there
//! is one answer to each question, whoever gives it, and nothing leaves this process.

use std::error::Error as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use serde_json::Value;
use url::Url;

use super::Failure;
use super::house::ConfigFile;
use super::terminal::Terminal;
use crate::adapters::http_client;
use crate::app;
use crate::clock::Clocks;
use crate::config::{Config, DatabaseUrl};
use crate::documents::Documents;
use crate::domain::on_call::Override;
use crate::engine::{Engine, Ports, Settings};
use crate::http::api;
use crate::store::Db;
use crate::telemetry::Metrics;

/// Where the token for the API is looked for.
const TOKEN: &str = "DONTPANIC_TOKEN";
/// How long the server may take to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Whom to ask.
#[derive(Debug, clap::Args)]
pub(super) struct Ask {
    /// The running server [default: as the configuration says where it listens]
    #[arg(long, value_name = "URL", value_parser = server)]
    server: Option<Url>,
    #[command(flatten)]
    pub file: ConfigFile,
}

impl From<&ConfigFile> for Ask {
    fn from(file: &ConfigFile) -> Self {
        Self { server: None, file: file.clone() }
    }
}

/// What is asked.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Request {
    /// To look at something.
    Get(String),
    /// To do something.
    Post(String, Value),
}

/// What came back.
enum Reply {
    Answered(u16, Value),
    /// Nobody could be connected to; why, when it is anything but that nobody listens there.
    Nobody(Option<String>),
}

impl Ask {
    /// Asks the server or, for a look when nobody listens, the database.
    ///
    /// # Errors
    /// What the API refused, in its own words; or that nobody could be asked.
    pub fn ask(&self, terminal: &Terminal<'_>, request: &Request) -> Result<Value, Failure> {
        let mut asking = self.begin(terminal)?;
        let answer = asking.ask(terminal, request);
        asking.end();
        answer
    }

    /// Whether the caller named the server: then nobody else is asked, and no file either.
    pub const fn names_a_server(&self) -> bool {
        self.server.is_some()
    }

    /// Makes ready to ask several things, which the same server or database answers.
    ///
    /// # Errors
    /// When it is known already that nobody can be asked.
    pub fn begin(&self, terminal: &Terminal<'_>) -> Result<Asking, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("cannot start the runtime")?;
        let token = (terminal.environment)(TOKEN).map(|token| token.trim().to_owned());
        let token = token.filter(|token| !token.is_empty());
        if token.as_ref().is_some_and(|token| !token.chars().all(|c| c.is_ascii_graphic())) {
            let what =
                format!("{TOKEN} is no token: it holds a line break, a space or another such character");
            return Err(Failure::Usage(what));
        }
        // To ask the running server, no secret of its configuration is needed.
        let server = match &self.server {
            Some(server) => server.clone(),
            None => address(Config::listen_of(&self.file.config, terminal.environment)?)?,
        };
        let (is_named, file) = (self.server.is_some(), self.file.clone());
        Ok(Asking { runtime, token, server, is_named, file, database: None })
    }
}

/// Somebody who is asked several things.
pub(super) struct Asking {
    runtime: tokio::runtime::Runtime,
    token: Option<String>,
    server: Url,
    /// Whether the caller named the server; then nobody else is asked.
    is_named: bool,
    file: ConfigFile,
    /// Once nobody listened.
    database: Option<(Db, Arc<Engine>)>,
}

impl Asking {
    /// Asks one thing, see [`Ask::ask`].
    pub fn ask(&mut self, terminal: &Terminal<'_>, request: &Request) -> Result<Value, Failure> {
        let (status, answer) = self.answered(terminal, request)?;
        Ok(accepted(status, answer, self.token.is_some())?)
    }

    fn answered(&mut self, terminal: &Terminal<'_>, request: &Request) -> Result<(u16, Value), Failure> {
        if self.database.is_none() {
            let asked = over_http(&self.server, self.token.as_deref(), request);
            let host = host(&self.server);
            match (self.runtime.block_on(asked)?, request) {
                (Reply::Answered(status, answer), _) => return Ok((status, answer)),
                (Reply::Nobody(why), _) if self.is_named => return Err(nobody_there(&host, why).into()),
                (Reply::Nobody(_), Request::Post(..)) => {
                    return Err(anyhow!(
                        "nobody listens at {host}; to act, the server must run: start it with `dontpanic serve`, or name it with \
                         --server"
                    )
                    .into());
                }
                (Reply::Nobody(_), Request::Get(_)) => {}
            }
        }
        let Request::Get(path) = request else {
            return Err(anyhow!("the database is only looked at; to act, the server must run").into());
        };
        let (_, engine) = match &mut self.database {
            Some(open) => open,
            closed @ None => {
                let config = self.file.load(terminal)?.config;
                closed.insert(self.runtime.block_on(opened(&config))?)
            }
        };
        let answered = self.runtime.block_on(api::look(engine.clone(), path));
        Ok(answered.context("the database gave no answer")?)
    }

    /// Nothing more is asked.
    pub fn end(self) {
        if let Some((db, _)) = self.database {
            self.runtime.block_on(db.close());
        }
    }
}

/// The server that the caller named is not there, and what to do about it. Nothing else is asked instead.
fn nobody_there(host: &str, why: Option<String>) -> anyhow::Error {
    let what = match why {
        None => format!("nobody listens at {host}"),
        Some(why) => format!("cannot connect to {host} ({why})"),
    };
    anyhow!(
        "{what}; start the server there with `dontpanic serve`, correct the address after --server, or leave --server out to \
         ask where the configuration says"
    )
}

/// Reads the address of a server.
fn server(word: &str) -> Result<Url, String> {
    let wrong = || "write it as http://127.0.0.1:8080 or https://dontpanic.example.com".to_owned();
    let url = Url::parse(word.trim()).map_err(|_| wrong())?;
    let is_server = matches!(url.scheme(), "http" | "https") && url.has_host();
    if is_server { Ok(url) } else { Err(wrong()) }
}

/// Whether there is no database yet, so no server has run with it either.
pub(super) fn has_no_database(ask: &Ask, config: &Config) -> bool {
    matches!(&config.database, DatabaseUrl::Sqlite(path) if !path.exists()) && ask.server.is_none()
}

/// The overrides that hold, for a command that otherwise looks at the configuration alone: none when nobody listens and there
/// is no database yet.
///
/// # Errors
/// In words, when there may be some and nobody could be asked.
pub(super) fn overrides(
    terminal: &Terminal<'_>,
    ask: &Ask,
    config: &Config,
) -> Result<Vec<Override>, String> {
    if has_no_database(ask, config) {
        return Ok(vec![]);
    }
    overrides_there(terminal, ask).map_err(|failure| failure.to_string())
}

/// The overrides that hold, as whoever is asked has them.
///
/// # Errors
/// When nobody could be asked, or the answer makes no sense.
pub(super) fn overrides_there(terminal: &Terminal<'_>, ask: &Ask) -> Result<Vec<Override>, Failure> {
    let answer = ask.ask(terminal, &Request::Get("oncall/overrides".to_owned()))?;
    let listed = answer.get("overrides").cloned().unwrap_or_default();
    Ok(serde_json::from_value(listed).context("the overrides make no sense")?)
}

/// Where the server listens, as seen from this machine.
fn address(mut listen: SocketAddr) -> Result<Url, Failure> {
    if listen.ip().is_unspecified() {
        listen.set_ip(if listen.is_ipv4() {
            [127, 0, 0, 1].into()
        } else {
            std::net::Ipv6Addr::LOCALHOST.into()
        });
    }
    Ok(Url::parse(&format!("http://{listen}"))
        .context("`listen` is no address; name the server with --server")?)
}

/// The part of an address that is no secret.
fn host(server: &Url) -> String {
    format!("{}:{}", server.host_str().unwrap_or("?"), server.port_or_known_default().unwrap_or_default())
}

/// The answer, or the refusal in words.
fn accepted(status: u16, answer: Value, has_token: bool) -> anyhow::Result<Value> {
    if (200..300).contains(&status) {
        return Ok(answer);
    }
    match (status, has_token) {
        (401, false) => bail!("the server wants a token: set {TOKEN} to one of `api_tokens`"),
        (401, true) => bail!("the server does not know the token in {TOKEN}: set it to one of `api_tokens`"),
        _ => {}
    }
    match answer.get("error").and_then(Value::as_str) {
        Some(error) => Err(anyhow!("{error}")),
        None => Err(anyhow!("the server answered {status}; its log says why")),
    }
}

async fn over_http(server: &Url, token: Option<&str>, request: &Request) -> anyhow::Result<Reply> {
    let client = http_client::client(ANSWER_WITHIN)?;
    let base = server.as_str().trim_end_matches('/');
    let mut asked = match request {
        Request::Get(path) => client.get(format!("{base}/api/v1/{path}")),
        Request::Post(path, body) => client.post(format!("{base}/api/v1/{path}")).json(body),
    };
    if let Some(token) = token {
        asked = asked.bearer_auth(token);
    }
    let answer = match asked.send().await {
        Ok(answer) => answer,
        Err(error) if error.is_connect() => return Ok(Reply::Nobody(not_refused(&error))),
        Err(error) => {
            return Err(error.without_url()).with_context(|| format!("{} did not answer", host(server)));
        }
    };
    let status = answer.status().as_u16();
    let body = answer.bytes().await.map_err(reqwest::Error::without_url).context("the answer broke off")?;
    if body.is_empty() {
        return Ok(Reply::Answered(status, Value::Null));
    }
    match serde_json::from_slice(&body) {
        Ok(answer) => Ok(Reply::Answered(status, answer)),
        Err(_) => bail!("{} answered {status}, but not as dontpanic does", host(server)),
    }
}

/// Why there is no connection, when it is not that nobody listens: a name that nobody knows, a certificate, a network.
fn not_refused(error: &reqwest::Error) -> Option<String> {
    let causes = || std::iter::successors(error.source(), |cause| (*cause).source());
    let io = |cause: &(dyn std::error::Error + 'static)| Some(cause.downcast_ref::<std::io::Error>()?.kind());
    if causes().filter_map(io).any(|kind| kind == std::io::ErrorKind::ConnectionRefused) {
        return None;
    }
    if error.is_timeout() {
        return Some(format!("no connection within {} s", ANSWER_WITHIN.as_secs()));
    }
    Some(causes().last().map_or_else(|| "for no reason that is told".to_owned(), ToString::to_string))
}

/// The database, behind the API of this process.
async fn opened(config: &Config) -> anyhow::Result<(Db, Arc<Engine>)> {
    if let DatabaseUrl::Sqlite(file) = &config.database
        && !file.exists()
    {
        bail!(
            "nobody listens, and there is no database at {} yet; start the server with `dontpanic serve`, or name it with --server",
            file.display()
        );
    }
    let clocks = Clocks::system();
    let db = Db::open(&app::target(&config.database))
        .await
        .context(
            "nobody listens (name the server with --server if it is elsewhere), and the database cannot be opened",
        )?;
    let today = clocks.story.now().date_naive();
    let documents = Documents::load(&config.runbooks_dir, &config.postmortems.templates, today);
    let settings = Settings::of(config);
    let metrics = Arc::new(Metrics::default());
    let (engine, _nothing_leaves) =
        Engine::new(db.clone(), clocks, settings, Arc::new(documents), Ports::to_nobody(), metrics);
    engine.read_rota().await.context("the overrides cannot be read")?;
    Ok((db, engine))
}
