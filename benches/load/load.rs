//! Sends requests: as fast as they are answered, or at a steady rate.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use tokio::task::JoinSet;

use crate::alerts::{self, Mix, Weight};
use crate::client::{Answered, Client, Post};

/// What is sent.
#[derive(Debug, Clone, Copy)]
pub struct Series {
    /// How many webhooks in all.
    pub requests: usize,
    /// Over how many keep-alive connections.
    pub connections: usize,
    /// What they are about.
    pub mix: Mix,
    /// How bad it is.
    pub weight: Weight,
    /// How many alerts each of them holds.
    pub alerts: usize,
}

/// What came of a series.
#[derive(Debug, Default)]
pub struct Outcome {
    /// From the first webhook sent to the last one answered.
    pub took: Duration,
    /// Each group or request that was answered 200, by its number.
    pub taken: Vec<(usize, Answered)>,
    /// How many were not answered 200.
    pub not_taken: usize,
}

impl Outcome {
    /// Webhooks a second.
    pub fn rate(&self) -> f64 {
        self.taken.len() as f64 / self.took.as_secs_f64()
    }

    fn add(&mut self, group: usize, answered: anyhow::Result<Answered>) {
        match answered {
            Ok(answered) if answered.status == 200 => self.taken.push((group, answered)),
            Ok(_) | Err(_) => self.not_taken += 1,
        }
    }
}

/// Sends the next webhook on each connection as soon as the last one is answered. A connection that breaks stays broken.
pub async fn closed(port: u16, series: Series) -> anyhow::Result<Outcome> {
    let next = Arc::new(AtomicUsize::new(0));
    let mut sending = JoinSet::new();
    let begun = Instant::now();
    for _ in 0..series.connections {
        let mut client = Client::connect(port).await?;
        let next = next.clone();
        sending.spawn(async move {
            let mut part = Outcome::default();
            loop {
                let i = next.fetch_add(1, Ordering::Relaxed);
                if i >= series.requests {
                    return part;
                }
                let group = series.mix.group(i);
                let body = match series.alerts {
                    1 => alerts::webhook(group, series.weight),
                    n => alerts::group(group, n),
                };
                let answered = client.send(&Post::webhook(body)).await;
                let is_broken = answered.is_err();
                part.add(group, answered);
                if is_broken {
                    return part;
                }
            }
        });
    }
    let mut whole = Outcome::default();
    while let Some(part) = sending.join_next().await {
        let part = part.context("a sender failed")?;
        whole.taken.extend(part.taken);
        whole.not_taken += part.not_taken;
    }
    whole.took = begun.elapsed();
    Ok(whole)
}

/// Sends `n` requests, one every `every`, whether or not the ones before are answered.
pub async fn open(
    port: u16,
    n: usize,
    every: Duration,
    request: impl Fn(usize) -> anyhow::Result<Post>,
) -> anyhow::Result<Outcome> {
    let mut sending = JoinSet::new();
    let mut ticks = tokio::time::interval(every);
    let begun = Instant::now();
    for i in 0..n {
        let mut client = Client::connect(port).await?;
        ticks.tick().await;
        let post = request(i)?;
        sending.spawn(async move { (i, client.send(&post).await) });
    }
    let mut whole = Outcome::default();
    while let Some(sent) = sending.join_next().await {
        let (i, answered) = sent.context("a sender failed")?;
        whole.add(i, answered);
    }
    whole.took = begun.elapsed();
    Ok(whole)
}
