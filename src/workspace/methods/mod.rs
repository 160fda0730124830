//! The table of Web API methods the workspace serves, with what Slack documents about each.
//!
//! Anything not in it is an `unknown_method`. A test holds it against Slack's own data about its methods.

use serde_json::Value;

use super::api::{self, Call};
use super::limits::Tier;
use super::refusal::Refusal;

/// Which scope a call needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Needs {
    /// A good token is enough.
    Nothing,
    /// The app-level token, instead of the bot's.
    AppToken,
    /// This one.
    Scope(&'static str),
    /// One of those for the sort of conversation the call is about: public, private, direct.
    ByKind {
        public: &'static [&'static str],
        private: &'static [&'static str],
        direct: &'static [&'static str],
    },
}

/// Whether arguments may come as a JSON body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Body {
    FormOrJson,
    FormOnly,
}

/// One method.
pub(crate) struct Method {
    pub(crate) name: &'static str,
    pub(crate) run: fn(&mut Call<'_>) -> Result<Value, Refusal>,
    pub(crate) needs: Needs,
    pub(crate) tier: Tier,
    pub(crate) body: Body,
    /// Required arguments, each with the error that its absence is.
    pub(crate) required: &'static [(&'static str, &'static str)],
    /// Arguments that may be there.
    pub(crate) optional: &'static [&'static str],
    /// The errors it answers, beside the general ones.
    pub(crate) errors: &'static [&'static str],
}

/// Errors every method may answer.
pub(crate) const GENERAL_ERRORS: &[&str] = &[
    "not_authed",
    "invalid_auth",
    "missing_scope",
    "not_allowed_token_type",
    "invalid_arguments",
    "invalid_json",
    "json_not_object",
    "invalid_post_type",
    "missing_post_type",
    "ratelimited",
    "unknown_method",
    "fatal_error",
    "internal_error",
    "service_unavailable",
    "request_timeout",
];

/// The absence of an argument that has no error of its own.
const GONE: &str = "invalid_arguments";
const NO_CHANNEL: (&str, &str) = ("channel", "channel_not_found");

const MANAGE: Needs = Needs::ByKind {
    public: &["channels:manage", "channels:write"],
    private: &["groups:write"],
    direct: &["im:write"],
};
const OPEN: Needs =
    Needs::ByKind { public: &["channels:manage"], private: &["groups:write"], direct: &["im:write"] };
const INVITE: Needs = Needs::ByKind {
    public: &["channels:manage", "channels:write.invites"],
    private: &["groups:write", "groups:write.invites"],
    direct: &["im:write"],
};
const TOPIC: Needs = Needs::ByKind {
    public: &["channels:manage", "channels:write.topic"],
    private: &["groups:write", "groups:write.topic"],
    direct: &["im:write", "im:write.topic"],
};
const READ: Needs =
    Needs::ByKind { public: &["channels:read"], private: &["groups:read"], direct: &["im:read"] };
const HISTORY: Needs =
    Needs::ByKind { public: &["channels:history"], private: &["groups:history"], direct: &["im:history"] };
const KICK: Needs = Needs::ByKind { public: &["channels:manage"], private: &["groups:write"], direct: &[] };

use Body::{FormOnly, FormOrJson};
use Needs::{AppToken, Nothing, Scope};
use Tier::{Four, Posting, Special, Three, Two};

macro_rules! methods {
    ($($name:literal $run:path, $needs:expr, $tier:expr, $body:expr,
        [$($required:expr),* $(,)?], [$($optional:literal),* $(,)?], [$($error:literal),* $(,)?];)+) => {
        /// Every method, by name in order.
        pub(crate) const METHODS: &[Method] = &[$(Method {
            name: $name, run: $run, needs: $needs, tier: $tier, body: $body,
            required: &[$($required),*], optional: &[$($optional),*], errors: &[$($error),*],
        }),+];
    };
}

