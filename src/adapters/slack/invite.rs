//! Inviting people so that one who cannot come keeps nobody else out.

use serde_json::{Value, json};

use super::client::{Ask, SlackClient};
use super::fault::{SlackFault, refused_people};
use super::model::Uninvited;
use super::pacing::{Method, Urgency};
use crate::ids::{ChannelId, SlackUserId};

/// Slack's limit for one invitation.
const AT_ONCE: usize = 100;

/// Reasons that mean: they are in already.
const THERE_ALREADY: [&str; 2] = ["already_in_channel", "cant_invite_self"];

/// Reasons that concern a person, not the channel or the app.
const PERSONAL: [&str; 12] = [
    "already_in_channel",
    "cant_invite",
    "cant_invite_self",
    "invitee_cant_see_channel",
    "no_external_invite_permission",
    "no_permission",
    "org_user_not_in_team",
    "ura_max_channels",
    "user_disabled",
    "user_is_restricted",
    "user_is_ultra_restricted",
    "user_not_found",
];

impl SlackClient {
    /// Invites everybody to the channel and says who could not be invited and why; being there already is success.
    pub async fn invite(
        &self,
        channel: &ChannelId,
        users: &[SlackUserId],
    ) -> Result<Vec<Uninvited>, SlackFault> {
        let mut uninvited = Vec::new();
        let mut groups: Vec<Vec<SlackUserId>> = users.chunks(AT_ONCE).map(<[_]>::to_vec).collect();
        // Every round sends a whole group or makes it smaller, so this ends.
        while let Some(mut group) = groups.pop() {
            let fault = match self.invite_group(channel, &group).await {
                Ok(left_out) => {
                    uninvited.extend(left_out);
                    continue;
                }
                Err(fault) => fault,
            };
            let SlackFault::Refused { code, people, .. } = &fault else { return Err(fault) };
            let before = group.len();
            group.retain(|user| !people.iter().any(|(named, _)| named == user));
            if group.len() < before {
                uninvited.extend(people.iter().cloned().map(|(user, code)| Uninvited { user, code }));
                groups.extend((!group.is_empty()).then_some(group));
            } else if !PERSONAL.contains(&code.as_str()) {
                return Err(fault);
            } else if let [user] = group.as_slice() {
                uninvited.push(Uninvited { user: user.clone(), code: code.clone() });
            } else {
                let second = group.split_off(before / 2);
                groups.extend([second, group]);
            }
        }
        uninvited.retain(|person| !THERE_ALREADY.contains(&person.code.as_str()));
        Ok(uninvited)
    }

    async fn invite_group(
        &self,
        channel: &ChannelId,
        users: &[SlackUserId],
    ) -> Result<Vec<Uninvited>, SlackFault> {
        let list = users.iter().map(SlackUserId::as_str).collect::<Vec<_>>().join(",");
        let body = json!({ "channel": channel, "users": list, "force": true });
        let answer: Value = self.call(Method::Invite, Ask::Json(&body), Urgency::Ordinary, None).await?;
        Ok(refused_people(&answer).into_iter().map(|(user, code)| Uninvited { user, code }).collect())
    }
}
