//! Pages as direct messages: sent before anything else, and brought up to date when somebody has answered.

use futures::StreamExt as _;
use futures::stream;

use super::once::Once;
use super::shown::place;
use super::{Failure, SlackPerformer};
use crate::adapters::slack::{Message, Posted, SlackFault, To, Urgency, blocks};
use crate::domain::page::Page;
use crate::domain::people::ContactMethod;
use crate::ids::{PageId, ScheduleId};
use crate::ports::{About, Errand, Receipt, Several, Shown, View};
use crate::words::page::{Sending, plain};
use crate::words::{digest, handoff};

/// So many messages are edited at once.
const EDITED_AT_ONCE: usize = 8;

/// Refusals that mean: this message cannot be edited any more. There is nothing left to do about it.
pub(super) const BEYOND_EDITING: [&str; 4] =
    ["cant_update_message", "edit_window_closed", "is_inactive", "message_not_found"];

/// Whether the reader may have seen the page before. What Slack is known not to have taken, nobody has seen.
pub(super) fn sending(repeat: u32, errand: &Errand) -> Sending {
    if repeat > 0 || errand.in_doubt > 0 { Sending::Repeat } else { Sending::First }
}

impl SlackPerformer {
    /// A page, and what it says when its looks are not taken.
    fn looks(&self, view: &View, row: &Page, sending: Sending) -> Message {
        blocks::page(view, row, sending).or_plain(plain(view, row, sending, &self.incident_command))
    }

    /// The same for a digest.
    fn looks_together(&self, several: &Several, sending: Sending) -> Message {
        blocks::digest(several, sending).or_plain(digest::plain(several, sending, &self.incident_command))
    }

    /// Sends one page.
    pub(super) async fn page(
        &self,
        view: &View,
        page: &PageId,
        sending: Sending,
        once: &Once,
        shown: &Shown,
    ) -> Result<Receipt, Failure> {
        let row = view.page(page).ok_or(Failure::refused("there is no such page"))?;
        if row.method != ContactMethod::Slack {
            return Err(Failure::refused("this page does not go through slack"));
        }
        let user = view.slack_id(&row.person).ok_or(Failure::refused("the person has no slack user"))?;
        let message = self.looks(view, row, sending);
        let posted = self.post(To::Person(user), &message, Urgency::Page, Some(once.mark()), shown).await;
        let posted = posted.map_err(Failure::of_page)?;
        Ok(Receipt::Accepted { provider_id: Some(self.with_doubles(&posted, once).await) })
    }

    /// Sends one test page; whoever comes on call confirms it by its button.
    pub(super) async fn test_page(
        &self,
        about: &About,
        id: i64,
        schedule: Option<&ScheduleId>,
        shown: &Shown,
    ) -> Result<Receipt, Failure> {
        let About::Person(person) = about else { return Err(Failure::refused("nobody is to be reached")) };
        let user = person.slack.as_ref().ok_or(Failure::refused("the person has no slack user"))?;
        let choices: Vec<_> = schedule.map(|_| handoff::got_it(id)).into_iter().collect();
        let message = blocks::answer(&handoff::test_page_in_slack(schedule), &choices);
        let posted = self.post(To::Person(user), &message, Urgency::Page, None, shown).await?;
        Ok(Receipt::Accepted { provider_id: Some(place(&posted)) })
    }

    /// Sends one digest.
    pub(super) async fn digest(
        &self,
        several: &Several,
        sending: Sending,
        shown: &Shown,
    ) -> Result<Receipt, Failure> {
        let first = several.views.first().ok_or(Failure::NO_INCIDENT)?;
        let user = first.slack_id(&several.person).ok_or(Failure::refused("the person has no slack user"))?;
        let message = self.looks_together(several, sending);
        let posted = self.post(To::Person(user), &message, Urgency::Page, None, shown).await;
        let posted = posted.map_err(Failure::of_page)?;
        Ok(Receipt::Accepted { provider_id: Some(place(&posted)) })
    }

    /// Edits one message of a digest.
    pub(super) async fn refresh_digest(&self, several: &Several, shown: &Shown) -> Result<Receipt, Failure> {
        let Some(message) = &several.message else { return Ok(Receipt::Nothing) };
        let posted = Posted { channel: message.channel.clone(), ts: message.ts.clone() };
        let content = self.looks_together(several, Sending::First);
        match self.replace(&posted, &content, shown).await {
            Err(fault) if fault.code().is_some_and(|code| BEYOND_EDITING.contains(&code)) => {
                tracing::info!(error = %fault, "a digest is left as it is");
                Ok(Receipt::Nothing)
            }
            edited => Ok(edited.map(|()| Receipt::Nothing)?),
        }
    }

    /// Edits every direct message of the incident alone that reached Slack. One that cannot be edited keeps none of the others
    /// from it.
    pub(super) async fn refresh_pages(&self, view: &View, shown: &Shown) -> Result<Receipt, Failure> {
        let alone: Vec<Page> = view.pages.iter().filter(|row| row.opening.is_none()).cloned().collect();
        self.refresh_rows(view, &alone, shown).await
    }

    /// Edits the direct messages of these rows.
    pub(super) async fn refresh_rows(
        &self,
        view: &View,
        rows: &[Page],
        shown: &Shown,
    ) -> Result<Receipt, Failure> {
        // The latest first: it is the one being looked at.
        let mut edits = Vec::new();
        for row in rows.iter().rev() {
            edits.extend(
                posted(row).map(|(posted, sending)| self.refresh_page(view, row, posted, sending, shown)),
            );
        }
        let edited: Vec<_> = stream::iter(edits).buffer_unordered(EDITED_AT_ONCE).collect().await;
        let failures: Vec<_> = edited.into_iter().filter_map(Result::err).map(Failure::from).collect();
        let worth_another = [
            failures.iter().find(|failure| matches!(failure, Failure::Passing { .. })),
            failures.iter().find(|failure| matches!(failure, Failure::Waiting { .. })),
        ];
        match worth_another.into_iter().flatten().next() {
            Some(failure) => Err(failure.clone()),
            None => Ok(Receipt::Nothing),
        }
    }

    async fn refresh_page(
        &self,
        view: &View,
        row: &Page,
        posted: Posted,
        sending: Sending,
        shown: &Shown,
    ) -> Result<(), SlackFault> {
        let edited = self.update(&posted, &self.looks(view, row, sending), shown).await;
        if let Err(fault) = &edited
            && fault.retry_after().is_none()
        {
            tracing::warn!(incident.id = %view.incident.id, error = %fault, "a page's message was not brought up to date");
        }
        edited
    }
}

/// The direct messages of a ledger row that Slack took, repeats included, the latest first. Whoever reads the earliest has seen
/// none before it.
fn posted(row: &Page) -> impl Iterator<Item = (Posted, Sending)> {
    let names = row.provider_id.as_deref().filter(|_| row.method == ContactMethod::Slack).unwrap_or_default();
    let names: Vec<&str> = names.split(' ').collect();
    names.into_iter().enumerate().rev().filter_map(|(n, name)| {
        let (channel, ts) = name.split_once('/')?;
        let sending = if n == 0 { Sending::First } else { Sending::Repeat };
        Some((Posted { channel: channel.into(), ts: ts.into() }, sending))
    })
}
