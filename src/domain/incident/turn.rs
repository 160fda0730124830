//! One decision: the entrance, and the notebook in which it is written down.

use super::blank::blank;
use super::command::{Command, Facts, Opening, Refusal};
use super::timeline::{Entry, What, Words};
use super::{
    Actor, Door, Incident, Message, Review, actions, alerts, calls, due, ending, feedback, folding, helpers,
    nudge, pagerduty, people, room, rungs, silences, snooze, storm, talk, walk,
};
use crate::domain::effect::Effect;
use crate::domain::incident::child::Child;
use crate::domain::page::PageChange;
use crate::domain::severity::Severity;
use crate::ids::IncidentId;

/// What a command leads to. All of it is stored in one transaction, then acted upon.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// The incident as it is from now on.
    pub next: Incident,
    /// New events of its timeline, in order.
    pub entries: Vec<Entry>,
    /// What messages on the timeline say from now on.
    pub words: Vec<Words>,
    /// Changes of the page ledger, in order.
    pub pages: Vec<PageChange>,
    /// Alerts whose state changed.
    pub children: Vec<Child>,
    /// Things to do outside, in order.
    pub effects: Vec<Effect>,
}

/// Begins an incident.
pub fn open(id: IncidentId, opening: Opening, facts: &Facts<'_>) -> Decision {
    let actor = opening.actor.clone();
    let mut turn = Turn::begin(blank(id, &opening, facts), actor, facts);
    alerts::open(&mut turn, opening);
    turn.decided(None)
}

