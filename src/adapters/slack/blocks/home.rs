//! The App Home of one person.

use slack_morphism::blocks::{SlackDividerBlock, SlackHomeView, SlackView};

use super::SlackBlock;
use super::kit::{self, actions, context, section};
use crate::commands::buttons::{Button, DECLARE};
use crate::ports::{Board, Home, View};
use crate::words::home as words;

/// Blocks in a home.
const BLOCKS: usize = 100;

/// The home as it should look now.
pub fn home(home: &Home) -> SlackView {
    let blocks = match home {
        Home::Open(board) => open(board),
        Home::Closed { why } => section(why).into_iter().collect(),
    };
    SlackView::Home(SlackHomeView::new(blocks.into_iter().take(BLOCKS).collect()))
}

fn open(board: &Board) -> Vec<SlackBlock> {
    let divider = || Some(SlackBlock::from(SlackDividerBlock::new()));
    let mut blocks = vec![actions([kit::choice(words::DECLARE, DECLARE, DECLARE)]), title(words::ON_CALL)];
    blocks.extend(words::on_call(board).iter().map(|line| section(line)));
    blocks.extend([divider(), title(words::MY_INCIDENTS)]);
    blocks.extend(words::shown_mine(board).iter().flat_map(mine));
    if board.mine.is_empty() {
        blocks.push(context(words::NONE_OF_MINE));
    }
    let reviews = words::reviews(board);
    if !reviews.is_empty() {
        blocks.extend([divider(), title(words::MY_REVIEWS)]);
        blocks.extend(reviews.iter().map(|review| section(review)));
    }
    if !board.actions.is_empty() {
        blocks.extend([divider(), title(words::MY_ACTIONS)]);
        blocks.extend(
            words::shown_actions(board)
                .iter()
                .flat_map(|one| [section(&words::action(one, board)), super::event::done(one.0, &one.1)]),
        );
        blocks.push(words::actions_not_shown(board).and_then(|more| context(&more)));
    }
    if !board.others.is_empty() {
        blocks.extend([divider(), title(words::OTHER_INCIDENTS)]);
        blocks.extend(words::shown_others(board).iter().map(|view| section(&words::other(view))));
    }
    blocks.push(words::not_shown(board).and_then(|more| context(&more)));
    blocks.into_iter().flatten().collect()
}

fn title(text: &str) -> Option<SlackBlock> {
    section(&format!("*{text}*"))
}

/// What the card asks, as far as it is answered with one tap.
fn mine(view: &View) -> [Option<SlackBlock>; 2] {
    let incident = &view.incident;
    let asked = super::card::asks(incident).iter();
    let asked = asked.filter(|(button, _)| matches!(button, Button::Acknowledge | Button::Resolve));
    [section(&words::mine(view)), actions(asked.map(|(button, look)| kit::ask(*button, incident, *look)))]
}
