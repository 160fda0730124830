use super::*;

#[test]
fn what_providers_say_is_kept_without_numbers_and_addresses() {
    for (said, kept) in [
        (
            "The 'To' number +33600000001 is not a valid phone number.",
            "The 'To' number … is not a valid phone number.",
        ),
        (
            "550 5.1.1 <alice@example.com>: Recipient address rejected:\r\n User unknown",
            "550 5.1.1 <…>: Recipient address rejected: User unknown",
        ),
        ("call to %2B33 6 00 00 00 01 failed", "call to … failed"),
        ("15005550006 is not yours", "… is not yours"),
        (
            "error 21211, see https://www.twilio.com/docs/errors/21211",
            "error 21211, see https://www.twilio.com/docs/errors/21211",
        ),
    ] {
        assert_eq!(discreet(said), kept);
    }
    assert_eq!(discreet(&"x".repeat(400)).chars().count(), 301);
}
