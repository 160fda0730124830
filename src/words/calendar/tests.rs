use super::*;

fn utc(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn shift(first: &str, second: &str) -> Shift {
    Shift {
        start: utc("2026-11-16T08:00:00Z"),
        end: utc("2026-11-23T08:00:00Z"),
        primary: Some(first.into()),
        secondary: Some(second.into()),
    }
}

#[test]
fn a_shift_is_an_event_with_a_name_that_stays() {
    let whose = Whose::Schedule("platform".into());
    let text = calendar(&whose, &[("platform".into(), shift("alice", "bob"))], utc("2026-11-20T03:00:00Z"));
    assert_eq!(text.matches("\r\n").count(), text.matches('\n').count(), "every line ends with CRLF");
    insta::assert_snapshot!(text.replace("\r\n", "\n"), @"
    BEGIN:VCALENDAR
    VERSION:2.0
    PRODID:-//Don't Panic//On call//EN
    CALSCALE:GREGORIAN
    METHOD:PUBLISH
    REFRESH-INTERVAL;VALUE=DURATION:PT1H
    X-PUBLISHED-TTL:PT1H
    X-WR-CALNAME:On call: platform
    BEGIN:VEVENT
    UID:platform-1794816000-shift@dontpanic
    DTSTAMP:20261120T030000Z
    DTSTART:20261116T080000Z
    DTEND:20261123T080000Z
    SUMMARY:alice on call (platform)
    DESCRIPTION:Then bob.
    TRANSP:TRANSPARENT
    END:VEVENT
    END:VCALENDAR
    ");
    let later = calendar(&whose, &[("platform".into(), shift("eve", "bob"))], utc("2026-11-21T03:00:00Z"));
    let uid = |text: &str| text.lines().find(|line| line.starts_with("UID")).map(ToOwned::to_owned);
    assert_eq!(uid(&text), uid(&later));
}

#[test]
fn what_a_person_is_on_a_shift_is_said() {
    let summary = |who: &str| {
        let shifts = [("platform".into(), shift("alice", "bob"))];
        let text = calendar(&Whose::Person(who.into()), &shifts, utc("2026-11-20T03:00:00Z"));
        text.lines().find(|line| line.starts_with("SUMMARY")).unwrap().to_owned()
    };
    assert_eq!(summary("alice"), "SUMMARY:On call: platform");
    assert_eq!(summary("bob"), "SUMMARY:Second on call: platform");
}

#[test]
fn no_line_is_longer_than_75_octets_and_no_name_breaks_out() {
    let name = format!("{}\r\nATTENDEE:x;y,z\\ \u{7}", "日本語のスケジュール ".repeat(20));
    let whose = Whose::Schedule(name.as_str().into());
    let text = calendar(&whose, &[(name.as_str().into(), shift("a", "b"))], utc("2026-11-20T03:00:00Z"));
    assert!(text.split("\r\n").all(|line| line.len() <= 75), "{text}");
    assert!(!text.contains("\r\nATTENDEE") && !text.replace("\r\n", "").contains(['\r', '\n', '\u{7}']));
    let unfolded = text.replace("\r\n ", "");
    assert!(unfolded.contains(r"\nATTENDEE:x\;y\,z\\ "), "{unfolded}");
}
