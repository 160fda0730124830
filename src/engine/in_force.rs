//! The engine under the configuration that is in force.
//!
//! Whoever lives as long as the process holds this and asks at each turn; whoever does one thing holds the engine with which it
//! began. So a new configuration is in force everywhere at once, between two decisions and never within one.

use std::sync::{Arc, PoisonError, RwLock};

use futures::future::BoxFuture;

use super::Engine;
use super::inbox::{Accept, Accepted, Inbound, Unavailable};

/// Where the engine is found. The only thing about it that changes is which one it is.
pub struct InForce(RwLock<Arc<Engine>>);

impl InForce {
    /// Begins with this engine.
    pub fn new(engine: Arc<Engine>) -> Arc<Self> {
        Arc::new(Self(RwLock::new(engine)))
    }

    /// The engine under the configuration that is in force now.
    pub fn engine(&self) -> Arc<Engine> {
        // An engine is put in place whole, so a panic elsewhere does not spoil it.
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts another engine in force, and lets every loop look at its work with it.
    pub fn put(&self, engine: Arc<Engine>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = engine.clone();
        engine.after_commit(vec![]);
        engine.nudges.sources.notify_one();
    }
}

impl Accept for InForce {
    fn accept(&self, inbound: Inbound) -> BoxFuture<'_, Result<Accepted, Unavailable>> {
        let engine = self.engine();
        Box::pin(async move { engine.accept(inbound).await })
    }

    fn unheard(&self, why: &'static str) -> BoxFuture<'_, ()> {
        let engine = self.engine();
        Box::pin(async move { engine.unheard(why).await })
    }
}
