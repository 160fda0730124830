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
    let same_hour = key.link("https://dontpanic.example", IncidentId(42), now + Duration::minutes(59));
    assert_eq!(same_hour.as_ref(), Some(&link), "a message that shows it stays as it is");
    assert_eq!(opens(43, &until, &signature, now), Err(BadLink::Forged));
    let later = (until.parse::<i64>().unwrap() + 3600).to_string();
    for (until, signature) in [(&*later, &*signature), (&until, ""), ("", &signature), ("soon", &signature)] {
        assert_eq!(opens(42, until, signature, now), Err(BadLink::Forged), "{until} {signature}");
    }
    assert_eq!(LinkKey::new("another").opens(IncidentId(42), &until, &signature, now), Err(BadLink::Forged));
    assert_eq!(format!("{key:?}"), "LinkKey(…)");
}

#[test]
fn a_link_acknowledges_one_incident_as_one_person_for_a_day() {
    let key = LinkKey::new("a key");
    let now: DateTime<Utc> = "2026-11-20T03:00:00Z".parse().unwrap();
    let link = AckLink { incident: IncidentId(42), n_reopened: 0, person: "al.ice".into() };
    let token = key.ack_token(&link, now);
    assert!(token.len() < 70, "short enough for a text message: {token}");
    assert_eq!(key.read_ack(&token, now), Ok(link.clone()));
    assert_eq!(key.read_ack(&token, now + ACKS_FOR - Duration::seconds(1)), Ok(link.clone()));
    assert_eq!(key.read_ack(&token, now + ACKS_FOR), Err(BadLink::Expired));
    assert_eq!(LinkKey::new("another").read_ack(&token, now), Err(BadLink::Forged));
    let other = key.ack_token(&AckLink { incident: IncidentId(43), ..link.clone() }, now);
    let (payload, signature) = token.split_once('.').unwrap();
    let (of_other, _) = other.split_once('.').unwrap();
    for forged in [
        format!("{of_other}.{signature}"),
        format!("{payload}."),
        payload.to_owned(),
        format!("{payload}.{}", signature.get(..21).unwrap()),
        String::new(),
        ".".to_owned(),
    ] {
        assert_eq!(key.read_ack(&forged, now), Err(BadLink::Forged), "{forged}");
    }
    let page = key.link("https://dontpanic.example", IncidentId(42), now).unwrap();
    let (until, signature) = parts(&page);
    assert_eq!(key.read_ack(&format!("{until}.{signature}"), now), Err(BadLink::Forged));
}
