//! Forms, as modals: the fields that are needed, filled in as far as they are known.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use slack_morphism::blocks::{
    SlackBlock, SlackBlockCheckboxesElement, SlackBlockChoiceItem, SlackBlockPlainText,
    SlackBlockPlainTextInputElement, SlackBlockPlainTextOnly, SlackBlockStaticSelectElement, SlackBlockText,
    SlackBlockUsersSelectElement, SlackInputBlock, SlackInputBlockElement, SlackModalView, SlackView,
};

use super::kit::section;
use super::section::section as postmortem_section;
use crate::commands::forms::{ALL_ALERTS, Back, CALLBACK, Field, LONGEST_TEXT, LONGEST_TITLE, SPANS};
use crate::domain::effect::Form;
use crate::domain::incident::Incident;
use crate::domain::incident::child::Child;
use crate::domain::incident::command::Saw;
use crate::domain::severity::Severity;
use crate::ids::ChannelId;
use crate::ports::View;
use crate::words;
use crate::words::mrkdwn::{self, clip, clip_plain, escape};

/// As many choices as a menu takes.
const CHOICES: usize = 100;
/// Characters of a choice.
const CHOICE: usize = 75;

/// What can be chosen in forms.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choosable {
    /// The services.
    pub services: Vec<String>,
    /// The schedules.
    pub schedules: Vec<String>,
}

/// What is shown until a form is ready.
pub fn loading(form: &Form) -> Value {
    json!({
        "type": "modal",
        "title": { "type": "plain_text", "text": words::forms::title(form) },
        "close": { "type": "plain_text", "text": "Cancel" },
        "blocks": [{ "type": "section", "text": { "type": "plain_text", "text": words::forms::LOADING } }],
    })
}

/// A form about the incident of `view`, when it is about one; the answer goes to `channel`.
/// `None` when Slack would not take it.
pub fn form(
    form: &Form,
    view: Option<&View>,
    channel: &ChannelId,
    choosable: &Choosable,
) -> Option<SlackView> {
    let incident = view.map(|view| &view.incident);
    let about = incident
        .map(|incident| format!("*{}* {}", incident.id, clip(&escape(&incident.title), LONGEST_TITLE)));
    let mut blocks: Vec<SlackBlock> = about.and_then(|about| section(&about)).into_iter().collect();
    // What stands in a field need not stand on the back too, where there is room for 3000 characters.
    let carried = match form {
        Form::Declare { severity, title } => {
            let title = title.as_deref().map(|title| clip_plain(title, LONGEST_TITLE));
            blocks.push(line(Field::Title, "What is wrong?", title, LONGEST_TITLE));
            blocks.push(severities("How bad is it?", *severity));
            blocks.extend(service(&choosable.services));
            blocks.push(private());
            Form::Declare { severity: None, title: None }
        }
        Form::Severity { incident: id, .. } => {
            let saw = incident.map(Incident::severity);
            blocks.push(severities("How bad is it now?", saw));
            blocks.push(optional(Field::Reason, "Why?"));
            Form::Severity { incident: *id, saw }
        }
        Form::Update { .. } => {
            blocks.push(paragraph(Field::Update, "How does it go?").into());
            form.clone()
        }
        Form::Resolve { incident, .. } => {
            let saw = Saw::of(&view?.incident);
            blocks.extend(words::forms::still_fires(saw.n_firing).and_then(|text| section(&text)));
            blocks.push(optional(Field::Summary, "What resolved it?"));
            Form::Resolve { incident: *incident, saw: Some(saw) }
        }
        Form::Postmortem { .. } => {
            blocks.extend(section(words::forms::LOADING));
            form.clone()
        }
        Form::Section { incident, part, .. } => {
            let (filled, carried) = postmortem_section(*incident, view?.postmortem.as_ref()?, *part);
            blocks.extend(filled);
            carried
        }
        Form::Silence { incident, .. } => {
            let view = view?;
            blocks.push(alerts(view));
            blocks.push(spans());
            blocks.push(optional(Field::Reason, "Why?"));
            Form::Silence { incident: *incident, saw: Some(Saw::of(&view.incident)) }
        }
        Form::Override { schedule, from, to } => {
            let person = SlackBlockUsersSelectElement::new().with_action_id(Field::Person.id().into());
            blocks.push(input(Field::Person, "Who is on call?", person.into()).into());
            blocks.push(instant(Field::From, "From", *from));
            blocks.push(instant(Field::To, "Until", *to));
            blocks.extend(schedules(&choosable.schedules, schedule.as_str()));
            form.clone()
        }
    };
    let is_sent_off = blocks.iter().any(|block| matches!(block, SlackBlock::Input(_)));
    let back = Back { form: carried, channel: channel.clone() };
    let plain = |text: &str| SlackBlockPlainText::new(text.to_owned()).into();
    let submit = is_sent_off.then(|| plain(words::forms::submit(form)));
    let modal = SlackModalView::new(plain(words::forms::title(form)), blocks)
        .opt_submit(submit)
        .with_close(plain("Cancel"))
        .with_callback_id(CALLBACK.into())
        .with_private_metadata(serde_json::to_string(&back).ok()?);
    Some(SlackView::Modal(modal))
}

fn label(text: &str) -> SlackBlockPlainTextOnly {
    SlackBlockPlainText::new(text.to_owned()).into()
}