/// Decides what a command leads to. Total: every command has an answer in every state, and a refused one changes nothing.
pub fn decide(incident: &Incident, command: Command, facts: &Facts<'_>) -> Result<Decision, Refusal> {
    let actor = match &command {
        Command::Acknowledge { by }
        | Command::AnswerPages { by }
        | Command::SetSeverity { by, .. }
        | Command::Escalate { by, .. }
        | Command::Page { by, .. }
        | Command::Appoint { by, .. }
        | Command::Snooze { by, .. }
        | Command::Update { by, .. }
        | Command::Note { by, .. }
        | Command::NoteMessage { by, .. }
        | Command::MessageEdited { by, .. }
        | Command::AddAction { by, .. }
        | Command::CompleteAction { by, .. }
        | Command::GiveFeedback { by, .. }
        | Command::KeepOpen { by }
        | Command::StillOn { by }
        | Command::WantChannel { by }
        | Command::Resolve { by, .. }
        | Command::Reopen { by }
        | Command::PublishPostmortem { by }
        | Command::SilenceExtended { by, .. }
        | Command::SilenceExpired { by, .. }
        | Command::DeclinePostmortem { by, .. }
        | Command::ChannelLost { by, .. }
        | Command::ChannelBack { by, .. } => by.clone(),
        Command::SilenceCreated { silence } => silence.by.clone(),
        Command::SilencesSeen(news) => Actor::Source(news.source.clone()),
        Command::Deliver(delivery) => Actor::Source(delivery.key.source.clone()),
        Command::Wake
        | Command::Heard
        | Command::OnCallChanged
        | Command::MessageDeleted { .. }
        | Command::PageAccepted { .. }
        | Command::PageFailed { .. }
        | Command::PageCarried { .. }
        | Command::PageAlone { .. }
        | Command::PageDelivered { .. }
        | Command::PageLost { .. }
        | Command::ChannelOpened { .. }
        | Command::ChannelNotOpened { .. }
        | Command::ChannelRenamed { .. }
        | Command::ChannelArchived { .. }
        | Command::ChannelNotArchived { .. }
        | Command::NotInvited { .. }
        | Command::MessageLost { .. }
        | Command::CardPosted { .. }
        | Command::Announced { .. }
        | Command::Told { .. }
        | Command::FeedbackAsked { .. }
        | Command::PostmortemShown { .. }
        | Command::StormGrew(_)
        | Command::StormSeen(_)
        | Command::PostmortemDrafted => Actor::Bot,
    };
    if let Some(into) = incident.merged_into.filter(|_| command.is_for_what_goes_on()) {
        return Err(Refusal::Merged { id: incident.id, into, channel: None });
    }
    let mut turn = Turn::begin(incident.clone(), actor, facts);
    turn.is_work = nudge::is_work(&command, &turn.actor);
    if incident.state.is_open() {
        rungs::adopt_known_schedules(&mut turn);
    }
    match command {
        Command::Deliver(delivery) => alerts::deliver(&mut turn, *delivery),
        Command::Wake => due::wake(&mut turn),
        Command::OnCallChanged => due::look_again(&mut turn),
        Command::Acknowledge { .. } => people::acknowledge(&mut turn)?,
        Command::AnswerPages { .. } => people::answer_pages(&mut turn)?,
        Command::SetSeverity { to, reason, saw, .. } => people::set_severity(&mut turn, to, reason, saw)?,
        Command::Escalate { to, .. } => people::escalate(&mut turn, to)?,
        Command::Page { whom, message, .. } => helpers::page(&mut turn, &whom, message.as_ref())?,
        Command::Appoint { commander, .. } => helpers::appoint(&mut turn, commander)?,
        Command::Snooze { span, .. } => snooze::snooze(&mut turn, span)?,
        Command::Update { text, .. } => people::update(&mut turn, text),
        Command::Note { text, .. } => talk::write_down(&mut turn, text),
        Command::NoteMessage { written, .. } => talk::note(&mut turn, *written),
        Command::MessageEdited { message, text, edited, .. } => {
            talk::edited(&mut turn, &message, text, edited);
        }
        Command::MessageDeleted { message } => talk::deleted(&mut turn, &message),
        Command::AddAction { owner, due, text, .. } => actions::add(&mut turn, owner, due, text)?,
        Command::CompleteAction { n, .. } => actions::done(&mut turn, n)?,
        Command::GiveFeedback { question, answer, .. } => feedback::give(&mut turn, question, answer),
        Command::KeepOpen { .. } => people::keep_open(&mut turn)?,
        Command::StillOn { .. } => people::still_on(&mut turn)?,
        Command::Heard => nudge::heard(&mut turn),
        Command::WantChannel { .. } => people::want_channel(&mut turn)?,
        Command::Resolve { summary, while_firing, .. } => people::resolve(&mut turn, summary, while_firing)?,
        Command::Reopen { .. } => ending::reopen(&mut turn)?,
        Command::PublishPostmortem { .. } => ending::publish(&mut turn)?,
        Command::DeclinePostmortem { reason, .. } => ending::decline(&mut turn, reason)?,
        Command::PageAccepted { page, sent_at, provider_id } => {
            walk::page_accepted(&mut turn, &page, sent_at, provider_id);
        }
        Command::PageFailed { page, sent_at, fault, error } => {
            walk::page_failed(&mut turn, &page, sent_at, fault, error);
        }
        Command::PageCarried { page, by } => folding::carried(&mut turn, &page, by),
        Command::PageAlone { page, was } => folding::alone(&mut turn, &page, was),
        Command::PageDelivered { page } => turn.pages.push(PageChange::Delivered(page.id)),
        Command::PageLost { page, fault, error } => walk::page_lost(&mut turn, &page, fault, error),
        Command::SilenceCreated { silence } => silences::created(&mut turn, *silence),
        Command::SilenceExtended { n, ids, until, .. } => silences::extended(&mut turn, n, ids, until),
        Command::SilenceExpired { n, .. } => silences::expired(&mut turn, n),
        Command::SilencesSeen(news) => silences::seen(&mut turn, *news),
        Command::ChannelOpened { channel } => room::opened(&mut turn, channel),
        Command::ChannelNotOpened { why } => room::not_opened(&mut turn, why),
        Command::ChannelLost { channel, loss, .. } => room::lost(&mut turn, &channel, loss),
        Command::ChannelBack { channel, .. } => room::back(&mut turn, &channel),
        Command::ChannelRenamed { channel, name } => room::renamed(&mut turn, &channel, name),
        Command::ChannelArchived { channel } => room::archived(&mut turn, &channel),
        Command::ChannelNotArchived { why } => room::not_archived(&mut turn, why),
        Command::NotInvited { uninvited } => room::not_invited(&mut turn, uninvited),
        Command::MessageLost { message } => room::message_lost(&mut turn, &message),
        Command::CardPosted { message } if turn.next.room.card.as_ref() == Some(&message) => {}
        Command::CardPosted { message } => {
            turn.next.room.card = Some(message);
            // It shows what was true when it was posted; nothing is sent when that is still so.
            turn.effects.extend([Effect::PinCard, Effect::RefreshCard]);
        }
        Command::Announced { message, .. } if turn.next.room.announcement.as_ref() == Some(&message) => {}
        Command::Announced { message, called } => room::announced(&mut turn, message, called),
        Command::Told { seq, message } => {
            turn.next.room.told.insert(seq, message);
            // It shows what was true when it was said.
            turn.effects.push(Effect::RefreshTold { seq });
        }
        Command::FeedbackAsked { message } => {
            turn.next.room.feedback = Some(message);
            turn.effects.push(Effect::RefreshFeedback);
        }
        Command::PostmortemShown { message } => {
            if !turn.next.room.drafts.contains(&message) {
                turn.next.room.drafts.push(message);
            }
            // It shows what was true when it was posted, and those before it show where it is.
            turn.effects.push(Effect::RefreshPostmortem);
        }
        Command::StormGrew(gathered) => storm::grew(&mut turn, gathered),
        Command::StormSeen(sight) => {
            storm::seen(&mut turn, sight);
            due::wake(&mut turn);
        }
        Command::PostmortemDrafted => {
            if turn.next.postmortem == Review::None {
                turn.next.postmortem = Review::Draft;
            }
            turn.record(What::PostmortemDrafted);
            let place = turn.next.place();
            turn.effects.extend([Effect::SharePostmortem { place }, Effect::CopyPostmortem]);
        }
    }
    silences::settle(&mut turn);
    Ok(turn.decided(Some(incident)))
}

