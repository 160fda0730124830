use super::*;

#[test]
fn a_change_is_told_of_somebody_and_nothing_of_it_is_kept() {
    let sample = include_str!("../../../tests/data/slack/payload-samples/events.UserChangePayload.json");
    let mut raw: Value = serde_json::from_str(sample).unwrap();
    raw["event"]["user"]["id"] = json!("U0A");
    raw["event"]["user"]["profile"]["phone"] = json!("+33600000001");
    assert_eq!(changed(&raw), Some("U0A".into()));
    let kept = without_profile(&"U0A".into());
    assert_eq!(changed(&kept), Some("U0A".into()));
    assert!(!kept.to_string().contains("+33"), "{kept}");
    raw["event"]["type"] = json!("team_join");
    assert_eq!(changed(&raw), None);
}
