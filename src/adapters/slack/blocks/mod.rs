//! Messages in Slack's shape: which block holds which sentence, and Slack's limits.
//!
//! The sentences come from [`words`](crate::words), finished and escaped; here they are only placed, and cut for display
//! where Slack would refuse them. A button whose address or value Slack would not take is left out.

mod announcement;
mod answer;
mod card;
mod digest;
mod event;
mod feedback;
mod forms;
mod home;
mod kit;
mod links;
mod page;
mod plain;
mod postmortem;
mod section;

use slack_morphism::blocks::SlackBlock;

pub use announcement::{announcement, shout};
pub use answer::{answer, one_line};
pub use card::card;
pub use digest::digest;
pub use event::{event, reminder};
pub use feedback::feedback;
pub use forms::{Choosable, form, loading};
pub use home::home;
pub use links::{Link, links};
pub use page::page;
pub use plain::plain;
pub use postmortem::{postmortem, postmortem_moved, review_due};

#[cfg(test)]
mod tests;
