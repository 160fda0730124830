//! One running process of the program.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::{Client, Method, StatusCode};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;

use super::{PATIENCE, eventually, signal};

/// What the API is asked with.
pub const API_TOKEN: &str = "token-of-the-api";
/// What alerts are sent with.
pub const WEBHOOK_TOKEN: &str = "token-of-alertmanager";

/// The command line, which is known here and nowhere else.
pub enum Invocation<'a> {
    /// The service.
    Serve(&'a Path),
    /// The rehearsal, for scripts.
    Demo(u16),
    /// Anything else.
    Other(&'a [&'a str]),
}

impl Invocation<'_> {
    fn arguments(&self) -> Vec<OsString> {
        match self {
            Self::Serve(config) => vec!["serve".into(), "-c".into(), config.into()],
            Self::Demo(port) => {
                vec!["demo".into(), "--port".into(), port.to_string().into(), "--json".into()]
            }
            Self::Other(words) => words.iter().map(OsString::from).collect(),
        }
    }
}

/// What a process that has ended leaves.
#[derive(Debug)]
pub struct Ended {
    /// The exit status; none when a signal ended it.
    pub code: Option<i32>,
    /// Standard output and standard error, in the order in which they were read.
    pub said: String,
}

/// Runs the program to its end.
///
/// # Panics
/// When it does not end in time.
pub async fn run(invocation: Invocation<'_>) -> Ended {
    let mut process = Process::start(&invocation);
    let status = process.ends_within(PATIENCE).await;
    Ended { code: status.code(), said: process.everything_said().await }
}

/// A process and what it says.
pub struct Process {
    child: Child,
    said: Arc<Mutex<String>>,
    readers: Vec<JoinHandle<()>>,
}

impl Process {
    /// Starts the program.
    pub fn start(invocation: &Invocation<'_>) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dontpanic"));
        command.args(invocation.arguments());
        Self::spawn(command)
    }

    /// Starts any program.
    pub fn spawn(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?} cannot be started: {error}"));
        let said = Arc::new(Mutex::new(String::new()));
        let readers = [
            child.stdout.take().map(|out| tokio::spawn(listen(out, said.clone()))),
            child.stderr.take().map(|err| tokio::spawn(listen(err, said.clone()))),
        ];
        Self { child, said, readers: readers.into_iter().flatten().collect() }
    }

    /// Everything it has said so far.
    pub fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    /// Sends a signal: `TERM`, `KILL`, `HUP`.
    pub fn signal(&self, name: &str) {
        signal(&self.child, name);
    }

    /// Whether it has said what happens when it gets a signal, so that the signal does not simply end it.
    pub fn catches(&self, name: &str) -> bool {
        let bit = match name {
            "HUP" => 0,
            other => panic!("which number has SIG{other}?"),
        };
        let pid = self.child.id().expect("the process has ended already");
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("linux");
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).expect("a mask");
        u64::from_str_radix(caught.trim(), 16).expect("a number") >> bit & 1 == 1
    }

    /// The most memory that it has had resident, bytes.
    pub fn peak_memory(&self) -> usize {
        let pid = self.child.id().expect("the process has ended already");
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("linux");
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
        let kib: usize = peak.trim().trim_end_matches(" kB").parse().expect("a number");
        kib << 10
    }

    /// Whether it is still there.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Waits for its end.
    pub async fn ends_within(&mut self, limit: Duration) -> ExitStatus {
        let ended = tokio::time::timeout(limit, self.child.wait()).await;
        let ended = ended.unwrap_or_else(|_elapsed| panic!("the process did not end within {limit:?}"));
        ended.expect("the process cannot be waited for")
    }

    /// `kill -9`: gone when this returns.
    pub async fn kill(&mut self) {
        self.child.kill().await.expect("the process cannot be killed");
    }

    /// What it said, to the last word; only after its end.
    pub async fn everything_said(&mut self) -> String {
        for reader in self.readers.drain(..) {
            reader.await.expect("a reader of the process's words has failed");
        }
        self.said()
    }
}

impl Drop for Process {
    /// A test that fails shows what the process said; one that succeeds has seen no panic.
    fn drop(&mut self) {
        let said = self.said();
        if std::thread::panicking() {
            let shown = format!("--- the process said\n{said}---\n");
            let _best_effort = std::io::stderr().write_all(shown.as_bytes());
        } else {
            assert!(!said.contains("panicked at"), "the process panicked:\n{said}");
        }
    }
}

