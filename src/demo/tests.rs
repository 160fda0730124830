use anyhow::Context as _;
use axum::Json;
use axum::http::HeaderMap;
use chrono::{DateTime, Utc};

use super::controls::said;
use super::is_from_here;
use super::stage::{configuration, new_addresses};
use super::tray::{Begun, Play, TRAY};
use crate::domain::on_call::who;
use crate::http::alertmanager::payload;
use crate::ids::SourceId;

#[test]
fn only_pages_of_this_machine_drive_the_rehearsal() {
    let table = [
        (&[][..], true),
        (&[("host", "127.0.0.1:8080")], true),
        (&[("host", "localhost:8080"), ("origin", "http://localhost:8080")], true),
        (&[("host", "[::1]:8080"), ("origin", "http://[::1]:8080")], true),
        (&[("host", "[::1]")], true),
        (&[("host", "[::2]:8080")], false),
        (&[("host", "::1")], false),
        (&[("host", "[::1.example.org]:8080")], false),
        (&[("host", "127.0.0.1:8080"), ("origin", "https://evil.example.org")], false),
        (&[("host", "127.0.0.1:8080"), ("origin", "null")], false),
        (&[("host", "rebound.example.org:8080")], false),
        (&[("host", "127.0.0.1.example.org")], false),
    ];
    for (headers, is_let_in) in table {
        let map: HeaderMap =
            headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        assert_eq!(is_from_here(&map), is_let_in, "{headers:?}");
    }
}

#[test]
fn alice_has_the_pager_for_days_at_whatever_hour_the_rehearsal_begins() {
    let begins: DateTime<Utc> = "2026-10-19T00:30:00Z".parse().unwrap();
    for hour in 0..14 * 24 {
        let now = begins + chrono::Duration::hours(hour);
        let folder = std::path::Path::new("/rehearsal");
        let config = configuration(&new_addresses(8080), 8080, folder, now).unwrap();
        let roster = who(config.house.schedules.values().next().unwrap(), &[], now);
        assert_eq!(roster.primary, Some("alice".into()), "{now}");
        assert!(roster.until - now > chrono::Duration::days(4), "{now}: until {}", roster.until);
    }
}

#[test]
fn every_recording_plays_with_the_times_of_now() {
    let now: DateTime<Utc> = "2026-11-20T03:00:00Z".parse().unwrap();
    for recording in TRAY {
        let mut begun = Begun::new();
        let fired = recording.body_at(now, Play::Firing, &mut begun).unwrap();
        let later = now + chrono::Duration::minutes(5);
        let ended = recording.body_at(later, Play::Resolved, &mut begun).unwrap();
        let read =
            |body: &str| payload::parse(body.as_bytes(), SourceId::from("main"), later).unwrap().group.alerts;
        let (fired, ended) = (read(&fired), read(&ended));
        assert_eq!(fired.len(), ended.len(), "{}", recording.name);
        for (fired, ended) in fired.iter().zip(&ended) {
            assert!(fired.is_firing() && !ended.is_firing(), "{}", recording.name);
            assert_eq!(
                (fired.starts_at, &fired.fingerprint),
                (ended.starts_at, &ended.fingerprint),
                "{}",
                recording.name
            );
            assert_eq!(ended.ends_at, Some(later), "{}", recording.name);
        }
        assert!(begun.is_empty(), "{}", recording.name);
    }
}

#[test]
fn what_is_wrong_is_said_once() {
    let error = Json::<bool>::from_bytes(b"{}").map(drop).unwrap_err();
    let words = said(&error.into());
    assert_eq!(words.matches("invalid type: map, expected a boolean").count(), 1, "{words}");
    let error = Err::<(), _>(std::io::Error::other("the disk is full")).context("it cannot be written");
    assert_eq!(said(&error.unwrap_err()), "it cannot be written: the disk is full");
}
