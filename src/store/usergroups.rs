//! Whom the user groups of schedules were last set to.

use super::{StoreError, Tx, statements};
use crate::ids::{ScheduleId, SlackUserId};

statements! {
    /// A group is to hold somebody else, unless that was asked for before.
    SET = "INSERT INTO usergroup (schedule, holds) VALUES ($1, $2) \
           ON CONFLICT (schedule) DO UPDATE SET holds = excluded.holds WHERE usergroup.holds <> excluded.holds";
}

/// The user group of a schedule, by this name, is to hold this user. Whether that is news: nobody asked for the same before.
pub async fn set(
    tx: &mut Tx,
    schedule: &ScheduleId,
    group: &str,
    user: &SlackUserId,
) -> Result<bool, StoreError> {
    // Another group is news too.
    let holds = format!("{group}/{user}");
    Ok(tx.query(SET).bind(schedule.as_str()).bind(holds).execute().await?.any() == 1)
}