async fn listen(from: impl AsyncRead + Unpin, into: Arc<Mutex<String>>) {
    let mut lines = BufReader::new(from).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let mut said = into.lock().unwrap();
        said.push_str(&line);
        said.push('\n');
    }
}

/// The service, running.
pub struct Bot {
    /// The process itself.
    pub process: Process,
    /// Where it listens.
    pub port: u16,
    client: Client,
}

impl Bot {
    /// Starts the service, and returns when it is ready.
    pub async fn serve(config: &Path, port: u16) -> Self {
        let mut bot = Self::begin(config, port);
        bot.is_ready().await;
        bot
    }

    /// Starts the service.
    pub fn begin(config: &Path, port: u16) -> Self {
        dontpanic::adapters::install_tls();
        let client = Client::builder().timeout(PATIENCE).no_proxy().build().expect("no http client");
        Self { process: Process::start(&Invocation::Serve(config)), port, client }
    }

    /// Waits until it is ready.
    pub async fn is_ready(&mut self) {
        let (client, url) = (self.client.clone(), self.url("/health/ready"));
        let process = &mut self.process;
        eventually("the service is ready", PATIENCE, async || {
            assert!(process.is_running(), "the service ended instead of starting");
            let answer = client.get(&url).send().await.ok()?;
            (answer.status() == StatusCode::OK).then_some(())
        })
        .await;
    }

    /// The address of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Sends alerts as Alertmanager does.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn receives(&self, body: &Value) -> Result<StatusCode, reqwest::Error> {
        let request = self.client.post(self.url("/webhooks/alertmanager")).bearer_auth(WEBHOOK_TOKEN);
        Ok(request.json(body).send().await?.status())
    }

    /// The status of a path.
    pub async fn status(&self, path: &str) -> StatusCode {
        self.client.get(self.url(path)).send().await.expect("no answer").status()
    }

    /// What the API answers, whatever it is: the status, and the body read as JSON.
    pub async fn asks(&self, method: Method, path: &str) -> (StatusCode, Value) {
        let request =
            self.client.request(method, self.url(&format!("/api/v1/{path}"))).bearer_auth(API_TOKEN);
        let answer = request.send().await.expect("the api does not answer");
        let (status, text) = (answer.status(), answer.text().await.expect("the api breaks off"));
        let body = serde_json::from_str(&text);
        (status, body.unwrap_or_else(|error| panic!("{path}: {status}: `{text}` is not JSON: {error}")))
    }

    /// What the API answers.
    pub async fn api(&self, path: &str) -> Value {
        let request = self.client.get(self.url(&format!("/api/v1/{path}"))).bearer_auth(API_TOKEN);
        let answer = request.send().await.expect("the api does not answer");
        let (status, text) = (answer.status(), answer.text().await.expect("the api breaks off"));
        assert!(status.is_success(), "{path}: {status}: {text}");
        serde_json::from_str(&text).expect("the api answers no json")
    }

    /// Every incident there is, newest first.
    pub async fn incidents(&self) -> Vec<Value> {
        let mut all = vec![];
        let mut path = "incidents?state=all&limit=200".to_owned();
        loop {
            let mut listed = self.api(&path).await;
            all.append(listed["incidents"].as_array_mut().expect("a list"));
            let Some(cursor) = listed["next_cursor"].as_str() else { return all };
            path = format!("incidents?state=all&limit=200&cursor={cursor}");
        }
    }

    /// The same without what Slack still has to do: their channels open one after the other, in their own time.
    pub async fn settled_incidents(&self) -> Vec<Value> {
        let mut all = self.incidents().await;
        for incident in &mut all {
            incident["channel"] = Value::Null;
        }
        all
    }

    /// The one incident there is.
    pub async fn only_incident(&self) -> Value {
        let mut all = self.incidents().await;
        assert_eq!(all.len(), 1, "one incident: {all:#?}");
        all.remove(0)
    }

    /// What stands at an address.
    pub async fn text(&self, path: &str) -> String {
        let answer = self.client.get(self.url(path)).send().await.expect("no answer");
        answer.text().await.expect("the answer breaks off")
    }

    /// A counter among the metrics.
    pub async fn metric(&self, name: &str) -> f64 {
        let answer = self.client.get(self.url("/metrics")).send().await.expect("no metrics");
        let text = answer.text().await.expect("the metrics break off");
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("no metric {name} in\n{text}"))
    }

    /// `kill -9`: gone when this returns.
    pub async fn kill(mut self) {
        self.process.kill().await;
    }
}
