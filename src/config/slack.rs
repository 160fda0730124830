//! `slack`: how to be the app that the manifest describes.

use url::Url;

use super::fault::NoteKind;
use super::reader::{Section, Value};
use super::secret::Secret;
use super::value::{self, Wrong};

/// The Slack app and where it speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlackConfig {
    /// How Slack reaches us.
    pub mode: SlackMode,
    /// For calls of the Web API (`xoxb-…`).
    pub bot_token: Secret,
    /// The Web API, without a slash at the end.
    pub api_url: Url,
    /// The channel that hears of every incident: a name without `#`, or an id.
    pub announce_channel: String,
    /// The channel that hears of trouble with the service itself: a name without `#`, or an id.
    pub admin_channel: String,
    /// The names of the slash commands.
    pub commands: Commands,
}

/// How commands, clicks and events arrive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SlackMode {
    /// Over a connection that we open; needs no public address.
    Socket {
        /// Opens the connection (`xapp-…`).
        app_token: Secret,
        /// When given, signed HTTP requests are accepted as well.
        signing_secret: Option<Secret>,
    },
    /// As signed HTTP requests.
    Http {
        /// Checks the signature.
        signing_secret: Secret,
    },
}

impl SlackMode {
    /// What signed requests are checked with; without it none is believed.
    pub fn signing_secret(&self) -> Option<&Secret> {
        match self {
            Self::Socket { signing_secret, .. } => signing_secret.as_ref(),
            Self::Http { signing_secret } => Some(signing_secret),
        }
    }
}

/// The names of the slash commands, with the slash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commands {
    /// Everything about incidents (`/incident`).
    pub incident: String,
    /// Everything about shifts (`/oncall`).
    pub oncall: String,
}

/// Reads `slack`.
pub(super) fn slack(root: &Section<'_>) -> Option<SlackConfig> {
    let section = root.required("slack")?.section()?;
    let mode = mode(&section);
    let bot_token = section.required_secret("bot_token");
    advise_on_token(&section, "bot_token", "xoxb-", bot_token.as_ref());
    let api_url = section.url_or("api_url", "https://slack.com/api");
    let announce_channel = channel(&section, "announce_channel", "incidents");
    let admin_channel = channel(&section, "admin_channel", "dontpanic-admin");
    let commands = commands(section.optional("commands").and_then(Value::section));
    section.finish();
    Some(SlackConfig {
        mode: mode?,
        bot_token: bot_token?,
        api_url: api_url?,
        announce_channel,
        admin_channel,
        commands,
    })
}

#[derive(Clone, Copy)]
enum ModeWord {
    Socket,
    Http,
}

fn mode(section: &Section<'_>) -> Option<SlackMode> {
    let words = [("socket", ModeWord::Socket), ("http", ModeWord::Http)];
    let mode = match section.optional("mode") {
        Some(value) => value.read(|word| value::one_of(word, &words)),
        None => Some(ModeWord::Socket),
    };
    let signing_secret = || section.optional_secret("signing_secret");
    let app_token = || section.optional_secret("app_token");
    match mode {
        Some(ModeWord::Socket) => {
            let (app_token, signing_secret) = (section.required_secret("app_token"), signing_secret());
            advise_on_token(section, "app_token", "xapp-", app_token.as_ref());
            Some(SlackMode::Socket { app_token: app_token?, signing_secret })
        }
        Some(ModeWord::Http) => {
            let (signing_secret, _unused) = (section.required_secret("signing_secret"), app_token());
            Some(SlackMode::Http { signing_secret: signing_secret? })
        }
        None => {
            let _neither_is_required = (signing_secret(), app_token());
            None
        }
    }
}

/// The two kinds of tokens are easily exchanged, and Slack only says `invalid_auth`.
fn advise_on_token(section: &Section<'_>, key: &str, prefix: &str, token: Option<&Secret>) {
    if token.is_some_and(|token| !token.expose().starts_with(prefix)) {
        let text = format!("does not begin with `{prefix}`: is it the right token?");
        section.reader().note(NoteKind::Advice, Some(section.line_of(key)), &section.path_of(key), text);
    }
}

fn channel(section: &Section<'_>, key: &str, usual: &str) -> String {
    let read = |word: &str| {
        let name = word.trim_start_matches('#');
        let is_name = !name.is_empty()
            && name.chars().count() <= 80
            && !name.contains(|c: char| c.is_whitespace() || c.is_control() || c == '#');
        is_name.then(|| name.to_owned()).ok_or_else(|| {
            Wrong::new(
                format!("`{word}` is not the name of a channel"),
                "write its name without `#`, or its id",
            )
        })
    };
    section.optional(key).and_then(|value| value.read(read)).unwrap_or_else(|| usual.to_owned())
}

fn commands(section: Option<Section<'_>>) -> Commands {
    let usual = Commands { incident: "/incident".to_owned(), oncall: "/oncall".to_owned() };
    let Some(section) = section else { return usual };
    let command = |key: &str, usual: String| {
        section.optional(key).and_then(|value| value.read(slash_command)).unwrap_or(usual)
    };
    let commands =
        Commands { incident: command("incident", usual.incident), oncall: command("oncall", usual.oncall) };
    if commands.incident == commands.oncall {
        section.fault("both commands have the same name", "give each a name of its own");
    }
    section.finish();
    commands
}

fn slash_command(word: &str) -> Result<String, Wrong> {
    let name = word.strip_prefix('/').unwrap_or_default();
    let is_command =
        (1..=31).contains(&name.chars().count()) && !name.contains(|c: char| c.is_whitespace() || c == '/');
    is_command.then(|| word.to_owned()).ok_or_else(|| {
        Wrong::new(format!("`{word}` is not a slash command"), "begin it with `/`, without spaces: /incident")
    })
}
