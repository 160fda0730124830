use super::*;
use crate::domain::incident::command::Saw;
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
    let saw = Saw { n_firing: 2, severity: Severity::P2 };
    for (saw, while_firing) in [(None, WhileFiring::Ask), (Some(saw), WhileFiring::Known(saw))] {
        let resolve = Form::Resolve { incident: IncidentId(7), saw };
        let what = About::Resolve { summary: None, while_firing };
        assert_eq!(filled(&resolve, &[]), Ok(Ask::About { incident: Some(IncidentId(7)), what }));
    }
}

#[test]
fn a_form_takes_the_right_that_what_it_asks_for_takes() {
    let (incident, at) = (IncidentId(7), DateTime::UNIX_EPOCH);
    let forms = [
        Form::Declare { severity: None, title: None },
        Form::Severity { incident, saw: None },
        Form::Update { incident },
        Form::Silence { incident, saw: None },
        Form::Resolve { incident, saw: None },
        Form::Override { schedule: "platform".into(), from: at, to: at },
        Form::Postmortem { incident },
        Form::Section { incident, part: Some(Part::Summary), revision: 0 },
    ];
    let fields = [
        (Field::Severity, "P2"),
        (Field::Title, "down"),
        (Field::Update, "better"),
        (Field::Span, "1h"),
        (Field::Person, "U0A"),
        (Field::From, "0"),
        (Field::To, "60"),
    ];
    for form in forms {
        let ask = filled(&form, &fields).unwrap_or_else(|faults| panic!("{form:?}: {faults:?}"));
        assert_eq!(ask.right(), right(&form), "{form:?}");
    }
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

#[test]
fn what_people_write_in_a_postmortem_is_kept_to_the_letter_or_refused_at_its_field() {
    let (incident, part) = (IncidentId(7), Part::RootCause);
    let form = Form::Section { incident, part: Some(part), revision: 3 };
    let write = |text: &str| {
        let what = About::WritePostmortem { part, revision: 3, text: text.to_owned() };
        Ok(Ask::About { incident: Some(incident), what })
    };
    let field = Field::Human(part);
    assert_eq!(filled(&form, &[(field, "  - why?\n")]), write("  - why?\n"));
    assert_eq!(filled(&form, &[(field, " \n ")]), write(""));
    assert_eq!(filled(&form, &[]), write(""), "an empty field takes the text away");
    assert_eq!(filled(&form, &[(Field::Human(Part::Summary), "elsewhere")]), write(""));
    // As Slack counts them: a flame is two.
    let longest = "\u{1f525}".repeat(LONGEST_TEXT / 2);
    assert_eq!(filled(&form, &[(field, &longest)]), write(&longest));
    let faults = filled(&form, &[(field, &format!("{longest}!"))]).unwrap_err();
    assert_eq!(faults["root-cause"], "At most 3000 characters, please; these are 3001.");
}
