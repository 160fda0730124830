use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;

use super::*;
use crate::domain::effect::Effect;
use crate::ports::{About, Shown};

fn errand(repeat: u32) -> Errand {
    let mut view = crate::ports::tests::view();
    let row = crate::ports::tests::row("alice", ContactMethod::Email, 1, "03:02");
    let effect = Effect::Page { page: row.id.clone(), method: ContactMethod::Email, repeat };
    view.pages = vec![row];
    view.incident.title = "High <b>error</b> rate\r\nBcc: all@example.com".to_owned();
    let mut house = (*view.house).clone();
    if let Some(alice) = house.people.get_mut(&"alice".into()) {
        alice.email = Some("alice@example.com".to_owned());
    }
    view.house = Arc::new(house);
    Errand {
        effect,
        about: About::Incident(Box::new(view)),
        attempt: 1,
        in_doubt: 0,
        began_at: crate::ports::tests::at("03:02"),
        shown: Arc::new(Shown::default()),
    }
}

/// A server that answers each line that begins with one of these words in that way, everything else as servers do, and hangs
/// where the answer is empty.
async fn server(answers: &'static [(&'static str, &'static str)]) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("smtp://127.0.0.1:{}", listener.local_addr().unwrap().port());
    let heard: Arc<Mutex<Vec<String>>> = Arc::default();
    let told = heard.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let told = told.clone();
            tokio::spawn(async move {
                let (read, mut write) = stream.into_split();
                let answer = |line: &str, usual: &'static str| {
                    answers
                        .iter()
                        .find(|(word, _)| line.starts_with(word))
                        .map_or(usual, |(_, answer)| *answer)
                };
                write.write_all(answer("220", "220 mail.example ESMTP\r\n").as_bytes()).await.unwrap();
                let (mut lines, mut in_mail) = (BufReader::new(read).lines(), false);
                while let Ok(Some(line)) = lines.next_line().await {
                    told.lock().unwrap().push(line.clone());
                    let says = match line.as_str() {
                        "." => {
                            in_mail = false;
                            answer(".", "250 2.0.0 Ok: queued as 4Q1\r\n")
                        }
                        _ if in_mail => continue,
                        "DATA" => {
                            in_mail = true;
                            answer("DATA", "354 End data with <CR><LF>.<CR><LF>\r\n")
                        }
                        "QUIT" => "221 Bye\r\n",
                        line if line.starts_with("EHLO") => {
                            answer("EHLO", "250-mail.example\r\n250 AUTH PLAIN\r\n")
                        }
                        line => answer(line, "250 Ok\r\n"),
                    };
                    if says.is_empty() {
                        std::future::pending::<()>().await;
                    }
                    write.write_all(says.as_bytes()).await.unwrap();
                }
            });
        }
    });
    (url, heard)
}

async fn answered(answers: &'static [(&'static str, &'static str)]) -> Performed {
    let (url, _) = server(answers).await;
    let email = Email::new(&url, "oncall@example.com", Duration::from_secs(1)).unwrap();
    email.perform(&errand(0)).await
}

#[tokio::test]
async fn a_mail_says_what_matters_first_and_carries_nobody_elses_headers() {
    let (url, heard) = server(&[]).await;
    let email = Email::new(&url, "oncall@example.com", Duration::from_secs(2)).unwrap();
    let performed = email.perform(&errand(1)).await;
    let Performed::Done(Receipt::Accepted { provider_id: Some(id) }) = performed else {
        panic!("{performed:?}")
    };
    let heard = heard.lock().unwrap().clone();
    assert!(heard.contains(&"RCPT TO:<alice@example.com>".to_owned()), "{heard:#?}");
    assert!(heard.iter().any(|line| *line == format!("Message-ID: {id}")), "{heard:#?}");
    assert!(!heard.iter().any(|line| line.starts_with("Bcc")), "{heard:#?}");
    assert!(heard.contains(&"Auto-Submitted: auto-generated".to_owned()), "{heard:#?}");
    let (errand, from) = (errand(1), "oncall@example.com".parse().unwrap());
    let asked = errands::read(&errand, ContactMethod::Email).unwrap();
    assert_eq!(message_id(&asked, &from), id);
    let paragraphs = alarm::letter(&asked.alarm, asked.person);
    let subject = alarm::subject(&asked.alarm);
    insta::assert_snapshot!(format!(
        "{subject}\n\n{}\n\n==\n\n{}",
        text(&asked.alarm, &paragraphs),
        html(&asked.alarm, &paragraphs)
    ));
}

