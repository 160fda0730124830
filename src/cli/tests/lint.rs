use super::*;

#[test]
fn lint_fails_when_there_is_something_to_remark() {
    let desk = Desk::with(CONFIG);
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("runbooks").display().to_string();
    let said = desk.run_bare(&["runbook", "lint", &shipped]);
    assert_eq!((said.ending, said.out.as_str()), (Ending::Fine, "6 runbooks, nothing to remark\n"));
    desk.write("mine.md", "# Mine\n");
    let said = desk.run_bare(&["runbook", "lint", &desk.folder.path().display().to_string()]);
    assert_eq!((said.ending, said.out.starts_with("DIR/mine.md:")), (Ending::Failed, true), "{}", said.out);
}

#[test]
fn lint_reads_the_folder_that_the_configuration_names() {
    let desk = Desk::with(&format!("{CONFIG}runbooks: {{dir: books}}\n"));
    std::fs::create_dir(desk.path("books")).unwrap();
    desk.write("books/mine.md", "# Mine\n");
    let said = desk.run(&["runbook", "lint"]);
    assert_eq!(
        (said.ending, said.out.starts_with("DIR/books/mine.md:")),
        (Ending::Failed, true),
        "{}",
        said.out
    );
    let said = desk.run(&["runbook", "lint", "books"]);
    assert_eq!(said.ending, Ending::Unusable, "a folder or a configuration: {}", said.out);
    let said = desk.run_bare(&["runbook", "lint", "-c", "nowhere.yaml"]);
    assert_eq!((said.ending, said.err.contains("nowhere.yaml")), (Ending::Unusable, true), "{}", said.err);
}

#[test]
fn lint_without_a_folder_reads_what_is_shipped() {
    let desk = Desk::with(&format!("{CONFIG}runbooks: {{dir: books}}\n"));
    let said = desk.run(&["runbook", "lint"]);
    let words = "so these are the shipped runbooks\n6 runbooks, nothing to remark\n";
    assert!(said.ending == Ending::Fine && said.out.ends_with(words), "{}", said.out);
    let named = desk.run_bare(&["runbook", "lint", "no-such-folder"]);
    assert_eq!(named.ending, Ending::Unusable, "a folder that was named must be there: {}", named.out);
}

#[test]
fn a_template_that_is_none_fails_the_check() {
    let desk = Desk::with(&(CONFIG.to_owned() + "postmortems: {templates: templates}\n"));
    std::fs::create_dir(desk.path("templates")).unwrap();
    std::fs::write(desk.path("templates/service-checkout.md.hbs"), "# A\n\n{{#if x}}\n").unwrap();
    let said = desk.run(&["check"]);
    assert_eq!(said.ending, Ending::Failed, "{}", said.out);
    assert!(
        said.out.contains("missing: DIR/templates/service-checkout.md.hbs:4: is not a template"),
        "{}",
        said.out
    );
}
