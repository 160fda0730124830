//! What the bot's token allows, as Slack says it in the head of every answer.

use std::collections::BTreeSet;
use std::time::Duration;

use url::Url;

use crate::adapters::http_client;

/// The head in which Slack lists the scopes of a token.
const SCOPES: &str = "x-oauth-scopes";
/// Slack has so long to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// The scopes of the token; `None` when Slack does not say.
pub async fn scopes_of(api_url: &Url, bot_token: &str) -> Option<BTreeSet<String>> {
    let address = format!("{}/auth.test", api_url.as_str().trim_end_matches('/'));
    let client = http_client::client(ANSWER_WITHIN).ok()?;
    let answer = client.post(address).bearer_auth(bot_token).send().await.ok()?;
    let scopes = answer.headers().get(SCOPES)?.to_str().ok()?;
    Some(scopes.split(',').map(|scope| scope.trim().to_owned()).filter(|scope| !scope.is_empty()).collect())
}