#[tokio::test]
async fn the_servers_words_decide_and_are_kept_without_the_address() {
    let refused = |why: &str| Performed::Refused { why: format!("the mail server refuses it: {why}") };
    let busy = |why: &str| {
        let why = format!("the mail server does not take it now: {why}; it is tried again");
        Performed::TryAgain { after: None, why, in_doubt: false }
    };
    let cases: [(&'static [(&str, &str)], Performed); 6] = [
        (
            &[("RCPT", "550 5.1.1 <alice@example.com>: Recipient address rejected: User unknown\r\n")],
            refused("550 5.1.1 <…>: Recipient address rejected: User unknown"),
        ),
        (
            &[("RCPT", "450 4.2.0 <alice@example.com>: Recipient address rejected: Greylisted\r\n")],
            busy("450 4.2.0 <…>: Recipient address rejected: Greylisted"),
        ),
        (
            &[("220", "421 4.3.2 Service not available, closing channel\r\n")],
            busy("421 4.3.2 Service not available, closing channel"),
        ),
        (
            &[("MAIL", "552 5.3.4 Message size exceeds fixed limit\r\n")],
            refused("552 5.3.4 Message size exceeds fixed limit"),
        ),
        (&[(".", "554 5.7.1 Message rejected as spam\r\n")], refused("554 5.7.1 Message rejected as spam")),
        (
            &[(".", "")],
            Performed::TryAgain {
                after: None,
                why: "the mail server did not answer in time".to_owned(),
                in_doubt: true,
            },
        ),
    ];
    for (answers, expected) in cases {
        assert_eq!(answered(answers).await, expected, "{answers:?}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_or_would_hear_the_password_in_the_clear_gets_nothing() {
    let (url, heard) = server(&[]).await;
    let url = url.replace("smtp://", "smtp://me:hush@");
    let email = Email::new(&url, "oncall@example.com", Duration::from_secs(1)).unwrap();
    let performed = email.perform(&errand(0)).await;
    assert!(matches!(performed, Performed::TryAgain { .. }), "{performed:?}");
    let heard = heard.lock().unwrap().join("\n");
    assert!(!heard.contains("AUTH") && !heard.contains("MAIL"), "{heard}");
    assert!(!format!("{performed:?}").contains("hush"), "{performed:?}");

    let email =
        Email::new("smtps://me:hush@127.0.0.1:1", "oncall@example.com", Duration::from_secs(1)).unwrap();
    let performed = email.perform(&errand(0)).await;
    assert!(matches!(performed, Performed::TryAgain { .. }), "{performed:?}");
    assert!(!format!("{performed:?}").contains("hush"), "{performed:?}");
}

#[test]
fn tls_is_used_where_it_can_be_and_always_for_a_password() {
    for (url, expected) in [
        ("smtps://u:p@mail.example", "smtps://u:p@mail.example"),
        ("smtp://mail.example:25", "smtp://mail.example:25?tls=opportunistic"),
        ("smtp://u:p@mail.example", "smtp://u:p@mail.example?tls=required"),
        ("smtp://u:p@mail.example?tls=opportunistic", "smtp://u:p@mail.example?tls=opportunistic"),
    ] {
        assert_eq!(with_tls(url).unwrap().as_str(), expected);
    }
    assert!(matches!(Email::new("smtp://x", "nobody", ANSWER_WITHIN), Err(NoMail::Sender)));
    assert!(matches!(Email::new("mail", "a@example.com", ANSWER_WITHIN), Err(NoMail::Server)));
}
