use proptest::prelude::*;

use super::*;

fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn matches_as_alertmanager_does() {
    let seen = labels(&[
        ("alertname", "HighErrorRate"),
        ("service", "svc-ledger"),
        ("path", r"C:\data"),
        ("quote", "say \"hi\"\nnow"),
        ("größe", "zwölf"),
        ("a name", "x"),
        ("n", "42"),
    ]);
    let annotations = labels(&[("summary", "it is slow"), ("service", "other")]);
    for (text, expected) in [
        (r#"service="svc-ledger""#, true),
        (r#"  service  =  "svc-ledger"  "#, true),
        ("service=svc-ledger", true),
        ("service = svc-ledger ", true),
        (r#"service!="svc-ledger""#, false),
        (r#"service=~"svc-.+""#, true),
        (r#"service=~"svc""#, false),
        (r#"service=~"ledger|svc-.+""#, true),
        (r#"service=~"svc-ledger|x""#, true),
        (r#"service!~"svc""#, true),
        (r#"service!~"svc-.*""#, false),
        (r#"n=~"\d+""#, true),
        (r"n=~\d+", true),
        (r#"n=~"\\d+""#, true),
        (r#"path="C:\\data""#, true),
        (r#"path="C:\data""#, true),
        (r#"quote="say \"hi\"\nnow""#, true),
        (r#"größe="zwölf""#, true),
        (r#""a name"="x""#, true),
        ("service=svc ledger", false),
        (r#"team="""#, true),
        ("team=", true),
        (r#"team!="""#, false),
        (r#"team=~".*""#, true),
        (r#"team=~".+""#, false),
        (r#"annotation.summary=~".*slow""#, true),
        (r#"annotation.service="other""#, true),
        (r#"annotation.alertname="""#, true),
    ] {
        let matcher = Matcher::parse(text).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(matcher.matches(&seen, &annotations), expected, "{text}");
        assert_eq!(matcher.to_string(), text.trim());
    }
}

#[test]
fn says_what_is_wrong_and_where() {
    let complaints: Vec<String> = [
        "",
        "  = x",
        "severity",
        r#"severity == "critical""#,
        r#"{severity="critical"}"#,
        "annotation.=x",
        r#"service="svc-ledger"#,
        "service='svc-ledger'",
        r#"summary=disk "data""#,
        "a=b,c=d",
        r#"a="b", c="d""#,
        r#"a="b" c"#,
        r#"größe=~"svc-(""#,
        r#"service=~"a)(b""#,
        r#"service=~"(?:\\w{1000}){1000}""#,
    ]
    .into_iter()
    .map(|text| Matcher::parse(text).expect_err(text).to_string())
    .collect();
    insta::assert_snapshot!(complaints.join("\n"), @r#"
    `` is not a matcher: a label name is missing (character 1); write it like severity="critical"
    `  = x` is not a matcher: a label name is missing (character 3); write it like severity="critical"
    `severity` is not a matcher: one of `=`, `!=`, `=~`, `!~` must follow the name (character 9); write it like severity="critical"
    `severity == "critical"` is not a matcher: the value begins like an operator, put it in double quotes if that is meant (character 11); write it like severity="critical"
    `{severity="critical"}` is not a matcher: leave the braces out, a list has one matcher per item (character 1); write it like severity="critical"
    `annotation.=x` is not a matcher: a label name is missing (character 1); write it like severity="critical"
    `service="svc-ledger` is not a matcher: the double quote that begins here is never closed (character 9); write it like service="svc-ledger"
    `service='svc-ledger'` is not a matcher: only double quotes can hold a value (character 9); write it like service="svc-ledger"
    `summary=disk "data"` is not a matcher: a double quote inside a value is written `\"`, in double quotes (character 14); write it like annotation.summary="disk \"data\" is full"
    `a=b,c=d` is not a matcher: one matcher only, or put a value with a comma in double quotes (character 4); write it like service=~"svc-a{1,2}"
    `a="b", c="d"` is not a matcher: one matcher only, or put a value with a comma in double quotes (character 6); write it like service=~"svc-a{1,2}"
    `a="b" c` is not a matcher: nothing may follow the value (character 7); write it like service="svc-ledger"
    `größe=~"svc-("` is not a matcher: the regular expression does not work, unclosed group (character 8); write it like service=~"svc-.+"
    `service=~"a)(b"` is not a matcher: the regular expression does not work, unopened group (character 10); write it like service=~"svc-.+"
    `service=~"(?:\\w{1000}){1000}"` is not a matcher: the regular expression does not work, it is too large, write a shorter one (character 10); write it like service=~"svc-.+"
    "#);
}

#[test]
fn a_bare_name_is_an_alertname() {
    for name in ["HighErrorRate", "odd \"name\" with \\ and\nmore"] {
        let matcher = Matcher::alertname(name);
        assert!(matcher.matches(&labels(&[("alertname", name)]), &Labels::new()));
        assert!(!matcher.matches(&labels(&[("alertname", "x")]), &Labels::new()));
        assert_eq!(Matcher::parse(&matcher.to_string()), Ok(matcher));
    }
}

#[test]
fn knows_which_label_it_asks_for() {
    for (text, expected) in [
        ("env=dev", true),
        (r#"env=~"dev|qa""#, true),
        ("env!=prod", false),
        ("env!~prod", false),
        ("annotation.env=dev", false),
        ("environment=dev", false),
    ] {
        assert_eq!(Matcher::parse(text).unwrap().asks_for("env"), expected, "{text}");
    }
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_inside_itself(text in "(?s).{0,40}") {
        if let Err(error) = Matcher::parse(&text) {
            prop_assert!((1..=text.chars().count() + 1).contains(&error.at), "{error}");
        }
    }

    #[test]
    fn any_value_survives_quoting(value in "(?s).{0,20}") {
        let matcher = Matcher::alertname(&value);
        let read = Matcher::parse(&matcher.to_string());
        prop_assert_eq!(read.as_ref(), Ok(&matcher));
        prop_assert!(read.unwrap().matches(&labels(&[("alertname", &value)]), &Labels::new()));
    }
}
