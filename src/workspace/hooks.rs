//! What an interaction gives the app to answer with: a trigger (3 s, once) and a response URL (30 min, 5 times).

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};

/// How long a trigger can open a view.
const TRIGGER_LIFE: TimeDelta = TimeDelta::seconds(3);
/// How long a response URL can be posted to.
const URL_LIFE: TimeDelta = TimeDelta::minutes(30);
/// How often.
const URL_USES: u8 = 5;

#[derive(Debug)]
struct Trigger {
    user: String,
    until: DateTime<Utc>,
    used: bool,
}

/// Triggers given out. Each is remembered for a while after its end, to be refused for the right reason.
#[derive(Debug, Default)]
pub(crate) struct Triggers {
    given: HashMap<String, Trigger>,
}

impl Triggers {
    pub(crate) fn give(&mut self, id: String, user: &str, now: DateTime<Utc>) {
        if self.given.len() >= 1000 {
            self.given.retain(|_, trigger| now - trigger.until < TimeDelta::minutes(5));
        }
        self.given.insert(id, Trigger { user: user.to_owned(), until: now + TRIGGER_LIFE, used: false });
    }

    /// Uses a trigger up; the person it came from.
    pub(crate) fn exchange(&mut self, id: &str, now: DateTime<Utc>) -> Result<String, &'static str> {
        let trigger = self.given.get_mut(id).ok_or("invalid_trigger_id")?;
        if trigger.used {
            return Err("exchanged_trigger_id");
        }
        if now > trigger.until {
            return Err("expired_trigger_id");
        }
        trigger.used = true;
        Ok(trigger.user.clone())
    }
}

/// The message an interaction came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) ts: String,
    pub(crate) ephemeral: bool,
}

/// One response URL.
#[derive(Debug, Clone)]
pub(crate) struct ResponseUrl {
    pub(crate) channel: String,
    pub(crate) user: String,
    /// Absent for commands: there is nothing to replace.
    pub(crate) origin: Option<Origin>,
    until: DateTime<Utc>,
    left: u8,
}

/// Response URLs given out, by their last path segment.
#[derive(Debug, Default)]
pub(crate) struct ResponseUrls {
    given: HashMap<String, ResponseUrl>,
}

impl ResponseUrls {
    pub(crate) fn give(
        &mut self,
        id: String,
        channel: &str,
        user: &str,
        origin: Option<Origin>,
        now: DateTime<Utc>,
    ) {
        if self.given.len() >= 1000 {
            self.given.retain(|_, url| now - url.until < URL_LIFE);
        }
        let (channel, user) = (channel.to_owned(), user.to_owned());
        self.given.insert(id, ResponseUrl { channel, user, origin, until: now + URL_LIFE, left: URL_USES });
    }

    /// Uses a URL once.
    pub(crate) fn take(&mut self, id: &str, now: DateTime<Utc>) -> Result<ResponseUrl, &'static str> {
        let url = self.given.get_mut(id).ok_or("invalid_url")?;
        if now > url.until {
            return Err("expired_url");
        }
        url.left = url.left.checked_sub(1).ok_or("used_url")?;
        Ok(url.clone())
    }

    /// The message a click came from is now another one (or gone).
    pub(crate) fn moved(&mut self, id: &str, origin: Option<Origin>) {
        if let Some(url) = self.given.get_mut(id) {
            url.origin = origin;
        }
    }
}
