//! The methods the bot calls, and how often Slack lets it.

/// Calls a minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pace {
    /// Of everybody.
    pub(super) ordinary: u32,
    /// Kept for pages alone, for methods that page; other methods just let pages go first.
    pub(super) pages: Option<u32>,
}

const TIER_2: Pace = Pace { ordinary: 20, pages: None };
const TIER_3: Pace = Pace { ordinary: 50, pages: None };
const TIER_4: Pace = Pace { ordinary: 100, pages: None };

macro_rules! methods {
    ($($method:ident $name:literal $pace:expr),+ $(,)?) => {
        /// A method of Slack's Web API that the bot uses.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Method { $(#[doc = concat!("`", $name, "`")] $method),+ }

        impl Method {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$method),+];

            /// Slack's name for it.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$method => $name),+ }
            }

            /// How often it may be called: Slack's tier, in calls a minute.
            pub(super) const fn pace(self) -> Pace {
                match self { $(Self::$method => $pace),+ }
            }
        }
    };
}

methods! {
    // "Special" in Slack's table: hundreds a minute.
    AuthTest "auth.test" TIER_4,
    // "Special": several hundred a minute in a workspace, one a second in a channel. Half is kept for pages.
    PostMessage "chat.postMessage" Pace { ordinary: 150, pages: Some(150) },
    UpdateMessage "chat.update" TIER_3,
    DeleteMessage "chat.delete" TIER_3,
    PostEphemeral "chat.postEphemeral" TIER_4,
    // Tier 3, shared out.
    OpenDm "conversations.open" Pace { ordinary: 20, pages: Some(30) },
    CreateChannel "conversations.create" TIER_2,
    ListChannels "conversations.list" TIER_2,
    ListOwnChannels "users.conversations" TIER_3,
    Invite "conversations.invite" TIER_3,
    Members "conversations.members" TIER_4,
    Replies "conversations.replies" TIER_3,
    History "conversations.history" TIER_3,
    Join "conversations.join" TIER_3,
    Archive "conversations.archive" TIER_2,
    Unarchive "conversations.unarchive" TIER_2,
    Rename "conversations.rename" TIER_2,
    SetTopic "conversations.setTopic" TIER_2,
    ChannelInfo "conversations.info" TIER_3,
    CreateCanvas "conversations.canvases.create" TIER_2,
    EditCanvas "canvases.edit" TIER_3,
    Pin "pins.add" TIER_2,
    AddBookmark "bookmarks.add" TIER_2,
    ListBookmarks "bookmarks.list" TIER_3,
    UserInfo "users.info" TIER_4,
    OpenView "views.open" TIER_4,
    UpdateView "views.update" TIER_4,
    PublishView "views.publish" TIER_4,
    AddReaction "reactions.add" TIER_3,
    ListUsergroups "usergroups.list" TIER_2,
    UpdateUsergroup "usergroups.users.update" TIER_2,
    OpenSocket "apps.connections.open" TIER_3,
    // A response_url: five uses in half an hour each, which is the caller's to mind.
    Respond "response_url" TIER_4,
}

#[cfg(test)]
mod tests;
