//! The real program as a process of its own, and the world around it, which outlives the program.
//!
//! Nothing of a test outlives the test: every process is killed when its handle is dropped.

pub mod alertmanager;
pub mod bot;
pub mod surroundings;
pub mod wire;

use std::time::{Duration, Instant};

/// How long anything may take that has to come: far longer than it does, because the machine may be busy with other tests.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Lets real time pass: other processes live in no other.
#[expect(clippy::disallowed_methods, reason = "other processes know no other clock than the machine's")]
pub async fn pause(span: Duration) {
    tokio::time::sleep(span).await;
}

/// Asks again and again until there is an answer.
///
/// # Panics
/// When there is none in time; `what` says what was waited for.
pub async fn eventually<T>(what: &str, within: Duration, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let limit = Instant::now() + within;
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(Instant::now() < limit, "not within {within:?}: {what}");
        pause(Duration::from_millis(20)).await;
    }
}

/// Sends a signal to a process that a test has started.
pub fn signal(child: &tokio::process::Child, signal: &str) {
    let pid = child.id().expect("the process has ended already").to_string();
    let sent = std::process::Command::new("kill").args(["-s", signal, &pid]).status();
    assert!(sent.is_ok_and(|sent| sent.success()), "cannot send SIG{signal} to {pid}");
}
