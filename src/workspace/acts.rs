//! What people do in channels: commands, clicks, messages, reactions, pins. Forms are in `view_acts`.

use super::api::{pins, reactions};
use super::delivery::{Delivered, Parcel, Receipt};
use super::model::{Edited, Message, User};
use super::people::{Answer, CannotAct, Control, Failure, Posted};
use super::state::State;
use super::{Change, Workspace, respond, shapes};

/// How the app took the events of an act: the first bad answer, if there is one.
pub(super) async fn taken(receipts: Vec<Receipt>) -> Answer {
    let mut answer = Answer::NotAsked;
    for receipt in receipts {
        // A receipt that is lost means that the process is ending.
        let Ok(delivered) = receipt.await else { return Answer::Failed(Failure::NotConnected) };
        answer = Answer::of(&delivered);
        if !answer.is_good() {
            break;
        }
    }
    answer
}

impl Workspace {
    /// Somebody types a slash command.
    pub async fn type_command(&self, user: &str, channel: &str, text: &str) -> Result<Answer, CannotAct> {
        let Some(fields) = self.with(|state, now| state.command(user, channel, text, now))? else {
            return Ok(Answer::Failed(Failure::UnknownCommand));
        };
        let delivered = self.deliver(Parcel::Command(fields)).await;
        if let Delivered::Acknowledged(Some(said)) = &delivered {
            let shown = self.with(|state, now| respond::acknowledge(state, channel, user, said, now));
            if shown.is_err() {
                return Ok(Answer::Failed(Failure::BadReply("invalid_command_response")));
            }
        }
        Ok(Answer::of(&delivered))
    }

    /// Somebody uses a button or another control of a message, links too.
    pub async fn click(
        &self,
        user: &str,
        channel: &str,
        ts: &str,
        control: impl Into<Control>,
    ) -> Result<Answer, CannotAct> {
        let control = control.into();
        let payload = self.with(|state, now| state.click(user, channel, ts, &control, now))?;
        Ok(Answer::of(&self.deliver(Parcel::Interaction(payload)).await))
    }

    /// An admin of the workspace makes somebody a guest or a member again, or closes or opens their account.
    pub async fn change_user(&self, user: User) -> Answer {
        let ((), receipts) = self.with_receipts(|state, now| {
            let event_ts = state.next_ts(now);
            let shown = shapes::user(state, &user, now);
            state.event(
                "user_change",
                serde_json::json!({
                    "type": "user_change", "user": shown, "cache_ts": now.timestamp(), "event_ts": event_ts,
                }),
            );
            state.change(Change::User { user: user.clone() });
            state.users.insert(user.id.clone(), user);
        });
        taken(receipts).await
    }

    /// Somebody writes a message, in a thread when there is one.
    pub async fn post(
        &self,
        user: &str,
        channel: &str,
        text: &str,
        thread: Option<&str>,
    ) -> Result<Posted, CannotAct> {
        let (ts, receipts) = self.with_receipts(|state, now| {
            let room = state.writable(user, channel)?;
            if let Some(thread) = thread.filter(|thread| room.message(thread).is_none()) {
                return Err(CannotAct::NoMessage(thread.to_owned()));
            }
            let message = Message {
                user: user.to_owned(),
                text: text.to_owned(),
                thread_ts: thread.map(str::to_owned),
                ..Message::default()
            };
            Ok(state.post(channel, message, now))
        });
        Ok(Posted { ts: ts?, answer: taken(receipts).await })
    }

    /// Somebody changes a message of theirs.
    pub async fn edit(&self, user: &str, channel: &str, ts: &str, text: &str) -> Result<Answer, CannotAct> {
        let (done, receipts) = self.with_receipts(|state, now| {
            let before = own_message(state, user, channel, ts)?;
            let edited = Edited { user: user.to_owned(), ts: state.next_ts(now) };
            if let Some(message) = state.channels.get_mut(channel).and_then(|room| room.message_mut(ts)) {
                text.clone_into(&mut message.text);
                message.edited = Some(edited);
            }
            state.message_changed(channel, ts);
            state.message_edited(channel, &before, now);
            Ok::<(), CannotAct>(())
        });
        done?;
        Ok(taken(receipts).await)
    }

