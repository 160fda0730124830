//! `usergroups.*`

use serde_json::{Value, json};

use super::super::refusal::Refusal;
use super::super::shapes;
use super::Call;

/// `usergroups.list`
#[expect(clippy::unnecessary_wraps, reason = "all methods have one signature")]
pub(crate) fn list(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let with_users = call.args.flag("include_users");
    let groups = call.state.groups.values().map(|group| {
        let mut shown = shapes::user_group(call.state, group);
        if with_users {
            shown["users"] = json!(group.users);
        }
        shown
    });
    Ok(json!({ "usergroups": groups.collect::<Vec<_>>() }))
}

/// `usergroups.users.list`
pub(crate) fn users_list(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let group = call.state.groups.get(&call.args.need("usergroup")?).ok_or("no_such_subteam")?;
    Ok(json!({ "users": group.users }))
}

/// `usergroups.users.update`: the list given is the whole group. It cannot be emptied.
pub(crate) fn users_update(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let id = call.args.need("usergroup")?;
    let users = call.args.list("users");
    if users.is_empty() {
        return Err("no_users_provided".into());
    }
    if users.iter().any(|user| call.state.users.get(user).is_none_or(|user| user.deleted)) {
        return Err("invalid_users".into());
    }
    let group = call.state.groups.get_mut(&id).ok_or("invalid_arguments")?;
    let previous = std::mem::replace(&mut group.users, users.clone());
    group.updated = call.now.timestamp();
    let group = group.clone();
    let only_in = |one: &[String], other: &[String]| -> Vec<String> {
        one.iter().filter(|user| !other.contains(user)).cloned().collect()
    };
    let (added, removed) = (only_in(&users, &previous), only_in(&previous, &users));
    let ts = call.state.next_ts(call.now);
    let event = json!({
        "type": "subteam_members_changed", "subteam_id": id, "team_id": call.state.team_id,
        "date_previous_update": group.updated, "date_update": group.updated, "added_users": added,
        "added_users_count": added.len(), "removed_users": removed, "removed_users_count": removed.len(),
        "event_ts": ts,
    });
    call.state.event("subteam_members_changed", event);
    let mut shown = shapes::user_group(call.state, &group);
    shown["users"] = json!(group.users);
    Ok(json!({ "usergroup": shown }))
}
