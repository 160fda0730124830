use super::*;

#[test]
fn the_signature_is_the_documented_one() {
    let fields: BTreeMap<String, String> = [
        ("CallSid", "CA1234567890ABCDE"),
        ("Caller", "+14158675310"),
        ("Digits", "1234"),
        ("From", "+14158675310"),
        ("To", "+18005551212"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    let address = "https://example.com/myapp.php?foo=1&bar=2";
    let right = "L/OH5YylLD5NRKLltdqwSvS0BnU=";
    assert_eq!(signature::of("12345", address, &fields), right);
    assert!(signature::is_right("12345", address, &fields, right));
    let mut other = fields.clone();
    other.insert("Digits".to_owned(), "1".to_owned());
    for (token, address, fields, shown) in [
        ("12345", address, &other, right),
        ("12346", address, &fields, right),
        ("12345", "https://example.com/myapp.php?foo=1&bar=3", &fields, right),
        ("12345", address, &fields, ""),
        ("", address, &fields, signature::of("", address, &fields).as_str()),
    ] {
        assert!(!signature::is_right(token, address, fields, shown));
    }
}

#[test]
fn people_answer_in_their_own_words() {
    let one = |n| Some(Reply::AcknowledgeOne(IncidentId(n)));
    for (text, expected) in [
        ("ACK", Some(Reply::Acknowledge)),
        (" ack! ", Some(Reply::Acknowledge)),
        ("Acknowledge please", Some(Reply::Acknowledge)),
        ("ok", Some(Reply::Acknowledge)),
        ("Ack 42", one(42)),
        ("ack INC-42", one(42)),
        ("inc-7", one(7)),
        ("42", one(42)),
        ("OK who is this?", None),
        ("no", None),
        ("", None),
        ("👍", None),
        ("acking 42", None),
    ] {
        assert_eq!(read_reply(text), expected, "{text:?}");
    }
    assert!(words::is_for_the_network(" stop ") && !words::is_for_the_network("ack"));
}
