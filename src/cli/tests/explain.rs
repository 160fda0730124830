use super::*;

#[test]
fn explain_takes_what_people_have_at_hand() {
    let desk = Desk::with(CONFIG);
    let reason = |name: &str, text: &str| {
        let file = desk.write(name, text);
        let answer = desk.run(&["explain", &file, "--json"]).json();
        format!("{} {}", answer["severity"], answer["reason"])
    };
    let labels = r#""labels": {"alertname": "LedgerServiceDown", "severity": "warning"}"#;
    assert_eq!(reason("alert.json", &format!("{{{labels}}}")), r#""P1" "alertname=\"LedgerServiceDown\"""#);
    // As `GET /api/v2/alerts` answers, where the status is what Alertmanager does with it.
    let silenced = r#""status": {"state": "suppressed", "silencedBy": ["a"]}"#;
    let listed = format!(r#"[{{{labels}, {silenced}}}, {{"labels": {{"severity": "info"}}}}]"#);
    assert_eq!(reason("listed.json", &listed), r#""P1" "alertname=\"LedgerServiceDown\"""#);
    let none = r#"{"labels": {"alertname": "LedgerServiceDown", "severity": "none"}}"#;
    assert_eq!(reason("none.json", none), r#"null "its severity is none: it opens no incident""#);
}

#[test]
fn explain_says_what_it_cannot_read() {
    let desk = Desk::with(CONFIG);
    let said = |words: &str| {
        let said = desk.run(&["explain", words]);
        assert_eq!(said.ending, Ending::Unusable, "{}", said.err);
        said.err
    };
    let folder = said(&desk.folder.path().display().to_string());
    assert!(folder.contains("is a folder; name one of its files"), "{folder}");
    for other in [r#"{"a": 1}"#, "[]", r#"[{"labels": {}}, 2]"#, "3"] {
        let other = said(&desk.write("other.json", other));
        assert!(other.contains("this is neither an alert, with `labels`, nor"), "{other}");
    }
}
