//! Who the app is, and how it connects.

use serde_json::{Value, json};

use super::super::refusal::Refusal;
use super::super::shapes;
use super::Call;

/// `auth.test`
#[expect(clippy::unnecessary_wraps, reason = "all methods have one signature")]
pub(crate) fn auth_test(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let state = &call.state;
    let name = state.users.get(&state.bot_user).map(|bot| &bot.name);
    Ok(json!({
        "url": format!("https://{}.slack.com/", state.team_domain), "team": state.team_name, "user": name,
        "team_id": state.team_id, "user_id": state.bot_user, "bot_id": state.bot_id, "is_enterprise_install": false,
    }))
}

/// `apps.connections.open`
#[expect(clippy::unnecessary_wraps, reason = "all methods have one signature")]
pub(crate) fn connections_open(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let ticket = call.state.ids.secret();
    call.state.sockets.ticket(ticket.clone(), call.now);
    // http becomes ws, https becomes wss.
    let base = call.state.base_url.replacen("http", "ws", 1);
    Ok(json!({ "url": format!("{base}/socket?ticket={ticket}&app_id={}", call.state.app_id) }))
}

/// `team.info`
pub(crate) fn team_info(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let state = &call.state;
    if call.args.text("team").is_some_and(|team| team != state.team_id) {
        return Err("team_not_found".into());
    }
    let url = format!("https://{}.slack.com/", state.team_domain);
    Ok(json!({ "team": {
        "id": state.team_id, "name": state.team_name, "domain": state.team_domain, "url": url, "email_domain": "",
        "icon": { "image_default": true },
    } }))
}

/// `bots.info`
pub(crate) fn bots_info(call: &mut Call<'_>) -> Result<Value, Refusal> {
    match call.args.text("bot") {
        Some(bot) if bot != call.state.bot_id => Err("bot_not_found".into()),
        Some(_) => Ok(json!({ "bot": shapes::bot_profile(call.state) })),
        None => Ok(json!({})),
    }
}
