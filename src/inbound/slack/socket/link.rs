//! One open connection: reads, hands over, acknowledges.

use std::sync::Arc;

use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, SplitSink, SplitStream};
use futures::{FutureExt, SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::{oneshot, watch};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use super::Limits;
use super::envelope::Envelope;
use crate::clock::Clock;
use crate::engine::inbox::{Accept, InboundKind};
use crate::inbound::slack::inbound;

/// Things being stored at once on one connection; beyond that Slack waits.
const IN_HAND: usize = 64;
/// Spells of silence after which a connection is dead.
const SILENCES: u32 = 2;

pub(super) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Why another connection is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Slack is about to close it.
    Refresh,
    /// Socket Mode was switched off.
    Disabled,
    /// It broke or fell silent.
    Lost,
    /// We are to stop.
    Stopped,
}

/// What is to be acknowledged.
pub(super) struct Stored {
    /// The envelope.
    id: String,
    /// What goes with the acknowledgement.
    answer: Option<Value>,
}

/// Where things are handed over.
pub(super) struct Desk {
    pub(super) accept: Arc<dyn Accept>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) limits: Limits,
}

impl Desk {
    /// Stores a thing; the name to acknowledge when it is stored.
    fn store(&self, id: String, kind: InboundKind, payload: Value) -> BoxFuture<'static, Option<Stored>> {
        let inbound = inbound(kind, payload, self.clock.now());
        let (accept, limit) = (self.accept.clone(), self.limits.store);
        async move {
            let Ok(Ok(accepted)) = timeout(limit, accept.accept(inbound)).await else {
                tracing::warn!(kind = ?kind, "could not store what slack sent; it is not acknowledged, so slack sends it again");
                return None;
            };
            Some(Stored { id, answer: accepted.answer() })
        }
        .boxed()
    }
}

/// A connection and what has arrived on it.
pub(super) struct Link {
    sink: SplitSink<Socket, Message>,
    stream: SplitStream<Socket>,
    desk: Desk,
    in_hand: FuturesUnordered<BoxFuture<'static, Option<Stored>>>,
    /// Spells of silence since the last sign of life.
    silences: u32,
    /// Whether Slack has said hello; a connection that stays silent before that is of no use.
    greeted: bool,
}

impl Link {
    pub(super) fn new(socket: Socket, desk: Desk) -> Self {
        let (sink, stream) = socket.split();
        Self { sink, stream, desk, in_hand: FuturesUnordered::new(), silences: 0, greeted: false }
    }

    /// Works until the connection ends. Says through `ended` when another is needed, which may be long before.
    pub(super) async fn serve(mut self, ended: oneshot::Sender<End>, mut stop: watch::Receiver<bool>) {
        let end = self.talk(&mut stop).await;
        // Nobody listens when the whole service is going down.
        let _listener_gone = ended.send(end);
        if end == End::Refresh {
            let drain = self.desk.limits.drain;
            let rest = async { while self.talk(&mut stop).await == End::Refresh {} };
            // Running out of time is as good an end as Slack's closing it.
            let _closed_by_slack = timeout(drain, rest).await;
        }
        self.finish().await;
    }

    /// Reads and acknowledges until something ends it.
    async fn talk(&mut self, stop: &mut watch::Receiver<bool>) -> End {
        loop {
            let step = tokio::select! {
                biased;
                () = stopped(stop) => Err(End::Stopped),
                Some(stored) = self.in_hand.next() => self.stored(stored).await,
                heard = timeout(self.desk.limits.quiet, self.stream.next()), if self.in_hand.len() < IN_HAND => {
                    match heard {
                        Ok(Some(Ok(message))) => self.heard(message).await,
                        Ok(Some(Err(_)) | None) => Err(End::Lost),
                        Err(_silence) => self.wonder().await,
                    }
                }
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    async fn heard(&mut self, message: Message) -> Result<(), End> {
        self.silences = 0;
        let Message::Text(text) = message else { return Ok(()) };
        match Envelope::read(&text) {
            Envelope::Hello => {
                self.greeted = true;
                tracing::info!("connected to slack");
            }
            Envelope::Refresh => return Err(End::Refresh),
            Envelope::Disabled => return Err(End::Disabled),
            Envelope::Carries { id, kind, payload } => self.in_hand.push(self.desk.store(id, kind, payload)),
            Envelope::Useless { id } => self.stored(Some(Stored { id, answer: None })).await?,
            Envelope::Noise => {}
        }
        Ok(())
    }

    /// Nothing was heard for a while: asks whether anybody is there, and gives up when that has been asked before.
    async fn wonder(&mut self) -> Result<(), End> {
        self.silences += 1;
        if !self.greeted || self.silences > SILENCES {
            return Err(End::Lost);
        }
        self.send(Message::Ping(Vec::new().into())).await
    }

    /// Acknowledges what is stored; what is not stays without, so that Slack sends it again.
    async fn stored(&mut self, stored: Option<Stored>) -> Result<(), End> {
        let Some(Stored { id, answer }) = stored else { return Ok(()) };
        let mut acknowledgement = json!({ "envelope_id": id });
        if let Some(answer) = answer {
            acknowledgement["payload"] = answer;
        }
        self.send(Message::text(acknowledgement.to_string())).await
    }

    async fn send(&mut self, message: Message) -> Result<(), End> {
        match timeout(self.desk.limits.store, self.sink.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(End::Lost),
        }
    }

    /// Acknowledges what is still being stored, then says goodbye.
    async fn finish(mut self) {
        let limit = self.desk.limits.store;
        let goodbye = async {
            while let Some(stored) = self.in_hand.next().await {
                self.stored(stored).await?;
            }
            // The connection may be gone already, and then there is nothing to close.
            let _closed = self.sink.close().await;
            Ok::<(), End>(())
        };
        // What is not acknowledged in time is sent again to the next connection.
        let _in_time = timeout(limit, goodbye).await;
    }
}

/// Returns when it is time to stop, or when nobody is left to say so.
pub(super) async fn stopped(stop: &mut watch::Receiver<bool>) {
    drop(stop.wait_for(|stop| *stop).await);
}
