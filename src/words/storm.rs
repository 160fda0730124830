//! What is said of a storm: how many incidents it has, and on which services.

use crate::domain::incident::{Storm, Tally};
use crate::ids::IncidentId;
use crate::words::counted::counted;
use crate::words::saying::{PHRASE, line};
use crate::words::timeline::Voice;

/// So many services are named.
const NAMED: usize = 10;

/// The storm is over: how many incidents it had, how many of them are open, how many of these nobody has taken; and where.
pub(in crate::words) fn over(
    voice: &dyn Voice,
    (n_all, n_open, n_waiting): (u32, u32, u32),
    services: &[(String, u32)],
    lasted: &str,
) -> String {
    let named: Vec<String> = services
        .iter()
        .take(NAMED)
        .map(|(service, n)| match service.as_str() {
            "" => format!("{n} of no known service"),
            service => format!("{n} on {}", voice.text(service)),
        })
        .collect();
    let more = match services.len().saturating_sub(NAMED) {
        0 => String::new(),
        n => format!(" and {}", counted(n, "more service", "more services")),
    };
    let open = match n_open {
        0 => "None of them is open any more".to_owned(),
        1 => "One of them is still open".to_owned(),
        n => format!("{n} of them are still open"),
    };
    let waiting = match (n_waiting, n_open) {
        (0, _) => String::new(),
        (_, 1) => ", and nobody has acknowledged it: the storm pages for it until somebody does".to_owned(),
        (1, _) => {
            ". Nobody has acknowledged one of them: the storm pages for it until somebody does".to_owned()
        }
        (n, _) => {
            format!(". Nobody has acknowledged {n} of them: the storm pages for these until somebody does")
        }
    };
    format!(
        "The storm is over after {lasted}: {}, {}{more}. {open}{waiting}. New incidents page by themselves again",
        incidents(n_all),
        named.join(", "),
    )
}

fn incidents(n: u32) -> String {
    counted(n, "incident", "incidents")
}

/// What has joined a storm since somebody took it.
pub(in crate::words) fn joined_since(storm: &Storm) -> String {
    if storm.n_waiting == 0 {
        return "No incident waits for anybody any more".to_owned();
    }
    let one = "more incident has joined the storm, and nobody has acknowledged it";
    let several = "more incidents have joined the storm, and nobody has acknowledged them";
    counted(storm.n_waiting, one, several)
}

/// The incidents of a storm, a line for each service, the most affected first.
pub(in crate::words) fn by_service(storm: &Storm) -> String {
    let services = storm.by_service();
    let mut lines: Vec<String> =
        services.iter().take(NAMED).map(|(service, tally)| one(service, tally)).collect();
    match services.len().saturating_sub(NAMED) {
        0 => {}
        n => lines.push(format!("and {}", counted(n, "more service", "more services"))),
    }
    let count = match (storm.n_open(), storm.n_all()) {
        (open, all) if open == all => incidents(all),
        (open, all) => format!("{}, {open} open", incidents(all)),
    };
    format!("*In this storm* ({count})\n{}", lines.join("\n"))
}

fn one(service: &str, tally: &Tally) -> String {
    let name = if service.is_empty() { "no known service".to_owned() } else { line(service, PHRASE) };
    if tally.n_open == 0 {
        return format!("◦ {name}: {}, all over", incidents(tally.n));
    }
    let count = if tally.n_open == tally.n {
        incidents(tally.n)
    } else {
        format!("{}, {} open", incidents(tally.n), tally.n_open)
    };
    let named: Vec<String> = tally.open.iter().map(IncidentId::to_string).collect();
    let n_named = u32::try_from(named.len()).unwrap_or(u32::MAX);
    let more = match tally.n_open.saturating_sub(n_named) {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    format!("• {name}: {count}: {}{more}", named.join(", "))
}