/// The notebook of one decision.
pub(super) struct Turn<'a> {
    pub facts: &'a Facts<'a>,
    pub actor: Actor,
    pub next: Incident,
    pub pages: Vec<PageChange>,
    pub children: Vec<Child>,
    pub effects: Vec<Effect>,
    pub words: Vec<Words>,
    /// Whether a human is at work.
    pub is_work: bool,
    entries: Vec<Entry>,
}

impl<'a> Turn<'a> {
    pub fn begin(next: Incident, actor: Actor, facts: &'a Facts<'a>) -> Self {
        Self {
            facts,
            actor,
            next,
            pages: vec![],
            children: vec![],
            effects: vec![],
            words: vec![],
            is_work: false,
            entries: vec![],
        }
    }

    /// Writes an event down, now, as done by the one who asked.
    pub fn record(&mut self, what: What) {
        self.record_at(self.facts.now, self.actor.clone(), what);
    }

    /// Writes down an event that happened then, by that actor.
    pub fn record_at(&mut self, at: chrono::DateTime<chrono::Utc>, actor: Actor, what: What) {
        self.next.n_events += 1;
        let seq = self.next.n_events;
        let has_place = self.next.severity() != Severity::P4 && self.next.umbrella.is_none();
        if what.is_said() && (self.next.room.channel_wanted || has_place) {
            self.effects.push(Effect::Say { seq, place: self.next.place() });
        }
        self.entries.push(Entry { seq, at, actor, origin: self.facts.origin, what });
    }

    /// Whether this decision tells of such a thing already.
    pub fn tells(&self, is_such: impl Fn(&What) -> bool) -> bool {
        self.entries.iter().any(|entry| is_such(&entry.what))
    }

    /// Alerts say something else of themselves: messages that show it are brought up to date, and nothing is said.
    pub fn shows_anew(&mut self) {
        let room = &self.next.room;
        if room.card.is_some() && room.usable().is_some() {
            self.effects.push(Effect::RefreshCard);
        }
        if self.next.n_walks > 0 {
            self.effects.push(Effect::RefreshPages);
        }
    }

