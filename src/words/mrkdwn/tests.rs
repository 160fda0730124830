use std::sync::LazyLock;

use proptest::prelude::*;
use regex::Regex;

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
        ("**Acknowledged by Alice.**", "∗∗Acknowledged by Alice.∗∗"),
        ("_it_ ~s~ `c` ```b```", "ˍitˍ ∼s∼ ˋcˋ ˋˋˋbˋˋˋ"),
        ("node_exporter_up a*b 1~2", "node_exporter_up a*b 1~2"),
        ("*", "∗"),
        ("> quoted\n  > too\nnot > this", "\u{2060}&gt; quoted\n  \u{2060}&gt; too\nnot &gt; this"),
        (
            ":white_check_mark: at 10:30:45 on http://h:9090/",
            ":\u{2060}white_check_mark: at 10:30:45 on http://h:9090/",
        ),
        (
            "see https://g.example/d/_a-_b?x=~_1&y=_ or _it_, https://x/_ _a_",
            "see https://g.example/d/_a-_b?x=~_1&amp;y=ˍ or ˍitˍ, https://x/ˍ ˍaˍ",
        ),
        ("two\nlines\tand\u{0}nothing", "two\nlines\tand\u{FFFD}nothing"),
    ];
    for (outside, escaped) in cases {
        assert_eq!(escape(outside), escaped);
    }
}

#[test]
fn code_of_a_runbook_can_be_copied() {
    let cases = [
        ("run `kubectl get *_pods_ < x`, *now*", "run `kubectl get *_pods_ &lt; x`, ∗now∗"),
        ("```\na *b*\n```", "```\na *b*\n```"),
        ("an `open end *b*", "an ˋopen end ∗b∗"),
        ("`a`b`", "`a`bˋ"),
        ("``", "ˋˋ"),
    ];
    for (text, escaped) in cases {
        assert_eq!(escape_with_code(text), escaped);
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

/// What Slack could take for formatting: nothing, in text from outside.
fn formatting(mrkdwn: &str) -> Vec<String> {
    static MARKS: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"[*_~`]|:[\w+-]*[[:alpha:]_+-][\w+-]*:|(?m:^\s*(?:&gt;|>))").unwrap());
    let is_in_word = |at: usize| {
        let word = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        word(mrkdwn[..at].chars().last()) && word(mrkdwn[at + 1..].chars().next()) && &mrkdwn[at..=at] != "`"
    };
    let found = MARKS.find_iter(mrkdwn).filter(|found| found.len() > 1 || !is_in_word(found.start()));
    found.map(|found| found.as_str().to_owned()).collect()
}

proptest! {
    #[test]
    fn escaped_text_formats_nothing(text in "([*_~`>:]|[a-z]|[0-9]|[ \n]|<|\\PC){0,40}") {
        prop_assert_eq!(formatting(&escape(&text)), Vec::<String>::new(), "{}", escape(&text));
        let looks = |text: &str| -> String {
            text.replace(['∗', '*'], "*").replace(['ˍ', '_'], "_").replace(['∼', '~'], "~").replace(['ˋ', '`'], "`")
                .replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").replace(WORD_JOINER, "")
        };
        let shown: String = plain(&text).chars().collect();
        prop_assert_eq!(looks(&escape(&text)), looks(&shown), "it looks as it was");
    }

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

#[test]
fn an_address_stays_what_it_is() {
    let url = Url::parse("https://x.example/calendar/_a-_b~*c*_.ics?d=1&e=_2_").unwrap();
    assert_eq!(address(&url), "<https://x.example/calendar/_a-_b~*c*_.ics?d=1&amp;e=_2_>");
}
