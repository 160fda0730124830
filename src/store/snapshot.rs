//! A reader's connection in the middle of a transaction.
//!
//! It goes back to the pool only after its transaction has ended in good order. However else it is let go, by an error, by a
//! time limit, or because whoever read was dropped halfway, the connection is dropped with it: the next reader must never
//! find itself in somebody else's snapshot.

use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyConnection, AnyPool};

use super::StoreError;
use super::tx::say;

/// A connection in a transaction.
#[derive(Debug)]
pub(super) struct Snapshot {
    /// There until it is let go.
    connection: Option<PoolConnection<Any>>,
}

impl Snapshot {
    /// Takes a connection and begins a transaction with this word.
    pub async fn take(pool: &AnyPool, begin: &'static str) -> Result<Self, StoreError> {
        let mut snapshot = Self { connection: Some(pool.acquire().await?) };
        say(snapshot.connection()?, begin).await?;
        Ok(snapshot)
    }

    pub fn connection(&mut self) -> Result<&mut AnyConnection, StoreError> {
        self.connection.as_deref_mut().ok_or_else(|| StoreError::unavailable("the snapshot has ended"))
    }

    /// Ends the transaction while nobody waits for it, and gives the connection back.
    pub fn end(mut self) {
        tokio::spawn(async move {
            let ended = match self.connection() {
                Ok(connection) => say(connection, "ROLLBACK").await,
                Err(error) => Err(error),
            };
            match ended {
                Ok(()) => drop(self.connection.take()),
                Err(error) => tracing::debug!(%error, "a reader's connection is given up"),
            }
        });
    }
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            drop(connection.detach());
        }
    }
}
