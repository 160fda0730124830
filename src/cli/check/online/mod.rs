//! `check --online`: what only the outside can tell: tokens, channels, people, addresses, and how each Alertmanager is set up.
//!
//! Nothing is written anywhere and nobody is written to. No finding holds a secret or an address.

mod partner;
mod slack;

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::net::TcpStream;
use url::Url;

use super::{Finding, Weight};
use crate::adapters::http_client;
use crate::config::Config;
use crate::ids::PersonId;

/// Whatever is asked has so long to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// What the outside tells.
#[derive(Debug, Default)]
pub(super) struct Findings {
    /// Each with its fix.
    pub found: Vec<Finding>,
    /// Of people whom nothing but Slack could wake: why it would not.
    pub not_in_slack: BTreeMap<PersonId, String>,
}

/// Everything that was found, Slack first.
pub(super) async fn findings(config: &Config) -> Findings {
    crate::adapters::install_tls();
    let (slack, partners, addresses) =
        tokio::join!(slack::findings(config), partner::findings(config), addresses(config));
    let Findings { found, not_in_slack } = slack;
    Findings { found: found.into_iter().chain(partners).chain(addresses).collect(), not_in_slack }
}

/// Addresses that are configured, and whether anybody listens there.
async fn addresses(config: &Config) -> Vec<Finding> {
    let mut found = vec![];
    let pagers = config.house.people.values().filter_map(|person| {
        let url = person.webhook.as_ref()?.parse().ok()?;
        Some((format!("people.{}.webhook", person.id), url, Weight::Missing))
    });
    let uses_ntfy = config.house.people.values().any(|person| person.ntfy.is_some());
    let others = [
        ("ntfy.url", uses_ntfy.then(|| config.ntfy.url.clone())),
        ("twilio.url", config.twilio.as_ref().map(|twilio| twilio.url.clone())),
        ("heartbeat_ping", config.heartbeat_ping.clone()),
        ("prometheus.url", config.prometheus.as_ref().map(|prometheus| prometheus.url.clone())),
    ];
    let others = others.into_iter().filter_map(|(key, url)| Some((key.to_owned(), url?, Weight::Missing)));
    for (key, url, weight) in pagers.chain(others) {
        if let Err(why) = reach(&url).await {
            let text = format!("{why}; check the address, and what lies between this machine and it");
            found.push(Finding { weight, key, text });
        }
    }
    if let Some(url) = &config.public_url
        && let Err(why) = is_ours(url).await
    {
        let text = format!(
            "{why}; links in messages lead there: start the service, or check the proxy in front of it (from this machine)"
        );
        found.push(Finding { weight: Weight::Advice, key: "public_url".to_owned(), text });
    }
    found
}

/// Whether anybody listens at the address.
async fn reach(url: &Url) -> Result<(), String> {
    let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
        return Err("is no address that can be reached".to_owned());
    };
    // An IPv6 address stands in brackets.
    let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    match tokio::time::timeout(ANSWER_WITHIN, TcpStream::connect((host, port))).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(format!("cannot be reached: {error}")),
        Err(_elapsed) => Err("cannot be reached: nobody answers".to_owned()),
    }
}

/// Whether the service itself answers at its public address.
async fn is_ours(url: &Url) -> Result<(), String> {
    reach(url).await?;
    let address = format!("{}/health/live", url.as_str().trim_end_matches('/'));
    let client = http_client::client(ANSWER_WITHIN).map_err(|error| error.to_string())?;
    let answer = client.get(address).send().await.map_err(|_error| "does not answer".to_owned())?;
    let status = answer.status();
    if status.is_success() { Ok(()) } else { Err(format!("answers with http status {}", status.as_u16())) }
}
