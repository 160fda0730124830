//! Who somebody in Slack is to this workspace, asked anew each time: what decides about rights must not be stale.

use futures::FutureExt as _;
use futures::future::BoxFuture;
use tokio::sync::OnceCell;

use super::{SlackClient, SlackFault, Standing, User};
use crate::ids::SlackUserId;
use crate::ports::{Directory, NoAnswer, SlackUser, SlackUserKind};

/// Refusals that mean: there is nobody of this id.
const NOBODY: [&str; 2] = ["user_not_found", "user_not_visible"];

/// The workspace's own list of people.
pub struct SlackDirectory {
    client: SlackClient,
    /// The bot's workspace, asked for once.
    home: OnceCell<String>,
}

impl SlackDirectory {
    /// A directory that asks with this client.
    pub fn new(client: SlackClient) -> Self {
        Self { client, home: OnceCell::new() }
    }

    async fn look_up(&self, id: &SlackUserId) -> Result<SlackUser, NoAnswer> {
        let user = self.client.user_info(id).await.map_err(|fault| no_answer(&fault))?;
        let home = || async { self.client.auth_test().await.map(|bot| bot.team_id) };
        let home = self.home.get_or_try_init(home).await.map_err(|fault| no_answer(&fault))?;
        Ok(known_as(user, home))
    }
}

impl Directory for SlackDirectory {
    fn user<'a>(&'a self, id: &'a SlackUserId) -> BoxFuture<'a, Result<SlackUser, NoAnswer>> {
        self.look_up(id).boxed()
    }
}

fn no_answer(fault: &SlackFault) -> NoAnswer {
    match fault.code() {
        Some(code) if NOBODY.contains(&code) => NoAnswer::Unknown,
        Some(_) | None => NoAnswer::Unavailable { why: fault.to_string() },
    }
}

fn known_as(user: User, home: &str) -> SlackUser {
    let is_from_elsewhere = user.team_id.as_deref().is_some_and(|team| team != home);
    let kind = match user.standing {
        Standing::Deleted => SlackUserKind::Deactivated,
        Standing::Bot => SlackUserKind::Bot,
        Standing::Stranger => SlackUserKind::Foreign,
        Standing::Guest | Standing::Member if is_from_elsewhere => SlackUserKind::Foreign,
        Standing::Guest => SlackUserKind::Guest,
        Standing::Member => SlackUserKind::Member,
    };
    let name = user.real_name.filter(|name| !name.trim().is_empty()).unwrap_or_else(|| user.id.to_string());
    SlackUser { id: user.id, name, kind, tz: user.tz }
}

#[cfg(test)]
mod tests;
