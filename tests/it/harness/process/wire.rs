//! HTTP as bytes on a socket: what no client library would send.

use std::io::ErrorKind;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

use super::PATIENCE;
use super::bot::{Bot, WEBHOOK_TOKEN};

/// An answer: its status and its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: String,
}

/// One connection.
pub struct Wire {
    from: OwnedReadHalf,
    to: OwnedWriteHalf,
    unread: Vec<u8>,
}

impl Wire {
    /// Connects to the service.
    pub async fn to(bot: &Bot) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", bot.port)).await.expect("the service does not listen");
        let (from, to) = stream.into_split();
        Self { from, to, unread: vec![] }
    }

    /// Sends bytes; false when the other side does not take them.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.to.write_all(bytes.as_ref()).await.is_ok()
    }

    /// Sends the same bytes again and again until they were sent so often or the other side has answered.
    pub async fn send_until_answered(mut self, bytes: &[u8], times: usize) -> Answer {
        let mut to = self.to;
        let sending = async {
            for _ in 0..times {
                if to.write_all(bytes).await.is_err() {
                    break;
                }
            }
            std::future::pending::<Answer>().await
        };
        tokio::select! {
            never = sending => never,
            answer = answer(&mut self.from, &mut self.unread) => answer,
        }
    }

    /// Whether nothing has come, not even an end.
    pub fn is_silent(&self) -> bool {
        let waits = self.from.try_read(&mut [0]).is_err_and(|error| error.kind() == ErrorKind::WouldBlock);
        waits && self.unread.is_empty()
    }

    /// The next answer.
    pub async fn answer(&mut self) -> Answer {
        answer(&mut self.from, &mut self.unread).await
    }
}

async fn answer(from: &mut OwnedReadHalf, unread: &mut Vec<u8>) -> Answer {
    let answered = tokio::time::timeout(PATIENCE, read_answer(from, unread)).await;
    answered.unwrap_or_else(|_elapsed| panic!("no whole answer within {PATIENCE:?}"))
}

async fn read_answer(from: &mut OwnedReadHalf, unread: &mut Vec<u8>) -> Answer {
    loop {
        if let Some((answer, length)) = parsed(unread) {
            unread.drain(..length);
            return answer;
        }
        let mut piece = [0; 4096];
        let n = from.read(&mut piece).await.expect("the connection broke without an answer");
        assert_ne!(n, 0, "the connection was closed without an answer: {}", String::from_utf8_lossy(unread));
        unread.extend_from_slice(&piece[..n]);
    }
}

/// The first answer in these bytes, once it is whole, and how long it is. Every answer here declares its length.
fn parsed(bytes: &[u8]) -> Option<(Answer, usize)> {
    let head = bytes.windows(4).position(|end| end == b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(&bytes[..head]).to_lowercase();
    let status = text.split(' ').nth(1)?.parse().ok()?;
    let length: usize =
        text.lines().find_map(|line| line.strip_prefix("content-length: ")?.trim().parse().ok()).unwrap_or(0);
    let body = String::from_utf8_lossy(bytes.get(head..head + length)?).into_owned();
    Some((Answer { status, body }, head + length))
}

/// The head of a delivery with the right token, and more headers (each with its line end).
pub fn head(headers: &str) -> String {
    format!(
        "POST /webhooks/alertmanager HTTP/1.1\r\nhost: dontpanic\r\nauthorization: Bearer {WEBHOOK_TOKEN}\r\n\
         content-type: application/json\r\n{headers}\r\n"
    )
}

/// A whole delivery.
pub fn delivery(body: &[u8]) -> Vec<u8> {
    [head(&format!("content-length: {}\r\n", body.len())).as_bytes(), body].concat()
}
