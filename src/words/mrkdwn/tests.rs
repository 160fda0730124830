use proptest::prelude::*;

use super::*;

#[test]
fn outside_text_says_only_what_it_says() {
    let cases = [
        ("<!channel> look", "&lt;!channel&gt; look"),
        ("<https://evil.example|https://slack.com>", "&lt;https://evil.example|https://slack.com&gt;"),
        ("a && b", "a &amp;&amp; b"),
        ("&lt;", "&amp;lt;"),
        ("wake @here and @U123", "wake @\u{2060}here and @\u{2060}U123"),
        ("mail alice@example.com, load @ 90%", "mail alice@example.com, load @ 90%"),
        ("pay\u{202E}exe.load", "pay\u{FFFD}exe.load"),
        ("two\nlines\tand\u{0}nothing", "two\nlines\tand\u{FFFD}nothing"),
    ];
    for (outside, escaped) in cases {
        assert_eq!(escape(outside), escaped);
    }
}

#[test]
fn clipping_keeps_entities_and_links_whole() {
    let cases = [
        ("short", 5, "short"),
        ("longer", 5, "long…"),
        ("a &amp; b", 5, "a …"),
        ("see <https://x.example|the runbook> now", 20, "see …"),
        ("see <@U1> now", 11, "see <@U1> …"),
        ("🔥🔥🔥", 5, "🔥🔥…"),
        ("any", 0, ""),
    ];
    for (text, limit, clipped) in cases {
        assert_eq!(clip(text, limit), clipped, "{text} at {limit}");
    }
    assert_eq!(clip_plain("latency < 5 s & rising", 12), "latency < 5…", "nothing is markup in plain text");
}

#[test]
fn only_web_addresses_become_buttons() {
    let too_long = format!("https://x.example/{}", "a".repeat(3000));
    let cases = [
        ("https://grafana.example/d/1?a=b", true),
        (" http://10.0.0.1:3000/ ", true),
        ("javascript:alert(1)", false),
        ("/relative", false),
        ("ftp://x.example/", false),
        ("slack://open", false),
        (too_long.as_str(), false),
    ];
    for (text, usable) in cases {
        assert_eq!(button_url(text).is_some(), usable, "{text}");
    }
}

#[test]
fn our_own_markup_is_well_formed() {
    let at = DateTime::from_timestamp(1_763_607_720, 0).unwrap();
    assert_eq!(date(at), "<!date^1763607720^{date_short_pretty} {time}|2025-11-20 03:02 UTC>");
    assert_eq!(mention(&"U1>|<!here".into()), "<@U1here>");
    let url = Url::parse("https://x.example/?a=1&b=2|3").unwrap();
    assert_eq!(link(&url, "a|b <c>"), "<https://x.example/?a=1&amp;b=2%7C3|a b &lt;c&gt;>");
}

proptest! {
    #[test]
    fn escaped_and_clipped_text_is_safe_and_fits(text in "(\\PC|[<>&@\u{202E}\u{2066}\n]){0,80}", limit in 0_usize..60) {
        let escaped = escape(&text);
        let hurts = escaped.contains(['<', '>', '\u{202E}', '\u{2066}']);
        prop_assert!(!hurts, "{}", escaped);
        let clipped = clip(&escaped, limit);
        prop_assert!(clipped.encode_utf16().count() <= limit);
        for (place, _) in clipped.match_indices('&') {
            let rest = &clipped[place..];
            prop_assert!(["&amp;", "&lt;", "&gt;"].iter().any(|entity| rest.starts_with(entity)), "{rest}");
        }
    }
}