    /// Somebody deletes a message of theirs.
    pub async fn delete(&self, user: &str, channel: &str, ts: &str) -> Result<Answer, CannotAct> {
        let (done, receipts) = self.with_receipts(|state, now| {
            own_message(state, user, channel, ts)?;
            state.delete(channel, ts, now);
            Ok::<(), CannotAct>(())
        });
        done?;
        Ok(taken(receipts).await)
    }

    /// Somebody adds an emoji (named without colons).
    pub async fn react(&self, user: &str, channel: &str, ts: &str, name: &str) -> Result<Answer, CannotAct> {
        self.set_reaction(user, channel, ts, name, reactions::Reacted::Yes).await
    }

    /// Somebody takes their emoji away.
    pub async fn unreact(
        &self,
        user: &str,
        channel: &str,
        ts: &str,
        name: &str,
    ) -> Result<Answer, CannotAct> {
        self.set_reaction(user, channel, ts, name, reactions::Reacted::No).await
    }

    async fn set_reaction(
        &self,
        user: &str,
        channel: &str,
        ts: &str,
        name: &str,
        on: reactions::Reacted,
    ) -> Result<Answer, CannotAct> {
        let (done, receipts) = self.with_receipts(|state, now| {
            state.room_of(user, channel)?;
            reactions::set(state, channel, ts, name, user, on, now)?;
            Ok::<(), CannotAct>(())
        });
        done?;
        Ok(taken(receipts).await)
    }

    /// Somebody pins a message.
    pub async fn pin(&self, user: &str, channel: &str, ts: &str) -> Result<Answer, CannotAct> {
        self.set_pin(user, channel, ts, pins::Pinned::Yes).await
    }

    /// Somebody takes a pin away.
    pub async fn unpin(&self, user: &str, channel: &str, ts: &str) -> Result<Answer, CannotAct> {
        self.set_pin(user, channel, ts, pins::Pinned::No).await
    }

    async fn set_pin(
        &self,
        user: &str,
        channel: &str,
        ts: &str,
        on: pins::Pinned,
    ) -> Result<Answer, CannotAct> {
        let (done, receipts) = self.with_receipts(|state, now| {
            let room = state.writable(user, channel)?;
            room.message(ts).ok_or_else(|| CannotAct::NoMessage(ts.to_owned()))?;
            pins::set(state, channel, ts, user, on, now)?;
            Ok::<(), CannotAct>(())
        });
        done?;
        Ok(taken(receipts).await)
    }

    /// Somebody joins a public channel.
    pub async fn join(&self, user: &str, channel: &str) -> Result<Answer, CannotAct> {
        let (done, receipts) = self.with_receipts(|state, now| {
            let room = state.room_of(user, channel)?;
            if room.is_archived {
                return Err(CannotAct::Archived);
            }
            state.join(channel, user, None, now);
            Ok::<(), CannotAct>(())
        });
        done?;
        Ok(taken(receipts).await)
    }

    /// Somebody leaves a channel.
    pub async fn leave(&self, user: &str, channel: &str) -> Result<Answer, CannotAct> {
        let (done, receipts) = self.with_receipts(|state, now| {
            state.writable(user, channel)?;
            state.part(channel, user, now);
            Ok::<(), CannotAct>(())
        });
        done?;
        Ok(taken(receipts).await)
    }
}

fn own_message(state: &State, user: &str, channel: &str, ts: &str) -> Result<Message, CannotAct> {
    let message =
        state.room_of(user, channel)?.message(ts).ok_or_else(|| CannotAct::NoMessage(ts.to_owned()))?;
    if message.user == user { Ok(message.clone()) } else { Err(CannotAct::NotTheirs) }
}
