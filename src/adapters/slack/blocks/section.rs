//! One section of a post-mortem in the form that people write it in: the menu of sections, what is generated, and their text.

use slack_morphism::blocks::{
    SlackActionBlockElement, SlackActionsBlock, SlackBlock, SlackBlockChoiceItem, SlackBlockPlainText,
    SlackBlockPlainTextInputElement, SlackBlockPlainTextOnly, SlackBlockStaticSelectElement, SlackInputBlock,
};

use super::kit;
use super::postmortem::generated;
use crate::commands::forms::{CHOOSE_SECTION, Field, LONGEST_TEXT};
use crate::domain::effect::Form;
use crate::domain::postmortem::Part;
use crate::ids::IncidentId;
use crate::ports::PostmortemView;
use crate::words::forms as words;

/// The blocks of the chosen section, or of the first that nobody has written in; and the form as it comes back.
pub(super) fn section(
    incident: IncidentId,
    postmortem: &PostmortemView,
    chosen: Option<Part>,
) -> (Vec<SlackBlock>, Form) {
    let part = chosen.or_else(|| unwritten(postmortem)).unwrap_or(Part::Summary);
    let section = postmortem.sections.iter().find(|section| section.part == part);
    let (pieces, is_whole) = section.map(|section| generated(&section.generated)).unwrap_or_default();
    let human = section.and_then(|section| section.human.as_deref());
    let mut blocks = vec![menu(part)];
    blocks.extend(kit::context(words::GENERATED));
    blocks.extend(pieces.iter().filter_map(|piece| kit::section(piece)));
    if !is_whole {
        blocks.extend(kit::context(words::CUT));
    }
    if human.is_none_or(|text| text.encode_utf16().count() <= LONGEST_TEXT) {
        blocks.push(field(part, human));
    } else {
        blocks.extend(kit::section(&words::too_long_here(incident, part)));
    }
    let revision = postmortem.revisions.get(&part).copied().unwrap_or_default();
    (blocks, Form::Section { incident, part: Some(part), revision })
}

/// The first section that only people can write, and nobody has.
fn unwritten(postmortem: &PostmortemView) -> Option<Part> {
    let is_unwritten = |part: Part| {
        postmortem.sections.iter().any(|section| section.part == part && section.human.is_none())
    };
    Part::ALL.into_iter().find(|part| is_unwritten(*part))
}

fn plain(text: &str) -> SlackBlockPlainTextOnly {
    SlackBlockPlainText::new(text.to_owned()).into()
}

fn menu(part: Part) -> SlackBlock {
    let choice = |part: Part| SlackBlockChoiceItem::new(plain(part.name()), part.slug().to_owned());
    let menu = SlackBlockStaticSelectElement::new()
        .with_action_id(CHOOSE_SECTION.into())
        .with_options(Part::ALL.into_iter().map(choice).collect())
        .with_initial_option(choice(part));
    SlackActionsBlock::new(vec![SlackActionBlockElement::StaticSelect(menu)])
        .with_block_id(CHOOSE_SECTION.into())
        .into()
}

fn field(part: Part, human: Option<&str>) -> SlackBlock {
    let id = Field::Human(part).id();
    let element = SlackBlockPlainTextInputElement::new()
        .with_action_id(id.into())
        .with_multiline(true)
        .with_max_length(LONGEST_TEXT as u64)
        .opt_initial_value(human.map(str::to_owned));
    SlackInputBlock::new(plain(part.prompt()), element.into())
        .with_block_id(id.into())
        .with_hint(plain(words::ONE_SECTION))
        .with_optional(true)
        .into()
}
