//! How Slack says people and channels: mentioned, so that everybody reads the same name and it is never a configuration key.

use super::{PHRASE, line};
use chrono::{DateTime, Utc};

use crate::domain::house::House;
use crate::ids::{ChannelId, PersonId, SlackUserId};
use crate::words::mrkdwn;
use crate::words::timeline::Voice;

/// So much of one text from outside stands in a sentence.
const TEXT: usize = 1500;

/// Finished mrkdwn. A person who has no Slack user is said by their key.
pub struct InSlack<'a>(pub &'a House);

impl Voice for InSlack<'_> {
    fn person(&self, person: &PersonId) -> String {
        let slack = self.0.people.get(person).and_then(|person| person.slack.as_ref());
        slack.map_or_else(|| line(person.as_str(), PHRASE), mrkdwn::mention)
    }

    fn slack_user(&self, user: &SlackUserId) -> String {
        mrkdwn::mention(user)
    }

    fn channel(&self, id: &ChannelId, _name: &str) -> String {
        mrkdwn::channel(id)
    }

    fn creator(&self, name: &str) -> String {
        let person = PersonId(name.to_owned());
        if self.0.people.contains_key(&person) {
            return self.person(&person);
        }
        match line(name, PHRASE) {
            nobody if nobody.is_empty() => "somebody".to_owned(),
            name => name,
        }
    }

    fn text(&self, text: &str) -> String {
        line(text, TEXT)
    }

    fn instant(&self, at: DateTime<Utc>) -> String {
        mrkdwn::date(at)
    }
}
