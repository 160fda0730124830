use std::sync::Arc;

use chrono::DateTime;
use serde_json::json;
use url::Url;
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::adapters::slack::Patience;
use crate::clock::ManualClock;

fn user(standing: Standing, team: Option<&str>) -> User {
    User {
        id: "U1".into(),
        team_id: team.map(str::to_owned),
        teams: vec![],
        real_name: Some("Alice".to_owned()),
        tz: Some("Europe/Paris".to_owned()),
        standing,
    }
}

#[test]
fn only_full_members_of_the_home_workspace_are_members() {
    let cases = [
        (Standing::Member, Some("T1"), SlackUserKind::Member),
        (Standing::Member, None, SlackUserKind::Member),
        (Standing::Member, Some("T2"), SlackUserKind::Foreign),
        (Standing::Guest, Some("T1"), SlackUserKind::Guest),
        (Standing::Guest, Some("T2"), SlackUserKind::Foreign),
        (Standing::Stranger, Some("T1"), SlackUserKind::Foreign),
        (Standing::Bot, Some("T1"), SlackUserKind::Bot),
        (Standing::Deleted, Some("T1"), SlackUserKind::Deactivated),
    ];
    for (standing, team, kind) in cases {
        assert_eq!(known_as(user(standing, team), "T1").kind, kind, "{standing:?} of {team:?}");
    }
}

#[test]
fn a_member_of_several_workspaces_of_an_organisation_is_at_home_in_each() {
    for (teams, kind) in [
        (vec!["T1", "T2"], SlackUserKind::Member),
        (vec!["T2"], SlackUserKind::Foreign),
        (vec![], SlackUserKind::Foreign),
    ] {
        for team in ["T2", "E1"] {
            let teams = teams.iter().map(|team| (*team).to_owned()).collect();
            let of_organisation = User { teams, ..user(Standing::Member, Some(team)) };
            assert_eq!(known_as(of_organisation, "T1").kind, kind);
        }
    }
    let text = r#"{"id": "U1", "team_id": "E1", "enterprise_user": {"id": "W1", "teams": ["T1", 7]}, "profile": []}"#;
    let read: User = serde_json::from_str(text).unwrap();
    assert_eq!(known_as(read, "T1").kind, SlackUserKind::Member);
}

#[test]
fn somebody_without_a_name_is_known_by_the_id() {
    let nameless = User { real_name: Some(" ".to_owned()), ..user(Standing::Member, None) };
    assert_eq!(known_as(nameless, "T1").name, "U1");
}

#[tokio::test]
async fn nobody_is_told_apart_from_no_answer() {
    crate::adapters::install_tls();
    for (code, is_nobody) in [("user_not_found", true), ("user_not_visible", true), ("fatal_error", false)] {
        let slack = MockServer::start().await;
        let answer = ResponseTemplate::new(200).set_body_json(json!({"ok": false, "error": code}));
        Mock::given(path("/api/users.info")).respond_with(answer).mount(&slack).await;
        let api = Url::parse(&format!("{}/api", slack.uri())).unwrap();
        let clock = Arc::new(ManualClock::at(DateTime::from_timestamp(1_800_000_000, 0).unwrap()));
        let client =
            SlackClient::new(&api, "xoxb".to_owned(), clock, Patience::default(), Arc::new(|_, _| {}));
        let answer = SlackDirectory::new(client.unwrap()).user(&"U1".into()).await;
        let said = answer.map(|known| known.kind == SlackUserKind::Nobody);
        assert_eq!(said.is_ok(), is_nobody, "{code}: {said:?}");
        assert_ne!(said, Ok(false), "{code}");
    }
}
