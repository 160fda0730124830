//! `postmortem INC-42`.

use super::server::{Ask, Request};
use super::terminal::Terminal;
use super::{Ending, Failure};
use crate::ids::IncidentId;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Which incident
    #[arg(value_name = "INC-42")]
    incident: IncidentId,
    /// Print it as the API does, section by section
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    ask: Ask,
}

pub(super) fn run(terminal: &mut Terminal<'_>, args: &Args) -> Result<Ending, Failure> {
    let request = Request::Get(format!("incidents/{}/postmortem", args.incident));
    let postmortem = args.ask.ask(terminal, &request)?;
    if args.json {
        terminal.json(&postmortem);
    } else {
        let markdown = postmortem.get("markdown").and_then(serde_json::Value::as_str).unwrap_or_default();
        terminal.line(markdown.trim_end());
    }
    Ok(Ending::Fine)
}
