//! Filling the workspace with people and channels, and reading what is in it.

use serde_json::Value;

use super::change::Change;
use super::model::{Canvas, ChannelInfo, ChannelKind, Ephemeral, Message, User, UserGroup, UserKind};
use super::{Call, Workspace};

impl Workspace {
    /// Adds a person under an id of the caller's choice, or changes the one that has it. The e-mail address is
    /// `name@example.com`, the name shown the handle with a capital. The app hears nothing of it.
    pub fn add_user(&self, id: &str, name: &str, kind: UserKind, tz: &str) {
        let mut letters = name.chars();
        let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
        self.put_user(User {
            id: id.to_owned(),
            name: name.to_owned(),
            real_name: first + letters.as_str(),
            email: Some(format!("{name}@example.com")),
            tz: tz.to_owned(),
            kind,
            deleted: false,
        });
    }

    /// Adds or changes a person. The app hears nothing of it.
    pub fn put_user(&self, user: User) {
        self.with(|state, _| {
            state.change(Change::User { user: user.clone() });
            state.users.insert(user.id.clone(), user);
        });
    }

    /// Adds a public channel with the app and every full member in it, or finds it; its id. The app hears nothing of it.
    pub fn add_channel(&self, name: &str) -> String {
        self.with(|state, now| {
            if let Some(id) = state.names.get(name) {
                return id.clone();
            }
            let id = state.ids.make("C");
            let bot = state.bot_user.clone();
            state.create_channel(id.clone(), name, ChannelKind::Public, &bot, now);
            let is_member = |user: &&User| user.kind == UserKind::Member && !user.deleted;
            let members: Vec<String> =
                state.users.values().filter(is_member).map(|user| user.id.clone()).collect();
            if let Some(room) = state.channels.get_mut(&id) {
                room.members.extend(members);
            }
            state.channel_changed(&id);
            id
        })
    }

    /// Adds a user group; its id.
    pub fn add_user_group(&self, handle: &str, users: &[&str]) -> String {
        self.with(|state, now| {
            let id = state.ids.make("S");
            let group = UserGroup {
                id: id.clone(),
                handle: handle.to_owned(),
                name: handle.to_owned(),
                users: users.iter().map(|&user| user.to_owned()).collect(),
                updated: now.timestamp(),
            };
            state.groups.insert(id.clone(), group);
            id
        })
    }

    /// Everybody, by id.
    pub fn users(&self) -> Vec<User> {
        self.lock().users.values().cloned().collect()
    }

    /// Every conversation, by id.
    pub fn channels(&self) -> Vec<ChannelInfo> {
        self.lock().channels.values().map(super::channel::Channel::info).collect()
    }

    /// The channel of this name, archived or not.
    pub fn channel_by_name(&self, name: &str) -> Option<ChannelInfo> {
        let state = self.lock();
        state.names.get(name).and_then(|id| state.channels.get(id)).map(super::channel::Channel::info)
    }

    /// The channel of this id.
    pub fn channel(&self, id: &str) -> Option<ChannelInfo> {
        self.lock().channel(id).map(super::channel::Channel::info)
    }

    /// All messages of a channel, replies too, oldest first; nothing for a channel that is not there.
    pub fn messages(&self, channel: &str) -> Vec<Message> {
        self.lock().channel(channel).map(|room| room.messages().cloned().collect()).unwrap_or_default()
    }

    /// One message.
    pub fn message(&self, channel: &str, ts: &str) -> Option<Message> {
        self.lock().channel(channel)?.message(ts).cloned()
    }

    /// The ephemeral messages of a channel, oldest first.
    pub fn ephemerals(&self, channel: &str) -> Vec<Ephemeral> {
        let state = self.lock();
        state.channel(channel).map(|room| room.ephemerals.values().cloned().collect()).unwrap_or_default()
    }

    /// The app's direct messages with somebody, once they were opened.
    pub fn direct_messages(&self, user: &str) -> Option<(ChannelInfo, Vec<Message>)> {
        let state = self.lock();
        state.direct(user).map(|room| (room.info(), room.messages().cloned().collect()))
    }

    /// Somebody's open modals as the app gets them, the last one on top.
    pub fn views(&self, user: &str) -> Vec<Value> {
        self.lock().views.stack(user).to_vec()
    }

    /// The App Home published for somebody.
    pub fn home(&self, user: &str) -> Option<Value> {
        self.lock().views.home(user).cloned()
    }

    /// The user groups, by id.
    pub fn user_groups(&self) -> Vec<UserGroup> {
        self.lock().groups.values().cloned().collect()
    }

    /// The canvas of a channel.
    pub fn canvas(&self, channel: &str) -> Option<Canvas> {
        self.lock().canvases.values().find(|canvas| canvas.channel == channel).cloned()
    }

    /// What the app asked, oldest first; the last 50 000.
    pub fn calls(&self) -> Vec<Call> {
        self.lock().record.calls().cloned().collect()
    }

    /// What the app did that Slack's documentation rules out: unknown methods and arguments, arguments and scopes that are
    /// missing, and the like. Each is said once; an app that knows its Slack leaves this empty.
    pub fn faults_seen(&self) -> Vec<String> {
        self.lock().record.faults()
    }
}
