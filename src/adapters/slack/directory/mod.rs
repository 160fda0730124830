//! Who somebody in Slack is to this workspace, asked anew each time: what decides about rights must not be stale.

use futures::FutureExt as _;
use futures::future::BoxFuture;
use tokio::sync::OnceCell;

use super::{SlackClient, SlackFault, Standing, User};
use crate::ids::SlackUserId;
use crate::ports::{Directory, SlackUser, SlackUserKind, Unanswered};

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

    async fn look_up(&self, id: &SlackUserId) -> Result<SlackUser, Unanswered> {
        let user = match self.client.user_info(id).await {
            Ok(user) => user,
            Err(fault) if fault.code().is_some_and(|code| NOBODY.contains(&code)) => {
                let (name, kind) = (id.to_string(), SlackUserKind::Nobody);
                return Ok(SlackUser { id: id.clone(), name, kind, tz: None });
            }
            Err(fault) => return Err(unanswered(&fault)),
        };
        let home = || async { self.client.auth_test().await.map(|bot| bot.team_id) };
        let home = self.home.get_or_try_init(home).await.map_err(|fault| unanswered(&fault))?;
        Ok(known_as(user, home))
    }
}

impl Directory for SlackDirectory {
    fn user<'a>(&'a self, id: &'a SlackUserId) -> BoxFuture<'a, Result<SlackUser, Unanswered>> {
        self.look_up(id).boxed()
    }
}

fn unanswered(fault: &SlackFault) -> Unanswered {
    Unanswered { why: fault.to_string() }
}

fn known_as(user: User, home: &str) -> SlackUser {
    // Somebody of an organisation with several workspaces may belong to more than one; Slack names one of them, or the organisation.
    let is_from_elsewhere = user.team_id.as_deref().is_some_and(|team| team != home)
        && !user.teams.iter().any(|team| team == home);
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
