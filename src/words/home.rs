//! What the App Home says: who is on call, and which incidents are open.

use crate::domain::action_item::ActionItem;
use crate::domain::house::House;
use crate::domain::on_call::Roster;
use crate::ids::{IncidentId, PersonId};
use crate::ports::{Board, Home, OnCall, View};
use crate::words::mrkdwn;
use crate::words::saying::{self, InSlack, PHRASE, line};
use crate::words::timeline::Voice as _;

/// So many schedules are shown.
const SCHEDULES: usize = 10;
/// So many incidents of one's own are shown.
const MINE: usize = 20;
/// So many post-mortems one is to write are shown.
const REVIEWS: usize = 5;
/// So many action items of one's own are shown.
const ACTIONS: usize = 10;
/// So many incidents of others are shown.
const OTHERS: usize = 10;

/// The title over who is on call.
pub const ON_CALL: &str = "On call";
/// The title over one's own open incidents.
pub const MY_INCIDENTS: &str = "My open incidents";
/// The title over the post-mortems one is to write.
pub const MY_REVIEWS: &str = "My post-mortems";
/// The title over one's own action items.
pub const MY_ACTIONS: &str = "My action items";
/// The title over the open incidents of others.
pub const OTHER_INCIDENTS: &str = "Other open incidents";
/// What the button says that declares an incident.
pub const DECLARE: &str = "Declare an incident";
/// When there is nothing to answer.
pub const NONE_OF_MINE: &str = "No open incident is yours.";

/// To somebody who is no full member.
pub const NOT_FOR_YOU: &str =
    "Only full members of this workspace may see incidents here. Ask somebody of the on-call team.";

/// Who is on call by each schedule, and how many schedules are not shown.
pub fn on_call(board: &Board) -> Vec<String> {
    let mut lines: Vec<String> =
        board.on_call.iter().take(SCHEDULES).map(|on_call| shift(on_call, &board.house)).collect();
    lines.extend(more(board.on_call.len().saturating_sub(SCHEDULES), "schedules", "/oncall"));
    lines
}

fn shift(OnCall { schedule, now, next }: &OnCall, house: &House) -> String {
    format!(
        "*{}*: {} until {}\nNext: {}",
        line(schedule.as_str(), PHRASE),
        pair(now, house),
        mrkdwn::date(now.until),
        pair(next, house)
    )
}

fn pair(roster: &Roster, house: &House) -> String {
    let named =
        |id: Option<&PersonId>| id.map_or_else(|| "nobody".to_owned(), |id| InSlack(house).person(id));
    match &roster.secondary {
        Some(secondary) => format!("{}, then {}", named(roster.primary.as_ref()), named(Some(secondary))),
        None => named(roster.primary.as_ref()),
    }
}

/// Those of one's own that are shown.
pub fn shown_mine(board: &Board) -> &[View] {
    board.mine.get(..MINE).unwrap_or(&board.mine)
}

/// Those of one's own action items that are shown.
pub fn shown_actions(board: &Board) -> &[(IncidentId, ActionItem)] {
    board.actions.get(..ACTIONS).unwrap_or(&board.actions)
}

/// Those of the post-mortems one is to write that are shown.
pub fn reviews(board: &Board) -> Vec<String> {
    let lines = board.reviews.iter().filter_map(|incident| super::review::one(incident, board.now));
    lines.take(REVIEWS).collect()
}

/// One of one's own action items.
pub fn action((incident, item): &(IncidentId, ActionItem), board: &Board) -> String {
    super::actions::at_home(*incident, item, &board.house, board.now)
}

/// How many of one's own action items are not shown; `None` when all are.
pub fn actions_not_shown(board: &Board) -> Option<String> {
    let n = board.actions.len().saturating_sub(ACTIONS);
    (n > 0).then(|| format!("and {n} more of your action items"))
}

/// Those of others that are shown.
pub fn shown_others(board: &Board) -> &[View] {
    board.others.get(..OTHERS).unwrap_or(&board.others)
}

/// An incident of one's own: how bad, what, where, since when, and who has it.
pub fn mine(view: &View) -> String {
    [saying::headline(view), whereabouts(view), saying::standing(view)].join("\n")
}

/// An incident of others in one line.
pub fn other(view: &View) -> String {
    format!("{} · {} · {}", saying::headline(view), view.incident.state.name(), whereabouts(view))
}

fn whereabouts(view: &View) -> String {
    let channel = saying::channel(&view.incident.room).map(|channel| format!(" · {channel}"));
    format!("{}{}", saying::whereabouts(view), channel.unwrap_or_default())
}

/// How many open incidents are not shown; `None` when all are. `slash` is the command about incidents.
pub fn not_shown(board: &Board) -> Option<String> {
    let shown = shown_mine(board).len() + shown_others(board).len();
    more(board.n_open.saturating_sub(shown), "open incidents", "/incident list")
}

fn more(n: usize, what: &str, command: &str) -> Option<String> {
    (n > 0).then(|| format!("and {n} more {what}; `{command}` lists them"))
}

/// Everything that a home says, in order: when it differs, so does what is seen.
pub fn all(home: &Home) -> Vec<String> {
    let board = match home {
        Home::Open(board) => board,
        Home::Closed { why } => return vec![why.clone()],
    };
    let mut said = on_call(board);
    said.push(MY_INCIDENTS.to_owned());
    said.extend(shown_mine(board).iter().map(mine));
    said.push(MY_REVIEWS.to_owned());
    said.extend(reviews(board));
    said.push(MY_ACTIONS.to_owned());
    said.extend(shown_actions(board).iter().map(|one| action(one, board)));
    said.extend(actions_not_shown(board));
    said.push(OTHER_INCIDENTS.to_owned());
    said.extend(shown_others(board).iter().map(other));
    said.extend(not_shown(board));
    said
}
