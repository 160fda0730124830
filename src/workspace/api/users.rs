//! `users.*`

use std::ops::Bound;

use serde_json::{Value, json};

use super::super::refusal::Refusal;
use super::super::shapes;
use super::{Call, cursor_key, page};

/// `users.info`
pub(crate) fn info(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let user = call.state.users.get(&call.args.need("user")?).ok_or("user_not_found")?;
    Ok(json!({ "user": shapes::user(call.state, user, call.now) }))
}

/// `users.list`: everybody when no limit is given.
pub(crate) fn list(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let everybody = call.state.users.len();
    let limit = call.args.limit(everybody, 1000).map_err(|_| "invalid_arguments")?;
    let start = cursor_key(call.args)?.map_or(Bound::Unbounded, Bound::Included);
    let users = call.state.users.range((start, Bound::Unbounded)).map(|(_, user)| user);
    let (users, metadata) = page(users, limit, |user| user.id.clone());
    let members: Vec<Value> =
        users.into_iter().map(|user| shapes::user(call.state, user, call.now)).collect();
    Ok(json!({ "members": members, "cache_ts": call.now.timestamp(), "response_metadata": metadata }))
}

/// `users.lookupByEmail`: active people only.
pub(crate) fn lookup_by_email(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let email = call.args.need("email")?;
    let is_theirs = |own: &String| own.eq_ignore_ascii_case(&email);
    let mut users = call.state.users.values();
    let user = users
        .find(|user| !user.deleted && user.email.as_ref().is_some_and(is_theirs))
        .ok_or("users_not_found")?;
    Ok(json!({ "user": shapes::user(call.state, user, call.now) }))
}
