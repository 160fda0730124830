use super::*;

#[test]
fn a_message_becomes_the_title_of_what_is_declared() {
    let titled = |said: &str| match ask(DECLARE_FROM_MESSAGE, Some(said)) {
        Some(Ask::Declare { title, .. }) => title,
        other => panic!("{other:?}"),
    };
    assert_eq!(titled("\n <@U1|bob> checkout &lt;500&gt;\nmore"), Some("@bob checkout <500>".to_owned()));
    assert_eq!(titled("  "), None);
    assert_eq!(titled(&"x".repeat(400)).map(|title| title.len()), Some(LONGEST_TITLE));
    assert_eq!(ask("somebody_elses", None), None);
}