    /// Makes older buttons stale.
    pub fn turn_page(&mut self) {
        self.next.epoch += 1;
    }

    pub fn decided(mut self, before: Option<&Incident>) -> Decision {
        if let Some(ack) = self.next.state.ack() {
            self.next.last_ack = Some(ack.clone());
        }
        nudge::keep(&mut self);
        room::call_all_hands(&mut self);
        if let Some(before) = before {
            self.refresh(before);
            calls::hang_up(&mut self, before);
        }
        // Last: our own pages come first.
        pagerduty::keep_in_step(&mut self);
        let Self { next, entries, words, pages, children, effects, .. } = self;
        Decision { next, entries, words, pages, children, effects }
    }

    /// What people see follows from what changed, so no decision can forget to bring a message up to date.
    fn refresh(&mut self, before: &Incident) {
        let next = &self.next;
        let was_there = |message: fn(&Incident) -> &Option<Message>| message(before).is_some();
        let changed_topic = topic(before) != topic(next);
        let changed_card = !self.entries.is_empty()
            || !self.pages.is_empty()
            || before.muted() != next.muted()
            || before.title != next.title
            || before.n_firing != next.n_firing
            || before.room != next.room
            || waiting(before) != waiting(next)
            || before.started_at != next.started_at;
        let changed_pages = topic(before) != topic(next)
            || before.epoch != next.epoch
            || before.room.channel != next.room.channel
            || before.room.door != next.room.door
            || before.n_firing != next.n_firing
            || before.title != next.title
            || waiting(before) != waiting(next)
            || before.muted() != next.muted()
            || before.ladders != next.ladders;
        let is_usable = next.room.usable().is_some();
        let refreshes_card = was_there(|incident| &incident.room.card) && is_usable && changed_card;
        let mut refreshes = vec![];
        if before.room.channel.is_some() && is_usable && changed_topic {
            refreshes.push(Effect::SetTopic);
        }
        if was_there(|incident| &incident.room.announcement)
            && (changed_topic || announced(before) != announced(next))
        {
            refreshes.push(Effect::RefreshAnnouncement);
        }
        if before.n_walks > 0 && changed_pages {
            refreshes.push(Effect::RefreshPages);
            let digests = next.digests.iter().cloned();
            refreshes.extend(digests.map(|digest| Effect::RefreshDigest { digest }));
        }
        let changed =
            next.actions.iter().filter(|item| before.action(item.n).is_some_and(|old| old.done != item.done));
        let told = changed.filter(|item| next.room.told.contains_key(&item.seq));
        refreshes.extend(told.map(|item| Effect::RefreshTold { seq: item.seq }));
        if before.room.feedback.is_some() && before.feedback != next.feedback {
            refreshes.push(Effect::RefreshFeedback);
        }
        let review = |incident: &Incident| (incident.postmortem, incident.review_due.clone());
        if !before.room.drafts.is_empty() && review(before) != review(next) {
            refreshes.push(Effect::RefreshPostmortem);
        }
        for refresh in refreshes {
            if !self.effects.contains(&refresh) {
                self.effects.push(refresh);
            }
        }
        if refreshes_card && !self.effects.contains(&Effect::RefreshCard) {
            // It is what people look at, so it waits for nothing else in the room.
            self.effects.insert(0, Effect::RefreshCard);
        }
    }
}

/// What the announcement shows besides the topic, its buttons included.
fn announced(incident: &Incident) -> (Option<&super::Channel>, Door, u32, u32, bool) {
    let Incident { room, n_firing, epoch, ack_target_missed, .. } = incident;
    (room.channel.as_ref(), room.door, *n_firing, *epoch, *ack_target_missed)
}

/// What the umbrella of a storm says of the incidents that nobody has taken.
fn waiting(incident: &Incident) -> Option<(u32, u32)> {
    incident.storm.as_ref().map(|storm| (storm.n_waiting, storm.n_overdue))
}

fn topic(
    incident: &Incident,
) -> (Severity, &'static str, Option<&super::Ack>, Option<&crate::ids::PersonId>) {
    (incident.severity(), incident.state.name(), incident.state.ack(), incident.commander.as_ref())
}
