use proptest::prelude::*;

use super::*;

fn filled(step: &str, labels: &[(&str, &str)]) -> String {
    let variables: Vec<Variable> = ["NS=namespace", "SVC=deployment|service", "POD = pod"]
        .into_iter()
        .map(|text| Variable::parse(text).unwrap())
        .collect();
    let known = |label: &str| labels.iter().find(|(name, _)| *name == label).map(|(_, value)| *value);
    fill(step, &variables, &known)
}

#[test]
fn what_the_alert_knows_stands_in_the_commands() {
    let labels = [("namespace", "payments"), ("service", "svc-ledger")];
    let table = [
        ("`kubectl -n $NS get deploy/$SVC`", "`kubectl -n payments get deploy/svc-ledger`"),
        (
            "`rm /tmp/${SVC}.log` and `$SVC-quarantine`",
            "`rm /tmp/svc-ledger.log` and `svc-ledger-quarantine`",
        ),
        ("set $NS first: `$NS`", "set $NS first: `payments`"),
        ("`logs $POD`", "`logs <pod>`"),
        ("`echo $OTHER $1 $(id) $ ${NS`", "`echo $OTHER $1 $(id) $ ${NS`"),
        ("`$NSX`", "`$NSX`"),
        (
            "PromQL:\n```\nup{ns=\"$NS\", pod=~\"$SVC-.+\"}\n```\n$NS",
            "PromQL:\n```\nup{ns=\"payments\", pod=~\"svc-ledger-.+\"}\n```\n$NS",
        ),
    ];
    for (step, shown) in table {
        assert_eq!(filled(step, &labels), shown);
    }
    assert_eq!(filled("`$SVC`", &[("service", "a"), ("deployment", "b")]), "`b`", "the most telling label");
}

#[test]
fn a_label_is_one_word_to_the_shell_or_is_left_out() {
    let table = [
        ("`echo $NS`", "a b", "`echo 'a b'`"),
        ("`echo $NS`", "it's; rm -rf /", r"`echo 'it'\''s; rm -rf /'`"),
        ("`echo $NS`", "$(reboot)", "`echo '$(reboot)'`"),
        ("`echo \"$NS\"`", "$(reboot)", "`echo \"<namespace>\"`"),
        ("`echo '$NS'`", "'; reboot; '", "`echo '<namespace>'`"),
        ("`echo \\\"$NS`", "a b", "`echo \\\"'a b'`"),
        ("`kubectl -n $NS`", "--kubeconfig=/x", "`kubectl -n <namespace>`"),
        ("`echo $NS`", "a` `b", "`echo <namespace>`"),
        ("`echo $NS`", "a\nb", "`echo <namespace>`"),
        ("`echo $NS`", "", "`echo <namespace>`"),
        ("`echo $NS`", "$SVC", "`echo '$SVC'`"),
    ];
    for (step, value, shown) in table {
        assert_eq!(filled(step, &[("namespace", value)]), shown, "{value}");
    }
}

#[test]
fn a_variable_names_its_labels() {
    let parsed = Variable::parse("$SVC = service | app").unwrap();
    assert_eq!((parsed.name.as_str(), parsed.labels), ("SVC", vec!["service".to_owned(), "app".to_owned()]));
    for wrong in ["NS", "=namespace", "NS=", "NS=a|", "1A=b", "A B=c", "NS=a b"] {
        assert!(Variable::parse(wrong).unwrap_err().contains("write it as NS=namespace"), "{wrong}");
    }
}

proptest! {
    /// Whatever a label is, outside of quotes a POSIX shell reads it back as one word: the placeholder, or the value.
    #[test]
    fn whatever_the_label_the_shell_reads_one_word(value in ".*") {
        let shown = filled("`$NS`", &[("namespace", &value)]);
        let word = shown.strip_prefix('`').and_then(|rest| rest.strip_suffix('`')).unwrap();
        prop_assert!(word == "<namespace>" || unquoted(word).as_deref() == Some(value.as_str()), "{word}");
    }
}

/// What a POSIX shell makes of a word of plain characters, single quotes and `\'`; `None` when it is anything else.
fn unquoted(word: &str) -> Option<String> {
    let mut out = String::new();
    for (n, piece) in word.replace(r"'\''", "\u{0}").split('\'').enumerate() {
        let is_quoted = n % 2 == 1;
        if !is_quoted && !piece.chars().all(is_plain) {
            return None;
        }
        out.push_str(&piece.replace('\u{0}', "'"));
    }
    Some(out)
}
