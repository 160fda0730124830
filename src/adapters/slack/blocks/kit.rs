//! The pieces that messages are made of, each within Slack's limits.

use slack_morphism::blocks::{
    SlackActionBlockElement, SlackActionsBlock, SlackBlock, SlackBlockButtonElement, SlackBlockButtonStyle,
    SlackBlockMarkDownText, SlackBlockPlainText, SlackContextBlock, SlackSectionBlock,
};
use url::Url;

use super::Link;
use crate::adapters::slack::Message;
use crate::commands::buttons::{self, Button};
use crate::domain::incident::Incident;
use crate::ids::IncidentId;
use crate::ports::View;
use crate::words::{folding, mrkdwn};

/// Characters in a section's text.
pub(super) const SECTION: usize = 3000;
/// Characters in a field of a section.
const FIELD: usize = 2000;
/// Fields in a section.
const FIELDS: usize = 10;
/// Characters on a button.
const LABEL: usize = 75;
/// Characters in a button's value.
const VALUE: usize = 2000;
/// Characters in an `action_id`.
const ACTION: usize = 255;
/// Buttons in a row.
const BUTTONS: usize = 25;
/// Blocks in a message.
const BLOCKS: usize = 50;
/// Characters in a message's own text that Slack recommends not to exceed.
pub(super) const TEXT: usize = 4000;

/// How much a button stands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    Plain,
    /// The one to press.
    Primary,
}

/// A message; `text` is for locked screens and screen readers.
pub(super) fn message(text: &str, blocks: impl IntoIterator<Item = SlackBlock>) -> Message {
    let text = if text.trim().is_empty() { "(nothing was said)" } else { text };
    Message {
        text: mrkdwn::clip(text, TEXT),
        blocks: blocks.into_iter().take(BLOCKS).collect(),
        instead: None,
    }
}

fn mrkdwn_text(text: &str, limit: usize) -> SlackBlockMarkDownText {
    SlackBlockMarkDownText::new(mrkdwn::clip(text, limit))
}

/// A paragraph; Slack takes no empty one.
pub(super) fn section(text: &str) -> Option<SlackBlock> {
    let text = text.trim();
    let section = || SlackSectionBlock::new().with_text(mrkdwn_text(text, SECTION).into());
    (!text.is_empty()).then(|| section().into())
}

/// Short facts in two columns.
pub(super) fn fields(fields: &[String]) -> Option<SlackBlock> {
    let shown: Vec<_> = fields.iter().take(FIELDS).map(|text| mrkdwn_text(text, FIELD).into()).collect();
    (!shown.is_empty()).then(|| SlackSectionBlock::new().with_fields(shown).into())
}

/// A line in small print.
pub(super) fn context(text: &str) -> Option<SlackBlock> {
    let text = text.trim();
    (!text.is_empty()).then(|| SlackContextBlock::new(vec![mrkdwn_text(text, FIELD).into()]).into())
}

/// A row of buttons, when there is one.
pub(super) fn actions(
    buttons: impl IntoIterator<Item = Option<SlackBlockButtonElement>>,
) -> Option<SlackBlock> {
    let row: Vec<SlackActionBlockElement> =
        buttons.into_iter().flatten().take(BUTTONS).map(SlackActionBlockElement::Button).collect();
    (!row.is_empty()).then(|| SlackActionsBlock::new(row).into())
}

fn labelled(label: &str) -> SlackBlockButtonElement {
    SlackBlockButtonElement::new(SlackBlockPlainText::new(mrkdwn::clip(label, LABEL)).into())
}

/// A button that asks for something, about the incident as it is shown.
#[expect(clippy::unnecessary_wraps, reason = "rows are made of buttons that may be missing")]
pub(super) fn ask(button: Button, incident: &Incident, look: Look) -> Option<SlackBlockButtonElement> {
    let plain = labelled(button.label())
        .with_action_id(button.action_id().into())
        .with_value(buttons::value(incident.id, incident.epoch));
    Some(match look {
        Look::Plain => plain,
        Look::Primary => plain.with_style(SlackBlockButtonStyle::Primary),
    })
}

/// The button that takes one of several incidents in a message, which it names.
pub(super) fn acknowledge_named(incident: &Incident) -> SlackBlockButtonElement {
    labelled(&format!("{} {}", Button::Acknowledge.label(), incident.id))
        .with_action_id(Button::Acknowledge.action_id().into())
        .with_value(buttons::value(incident.id, incident.epoch))
        .with_style(SlackBlockButtonStyle::Primary)
}

/// The button that takes this incident and nothing else that its message names.
pub(super) fn acknowledge_only(incident: &Incident) -> SlackBlockButtonElement {
    labelled(&format!("Only {}", incident.id))
        .with_action_id(Button::Acknowledge.action_id().into())
        .with_value(buttons::value(incident.id, incident.epoch))
}

/// The button that takes everything in a message that has no answer yet; `None` when there is nothing but `this`.
pub(super) fn acknowledge_all(this: Option<&Incident>, others: &[View]) -> Option<SlackBlockButtonElement> {
    let unanswered = others.iter().filter(|other| folding::is_unanswered(other)).map(|other| &other.incident);
    let mut all = this.into_iter().chain(unanswered);
    let first = all.next()?;
    let rest: Vec<IncidentId> = all.map(|other| other.id).take(buttons::TAKEN_TOGETHER).collect();
    if this.is_some() && rest.is_empty() {
        return None;
    }
    let button = labelled(&folding::acknowledge_all(rest.len() + 1, this.is_some()))
        .with_action_id(Button::AcknowledgeAll.action_id().into())
        .with_value(buttons::value_with(first.id, first.epoch, &rest));
    Some(button.with_style(SlackBlockButtonStyle::Primary))
}

/// The button that shows the runbook, when there is one that no link leads to.
pub(super) fn runbook(view: &View) -> Option<SlackBlockButtonElement> {
    let has_link = view.runbook.as_ref()?.url.as_deref().and_then(mrkdwn::button_url).is_some();
    if has_link { None } else { ask(Button::Runbook, &view.incident, Look::Plain) }
}

/// A button of somebody else's making; `label` is text from outside. `None` when Slack would refuse it.
pub(super) fn choice(label: &str, action: &str, value: &str) -> Option<SlackBlockButtonElement> {
    let fits = |text: &str, limit: usize| !text.is_empty() && text.encode_utf16().count() <= limit;
    let takes = !label.trim().is_empty() && fits(action, ACTION) && fits(value, VALUE);
    takes.then(|| {
        labelled(&mrkdwn::escape(label.trim())).with_action_id(action.into()).with_value(value.to_owned())
    })
}

/// A button that opens a page.
pub(super) fn link(link: &Link) -> SlackBlockButtonElement {
    labelled(&mrkdwn::escape(&link.label))
        .with_action_id(format!("{}_{}", buttons::LINK, link.action).into())
        .with_url(Url::clone(&link.url))
}
