//! Those who carry pages to people: an ntfy server and a mail server, each of which keeps what it gets and can be broken.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::transcript::Transcript;

/// How a provider takes what it gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// It carries it to its reader.
    Everything,
    /// It answers with this status and these words, and carries nothing.
    Nothing(u16, &'static str),
    /// It carries it to its reader, and never says so.
    ButSaysNothing,
}

/// Something that a provider carried to its reader.
#[derive(Debug, Clone, PartialEq)]
pub struct Carried {
    /// To whom, as the provider knows them.
    pub to: String,
    /// What they read first.
    pub headline: String,
    /// All that they read.
    pub text: String,
    /// All that the provider was told.
    pub whole: Value,
}

impl Carried {
    /// The path behind the link that acknowledges.
    #[track_caller]
    pub fn ack_path(&self) -> String {
        let all = format!("{}\n{}", self.text, self.whole);
        let Some((_, from)) = all.split_once("https://dontpanic.example.org/ack/") else {
            panic!("no link acknowledges in {self:#?}")
        };
        let token: String =
            from.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')).collect();
        format!("/ack/{token}")
    }
}

#[derive(Debug)]
struct Desk {
    takes: Takes,
    carried: Vec<Carried>,
    n_seen: usize,
}

/// One provider. Clones share it.
#[derive(Clone)]
pub struct Provider {
    name: &'static str,
    desk: Arc<Mutex<Desk>>,
    transcript: Transcript,
}

impl Provider {
    pub(super) fn new(name: &'static str, transcript: Transcript) -> Self {
        let desk = Desk { takes: Takes::Everything, carried: vec![], n_seen: 0 };
        Self { name, desk: Arc::new(Mutex::new(desk)), transcript }
    }

    fn held(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on.
    pub fn takes(&self, takes: Takes) {
        self.held().takes = takes;
    }

    /// It has carried something since it was last looked at. Answers the latest.
    #[track_caller]
    pub fn carries(&self) -> Carried {
        let mut desk = self.held();
        let is_new = desk.carried.len() > desk.n_seen;
        desk.n_seen = desk.carried.len();
        match desk.carried.last() {
            Some(carried) if is_new => carried.clone(),
            _ => panic!("{} has carried nothing:\n{}", self.name, self.transcript.read()),
        }
    }

    /// It has carried nothing since it was last looked at.
    #[track_caller]
    pub fn carries_nothing(&self) {
        let desk = self.held();
        let new = &desk.carried[desk.n_seen..];
        assert!(new.is_empty(), "{} has carried {new:#?}", self.name);
    }

    /// Everything it has carried.
    pub fn all(&self) -> Vec<Carried> {
        self.held().carried.clone()
    }

    /// It gets something; how it takes it.
    pub(super) fn gets(&self, carried: Carried) -> Takes {
        let takes = {
            let mut desk = self.held();
            if !matches!(desk.takes, Takes::Nothing(..)) {
                desk.carried.push(carried.clone());
            }
            desk.takes
        };
        let what = format!("{}: {}", carried.to, carried.headline);
        let told = match takes {
            Takes::Everything => what,
            Takes::Nothing(status, said) => format!("answers {status} {said}: {what}"),
            Takes::ButSaysNothing => format!("{what}, and says nothing"),
        };
        self.transcript.tell(self.name, &told);
        takes
    }
}

/// Where the ntfy server is: `/ntfy`.
pub fn ntfy_router(ntfy: Provider) -> Router {
    Router::new().route("/ntfy", post(publish)).with_state(ntfy)
}

async fn publish(State(ntfy): State<Provider>, axum::Json(message): axum::Json<Value>) -> Response {
    let text = |field: &str| message[field].as_str().unwrap_or_default().to_owned();
    let carried =
        Carried { to: text("topic"), headline: text("title"), text: text("message"), whole: message.clone() };
    let n = ntfy.all().len();
    match ntfy.gets(carried) {
        Takes::Everything => {
            axum::Json(json!({ "id": format!("ntfy{n}"), "event": "message", "topic": message["topic"] }))
                .into_response()
        }
        Takes::Nothing(status, error) => {
            let code = u32::from(status) * 100 + 1;
            let body = json!({ "code": code, "http": status, "error": error });
            (StatusCode::from_u16(status).expect("a status"), axum::Json(body)).into_response()
        }
        Takes::ButSaysNothing => std::future::pending().await,
    }
}

/// Starts a mail server; its address.
pub async fn mail_server(mail: Provider) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
    let address = format!("smtp://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let mail = mail.clone();
            // Whoever hangs up in the middle is done.
            tokio::spawn(async move { drop(converse(stream, &mail).await) });
        }
    });
    address
}

async fn converse(stream: TcpStream, mail: &Provider) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    write.write_all(b"220 mail.example.org ESMTP\r\n").await?;
    let mut lines = BufReader::new(read).lines();
    let (mut to, mut letter, mut is_in_letter) = (String::new(), vec![], false);
    while let Some(line) = lines.next_line().await? {
        if is_in_letter && line != "." {
            letter.push(line);
            continue;
        }
        let says = match line.as_str() {
            "." => {
                is_in_letter = false;
                match mail.gets(read_mail(&to, &letter.join("\n"))) {
                    Takes::Everything => "250 2.0.0 Ok: queued".to_owned(),
                    Takes::Nothing(status, said) => format!("{status} {said}"),
                    Takes::ButSaysNothing => std::future::pending().await,
                }
            }
            "DATA" => {
                is_in_letter = true;
                "354 End data with <CR><LF>.<CR><LF>".to_owned()
            }
            "QUIT" => "221 2.0.0 Bye".to_owned(),
            line if line.starts_with("RCPT TO:") => {
                to = line.trim_start_matches("RCPT TO:").trim_matches(['<', '>']).to_owned();
                "250 2.1.5 Ok".to_owned()
            }
            _ => "250 2.0.0 Ok".to_owned(),
        };
        write.write_all(format!("{says}\r\n").as_bytes()).await?;
    }
    Ok(())
}

/// A mail as its reader sees it.
fn read_mail(to: &str, mail: &str) -> Carried {
    let subject = mail.lines().find_map(|line| line.strip_prefix("Subject: ")).unwrap_or_default().to_owned();
    let plain = mail.replace("=\n", "").replace("=3D", "=");
    Carried { to: to.to_owned(), headline: subject, text: plain, whole: Value::from(mail) }
}
