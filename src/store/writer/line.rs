//! A writer's connection, replaced when it breaks.

use std::sync::Arc;
use std::time::Instant;

use super::{Commit, Moment};
use crate::store::source::{Dialect, Role, Source};
use crate::store::{StoreError, Tx};

/// The line from one writer to the database.
pub(super) struct Line {
    source: Arc<Source>,
    /// None before the first transaction and after a loss.
    tx: Option<Tx>,
}

impl Line {
    pub fn new(source: Arc<Source>) -> Self {
        Self { source, tx: None }
    }

    pub fn dialect(&self) -> &'static Dialect {
        self.source.dialect
    }

    /// Begins a transaction. A connection that broke while it was idle is replaced unnoticed.
    pub async fn begin(&mut self, word: &'static str) -> Result<&mut Tx, StoreError> {
        if let Some(mut tx) = self.tx.take() {
            match tx.control(word).await {
                Ok(()) => return Ok(self.tx.insert(tx)),
                Err(StoreError::Unavailable { why }) => {
                    tracing::warn!(why, "the connection to the database broke; connecting again");
                }
                Err(error) => return Err(error),
            }
        }
        let mut tx = Tx::writing(self.source.connect(Role::Writer).await?, self.source.dialect.places);
        tx.control(word).await?;
        Ok(self.tx.insert(tx))
    }

    /// Commits what `jobs` jobs did since `started`. After an error the transaction is rolled back or
    /// the connection is gone.
    pub async fn commit(&mut self, jobs: usize, started: Instant) -> Result<(), StoreError> {
        let Some(tx) = &mut self.tx else { return Err(StoreError::unavailable("there is no transaction")) };
        let ran_for = started.elapsed();
        self.source.observed(Moment::Before);
        match tx.control("COMMIT").await {
            Ok(()) => {}
            // Nobody knows how far it got; the connection must not be used again.
            Err(error @ StoreError::Unavailable { .. }) => {
                self.hang_up();
                return Err(error);
            }
            Err(error) => {
                self.roll_back().await;
                return Err(error);
            }
        }
        let committed_for = started.elapsed().saturating_sub(ran_for);
        self.source.observed(Moment::After(Commit { jobs, ran_for, committed_for }));
        Ok(())
    }

    /// Undoes the transaction; a connection on which that fails is dropped, which undoes it as well.
    pub async fn roll_back(&mut self) {
        let Some(mut tx) = self.tx.take() else { return };
        if matches!(tx.failure(), Some(StoreError::Unavailable { .. })) {
            return;
        }
        if tx.control("ROLLBACK").await.is_ok() {
            self.tx = Some(tx);
        }
    }

    /// Drops the connection, and with it whatever it was doing.
    pub fn hang_up(&mut self) {
        self.tx = None;
    }

    /// Takes leave of the database.
    pub async fn close(self) {
        if let Some(tx) = self.tx {
            tx.close().await;
        }
    }
}
