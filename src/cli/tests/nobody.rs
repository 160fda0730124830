use super::*;

/// Every command that asks the server.
const ASKING: [&[&str]; 10] = [
    &["incident", "list"],
    &["incident", "show", "INC-7"],
    &["incident", "ack", "INC-7"],
    &["incident", "note", "INC-7", "looking"],
    &["incident", "resolve", "INC-7"],
    &["oncall", "now"],
    &["oncall", "schedule"],
    &["oncall", "report"],
    &["oncall", "ical"],
    &["postmortem", "INC-7"],
];

/// A configuration whose database is there, and would answer.
fn with_a_database() -> Desk {
    let desk = Desk::with(CONFIG);
    std::fs::create_dir(desk.path("data")).unwrap();
    std::fs::write(desk.path("data/dontpanic.db"), "").unwrap();
    desk
}

#[test]
fn whoever_names_a_server_that_is_not_there_hears_so_and_nobody_else_is_asked() {
    let (desk, elsewhere) = (with_a_database(), tempfile::tempdir().unwrap());
    let no_file = elsewhere.path().join("dontpanic.yaml").display().to_string();
    for words in ASKING {
        for json in [false, true] {
            let named =
                [words, &["--server", "http://127.0.0.1:1"], if json { &["--json"] } else { &[] }].concat();
            for said in [desk.run(&named), desk.run_bare(&[&named[..], &["-c", &no_file]].concat())] {
                assert_eq!((said.ending, said.out.as_str()), (Ending::Failed, ""), "{words:?}");
                assert_eq!(
                    said.err,
                    "nobody listens at 127.0.0.1:1; start the server there with `dontpanic serve`, correct the address after \
                     --server, or leave --server out to ask where the configuration says\n",
                    "{words:?}"
                );
            }
        }
    }
    assert_eq!(std::fs::read(desk.path("data/dontpanic.db")).unwrap(), b"", "the database was not touched");
}

#[test]
fn a_server_that_cannot_be_reached_is_no_server_that_does_not_run() {
    let said = with_a_database().run(&["incident", "list", "--server", "http://no-such-host.invalid"]);
    assert_eq!((said.ending, said.out.as_str()), (Ending::Failed, ""));
    assert!(said.err.starts_with("cannot connect to no-such-host.invalid:80 ("), "{}", said.err);
    assert!(said.err.contains("correct the address after --server"), "{}", said.err);
}

#[test]
fn when_nobody_listens_where_the_configuration_says_looks_ask_the_database_and_acts_say_what_is_missing() {
    for words in ASKING {
        let said = with_a_database().run(words);
        let acts = matches!(words[1], "ack" | "note" | "resolve");
        assert_eq!(
            said.err.starts_with("nobody listens at 127.0.0.1:1; to act, the server must run: "),
            acts,
            "{words:?}"
        );
        assert_eq!(
            said.err.contains("`dontpanic serve`, or name it with --server"),
            acts,
            "{words:?}: {}",
            said.err
        );
    }
}
