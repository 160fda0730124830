//! The load tool: what the service does in a second, how soon a page leaves, and what a kill -9 loses.
//!
//! ```text
//! cargo bench --bench load                                   everything
//! cargo bench --bench load -- ingest --on sqlite             one measurement on one database
//! cargo bench --bench load -- ingest --requests 50000 --connections 64
//! ```
//!
//! Measurements: `ingest`, `page`, `slack`, `crash`, `memory`, `storm`. Absolute numbers say what this machine can do, so every figure
//! stands beside the floor's or the commit's in the same run.

mod alerts;
mod client;
#[expect(
    dead_code,
    clippy::expect_used,
    clippy::panic,
    reason = "shared with the tests, which stop and start their servers and may fail"
)]
#[path = "../../tests/it/harness/database.rs"]
mod database;
mod floor;
mod load;
mod measure;
mod people;
mod process;
mod storm;
mod world;

use std::io::Write;

use anyhow::{Context, bail};

use self::database::TestDatabase;
use self::measure::{Measurement, On};

/// What the command line asks for.
struct Asked {
    measurements: Vec<Measurement>,
    databases: Vec<On>,
    requests: usize,
    connections: usize,
}

fn asked(mut words: impl Iterator<Item = String>) -> anyhow::Result<Asked> {
    let mut asked = Asked { measurements: vec![], databases: vec![], requests: 20_000, connections: 32 };
    while let Some(word) = words.next() {
        let mut value = || words.next().with_context(|| format!("{word} wants a value"));
        match word.as_str() {
            // Cargo says so to every benchmark.
            "--bench" => {}
            "--on" => asked.databases.push(On::named(&value()?)?),
            "--requests" => asked.requests = value()?.parse()?,
            "--connections" => asked.connections = value()?.parse()?,
            name => asked.measurements.push(Measurement::named(name)?),
        }
    }
    if asked.measurements.is_empty() {
        asked.measurements = Measurement::ALL.to_vec();
    }
    if asked.databases.is_empty() {
        asked.databases = vec![On::Sqlite, On::Postgres];
    }
    Ok(asked)
}

/// One line of the report.
fn say(line: &str) -> anyhow::Result<()> {
    Ok(writeln!(std::io::stdout(), "{line}")?)
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut words = std::env::args().skip(1).peekable();
    if words.next_if(|word| word == "floor").is_some() {
        let (Some(port), Some(address)) = (words.next(), words.next()) else { bail!("floor PORT ADDRESS") };
        return floor::serve(port.parse()?, &process::target(&address)).await;
    }
    let asked = asked(words)?;
    for measurement in asked.measurements {
        for on in &asked.databases {
            measurement.take(*on, asked.requests, asked.connections).await?;
        }
    }
    Ok(())
}