fn input(field: Field, question: &str, element: SlackInputBlockElement) -> SlackInputBlock {
    SlackInputBlock::new(label(question), element).with_block_id(field.id().into())
}

fn line(field: Field, question: &str, known: Option<String>, longest: usize) -> SlackBlock {
    let element = SlackBlockPlainTextInputElement::new()
        .with_action_id(field.id().into())
        .with_max_length(longest as u64)
        .opt_initial_value(known);
    input(field, question, element.into()).into()
}

fn optional(field: Field, question: &str) -> SlackBlock {
    paragraph(field, question).with_optional(true).into()
}

fn paragraph(field: Field, question: &str) -> SlackInputBlock {
    let element = SlackBlockPlainTextInputElement::new()
        .with_action_id(field.id().into())
        .with_multiline(true)
        .with_max_length(LONGEST_TEXT as u64);
    input(field, question, element.into())
}

fn choice(text: &str, value: &str) -> SlackBlockChoiceItem<SlackBlockPlainTextOnly> {
    SlackBlockChoiceItem::new(label(&clip(text, CHOICE)), value.to_owned())
}

fn severities(question: &str, known: Option<Severity>) -> SlackBlock {
    let level = |severity: Severity| choice(words::forms::severity(severity), severity.as_str());
    let element = SlackBlockStaticSelectElement::new()
        .with_action_id(Field::Severity.id().into())
        .with_options(Severity::ALL.into_iter().map(level).collect())
        .opt_initial_option(known.map(level));
    input(Field::Severity, question, element.into()).into()
}

/// Whether only those whom it concerns are to know of it.
fn private() -> SlackBlock {
    let text = SlackBlockText::Plain(SlackBlockPlainText::new(words::forms::PRIVATE.to_owned()));
    let element = SlackBlockCheckboxesElement {
        action_id: Some(Field::Private.id().into()),
        options: vec![SlackBlockChoiceItem::new(text, Field::Private.id().to_owned())],
        initial_options: None,
        confirm: None,
        focus_on_load: None,
    };
    input(Field::Private, "Who may know of it?", element.into()).with_optional(true).into()
}

/// A point in time, shown in the reader's own zone.
fn instant(field: Field, question: &str, known: DateTime<Utc>) -> SlackBlock {
    // The client library counts these in its own kind of time.
    SlackBlock::Unknown(json!({
        "type": "input",
        "block_id": field.id(),
        "label": { "type": "plain_text", "text": question },
        "element": {
            "type": "datetimepicker",
            "action_id": field.id(),
            "initial_date_time": known.timestamp(),
        },
    }))
}

/// The configured schedules, the usual one chosen.
fn schedules(names: &[String], usual: &str) -> Option<SlackBlock> {
    let fits = |name: &&String| !name.is_empty() && name.encode_utf16().count() <= CHOICE;
    let choices: Vec<_> = names.iter().filter(fits).take(CHOICES).map(|name| choice(name, name)).collect();
    let known = choices.iter().find(|choice| choice.value == usual).cloned();
    (!choices.is_empty()).then(|| {
        let element = SlackBlockStaticSelectElement::new()
            .with_action_id(Field::Schedule.id().into())
            .with_options(choices)
            .opt_initial_option(known);
        input(Field::Schedule, "Of which schedule?", element.into()).into()
    })
}

/// All that fires, or one of the alerts.
fn alerts(view: &View) -> SlackBlock {
    let n = view.incident.n_firing;
    let all = choice(&words::forms::all_alerts(n), ALL_ALERTS);
    let one = |child: &Child| {
        let words = mrkdwn::plain(&words::silences::choice_of(&child.alert));
        choice(&words, child.alert.fingerprint.as_str())
    };
    let fits = |child: &&Child| {
        let fingerprint = child.alert.fingerprint.as_str();
        child.alert.is_firing() && !fingerprint.is_empty() && fingerprint.len() <= CHOICE
    };
    // The same alert of two sources is one choice: it is silenced wherever it fires.
    let mut seen = BTreeSet::new();
    let is_first = |child: &&Child| seen.insert(child.alert.fingerprint.clone());
    let each: Vec<_> = view.children.iter().filter(fits).filter(is_first).map(one).collect();
    let choices = if n > 1 { each } else { vec![] };
    let element = SlackBlockStaticSelectElement::new()
        .with_action_id(Field::Alerts.id().into())
        .with_options(std::iter::once(all.clone()).chain(choices).take(CHOICES).collect())
        .with_initial_option(all);
    input(Field::Alerts, "What?", element.into()).into()
}

fn spans() -> SlackBlock {
    let length = |length: &str| choice(length, length);
    let element = SlackBlockStaticSelectElement::new()
        .with_action_id(Field::Span.id().into())
        .with_options(SPANS.into_iter().map(length).collect())
        .with_initial_option(length(words::forms::USUAL_SILENCE));
    input(Field::Span, "For how long?", element.into()).into()
}

/// The configured services, when there are any.
fn service(services: &[String]) -> Option<SlackBlock> {
    let fits = |name: &&String| !name.is_empty() && name.encode_utf16().count() <= CHOICE;
    let choices: Vec<_> = services.iter().filter(fits).take(CHOICES).map(|name| choice(name, name)).collect();
    (!choices.is_empty()).then(|| {
        let element = SlackBlockStaticSelectElement::new()
            .with_action_id(Field::Service.id().into())
            .with_options(choices);
        input(Field::Service, "What is hurt?", element.into()).with_optional(true).into()
    })
}
