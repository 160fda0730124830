//! People in Slack: what they type and click, as Slack sends it over signed HTTP.

use std::fmt::Write as _;
use std::time::UNIX_EPOCH;

use anyhow::Context;
use hmac::{Hmac, Mac};
use serde_json::json;
use sha2::Sha256;
use url::form_urlencoded::Serializer;

use crate::client::Post;

/// The `i`th thing that somebody does about one of the first `n_incidents` incidents: a word typed and a button clicked in
/// turn. No two are the same for Slack.
pub fn act(i: usize, n_incidents: usize, signing_secret: &str) -> anyhow::Result<Post> {
    let incident = i / 2 % n_incidents + 1;
    let trigger = format!("{i}.bench");
    let (path, body) = if i.is_multiple_of(2) {
        let text = format!("INC-{incident} note looked at it, turn {i}");
        let fields = [
            ("command", "/incident"),
            ("text", text.as_str()),
            ("user_id", "U0A"),
            ("team_id", "T0"),
            ("channel_id", "C0BENCH"),
            ("trigger_id", trigger.as_str()),
        ];
        ("/slack/commands", Serializer::new(String::new()).extend_pairs(fields).finish())
    } else {
        let click = json!({
            "type": "block_actions",
            "team": { "id": "T0" },
            "user": { "id": "U0A", "team_id": "T0" },
            "channel": { "id": "C0BENCH" },
            "trigger_id": trigger,
            "actions": [{
                "type": "button",
                "block_id": "b",
                "action_id": "acknowledge",
                "action_ts": format!("{i}.0"),
                "value": format!("INC-{incident}/1"),
            }],
        });
        let fields = [("payload", click.to_string())];
        ("/slack/interactions", Serializer::new(String::new()).extend_pairs(fields).finish())
    };
    let stamp = UNIX_EPOCH.elapsed().context("the clock stands before 1970")?.as_secs();
    let signature = signature(signing_secret, stamp, &body)?;
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("x-slack-request-timestamp", &stamp.to_string()),
        ("x-slack-signature", &signature),
    ];
    Ok(Post::new(path, &headers, body))
}

/// As Slack signs: <https://docs.slack.dev/authentication/verifying-requests-from-slack>.
fn signature(secret: &str, stamp: u64, body: &str) -> anyhow::Result<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).context("a key of any length fits")?;
    mac.update(format!("v0:{stamp}:{body}").as_bytes());
    let mut signature = "v0=".to_owned();
    for byte in mac.finalize().into_bytes() {
        write!(signature, "{byte:02x}")?;
    }
    Ok(signature)
}
