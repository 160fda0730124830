//! Talking to Slack: how often (`pacing`), the calls themselves (`client`, `calls`, `canvases`, `channels`,
//! `invite`), and what it means when one fails (`fault`).
//!
//! The calls know no incident: [`blocks`] gives messages their shape, [`perform`] says which calls an effect needs, and
//! [`directory`] says who somebody is, [`conversation`] what somebody wrote. Every call ends within its time limit, pages go before everything else, and neither
//! a token nor a `response_url` ever reaches a log line.

pub mod blocks;
mod calls;
mod canvases;
mod channels;
mod client;
pub mod conversation;
pub mod directory;
mod fault;
mod invite;
mod model;
mod pacing;
pub mod perform;
mod scopes;
pub mod socket;

pub use client::{CallCounter, NoSlackClient, Patience, SlackClient};
pub use fault::SlackFault;
pub use model::{
    Audience, Bookmark, Channel, Identity, Message, OpenedView, Posted, Replaces, Standing, To, Uninvited,
    User, Usergroup, Visibility, Written,
};
pub use pacing::{Method, Urgency};
pub use scopes::scopes_of;
/// Block Kit, typed.
pub use slack_morphism::blocks::SlackBlock;
