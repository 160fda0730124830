use std::collections::BTreeMap;

use super::*;
use crate::domain::alert::AlertStatus;

fn says(annotations: &[(&str, &str)]) -> Option<String> {
    let annotations = annotations.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    measured(&Alert {
        fingerprint: "f".into(),
        status: AlertStatus::Firing,
        labels: BTreeMap::new(),
        annotations: annotations.collect(),
        starts_at: "2026-11-20T03:00:00Z".parse().unwrap(),
        ends_at: None,
        generator_url: None,
    })
}

#[test]
fn values_are_named_and_cut_to_what_is_read() {
    let values = r#"{"B":44.23943737541908,"C":1,"D":1e-7,"E":-0.5,"F":"NaN","G":null,"H":12345678901.0}"#;
    let line = "B=44.2394, C=1, D=1e-7, E=-0.5, F=NaN, G=null, H=12345678901";
    assert_eq!(says(&[(VALUES, values)]).as_deref(), Some(line));
}

#[test]
fn without_values_the_sender_s_own_words_serve() {
    let words = "[ var='B' labels={zone=us-1} value=44.2 ]";
    assert_eq!(says(&[(VALUE_STRING, words)]).as_deref(), Some(words));
    for unreadable in ["", "{}", "[1]", "null", "{"] {
        let said = says(&[(VALUES, unreadable), (VALUE_STRING, words)]);
        assert_eq!(said.as_deref(), Some(words), "{unreadable}");
    }
    assert_eq!(says(&[(VALUE_STRING, " ")]), None);
    assert_eq!(says(&[]), None);
}
