//! A client that costs next to nothing: one keep-alive connection, one request at a time, one system call each way.

use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Where webhooks are received, by the service and by the floor alike.
const PATH: &str = "/webhooks/alertmanager";

/// A request that is ready to be sent.
pub struct Post {
    head: String,
    body: String,
}

impl Post {
    /// To this path.
    pub fn new(path: &str, headers: &[(&str, &str)], body: String) -> Self {
        let length = body.len();
        let mut head = format!("POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: {length}\r\n");
        for (name, value) in headers {
            head.extend([name, ": ", value, "\r\n"]);
        }
        head.push_str("\r\n");
        Self { head, body }
    }

    /// A webhook.
    pub fn webhook(body: String) -> Self {
        Self::new(PATH, &[("content-type", "application/json")], body)
    }
}

/// One keep-alive connection.
pub struct Client {
    stream: TcpStream,
    request: Vec<u8>,
    answer: Vec<u8>,
}

/// A request that was answered.
#[derive(Debug, Clone, Copy)]
pub struct Answered {
    /// When its first byte was sent.
    pub sent: Instant,
    /// From then until the last byte of the answer.
    pub took: Duration,
    /// The HTTP status.
    pub status: u16,
}

impl Client {
    /// Connects to a port of this machine.
    pub async fn connect(port: u16) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, request: Vec::new(), answer: Vec::new() })
    }

    /// Sends a request.
    pub async fn send(&mut self, post: &Post) -> anyhow::Result<Answered> {
        self.ask(&post.head, &post.body).await
    }

    /// Asks for a page.
    pub async fn get(&mut self, path: &str) -> anyhow::Result<Answered> {
        self.ask(&format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n"), "").await
    }

    async fn ask(&mut self, head: &str, body: &str) -> anyhow::Result<Answered> {
        self.request.clear();
        self.request.extend_from_slice(head.as_bytes());
        self.request.extend_from_slice(body.as_bytes());
        let sent = Instant::now();
        self.stream.write_all(&self.request).await?;
        let status = self.status().await?;
        Ok(Answered { sent, took: sent.elapsed(), status })
    }

    /// Reads one whole answer.
    async fn status(&mut self) -> anyhow::Result<u16> {
        self.answer.clear();
        loop {
            if self.stream.read_buf(&mut self.answer).await? == 0 {
                bail!("the connection ended before the answer");
            }
            let Some(end) = self.answer.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
            let head = std::str::from_utf8(self.answer.get(..end).unwrap_or_default())?;
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
            });
            if self.answer.len() >= end + 4 + length.unwrap_or(0_usize) {
                let status = head.split(' ').nth(1).context("the answer has no status")?;
                return Ok(status.parse()?);
            }
        }
    }
}