methods! {
    "apps.connections.open" api::app::connections_open, AppToken, Three, FormOrJson, [], [], [];
    "auth.test" api::app::auth_test, Nothing, Special, FormOrJson, [], [], [];
    "bookmarks.add" api::bookmarks::add, Scope("bookmarks:write"), Two, FormOrJson,
        [("channel_id", "channel_not_found"), ("title", GONE), ("type", GONE)],
        ["link", "emoji", "entity_id", "access_level", "parent_id"],
        ["channel_not_found", "invalid_bookmark_type", "invalid_link", "too_many_bookmarks", "invalid_emoji"];
    "bookmarks.edit" api::bookmarks::edit, Scope("bookmarks:write"), Two, FormOrJson,
        [("channel_id", "channel_not_found"), ("bookmark_id", "not_found")], ["title", "link", "emoji"],
        ["channel_not_found", "not_found", "invalid_link"];
    "bookmarks.list" api::bookmarks::list, Scope("bookmarks:read"), Three, FormOrJson,
        [("channel_id", "channel_not_found")], [], ["channel_not_found"];
    "bookmarks.remove" api::bookmarks::remove, Scope("bookmarks:write"), Two, FormOrJson,
        [("channel_id", "channel_not_found"), ("bookmark_id", "not_found")], ["quip_section_id"],
        ["channel_not_found", "not_found"];
    "bots.info" api::app::bots_info, Scope("users:read"), Three, FormOnly, [], ["bot", "team_id"], ["bot_not_found"];
    "canvases.edit" api::canvases::edit, Scope("canvases:write"), Three, FormOrJson,
        [("canvas_id", "canvas_not_found"), ("changes", GONE)], [], ["canvas_not_found", "canvas_editing_failed", "canvas_too_large"];
    "chat.delete" api::chat::delete, Scope("chat:write"), Three, FormOrJson,
        [NO_CHANNEL, ("ts", "message_not_found")], ["as_user"],
        ["channel_not_found", "message_not_found", "cant_delete_message"];
    "chat.getPermalink" api::chat::get_permalink, Nothing, Special, FormOnly,
        [NO_CHANNEL, ("message_ts", "message_not_found")], [], ["channel_not_found", "message_not_found"];
    "chat.postEphemeral" api::chat::post_ephemeral, Scope("chat:write"), Four, FormOrJson,
        [NO_CHANNEL, ("user", GONE)],
        ["as_user", "attachments", "blocks", "icon_emoji", "icon_url", "link_names", "markdown_text", "metadata",
         "parse", "text", "thread_ts", "username"],
        ["channel_not_found", "not_in_channel", "user_not_in_channel", "is_archived", "no_text", "msg_too_long",
         "invalid_blocks", "invalid_blocks_format", "markdown_text_conflict", "invalid_attachments",
         "cannot_reply_to_message"];
    "chat.postMessage" api::chat::post_message, Scope("chat:write"), Posting, FormOrJson, [NO_CHANNEL],
        ["as_user", "attachments", "blocks", "current_draft_last_updated_ts", "icon_emoji", "icon_url", "link_names",
         "markdown_text", "metadata", "mrkdwn", "parse", "reply_broadcast", "text", "thread_ts", "unfurl_links",
         "unfurl_media", "username"],
        ["channel_not_found", "not_in_channel", "is_archived", "no_text", "invalid_blocks", "invalid_blocks_format",
         "markdown_text_conflict", "cannot_reply_to_message", "invalid_metadata_format", "too_many_attachments"];
    "chat.update" api::chat::update, Scope("chat:write"), Three, FormOrJson,
        [NO_CHANNEL, ("ts", "message_not_found")],
        ["as_user", "attachments", "unfurled_attachments", "blocks", "markdown_text", "metadata", "link_names",
         "parse", "text", "reply_broadcast", "file_ids"],
        ["channel_not_found", "message_not_found", "cant_update_message", "is_inactive", "no_text", "msg_too_long",
         "invalid_blocks", "invalid_blocks_format", "markdown_text_conflict", "invalid_metadata_format",
         "invalid_attachments", "too_many_attachments"];
    "conversations.archive" api::lifecycle::archive, MANAGE, Two, FormOrJson, [NO_CHANNEL], [],
        ["channel_not_found", "already_archived", "not_in_channel", "cant_archive_general",
         "method_not_supported_for_channel_type"];
    "conversations.canvases.create" api::canvases::create_in_channel, Scope("canvases:write"), Two, FormOrJson,
        [("channel_id", GONE)], ["document_content", "title"],
        ["channel_canvas_already_exists", "channel_canvas_creation_failed"];
    "conversations.close" api::lifecycle::close, MANAGE, Two, FormOrJson, [NO_CHANNEL], [],
        ["channel_not_found", "method_not_supported_for_channel_type"];
    "conversations.create" api::lifecycle::create, MANAGE, Two, FormOrJson, [("name", "invalid_name_required")],
        ["is_private", "team_id"],
        ["name_taken", "invalid_name_required", "invalid_name_maxlength", "invalid_name_punctuation",
         "invalid_name_specials"];
    "conversations.history" api::reading::history, HISTORY, Three, FormOrJson, [NO_CHANNEL],
        ["cursor", "include_all_metadata", "inclusive", "latest", "limit", "oldest"],
        ["channel_not_found", "not_in_channel", "invalid_cursor", "invalid_ts_latest", "invalid_ts_oldest"];
    "conversations.info" api::reading::info, READ, Three, FormOnly, [NO_CHANNEL],
        ["include_locale", "include_num_members"], ["channel_not_found"];
    "conversations.invite" api::membership::invite, INVITE, Three, FormOrJson, [NO_CHANNEL, ("users", "no_user")],
        ["force"],
        ["channel_not_found", "not_in_channel", "is_archived", "already_in_channel", "cant_invite_self", "cant_invite",
         "user_not_found", "no_user", "ura_max_channels", "method_not_supported_for_channel_type"];
    "conversations.join" api::membership::join, Scope("channels:join"), Three, FormOrJson, [NO_CHANNEL], [],
        ["channel_not_found", "is_archived", "method_not_supported_for_channel_type"];
    "conversations.kick" api::membership::kick, KICK, Three, FormOrJson, [NO_CHANNEL, ("user", "user_not_found")], [],
        ["channel_not_found", "not_in_channel", "cant_kick_self", "cant_kick_from_general", "user_not_found",
         "method_not_supported_for_channel_type"];
    "conversations.leave" api::membership::leave, MANAGE, Three, FormOrJson, [NO_CHANNEL], [],
        ["channel_not_found", "is_archived", "cant_leave_general", "method_not_supported_for_channel_type"];
    "conversations.list" api::reading::list, READ, Two, FormOnly, [],
        ["cursor", "exclude_archived", "limit", "team_id", "types"],
        ["invalid_cursor", "invalid_limit", "invalid_types"];
    "conversations.members" api::reading::members, READ, Four, FormOnly, [NO_CHANNEL], ["cursor", "limit"],
        ["channel_not_found", "invalid_cursor", "invalid_limit"];
    "conversations.open" api::lifecycle::open, OPEN, Three, FormOrJson, [],
        ["channel", "return_im", "users", "prevent_creation"],
        ["channel_not_found", "users_list_not_supplied", "user_not_found", "user_disabled",
         "invalid_user_combination", "method_not_supported_for_channel_type"];
    "conversations.rename" api::lifecycle::rename, MANAGE, Two, FormOrJson,
        [NO_CHANNEL, ("name", "invalid_name_required")], [],
        ["channel_not_found", "not_in_channel", "is_archived", "name_taken", "invalid_name_required",
         "invalid_name_maxlength", "invalid_name_punctuation", "invalid_name_specials",
         "method_not_supported_for_channel_type"];
    "conversations.replies" api::reading::replies, HISTORY, Three, FormOnly,
        [NO_CHANNEL, ("ts", "thread_not_found")],
        ["cursor", "include_all_metadata", "inclusive", "latest", "limit", "oldest"],
        ["channel_not_found", "thread_not_found", "invalid_cursor", "invalid_ts_latest", "invalid_ts_oldest"];
    "conversations.setPurpose" api::lifecycle::set_purpose, TOPIC, Two, FormOrJson, [NO_CHANNEL, ("purpose", GONE)],
        [], ["channel_not_found", "not_in_channel", "is_archived", "too_long", "method_not_supported_for_channel_type"];
    "conversations.setTopic" api::lifecycle::set_topic, TOPIC, Two, FormOrJson, [NO_CHANNEL, ("topic", GONE)], [],
        ["channel_not_found", "not_in_channel", "is_archived", "too_long", "method_not_supported_for_channel_type"];
    "conversations.unarchive" api::lifecycle::unarchive, MANAGE, Two, FormOrJson, [NO_CHANNEL], [],
        ["channel_not_found", "not_archived", "method_not_supported_for_channel_type"];
    "pins.add" api::pins::add, Scope("pins:write"), Two, FormOrJson, [NO_CHANNEL, ("timestamp", "no_item_specified")],
        [], ["channel_not_found", "message_not_found", "already_pinned", "not_in_channel", "no_item_specified",
             "too_many_pins", "bad_timestamp"];
    "pins.list" api::pins::list, Scope("pins:read"), Two, FormOnly, [NO_CHANNEL], [], ["channel_not_found"];
    "pins.remove" api::pins::remove, Scope("pins:write"), Two, FormOrJson,
        [NO_CHANNEL, ("timestamp", "no_item_specified")], [],
        ["channel_not_found", "message_not_found", "no_pin", "no_item_specified", "bad_timestamp"];
    "reactions.add" api::reactions::add, Scope("reactions:write"), Three, FormOrJson,
        [NO_CHANNEL, ("timestamp", "no_item_specified"), ("name", "invalid_name")], [],
        ["channel_not_found", "message_not_found", "already_reacted", "invalid_name", "is_archived",
         "no_item_specified", "too_many_emoji", "bad_timestamp"];
    "reactions.get" api::reactions::get, Scope("reactions:read"), Three, FormOnly,
        [("channel", "no_item_specified"), ("timestamp", "no_item_specified")], ["file", "file_comment", "full"],
        ["channel_not_found", "message_not_found", "no_item_specified", "bad_timestamp"];
    "reactions.remove" api::reactions::remove, Scope("reactions:write"), Two, FormOrJson,
        [("channel", "no_item_specified"), ("timestamp", "no_item_specified"), ("name", "invalid_name")],
        ["file", "file_comment"],
        ["channel_not_found", "message_not_found", "no_reaction", "no_item_specified", "invalid_name",
         "bad_timestamp"];
    "team.info" api::app::team_info, Scope("team:read"), Three, FormOrJson, [], ["domain", "team"], ["team_not_found"];
    "usergroups.list" api::usergroups::list, Scope("usergroups:read"), Two, FormOnly, [],
        ["include_count", "include_disabled", "include_users", "team_id"], [];
    "usergroups.users.list" api::usergroups::users_list, Scope("usergroups:read"), Two, FormOnly,
        [("usergroup", "no_such_subteam")], ["include_disabled", "team_id"], ["no_such_subteam"];
    "usergroups.users.update" api::usergroups::users_update, Scope("usergroups:write"), Two, FormOrJson,
        [("usergroup", GONE), ("users", "no_users_provided")],
        ["include_count", "team_id", "additional_channels", "is_shared"],
        ["no_users_provided", "invalid_users"];
    "users.conversations" api::reading::users_conversations, READ, Three, FormOnly, [],
        ["cursor", "exclude_archived", "exclude_muted", "limit", "team_id", "types", "user"],
        ["invalid_cursor", "invalid_limit", "invalid_types"];
    "users.info" api::users::info, Scope("users:read"), Four, FormOnly, [("user", "user_not_found")],
        ["include_locale"], ["user_not_found"];
    "users.list" api::users::list, Scope("users:read"), Two, FormOnly, [],
        ["cursor", "include_locale", "limit", "team_id"], ["invalid_cursor"];
    "users.lookupByEmail" api::users::lookup_by_email, Scope("users:read.email"), Three, FormOnly,
        [("email", "users_not_found")], [], ["users_not_found"];
    "views.open" api::views::open, Nothing, Four, FormOrJson, [("view", GONE)],
        ["trigger_id", "interactivity_pointer"],
        ["invalid_trigger_id", "expired_trigger_id", "exchanged_trigger_id", "duplicate_external_id",
         "view_too_large"];
    "views.publish" api::views::publish, Nothing, Four, FormOrJson, [("user_id", GONE), ("view", GONE)],
        ["hash", "interactivity_pointer"], ["hash_conflict", "duplicate_external_id", "view_too_large"];
    "views.push" api::views::push, Nothing, Four, FormOrJson, [("view", GONE)],
        ["trigger_id", "interactivity_pointer"],
        ["invalid_trigger_id", "expired_trigger_id", "exchanged_trigger_id", "duplicate_external_id",
         "view_too_large", "push_limit_reached", "not_found"];
    "views.update" api::views::update, Nothing, Four, FormOrJson, [("view", GONE)],
        ["view_id", "external_id", "hash"],
        ["not_found", "hash_conflict", "duplicate_external_id", "view_too_large"];
}

/// The method of this name.
pub(crate) fn find(name: &str) -> Option<&'static Method> {
    METHODS.binary_search_by(|method| method.name.cmp(name)).ok().and_then(|at| METHODS.get(at))
}

impl Method {
    /// Whether Slack documents this argument.
    pub(crate) fn knows(&self, argument: &str) -> bool {
        argument == "token"
            || self.optional.contains(&argument)
            || self.required.iter().any(|(name, _)| *name == argument)
    }

    /// Whether it may answer this error.
    pub(crate) fn may_answer(&self, code: &str) -> bool {
        self.errors.contains(&code)
            || GENERAL_ERRORS.contains(&code)
            || self.required.iter().any(|(_, error)| *error == code)
    }
}

#[cfg(test)]
mod tests;
