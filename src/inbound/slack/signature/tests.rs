use super::*;

/// The example of Slack's documentation, "Verifying requests from Slack".
const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
const SENT_AT: &str = "1531420618";
const BODY: &[u8] =
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V\
&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=\
&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN\
&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
const SIGNATURE: &str = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";

fn check(
    secret: &str,
    timestamp: &str,
    signature: &str,
    body: &[u8],
    seconds_later: i64,
) -> Result<(), NotFromSlack> {
    let now = DateTime::from_timestamp(1_531_420_618 + seconds_later, 0).unwrap();
    verify(&SigningSecret::new(secret.to_owned()), timestamp, signature, body, now)
}

#[test]
fn only_a_fresh_request_of_slack_is_believed() {
    use NotFromSlack::{Mismatch, NoSecret, Stale, Unsigned};
    let cases = [
        (SECRET, SENT_AT, SIGNATURE, BODY, 0, Ok(())),
        (SECRET, SENT_AT, SIGNATURE, BODY, 300, Ok(())),
        (SECRET, SENT_AT, SIGNATURE, BODY, -300, Ok(())),
        (SECRET, SENT_AT, SIGNATURE, BODY, 301, Err(Stale)),
        (SECRET, SENT_AT, SIGNATURE, BODY, -301, Err(Stale)),
        (SECRET, SENT_AT, SIGNATURE, b"token=other".as_slice(), 0, Err(Mismatch)),
        ("another secret", SENT_AT, SIGNATURE, BODY, 0, Err(Mismatch)),
        (SECRET, "1531420619", SIGNATURE, BODY, 0, Err(Mismatch)),
        (SECRET, SENT_AT, "", BODY, 0, Err(Mismatch)),
        (SECRET, SENT_AT, "v0=", BODY, 0, Err(Mismatch)),
        (SECRET, "soon", SIGNATURE, BODY, 0, Err(Unsigned)),
        (SECRET, "99999999999999999999", SIGNATURE, BODY, 0, Err(Unsigned)),
        ("", SENT_AT, SIGNATURE, BODY, 0, Err(NoSecret)),
    ];
    for (secret, timestamp, signature, body, later, expected) in cases {
        assert_eq!(
            check(secret, timestamp, signature, body, later),
            expected,
            "{timestamp} {signature} {later}"
        );
    }
}
