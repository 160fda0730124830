use super::*;
use crate::ids::IncidentId;

fn filled(form: &Form, fields: &[(Field, &str)]) -> Result<Ask, Faults> {
    read(form, |field| fields.iter().find(|(name, _)| *name == field).map(|(_, text)| (*text).to_owned()))
}

#[test]
fn a_filled_form_asks_for_what_its_command_asks_for() {
    let declare = Form::Declare { severity: None, title: None };
    assert_eq!(
        filled(
            &declare,
            &[(Field::Severity, "P1"), (Field::Title, " ledger is down "), (Field::Service, "")]
        ),
        Ok(Ask::Declare {
            severity: Some(Severity::P1),
            title: Some("ledger is down".to_owned()),
            service: None,
            audience: Audience::Everybody
        })
    );
    assert_eq!(
        filled(&declare, &[(Field::Severity, "P1"), (Field::Title, "a leak"), (Field::Private, "private")]),
        Ok(Ask::Declare {
            severity: Some(Severity::P1),
            title: Some("a leak".to_owned()),
            service: None,
            audience: Audience::Concerned
        })
    );
    let resolve = Form::Resolve { incident: IncidentId(7) };
    assert_eq!(
        filled(&resolve, &[]),
        Ok(Ask::About { incident: Some(IncidentId(7)), what: About::Resolve { summary: None } })
    );
}

#[test]
fn what_is_wrong_is_said_at_every_field_that_is_wrong() {
    let declare = Form::Declare { severity: None, title: None };
    let faults = filled(&declare, &[(Field::Severity, "P9"), (Field::Title, "  ")]).unwrap_err();
    assert_eq!(faults.keys().copied().collect::<Vec<_>>(), ["severity", "title"]);
    let long = "x".repeat(LONGEST_TITLE + 1);
    let faults = filled(&declare, &[(Field::Severity, "P2"), (Field::Title, &long)]).unwrap_err();
    assert_eq!(faults["title"], "At most 150 characters, please.");
}
