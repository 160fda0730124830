use super::*;

fn parts(link: &Url) -> (String, String) {
    let value = |name: &str| link.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned();
    (value("until"), value("signature"))
}

#[test]
fn a_link_opens_one_page_for_twelve_hours_and_nothing_else() {
    let key = LinkKey::new("a key");
    let now: DateTime<Utc> = "2026-11-20T03:00:00Z".parse().unwrap();
    let link = key.link("https://dontpanic.example", IncidentId(42), now).unwrap();
    assert_eq!(link.path(), "/incidents/INC-42");
    let (until, signature) = parts(&link);
    let opens = |id: i64, until: &str, signature: &str, at: DateTime<Utc>| {
        key.opens(IncidentId(id), until, signature, at)
    };
    assert_eq!(opens(42, &until, &signature, now), Ok(()));
    assert_eq!(opens(42, &until, &signature, now + WORKS_FOR - Duration::seconds(1)), Ok(()));
    assert_eq!(opens(42, &until, &signature, now + WORKS_FOR), Err(BadLink::Expired));
    assert_eq!(opens(43, &until, &signature, now), Err(BadLink::Forged));
    let later = (until.parse::<i64>().unwrap() + 3600).to_string();
    for (until, signature) in [(&*later, &*signature), (&until, ""), ("", &signature), ("soon", &signature)] {
        assert_eq!(opens(42, until, signature, now), Err(BadLink::Forged), "{until} {signature}");
    }
    assert_eq!(LinkKey::new("another").opens(IncidentId(42), &until, &signature, now), Err(BadLink::Forged));
    assert_eq!(format!("{key:?}"), "LinkKey(…)");
}
