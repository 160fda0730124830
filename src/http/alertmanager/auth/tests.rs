use axum::http::HeaderValue;

use super::*;

fn headers(values: &[&str]) -> HeaderMap {
    values.iter().map(|value| (AUTHORIZATION, HeaderValue::from_str(value).unwrap())).collect()
}

fn bearer(token: &str) -> Credentials {
    Credentials::Bearer(token.to_owned())
}

fn basic(user: &str, password: &str) -> Credentials {
    Credentials::Basic { user: user.to_owned(), password: password.to_owned() }
}

#[test]
fn only_the_wanted_credentials_open() {
    let table: &[(Credentials, &[&str], bool)] = &[
        (bearer("s3cret"), &["Bearer s3cret"], true),
        (bearer("s3cret"), &["bearer   s3cret "], true),
        (bearer("s3cret"), &["Bearer s3cre"], false),
        (bearer("s3cret"), &["Bearer s3cret2"], false),
        (bearer("s3cret"), &["Bearer S3CRET"], false),
        (bearer("s3cret"), &["Bearers3cret"], false),
        (bearer("s3cret"), &["s3cret"], false),
        (bearer("s3cret"), &["Basic s3cret"], false),
        (bearer("s3cret"), &["Bearer"], false),
        (bearer("s3cret"), &[""], false),
        (bearer("s3cret"), &[], false),
        (bearer("s3cret"), &["Bearer s3cret", "Bearer s3cret"], false),
        (bearer(""), &["Bearer "], false),
        (basic("am", "pässword"), &["Basic YW06cMOkc3N3b3Jk"], true),
        (basic("am", "pässword"), &["basic YW06cMOkc3N3b3Jk"], true),
        (basic("am", "password"), &["Basic YW06cMOkc3N3b3Jk"], false),
        (basic("am", "pässword"), &["Basic not base64"], false),
        (basic("am", "a:b"), &["Basic YW06YTpi"], true),
        (basic("am", ""), &["Basic YW06"], false),
        (Credentials::None, &[], true),
        (Credentials::None, &["Bearer whatever"], true),
    ];
    for (wanted, given, opens) in table {
        assert_eq!(check(wanted, &headers(given)).is_ok(), *opens, "{wanted:?} with {given:?}");
    }
}

#[test]
fn the_recorded_senders_are_known() {
    let sent = |scenario: &str| {
        let path =
            format!("{}/tests/data/alertmanager/{scenario}/timeline.jsonl", env!("CARGO_MANIFEST_DIR"));
        let timeline = std::fs::read_to_string(path).unwrap();
        let (_, rest) = timeline.split_once("\"Authorization\": \"").unwrap();
        headers(&[rest.split_once('"').unwrap().0])
    };
    let (token, pair) = (sent("bearer"), sent("basic"));
    assert_eq!(check(&bearer("example-token-not-a-secret"), &token), Ok(()));
    assert_eq!(check(&bearer("example-token-not-a-secret"), &pair), Err(Unauthorized::Bearer));
    assert_eq!(check(&basic("alertmanager", "example-password"), &pair), Ok(()));
    assert_eq!(check(&basic("alertmanager", "example-password"), &token), Err(Unauthorized::Basic));
}

#[test]
fn a_secret_is_never_printed() {
    assert_eq!(format!("{:?} {:?}", bearer("s3cret"), basic("am", "s3cret")), "Bearer(…) Basic(…)");
    assert!(Unauthorized::Basic.challenge().starts_with("Basic "));
    assert_eq!(Unauthorized::Bearer.status(), 401);
}
