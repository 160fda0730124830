//! Opening a channel, over every way in which the name may be taken or an attempt may have ended.

use super::*;

const BASE: &str = "inc-20261120-high-error-rate-svc-ledger";
/// When the first attempt began: between two whole seconds.
const BEGAN: &str = "2026-11-20T03:02:10.700Z";

fn began() -> DateTime<Utc> {
    BEGAN.parse().unwrap()
}

/// The channels of a workspace, and whether the next creation is heard of.
#[derive(Clone, Default)]
struct Channels(Arc<Mutex<Vec<Value>>>);

impl Channels {
    fn with(self, id: &str, name: &str, creator: &str, created: i64, is_archived: bool) -> Self {
        let channel = json!({
            "id": id, "name": name, "creator": creator, "created": created, "is_archived": is_archived,
        });
        self.0.lock().unwrap().push(channel);
        self
    }

    /// Serves `conversations.list` and `conversations.create` from these channels; those of other people's private
    /// names are in `hidden`.
    async fn serve(&self, world: &World, hidden: &'static [&'static str]) {
        let listed = self.clone();
        let list = move |_: &Request| {
            let channels = listed.0.lock().unwrap().clone();
            ResponseTemplate::new(200).set_body_json(json!({"ok": true, "channels": channels}))
        };
        let taken = self.clone();
        let create = move |request: &Request| {
            let body: Value = request.body_json().unwrap();
            let mut channels = taken.0.lock().unwrap();
            let is_taken = channels.iter().any(|channel| channel["name"] == body["name"])
                || hidden.iter().any(|name| body["name"] == *name);
            let answer = if is_taken {
                json!({"ok": false, "error": "name_taken"})
            } else {
                let channel = json!({"id": "CNEW", "name": body["name"], "creator": "UBOT"});
                channels.push(channel.clone());
                json!({"ok": true, "channel": channel})
            };
            ResponseTemplate::new(200).set_body_json(answer)
        };
        world.answers("conversations.list", list).await;
        world.answers("conversations.create", create).await;
        world.says("auth.test", json!({"ok": true, "user_id": "UBOT", "team_id": "T1"})).await;
    }
}

fn opened(id: &str, name: &str) -> Performed {
    Performed::Done(Receipt::Opened(Channel { id: id.into(), name: name.to_owned() }))
}

#[tokio::test]
async fn the_first_free_name_is_taken() {
    let second = || format!("{BASE}-2");
    let third = || format!("{BASE}-3");
    let free = Channels::default();
    let archived = Channels::default().with("C1", BASE, "UBOT", 0, true);
    let two = Channels::default().with("C1", BASE, "U9", 0, false).with("C2", &second(), "UBOT", 0, false);
    for (channels, name) in [(free, BASE.to_owned()), (archived, second()), (two, third())] {
        let world = World::new().await;
        channels.serve(&world, &[]).await;
        assert_eq!(world.attempt(Effect::OpenChannel, view(), 1, began()).await, opened("CNEW", &name));
    }
}

#[tokio::test]
async fn after_an_unknown_outcome_only_our_own_new_and_unowned_channel_is_taken_over() {
    let the_second = began().timestamp();
    let second = format!("{BASE}-2");
    // Whose, created when, archived, owned by another incident; and whether it is ours.
    let cases = [
        ("UBOT", the_second, false, false, true),
        ("UBOT", the_second + 3, false, false, true),
        ("UBOT", the_second - 1, false, false, false),
        ("U9", the_second + 3, false, false, false),
        ("UBOT", the_second + 3, true, false, false),
        ("UBOT", the_second + 3, false, true, false),
    ];
    for (creator, created, is_archived, is_owned, is_ours) in cases {
        let world = World::new().await;
        let channels = Channels::default().with("C1", BASE, creator, created, is_archived);
        channels.serve(&world, &[]).await;
        let mut view = view();
        if is_owned {
            view.owned_channels.insert("C1".into(), BASE.to_owned());
        }
        let expected = if is_ours { opened("C1", BASE) } else { opened("CNEW", &second) };
        let performed = world.attempt(Effect::OpenChannel, view, 2, began()).await;
        assert_eq!(performed, expected, "{creator} {created} {is_archived} {is_owned}");
    }
}

#[tokio::test]
async fn a_suffixed_channel_of_an_earlier_attempt_is_found_again() {
    let world = World::new().await;
    let second = format!("{BASE}-2");
    let channels = Channels::default().with("C1", BASE, "U9", 0, false);
    let channels = channels.with("C2", &second, "UBOT", began().timestamp() + 1, false);
    channels.serve(&world, &[]).await;
    assert_eq!(world.attempt(Effect::OpenChannel, view(), 2, began()).await, opened("C2", &second));
    assert!(world.calls("conversations.create").await.is_empty());
}

#[tokio::test]
async fn a_creation_that_nobody_heard_of_is_tried_again_and_not_made_twice() {
    let world = World::new().await;
    let channels = Channels::default();
    let made = channels.clone();
    let unheard = move |request: &Request| {
        let body: Value = request.body_json().unwrap();
        let name = body["name"].as_str().unwrap();
        let _made = made.clone().with("C1", name, "UBOT", began().timestamp(), false);
        ResponseTemplate::new(502)
    };
    world.answers("conversations.create", unheard).await;
    channels.serve(&world, &[]).await;
    let first = world.attempt(Effect::OpenChannel, view(), 1, began()).await;
    assert!(matches!(first, Performed::TryAgain { .. }), "{first:?}");
    assert_eq!(world.attempt(Effect::OpenChannel, view(), 2, began()).await, opened("C1", BASE));
    assert_eq!(world.calls("conversations.create").await.len(), 1);
}

#[tokio::test]
async fn a_name_that_is_taken_but_cannot_be_seen_is_looked_for_before_it_is_left() {
    let world = World::new().await;
    Channels::default().serve(&world, &[BASE]).await;
    for attempt in 2..=3 {
        let performed = world.attempt(Effect::OpenChannel, view(), attempt, began()).await;
        assert!(matches!(performed, Performed::TryAgain { .. }), "{performed:?}");
    }
    let second = format!("{BASE}-2");
    assert_eq!(world.attempt(Effect::OpenChannel, view(), 4, began()).await, opened("CNEW", &second));
}

#[tokio::test]
async fn an_open_channel_is_left_as_it_is() {
    let world = World::new().await;
    assert_eq!(world.attempt(Effect::OpenChannel, settled(), 2, began()).await, opened("C42", BASE));
    assert!(world.slack.received_requests().await.unwrap().is_empty());
}
