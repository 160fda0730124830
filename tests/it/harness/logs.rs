//! What the service says in its logs while a test runs: warnings and errors are heard, each in the test it belongs to.
//!
//! A test has a runtime of its own, so the runtime says whose log it is.

use std::collections::HashMap;
use std::fmt::{Debug, Write as _};
use std::sync::{LazyLock, Mutex, MutexGuard, Once, PoisonError};

use tokio::runtime::{Handle, Id};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

type Heard = HashMap<Id, Vec<String>>;

static HEARD: LazyLock<Mutex<Heard>> = LazyLock::new(Mutex::default);

fn held() -> MutexGuard<'static, Heard> {
    HEARD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Listens from now on.
pub fn listen() {
    static BEGIN: Once = Once::new();
    // Whoever logs elsewhere already would make every check of the logs worthless.
    BEGIN.call_once(|| {
        tracing_subscriber::registry()
            .with(Ear.with_filter(LevelFilter::WARN))
            .try_init()
            .expect("nobody else hears the logs");
    });
}

/// The warnings and errors of this test so far, one line each.
pub fn heard() -> Vec<String> {
    held().get(&Handle::current().id()).cloned().unwrap_or_default()
}

struct Ear;

impl<S: Subscriber> Layer<S> for Ear {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let (Ok(runtime), level) = (Handle::try_current(), *event.metadata().level()) else { return };
        if level <= Level::WARN && event.metadata().target().starts_with("dontpanic") {
            let mut line = Line(level.to_string());
            event.record(&mut line);
            held().entry(runtime.id()).or_default().push(line.0);
        }
    }
}

/// An event as one line: its level, its sentence, its fields.
struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        // Writing to a string cannot fail.
        let _written = match field.name() {
            "message" => write!(self.0, " {value:?}"),
            name => write!(self.0, " {name}={value:?}"),
        };
    }
}
