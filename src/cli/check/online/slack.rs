//! What Slack says of the tokens, the channels, the people and the user groups of a configuration.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::{Finding, Weight};
use super::Findings;
use crate::adapters::slack::directory::SlackDirectory;
use crate::adapters::slack::socket::SlackSockets;
use crate::adapters::slack::{Channel, Patience, SlackClient, SlackFault, Visibility, scopes_of};
use crate::cli::slack_manifest::{optional_scopes, scopes};
use crate::clock::Clocks;
use crate::config::{Config, SlackMode};
use crate::domain::people::{ContactMethod, Person};
use crate::ids::ChannelId;
use crate::ports::{Directory as _, NoSocket, OpenSocket as _, SlackUserKind, Unanswered};

/// Everything that is wrong in Slack.
pub(super) async fn findings(config: &Config) -> Findings {
    let only = |finding: Finding| Findings { found: vec![finding], ..Findings::default() };
    let token = config.slack.bot_token.expose();
    let count = Arc::new(|_method: &'static str, _result: &'static str| {});
    let client = SlackClient::new(
        &config.slack.api_url,
        token.to_owned(),
        Clocks::system().wire,
        Patience::default(),
        count,
    );
    let client = match client {
        Ok(client) => client,
        Err(error) => return only(Finding::missing("slack", format!("{error}"))),
    };
    if let Err(fault) = client.auth_test().await {
        let fix = if fault.is_retryable() {
            "check `slack.api_url` and the network"
        } else {
            "copy the bot token (xoxb-…) of the app from its page, OAuth & Permissions"
        };
        return only(Finding::missing("slack.bot_token", format!("{fault}; {fix}")));
    }
    let mut found = vec![];
    if let Some(granted) = scopes_of(&config.slack.api_url, token).await {
        found.extend(lacking(&granted));
        found.extend(done_without(&granted));
    }
    found.extend(app_token(config, &client).await);
    for (key, name) in [
        ("slack.announce_channel", &config.slack.announce_channel),
        ("slack.admin_channel", &config.slack.admin_channel),
    ] {
        found.extend(channel(&client, key, name).await);
    }
    let Findings { found: of_people, not_in_slack } = people(config, &client).await;
    found.extend(of_people);
    found.extend(groups(config, &client).await);
    Findings { found, not_in_slack }
}

fn lacking(granted: &BTreeSet<String>) -> Option<Finding> {
    let lacking: Vec<&str> = scopes().into_iter().filter(|scope| !granted.contains(*scope)).collect();
    (!lacking.is_empty()).then(|| {
        let text = format!(
            "the app lacks {}; add them (dontpanic slack-manifest lists them all) and install the app again",
            lacking.join(", ")
        );
        Finding::missing("slack.bot_token", text)
    })
}

fn done_without(granted: &BTreeSet<String>) -> Option<Finding> {
    let lacking: Vec<&str> =
        optional_scopes().into_iter().filter(|scope| !granted.contains(*scope)).collect();
    (!lacking.is_empty()).then(|| Finding {
        weight: Weight::Advice,
        key: "slack.bot_token".to_owned(),
        text: format!(
            "the app lacks {}, which is optional: post-mortems are not copied into a canvas of their channel",
            lacking.join(", ")
        ),
    })
}

async fn app_token(config: &Config, client: &SlackClient) -> Option<Finding> {
    let SlackMode::Socket { app_token, .. } = &config.slack.mode else { return None };
    let sockets = SlackSockets::new(client.clone(), app_token.expose().to_owned());
    let (NoSocket::Refused { why } | NoSocket::TryAgain { why, .. }) = sockets.open().await.err()?;
    let text = format!(
        "{why}; switch socket mode on at the app's page, and make an app-level token (xapp-…) with connections:write"
    );
    Some(Finding::missing("slack.app_token", text))
}

/// A channel by its name or its id, wherever it is.
async fn find(client: &SlackClient, name: &str) -> Result<Option<Channel>, SlackFault> {
    if name.starts_with(['C', 'G']) && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()) {
        return match client.conversation_info(&ChannelId::from(name)).await {
            Ok(channel) => Ok(Some(channel)),
            Err(fault) if fault.code() == Some("channel_not_found") => Ok(None),
            Err(fault) => Err(fault),
        };
    }
    match client.find_channel(name, Visibility::Public).await? {
        Some(public) => Ok(Some(public)),
        None => client.find_channel(name, Visibility::Private).await,
    }
}

async fn channel(client: &SlackClient, key: &str, name: &str) -> Option<Finding> {
    let text = match find(client, name).await {
        Ok(Some(channel)) if channel.is_archived => {
            format!("`{name}` is archived; unarchive it, or name another channel")
        }
        Ok(Some(channel)) if channel.is_private && !channel.is_member => {
            format!("the bot is not in `{name}`, which is private; invite it there")
        }
        Ok(Some(_)) => return None,
        Ok(None) => format!(
            "there is no channel `{name}` that the bot can see; create it (a private one: invite the bot)"
        ),
        Err(fault) => format!("cannot be looked up: {fault}; try again"),
    };
    Some(Finding::missing(key, text))
}

async fn people(config: &Config, client: &SlackClient) -> Findings {
    let directory = SlackDirectory::new(client.clone());
    let (mut found, mut not_in_slack) = (vec![], BTreeMap::new());
    for person in config.house.people.values() {
        let Some(user) = &person.slack else { continue };
        let (is_pageable, what) = match directory.user(user).await {
            Ok(known) => match known.kind {
                SlackUserKind::Member => continue,
                SlackUserKind::Guest => {
                    (true, format!("{user} is a guest, who may be paged and may do nothing"))
                }
                SlackUserKind::Foreign => {
                    (true, format!("{user} is of another workspace, and may do nothing in this one"))
                }
                SlackUserKind::Deactivated => (false, format!("{user} is deactivated")),
                SlackUserKind::Bot => (false, format!("{user} is an app")),
                SlackUserKind::Nobody => (false, format!("slack knows nobody of the id {user}")),
            },
            Err(Unanswered { why }) => (true, format!("cannot be looked up: {why}")),
        };
        let weight = if is_pageable {
            Weight::Advice
        } else if only_slack(person) {
            not_in_slack.insert(person.id.clone(), what.clone());
            Weight::Hole
        } else {
            Weight::Missing
        };
        let text = format!("{what}; copy the member id from their profile in Slack");
        found.push(Finding { weight, key: format!("people.{}.slack", person.id), text });
    }
    Findings { found, not_in_slack }
}

/// Whether nothing but Slack could wake them.
fn only_slack(person: &Person) -> bool {
    person.working_methods().iter().all(|method| *method == ContactMethod::Slack)
}

async fn groups(config: &Config, client: &SlackClient) -> Vec<Finding> {
    let wanted = config.house.schedules.values();
    let wanted: Vec<_> =
        wanted.filter_map(|schedule| Some((&schedule.id, schedule.usergroup.as_ref()?))).collect();
    if wanted.is_empty() {
        return vec![];
    }
    let known = match client.list_usergroups().await {
        Ok(known) => known,
        Err(fault) => {
            return vec![Finding::missing("schedules", format!("user groups cannot be listed: {fault}"))];
        }
    };
    let is_missing = |group: &str| !known.iter().any(|known| known.id == group || known.handle == group);
    let missing = wanted.into_iter().filter(|(_, group)| is_missing(group));
    missing
        .map(|(schedule, group)| {
            let text = format!("there is no user group `{group}`; create it in Slack, or correct the name");
            Finding::missing(format!("schedules.{schedule}.usergroup"), text)
        })
        .collect()
}
