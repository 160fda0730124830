mod odd;
mod recorded;

use super::*;
use crate::domain::alert::AlertStatus;

/// When every body of these tests arrives.
fn arrival() -> DateTime<Utc> {
    "2026-11-21T03:00:00Z".parse().unwrap()
}

fn read(body: impl AsRef<[u8]>) -> Result<Parsed, Rejection> {
    parse(body.as_ref(), SourceId::from("main"), arrival())
}
