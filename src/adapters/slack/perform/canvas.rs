//! The copy of a post-mortem in the canvas of its channel. A canvas that people have made there is theirs and stays as it is.

use super::shown::hash;
use super::{Failure, SlackPerformer};
use crate::adapters::slack::SlackFault;
use crate::ports::{Receipt, Shown, View};
use crate::words::canvas;

/// The channel has one already.
const ALREADY: &str = "channel_canvas_already_exists";
/// Somebody has deleted it.
const GONE: &str = "canvas_not_found";

impl SlackPerformer {
    /// Makes the canvas, or brings it up to date. `known` is the one of ours; `in_doubt`: an earlier attempt may have made one.
    pub(super) async fn copy_to_canvas(
        &self,
        view: &View,
        known: Option<&str>,
        in_doubt: bool,
        shown: &Shown,
    ) -> Result<Receipt, Failure> {
        let (Some(draft), Some(channel)) = (&view.postmortem, view.incident.room.usable()) else {
            return Ok(Receipt::Nothing);
        };
        let text = canvas::text(&view.incident, &draft.markdown, &self.incident_command);
        let (place, fingerprint) = (format!("{}/canvas", channel.id), hash(&text));
        if let Some(known) = known {
            if shown.is(&place, &fingerprint) {
                return Ok(Receipt::Nothing);
            }
            match self.client.replace_canvas(known, &text).await {
                // It is made anew.
                Err(fault) if fault.code() == Some(GONE) => {}
                replaced => {
                    note(shown, place, fingerprint, &replaced);
                    return Ok(replaced.map(|()| Receipt::Nothing)?);
                }
            }
        }
        let made = match self.client.create_canvas(&channel.id, &canvas::title(&view.incident), &text).await {
            Err(fault) if fault.code() == Some(ALREADY) && in_doubt => {
                let Some(ours) = self.client.canvas_of(&channel.id).await? else {
                    return Err(Failure::passing("the canvas that is there already cannot be seen"));
                };
                self.client.replace_canvas(&ours, &text).await.map(|()| ours)
            }
            Err(fault) if fault.code() == Some(ALREADY) => {
                tracing::info!(incident.id = %view.incident.id, "somebody has made a canvas in the channel; it stays theirs");
                return Ok(Receipt::Nothing);
            }
            made => made,
        };
        note(shown, place, fingerprint, &made);
        Ok(made.map(Receipt::Canvas)?)
    }
}

fn note<T>(shown: &Shown, place: String, fingerprint: String, written: &Result<T, SlackFault>) {
    match written {
        Ok(_) => shown.note(place, Some(fingerprint)),
        Err(fault) if fault.outcome_unknown() => shown.note(place, None),
        Err(_it_shows_what_it_did) => {}
    }
}
